"""On the simulated study: what GraphQL answers is what the command line prints, stored or computed, and can be
recomputed."""

import json

import numpy as np
import pytest
from scipy import stats
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.ask.questions import match_answer
from kg.read.contents import rounded
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.guard import run_user_query
from kg.verdict.features import features
from tests.api.ask import MATCH, data, error, post
from tests.api.test_match import expected
from tests.e2e.test_simulated import AD
from tests.simulated import ingested

ASK = (
    "query($m: String!, $d: String, $l: Level!, $p: Policy!, $first: Int!, $after: String) { matches(model: $m,"
    " disease: $d, level: $l, policy: $p, first: $first, after: $after) { question release family known missing { what"
    " } withheld { what } pageInfo { hasNextPage endCursor } nodes { %s } } }"
)
EXPLAIN = """query($m: String!, $p: Policy!) { matches(model: $m, disease: "MONDO:0004975", policy: $p) {
  nodes { score p statistic explain {
  score statistic p nullDf mouseTerm humanTerm sharedTerm parts(first: 3) { known nodes
    { feature contribution } pageInfo { endCursor } }
  columns { features labels humanGenes mouseGenes mouse human contribution } evidence { side licence } } } } }"""


def test_graphql_answers_as_the_command_line_does(store, tmp_path):
    signatures = ingested(store, tmp_path)
    app = create_app(store, signatures.root)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
        for level, policy, disease in (
            ("gene", "one2one", AD),
            ("regulon", "one2one", AD),
            ("gene", "all", AD),
            ("gene", "one2one", None),
        ):
            words = {"model": "simulated-specific", "disease": disease, "level": level, "policy": policy}
            said = match_answer(store, signatures, **words)
            asked = {"m": words["model"], "d": disease, "l": level, "p": policy}
            whole = data(client, ASK % MATCH, **asked, first=20)["matches"]
            assert json.dumps(whole["nodes"], sort_keys=True) == json.dumps(
                [expected(r) for r in said.matches], sort_keys=True
            )
            assert [whole["question"], whole["release"], whole["family"]] == [said.question, said.release, said.family]
            for kind in ("missing", "withheld"):
                assert [gap["what"] for gap in whole[kind]] == [gap.what for gap in said.gaps if gap.kind == kind]
            ids, after = [], None
            while True:
                page = data(client, ASK % "curie", **asked, first=1, after=after)["matches"]
                ids += [node["curie"] for node in page["nodes"]]
                after = page["pageInfo"]["endCursor"]
                if not page["pageInfo"]["hasNextPage"]:
                    break
            assert ids == [record.id for record in said.matches]
        for policy in ("one2one", "all"):
            recomputed(client, policy)
        parts_by_cypher(client, store)
        every_feature_by_cursor(client, store, signatures)
        found = error(client, EXPLAIN, m="simulated-cut", p="one2one")
        assert found["extensions"]["code"] == "UNTESTABLE"
        assert "full table" in found["message"]
        assert found["path"][-1] == "explain"

    damaged(store, signatures)


def damaged(store: Store, signatures: SignatureStore) -> None:
    """A server that comes upon a flipped bit names what it is of, and gives no number."""
    (key,) = {
        row["id"]
        for row in store.read(
            "MATCH (c:Contrast)-[:OF_MODEL]->(m) WHERE m.label = 'simulated-specific' RETURN c.id AS id"
        )
    }
    path = signatures.root / "objects" / signatures.index[key].sha / "vector.npy"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    app = create_app(store, signatures.root)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
        for policy in ("one2one", "all"):
            answer = post(client, EXPLAIN, m="simulated-specific", p=policy)
            (told,) = answer["errors"]
            assert told["extensions"]["code"] == "STORE_CORRUPT"
            assert f"signature {key}" in told["message"]
            assert str(signatures.root) not in json.dumps(answer)
            assert not answer["data"] or not any(node["explain"] for node in answer["data"]["matches"]["nodes"])


