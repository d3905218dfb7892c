"""Each format gives the contrast that the same cells give as h5ad; real files give what they hold."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io

from ingest.fetch.genes_index import GeneIndex
from ingest.files.cells import matrix, mtx
from ingest.files.cells.matrix import open_cells
from ingest.files.cells.spool import Spool
from ingest.manifest.cell_blocks import Cells
from kg.errors import ContractError
from tests.ingest.make_cells import study
from tests.ingest.make_formats import FORMATS, h5ad
from tests.ingest.test_cells import FACTS, of, read
from tests.needs import Sources


@pytest.fixture(scope="module")
def genes(mouse: GeneIndex) -> list[str]:
    return [g.removeprefix("ENSEMBL:") for g in sorted(mouse.symbols)[:60]]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_contrast(tmp_path: Path, mouse: GeneIndex, genes: list[str], form: str):
    made = study(genes)
    h5ad(made, tmp_path)
    m, plain = read(tmp_path, mouse)
    told = FORMATS[form](made, tmp_path)
    m, batch = read(tmp_path, mouse, FACTS.replace("file: cells.h5ad", told))
    for population in ("astrocyte", "microglial cell"):
        want, found = of(plain, population), of(batch, population)
        np.testing.assert_array_equal(found.genes, want.genes)
        np.testing.assert_allclose(found.vector, want.vector, rtol=1e-12)
        np.testing.assert_allclose(found.factor, want.factor, rtol=1e-12)
    assert batch.read == len(genes)
    assert m.files()[0] == told.split(",")[0].removeprefix("file: ")


@pytest.mark.parametrize("form", FORMATS)
def test_blocks_are_the_rows_of_the_matrix_wherever_they_start(tmp_path: Path, genes: list[str], form: str):
    made = study(genes, donors=2, cells=7)
    told = FORMATS[form](made, tmp_path)
    facts = dict(part.split(": ") for part in told.split(", "))
    found = open_cells(tmp_path / facts["file"], Cells.model_validate(facts))
    assert list(found.genes) == genes
    assert list(found.obs.index) == list(made.obs_names)
    want = made.X.toarray()
    for start, stop in ((0, 42), (5, 6), (3, 40), (41, 42)):
        np.testing.assert_array_equal(found.read(start, stop).toarray(), want[start:stop])
    assert list(found.texts("donor_id", "donor")) == list(made.obs["donor_id"])


def test_symbols_are_taken_where_the_manifest_asks_for_them(tmp_path: Path, genes: list[str]):
    made = study(genes, donors=2, cells=3)
    for form in ("Cell Ranger 3 folder", "Cell Ranger 3 HDF5", "loom"):
        told = FORMATS[form](made, tmp_path)
        facts = dict(part.split(": ") for part in told.split(", "))
        found = open_cells(tmp_path / facts["file"], Cells.model_validate(facts | {"gene_id": "symbol"}))
        assert found.genes[1] in ("symbol1", "s1")


def test_entries_in_any_order_give_the_matrix(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(0)
    n, cells, genes = 5_000, rng.integers(0, 90, 5_000), rng.integers(0, 40, 5_000)
    values = rng.integers(1, 9, n).astype(float)
    monkeypatch.setattr("ingest.files.cells.spool._BLOCK", 700)
    spool = Spool(100, 40)
    for first in range(0, n, 1_100):
        at = slice(first, first + 1_100)
        spool.add(cells[at], genes[at], values[at])
    want = np.zeros((100, 40))
    np.add.at(want, (cells, genes), values)
    read = spool.reader()
    np.testing.assert_array_equal(read(0, 100).toarray(), want)
    np.testing.assert_array_equal(read(37, 95).toarray(), want[37:95])


def test_a_cell_without_a_row_in_the_sheet_is_in_no_sum(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    made = study(genes)
    told = FORMATS["Cell Ranger 2 triple"](made, tmp_path)
    lines = (tmp_path / "cells.csv").read_text().splitlines(keepends=True)
    (tmp_path / "cells.csv").write_text("".join(lines[:-5]))
    _, batch = read(tmp_path, mouse, FACTS.replace("file: cells.h5ad", told))
    assert "made: 5 cells have no row in cells.csv and are in no sum" in batch.missing
    assert batch.cells is not None
    assert (batch.cells.read, batch.cells.used) == (480, 475)


def test_real_mtx_of_interneurons(cache: Sources):
    """3,157 genes x 1,051 cells; the sheet's rows are the cells. The second of its two studies is no counts."""
    path = cache.get_all(*(f"metaneighbor/mn_{name}" for name in ("counts.mtx.gz", "genes.txt", "cells.csv")))
    facts = {"file": path.name, "genes": "mn_genes.txt", "obs": "mn_cells.csv", "gene_id": "symbol"}
    first = open_cells(path, Cells.model_validate(facts))
    studies = pd.Series(first.texts("study_id", "study_id"))
    counts = int((studies == "GSE60361").sum())
    assert list(studies[:counts].unique()) == ["GSE60361"]
    assert (first.read(0, counts).data % 1 == 0).all()
    with pytest.raises(ContractError, match="normalised values are not counts"):
        first.read(counts, counts + 50)
    found = open_cells(path, Cells.model_validate(facts | {"scale": "corrected"}))
    with gzip.open(path) as opened:
        want = scipy.io.mmread(opened).tocsc()
    assert (found.n_cells, len(found.genes)) == (1_051, 3_157)
    assert abs(found.read(500, 700).T - want[:, 500:700]).max() == 0
    sheet = pd.read_csv(path.parent / "mn_cells.csv")
    assert list(found.texts("cell_type", "cell_type")) == list(sheet["cell_type"])


