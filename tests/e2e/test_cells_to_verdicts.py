"""From two files of single cells, one mouse and one human, to verdicts on activity and rewiring. Simulated."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.batch import Batch
from ingest.manifest import manifest
from ingest.study import datasets
from ingest.study.factors import Factors
from kg.ask.questions import match_answer
from kg.curie import HUMAN, MOUSE
from kg.names.genes import GeneNames
from kg.store.driver import Store
from tests.bench.two_species_cells import world, write
from tests.e2e.lab import AD, Lab

TFS, GENES = 80, 1200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files, on the genes of the simulated graph."""
    made = tmp_path_factory.mktemp("cells")
    pairs = [(f"ENSG9{i:010d}", f"ENSMUSG9{i:010d}") for i in range(GENES)]
    write(made, world(pairs, tfs=TFS), donors=8, cells=100)
    return made


@pytest.fixture(scope="module")
def batches(folder: Path) -> dict[str, Batch]:
    made = {}
    for name, taxon, stem, prefix in (("mouse", MOUSE, "Sim", "ENSMUSG9"), ("human", HUMAN, "SIM", "ENSG9")):
        m = manifest.read(folder / f"{name}.yaml")
        files = datasets.Files({f: folder / f for f in m.files()}, dict.fromkeys(m.files(), "0" * 64))
        symbols = {f"{prefix}{i:010d}": f"{stem}{i}" for i in range(GENES)}
        names = GeneNames.of_symbols(taxon, symbols, symbols.values())
        known = Factors(np.empty(0, dtype=str), symbols)
        made[name] = datasets.transform(m, files, names, factors=lambda known=known: known)
    return made


def test_planted_changes_are_found_and_what_is_null_is_not(
    store: Store, folder: Path, batches: dict[str, Batch], tmp_path: Path
) -> None:
    lab = Lab(store, tmp_path)
    for batch in batches.values():
        lab.keep(batch)
    truth = pd.read_csv(folder / "truth.csv").set_index("human_gene")
    for level in ("activity", "rewiring"):
        answer = match_answer(store, lab.signatures, model="simulated cells", disease=AD, level=level)
        record = next(r for r in answer.matches if "microglial" in r.human_label)
        assert record.status == "SUPPORTED", record.reason
        assert record.null.mouse.startswith("donors (8 v 8")
        assert record.null.human.startswith("donors (8 v 8")
        assert any(flag.startswith("simulated") for flag in record.flags)
        called = truth.index.isin([c.feature.removeprefix("ENSEMBL:") for c in record.changes])
        of_kind = (truth["kind"] == level) & (truth["plan"] == "concordant")
        assert called[of_kind].mean() >= 0.9
        assert called[truth["plan"] == "nothing"].mean() <= 0.05
        assert called[truth["plan"] == "discordant"].mean() <= 0.05
    without = match_answer(store, lab.signatures, model="simulated-specific", disease=AD, level="activity")
    assert {r.status for r in without.matches} == {"UNTESTABLE"}
    assert all("counts of single cells" in r.reason for r in without.matches)
    _networks_are_in_the_graph(store, batches)


def _networks_are_in_the_graph(store: Store, batches: dict[str, Batch]) -> None:
    found = store.read(
        "MATCH (c:Contrast)-[x:CHANGES_REGULON]->(r:Regulon)-[:INFERRED_IN]->(p:CellPopulation) "
        "RETURN c.in_taxon AS taxon, x.kind AS kind, count(*) AS n, max(x.fdr) AS worst ORDER BY taxon, kind"
    )
    kinds = {(taxon, kind) for taxon in (HUMAN, MOUSE) for kind in ("activity", "rewiring")}
    assert {(row["taxon"], row["kind"]) for row in found} == kinds
    assert all(row["worst"] <= 0.05 for row in found)
    edges = store.read(
        "MATCH (r:Regulon)-[e:REGULATES]->(:Gene) WHERE r.engine = 'ridge' RETURN count(*) AS n, min(e.found_in) AS"
        " least"
    )
    assert edges[0]["n"] == sum(len(b.edges["REGULATES", "Regulon", "Gene"]) for b in batches.values())
    assert edges[0]["least"] >= 0.5
    states = store.read("MATCH (p:CellPopulation) RETURN p.network_status AS status, p.network_reason AS reason")
    assert {(row["status"], row["reason"]) for row in states} == {("inferred", "")}