def parts_by_cypher(client: TestClient, store: Store) -> None:
    """The Cypher of a match that is not stored gives the effects of both its sides, gene by gene."""
    asked = ASK % "curie mouse cypher cypherGives cohorts { contrast }"
    words = {"m": "simulated-specific", "d": AD, "l": "gene", "first": 20}
    (kept,) = data(client, asked, **words, p="one2one")["matches"]["nodes"]
    assert kept["cypherGives"] == "VERDICT"
    (match,) = data(client, asked, **words, p="all")["matches"]["nodes"]
    assert match["cypherGives"] == "PARTS"
    found = run_user_query(store, match["cypher"], max_rows=100_000)
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    effects = {
        (row["c"], row["g"]): (row["effect"], row["z"])
        for row in store.read(
            "MATCH (c:Contrast)-[r:CHANGES_GENE]->(g:Gene) RETURN c.label AS c, g.id AS g, r.effect AS effect,"
            " r.moderated AS z"
        )
    }
    orthologs = {
        (row["a"], row["b"]) for row in store.read("MATCH (a:Gene)-[:ORTHOLOG_OF]-(b:Gene) RETURN a.id AS a, b.id AS b")
    }
    (mouse,) = {row["mouse"] for row in rows}
    humans = {
        row["label"]
        for row in store.read(
            "MATCH (c:Contrast) WHERE c.id IN $ids RETURN c.label AS label",
            ids=[c["contrast"] for c in match["cohorts"]],
        )
    }
    wanted = {
        (a, human, b)
        for a in (gene for name, gene in effects if name == mouse)
        for human, b in {(h, g) for h, g in effects if h in humans and (a, g) in orthologs} or {(None, None)}
    }
    assert {(row["mouse_id"], row["human"], row["human_id"]) for row in rows} == wanted
    assert len(rows) == len(wanted) > 50
    assert any(row["human_id"] for row in rows)
    for row in rows:
        assert (row["mouse_effect"], row["mouse_moderated"]) == effects[mouse, row["mouse_id"]]
        if row["human_id"]:
            assert (row["human_effect"], row["human_moderated"]) == effects[row["human"], row["human_id"]]


FEATURES = """query($id: ID!, $after: String) { match(id: $id) {
  features(first: 100, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
    rank feature label modelGene modelSymbol humanGene humanSymbol direction effectModel effectHuman contribution
    zModel zHuman pModel pHuman qModel qHuman p q alike measured leftGiven leftGivenQ leading } }
  featureColumns { names values }
  changed: features(alike: true, first: 5) { totalCount nodes { rank alike } }
  changes: featureColumns(alike: true) { names values } } }"""


def every_feature_by_cursor(client: TestClient, store: Store, signatures: SignatureStore) -> None:
    (match,) = match_answer(store, signatures, model="simulated-specific", disease=AD).matches
    wanted = features(store, signatures, match.id).rows
    got, after = [], None
    while True:
        found = data(client, FEATURES, id=match.id, after=after)["match"]
        page = found["features"]
        got += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(got) == page["totalCount"] == len(wanted) == match.n_features
    assert [row["rank"] for row in got] == list(range(1, len(wanted) + 1))
    assert sum(row["alike"] for row in got) == match.n_changes > 0
    assert any(row["leftGiven"] for row in got)
    for row, each in zip(got, wanted, strict=True):
        assert (row["feature"], row["modelGene"]) == (each.feature, f"ENSEMBL:{each.model_gene}")
        assert (row["leftGiven"], row["leftGivenQ"]) == (list(each.left_given), rounded(list(each.left_given_q)))
        assert [row[name] for name in ("zModel", "qHuman", "p", "q")] == rounded(
            [each.z_model, each.q_human, each.p, each.q]
        )
    changed = [row["rank"] for row in got if row["alike"]]
    assert found["changed"]["totalCount"] == match.n_changes
    assert [row["rank"] for row in found["changed"]["nodes"]] == changed[:5]
    assert dict(zip(found["changes"]["names"], found["changes"]["values"], strict=True))["rank"] == changed
    columns = found["featureColumns"]
    table = dict(zip(columns["names"], columns["values"], strict=True))
    assert table["feature"] == [row["feature"] for row in got]
    assert table["left_given"] == ["|".join(row["leftGiven"]) for row in got]
    assert table["q_model"] == [row["qModel"] for row in got]


def recomputed(client: TestClient, policy: str) -> None:
    (match,) = data(client, EXPLAIN, m="simulated-specific", p=policy)["matches"]["nodes"]
    told = match["explain"]
    columns = {name: np.array(told["columns"][name]) for name in ("mouse", "human", "contribution")}
    assert {len(column) for column in told["columns"].values()} == {told["parts"]["known"]}
    assert [part["feature"] for part in told["parts"]["nodes"]] == told["columns"]["features"][:3]
    total = float(columns["mouse"] @ columns["human"])
    assert total == pytest.approx(match["statistic"], rel=1e-9)
    assert total / np.linalg.norm(columns["mouse"]) / np.linalg.norm(columns["human"]) == pytest.approx(
        match["score"], abs=1e-9
    )
    a, b, c = told["mouseTerm"], told["humanTerm"], told["sharedTerm"]
    assert 2 * stats.t.sf(abs(total) / np.sqrt(max(a, b, a + b - c)), told["nullDf"]) == pytest.approx(
        match["p"], abs=1e-9
    )
    assert {row["side"] for row in told["evidence"]} == {"mouse", "human"}
