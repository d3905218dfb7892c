"""Real cells to regulons: a network in each population whose numbers allow it, and why not in the others."""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from ingest.batch import Batch
from ingest.manifest import manifest
from ingest.study import datasets
from ingest.study.factors import Factors

STUDIES = {
    "human": {
        "dataset": {
            "id": "darmanis2015", "title": "Human cortex, Darmanis et al. 2015", "taxon": "NCBITaxon:9606",
            "licence": "none stated: test data only", "redistribute": False, "citation": "doi 10.1073/pnas.1507125112",
        },
        "material": {"kind": "cell type", "tissue": "UBERON:0000956"},
        "cells": {
            "file": "darmanis/2015-Darmanis_b_prepared_data.csv.gz",
            "obs": "darmanis/2015-Darmanis_b_prepared_meta.csv.gz", "rows": "genes", "gene_id": "symbol",
            "donor": "experiment_sample_name", "cell_type": "cell type", "min_count": 300, "min_share": 0.9,
            "grn": {"tfs": "pyscenic/hs_hgnc_tfs.txt", "bootstraps": 4, "min_cells": 18, "min_targets": 5},
        },
    },
    "mouse": {
        "dataset": {
            "id": "metaneighbor", "title": "Mouse cortical interneurons of two studies", "taxon": "NCBITaxon:10090",
            "licence": "MIT", "redistribute": True, "citation": "Crow et al. 2018, doi 10.1038/s41467-018-03282-0",
        },
        "material": {"kind": "cell type", "tissue": "UBERON:0000956"},
        "cells": {
            "file": "metaneighbor/mn_counts.mtx.gz", "genes": "metaneighbor/mn_genes.txt", "obs": "obs.csv",
            "scale": "corrected", "gene_id": "symbol", "donor": "study_id", "cell_type": "kind", "min_count": 1,
            "grn": {"tfs": "pyscenic/mm_mgi_tfs.txt", "bootstraps": 4, "min_targets": 5},
        },
    },
}  # fmt: skip


def batch_of(species: str, folder: Path, cache, genes) -> Batch:
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump({"schema": 1, **STUDIES[species]}))
    made = manifest.read(path)
    files = datasets.get(cache, made)
    return datasets.transform(made, files, genes, factors=lambda: Factors(np.empty(0, dtype=str), genes.symbols))


def of_populations(batch: Batch) -> dict[str, tuple[str, str]]:
    return {row["label"]: (row["network_status"], row["network_reason"]) for row in batch.nodes["CellPopulation"]}


def check(batch: Batch, population: str) -> None:
    """Regulons of the population with their targets and support."""
    place = {row["id"]: row["label"] for row in batch.nodes["CellPopulation"]}
    inside = [
        e["subject"]
        for e in batch.edges["INFERRED_IN", "Regulon", "CellPopulation"]
        if place[e["object"]] == population
    ]
    regulons = [row for row in batch.nodes["Regulon"] if row["id"] in set(inside)]
    assert len(regulons) == len(inside) > 20
    assert all(not r["pruned"] and r["engine"] == "ridge" and 0.5 <= r["support"] <= 1 for r in regulons)
    assert not any(r["tf"].startswith("ENS") for r in regulons)
    edges = batch.edges["REGULATES", "Regulon", "Gene"]
    assert all(0.5 <= e["found_in"] <= 1 for e in edges)
    assert {e["sign"] for e in edges} == {1, -1}


def test_human_cortex_has_networks_where_donors_bring_cells_enough(tmp_path: Path, cache, human):
    batch = batch_of("human", tmp_path, cache, human)
    found = of_populations(batch)
    inferred = {name for name, (status, _) in found.items() if status == "inferred"}
    assert inferred == {"neuron", "fetal_quiescent"}
    for name, (status, reason) in found.items():
        if name not in inferred:
            assert status == "UNTESTABLE"
            assert "donor" in reason
    for name in inferred:
        check(batch, name)


def test_mouse_interneurons_of_two_studies(tmp_path: Path, cache, mouse):
    """The sheet knows 39 types, each of a few cells: as one type, the two studies are the donors."""
    sheet = pd.read_csv(cache.get("metaneighbor/mn_cells.csv"), index_col=0)
    sheet.assign(kind="cortical interneuron").to_csv(tmp_path / "obs.csv", index=False)
    batch = batch_of("mouse", tmp_path, cache, mouse)
    assert {status for status, _ in of_populations(batch).values()} == {"inferred"}
    check(batch, next(iter(of_populations(batch))))
