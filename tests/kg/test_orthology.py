from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.curie import HUMAN, MOUSE
from kg.errors import MethodError
from kg.match.orthology import MAIN, POLICIES, OrthologTable, components, pairs


def table(rows, source=MAIN):
    """rows: (human, mouse, cardinality, confidence, identity); symbols are the ids' last letters."""
    human, mouse, cardinality, confidence, identity = zip(*rows, strict=True)
    return OrthologTable(
        source,
        "1",
        np.array(human),
        np.array(mouse),
        np.array([h[1:] for h in human]),
        np.array([m[1:] for m in mouse]),
        np.array(cardinality),
        np.array(confidence, float),
        np.array(identity, float),
        MOUSE,
    )


ROWS = [
    ("HA", "Ma", "one2one", 1, -1),
    ("HB", "Mb", "one2one", 0, -1),
    ("HC", "Mc1", "one2many", 1, 60),
    ("HC", "Mc2", "one2many", 1, 90),
    ("HD1", "Md1", "many2many", 0, 50),
    ("HD1", "Md2", "many2many", 1, 50),
    ("HD2", "Md1", "many2many", 1, 40),
    ("HD2", "Md2", "many2many", 1, 60),
]


def mapped(policy, tables=None):
    made = pairs(tables or {MAIN: table(ROWS)}, policy)
    members = zip(made.features[made.feature_index], made.human_genes, made.model_genes, strict=True)
    return made, set(members)


def test_one2one_keeps_what_the_main_source_calls_so():
    assert mapped("one2one")[1] == {("HA", "HA", "Ma"), ("HB", "HB", "Mb")}


def test_best_is_reciprocal_by_confidence_then_identity():
    """Md2 and HD2 choose each other (1, 60); HD1's first choice is Md2 and Md1's is HD2: neither has a pair."""
    assert {(h, m) for _, h, m in mapped("best")[1]} == {("HA", "Ma"), ("HB", "Mb"), ("HC", "Mc2"), ("HD2", "Md2")}


def test_best_borrows_identity_from_another_table_and_then_prefers_equal_symbols():
    main = table([("HC", "Mc1", "one2many", 1, -1), ("HC", "Mc2", "one2many", 1, -1)])
    lent = table([("HC", "Mc2", "", -1, 80), ("HC", "Mc1", "", -1, 70)], "other")
    assert {(h, m) for _, h, m in mapped("best", {MAIN: main, "other": lent})[1]} == {("HC", "Mc2")}
    assert {(h, m) for _, h, m in mapped("best", {MAIN: main})[1]} == {("HC", "Mc1")}
    named = table([("Hc2", "Mc1", "one2many", 1, -1), ("Hc2", "MC2", "one2many", 1, -1)])
    assert {(h, m) for _, h, m in mapped("best", {MAIN: named})[1]} == {("Hc2", "MC2")}


def test_all_makes_every_pair_a_feature():
    made, found = mapped("all")
    assert len(made.features) == len(ROWS)
    assert ("HD1|Md2", "HD1", "Md2") in found


def test_intersect_asks_every_table_that_speaks_of_either_gene():
    agrees = table([("HA", "Ma", "", -1, -1)], "agrees")
    other_partner = table([("HB", "Mx", "one2one", 1, -1)], "denies")
    calls_many = table([("HA", "Ma", "one2many", 1, -1)], "many")
    main = table(ROWS)
    assert {h for _, h, _ in mapped("intersect", {MAIN: main, "agrees": agrees})[1]} == {"HA", "HB"}
    assert {h for _, h, _ in mapped("intersect", {MAIN: main, "denies": other_partner})[1]} == {"HA"}
    assert {h for _, h, _ in mapped("intersect", {MAIN: main, "many": calls_many})[1]} == {"HB"}


def test_a_table_that_contradicts_its_one2one_is_not_believed():
    twice = table([("HA", "Ma", "one2one", 1, -1), ("HA", "Mz", "one2one", 1, -1), ("HB", "Mb", "one2one", 1, -1)])
    assert {h for _, h, _ in mapped("one2one", {MAIN: twice})[1]} == {"HB"}


