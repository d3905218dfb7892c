import numpy as np
import pandas as pd
import pytest

from ingest.method.aucell import aucell
from ingest.method.pyscenic_compat import scenic
from ingest.method.regulons import Regulon

pytestmark = pytest.mark.models


def both(values, genes, sets, seeds, weighted=False):
    """Ours, and pyscenic's over some seeds (seeds x cells x regulons)."""
    signature = scenic("ctxcore.genesig").GeneSignature
    theirs = [signature(s.tf, dict(zip(s.targets, s.weights, strict=True))) for s in sets]
    frame = pd.DataFrame(values, columns=genes, index=[f"c{i}" for i in range(len(values))])
    run, names = scenic("pyscenic.aucell").aucell, [s.tf for s in sets]
    made = [run(frame, theirs, noweights=not weighted, seed=seed, num_workers=1) for seed in seeds]
    ordered = [one.loc[frame.index, names].to_numpy() for one in made]  # one worker sorts the cells by name
    return aucell(values, genes, sets, weights=weighted), np.array(ordered)


def sets_of(genes, rng, sizes):
    made = []
    for at, size in enumerate(sizes):
        weights = tuple(rng.uniform(0.5, 2, size).tolist())
        made.append(Regulon(f"T{at}", tuple(rng.choice(genes, size, replace=False).tolist()), weights, 1, False))
    return [*made, Regulon("half", (*genes[:5], *(f"x{i}" for i in range(5))), (1.0,) * 10, 1, False)]


@pytest.mark.parametrize("weighted", [False, True])
def test_tie_free_it_is_pyscenics(weighted):
    rng = np.random.default_rng(0)
    genes = [f"g{i}" for i in range(400)]
    ours, theirs = both(rng.normal(size=(40, 400)), genes, sets_of(genes, rng, (10, 40, 120)), [1], weighted)
    np.testing.assert_allclose(ours, theirs[0], atol=1e-6)
    assert ours[:, :3].max() > 0.05
    assert (ours[:, 3] == 0).all()


def test_with_ties_it_is_the_mean_of_pyscenics_over_seeds():
    rng = np.random.default_rng(1)
    genes = [f"g{i}" for i in range(200)]
    ours, theirs = both(rng.poisson(0.6, size=(10, 200)).astype(float), genes, sets_of(genes, rng, (25, 60)), range(60))
    error = theirs.std(axis=0) / np.sqrt(60)
    assert (theirs.std(axis=0)[:, :2] > 0).any()
    assert (np.abs(ours - theirs.mean(axis=0)) <= 5 * error + 1e-9).all()
