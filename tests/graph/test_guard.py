"""Forty and more ways to write through the door that only reads."""

import pytest

from kg.errors import StoreError
from kg.guard import run_user_query
from kg.store import Store, open_store

pytestmark = pytest.mark.graph

WRITES = [
    "CREATE (n:Gene {id: 'x'})",
    "create (n:Gene {id: 'x'}) return n",
    "MERGE (n:Gene {id: 'x'})",
    "MATCH (n) SET n.symbol = 'x'",
    "MATCH (n) SET n += {symbol: 'x'} RETURN n",
    "MATCH (n) SET n:Drug",
    "MATCH (n) REMOVE n.symbol",
    "MATCH (n) REMOVE n:Gene",
    "MATCH (n) DELETE n",
    "MATCH (n) DETACH DELETE n",
    "MATCH (n) NODETACH DELETE n",
    "MATCH ()-[r]->() DELETE r",
    "MATCH (a), (b) CREATE (a)-[:TARGETS]->(b)",
    "MATCH (a) MERGE (a)-[:TARGETS]->(a)",
    "MATCH (n) FOREACH (i IN [1] | CREATE (:Gene {id: 'x'}))",
    "UNWIND [1, 2] AS i CREATE (:Gene {id: 'x' + i})",
    "WITH 1 AS i CREATE (:Gene {id: 'x'})",
    "OPTIONAL MATCH (n:Drug) CREATE (:Gene {id: 'x'})",
    "CALL { CREATE (n:Gene {id: 'x'}) RETURN n } RETURN n",
    "MATCH (n) CALL (n) { SET n.symbol = 'x' } RETURN n",
    "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 1 ROW",
    "RETURN 1; CREATE (:Gene {id: 'x'})",
    "RETURN 1 AS a UNION CREATE (n:Gene {id: 'x'}) RETURN 1 AS a",
    "EXPLAIN CREATE (:Gene {id: 'x'})",
    "PROFILE CREATE (:Gene {id: 'x'})",
    "CYPHER 5 CREATE (:Gene {id: 'x'})",
    "CYPHER runtime=slotted MATCH (n) DELETE n",
    "// MATCH (n) RETURN n\nCREATE (:Gene {id: 'x'})",
    "/* RETURN */ CREATE (:Gene {id: 'x'})",
    "MATCH (n) /* RETURN n */ DELETE n",
    "MATCH (n) RETURN '/*' ; MATCH (n) DELETE n //*/",
    "\\u0043REATE (:Gene {id: 'x'})",
    "MATCH (n) \\u0053\\u0045\\u0054 n.symbol = 'x'",
    "MATCH (n) \\uu0044ELETE n",
    "RETURN '\\u0027 CREATE (:Gene {id: \"x\"}) //'",
    "RETURN 'a\\\\' CREATE (:Gene {id: 'x'})",
    "RETURN '\\u0027 /*' CREATE (:Gene {id: 'x'}) //*/",
    "MATCH (`n``m`) DELETE `n``m`",
    "CREATE CONSTRAINT c IF NOT EXISTS FOR (n:Drug) REQUIRE n.label IS UNIQUE",
    "CREATE INDEX i IF NOT EXISTS FOR (n:Drug) ON (n.moa)",
    "DROP CONSTRAINT gene_id",
    "DROP INDEX gene_symbol IF EXISTS",
    "CREATE DATABASE other",
    "CREATE USER other SET PASSWORD 'other-password'",
    "ALTER USER neo4j SET PASSWORD 'other-password'",
    "SHOW TRANSACTIONS",
    "TERMINATE TRANSACTIONS 'neo4j-transaction-1'",
    "USE system SHOW USERS",
    "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row",
    "MATCH (n) LOAD CSV FROM 'http://127.0.0.1/' AS row RETURN row",
    "LOAD/**/CSV FROM 'file:///etc/passwd' AS row RETURN row",
    "CALL dbms.listConfig()",
    "CALL `dbms`.`setConfigValue`('a', 'b')",
    "CALL db.createLabel('Other')",
    "CALL\tdb . createProperty ('other')",
    "CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()",
    "CALL db.clearQueryCaches() YIELD value RETURN value",
    "CALL apoc.create.node(['Gene'], {id: 'x'}) YIELD node RETURN node",
    "CALL apoc.cypher.doIt('CREATE (:Gene {id: 1})', {}) YIELD value RETURN value",
    "MATCH (n) CALL apoc.refactor.rename.label('Gene', 'X') YIELD total RETURN total",
    "INSERT INTO Gene SET id = 'x'",
    "UPDATE Gene SET symbol = 'x'",
    "DELETE FROM Gene",
    "TRUNCATE TYPE Gene UNSAFE",
    "CREATE VERTEX TYPE Other",
    "MATCH (n) RETURN 1 /* ' */ SET n.symbol = 'x' // '",
    "",
    "   // nothing\n",
    "MATCH (n {id: 'unfinished}) DELETE n",
]

