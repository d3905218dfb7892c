"""An app developer reads whole lists by cursor, and every question of the command line by GraphQL."""

from typing import Any

from tests.e2e.hours.hour import AD, MODEL, NO_MATCH, Hour

ASK = """query($model: String!, $disease: String!) { matches(model: $model, disease: $disease) {
  nodes { curie sentence status power nChanges nFeatures } } }"""
LIST = """query($id: ID!, $after: String, $alike: Boolean!) { match(id: $id) {
  features(alike: $alike, first: 100, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
    feature modelSymbol humanSymbol effectModel effectHuman pModel pHuman qModel qHuman q leftGiven } } } }"""


def whole_lists(hour: Hour) -> None:
    """By cursor, past 100 and past 500."""
    (match,) = hour.data(ASK, model=MODEL, disease=AD)["matches"]["nodes"]
    assert match["sentence"]
    assert len(every(hour, match["curie"], alike=True)) == match["nChanges"] > 0
    assert len(every(hour, match["curie"], alike=False)) == match["nFeatures"] > 500


def every(hour: Hour, match: str, *, alike: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = hour.data(LIST, id=match, after=after, alike=alike)["match"]["features"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len({row["feature"] for row in found}) == len(found) == page["totalCount"]
    assert all(0 <= row[name] <= 1 for row in found for name in ("pModel", "pHuman", "qModel", "qHuman"))
    return found


def a_no_has_a_power(hour: Hour) -> None:
    """No, and not tested, are different answers, also for a curator's query."""
    (none,) = hour.data(ASK, model=NO_MATCH, disease=AD)["matches"]["nodes"]
    (cut,) = hour.data(ASK, model="simulated-cut", disease=AD)["matches"]["nodes"]
    assert (none["status"], cut["status"], cut["power"]) == ("NOT_SUPPORTED", "UNTESTABLE", None)
    query = "MATCH (c:Contrast)-[n:DOES_NOT_MATCH {level: 'gene'}]->(s) RETURN DISTINCT c.id AS id"
    rows = hour.http.post("/cypher", json={"query": query}).json()["rows"]
    assert ["orthokg:contrast/simulated/none"] in rows
    assert not any("cut" in id for (id,) in rows)


def a_plan(hour: Hour) -> None:
    plan = """query($d: String!) { plan(model: "simulated-shared", disease: $d, animals: [6, 15]) {
      nodes { rows { r animals supported } takes { r animals cap } } } }"""
    (pair,) = hour.data(plan, d=AD)["plan"]["nodes"]
    assert {row["animals"] for row in pair["rows"]} == {6, 15, None}


def stages(hour: Hour) -> None:
    """A disease without stages says so by a code."""
    asked = """query($d: String!) { stages(model: "simulated-specific", disease: $d) { totalCount } }"""
    assert code(hour.graphql(asked, d=AD)) == "NO_STAGES"


def gene_sets(hour: Hour) -> None:
    sets = """query($d: String!, $s: GeneSetsInput!) { matches(model: "simulated-specific", disease: $d, sets: $s) {
      nodes { matchLevel } } }"""
    symbols = "\t".join(f"SIM{i}" for i in range(40))
    (found,) = hour.data(sets, d=AD, s={"text": f"MINE\t\t{symbols}\n"})["matches"]["nodes"]
    assert found["matchLevel"] == "sets"
    assert code(hour.graphql(sets, d=AD, s={"text": "MINE\t\tFOO\tBAR\n"})) == "UNKNOWN_GENES"


def a_drug_in_two_species(hour: Hour) -> None:
    asked = """{ drugAcrossSpecies(drug: "simulated-drug-alike") { nodes { status sentence } } }"""
    (found,) = hour.data(asked)["drugAcrossSpecies"]["nodes"]
    assert found["status"] == "SUPPORTED"


def known_and_not_measured(hour: Hour) -> None:
    """A page of a node without a measurement does not say that nothing is missing."""
    assert code(hour.graphql('{ drugMatches(drug: "baricitinib") { totalCount } }')) == "NOT_MEASURED"
    page = """{ drug(curie: "CHEMBL:2105759") { conditions { totalCount missing { what why remedy } } }
      cellType(curie: "CL:0000129") { contrasts { totalCount missing { what why remedy } } } }"""
    found = hour.data(page)
    for each in (found["drug"]["conditions"], found["cellType"]["contrasts"]):
        assert each["totalCount"] == 0
        assert each["missing"]


def how_genes_are_connected(hour: Hour) -> None:
    path = """{ paths(start: "SIM0", end: "SIM1", taxon: "human", longest: 4) { paths { steps { links { type source } }
      } } }"""
    (first, *_) = hour.data(path)["paths"]["paths"]
    assert all(step["links"] for step in first["steps"])


def code(answer: dict[str, Any]) -> str:
    return answer["errors"][0]["extensions"]["code"]


NEEDS = (
    whole_lists,
    a_no_has_a_power,
    a_plan,
    stages,
    gene_sets,
    a_drug_in_two_species,
    known_and_not_measured,
    how_genes_are_connected,
)
