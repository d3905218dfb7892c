"""Writes on both stores: twice is once, what is stale goes, what is wrong is told."""

import math
import threading

import numpy as np
import pytest

from kg.errors import ContractError
from kg.store import write
from kg.store.driver import Store
from tests.graph.dump import dump
from tests.graph.load import load

pytestmark = pytest.mark.graph
HUMAN, MOUSE = "ENSEMBL:ENSG1", "ENSEMBL:ENSMUSG1"


def test_twice_is_once(store: Store) -> None:
    load(store, "r1", 200, 20)
    once = dump(store)
    load(store, "r1", 200, 20)
    assert dump(store) == once
    assert (len(once[0]), len(once[1])) == (221, 400), "with the lock"


def test_a_new_run_owns_everything(store: Store) -> None:
    load(store, "r1", 200, 20)
    before = dump(store, runs=False)
    load(store, "r2", 200, 20)
    assert dump(store, runs=False) == before
    assert store.read("MATCH ()-[r]->() RETURN DISTINCT r.run AS run") == [{"run": "r2"}]


def test_what_a_source_no_longer_has_goes(store: Store) -> None:
    load(store, "r1", 200, 20)
    write.write_edges(
        store,
        "HAS_TF",
        "Regulon",
        "Gene",
        [{"subject": "orthokg:regulon/0", "object": "ENSEMBL:ENSG00000000000"}],
        source="other",
        run="r1",
    )
    load(store, "r2", 100, 10)
    assert store.read("MATCH (:Regulon)-[r:REGULATES]->() RETURN count(r) AS n") == [{"n": 100}]
    assert store.read("MATCH (r:Regulon) RETURN count(r) AS n") == [{"n": 10}]
    assert store.read("MATCH (g:Gene) RETURN count(g) AS n") == [{"n": 200}], "genes are of another source"
    assert store.read("MATCH ()-[r:HAS_TF]->() RETURN r.source AS source") == [{"source": "other"}]


def test_dangling_ends_are_returned(store: Store) -> None:
    write.write_nodes(store, "Gene", [{"id": HUMAN}], source="s", run="r")
    rows = [{"subject": HUMAN, "object": MOUSE}, {"subject": HUMAN, "object": HUMAN}]
    for _ in range(2):
        count = write.write_edges(store, "ORTHOLOG_OF", "Gene", "Gene", rows, source="s", run="r")
        assert (count.written, count.dangling) == (1, [(HUMAN, MOUSE)])
    assert store.read("MATCH ()-[r]->() RETURN count(r) AS n") == [{"n": 1}]


def test_the_key_tells_parallel_relationships_apart(store: Store) -> None:
    write.write_nodes(store, "Match", [{"id": "m"}], source="s", run="r")
    write.write_nodes(store, "Contrast", [{"id": "c"}], source="s", run="r")
    sides = [{"subject": "m", "object": "c", "side": side} for side in ("mouse", "human", "human")]
    for _ in range(2):
        write.write_edges(store, "MATCH_OF", "Match", "Contrast", sides, source="s", run="r")
    assert store.read("MATCH ()-[r]->() RETURN r.side AS side ORDER BY side") == [{"side": "human"}, {"side": "mouse"}]
    write.write_nodes(store, "Gene", [{"id": HUMAN}, {"id": MOUSE}], source="s", run="r")
    for source in ("a", "b", "a"):
        row = {"subject": HUMAN, "object": MOUSE, "version": source}
        write.write_edges(store, "ORTHOLOG_OF", "Gene", "Gene", [row], source=source, run="r")
    found = store.read("MATCH ()-[r:ORTHOLOG_OF]->() RETURN r.source AS s, r.version AS v ORDER BY s")
    assert found == [{"s": "a", "v": "a"}, {"s": "b", "v": "b"}]


