"""Pages from the end: the same rows in the same order, bounded as those from the begin."""

import pytest

from kg.read.nodes import window_of
from tests.api.ask import data, error
from tests.api.conftest import GENES
from tests.api.wide import REGULON

INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount known"
LISTS = {
    "links": f'regulon(curie: "{REGULON}") {{ page: targets(%s) {{ {INFO} nodes {{ gene {{ curie }} }} }} }}',
    "orthologs": (
        f'gene(curie: "{GENES[0]}") {{ page: orthologs(%s) {{ {INFO} nodes {{ gene {{ curie }} source }} }} }}'
    ),
    "nodes": f"page: contrasts(%s) {{ {INFO} nodes {{ curie }} }}",
    "stored matches": f'page: matches(model: "TauMouse", disease: "MONDO:0004975", %s) {{ {INFO} nodes {{ curie }} }}',
}


def page(client, asked, **words):
    names = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
    told = ", ".join(f"${name}: {names[name]}{'!' if name == 'first' else ''}" for name in words)
    found = data(client, f"query({told}) {{ {asked % ', '.join(f'{name}: ${name}' for name in words)} }}", **words)
    (found,) = found.values()
    return found.get("page", found)


@pytest.mark.parametrize("asked", LISTS.values(), ids=LISTS.keys())
def test_pages_from_the_end_join_without_gap_or_overlap(still_client, asked):
    whole = page(still_client, asked, first=100)
    rows, behind, before = whole["nodes"], [], None
    while not whole["pageInfo"]["hasNextPage"]:
        found = page(still_client, asked, last=max(len(rows) // 3, 1), before=before)
        assert [found["totalCount"], found["known"]] == [len(rows), len(rows)]
        assert found["pageInfo"]["hasNextPage"] == (before is not None)
        behind = found["nodes"] + behind
        before = found["pageInfo"]["startCursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    if whole["pageInfo"]["hasNextPage"]:  # longer than one page: the last hundred, and what stands before them
        end = page(still_client, asked, last=100)
        rest = page(still_client, asked, last=100, before=end["pageInfo"]["startCursor"])
        forward = page(still_client, asked, first=100, after=whole["pageInfo"]["endCursor"])
        rows, behind = rows + forward["nodes"], rest["nodes"] + end["nodes"]
    assert behind == rows
    assert len(rows) > 1


@pytest.mark.parametrize("asked", LISTS.values(), ids=LISTS.keys())
def test_a_cursor_is_good_both_ways(still_client, asked):
    first, second = page(still_client, asked, first=1), None
    second = page(still_client, asked, first=1, after=first["pageInfo"]["endCursor"])
    assert page(still_client, asked, last=1, before=second["pageInfo"]["startCursor"])["nodes"] == first["nodes"]
    none = page(still_client, asked, last=5, before=first["pageInfo"]["startCursor"])
    assert [none["nodes"], none["pageInfo"]["hasPreviousPage"]] == [[], False]


@pytest.mark.parametrize(
    ("words", "code", "argument"),
    [
        ({"last": 101}, "LIMIT_EXCEEDED", None),
        ({"last": 0}, "ARGUMENT", "last"),
        ({"last": 1, "before": "bm8"}, "ARGUMENT", "before"),
        ({"first": 1, "before": "bm8"}, "ARGUMENT", "before"),
        ({"last": 1, "after": "bm8"}, "ARGUMENT", "after"),
    ],
)
def test_what_is_no_page_is_refused(still_client, words, code, argument):
    text = ", ".join(
        f'{name}: "{value}"' if isinstance(value, str) else f"{name}: {value}" for name, value in words.items()
    )
    found = error(still_client, f"{{ contrasts({text}) {{ totalCount }} }}")["extensions"]
    assert [found["code"], found.get("argument")] == [code, argument]


def test_rows_from_the_end_cost_what_those_from_the_begin_do(still_client):
    def cost(arguments: str, **variables) -> str:
        asked = f"query($n: Int) {{ contrasts({arguments}) {{ nodes {{ curie }} }} }}"
        return still_client.post("/graphql", json={"query": asked, "variables": variables}).headers["X-OrthoKG-Cost"]

    assert cost("first: 50") == cost("last: 50") == cost("first: 1, last: 50") == cost("last: $n", n=50)
    assert cost("last: null") == cost("first: 20") == cost("last: $n")


@pytest.mark.parametrize("back", [False, True])
def test_a_window_over_keys_is_a_slice(back):
    keys = [(0, "a"), (0, "c"), (1, "b"), (2, "a")]
    for after in (None, *keys, (0, "b"), (9, "z"), (-1, "")):
        beyond = [at for at, key in enumerate(keys) if after is None or (key < after if back else key > after)]
        for first in (1, 2, 9):
            due = beyond[-first:] if back else beyond[:first]
            found, more = window_of(keys, first, after, back)
            assert [list(found), more] == [due, len(beyond) > first]
