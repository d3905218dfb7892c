"""Every call of a query is found, wherever it stands: each forbidden name in each form at each place of the grammar."""

from itertools import product

import pytest

from kg.errors import StoreError
from kg.store.guard import check_words
from kg.store.query_text import (
    CHARACTERS,
    DEEPEST,
    FUNCTIONS,
    SUBQUERIES,
    SUBQUERIES_DEEP,
    called,
    check_calls,
    tokens_of,
)

PLACES = [
    "RETURN {}",
    "RETURN 1 + {}",
    "RETURN -{}",
    "RETURN [{}]",
    "RETURN [1, {}, 2]",
    "RETURN {{a: {}}}",
    "RETURN {{a: [{{b: {}}}]}}",
    "RETURN [1, 2][0..{}]",
    "RETURN [1, 2][..{}]",
    "RETURN [1, 2][{}..]",
    "RETURN [1, 2][{}..2]",
    "RETURN [1, 2][{}]",
    "RETURN $x[0 .. {}]",
    "RETURN [x IN [1] | {}]",
    "RETURN [x IN {} | x]",
    "RETURN [x IN [1] WHERE {} | x]",
    "RETURN [(a)-->(b) | {}]",
    "RETURN [(a)-->(b) WHERE {} | 1]",
    "RETURN reduce(s = {}, x IN [1] | s)",
    "RETURN reduce(s = 0, x IN [1] | {})",
    "RETURN all(x IN [1] WHERE {})",
    "RETURN CASE WHEN {} THEN 1 END",
    "RETURN CASE {} WHEN 1 THEN 1 ELSE 2 END",
    "RETURN CASE 1 WHEN 1 THEN {} END",
    "RETURN size([1]) + size({})",
    "RETURN coalesce(null, {})",
    "RETURN date.truncate('day', {})",
    "RETURN date({{year: {}}})",
    "MATCH (n {{id: {}}}) RETURN n",
    "MATCH ()-[r {{id: {}}}]->() RETURN r",
    "MATCH ()-[r:X*1..3 {{id: {}}}]->() RETURN r",
    "MATCH (n) WHERE {} RETURN n",
    "MATCH (n WHERE {}) RETURN n",
    "MATCH (n) WHERE NOT {} RETURN n",
    "MATCH (n) WHERE (n)-->({{id: {}}}) RETURN n",
    "MATCH (n) WHERE n.id =~ {} RETURN n",
    "MATCH (n) WHERE n.id STARTS WITH {} RETURN n",
    "MATCH (n) WHERE n.id IN {} RETURN n",
    "MATCH (n) WHERE EXISTS {{ MATCH (m) WHERE {} }} RETURN n",
    "RETURN COUNT {{ MATCH (m) WHERE {} }}",
    "RETURN COLLECT {{ MATCH (m) RETURN {} }}",
    "CALL {{ RETURN {} AS a }} RETURN a",
    "CALL () {{ RETURN {} AS a }} RETURN a",
    "CALL db.index.fulltext.queryNodes('a', {}) YIELD node RETURN node",
    "MATCH (n) RETURN n ORDER BY {}",
    "MATCH (n) RETURN n SKIP {}",
    "MATCH (n) RETURN n LIMIT {}",
    "MATCH (n) RETURN n {{.id, x: {}}}",
    "UNWIND {} AS x RETURN x",
    "WITH {} AS x RETURN x",
    "WITH 1 AS x WHERE {} RETURN x",
    "RETURN 1 AS a UNION RETURN {} AS a",
    "RETURN DISTINCT {}",
    "RETURN 1.5 + {}",
    "RETURN 0x1f + {}",
    "RETURN 'a' + {}",
    "RETURN `a b` + {}",
    "RETURN n.x[{}]",
    "RETURN (n).x + {}",
    "MATCH ((a)-[r]->(b) WHERE {}){{1,3}} RETURN a",
    "MATCH p = shortestPath((a)-[*..3]->(b {{id: {}}})) RETURN p",
]
FORBIDDEN = [
    "util.sleep",
    "apoc.load.json",
    "apoc.cypher.runFirstColumnSingle",
    "util.md5",
    "sleep",
    "eval",
    "load_csv",
]