def test_changed_values_are_set_and_others_kept(store: Store) -> None:
    write.write_nodes(store, "Gene", [{"id": HUMAN, "symbol": "OLD", "biotype": "kept"}], source="s", run="r1")
    write.write_nodes(store, "Gene", [{"id": HUMAN, "symbol": "NEW", "biotype": None}], source="s", run="r2")
    assert store.read("MATCH (g:Gene) RETURN properties(g) AS g") == [
        {"g": {"id": HUMAN, "symbol": "NEW", "biotype": "kept", "source": "s", "run": "r2"}}
    ]


def test_numbers_of_numpy_and_empty_lists(store: Store) -> None:
    row = {"id": "d", "n_samples": np.int64(3), "simulated": np.bool_(True), "sha256": np.array(["a", "b"])}
    write.write_nodes(store, "Dataset", [row], source="s", run="r")
    model = {"id": "m", "engineered_genes": ()}
    write.write_nodes(store, "DiseaseModel", [model], source="s", run="r")
    found = store.read(
        "MATCH (d:Dataset) MATCH (m:DiseaseModel) RETURN d.n_samples AS n, d.simulated AS s, "
        "d.sha256 AS h, m.engineered_genes AS e"
    )
    assert found == [{"n": 3, "s": True, "h": ["a", "b"], "e": []}]


@pytest.mark.parametrize(
    "row",
    [
        {"id": "d", "colour": "red"},
        {"id": "d", "n_samples": "3"},
        {"id": "d", "n_samples": True},
        {"id": "d", "n_samples": 3.5},
        {"id": "d", "title": 3},
        {"id": "d", "sha256": "abc"},
        {"id": "d", "sha256": ["abc", 3]},
        {"id": None},
        {"title": "no id"},
        {"id": 3},
    ],
)
def test_what_the_schema_does_not_declare(store: Store, row: dict) -> None:
    with pytest.raises(ContractError) as caught:
        write.write_nodes(store, "Dataset", [row], source="s", run="r")
    assert caught.value.code == "SCHEMA"
    assert store.read("MATCH (n) RETURN count(n) AS n") == [{"n": 0}]


@pytest.mark.parametrize("value", [math.nan, math.inf, "1", [1.0]])
def test_a_float_is_finite(embedded_store: Store, value: object) -> None:
    with pytest.raises(ContractError, match=r"CHANGES_GENE\.moderated, row 1"):
        write.write_edges(
            embedded_store,
            "CHANGES_GENE",
            "Contrast",
            "Gene",
            [{"subject": "c", "object": "g", "moderated": value}],
            source="s",
            run="r",
        )


def test_labels_and_pairs_are_the_schema_s(embedded_store: Store) -> None:
    with pytest.raises(ContractError, match="Bogus"):
        write.write_nodes(embedded_store, "Bogus", [{"id": "x"}], source="s", run="r")
    with pytest.raises(ContractError, match=r"\(Drug\)-\[REGULATES\]->\(Gene\)"):
        write.write_edges(embedded_store, "REGULATES", "Drug", "Gene", [], source="s", run="r")


def test_several_writers_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four writers of the same rows leave what one would: nodes by their constraint, relationships by the lock."""
    monkeypatch.setattr(write, "BATCH", 50)
    failures: list[Exception] = []

    def work() -> None:
        try:
            load(store, "r", 100, 30)
        except Exception as error:
            failures.append(error)

    writers = [threading.Thread(target=work) for _ in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert failures == []
    together = dump(store)
    store.write("MATCH (n) DETACH DELETE n")
    load(store, "r", 100, 30)
    assert together == dump(store)


def test_merges_of_one_key_at_once(store: Store) -> None:
    failures: list[Exception] = []

    def work() -> None:
        try:
            for i in range(30):
                store.write("MERGE (g:Gene {id: $id}) SET g.symbol = 'x'", id=f"ENSEMBL:ENSG{i}")
        except Exception as error:
            failures.append(error)

    writers = [threading.Thread(target=work) for _ in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert failures == []
    assert store.read("MATCH (g:Gene) RETURN count(g) AS n") == [{"n": 30}]
