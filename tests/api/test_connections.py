"""Pages: they join, survive new data, cost one query per level, and one bad row never empties them."""

import pytest

from kg.schema.edges import EDGE_BY_TYPE
from kg.schema.links import FEEDS, FILTERS, LINKS, ORDER, PROPERTY
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store
from kg.store.write import write_nodes
from tests.api.ask import data, error
from tests.api.conftest import GENES, MOUSE, OWNER, stand
from tests.api.wide import MICE, REGULON

ORTHOLOGS = (
    "query($id: String!, $first: Int!, $after: String) { gene(curie: $id) { page: orthologs(first: $first, after:"
    " $after) { nodes { gene { curie } } pageInfo { hasNextPage endCursor } } } }"
)
TARGETS = (
    "query($id: String!, $first: Int!, $after: String) { regulon(curie: $id) { page: targets(first: $first, after:"
    " $after) { nodes { gene { curie } support } pageInfo { hasNextPage endCursor } } } }"
)


def walked(client, asked, first, **variables):
    """All rows of a connection, page by page."""
    rows, after = [], None
    while True:
        (found,) = data(client, asked, first=first, after=after, **variables).values()
        page = found.get("page", found)
        rows += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows


@pytest.mark.parametrize("first", [1, 7, 30, 100])
def test_pages_of_links_join_without_gap_or_overlap(wide_client, first):
    orthologs = [row["gene"]["curie"] for row in walked(wide_client, ORTHOLOGS, first, id=GENES[0])]
    assert sorted(orthologs) == sorted(MICE[:31])
    if first >= 7:
        rows = walked(wide_client, TARGETS, first, id=REGULON)
        assert len({row["gene"]["curie"] for row in rows}) == len(rows) == 120
        assert [row["support"] for row in rows] == sorted((row["support"] for row in rows), reverse=True)


def test_cursors_survive_new_data(wide_graph, wide_client):
    asked = (
        "query($first: Int!, $after: String) { contrasts(first: $first, after: $after) { nodes { curie } pageInfo {"
        " hasNextPage hasPreviousPage startCursor endCursor } } }"
    )
    first = data(wide_client, asked, first=3)["contrasts"]
    second = data(wide_client, asked, first=3, after=first["pageInfo"]["endCursor"])["contrasts"]
    assert [first["pageInfo"]["hasPreviousPage"], second["pageInfo"]["hasPreviousPage"]] == [False, True]
    before, row = "orthokg:contrast/a-new-one", {"label": "new", "in_taxon": "NCBITaxon:10090", "kind": "model"}
    write_nodes(wide_graph.store, "Contrast", [{"id": before, **row}], **OWNER)
    assert data(wide_client, asked, first=3, after=first["pageInfo"]["endCursor"])["contrasts"] == second
    assert data(wide_client, asked, first=1)["contrasts"]["nodes"] == [{"curie": before}]


def test_a_cursor_of_another_list_is_refused(wide_client):
    cursor = data(wide_client, "{ diseaseModels { pageInfo { endCursor } } }")["diseaseModels"]["pageInfo"]["endCursor"]
    found = error(wide_client, "query($c: String) { datasets(after: $c) { known } }", c=cursor)
    assert [found["extensions"]["code"], found["extensions"]["argument"]] == ["ARGUMENT", "after"]
    found = error(wide_client, 'query($c: String) { matches(model: "TauMouse", after: $c) { known } }', c=cursor)
    assert [found["extensions"]["code"], found["extensions"]["argument"]] == ["ARGUMENT", "after"]


def counted(monkeypatch, store: Store) -> list[str]:
    """The queries that the store is asked from now on."""
    asked: list[str] = []
    read = store.read

    def spied(query, **parameters):
        asked.append(query)
        return read(query, **parameters)

    monkeypatch.setattr(store, "read", spied)
    return asked


