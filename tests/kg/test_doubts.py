"""p-values that no number of donors gives are doubted; those of real effects, large ones too, are not."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from kg.ask.upload import Upload, check
from kg.ask.upload_contrast import bring
from kg.ask.upload_material import Material
from kg.curie import HUMAN
from kg.match.tables.doubts import p_doubt
from tests.kg.little import GENES, HUMAN_GENES, Little


def of_donors(n: int, shift: float, seed: int = 0) -> np.ndarray:
    """Welch p of 2,000 genes of n donors an arm; each gene's arms lie about ``shift`` deviations apart."""
    rng = np.random.default_rng(seed)
    case = rng.normal(size=(n, 2000)) + rng.normal(size=2000) * shift
    return np.asarray(stats.ttest_ind(case, rng.normal(size=(n, 2000)), equal_var=False))[1]


def test_p_of_nothing_on_every_gene() -> None:
    doubt = p_doubt(np.full(2000, 1e-300), 12, 10)
    assert doubt.startswith("p-doubted: 50% of the genes have p below 1e-300")
    assert "12 and 10 donors" in doubt
    assert "level: cell" in doubt
    assert "50 donors per arm" in p_doubt(np.zeros(2000), None, None)


@pytest.mark.parametrize("n", [3, 12, 400])
@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_donors_are_not_doubted(n: int, shift: float) -> None:
    p = of_donors(n, shift)
    assert p_doubt(p, n, n) == ""
    assert p_doubt(p, None, None) == ""


def test_cells_taken_as_replicates_are() -> None:
    """Ten donors an arm of 500 cells each: donors differ by a third of what cells do, and every cell counts as one."""
    rng = np.random.default_rng(3)
    means = rng.normal(size=(2, 10, 2000)) * 0.8
    cells = means[:, :, None, :] + rng.normal(size=(2, 10, 100, 2000)) * 0.5
    arms = cells.reshape(2, -1, 2000) + np.array([rng.normal(size=2000) * 1.5, np.zeros(2000)])[:, None]
    p = np.asarray(stats.ttest_ind(*arms))[1]
    assert p_doubt(p, 10, 10).startswith("p-doubted: ")
    assert p_doubt(p, 10, 10, level="cell") == ""
    assert p_doubt(p, 10, 10, cut="fdr <= 0.05") == ""


def test_a_few_tiny_p_are_no_reason() -> None:
    p = of_donors(8, 0.5)
    p[:60] = 1e-310
    assert p_doubt(p, 8, 8) == ""
    p[:140] = 1e-310
    assert "5% of the genes" in p_doubt(p, 8, 8)
    assert p_doubt(p[:29], 8, 8) == ""
    p[:] = np.nan
    assert p_doubt(p, 8, 8) == ""


def test_an_upload_is_doubted_as_an_ingest_is(tmp_path: Path) -> None:
    little, effect = Little(tmp_path), np.linspace(-1, 1, GENES)
    little.add("known", HUMAN, effect)
    for p, doubted in ((np.full(GENES, 1e-300), True), (of_donors(8, 0.5)[:GENES], False)):
        upload = Upload(HUMAN, list(HUMAN_GENES), effect=effect, p=p)
        flags = bring(little.workspace(), check(upload), Material(), None).guest.info.flags
        assert any(flag.startswith("p-doubted") for flag in flags) == doubted
