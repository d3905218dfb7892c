"""A pass over cells that is killed goes on where it was saved, and says how far it is."""

import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pytest

from ingest.checkpoint import Checkpoint
from ingest.files.cells.matrix import CellMatrix, open_cells
from ingest.manifest.cell_blocks import Cells
from ingest.method.pseudobulk import Pseudobulk, pseudobulk
from tests.ingest.make_cells import study, write

CHUNK = 40
SPEC = Cells(file="cells.h5ad", scale="corrected")
# Blocks until the fourth one, where it waits to be killed.
CHILD = """
import signal, sys
from dataclasses import replace
from pathlib import Path
from tests.ingest.test_resume import CHUNK, opened, summed

matrix = opened(Path(sys.argv[1]))

def read(start, stop):
    if start == 3 * CHUNK:
        print("here", flush=True)
        signal.pause()
    return matrix.read(start, stop)

summed(replace(matrix, read=read), Path(sys.argv[2]))
"""


def opened(path: Path) -> CellMatrix:
    return open_cells(path, SPEC)


def summed(matrix: CellMatrix, checkpoints: Path | None = None, **options) -> Pseudobulk:
    donors, types = (matrix.texts(c, "") for c in (SPEC.donor, SPEC.cell_type))
    return pseudobulk(matrix, donors, types, checkpoints=checkpoints, every=0, chunk=CHUNK, **options)


def counting(matrix: CellMatrix) -> tuple[CellMatrix, list[int]]:
    """The matrix, and the first cell of each block that is read of it."""
    starts: list[int] = []

    def read(start: int, stop: int):
        starts.append(start)
        return matrix.read(start, stop)

    return replace(matrix, read=read), starts


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """480 cells with fractions, whose sums depend on the order in which they are added."""
    made: anndata.AnnData = study([f"G{i}" for i in range(60)])
    made.X.data *= np.random.default_rng(1).uniform(0.5, 1, len(made.X.data)).astype(np.float32)
    return write(made, tmp_path / "cells.h5ad")


@pytest.fixture
def killed(file: Path, tmp_path: Path) -> Path:
    """The folder that a pass left behind which was killed in its fourth block."""
    folder = tmp_path / "checkpoints"
    with subprocess.Popen([sys.executable, "-c", CHILD, str(file), str(folder)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        child.kill()
    assert len(list(folder.iterdir())) == 1
    return folder


def test_a_killed_pass_goes_on_and_reads_no_cell_twice(file: Path, killed: Path) -> None:
    matrix, starts = counting(opened(file))
    told: list[int] = []
    found = summed(matrix, killed, progress=lambda done, _: told.append(done))
    assert starts == list(range(3 * CHUNK, 480, CHUNK))
    assert told == list(range(3 * CHUNK, 481, CHUNK))
    whole = summed(opened(file))
    assert found.sums.tobytes() == whole.sums.tobytes()
    np.testing.assert_array_equal(found.cells, whole.cells)
    assert list(killed.iterdir()) == []


def test_other_groups_or_another_file_start_anew(file: Path, killed: Path) -> None:
    matrix, starts = counting(opened(file))
    donors, types = (matrix.texts(c, "") for c in (SPEC.donor, SPEC.cell_type))
    types[0] = "CL:0000129"
    pseudobulk(matrix, donors, types, checkpoints=killed, every=0, chunk=CHUNK)
    assert starts[0] == 0


def test_a_file_that_changed_starts_anew(file: Path, killed: Path) -> None:
    made = anndata.read_h5ad(file)
    made.X.data[0] += 1
    write(made, file)
    matrix, starts = counting(opened(file))
    found = summed(matrix, killed)
    assert starts[0] == 0
    np.testing.assert_array_equal(found.sums, summed(opened(file)).sums)
    assert list(killed.iterdir()) == []


@pytest.mark.parametrize("harm", ["cut", "words", "object"])
def test_a_damaged_checkpoint_is_dropped(file: Path, killed: Path, harm: str) -> None:
    (saved,) = killed.iterdir()
    if harm == "cut":
        saved.write_bytes(saved.read_bytes()[:-200])
    elif harm == "words":
        saved.write_text("not an npz")
    else:
        np.savez(saved, sums=np.array([{"a": 1}], dtype=object), done=np.array(120))
    matrix, starts = counting(opened(file))
    found = summed(matrix, killed)
    assert starts[0] == 0
    np.testing.assert_array_equal(found.sums, summed(opened(file)).sums)


def test_half_a_save_leaves_the_one_before(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("x")
    one = Checkpoint(tmp_path / "c", source, "key", every=0)
    one.save(done=np.array(1))
    one.path.with_suffix(".half").write_bytes(one.path.read_bytes()[:50])
    found = Checkpoint(tmp_path / "c", source, "key").load()
    assert found is not None
    assert found["done"] == 1
    assert Checkpoint(tmp_path / "c", source, "another").load() is None


BAR = """
from ingest.progress import cells_bar
with cells_bar("study") as done:
    done(5_000, 20_000)
    done(20_000, 20_000)
"""


def test_a_bar_is_drawn_on_a_terminal_only() -> None:
    plain = subprocess.run([sys.executable, "-c", BAR], capture_output=True, text=True, check=True)
    assert plain.stdout == ""
    assert plain.stderr == "  study: goes on after 5,000 of 20,000 cells, where it was stopped\n"
    ours, theirs = pty.openpty()
    facts = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen([sys.executable, "-c", BAR], stderr=theirs, stdout=subprocess.PIPE, env=facts) as child:
        os.close(theirs)
        drawn = b""
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:  # the other end is gone: on Linux that is an error, not an end of file
                break
            if not more:
                break
            drawn += more
        assert child.wait() == 0
    os.close(ours)
    assert "study: cells" in drawn.decode()
    assert "20000/20000" in drawn.decode()
