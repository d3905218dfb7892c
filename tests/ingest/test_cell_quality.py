"""Cells that a manifest's quality control takes out: told step by step, and in no sum."""

from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from ingest.fetch.genes_index import GeneIndex
from ingest.files.cells.matrix import open_cells
from ingest.manifest.cell_blocks import Cells
from ingest.method.cell_quality import STEPS, Sieve, measures, mitochondrial, removed
from ingest.method.pseudobulk import pseudobulk
from kg.errors import ContractError
from tests.ingest.make_cells import study, write
from tests.ingest.test_cells import FACTS, of, read

QC = FACTS.replace(
    "cells.h5ad}", "cells.h5ad, qc: {min_counts: 100, max_counts: 5000, min_genes: 30, max_mito_percent: 20}}"
)
POOR, NARROW, MITO, RICH = (0, 25, 101), (30,), (61, 62), (480 - 1,)


@pytest.fixture(scope="module")
def genes(mouse: GeneIndex) -> list[str]:
    """150 genes, the last 10 of them mitochondrial."""
    mito = [g for g, symbol in sorted(mouse.symbols.items()) if symbol.startswith("mt-")][:10]
    return [*(g for g in sorted(mouse.symbols) if g not in mito)][:140] + mito


@pytest.fixture
def spoilt(genes: list[str]) -> anndata.AnnData:
    """480 cells with about 600 counts; some have too few, too many, too few genes or too many of mitochondria."""
    made = study(genes)
    counts = made.X.toarray()
    counts[:, 140:] = np.minimum(counts[:, 140:], 1)
    counts[list(POOR)] = 0
    counts[list(POOR), 3] = 99
    counts[NARROW] = 0
    counts[NARROW, :29] = 5
    counts[list(MITO), 140:] = 100
    counts[RICH] *= 20
    made.X = sparse.csr_matrix(counts)
    return made


def test_measures_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(0.7, (30, 12)).astype(np.float32)
    counts[4] = 0
    block = sparse.csr_matrix(counts)
    block.data[:5] = 0  # zeros may be stored
    mito = np.arange(12) > 8
    found = measures(block, mito)
    for i, row in enumerate(block.toarray()):
        total = sum(float(x) for x in row)
        own = sum(float(x) for x, m in zip(row, mito, strict=True) if m)
        assert found.counts[i] == total
        assert found.genes[i] == sum(x > 0 for x in row)
        assert found.mito_percent[i] == pytest.approx(100 * own / total if total else 0)


def test_each_bound_holds_at_its_value_and_fails_beyond() -> None:
    block, mito = sparse.csr_matrix(np.array([[4.0, 3, 0, 3]])), np.array([False, False, False, True])
    edge = {"min_counts": (10, 10.5), "max_counts": (10, 9.5), "min_genes": (3, 4), "max_genes": (3, 2)}
    for step, (kept, lost) in (edge | {"max_mito_percent": (30, 29)}).items():
        assert Sieve({step: kept}, mito)(0, block).tolist() == [0]
        assert Sieve({step: lost}, mito)(0, block).tolist() == [1 + STEPS.index(step)]
    doublets = np.array([False, True])
    assert Sieve({}, mito, doublets)(1, block).tolist() == [1 + STEPS.index("doublets")]
    assert Sieve({"max_genes": 2}, mito, doublets)(1, block).tolist() == [1 + STEPS.index("max_genes")]


def test_mitochondrial_genes_of_either_species() -> None:
    assert mitochondrial(np.array(["MT-ND1", "mt-Nd1", "Mta1", ""]), "mt-").tolist() == [True, True, False, False]


def test_cells_taken_out_are_told_and_in_no_sum(
    tmp_path: Path, mouse: GeneIndex, genes: list[str], spoilt: anndata.AnnData
) -> None:
    write(spoilt, tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse, QC)
    assert batch.nodes["Dataset"][0]["cell_quality"] == [
        "480 cells with a donor and a type",
        "min_counts 100: 3 removed",
        "max_counts 5000: 1 removed",
        "min_genes 30: 1 removed",
        "max_mito_percent 20 (10 genes mt-): 2 removed",
        "473 kept",
    ]
    out = [*POOR, *NARROW, *MITO, *RICH]
    kinds = spoilt.obs["cell_type_ontology_term_id"].iloc[out].value_counts()
    rows = {row["label"]: row for row in batch.nodes["CellPopulation"]}
    for label, term in (("astrocyte", "CL:0000127"), ("microglial cell", "CL:0000129")):
        assert rows[label]["n_removed"] == kinds[term] > 0
        assert rows[label]["n_cells"] == 160 - kinds[term]
    (tmp_path / "plain").mkdir()
    write(spoilt[np.setdiff1d(np.arange(480), out)].copy(), tmp_path / "plain" / "cells.h5ad")
    _, plain = read(tmp_path / "plain", mouse)
    for name in ("astrocyte", "microglial cell"):
        np.testing.assert_array_equal(of(batch, name).vector, of(plain, name).vector)
    assert plain.nodes["Dataset"][0]["cell_quality"] == ["none declared: every cell with a donor and a type is summed"]


def test_a_stopped_pass_keeps_what_quality_control_found(tmp_path: Path, spoilt: anndata.AnnData) -> None:
    path = write(spoilt, tmp_path / "cells.h5ad")
    spec = Cells(file=path.name)
    matrix = open_cells(path, spec)
    sieve = Sieve({"min_counts": 100.0, "max_counts": 5000.0}, np.zeros(150, dtype=bool))
    texts = [matrix.texts(c, "") for c in (spec.donor, spec.cell_type)]

    def stopping(start: int, stop: int):
        if start >= 200:
            raise KeyboardInterrupt
        return matrix.read(start, stop)

    options = {"sieve": sieve, "every": 0, "chunk": 40}
    with pytest.raises(KeyboardInterrupt):
        pseudobulk(replace(matrix, read=stopping), *texts, checkpoints=tmp_path / "c", **options)
    found, whole = (pseudobulk(matrix, *texts, checkpoints=c, **options) for c in (tmp_path / "c", None))
    np.testing.assert_array_equal(found.failed, whole.failed)
    np.testing.assert_array_equal(found.sums, whole.sums)
    assert removed(found.failed) == {"min_counts": 3, "max_counts": 1}


def test_a_share_needs_mitochondrial_genes(tmp_path: Path, mouse: GeneIndex, genes: list[str]) -> None:
    write(study(genes[:140]), tmp_path / "cells.h5ad")
    with pytest.raises(ContractError, match="none of 140 genes") as error:
        read(tmp_path, mouse, QC)
    assert error.value.code == "NO_MITO_GENES"


def test_bounds_that_no_cell_passes_are_an_error(tmp_path: Path, mouse: GeneIndex, genes: list[str]) -> None:
    write(study(genes), tmp_path / "cells.h5ad")
    with pytest.raises(ContractError, match="min_counts 100000: 480 removed; 0 kept"):
        read(tmp_path, mouse, FACTS.replace("cells.h5ad}", "cells.h5ad, qc: {min_counts: 100000}}"))
