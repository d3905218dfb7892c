"""A manifest that names rankings and motifs: regulons of the cells are pruned. Simulated cells, rankings and motifs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.batch import Batch
from ingest.manifest import manifest
from ingest.study import datasets
from ingest.study.factors import Factors
from kg.curie import MOUSE
from kg.errors import ContractError
from kg.names.genes import GeneNames
from tests.bench.two_species_cells import World, study, world
from tests.ingest.test_cistarget import COLUMNS

pytestmark = pytest.mark.models
TFS, GENES = 44, 500
IDS = [f"ENSMUSG9{i:010d}" for i in range(GENES)]
SYMBOLS = {gene: f"Sim{i}" for i, gene in enumerate(IDS)}
FACTS = """schema: 1
dataset: {id: pruned, title: Made cells, taxon: "NCBITaxon:10090", licence: none stated, redistribute: false,
          citation: made by a generator, simulated: true}
material: {kind: cell type, tissue: "UBERON:0000956"}
cells:
  file: cells.h5ad
  grn: {tfs: tfs.txt, bootstraps: 5, min_support: 0, RANKED}
"""


@pytest.fixture(scope="module")
def made() -> World:
    return world([(f"ENSG9{i:010d}", IDS[i]) for i in range(GENES)], tfs=TFS)


def files(folder: Path, w: World, rename=str) -> None:
    """Each factor's own motif ranks its targets first; one decoy a factor ranks by chance."""
    rng = np.random.default_rng(0)
    score = rng.random((2 * TFS, GENES))
    for tf in range(TFS):
        score[tf, w.targets[tf]] += 1
    names = [f"motif_{tf}" for tf in range(TFS)] + [f"decoy_{tf}" for tf in range(TFS)]
    symbols = [rename(SYMBOLS[gene]) for gene in IDS]
    table = pd.DataFrame(np.argsort(np.argsort(-score, axis=1), axis=1).astype(np.int16), columns=symbols)
    table.assign(motifs=names).to_feather(folder / "made.genes_vs_motifs.rankings.feather")
    rows = [
        [m, m, m, "made", "1", symbols[i % TFS], 0.0, "None", "None", 1.0, "None", "None", "gene is directly annotated"]
        for i, m in enumerate(names)
    ]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(folder / "motifs.tbl", sep="\t", index=False)


def read(folder: Path, w: World, ranked: str) -> Batch:
    study(w, MOUSE, 1, donors=3, cells=120).write_h5ad(folder / "cells.h5ad")
    (folder / "tfs.txt").write_text("\n".join(IDS[:TFS]))
    (folder / "m.yaml").write_text(FACTS.replace("RANKED", ranked))
    m = manifest.read(folder / "m.yaml")
    found = datasets.Files({f: folder / f for f in m.files()}, dict.fromkeys(m.files(), "0" * 64))
    known = Factors(np.empty(0, dtype=str), SYMBOLS)
    return datasets.transform(m, found, GeneNames.of_symbols(MOUSE, IDS, SYMBOLS.values()), factors=lambda: known)


RANKED = "rankings: [made.genes_vs_motifs.rankings.feather], motifs: motifs.tbl"


def precision(batch: Batch, w: World) -> float:
    factor = {e["subject"]: e["object"].removeprefix("ENSEMBL:") for e in batch.edges["HAS_TF", "Regulon", "Gene"]}
    edges = batch.edges["REGULATES", "Regulon", "Gene"]
    hits = [
        IDS.index(e["object"].removeprefix("ENSEMBL:")) in w.targets[IDS.index(factor[e["subject"]])] for e in edges
    ]
    return float(np.mean(hits))


def test_rankings_leave_targets_with_the_motif(tmp_path: Path, made: World) -> None:
    files(tmp_path, made)
    pruned, plain = read(tmp_path, made, RANKED), read(tmp_path, made, "min_targets: 10")
    assert all(row["pruned"] for row in pruned.nodes["Regulon"])
    assert not any(row["pruned"] for row in plain.nodes["Regulon"])
    assert len(pruned.nodes["Regulon"]) >= TFS / 2
    assert precision(pruned, made) > max(0.5, 2 * precision(plain, made))
    assert all(row["tf"].startswith("Sim") for row in pruned.nodes["Regulon"])


def test_rankings_of_another_species_are_an_error(tmp_path: Path, made: World) -> None:
    files(tmp_path, made, str.upper)
    with pytest.raises(ContractError) as error:
        read(tmp_path, made, RANKED)
    assert error.value.code == "WRONG_SPECIES"


def test_rankings_without_motifs_are_told(tmp_path: Path, made: World) -> None:
    with pytest.raises(ContractError, match="rankings and motifs prune together"):
        read(tmp_path, made, RANKED.split(", motifs")[0])
