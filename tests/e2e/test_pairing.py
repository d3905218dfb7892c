"""Mouse and human contrasts paired by name, by correspondence, by both or either, on both stores: pairs, family and
verdicts."""

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.ask.questions import match_answer
from kg.cli.main import main
from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError
from kg.read.contents import rounded
from kg.sides.pairing import PAIR_BY, judged
from kg.store.driver import Store, open_store
from tests.api.ask import data, error
from tests.e2e.paired_study import AD, MODEL, contrast_id, load_paired, population, state_id

pytestmark = pytest.mark.graph
GLIA, ASTRO = ("microglial cell", "microglial cell"), ("astrocyte", "astrocyte")
INTER = ("interneuron Vip", "interneuron VIP")
PAIRS = {"cl": {GLIA, ASTRO}, "correspondence": {GLIA, INTER}, "both": {GLIA}, "either": {GLIA, ASTRO, INTER}}
ASKED = """query($model: String!, $by: PairBy!, $first: Int!) { matches(model: $model,
  disease: "MONDO:0004975", pairBy: $by, first: $first) {
  known family question withheld { what why } nodes { curie mouse state status p q familySize family explain { p } }
  pairing { ways { by pairs tested statuses { status count } } changes known cards
    changed { by mouseLabel humanLabel was now qWas qNow } pairs { mouse state byCl byCorrespondence } } } }"""


def ends(pairs):
    return {(contrast_id(MOUSE, a), state_id(b)) for a, b in pairs}


def test_each_way_gives_its_pairs_and_one_family(store: Store, tmp_path):
    signatures = load_paired(store, tmp_path)
    plain = match_answer(store, signatures, model=MODEL, disease=AD)
    assert plain.pairing is None
    assert {r.family_size for r in plain.matches} == {4}, "a family is one contrast and its states, as ever"
    p = {(r.mouse, r.state): r.p for r in plain.matches}
    assert len(p) == 12
    for by, expected in PAIRS.items():
        answer = match_answer(store, signatures, model=MODEL, disease=AD, pair_by=by)
        assert {(r.mouse, r.state) for r in answer.matches} == ends(expected)
        assert {r.family_size for r in answer.matches} == {len(expected)}
        assert rounded([r.p for r in answer.matches]) == rounded([p[r.mouse, r.state] for r in answer.matches]), (
            "no p hangs on it"
        )
        np.testing.assert_allclose(
            [r.q for r in answer.matches], stats.false_discovery_control([r.p for r in answer.matches])
        )
        kept = [r for r in plain.matches if (r.mouse, r.state) in ends(expected)]
        told = {(r.mouse, r.state): judged(kept)[r.id] for r in kept}
        for r in answer.matches:
            status, q = told[r.mouse, r.state]
            assert (str(r.status), r.q) == (str(status), pytest.approx(q)), "the report says what the answer gives"
        assert not {r.id for r in answer.matches} & {r.id for r in plain.matches}, "another family, another match"
        assert sum(len(g.what) > 0 for g in answer.gaps if g.why.startswith("not paired by")) == 3
        assert answer.pairing is not None
        ways = {w.by: (w.pairs, w.tested) for w in answer.pairing.ways}
        assert ways == {"all": (12, 12), "cl": (2, 2), "correspondence": (2, 2), "both": (1, 1), "either": (3, 3)}
    changed = {(c.by, c.mouse_label, c.was, c.now) for c in answer.pairing.changed}
    astro = "SIMULATED astrocyte"
    assert changed == {(by, astro, "NOT_SUPPORTED", "SUPPORTED") for by in ("cl", "either")}
    one = next(row for row in answer.pairing.pairs if row.by_cl and row.by_correspondence)
    assert one.by_cl == "microglial cell (CL:0000129)"
    assert one.by_correspondence == "microglial cell ~ microglial cell (paired/space, score 0.90)"
    assert answer.pairing.cards == ("saturn 1; seed 0; gene embedding: simulated",)
    with pytest.raises(ContractError, match="pair contrasts"):
        match_answer(store, signatures, model=MODEL, disease=AD, pair_by="name")
    one = match_answer(store, signatures, model=MODEL, disease=AD, pair_by="cl", cell_type="CL:0000127")
    assert [(r.mouse, r.family_size) for r in one.matches] == [(contrast_id(MOUSE, "astrocyte"), 2)], (
        "shown alone, judged together"
    )


def test_what_no_longer_corresponds_pairs_no_more(store: Store, tmp_path):
    signatures = load_paired(store, tmp_path)
    store.write(
        "MATCH (:CellPopulation {id: $a})-[r:CORRESPONDS_TO]->(:CellPopulation {id: $b}) SET r.called = false, r.status"
        " = 'NONE'",
        a=population("space", MOUSE, GLIA[0]),
        b=population("space", HUMAN, GLIA[1]),
    )
    answer = match_answer(store, signatures, model=MODEL, disease=AD, pair_by="correspondence")
    assert {(r.mouse, r.state) for r in answer.matches} == ends({INTER})
    assert match_answer(store, signatures, model=MODEL, disease=AD, pair_by="both").matches == ()


def test_graphql_pairs_and_reports(store: Store, tmp_path):
    signatures = load_paired(store, tmp_path)
    with TestClient(
        create_app(store, signatures.root), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 5)
    ) as client:
        found = {by: data(client, ASKED, model=MODEL, by=by, first=5)["matches"] for by in PAIR_BY}
        for by, expected in PAIRS.items():
            assert {(m["mouse"], m["state"]) for m in found[by]["nodes"]} == ends(expected)
            assert found[by]["known"] == found[by]["nodes"][0]["familySize"] == len(expected)
            assert all(m["explain"]["p"] == m["p"] for m in found[by]["nodes"])
            assert [g["what"] for g in found[by]["withheld"] if "not paired" in g["why"]]
        assert found["all"]["known"] == 12
        assert {str(f["pairing"]) for f in found.values()} == {str(found["all"]["pairing"])}, (
            "the same report whichever is asked"
        )
        pairing = found["all"]["pairing"]
        assert [(w["by"], w["pairs"]) for w in pairing["ways"]] == [
            ("all", 12),
            ("cl", 2),
            ("correspondence", 2),
            ("both", 1),
            ("either", 3),
        ]
        assert (pairing["changes"], pairing["known"]) == (2, 3)
        assert {c["by"] for c in pairing["changed"]} == {"cl", "either"}
        assert len(pairing["pairs"]) == 3
        text = (
            'query($first: Int!) { matches(model: "simulated-cells", pairBy: cl) { pairing { pairs(first: $first) {'
            " byCl } } } }"
        )
        assert error(client, text, first=101)["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_the_command_line_says_what_each_way_gives(embedded_store: Store, tmp_path, monkeypatch):
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path))
    with open_store("embedded") as own:
        load_paired(own, tmp_path)
    done = CliRunner().invoke(main, ["match", "--model", MODEL, "--disease", AD, "--pair-by", "cl"])
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "family of 2" in said
    assert "cl: SIMULATED astrocyte x AD, astrocyte: NOT_SUPPORTED" in said
    assert "becomes SUPPORTED" in said
    assert "ways of pairing" not in CliRunner().invoke(main, ["match", "--model", MODEL, "--disease", AD]).stdout
