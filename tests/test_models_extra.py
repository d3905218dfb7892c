"""With the model packages installed or not, the graph and the service start without them."""

import subprocess
import sys

import pytest

HEAVY = ("anndata", "dask", "pydeseq2", "pyscenic", "scanpy", "scvi", "torch")


@pytest.mark.parametrize("room", ["kg.cli", "kg.questions", "api.app", "api.cli"])
def test_a_room_that_asks_loads_no_model_package(room: str) -> None:
    code = f"import sys, {room}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr
    assert made.stdout.split() == []
