"""A hundred and more ways to write through the door that only reads, and what must still be read."""

from contextlib import suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.errors import ContractError, KgError, StoreError
from kg.store.driver import Store, open_store
from kg.store.guard import run_user_query
from tests.graph.ways import PARAMETERS, READS, WRITES, make_small, whole

pytestmark = pytest.mark.graph


@pytest.fixture
def small(store: Store) -> Store:
    return make_small(store)


def test_there_are_enough_of_them() -> None:
    assert len(set(WRITES)) == len(WRITES) >= 100
    assert len({query for query, _ in READS}) == len(READS) >= 40


@pytest.mark.parametrize("door", ["function", "/cypher"])
def test_no_way_to_write(small: Store, door: str, tmp_path: Path) -> None:
    """Every way, one after the other, with a look at the whole graph after each: none succeeds."""
    before = whole(small)
    client = TestClient(create_app(small, tmp_path), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 5000))
    for query in WRITES:
        if door == "function":
            with pytest.raises(StoreError) as caught:
                run_user_query(small, query, PARAMETERS)
            code = caught.value.code
        else:
            answer = client.post("/cypher", json={"query": query, "parameters": PARAMETERS})
            assert answer.status_code in (400, 403), (query, answer.text)
            code = answer.json()["errors"][0]["extensions"]["code"]
        assert code in ("STORE_READ_ONLY", "STORE_SYNTAX"), query
        assert whole(small) == before, query


def test_the_other_locks_hold_alone(small: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check of words, what the server itself takes still leaves the graph as it is."""
    monkeypatch.setattr("kg.store.guard.check_words", lambda _: None)
    before = whole(small)
    for query in WRITES:
        if "sleep" in query:
            continue
        with suppress(KgError):
            run_user_query(small, query, PARAMETERS)
        assert whole(small) == before, query


@pytest.mark.parametrize(("query", "rows"), READS)
def test_reads_work(small: Store, query: str, rows: list) -> None:
    assert run_user_query(small, query, PARAMETERS).rows == rows


def test_rows_are_cut_and_said(small: Store) -> None:
    cut = run_user_query(small, "UNWIND range(1, 100) AS i RETURN i", max_rows=7)
    assert (len(cut.rows), cut.truncated, cut.columns) == (7, True, ["i"])
    assert not run_user_query(small, "UNWIND range(1, 7) AS i RETURN i", max_rows=7).truncated


ENDLESS = "MATCH (a:Gene), (b:Gene), (c:Gene), (d:Gene) WHERE a.id + b.id = c.id + d.id + 'x' RETURN count(*)"


def test_a_query_without_end_is_ended(neo4j_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.store.embedded.USER_QUERY_TIMEOUT_SECONDS", 1)
    with open_store("embedded") as embedded:
        for store in (neo4j_store, embedded):
            store.write("UNWIND range(1, 1000) AS i CREATE (:Gene {id: 'g' + i})")
            with pytest.raises(StoreError) as caught:
                run_user_query(store, ENDLESS, timeout=1)
            assert caught.value.code == "STORE_TIMEOUT"


def test_a_query_has_memory_of_its_own(neo4j_store: Store) -> None:
    """By ``db.memory.transaction.max`` of the server, half of its heap here."""
    with pytest.raises(StoreError) as caught:
        run_user_query(neo4j_store, "UNWIND range(1, 20000000) AS i RETURN size(collect(toString(i) + 'x')) AS n")
    assert caught.value.code == "STORE_TOO_LARGE"
    assert "memory" in str(caught.value)
    assert run_user_query(neo4j_store, "RETURN 1 AS one").rows == [[1]]


def test_a_mistake_is_told(small: Store) -> None:
    with pytest.raises(StoreError) as caught:
        run_user_query(small, "MATCH (n RETURN n")
    assert caught.value.code == "STORE_SYNTAX"


@pytest.mark.parametrize("value", [2**63, ["\ud800"], {"a": {1: 2}}, "\udfff", object()])
def test_parameters_that_no_store_holds(embedded_store: Store, value: object) -> None:
    with pytest.raises(ContractError) as caught:
        run_user_query(embedded_store, "RETURN $x AS x", {"x": value})
    assert caught.value.code == "ARGUMENT"


def test_what_fails_as_it_runs_is_told_without_the_address(small: Store) -> None:
    with pytest.raises(StoreError, match="by zero") as caught:
        run_user_query(small, "UNWIND [1, 0] AS i RETURN 1 / i AS x")
    assert caught.value.code == "STORE_QUERY"
    assert "bolt://" not in str(caught.value)


def test_a_large_answer_is_cut(small: Store) -> None:
    found = run_user_query(small, "UNWIND range(1, 100) AS i RETURN reduce(s = 'x', j IN range(1, 20) | s + s) AS s")
    assert found.truncated
    assert 1 <= len(found.rows) < 20
