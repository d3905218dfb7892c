"""Who is pooled: one cohort cannot weaken a pool, and one that stands apart changes nothing but its own row."""

from dataclasses import asdict
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from kg.curie import MOUSE
from kg.schema.match import MatchRecord
from kg.sides.human import costliest, state_side
from kg.sides.workspace import Workspace
from kg.verdict.family import family
from tests.kg.pools import AD, GENES, HD, STATES, World


def some(share: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(GENES)[: round(share * GENES)]


def side(ws: Workspace, disease: str = AD):
    return state_side(ws, STATES[disease], ws.space("one2one"))


def pooled(ws: Workspace) -> list[str]:
    return sorted(c.id for c in side(ws).pool)


def why(ws: Workspace, cohort: str) -> str:
    return next(text for c, text in side(ws).apart if c.id == cohort)


def answer(ws: Workspace, without: str = "", **asked) -> list[dict]:
    """All fields of all matches but for the row of one cohort and what names the data."""
    made = family(ws, ws.catalog.contrasts["mouse"], disease=AD, band=False, **asked)
    return [plain(record, without) for record in made]


def plain(record: MatchRecord, without: str) -> dict:
    told = asdict(record) | {"data_version": ""}
    return told | {"cohorts": [row for row in told["cohorts"] if row["contrast"] != without]}


APART = {
    "does not ask": ({"pooled": False}, "pooled: true"),
    "simulated": ({"simulated": True}, "simulated"),
    "few genes": ({"genes": np.arange(110)}, "untestable: 110 usable genes; at least 200 are needed"),
    "no gene": ({"genes": np.arange(0)}, "untestable: 0 usable genes"),
    "costs the pool": ({"genes": some(0.6)}, "38% of its features"),
    "costs a little too much": ({"genes": some(0.92)}, "5% of its features (it lacks 20 of the 388"),
    "same samples": ({"n": 7, "donors": tuple(f"one-{i}" for i in range(14))}, "shares samples with cohort one"),
    "no noise": ({"noise": "none", "noise_reason": "effects only"}, "untestable: effects only"),
    "no reference": ({"table": True}, "untestable: no healthy reference"),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", APART)
def test_a_cohort_that_stands_apart_changes_nothing_but_its_own_row(kind: str, tmp_path: Path) -> None:
    facts, reason = APART[kind]
    world = World(tmp_path)
    world.cohort("one")
    world.cohort("two", genes=some(0.97))
    before = answer(world.workspace())
    world.cohort("new", **facts)
    ws = world.workspace()
    assert pooled(ws) == ["one", "two"]
    assert reason in why(ws, "new")
    assert answer(ws, without="new") == before
    (record,) = family(ws, ws.catalog.contrasts["mouse"], disease=AD, band=False)
    (row,) = [row for row in record.cohorts if row.contrast == "new"]
    assert row.status == why(ws, "new")
    assert (row.score is None) == row.status.startswith("untestable")
    assert record.status != "UNTESTABLE"
    assert record.n_features == len(some(0.97))


def test_a_cohort_that_joins_does_change_the_answer(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cohort("one")
    before = answer(world.workspace())
    world.cohort("new", genes=some(0.96))
    ws = world.workspace()
    assert pooled(ws) == ["new", "one"]
    assert answer(ws, without="new") != before


def test_cohorts_that_do_not_ask_speak_for_no_state(tmp_path: Path) -> None:
    """So that a second one, or the first of a new state, moves no other verdict and no q."""
    world = World(tmp_path)
    world.cohort("lone", pooled=False)
    (record,) = family(ws := world.workspace(), ws.catalog.contrasts["mouse"], disease=AD, band=False)
    assert (record.status, record.family_size, record.q, record.p) == ("UNTESTABLE", 0, None, None)
    assert "pooled: true" in record.reason
    assert [(row.score is not None, row.p) for row in record.cohorts] == [(True, None)]


def test_simulated_cohorts_pool_among_themselves_and_serve_no_measured_state(tmp_path: Path) -> None:
    world = World(tmp_path)
    for name in ("a", "b"):
        world.cohort(name, disease=HD, simulated=True)
    world.cohort("real")
    before = answer(world.workspace())
    assert sorted(c.id for c in side(world.workspace(), HD).pool) == ["a", "b"]
    assert [(row["role"], row["note"][:15]) for row in before[0]["given"]] == [("not tested", "it is simulated")]
    world.cohort("measured", disease=HD)
    after = answer(world.workspace())
    assert [c.id for c in side(world.workspace(), HD).pool] == ["measured"]
    assert [(row["label"], row["role"] == "not tested") for row in after[0]["given"]] == [("HD", False)]


def test_a_measured_cohort_that_cannot_speak_keeps_simulated_ones_silent(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cohort("made", simulated=True)
    world.cohort("measured", noise="none", noise_reason="effects only")
    assert pooled(world.workspace()) == []


def test_of_two_cohorts_the_one_with_fewer_genes_stands_apart(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cohort("small", genes=some(0.7), n=20)
    world.cohort("large", n=4)
    ws = world.workspace()
    assert pooled(ws) == ["large"]
    assert f"lacks {GENES - len(some(0.7))} of the {GENES}" in why(ws, "small")


@pytest.mark.long
def test_the_pool_is_the_same_in_any_order_and_under_any_names(tmp_path: Path) -> None:
    shares = {"large": 1.0, "most": 0.98, "half": 0.6, "few": 0.55, "shared": 0.99}
    found = set()
    for at, names in enumerate(list(permutations("abcde"))[::17]):
        world = World(tmp_path / str(at))
        called = dict(zip(names, shares, strict=True))
        donors = {"shared": tuple(f"x{i}" for i in range(12)), "most": tuple(f"x{i}" for i in range(16))}
        for name in sorted(called, reverse=at % 2 == 0):
            real = called[name]
            n = {"shared": 6, "large": 10}.get(real, 8)
            world.cohort(name, genes=some(shares[real], len(real)), n=n, donors=donors.get(real, ()))
        order = list(np.random.default_rng(at).permutation(len(world.infos)))
        found.add(frozenset(called[name] for name in pooled(world.workspace(order))))
    assert found == {frozenset({"large", "most"})}


def test_two_platforms_alike_in_size_are_told_apart_by_what_they_measured(tmp_path: Path) -> None:
    """Each lacks a quarter of what either has: the same data stand apart under either name."""
    kept = set()
    for at, names in enumerate(("ab", "ba")):
        world = World(tmp_path / str(at))
        for name, data, genes in zip(names, ("x", "y"), (np.arange(300), np.arange(100, 400)), strict=True):
            world.cohort(name, data=data, genes=genes)
        (found,) = pooled(world.workspace())
        kept.add(world.signatures.get(found).vector.tobytes())
    assert len(kept) == 1


def test_costs_are_judged_without_regard_to_order() -> None:
    """Over random pools: the measured sets that stay are the same for any order."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        masks = [rng.random(300) < share for share in rng.choice([1, 0.99, 0.95, 0.9, 0.6], size=rng.integers(2, 6))]
        sizes = [int(n) for n in rng.integers(5, 9, len(masks))]
        found = set()
        for order in list(permutations(range(len(masks))))[:24]:
            left = list(order)
            while (cost := costliest([masks[i] for i in left], [sizes[i] for i in left])) is not None:
                assert cost.lost > 0.05 * cost.common
                left.pop(cost.at)
            found.add(frozenset(masks[i].tobytes() for i in left))
            assert left
        assert len(found) == 1


def test_cohorts_within_the_bound_all_stay() -> None:
    masks = [np.ones(1000, bool) for _ in range(4)]
    masks[1][:50] = False
    assert costliest(masks, [1] * 4) is None
    masks[1][50] = False
    cost = costliest(masks, [1] * 4)
    assert cost is not None
    assert (cost.at, cost.lost, cost.common) == (1, 51, 1000)


def test_a_lender_that_costs_features_comes_after_one_that_does_not(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cohort("one", table=True)
    world.cohort("two", table=True, genes=some(0.97))
    world.reference("good", n=20)
    before = answer(world.workspace())
    world.reference("narrow", genes=some(0.6), n=60)
    world.reference("tiny", genes=np.arange(110), n=80)
    world.reference("made", n=90, simulated=True)
    ws = world.workspace()
    assert [r.id for r in ws.references_for(ws.catalog.contrasts["one"])] == ["good", "narrow"]
    after = answer(ws)
    assert [row.pop("references") for row in before] == [()]
    assert [[r["reference"] for r in row.pop("references")] for row in after] == [["narrow"]]
    assert after == before


def test_axes_of_few_genes_or_of_simulated_samples_are_not_taken_first(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.cohort("one")
    world.reference("good", role="axes", taxon=MOUSE)
    before = answer(world.workspace())
    assert before[0]["axes_out"]["source"] == "good"
    world.reference("narrow", role="axes", taxon=MOUSE, genes=some(0.6), n=60)
    world.reference("made", role="axes", taxon=MOUSE, n=90, simulated=True)
    assert answer(world.workspace()) == before


def test_a_table_simulated_borrows_what_is_simulated_first(tmp_path: Path) -> None:
    world = World(tmp_path)
    made = world.cohort("one", table=True, simulated=True)
    world.reference("made", simulated=True)
    assert [r.id for r in world.workspace().references_for(made)] == ["made"]
    world.reference("measured", n=60)
    assert [r.id for r in world.workspace().references_for(made)] == ["made", "measured"]


def test_the_score_of_a_state_that_cannot_be_tested_is_of_those_that_ask_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    none = {"noise": "none", "noise_reason": "effects only"}
    world.cohort("one", **none)
    before = answer(world.workspace())
    assert before[0]["status"] == "UNTESTABLE"
    assert before[0]["n_features"] == GENES
    world.cohort("few", genes=np.arange(110))
    world.cohort("half", genes=some(0.5), **none)
    world.cohort("silent", pooled=False, **none)
    world.cohort("made", simulated=True, **none)
    after = answer(world.workspace())
    for row in (before[0], after[0]):
        assert row.pop("sentence").startswith("Nothing is claimed about model")
        row.pop("reason")
        row.pop("cohorts")
    assert after == before


@pytest.mark.long
def test_order_of_loading_changes_no_field_of_an_answer(tmp_path: Path) -> None:
    """Cohorts that are pooled and that stand apart, other diseases, two references and axes: loaded in any order."""
    found = []
    for at in range(4):
        world = World(tmp_path / str(at))
        made = [
            lambda w: w.cohort("one"),
            lambda w: w.cohort("two", table=True, genes=some(0.97)),
            lambda w: w.cohort("few", genes=some(0.7)),
            lambda w: w.cohort("silent", pooled=False),
            lambda w: w.cohort("hd", disease=HD),
            lambda w: w.reference("a"),
            lambda w: w.reference("b", n=30),
            lambda w: w.reference("axes", role="axes", taxon=MOUSE),
        ]
        for step in np.random.default_rng(at).permutation(len(made)):
            made[step](world)
        ws = world.workspace(list(np.random.default_rng(at).permutation(len(world.infos))))
        found.append([asdict(r) for r in family(ws, ws.catalog.contrasts["mouse"], disease=AD, band=False)])
    assert found[0][0]["n_features"] == len(some(0.97))
    assert all(each == found[0] for each in found)