@pytest.mark.parametrize(
    ("query", "levels"),
    [
        (
            (
                '{ matches(model: "TauMouse", disease: "MONDO:0004975") { known missing { what } nodes { status p null'
                " { mouse } policyBand { p } } } }"
            ),
            1,
        ),
        (
            """{ matches(model: "TauMouse", disease: "MONDO:0004975") { known nodes { curie given { p } cohorts { p }
              changes { q }
              mouseContrast { label cellType { label } dataset { title species { label } } } humanContrast
                { label state { label } }
              diseaseState { disease { label models { nodes { label } } } } } } }""",
            5,
        ),
        (
            """{ a: gene(symbol: "APP") { orthologs { known nodes { gene { symbol species { label } } } }
                regulons { nodes { label } } }
              b: cellType(curie: "CL:0000129") { parents { nodes { children { nodes { label } } } } contrasts { nodes
                { label } } }
              c: search(text: "tau") { known nodes { node { id ... on DiseaseModel { contrasts { nodes
                { label } } } } } }
              contrasts { known nodes { dataset { title } changes(first: 2) { nodes { gene { symbol orthologs { nodes
                { gene { symbol } } } } } } } }
              status { nodes { count } edges { count } sources { label } } sources { known } }""",
            4,
        ),
    ],
    ids=["page", "matches", "everything"],
)
def test_a_level_costs_one_query(wide_graph, wide_client, monkeypatch, query, levels):
    data(wide_client, query)  # what is kept while the graph stays as it is
    asked = counted(monkeypatch, wide_graph.store)
    data(wide_client, query)
    assert 0 < len(asked) <= levels


def test_only_what_is_asked_is_read(wide_graph, wide_client, monkeypatch):
    asked = counted(monkeypatch, wide_graph.store)
    data(wide_client, "{ datasets { nodes { title } } }")
    (query,) = asked
    assert ".title" in query
    assert ".licence" not in query
    assert "count(" not in query


def test_one_bad_row_never_empties_a_list(wide_graph, wide_client):
    store = wide_graph.store
    store.write("MATCH (d:Dataset {id: 'orthokg:dataset/tau'}) SET d.n_samples = 'many'")
    store.write(
        "MATCH (:Gene {id: $id})-[r:ORTHOLOG_OF]->(:Gene {id: $other}) SET r.confidence = 'high'",
        id=GENES[0],
        other=MICE[3],
    )
    found = data(
        wide_client,
        f"""{{ datasets {{ known nodes {{ curie nSamples }} withheld {{ what why remedy }} }}
               gene(curie: "{GENES[0]}") {{ orthologs(first: 100) {{ known nodes {{ confidence gene {{ curie }}
                 }} withheld {{ what why }} }} }} }}""",
    )
    assert found["datasets"]["known"] == 2
    assert [row["curie"] for row in found["datasets"]["nodes"]] == ["orthokg:dataset/ad"]
    assert found["datasets"]["withheld"][0]["what"] == "1 Dataset (orthokg:dataset/tau)"
    assert "n_samples" in found["datasets"]["withheld"][0]["why"]
    orthologs = found["gene"]["orthologs"]
    assert [orthologs["known"], len(orthologs["nodes"]), len(orthologs["withheld"])] == [31, 30, 1]


@pytest.mark.parametrize(
    "harm", ["SET k.score = 'large'", "SET k.status = 'PERHAPS'", "SET k.p = 'small'", "REMOVE k.family_size"]
)
def test_one_bad_match_never_empties_the_answer(wide_graph, wide_client, harm):
    bad, good = (record.id for record in wide_graph.records)
    wide_graph.store.write(f"MATCH (k:Match {{id: $id}}) {harm}", id=bad)
    asked = (
        '{ matches(model: "TauMouse", disease: "MONDO:0004975") { known nodes { curie status score p familySize }'
        " withheld { what } } }"
    )
    found = data(wide_client, asked)["matches"]
    assert [row["curie"] for row in found["nodes"]] == [good]
    assert found["known"] == 2
    assert f"1 Match ({bad})" in [gap["what"] for gap in found["withheld"]]
    page = (
        'query($first: Int!, $after: String) { matches(model: "TauMouse", disease: "MONDO:0004975", first: $first,'
        " after: $after) { nodes { curie status score p familySize } pageInfo { hasNextPage endCursor } } }"
    )
    assert [row["curie"] for row in walked(wide_client, page, 1)] == [good]


def wrong(kind: str) -> object:
    return 5 if kind == "string" else "many"


OF_THE_QUESTION = {"level", "policy", "disease"}  # a match with another of these is none of this question


