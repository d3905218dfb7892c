"""The wheel in an empty environment, away from the clone: the data it ships, its commands, its first answers."""

import os
import subprocess
import sys
from pathlib import Path

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


def test_the_wheel_works_in_an_empty_environment(tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("orthokg-*.whl")
    run(sys.executable, "-m", "venv", tmp_path / "env", cwd=tmp_path)
    bin_ = tmp_path / "env" / "bin"
    pip = (bin_ / "python", "-m", "pip", "install", "--quiet")
    run(*pip, "--requirement", ROOT / "requirements" / "base.txt", cwd=tmp_path)
    run(*pip, "--no-deps", wheel, cwd=tmp_path)
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
