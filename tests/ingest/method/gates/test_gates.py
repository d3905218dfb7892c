"""Each gate on simulated donors: what it stops, what it lets pass, and where it says that it cannot judge."""

import numpy as np
import pytest
from scipy import stats

from ingest.method.gates import labels as label_gate
from ingest.method.gates.drift import affected, drift
from ingest.method.gates.integration import integration
from ingest.method.gates.judge import Brought, Submitted, claimed, judged, parent_of, submitted
from ingest.method.gates.labels import labels
from ingest.method.gates.limits import Limits
from ingest.method.gates.resolution import f1_of_nodes, resolution
from ingest.method.gates.samples import samples
from ingest.method.gates.space import Cells, Parent, in_turn
from ingest.method.gates.unseen import auroc, unseen
from ingest.method.mapping.engine import Built, Policy, Query, Tree, build, map_cells
from kg.atlas.report import Gate
from tests.ingest.method.mapping.make_donors import PARENTS, TYPES, make_study

POLICY = Policy(genes=150, axes=15, centroids=12, wide=240)


@pytest.fixture(scope="module")
def built() -> Built:
    return build([make_study("one", 8, 150)], PARENTS, POLICY)


@pytest.fixture(scope="module")
def parent(built: Built) -> Parent:
    return parent_of(built)


def brought(
    built: Built, donors: int = 3, seed: int = 9, swap: dict[str, str] | None = None
) -> tuple[Submitted, list[Brought], dict]:
    study = make_study("asked", donors, 200, seed=seed)
    said = map_cells(built, Query(study.counts, study.genes, study.donors, controls=np.ones(200 * donors, bool)))
    names = np.array([(swap or {}).get(name, name) for name in study.labels])
    assert study.donors is not None
    made = [Brought("asked", study.counts, study.genes, names, study.donors, said.outcome, said.nearest)]
    return submitted(parent_of(built), built, made), made, {"asked": said}


def all_gates(built: Built, parent: Parent, **changed: object) -> dict[str, Gate]:
    own, made, said = brought(built, **changed)  # type: ignore[arg-type]
    gates = judged(parent, own, claimed(built, own, made, []), Limits(), 0.1, said)[0]
    return {gate.id: gate for gate in gates}


def test_a_clean_submission_passes_all(built: Built, parent: Parent) -> None:
    found = all_gates(built, parent)
    assert set(found) == {"G2", "G3", "G4", "G5", "G5b", "G6", "G7"}
    assert {gate.id: gate.reason for gate in found.values() if gate.outcome == "failed"} == {}


def test_sums_without_a_donor_are_those_of_the_others(parent: Parent) -> None:
    d = next(iter(parent.own))
    others = parent.space.sums(parent.cells.some(parent.cells.donor != d))
    left = parent.total - parent.own[d]
    for name in ("many", "total", "n", "sums"):
        np.testing.assert_allclose(getattr(left, name), getattr(others, name), rtol=1e-4, atol=1e-3)


def test_labels_that_are_exchanged_or_merged_are_seen(built: Built, parent: Parent) -> None:
    for swap, pair in (({"Mono": "NK", "NK": "Mono"}, ("Mono", "NK")), ({"CD8 T": "CD4 T"}, ("CD4 T", "CD8 T"))):
        gate = all_gates(built, parent, swap=swap)["G5"]
        assert gate.outcome == "failed"
        worst = max((line for line in gate.lines if line.stops), key=lambda line: line.value or 0)
        assert set(pair) & set(worst.of.replace(" → ", ",").split(",")) or worst.of == "rare pairs"
        assert gate.fix


def test_z_is_that_of_a_new_donor_among_those_known() -> None:
    usual = np.array([-3.0, -2.5, -3.5, -3.2])
    sd = np.sqrt(usual.var(ddof=1) / 2 + 0.6**2 / 2)
    assert label_gate.beyond(0.0, usual, 0.6) == pytest.approx((0 - usual.mean()) / (sd * np.sqrt(1 + 1 / 4)))
    assert label_gate.log_odds(np.array([4.0]), np.array([40.0]))[0] == pytest.approx(np.log(5 / 45))