def test_real_table_of_cortex_cells(cache: Sources):
    """22,088 rows, three of them HTSeq's sums of reads of no gene, x 466 cells, separated by tabs whatever its name
    says (Darmanis 2015)."""
    path = cache.get_all(*(f"darmanis/2015-Darmanis_b_prepared_{name}.csv.gz" for name in ("data", "meta")))
    meta = path.parent / "2015-Darmanis_b_prepared_meta.csv.gz"
    spec = Cells(file=path.name, obs=meta.name, gene_id="symbol")
    found = open_cells(path, spec)
    want = pd.read_csv(path, sep="\t", index_col=0)
    assert (found.n_cells, len(found.genes)) == (466, 22_085)
    assert found.no_genes == ("no_feature", "ambiguous", "alignment_not_unique")
    np.testing.assert_array_equal(found.read(100, 120).toarray(), want.loc[found.genes].to_numpy()[:, 100:120].T)
    assert found.obs["cell type"].value_counts()["fetal_quiescent"] == 110


def test_real_r_table_of_entorhinal_cortex(cache: Sources):
    path = cache.get_all("grubman/GSE138852_small.csv", "grubman/GSE138852_covariates.csv.gz")
    found = open_cells(path, Cells(file=path.name, obs="GSE138852_covariates.csv.gz", gene_id="symbol"))
    want = pd.read_csv(path, index_col=0)
    assert (found.n_cells, len(found.genes)) == (48, 1_000)
    np.testing.assert_array_equal(found.read(0, 48).toarray(), want.to_numpy().T)
    assert set(found.obs["oupSample.batchCond"]) <= {"AD", "ct"}


def test_real_h5ad(cache: Sources):
    path = cache.get("zeisel/zeisel_1464x1000.h5ad")
    found = open_cells(path, Cells(file=path.name, gene_id="symbol"))
    assert (found.n_cells, len(found.genes), found.layer) == (1_464, 1_000, "X")
    assert found.read(0, 1_464).sum() == pytest.approx(sum(b.sum() for _, b in found.chunks(size=100)))


def test_a_format_is_told_by_the_name(tmp_path: Path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "zarr.json").write_text("{}")
    (tmp_path / "ten").mkdir()
    names = {
        "a.h5ad": "h5ad",
        "a.csv.gz": "csv",
        "a.b.mtx.gz": "mtx",
        "a.txt": "txt",
        "a.h5ad.gz": "gz",
        "a": "",
        "store": "zarr",
        "ten": "mtx",
    }
    assert {name: matrix.told_format(tmp_path / name) for name in names} == names


def test_layouts_name_their_parts():
    layouts = mtx.yaml.safe_load(mtx.LAYOUTS.read_text())["mtx"]
    assert all(set(layout) - {"rows"} == {"layout", "matrix", "genes", "barcodes"} for layout in layouts)
