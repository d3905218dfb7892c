"""The bench of integration: folds of donors, labels that are hidden, axes by a plain decomposition. Simulated."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from ingest.method.integration.bench import Row, bench, chosen, folds, sampled
from ingest.method.integration.methods import METHODS, Batches, batches
from ingest.method.mapping.calibration.policy import Policy
from ingest.method.mapping.calibration.training import Training, joined
from ingest.method.mapping.space.cells import StudyCells
from ingest.method.scanvi import Settings
from kg.errors import MethodError
from tests.bench.nested import nested

POLICY = Policy(genes=200, axes=12, centroids=12, wide=200)
SMALL = Settings(latent=5, hidden=16, layers=1, epochs=(15, 5, 5))


def training(seed: int = 0, laboratories: int = 2, runs: int = 4) -> Training:
    """Each laboratory is a study, each run a donor."""
    counts, label, batch, lab = nested(seed, laboratories=laboratories, runs=runs, types=5, cells=50, genes=200)
    genes = np.array([f"g{at:03d}" for at in range(counts.shape[1])])
    return joined(
        [
            StudyCells(
                f"lab{each}",
                sparse.csr_matrix(counts[lab == each].astype(np.float32)),
                genes,
                np.array([f"t{t}" for t in label[lab == each]]),
                np.array([f"r{b:02d}" for b in batch[lab == each]]),
            )
            for each in np.unique(lab)
        ]
    )


@pytest.fixture(scope="module")
def of() -> Batches:
    return batches(training(), POLICY, 0, SMALL)


def test_a_batch_is_in_one_fold_and_studies_meet_in_each() -> None:
    batch, study = np.repeat(np.arange(12), 5), np.repeat([0, 1], 30)
    made = folds(batch, study, seed=3)
    assert len(made) == 5
    np.testing.assert_array_equal(np.sum(made, axis=0), np.ones(60))
    for fold in made:
        assert len(np.unique(batch[fold])) >= 2
        assert len(np.unique(study[fold])) == 2
        assert not set(batch[fold]) & set(batch[~fold])
    assert len(folds(batch[:25], study[:25])) == 2
    with pytest.raises(MethodError, match="3 donors") as told:
        folds(batch[:15], study[:15])
    assert told.value.code == "FEW_DONORS"


def test_the_axes_are_those_of_the_scaled_genes_whatever_the_labels(of: Batches) -> None:
    values = np.asarray(of.values, float)
    scaled = np.clip((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-6), -10, 10)
    right = np.linalg.svd(scaled, full_matrices=False)[2][:12].T
    expected = scaled @ right
    np.testing.assert_allclose(of.plain @ of.plain.T, expected @ expected.T, atol=0.02 * np.abs(expected).max() ** 2)
    code = np.random.default_rng(1).permutation(of.training.code)
    other = batches(replace(of.training, code=code), POLICY, 0, SMALL)
    np.testing.assert_allclose(other.plain, of.plain, atol=1e-3 * np.abs(of.plain).max())


@pytest.mark.parametrize("name", ["closed form", pytest.param("scanvi", marks=pytest.mark.models)])
def test_labels_that_are_hidden_change_nothing_and_those_that_are_shown_do(of: Batches, name: str) -> None:
    fold = folds(of.batch, of.training.study)[0]
    rng, code = np.random.default_rng(2), of.training.code
    hidden, shown = code.copy(), code.copy()
    hidden[fold], shown[~fold] = rng.permutation(code[fold]), rng.permutation(code[~fold])
    made = [
        METHODS[name].run(batches(replace(of.training, code=each), POLICY, 0, SMALL), [fold])[0][fold]
        for each in (code, hidden, shown)
    ]
    np.testing.assert_allclose(made[1], made[0], atol=1e-4)
    assert np.abs(made[2] - made[0]).max() > 0.1


def test_donors_of_few_cells_are_left_out_and_of_many_cells_all_donors_and_types_stay() -> None:
    whole = training()
    few = np.flatnonzero(whole.donor == 0)[15:]
    kept = np.setdiff1d(np.arange(len(whole.code)), few)
    cut = replace(
        whole, counts=whole.counts[kept], code=whole.code[kept], donor=whole.donor[kept], study=whole.study[kept],
        healthy=whole.healthy[kept], depth=whole.depth[kept],
    )  # fmt: skip
    made = sampled(cut)
    assert set(made.donor.tolist()) == set(range(1, 8))
    assert len(made.code) == 350
    some = sampled(whole, 100)
    assert len(some.code) == 100
    pairs = {(d, whole.types[t]) for d, t in zip(whole.donor.tolist(), whole.code.tolist(), strict=True)}
    assert {(d, some.types[t]) for d, t in zip(some.donor.tolist(), some.code.tolist(), strict=True)} == pairs


def test_methods_without_labels_bring_nested_batches_together(of: Batches) -> None:
    rows = {row.method.name: row for row in bench(of, chosen(["pca", "harmony", "fastmnn"]), shown=False)}
    assert all(len(row.folds) == 4 for row in rows.values())
    assert rows["fastmnn"].mean("ARI") > rows["pca"].mean("ARI") + 0.2
    assert rows["harmony"].mean("iLISI") > rows["pca"].mean("iLISI") + 0.3
    first = rows["pca"].of("ARI")
    assert rows["pca"].mean("ARI") == pytest.approx(sum(first) / 4)
    assert np.isnan(Row(METHODS["pca"], (), 0.0, "not run").mean("ARI"))
