"""The kernels of SATURN against plain loops and SciPy."""

import numpy as np
import pytest
from scipy import stats

from ingest.method.saturn.correspond import correspond
from ingest.method.saturn.macrogenes import GeneWeights, macrogenes, rank_score, unit

pytestmark = pytest.mark.models


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_weights_are_ranks_both_ways(rng: np.random.Generator):
    a, b = rng.normal(size=(40, 12)), rng.normal(size=(30, 12))
    made = macrogenes([a, b], 500, 4, 0)
    for vectors, weights in zip((a, b), made.weights, strict=True):
        likeness = unit(vectors - vectors.mean(axis=0)) @ made.centres.T
        for g in range(len(vectors)):
            order = np.argsort(-likeness[g])[:4]
            assert list(weights.macrogene[g]) == list(order)
            for rank, m in enumerate(order, start=1):
                back = 1 + int((likeness[:, m] > likeness[g, m]).sum())
                by_hand = 2 * np.log2(1 + 1 / rank) ** 2 * np.log2(1 + 1 / back) ** 2
                assert weights.weight[g, rank - 1] == pytest.approx(by_hand, rel=1e-5)
    assert rank_score(1) == 1


def test_macrogenes_begin_at_mutual_nearest_genes(rng: np.random.Generator):
    families = rng.normal(size=(60, 32))
    a, b = families + 0.1 * rng.normal(size=families.shape), families + 0.1 * rng.normal(size=families.shape)
    made = macrogenes([a, b], 500, 3, 0)
    assert len(made) == 60
    assert (made.weights[0].macrogene[:, 0] == made.weights[1].macrogene[:, 0]).all()
    assert len(macrogenes([a, b], 20, 3, 0)) == 20


def test_scatter_is_a_matrix_product_with_its_gradient(rng: np.random.Generator):
    import torch

    from ingest.method.saturn.model import _Scatter

    x = torch.tensor(rng.normal(size=(5, 7)), dtype=torch.float64, requires_grad=True)
    weight = torch.tensor(rng.random(9), dtype=torch.float64, requires_grad=True)
    frm, to = torch.tensor(rng.integers(0, 7, 9)), torch.tensor(rng.integers(0, 4, 9))
    dense = np.zeros((7, 4))
    np.add.at(dense, (frm.numpy(), to.numpy()), weight.detach().numpy())
    assert _Scatter.apply(x, weight, frm, to, 4).detach().numpy() == pytest.approx(x.detach().numpy() @ dense)
    assert torch.autograd.gradcheck(lambda x, w: _Scatter.apply(x, w, frm, to, 4), (x, weight))


def test_zinb_against_scipy(rng: np.random.Generator):
    import torch

    from ingest.method.saturn.model import Likelihood, zinb_loss

    counts = rng.poisson(2.0, (6, 8)).astype(float)
    mean, theta, dropout = rng.gamma(2, 1, (6, 8)), rng.gamma(2, 1, (6, 8)), rng.uniform(0.05, 0.6, (6, 8))
    by_scipy = stats.nbinom.pmf(counts, theta, theta / (theta + mean)) * (1 - dropout) + dropout * (counts == 0)
    logs = [torch.tensor(v) for v in (np.log(mean), np.log(theta), np.log(dropout / (1 - dropout)))]
    assert float(zinb_loss(torch.tensor(counts), Likelihood(*logs))) == pytest.approx(
        -np.log(by_scipy).mean(), rel=1e-9
    )


def test_mutual_neighbours_against_a_loop(rng: np.random.Generator):
    import torch

    from ingest.method.saturn.metric import NEIGHBOURS, mutual

    points = unit(rng.normal(size=(40, 6)))
    distance = 1 - points @ points.T
    link = np.zeros((40, 40), bool)
    link[:20, 20:] = rng.random((20, 20)) < 0.7
    link |= link.T
    found = mutual(torch.tensor(distance), torch.tensor(link)).numpy()

    def nearest(i: int) -> set[int]:
        others = [j for j in range(40) if link[i, j]]
        return set(sorted(others, key=lambda j: distance[i, j])[:NEIGHBOURS])

    by_hand = {(i, j) for i in range(40) for j in nearest(i) if i in nearest(j)}
    assert set(map(tuple, np.argwhere(found).tolist())) == by_hand