def test_mean_counts_each_measured_member_once():
    made, _ = mapped("mean")
    assert list(made.features) == ["HA", "HB", "HC", "HD1"]
    values, measured = made.project(["Ma", "Mc1", "Mc2", "Md1", "Md2"], [1.0, 2.0, 6.0, 10.0, 30.0], MOUSE)
    assert measured.tolist() == [True, False, True, True]
    assert values[[0, 2, 3]] == pytest.approx([1, 4, 20])
    assert np.isnan(values[1])
    only_one, _ = made.project(["Md2"], [30.0], MOUSE)
    assert only_one[3] == 30


def test_a_gene_in_no_pair_and_one_that_is_not_finite_do_not_enter():
    made, _ = mapped("one2one")
    values, measured = made.project(["HA", "HB", "HZ"], [[1.0, np.nan, 9.0], [2.0, 3.0, 9.0]], HUMAN)
    assert measured.tolist() == [True, False]
    assert values[:, 0].tolist() == [1, 2]
    assert np.isnan(values[:, 1]).all()


def test_no_genes_and_no_rows_have_shapes():
    made, _ = mapped("mean")
    values, measured = made.project([], np.empty((3, 0)), HUMAN)
    assert values.shape == (3, 4)
    assert not measured.any()
    assert made.project(["HA", "HB"], np.empty((0, 2)), HUMAN)[0].shape == (0, 4)


@pytest.mark.parametrize("genes", [["HB", "HA"], ["HA", "HA"]])
def test_unsorted_or_repeated_genes_are_refused(genes):
    with pytest.raises(MethodError, match="sorted and free of duplicates"):
        mapped("one2one")[0].project(genes, [1.0, 2.0], HUMAN)


def test_values_that_do_not_fit_the_genes_are_refused():
    with pytest.raises(MethodError, match="3 values for 2 genes"):
        mapped("one2one")[0].project(["HA", "HB"], [1.0, 2.0, 3.0], HUMAN)


def test_unknown_policy_and_absent_main_table_are_refused():
    with pytest.raises(MethodError, match="one2one, best, mean, all, intersect"):
        pairs({MAIN: table(ROWS)}, "most")
    with pytest.raises(MethodError, match=MAIN):
        pairs({"other": table(ROWS, "other")}, "best")


def test_columns_of_unequal_length_are_refused():
    good = table(ROWS)
    with pytest.raises(MethodError, match="unequal length"):
        replace(good, identity=good.identity[1:])


@pytest.mark.long
@pytest.mark.parametrize("policy", POLICIES)
@given(data=st.data())
def test_projection_is_linear_and_pairs_in_any_order_make_the_same_map(policy, data):
    """What the joint null needs: the map of a sum is the sum of the maps, so a factor goes through like its vector."""
    order = data.draw(st.permutations(range(len(ROWS))))
    made = pairs({MAIN: table([ROWS[i] for i in order])}, policy)
    reference = pairs({MAIN: table(ROWS)}, policy)
    genes = ["Ma", "Mb", "Mc1", "Mc2", "Md1", "Md2"]
    x, y = (np.array(data.draw(st.lists(st.integers(-9, 9), min_size=6, max_size=6)), float) for _ in "xy")
    at, (both, mask) = {f: i for i, f in enumerate(made.features)}, made.project(genes, x + 2 * y, MOUSE)
    parts = [made.project(genes, v, MOUSE)[0] for v in (x, y)]
    assert both == pytest.approx(parts[0] + 2 * parts[1])
    assert mask.all()
    assert set(made.features) == set(reference.features)
    assert both[[at[f] for f in reference.features]] == pytest.approx(reference.project(genes, x + 2 * y, MOUSE)[0])


def test_components_of_no_pairs():
    n, label = components(np.array([], str), np.array([], str))
    assert (n, len(label)) == (0, 0)
