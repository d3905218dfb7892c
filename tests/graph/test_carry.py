"""An old graph carried over by an ingest of the same sources, on both stores: new ids, and what curators said moves
with them."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.load import simulated
from ingest.load.pipeline import Pipeline, Report
from kg.ask.questions import match_answer
from kg.curate.curation import curations, propose, relink, review
from kg.curie import local
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema, write_edges, write_nodes
from kg.verdict.carry import Made, carry

pytestmark = pytest.mark.graph
AD, CORTEX, MODEL, MARK = "MONDO:0004975", "UBERON:0000956", "simulated-specific", "~0123456789ab"
CONTRAST, STATE = "orthokg:contrast/simulated/specific", "orthokg:state/simulated-alzheimer-disease"
POOL = "orthokg:contrast/pooled/simulated-alzheimer-disease"
NEW = {
    key: key + MARK
    for key in (CONTRAST, STATE, "orthokg:donor/simulated-specific-0", "orthokg:reference/simulated-human")
}
OTHER = {"source": "dataset/other", "run": "orthokg:run/other"}


def batches(ids: dict[str, str]) -> list[Batch]:
    """The simulated study with one model, and with other ids for some of its nodes."""
    made = simulated.batches()
    for batch in made:
        if models := batch.edges.get(("OF_MODEL", "Contrast", "DiseaseModel")):
            models[:] = [row for row in models if row["subject"] == CONTRAST]
        for row in [row for rows in (*batch.nodes.values(), *batch.edges.values()) for row in rows]:
            row |= {key: ids[row[key]] for key in ("id", "subject", "object") if row.get(key) in ids}
        for key in ids.keys() & batch.arrays.keys():
            batch.arrays[ids[key]] = replace(batch.arrays.pop(key), id=ids[key])
    return made


def ingested(store: Store, home: Path, made: list[Batch]) -> Report:
    home.mkdir(exist_ok=True)
    run = Pipeline(store, SignatureStore(home / "signatures"), Cache(home), home, levels=("gene",))
    run._batches = made
    ensure_schema(store)
    return run._finish()


def test_a_match_a_state_and_a_contrast_keep_what_was_said_of_them(store: Store, tmp_path: Path):
    home = tmp_path / "home"
    assert ingested(store, home, batches({})).carried.changed == []
    before = match_answer(store, SignatureStore(home / "signatures"), model=MODEL, disease=AD).matches[0]
    said = {
        about: propose(store, about=about, verdict="accept", why="seen", who="ada").id
        for about in ((before.id,), (STATE, AD), (CONTRAST, CORTEX))
    }
    review(store, said[before.id,], accept=True, who="bob")
    write_nodes(store, "Contrast", [{"id": "orthokg:contrast/other/a", "label": "of another study"}], **OTHER)
    write_edges(
        store,
        "OF_STATE",
        "Contrast",
        "DiseaseState",
        [{"subject": "orthokg:contrast/other/a", "object": STATE}],
        **OTHER,
    )

    report = ingested(store, home, batches(NEW))
    signatures = SignatureStore(home / "signatures")
    after = match_answer(store, signatures, model=MODEL, disease=AD).matches[0]
    assert (after.mouse, after.human, after.state) == (CONTRAST + MARK, POOL + MARK, STATE + MARK)
    assert after.id != before.id
    assert [(c.id, c.state, c.why) for c in after.curations] == [(said[before.id,], "accepted", "seen")]
    assert {c.id: c.about for c in curations(store)} == {
        said[before.id,]: after.id,
        said[STATE, AD]: f"{STATE}{MARK} HAS_DISEASE {AD}",
        said[CONTRAST, CORTEX]: f"{CONTRAST}{MARK} IN_TISSUE {CORTEX}",
    }
    ends = store.read("MATCH (c:Curation)-[a:ABOUT]->(n) RETURN c.id AS c, a.role AS role, n.id AS id ORDER BY c, role")
    assert {(row["c"], row["id"]) for row in ends} == {
        (said[before.id,], after.id),
        (said[STATE, AD], STATE + MARK),
        (said[STATE, AD], AD),
        (said[CONTRAST, CORTEX], CONTRAST + MARK),
        (said[CONTRAST, CORTEX], CORTEX),
    }
    kept = store.read("MATCH (c:Contrast {id: 'orthokg:contrast/other/a'})-[:OF_STATE]->(s) RETURN s.id AS id")
    assert kept == [{"id": STATE + MARK}], "what another source says of the state is not lost"
    assert (
        store.read("UNWIND $ids AS id MATCH (n) WHERE n.id = id RETURN n.id AS id", ids=[*NEW, POOL, before.id]) == []
    )
    assert signatures.index.keys().isdisjoint(NEW)
    assert (after.score, after.p) == (before.score, before.p)

    assert report.carried.curations == 3
    assert report.changed_ids is not None
    with report.changed_ids.open(newline="") as table:
        rows = list(csv.reader(table, delimiter="\t"))
    assert rows[0] == ["label", "former", "new"]
    told = {(old, new) for _, old, new in rows[1:]}
    assert told >= {*NEW.items(), (POOL, POOL + MARK), (before.id, after.id)}

    again = ingested(store, home, batches(NEW))
    assert (again.carried.changed, again.changed_ids) == ([], None)
    assert [c.about for c in curations(store) if c.kind == "match"] == [after.id]


def test_a_node_that_was_several_goes_to_the_one_of_its_name(store: Store):
    old, plus, minus = "orthokg:population/lab-trem2", *(local("population", "lab", f"TREM2{sign}") for sign in "+-")
    owner = {"source": "dataset/lab", "run": "orthokg:run/old"}
    ensure_schema(store)
    write_nodes(store, "CellType", [{"id": "CL:0000129", "label": "microglial cell"}], **owner)
    write_nodes(store, "CellPopulation", [{"id": old, "label": "TREM2-"}], **owner)
    write_edges(store, "OF_TYPE", "CellPopulation", "CellType", [{"subject": old, "object": "CL:0000129"}], **owner)
    propose(store, about=(old, "CL:0000129"), verdict="reject", why="a macrophage", who="ada")
    nodes = [Made(plus, "TREM2+", "dataset/lab"), Made(minus, "TREM2-", "dataset/lab")]
    for source, changed in (
        ("dataset/another", []),
        ("dataset/lab", [("CellPopulation", old, plus), ("CellPopulation", old, minus)]),
    ):
        found = carry(store, {"CellPopulation": [replace(node, source=source) for node in nodes]})
        assert found.changed == changed
    relink(store)
    (said,) = curations(store)
    assert (said.subject, said.about) == (minus, f"{minus} OF_TYPE CL:0000129")
    assert store.read("MATCH (n:CellPopulation) RETURN n.id AS id") == [{"id": minus}]


def test_an_id_that_is_written_as_it_was_is_not_changed(store: Store):
    """What stood for two keeps the plain id for the one that can be read back."""
    plain, own = "orthokg:donor/ad-2-1", {"source": "dataset/ad", "run": "orthokg:run/old"}
    ensure_schema(store)
    write_nodes(store, "Donor", [{"id": plain, "sex": "F"}], **own)
    ids = [local("donor", "ad", name) for name in ("2 1", "2-1")]
    assert ids[0] == plain
    assert carry(store, {"Donor": [Made(key, "", "dataset/ad") for key in ids]}).changed == []
    assert store.read("MATCH (d:Donor) RETURN d.id AS id") == [{"id": plain}]
