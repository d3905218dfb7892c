"""Whether the lower bounds of ``pyproject.toml`` hold: the quick tests, and those of files of cells, over the oldest
version that each declared dependency allows.

    python -m tests.bench.bench_lower_bounds [TEST ...]

Makes an environment of its own in a temporary folder, and wants the package index. What is declared stands at its
lower bound, what it brings at its newest. Writes ``results/lower_bounds.json``; exit 1 where a test fails.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tests.bench.record import save

ROOT = Path(__file__).parents[2]
TESTS = [
    "tests/kg",
    "tests/test_docker.py",
    "tests/test_needs.py",
    "tests/ingest/test_manifest.py",
    "tests/ingest/test_formats.py",
    "tests/ingest/test_chunks.py",
]
_FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)
_NAME = re.compile(r"[\w.-]+")


def environment(folder: Path) -> tuple[Path, str]:
    """The interpreter of a new environment at the lower bounds, and what was installed, one ``name==version`` a
    line."""
    subprocess.run([sys.executable, "-m", "venv", folder / "installer"], check=True)
    subprocess.run([folder / "installer/bin/pip", "install", "--quiet", "uv"], check=True)
    uv, wanted, made = folder / "installer/bin/uv", folder / "lowest.txt", folder / "lowest"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    options = ["--quiet", "--resolution", "lowest-direct", "--extra", "test", "--python-version", version]
    compiled = [uv, "pip", "compile", *options, "--no-header", "--no-annotate", ROOT / "pyproject.toml", "-o", wanted]
    subprocess.run(compiled, check=True)
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, made], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", made / "bin/python", "-r", wanted], check=True)
    return made / "bin/python", wanted.read_text()


def declared() -> list[str]:
    """Names of what the base and the tests declare."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    rows = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    return sorted({found[0].lower() for row in rows if (found := _NAME.match(row))})


def tested(python: Path, tests: list[str]) -> tuple[str, list[str]]:
    """The closing line of the tests, and the names of those that failed."""
    command = [python, "-m", "pytest", "-q", "-p", "no:zarr", "-p", "no:anyio", "-p", "no:cacheprovider"]
    command += ["-m", "not graph and not models and not long", *tests]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    said = done.stdout.strip().splitlines()
    return said[-1] if said else done.stderr.strip(), sorted(set(_FAILED.findall(done.stdout)))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lower-bounds-") as folder:
        python, installed = environment(Path(folder))
        versions = dict(line.split("==") for line in installed.split())
        said, failed = tested(python, sys.argv[1:] or TESTS)
    lowest = [{"package": name, "version": versions[name]} for name in declared() if name in versions]
    save(
        "lower_bounds",
        "python -m tests.bench.bench_lower_bounds",
        {"tests": said, "failed": failed, "versions": lowest},
    )
    print(said, *failed, sep="\n")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