def test_no_property_of_another_kind_empties_the_answer(wide_graph, wide_client):
    bad, good = (record.id for record in wide_graph.records)
    asked = """query($first: Int!, $after: String) { matches(model: "TauMouse",
        disease: "MONDO:0004975", first: $first, after: $after) {
        known withheld { what } pageInfo { hasNextPage endCursor } nodes
          { curie status reason score statistic interval { low } null { mouse } p q
        family familySize otherFamilies naiveP exploratoryP nFeatures effectiveN df axesOut
          { score } ceiling correctedScore specificity
        statusLine modelSpecificity allGiven { share } references { p } policyBand
          { p } nChanges flags engineered power method dataVersion sentence } } }"""
    for prop in NODE_BY_LABEL["Match"].properties:
        if prop.name in OF_THE_QUESTION or prop.name == "rank":
            continue
        before = wide_graph.store.read("MATCH (k:Match {id: $id}) RETURN k {.*} AS k", id=bad)[0]["k"]
        wide_graph.store.write(
            f"MATCH (k:Match {{id: $id}}) SET k.{prop.name} = $value", id=bad, value=wrong(prop.kind)
        )
        found = data(wide_client, asked, first=5)["matches"]
        assert [row["curie"] for row in found["nodes"]] == [good], prop.name
        assert f"1 Match ({bad})" in [gap["what"] for gap in found["withheld"]], prop.name
        assert [row["curie"] for row in walked(wide_client, asked, 1)] == [good], prop.name
        wide_graph.store.write("MATCH (k:Match {id: $id}) SET k = $before", id=bad, before=before)


@pytest.mark.parametrize(
    ("field", "kind", "names"),
    [
        ("changes(first: 100) { label q }", "SUPPORTED_BY", ["q", "measured", "rank"]),
        ("cohorts { label p }", "COHORT", ["p", "status"]),
        ("given { label p }", "GIVEN", ["p", "left"]),
    ],
    ids=["changes", "cohorts", "given"],
)
def test_one_bad_part_never_hides_the_others(wide_graph, wide_client, field, kind, names):
    match = wide_graph.records[0].id
    asked = f'{{ match(id: "{match}") {{ {field} withheld {{ what why }} }} }}'
    whole = data(wide_client, asked)["match"]
    assert whole.pop("withheld") == []
    (shown,) = whole.values()
    for name in names:
        value = wrong(next(p.kind for p in EDGE_BY_TYPE[kind].properties if p.name == name))
        first = f"MATCH (k:Match {{id: $id}})-[r:{kind}]->() WITH r ORDER BY r.rank LIMIT 1"
        wide_graph.store.write(f"{first} SET r.kept = r.{name}, r.{name} = $value", id=match, value=value)
        found = data(wide_client, asked)["match"]
        (gap,) = found.pop("withheld")
        assert gap["why"].startswith(f"its row cannot be read: {name} is no ")
        assert len(next(iter(found.values()))) == len(shown) - 1, name
        wide_graph.store.write(
            f"MATCH (:Match {{id: $id}})-[r:{kind}]->() WHERE r.kept IS NOT NULL SET r.{name} = r.kept REMOVE r.kept",
            id=match,
        )


@pytest.mark.parametrize(
    ("label", "field", "key"),
    [("Contrast", "contrasts", "id"), ("DiseaseState", "diseaseStates", "label"), ("Regulon", "regulons", "label")],
)
def test_a_row_without_a_key_to_sort_by_has_a_place(wide_graph, wide_client, label, field, key):
    store = wide_graph.store
    write_nodes(store, label, [{"id": f"orthokg:zz/{n}", "label": f"zz {n}"} for n in range(3)], **OWNER)
    asked = (
        f"query($first: Int!, $after: String) {{ {field}(first: $first, after: $after) {{ nodes {{ curie label }}"
        " pageInfo { hasNextPage endCursor } } }"
    )
    before = [row["curie"] for row in walked(wide_client, asked, 100)]
    for value in (7, 1.5, True, ["a", "b"]):
        if key != "id":
            store.write(f"MATCH (n:{label} {{id: 'orthokg:zz/1'}}) SET n.{key} = $value", value=value)
            assert sorted(row["curie"] for row in walked(wide_client, asked, 1)) == sorted(
                set(before) - {"orthokg:zz/1"}
            )
    assert [row["curie"] for row in walked(wide_client, asked, 2)] == [
        row["curie"] for row in walked(wide_client, asked, 100)
    ]