def _labels(rng: np.random.Generator, types: int, genes: int = 300) -> tuple[np.ndarray, np.ndarray, list[GeneWeights]]:
    """Centroids of the same types in two species whose genes are in another order, and weights that know the order."""
    program = (rng.random((types, genes)) < 0.1) * 2.0 + 2.0
    order = rng.permutation(genes)
    a = program + rng.normal(0, 0.5, genes) + rng.normal(0, 0.2, (types, genes))
    b = (program + rng.normal(0, 0.5, genes) + rng.normal(0, 0.2, (types, genes)))[:, order]
    one = np.ones((genes, 1), np.float32)
    return a.clip(0), b.clip(0), [GeneWeights(np.arange(genes)[:, None], one), GeneWeights(order[:, None], one)]


def test_labels_find_their_partners_and_no_other(rng: np.random.Generator):
    a, b, weights = _labels(rng, 8)
    found = correspond(a[:7], b[1:], *weights, 300, 0)
    assert set(map(tuple, np.argwhere(found.one).tolist())) == {(i + 1, i) for i in range(6)}
    assert not found.linked[0].any(), "the first type is missing in the other species"
    assert not found.linked[:, 6].any()


def test_shuffled_weights_link_nothing(rng: np.random.Generator):
    linked = 0
    for _ in range(10):
        a, b, (first, _) = _labels(rng, 6)
        by_chance = GeneWeights(rng.permutation(300)[:, None], first.weight)
        linked += int(correspond(a, b, first, by_chance, 300, 0).linked.sum())
    assert linked <= 3


def test_two_labels_of_one_type_both_find_it(rng: np.random.Generator):
    a, b, weights = _labels(rng, 6)
    finer = np.vstack([b, b[:1] + rng.normal(0, 0.2, b[:1].shape)])
    found = correspond(a, finer, *weights, 300, 0)
    assert found.linked[0, 0]
    assert found.linked[0, 6]
    assert found.one[0].sum() == 1


def test_clusters_are_the_types_whatever_their_size(rng: np.random.Generator):
    from ingest.method.saturn.clusters import clusters

    sizes = (400, 150, 40, 12)
    truth = np.repeat(np.arange(4), sizes)
    centres = 8 * unit(rng.normal(size=(4, 16)))
    found = clusters((centres[truth] + rng.normal(size=(len(truth), 16))).astype(np.float32), 0)
    pairs = {(int(t), int(c)) for t, c in zip(truth, found, strict=True)}
    assert len(pairs) == len(set(found.tolist())) == 4, "no type is cut, none joined with another"


def test_one_cloud_is_one_cluster_and_few_cells_are_no_error(rng: np.random.Generator):
    from ingest.method.saturn.clusters import clusters

    assert set(clusters(rng.normal(size=(500, 16)).astype(np.float32), 0).tolist()) == {0}
    for n in (1, 2, 5):
        assert len(clusters(rng.normal(size=(n, 4)).astype(np.float32), 0)) == n
    assert set(clusters(np.ones((30, 3), np.float32), 0).tolist()) == {0}


def test_markers_are_told_from_the_noise_of_loud_genes(rng: np.random.Generator):
    """A gene that is high in all labels varies more: without its unit it would drown the markers."""
    a, b, weights = _labels(rng, 8)
    loud = np.zeros(300)
    loud[:60] = 400.0
    order = weights[1].macrogene[:, 0]
    a, b = a + rng.poisson(loud, a.shape) * 0.3, b + rng.poisson(loud[order], b.shape) * 0.3
    found = correspond(a, b, *weights, 300, 0)
    assert found.one.diagonal().all()


def test_adam_is_that_of_torch(rng: np.random.Generator):
    import torch

    from ingest.method.saturn.loop import Adam

    start, pull = rng.normal(size=(2, 7)), torch.tensor(rng.normal(size=(2, 7)))
    sets = [[torch.tensor(row.copy(), requires_grad=True) for row in start] for _ in range(3)]
    groups = [[{"params": [s[0]], "lr": 0.05}, {"params": [s[1]], "lr": 0.01}] for s in sets]
    own, torchs = Adam(groups[0]), torch.optim.Adam(groups[1])
    for step in range(30):
        if step == 20:  # goes on where another ended
            for after, before in zip(sets[2], sets[0], strict=True):
                after.data.copy_(before.data)
            resumed = Adam(groups[2])
            resumed.load_state_dict(own.state_dict())
            own, sets[0] = resumed, sets[2]
        for parameters, optimiser in ((sets[0], own), (sets[1], torchs)):
            optimiser.zero_grad()
            sum((((p - q) ** 2).sum() ** 1.5) for p, q in zip(parameters, pull, strict=True)).backward()
            optimiser.step()
    for a, b, first in zip(sets[0], sets[1], start, strict=True):
        assert a.detach().numpy() == pytest.approx(b.detach().numpy(), abs=1e-12)
        assert np.abs(a.detach().numpy() - first).max() > 0.1
