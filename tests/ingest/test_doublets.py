"""Scrublet on libraries with planted doublets, and quality measures against scanpy's."""

import subprocess
import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from ingest.fetch.genes_index import GeneIndex
from ingest.files.cells.matrix import open_cells
from ingest.manifest.cell_blocks import Cells
from ingest.method.cell_quality import measures
from ingest.method.doublets import find_doublets
from tests.ingest.make_cells import write
from tests.ingest.test_cells import FACTS, read

pytestmark = pytest.mark.models
PER_LIBRARY, PLANTED = 600, 50


def libraries(genes: list[str], seed: int = 0) -> anndata.AnnData:
    """Two libraries of six types; the last cells of each hold another cell of another type. A third library is
    small."""
    rng = np.random.default_rng(seed)
    own = rng.lognormal(0, 1, len(genes)) * rng.lognormal(0, 1.5, (6, len(genes)))
    own *= len(genes) / own.sum(axis=1, keepdims=True)
    parts, facts = [], []
    for name, n, planted in (("l0", PER_LIBRARY, PLANTED), ("l1", PER_LIBRARY, PLANTED), ("small", 40, 0)):
        kind = rng.integers(0, 6, n)
        mean = own[kind] * rng.lognormal(0, 0.25, (n, 1))
        for i in range(n - planted, n):
            mean[i] += own[(kind[i] + 1 + rng.integers(5)) % 6]
        parts.append(rng.poisson(mean))
        facts += [
            {
                "donor_id": name,
                "cell_type_ontology_term_id": ("CL:0000127", "CL:0000129", "CL:0000128")[k % 3],
                "disease": "case" if name == "l1" else "normal",
                "doublet": i >= n - planted,
            }
            for i, k in enumerate(kind)
        ]
    obs = pd.DataFrame(facts, index=[f"cell{i}" for i in range(len(facts))])
    counts = sparse.csr_matrix(np.concatenate(parts).astype(np.float32))
    return anndata.AnnData(counts, obs, pd.DataFrame(index=genes))


def found_in(made: anndata.AnnData, path: Path):
    matrix = open_cells(write(made, path), Cells(file=path.name))
    return find_doublets(matrix, matrix.texts("donor_id", ""), np.ones(matrix.n_cells, dtype=bool), 0.08)


def test_planted_doublets_are_found_library_by_library(tmp_path: Path) -> None:
    made = libraries([f"G{i}" for i in range(500)])
    found = found_in(made, tmp_path / "a.h5ad")
    truth = made.obs["doublet"].to_numpy(dtype=bool)
    assert found.cells[truth].mean() >= 0.9
    assert found.cells[~truth].mean() <= 0.02
    assert found.unjudged == {"small": "40 cells, 100 are needed"}
    mixed = np.random.default_rng(1).permutation(made.n_obs)
    keep_order = np.argsort(made.obs["donor_id"].to_numpy()[mixed], kind="stable")
    again = found_in(made[mixed].copy(), tmp_path / "b.h5ad").cells
    alone = found_in(made[mixed][keep_order].copy(), tmp_path / "c.h5ad").cells
    np.testing.assert_array_equal(again[keep_order], alone)


def test_a_manifest_takes_them_out(tmp_path: Path, mouse: GeneIndex) -> None:
    made = libraries([g.removeprefix("ENSEMBL:") for g in sorted(mouse.symbols)[:500]])
    write(made, tmp_path / "cells.h5ad")
    facts = FACTS.replace("cells.h5ad}", "cells.h5ad, qc: {min_counts: 50, doublets: scrublet, doublet_rate: 0.08}}")
    _, batch = read(tmp_path, mouse, facts)
    first, counts, step, kept = batch.nodes["Dataset"][0]["cell_quality"]
    assert (first, counts) == ("1,240 cells with a donor and a type", "min_counts 50: 0 removed")
    assert step.startswith("doublets scrublet (rate 0.08 by donor_id, seed 0): ")
    removed = int(step.rpartition(": ")[2].split()[0])
    assert 0.9 * 2 * PLANTED <= removed <= 2.4 * PLANTED
    assert kept == f"{1240 - removed:,} kept"
    assert sum(row["n_removed"] for row in batch.nodes["CellPopulation"]) == removed
    assert "made: doublets of donor_id small not looked for: 40 cells, 100 are needed" in batch.missing


def test_measures_are_scanpys() -> None:
    import scanpy

    made = libraries([f"G{i}" for i in range(500)])
    made.var["mt"] = np.arange(500) >= 280
    want, _ = scanpy.pp.calculate_qc_metrics(made, qc_vars=["mt"], percent_top=None)
    found = measures(made.X, made.var["mt"].to_numpy())
    np.testing.assert_allclose(found.counts, want["total_counts"])
    np.testing.assert_array_equal(found.genes, want["n_genes_by_counts"])
    np.testing.assert_allclose(found.mito_percent, want["pct_counts_mt"], rtol=1e-5)


WITHOUT = """
import sys
sys.modules["scanpy"] = None
import numpy as np
from scipy import sparse
from kg.errors import MethodError
from ingest.method.doublets import scrublet
try:
    scrublet(sparse.csr_matrix(np.ones((200, 50))), 0.05)
except MethodError as error:
    print(error.code, error)
"""


def test_without_the_extra_one_error_says_what_to_do() -> None:
    made = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert (
        made.stdout
        == "NEEDS_MODELS scanpy is not installed: `make models`, or pip install 'orthokg[models]'; `doublets: none`"
        " works without\n"
    )
