import numpy as np
import pytest
from scipy import stats

from kg.match.tables.vector import DUPLICATES, borrows, faults, looks_cut, one_row_a_gene, unit_noise

RNG = np.random.default_rng(4)
Z = RNG.normal(size=300) * 2
SE = RNG.gamma(3, 0.2, 300)
P = 2 * stats.norm.sf(np.abs(Z))


@pytest.mark.parametrize(
    "numbers",
    [
        {"z": Z},
        {"effect": Z * SE, "se": SE},
        {"effect": Z * SE, "p": P},
        {"effect": Z * SE, "fdr": stats.false_discovery_control(P)},
        {"effect": Z * SE + 2, "minus": np.full(300, 2.0), "se": SE},
    ],
    ids=lambda numbers: "+".join(numbers),
)
def test_every_form_of_a_table_gives_the_same_vector(numbers):
    if "minus" in numbers:
        numbers = {**numbers, "effect": numbers["effect"] - numbers["minus"]}
    made = unit_noise(numbers)
    # An FDR that was held at its neighbour's by Benjamini-Hochberg gives that neighbour's p.
    close = 0.2 if "fdr" in numbers else 1e-9
    np.testing.assert_allclose(made.vector, Z, atol=close)
    np.testing.assert_array_equal(unit_noise(numbers, -1).vector, -made.vector)


def test_p_that_a_table_rounds_to_nothing_is_taken_as_the_smallest():
    made = unit_noise({"effect": np.array([1.0, -1.0]), "p": np.array([0.0, 1e-300])})
    np.testing.assert_allclose(made.vector, [8.03, -8.03], atol=0.01)


def test_an_effect_alone_has_no_noise():
    made = unit_noise({"effect": Z})
    assert np.isnan(made.p).all()
    assert borrows("donor", made.basis)[0] == "none"


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("effect", np.inf, "not-finite"),
        ("p", 1.0001, "p-range"),
        ("p", -1e-9, "p-range"),
        ("se", 0.0, "se-range"),
        ("se", -1.0, "se-range"),
        ("fdr", 2.0, "p-range"),
    ],
)
def test_each_fault_by_its_rule(column, value, rule):
    numbers = {"effect": np.ones(3), "se": np.ones(3), "p": np.full(3, 0.5), "fdr": np.full(3, 0.5)}
    empty = {name: np.zeros(3, bool) for name in numbers}
    assert set(faults(numbers, empty).rule) == {""}
    numbers[column][1] = value
    found = faults(numbers, empty)
    assert (found.rule[1], found.column[1]) == (rule, column)
    assert {found.rule[0], found.rule[2]} == {""}


def test_only_what_the_vector_stands_on_may_not_be_empty():
    numbers = {"effect": np.ones(2), "p": np.array([0.5, np.nan]), "fdr": np.array([np.nan, 0.5])}
    empty = {name: np.isnan(column) for name, column in numbers.items()}
    assert faults(numbers, empty).rule.tolist() == ["", "missing-value"]


def test_rows_of_one_gene():
    genes = np.array(["b", "a", "b", "c"])
    columns = {
        "vector": np.array([1.0, 2, 3, 4]),
        "p": np.array([0.5, 0.1, 0.2, np.nan]),
        "mean": np.array([9.0, 1, 2, 3]),
    }
    taken = {rule: one_row_a_gene(genes, columns, rule) for rule in DUPLICATES}
    assert {rule: one.columns["vector"].tolist() for rule, one in taken.items()} == {
        "refuse": [2, 4],
        "smallest_p": [2, 3, 4],
        "highest_mean": [2, 1, 4],
        "mean": [2, 2, 4],
        "first": [2, 1, 4],
    }
    assert taken["refuse"].refused.tolist() == [True, False, True, False]
    assert not any(taken[rule].refused.any() for rule in DUPLICATES[1:])


def test_a_table_of_significant_genes_is_known_by_its_p():
    assert looks_cut({"p": np.array([0.01, 0.1])})
    assert not looks_cut({"p": np.array([0.01, 0.11])})
    assert looks_cut({"p": np.array([0.01, 0.3]), "fdr": np.array([0.04, 0.05])})
    assert not looks_cut({"z": Z})
