"""The wheel in an environment of its own, away from the clone: the data it ships, its commands, its first answers."""

import os
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
MANIFEST = """
schema: 1
dataset: {id: wheel-study, title: A small table, taxon: "NCBITaxon:9606", licence: CC0, redistribute: true, citation:
  none}
material: {kind: bulk, tissue: "UBERON:0000956"}
table: {file: table.csv, columns: {gene: gene, effect: log2FC, p: p}, gene_id: ensembl}
contrasts: [{id: ad, label: AD against control, kind: disease, disease: "MONDO:0004975"}]
"""


def run(*words: str | Path, cwd: Path, codes: tuple[int, ...] = (0,), **environment: str) -> str:
    done = subprocess.run(
        [str(w) for w in words], cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert done.returncode in codes, done.stdout + done.stderr
    return done.stdout + done.stderr


def linked(requirements: Path, packages: Path) -> int:
    """Puts pip, and what the file asks for and this environment has in just that version, into another environment; how
    many. Installing them takes minutes."""
    lines = [line for line in requirements.read_text().splitlines() if line and line[0] not in "#-"]
    wanted = [Requirement(line) for line in ("pip", *lines)]
    n = 0
    for each in wanted:
        if each.marker is not None and not each.marker.evaluate():
            continue
        try:
            here = Distribution.from_name(each.name)
        except PackageNotFoundError:
            continue
        if here.version in each.specifier:
            n += 1
            for file in here.files or ():
                if ".." not in file.parts:
                    (packages / file).parent.mkdir(parents=True, exist_ok=True)
                    (packages / file).symlink_to(Path(str(file.locate())))
    return n


def test_the_wheel_works_in_an_environment_of_what_it_asks_for(tmp_path: Path) -> None:
    quiet = ("--quiet", "--disable-pip-version-check")
    here = (sys.executable, "-m", "pip", "wheel", *quiet)
    run(*here, "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("orthokg-*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "env", cwd=tmp_path)
    bin_, base = tmp_path / "env" / "bin", ROOT / "requirements" / "base.txt"
    (packages,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    assert linked(base, packages)
    pip = (bin_ / "python", "-m", "pip")
    run(*pip, "install", *quiet, "--requirement", base, cwd=tmp_path)
    run(*pip, "install", *quiet, "--no-index", wheel, cwd=tmp_path)
    run(*pip, "check", cwd=tmp_path)
    place = run(bin_ / "python", "-c", "import kg; print(kg.__file__)", cwd=tmp_path)
    assert str(ROOT) not in place
    home = {"ORTHOKG_HOME": str(tmp_path / "home")}
    assert "empty" in run(bin_ / "orthokg", "status", cwd=tmp_path, **home)
    (tmp_path / "study.yaml").write_text(MANIFEST)
    (tmp_path / "table.csv").write_text("gene,log2FC,p\nENSG00000142192,1.2,0.001\nENSG00000080815,-0.3,1.7\n")
    checked = run(bin_ / "orthokg", "ingest", "study.yaml", "--check", cwd=tmp_path, codes=(3,), **home)
    assert "read 2 = accepted 1 + quarantined 1" in checked
    run(bin_ / "orthokg", "ingest", "--simulated", cwd=tmp_path, **home)
    asked = (bin_ / "orthokg", "match", "--model", "simulated-specific", "--disease", "MONDO:0004975")
    assert "SUPPORTED" in run(*asked, cwd=tmp_path, **home)