def test_too_few_donors_are_said_and_nothing_is_judged(built: Built, parent: Parent) -> None:
    own, _, _ = brought(built)
    rows = parent.cells.donor < 3
    few = Parent(parent.space, parent.cells.some(rows), parent.total, {d: s for d, s in parent.own.items() if d < 3})
    assert labels(few, few.mapped(own.cells), 0.1).outcome == "underpowered"
    assert resolution(few, own.cells, few.own[0]).outcome == "underpowered"


def test_many_donors_with_exchanged_labels_cost_resolution(built: Built, parent: Parent) -> None:
    found = all_gates(built, parent, donors=10, swap={"Mono": "NK", "NK": "Mono"})
    assert found["G3"].outcome == "failed"
    assert {line.of for line in found["G3"].lines if line.stops} >= {"macro-F1 by means", "macro-F1 by neighbours"}


def test_f1_of_a_node_is_that_of_what_is_below_it() -> None:
    tree = Tree.of(PARENTS, TYPES)
    truth, call = np.repeat(np.arange(6), 10), np.repeat([0, 2, 2, 3, 4, 5], 10)
    found = dict(zip(tree.nodes, f1_of_nodes(tree, truth, call), strict=True))
    assert found["CD4 T"] == 0
    assert found["CD8 T"] == pytest.approx(2 / 3)
    assert found["T"] == 1


def test_sisters_drawn_together_cost_biology(built: Built, parent: Parent) -> None:
    own, _, _ = brought(built)
    types = list(parent.space.tree.types)
    on = Cells(own.placed, own.cells.code, own.cells.donor)
    assert integration(parent.cells, own.cells, on).outcome == "passed"
    moved = own.placed.copy()
    one, other = (own.cells.code == types.index(name) for name in ("CD4 T", "CD8 T"))
    moved[one] += moved[other].mean(axis=0) - moved[one].mean(axis=0)
    gate = integration(parent.cells, own.cells, Cells(moved, own.cells.code, own.cells.donor))
    assert gate.outcome == "failed"


def test_auroc_is_that_of_mann_and_whitney() -> None:
    rng = np.random.default_rng(0)
    score, yes = np.round(rng.normal(size=80), 1), rng.random(80) < 0.3
    u = stats.mannwhitneyu(score[yes], score[~yes]).statistic
    assert auroc(score, yes) == pytest.approx(u / (yes.sum() * (~yes).sum()))


def test_a_type_that_came_in_under_another_label_is_no_longer_unseen(built: Built, parent: Parent) -> None:
    own, _, _ = brought(built, donors=6, swap={"pDC": "B"})
    on = Cells(own.placed, own.cells.code, own.cells.donor)
    gate = unseen(parent, on, parent.space.sums(on))
    assert gate.outcome == "failed"
    assert next(line for line in gate.lines if line.stops).of == "pDC"


def test_what_is_touched_and_what_changed_elsewhere() -> None:
    tree = Tree.of(PARENTS, TYPES)
    assert affected(tree, {"CD4 T"}) == ("CD4 T", "CD8 T", "T", "lymphoid")
    assert affected(tree, {"Mono"}, {"pDC"}) == ("Mono", "pDC")
    before = ["Mono", "Mono", "B", "NK"]
    kept = drift({"one": before}, {"one": before}, ("Mono",))
    assert kept.outcome == "passed"
    assert drift({"one": before}, {"one": ["pDC", "Mono", "B", "NK"]}, ("Mono",)).outcome == "passed"
    gate = drift({"one": before}, {"one": ["Mono", "Mono", "NK", "NK"]}, ("Mono",))
    assert (gate.outcome, gate.lines[0].of, gate.lines[0].value) == ("failed", "one: B", 1)
    assert drift({"one": before}, {}, ("Mono",)).outcome == "failed"


def test_a_sample_that_loses_half_is_named() -> None:
    assert samples({"a": (60, 100), "b": (50, 100)}).outcome == "passed"
    gate = samples({"a": (60, 100), "b": (49, 100)})
    assert (gate.outcome, [line.of for line in gate.lines if line.stops]) == ("failed", ["b"])


def test_in_turn_keeps_rare_types_whole() -> None:
    code = np.array([0] * 90 + [1] * 10)
    some = in_turn(np.arange(100), code, 30, np.random.default_rng(0))
    assert np.bincount(code[some]).tolist() == [20, 10]
