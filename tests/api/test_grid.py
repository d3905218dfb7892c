"""All models against all diseases, on both stores: found, no, too weak for a no, untestable, and not tested."""

import pytest

from kg.store.write import write_edges, write_nodes
from kg.stored.write import write_matches
from tests.api.ask import data, error
from tests.api.conftest import AD, HD, MOUSE, OWNER, record, stand

pytestmark = pytest.mark.graph
GRID = """query($first: Int!, $after: ID, $level: Level!) { modelGrid(first: $first, after: $after, level: $level) {
  known knownDiseases following models { curie label contrasts } diseases { curie label states }
  cells { model disease answer status pairs supported untestable notSupported match asked sentence reason power } } }"""
TAU = "orthokg:model/tau"


def grid(client, first: int = 100, after: str | None = None, level: str = "gene") -> dict:
    return data(client, GRID, first=first, after=after, level=level)["modelGrid"]


def test_a_no_and_what_was_not_tested_are_two_answers(any_graph, any_client):
    store, version = any_graph.store, any_graph.records[0].data_version
    write_nodes(store, "DiseaseModel", [{"id": "orthokg:model/bare", "label": "Bare"}], **OWNER)
    before = grid(any_client)
    assert before["models"] == [
        {"curie": "orthokg:model/bare", "label": "Bare", "contrasts": 0},
        {"curie": TAU, "label": "TauMouse", "contrasts": 1},
    ]
    assert [(d["curie"], d["states"]) for d in before["diseases"]] == [(AD, 2), (HD, 1)]
    (cell,) = before["cells"]
    assert (cell["model"], cell["disease"], cell["answer"], cell["status"]) == (TAU, AD, "found", "SUPPORTED")
    assert (cell["pairs"], cell["supported"], cell["untestable"], cell["match"]) == (2, 1, 1, "orthokg:match/ad")
    assert cell["sentence"].startswith("At 8 months, tau changes like")
    told = {"status": "NOT_SUPPORTED", "disease": HD, "p": 0.6, "q": 0.6, "reason": "no agreement"}
    write_matches(store, [record("hd", version, **told)], **OWNER)
    stand(store)
    for power, answer in ((0.24, "weak_no"), (None, "weak_no"), (0.91, "no")):
        store.write("MATCH (k:Match {id: 'orthokg:match/hd'}) SET k.power = $power", power=power)
        store.write("MATCH (s:Source {id: 'small'}) SET s.run = $run", run=f"orthokg:run/{power}")
        (found,) = [each for each in grid(any_client)["cells"] if each["disease"] == HD]
        assert (found["answer"], found["power"], found["notSupported"]) == (answer, power, 1)


def test_a_pair_asked_under_two_diseases_counts_once(any_graph, any_client):
    version = any_graph.records[0].data_version
    other = record("ad", version, status="NOT_SUPPORTED", p=0.6, disease="MONDO:0000002", power=0.9)
    other = type(other)(**{**vars(other), "id": "orthokg:match/above"})
    write_matches(any_graph.store, [*any_graph.records, other], **OWNER)
    stand(any_graph.store)
    (cell,) = grid(any_client)["cells"]
    assert (cell["pairs"], cell["asked"], cell["match"]) == (2, AD, "orthokg:match/ad")


def test_models_come_by_page_and_a_level_without_matches_has_no_cell(any_graph, any_client):
    more = [{"id": f"orthokg:model/{name}", "label": name.upper()} for name in ("a", "b", "z")]
    write_nodes(any_graph.store, "DiseaseModel", more, **OWNER)
    write_edges(any_graph.store, "OF_MODEL", "Contrast", "DiseaseModel", [{"subject": MOUSE, "object": more[2]["id"]}],
                **OWNER)  # fmt: skip
    models, after, cells = [], None, []
    while after != "":
        page = grid(any_client, first=2, after=after)
        assert (page["known"], page["knownDiseases"]) == (4, len(page["diseases"]))
        models += [each["curie"] for each in page["models"]]
        cells += [(each["model"], each["disease"]) for each in page["cells"]]
        after = page["following"]
    assert models == sorted([TAU, *(each["id"] for each in more)])
    assert cells == [(TAU, AD), ("orthokg:model/z", AD)]
    assert grid(any_client, level="regulon")["cells"] == []


def test_a_page_has_a_bound(client):
    for first, after, code in ((0, None, "ARGUMENT"), (101, None, "LIMIT_EXCEEDED"), (2, "' OR 1=1 //", "ARGUMENT")):
        assert error(client, GRID, first=first, after=after, level="gene")["extensions"]["code"] == code