def test_what_links_name_is_in_the_schema():
    for (source, name), link in LINKS.items():
        assert (link.source, link.name) == (source, name)
        for kind in link.types:
            pairs = EDGE_BY_TYPE[kind].pairs
            ends = {(source, link.target), (link.target, source)} if link.direction == "both" else set()
            ends |= {(source, link.target) if link.direction == "out" else (link.target, source)}
            assert ends & set(pairs), (source, name)
        known = {p.name for p in NODE_BY_LABEL[link.target].properties} | {"id"}
        carried = {p.name for kind in link.types for p in EDGE_BY_TYPE[kind].properties} | {"source"}
        assert all(key.name in (known if key.var == "n" else carried) for key in link.order)
    for label, filters in FILTERS.items():
        known = {p.name for p in NODE_BY_LABEL[label].properties}
        assert all((label, way) in LINKS if way else PROPERTY.get(name, name) in known for name, way in filters.items())
    assert set(ORDER) <= set(NODE_BY_LABEL)
    assert set(FEEDS) <= set(NODE_BY_LABEL) | set(EDGE_BY_TYPE)


def test_status_filter_and_pages_of_matches(wide_graph, wide_client):
    asked = (
        'query($status: MatchStatus, $after: String) { matches(model: "TauMouse", disease: "MONDO:0004975", status:'
        " $status, first: 1, after: $after) { known nodes { curie } pageInfo { hasNextPage endCursor } } }"
    )
    first = data(wide_client, asked)["matches"]
    second = data(wide_client, asked, after=first["pageInfo"]["endCursor"])["matches"]
    assert [row["curie"] for row in (*first["nodes"], *second["nodes"])] == [record.id for record in wide_graph.records]
    assert [first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]] == [True, False]
    only = data(wide_client, asked, status="UNTESTABLE")["matches"]
    assert [only["known"], only["nodes"]] == [1, [{"curie": wide_graph.records[1].id}]]
    assert data(wide_client, asked, status="DISCORDANT")["matches"]["nodes"] == []
    by_specificity = (
        '{ matches(model: "TauMouse", disease: "MONDO:0004975", specificity: tested) { known nodes { curie specificity'
        " statusLine } } }"
    )
    found = data(wide_client, by_specificity)["matches"]
    record = wide_graph.records[0]
    assert (found["known"], found["nodes"]) == (
        1,
        [{"curie": record.id, "specificity": "tested", "statusLine": record.status_line}],
    )


def test_cell_type_shows_only_its_contrasts(wide_client):
    asked = (
        'query($type: String) { matches(model: "TauMouse", disease: "MONDO:0004975", cellType: $type) { known nodes {'
        " mouse } } }"
    )
    assert data(wide_client, asked, type="CL:0000129")["matches"]["known"] == 2
    found = error(wide_client, asked, type="CL:0000878")
    assert [found["extensions"]["code"], found["extensions"]["argument"]] == ["NOT_MEASURED", "cellType"]
    assert found["extensions"]["suggestions"] == ["CL:0000129"]


def test_an_answer_follows_the_graph(wide_graph, wide_client):
    asked = (
        '{ matches(model: "TauMouse", disease: "MONDO:0004975") { known nodes { mouseLabel reason } missing { what'
        " } } }"
    )
    assert data(wide_client, asked)["matches"]["nodes"][0]["mouseLabel"] == "tau 8 months"
    write_nodes(
        wide_graph.store, "Source", [{"id": "absent", "status": "loaded"}], source="absent", run="orthokg:run/new"
    )
    write_nodes(wide_graph.store, "Contrast", [{"id": MOUSE, "label": "tau, renamed"}], **OWNER)
    stand(wide_graph.store)
    found = data(wide_client, asked)["matches"]
    assert found["nodes"][0]["mouseLabel"] == "tau, renamed"
    assert "absent" not in [gap["what"] for gap in found["missing"]]
