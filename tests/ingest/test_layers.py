"""Which matrix of a file holds the counts: decided by names that are known and by the whole, and said."""

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from ingest.files.cells import stored
from ingest.files.cells.matrix import open_cells
from ingest.manifest.cell_blocks import Cells
from kg.errors import ContractError
from tests.ingest.test_bad_cells import run, small, written

CONTRAST = "orthokg:contrast/lab/a.astrocyte"


def ones_first() -> anndata.AnnData:
    """By genes and by cells, more than 2,000 stored values are ones before any other is met."""
    rng = np.random.default_rng(0)
    x = rng.poisson(5, (400, 60)).astype(np.float32) + 1
    x[:, :10] = 1
    x[:50] = 1
    return anndata.AnnData(sparse.csr_matrix(x))


def read(path: Path, **spec: object) -> np.ndarray:
    found = open_cells(path, Cells.model_validate({"file": path.name} | spec))
    return found.read(0, found.n_cells).toarray()


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
def test_counts_that_begin_with_ones_are_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Callable):
    monkeypatch.setattr(stored, "_VALUES", 500)
    made = ones_first()
    want = made.X.toarray()
    made.X = form(want)
    made.layers["unspliced"] = form(want + 1)
    made.write_h5ad(tmp_path / "a.h5ad")
    np.testing.assert_array_equal(read(tmp_path / "a.h5ad"), want)


def test_a_matrix_of_ones_alone_is_none_of_counts_and_no_other_takes_its_place(tmp_path: Path):
    made = ones_first()
    made.layers["unspliced"] = made.X.copy()
    made.X.data[:] = 1
    made.write_h5ad(tmp_path / "a.h5ad")
    with pytest.raises(ContractError) as caught:
        read(tmp_path / "a.h5ad")
    assert caught.value.code == "NO_COUNTS"
    assert "X: no count above 1" in str(caught.value)
    assert "declare `counts_in: layers/unspliced`" in str(caught.value)
    assert read(tmp_path / "a.h5ad", counts_in="layers/unspliced").max() > 1


@pytest.mark.parametrize("name", ["unspliced", "spliced", "ambient", "scaled", "matrix"])
def test_a_layer_of_another_name_is_never_taken_unsaid(tmp_path: Path, name: str):
    made = small()
    made.layers[name] = made.X.copy()
    made.X = made.X.log1p()
    made.write_h5ad(tmp_path / "a.h5ad")
    with pytest.raises(ContractError) as caught:
        read(tmp_path / "a.h5ad")
    assert caught.value.code == "NO_COUNTS"
    assert f"counts_in: layers/{name}" in str(caught.value)


@pytest.mark.parametrize("name", ["counts", "raw_counts", "UMIs", "Raw Counts"])
def test_why_counts_are_not_those_of_x_is_told(tmp_path: Path, name: str):
    made = small()
    made.write_h5ad(tmp_path / "cells.h5ad")
    want = run(written(tmp_path)).arrays[CONTRAST].vector
    made.layers[name] = made.X.copy()
    made.X = made.X.log1p()
    made.write_h5ad(tmp_path / "cells.h5ad")
    batch = run(written(tmp_path))
    np.testing.assert_array_equal(batch.arrays[CONTRAST].vector, want)
    (told,) = (line for line in batch.missing if "counts are taken from" in line)
    assert told.startswith(
        f"lab: counts are taken from layers/{name}, because X does not hold counts: FRACTIONAL_COUNTS, "
    )


def test_counts_with_one_bad_value_are_an_error_and_not_another_layer(tmp_path: Path):
    made = small()
    made.layers["counts"] = made.X.copy()
    made.X.data[7] = 0.5
    made.write_h5ad(tmp_path / "a.h5ad")
    with pytest.raises(ContractError) as caught:
        read(tmp_path / "a.h5ad")
    assert caught.value.code == "FRACTIONAL_COUNTS"


def test_a_fault_beyond_the_first_look_ends_in_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stored, "_VALUES", 100)
    made = small()
    made.layers["counts"] = made.X.copy()
    made.X.data[-40:] += 0.5
    made.write_h5ad(tmp_path / "cells.h5ad")
    with pytest.raises(ContractError) as caught:
        run(written(tmp_path))
    assert caught.value.code == "FRACTIONAL_COUNTS"
    assert "X holds whole numbers" in str(caught.value)