def forms(name: str) -> list[str]:
    first, *rest = name.split(".")
    quoted = ".".join(f"`{part}`" for part in (first, *rest))
    return [
        f"{name}(1)",
        f"{name.upper()}(1)",
        f"{name} (1)",
        f"{name}\n\t(1)",
        f"{name}/* ( */(1)",
        f"{name} // x\n(1)",
        f"{quoted}(1)",
        ".".join([f"`{first}`", *rest]) + "(1)",
        " . ".join([first, *rest]) + "(1)",
        "/**/./**/".join([first, *rest]) + "(1)",
        f"\\u{ord(first[0]):04x}{name[1:]}(1)",
        f"toString({name}(1))",
        f"[{name}(1)][0]",
    ]


def test_there_are_enough_of_them() -> None:
    assert len(set(PLACES)) == len(PLACES) >= 50


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_forbidden_name_is_found_in_every_form_at_every_place(name: str) -> None:
    for place, form in product(PLACES, forms(name)):
        with pytest.raises(StoreError) as caught:
            check_words(place.format(form))
        assert caught.value.code == "STORE_READ_ONLY", place.format(form)


def test_what_only_computes_may_be_called_at_every_place() -> None:
    for place, name in product(
        PLACES, [*sorted(FUNCTIONS), "date.truncate", "vector.similarity.cosine", "duration.between"]
    ):
        check_words(place.format(f"{name}(1)"))


def test_of_something_that_is_no_name_nothing_is_called() -> None:
    for text in (
        "RETURN 1.size(2)",
        "RETURN [1].size(2)",
        "RETURN (n).sleep(2)",
        "RETURN $x.size(2)",
        "RETURN ''.size(1)",
    ):
        with pytest.raises(StoreError, match="the function"):
            check_words(text)


def test_words_before_a_bracket_are_no_calls() -> None:
    query = (
        "OPTIONAL MATCH (a) WHERE (a)-->() AND NOT (a)<--() OR (1) IN (2) WITH DISTINCT (a) AS a ORDER BY (a.id) SKIP"
        " (1) LIMIT (2) MATCH ANY SHORTEST (a)-[:X]->+(b) RETURN CASE WHEN (true) THEN (1) ELSE (2) END AS x, a.id"
        " STARTS WITH ('x') AS y"
    )
    check_words(query)
    assert list(called(tokens_of("RETURN size(x) + date.truncate('day', y)"))) == [(1, "size"), (6, "date.truncate")]


def test_a_slice_is_no_dot_of_a_name() -> None:
    check_calls(tokens_of("RETURN [1, 2][0..size(x)]"))
    with pytest.raises(StoreError, match=r"the function util\.sleep"):
        check_calls(tokens_of("RETURN [1, 2][0..util.sleep(3000)]"))


@pytest.mark.parametrize(
    "query",
    [
        "RETURN '" + "x" * CHARACTERS + "'",
        "RETURN " + "(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1),
        "RETURN " + "[" * 300 + "]" * 300,
        "RETURN " + "{a: " * 300 + "1" + "}" * 300,
        "CALL { " * (SUBQUERIES_DEEP + 1) + "RETURN 1 AS a" + " } RETURN a" * (SUBQUERIES_DEEP + 1),
        "CALL (*) { " * (SUBQUERIES_DEEP + 1) + "RETURN 1 AS a" + " } RETURN a" * (SUBQUERIES_DEEP + 1),
        "RETURN " + "EXISTS { MATCH (n) WHERE " * 300 + "true" + " }" * 300,
        "RETURN " + " + ".join(["COUNT { MATCH (n) }"] * (SUBQUERIES + 1)),
    ],
    ids=["long", "brackets", "lists", "maps", "subqueries", "scoped subqueries", "exists", "many subqueries"],
)
def test_a_query_is_bounded_before_it_is_sent(query: str) -> None:
    with pytest.raises(StoreError) as caught:
        check_words(query)
    assert caught.value.code == "STORE_TOO_LARGE"
    assert len(str(caught.value)) < 200


def test_what_is_at_the_bounds_may_be_asked() -> None:
    for query in (
        "RETURN " + "(" * DEEPEST + "1" + ")" * DEEPEST,
        "CALL { " * SUBQUERIES_DEEP + "RETURN 1 AS a" + " } RETURN a" * SUBQUERIES_DEEP,
        "RETURN " + " + ".join(["COUNT { MATCH (n) }"] * SUBQUERIES),
        "RETURN " + ", ".join(f"{{a: {i}}}" for i in range(500)),
    ):
        check_words(query)
