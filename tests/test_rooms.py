"""What the graph and the service load when they start."""

import subprocess
import sys

import pytest

SINGLE_CELL = ("anndata", "dask", "pydeseq2", "pyscenic", "scanpy", "scvi", "torch")


def loaded_by(code: str) -> list[str]:
    """Single-cell libraries in memory after some code has run in a process of its own."""
    code = f"import sys; {code}; print(*sorted(set({SINGLE_CELL!r}) & set(sys.modules)))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return made.stdout.split()


@pytest.mark.parametrize("room", ["kg.cli.main", "kg.ask.questions", "api.http.app", "api.cli"])
def test_rooms_that_ask_load_no_single_cell_library(room: str) -> None:
    assert loaded_by(f"import {room}") == []


def test_one_that_is_loaded_is_seen() -> None:
    assert "anndata" in loaded_by("import anndata")


@pytest.mark.parametrize("words", ["--help", "--version", "serve --help", "token --help", "embed --help"])
def test_help_is_told_without_the_driver_and_without_pandas(words: str) -> None:
    told = f"import sys; from kg.cli.main import main; main({words.split()!r}, standalone_mode=False)"
    code = f"{told}; print(*({{'neo4j', 'pandas', 'numpy'}} & set(sys.modules)), file=sys.stderr)"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert "orthokg" in made.stdout or "Usage" in made.stdout
    assert made.stderr.split() == []


@pytest.mark.models
@pytest.mark.parametrize("package", ["dask", "pydeseq2", "pyscenic", "scanpy", "torch"])
def test_a_model_package_that_is_loaded_is_seen(package: str) -> None:
    assert package in loaded_by(f"import {package}")
