"""Contrasts of composition by a manifest: a planted depletion, and what keeps them apart from expression."""

from pathlib import Path

import anndata
import numpy as np
import pytest

from ingest.fetch.genes_index import GeneIndex
from kg.match.composition import log_ratios
from kg.match.contrast import contrast
from kg.schema.edges import EDGE_BY_TYPE
from tests.ingest.make_cells import study, write
from tests.ingest.test_cells import FACTS, read

ASKED = FACTS.replace("cells.h5ad}", "cells.h5ad, composition: true}")
TYPES = ("CL:0000127", "CL:0000129", "CL:0000128", "CL:0000115")


@pytest.fixture(scope="module")
def genes(mouse: GeneIndex) -> list[str]:
    return [g.removeprefix("ENSEMBL:") for g in sorted(mouse.symbols)[:60]]


def depleted(genes: list[str], types: tuple[str, ...] = TYPES) -> anndata.AnnData:
    """Eight donors of 60 cells a type, of which each keeps its own share; cases lose three quarters of their
    microglia."""
    rng, made = np.random.default_rng(8), study(genes, cells=60, types=types)
    keep = np.zeros(made.n_obs, bool)
    for donor in made.obs["donor_id"].unique():
        for kind in types:
            own = np.flatnonzero((made.obs["donor_id"] == donor) & (made.obs["cell_type_ontology_term_id"] == kind))
            share = rng.uniform(0.6, 1) * (0.25 if int(donor[1:]) % 2 and kind == "CL:0000129" else 1)
            keep[rng.permutation(own)[: int(share * len(own))]] = True
    return made[keep].copy()


def test_a_planted_depletion_is_found_in_its_population_alone(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    made = depleted(genes)
    write(made, tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse, ASKED)
    row = next(r for r in batch.nodes["Contrast"] if r.get("measure") == "composition")
    assert (row["id"], row["noise"], row["df"], row["n_case"], row["n_control"]) == (
        "orthokg:contrast/made/case.composition",
        "donors",
        6,
        4,
        4,
    )
    label = {r["id"]: r["label"] for r in batch.nodes["CellPopulation"]}
    edges = {label[e["object"]]: e for e in batch.edges["CHANGES_PROPORTION", "Contrast", "CellPopulation"]}
    assert len(edges) == 4
    assert [name for name, e in edges.items() if e["fdr"] <= 0.05 and e["effect"] < -1] == ["microglial cell"]
    table = made.obs.groupby(["donor_id", "cell_type_ontology_term_id"], observed=True).size().unstack()
    case = np.array([float(int(d[1:]) % 2) for d in table.index])
    wanted = contrast(log_ratios(table.to_numpy()), case)
    at = list(table.columns).index("CL:0000129")
    found = edges["microglial cell"]
    assert found["effect"] == pytest.approx(wanted.effect[at])
    assert found["z"] == pytest.approx(wanted.vector[at])
    assert found["p"] == pytest.approx(wanted.p[at])
    assert np.linalg.norm(found["noise"]) == pytest.approx(np.linalg.norm(wanted.factor[:, at]))
    shares = table.div(table.sum(axis=1), axis=0)["CL:0000129"]
    assert found["share_case"] == pytest.approx(shares[case == 1].mean())
    declared = {p.name for p in EDGE_BY_TYPE["CHANGES_PROPORTION"].properties} | {"subject", "object"}
    assert set(found) == declared


def test_it_has_no_signature_that_could_be_matched(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    write(depleted(genes), tmp_path / "cells.h5ad")
    _, asked = read(tmp_path, mouse, ASKED)
    assert not [key for key in asked.arrays if "composition" in key]
    assert not [e for e in asked.edges["OF_STATE", "Contrast", "DiseaseState"] if "composition" in e["subject"]]
    _, plain = read(tmp_path, mouse)
    assert not [r for r in plain.nodes["Contrast"] if r.get("measure")]


def test_two_types_are_untestable_with_the_reason(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    write(depleted(genes, TYPES[:2]), tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse, ASKED)
    row = next(r for r in batch.nodes["Contrast"] if r.get("measure") == "composition")
    assert row["noise"] == "none"
    assert row["noise_reason"].startswith("2 cell types; 3 are needed")
