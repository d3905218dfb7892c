import numpy as np
import pandas as pd
import pytest

from kg.match.counts import by_donor, by_gene, design_faults, expressed, expression, scale_faults

RNG = np.random.default_rng(5)
COUNTS = RNG.poisson(30, (40, 6)).astype(float)


def test_rows_of_a_gene_and_runs_of_a_donor_are_summed_as_by_pandas():
    genes, runs = np.array([f"g{i % 30:02}" for i in range(40)]), np.array(["b", "a", "b", "c", "a", "d"])
    known, table = by_gene(COUNTS, genes, "counts")
    wanted = pd.DataFrame(COUNTS).groupby(genes).sum()
    assert known.tolist() == list(wanted.index)
    np.testing.assert_array_equal(table, wanted)
    np.testing.assert_allclose(by_gene(COUNTS, genes, "log2")[1], pd.DataFrame(COUNTS).groupby(genes).mean())
    names, first, summed = by_donor(table, runs)
    assert (names.tolist(), first.tolist()) == (["a", "b", "c", "d"], [1, 0, 3, 5])
    np.testing.assert_array_equal(summed, wanted.T.groupby(runs).sum().T)


def test_a_library_is_sized_over_the_genes_that_stay():
    counts = COUNTS.copy()
    counts[0] = 9
    kept = expressed(counts, "counts")
    assert kept.tolist() == [False] + [True] * 39
    made = expression(counts[kept], "counts")
    np.testing.assert_allclose((2**made - 1).sum(axis=1), 1e6)
    assert expressed(counts, "log2").all()


@pytest.mark.parametrize(
    ("value", "scale", "codes"),
    [
        (3.5, "counts", ["FRACTIONAL_COUNTS"]),
        (-3.0, "counts", ["NEGATIVE_COUNTS"]),
        (3.5, "corrected", []),
        (-3.5, "corrected", ["NEGATIVE_COUNTS"]),
        (-3.5, "log2", []),
        (np.nan, "counts", []),
    ],
)
def test_what_is_no_count(value, scale, codes):
    counts = COUNTS.copy()
    counts[7, 2] = value
    assert [fault.code for fault in scale_faults(counts, [f"G{i}" for i in range(40)], scale)] == codes


def test_designs_that_cannot_be_fitted():
    case = np.array([1.0, 1, 0, 0])
    assert design_faults(case, np.array(["x", "y", "x", "y"])) == []
    assert [f.code for f in design_faults(case, np.array(["x", "x", "y", "y"]))] == ["CONFOUNDED"]
    assert [(f.code, f.arm) for f in design_faults(np.array([1.0, 0, 0]))] == [("NO_REPLICATES", "case")]