READS = [
    ("MATCH (g:Gene) RETURN g.id AS id ORDER BY id", [["ENSEMBL:ENSG1"], ["ENSEMBL:ENSG2"]]),
    ("// a remark\nMATCH (g:Gene) RETURN count(g) AS n;", [[2]]),
    ("RETURN 'CREATE (n) SET n.x = 1 // DELETE' AS text", [["CREATE (n) SET n.x = 1 // DELETE"]]),
    ("MATCH (g:Gene {symbol: 'APP'}) RETURN {set: g.symbol, delete: 1}.set AS s", [["APP"]]),
    ("WITH 1 AS `set` RETURN `set`", [[1]]),
    ("MATCH (g:Gene) WITH g ORDER BY g.id LIMIT 1 RETURN g.symbol", [["APP"]]),
    ("UNWIND [1, 2] AS i RETURN i", [[1], [2]]),
    ("MATCH (d:Drug)-[t:TARGETS]->(g:Gene) RETURN d.label, g.symbol", [["aducanumab", "APP"]]),
    ("MATCH (g:Gene) CALL (g) { OPTIONAL MATCH (g)<--(d) RETURN count(d) AS n } RETURN sum(n)", [[1]]),
    ("OPTIONAL MATCH (x:Drug {id: 'none'}) RETURN x", [[None]]),
    ("MATCH (g:Gene) WHERE g.id = $id RETURN g.symbol", [["APP"]]),
    ("RETURN 'caf\\u00e9' AS text", [["café"]]),
]


def _dump(store: Store) -> list[dict]:
    nodes = store.read("MATCH (n) RETURN labels(n) AS l, properties(n) AS p, n.id AS id ORDER BY id")
    edges = store.read("MATCH (a)-[r]->(b) RETURN a.id AS a, type(r) AS t, b.id AS b ORDER BY a, t, b")
    return nodes + edges


@pytest.fixture
def small(store: Store) -> Store:
    store.write(
        "CREATE (g:Gene {id: 'ENSEMBL:ENSG1', symbol: 'APP'}), (:Gene {id: 'ENSEMBL:ENSG2', symbol: 'MAPT'}), "
        "(d:Drug {id: 'orthokg:drug/a', label: 'aducanumab'}) CREATE (d)-[:TARGETS]->(g)"
    )
    return store


@pytest.mark.parametrize("query", WRITES)
def test_no_way_to_write(small: Store, query: str) -> None:
    before = _dump(small)
    with pytest.raises(StoreError) as caught:
        run_user_query(small, query)
    assert caught.value.code in ("STORE_READ_ONLY", "STORE_SYNTAX")
    assert _dump(small) == before


@pytest.mark.parametrize(("query", "rows"), READS)
def test_reads_work(small: Store, query: str, rows: list) -> None:
    assert run_user_query(small, query, {"id": "ENSEMBL:ENSG1"}).rows == rows


@pytest.mark.parametrize("query", [query for query in WRITES[:20] if "NODETACH" not in query])
def test_the_second_lock_holds_alone(small: Store, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check of words, the server itself still refuses."""
    monkeypatch.setattr("kg.guard.check_words", lambda _: None)
    before = _dump(small)
    with pytest.raises(StoreError):
        run_user_query(small, query)
    assert _dump(small) == before


def test_rows_are_cut_and_said(small: Store) -> None:
    cut = run_user_query(small, "UNWIND range(1, 100) AS i RETURN i", max_rows=7)
    assert (len(cut.rows), cut.truncated, cut.columns) == (7, True, ["i"])
    assert not run_user_query(small, "UNWIND range(1, 7) AS i RETURN i", max_rows=7).truncated


ENDLESS = "MATCH (a:Gene), (b:Gene), (c:Gene), (d:Gene) WHERE a.id + b.id = c.id + d.id + 'x' RETURN count(*)"


def test_a_query_without_end_is_ended(neo4j_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.store_embedded.USER_QUERY_TIMEOUT_SECONDS", 1)
    with open_store("embedded") as embedded:
        for store in (neo4j_store, embedded):
            store.write("UNWIND range(1, 1000) AS i CREATE (:Gene {id: 'g' + i})")
            with pytest.raises(StoreError) as caught:
                run_user_query(store, ENDLESS, timeout=1)
            assert caught.value.code == "STORE_TIMEOUT"


def test_a_mistake_is_told(small: Store) -> None:
    with pytest.raises(StoreError) as caught:
        run_user_query(small, "MATCH (n RETURN n")
    assert caught.value.code == "STORE_SYNTAX"
