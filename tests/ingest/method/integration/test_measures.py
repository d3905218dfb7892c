"""Each measure against an oracle that was written by others, or by brute force."""

import itertools
from importlib import import_module
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy import optimize, stats

from ingest.method.integration import clusters, lisi, mixing, scgraph
from ingest.method.integration.measures import BIOLOGY, MIXING, SHOWN, measured

pytestmark = pytest.mark.models


def learnt(part: str) -> Any:
    """A part of scikit-learn, the oracle, which comes with the models."""
    return import_module(f"sklearn.{part}")


RNG = np.random.default_rng(3)
LABELS = RNG.integers(0, 4, 240)
BATCH = RNG.integers(0, 3, 240)
MEANS = 4 * RNG.normal(size=(4, 6))
POINTS = MEANS[LABELS] + 0.8 * RNG.normal(size=(3, 6))[BATCH] + RNG.normal(size=(240, 6))


def test_ari_and_nmi_are_those_of_scikit_learn() -> None:
    for seed in range(5):
        one, two = np.random.default_rng(seed).integers(0, 3 + seed, (2, 80))
        assert clusters.ari(one, two) == pytest.approx(learnt("metrics").adjusted_rand_score(one, two), abs=1e-12)
        assert clusters.nmi(one, two) == pytest.approx(
            learnt("metrics").normalized_mutual_info_score(one, two), abs=1e-12
        )
    assert clusters.ari(LABELS, LABELS[::-1] * 0) == pytest.approx(0)
    assert clusters.nmi(LABELS, LABELS + 7) == pytest.approx(1)


def test_clusters_cost_no_more_than_those_of_scikit_learn() -> None:
    own = clusters.kmeans(POINTS, 4, starts=10)
    found = learnt("cluster").KMeans(4, n_init=10, random_state=0).fit(POINTS)
    cost = sum(((POINTS[own == c] - POINTS[own == c].mean(axis=0)) ** 2).sum() for c in range(4))
    assert cost == pytest.approx(found.inertia_, rel=1e-6)


def test_isolated_labels_are_those_of_fewest_batches() -> None:
    labels, batch = np.array([0, 0, 1, 1, 2, 2, 2]), np.array([0, 1, 0, 1, 0, 0, 0])
    cluster = np.array([0, 0, 1, 1, 1, 2, 2])
    assert clusters.isolated_labels(labels, batch).tolist() == [2]
    scores = [learnt("metrics").f1_score(labels == 2, cluster == c) for c in range(3)]
    assert clusters.isolated_f1(labels, batch, cluster) == pytest.approx(max(scores))


def lisi_by_roots(points: np.ndarray, groups: np.ndarray, perplexity: float, k: int) -> np.ndarray:
    distance, index = learnt("neighbors").NearestNeighbors(n_neighbors=k + 1).fit(points).kneighbors(points)
    made = []
    for far, near in zip(distance[:, 1:], index[:, 1:], strict=True):
        far = far - far.min()

        def wide(log_beta: float, far: np.ndarray = far) -> float:
            return float(stats.entropy(np.exp(-far * np.exp(log_beta))) - np.log(perplexity))

        weight = np.exp(-far * np.exp(optimize.brentq(wide, -12, 12)))
        weight /= weight.sum()
        made.append(1 / sum(weight[groups[near] == g].sum() ** 2 for g in np.unique(groups)))
    return np.array(made)


def test_lisi_is_that_of_a_root_finder() -> None:
    some = slice(0, 60)
    found = lisi.lisi(POINTS[some], BATCH[some], 5, 20)
    np.testing.assert_allclose(found, lisi_by_roots(POINTS[some], BATCH[some], 5, 20), rtol=1e-3)
    assert 0 <= lisi.ilisi(POINTS, BATCH) <= 1
    assert lisi.clisi(POINTS, LABELS) > 0.9
    assert lisi.clisi(POINTS, RNG.permutation(LABELS)) < 0.5


def test_what_batches_explain_is_that_of_a_regression() -> None:
    one_hot = (BATCH[:, None] == np.arange(3)).astype(float)
    share = POINTS.var(axis=0) / POINTS.var(axis=0).sum()
    r2 = [learnt("linear_model").LinearRegression().fit(one_hot, axis).score(one_hot, axis) for axis in POINTS.T]
    assert mixing.explained(POINTS, BATCH) == pytest.approx(float((share * r2).sum()), abs=1e-10)
    flat = POINTS - np.stack([POINTS[b == BATCH].mean(axis=0) for b in range(3)])[BATCH]
    assert mixing.pcr(POINTS, flat, BATCH) == pytest.approx(1)
    assert mixing.pcr(POINTS, POINTS, BATCH) == 0


def test_connectivity_is_that_of_networkx() -> None:
    scattered = POINTS.copy()
    scattered[(LABELS == 1) & (BATCH == 0)] += 30
    index = (
        learnt("neighbors").NearestNeighbors(n_neighbors=6).fit(scattered).kneighbors(scattered, return_distance=False)
    )
    graph = nx.Graph((i, j) for i, row in enumerate(index) for j in row[1:])
    graph.add_nodes_from(range(len(scattered)))
    shares = []
    for label in range(4):
        own = np.flatnonzero(label == LABELS)
        parts = nx.connected_components(graph.subgraph(own.tolist()))
        shares.append(max(map(len, parts)) / len(own))
    assert mixing.connectivity(scattered, LABELS, 5) == pytest.approx(float(np.mean(shares)))
    assert min(shares) < 1


def test_silhouettes_are_those_of_scikit_learn_and_bras_of_the_definition() -> None:
    np.testing.assert_allclose(
        mixing.silhouettes(POINTS, LABELS), learnt("metrics").silhouette_samples(POINTS, LABELS), atol=1e-6
    )
    made = []
    for label in range(4):
        own = np.flatnonzero(label == LABELS)
        far = learnt("metrics").pairwise_distances(POINTS[own], metric="cosine")
        widths = []
        for i in range(len(own)):
            same = BATCH[own] == BATCH[own[i]]
            inside = far[i][same & (np.arange(len(own)) != i)].mean()
            outside = far[i][~same].mean()
            widths.append(1 - abs((outside - inside) / max(outside, inside)))
        made.append(np.mean(widths))
    assert mixing.bras(POINTS, LABELS, BATCH) == pytest.approx(float(np.mean(made)), abs=1e-6)


def test_kbet_is_a_chi_square_test_of_each_neighbourhood() -> None:
    mixed = RNG.normal(size=(300, 3))
    batch = np.repeat([0, 1], 150)
    far = learnt("metrics").pairwise_distances(mixed)
    accepted = []
    for i in range(300):
        near = np.argsort(far[i])[1:26]
        seen = np.array([(batch[near] == b).sum() for b in (0, 1)])
        accepted.append(stats.chisquare(seen, [12.5, 12.5]).pvalue >= 0.05)
    assert mixing.kbet(mixed, np.zeros(300, int), batch) == pytest.approx(float(np.mean(accepted)), abs=0.01)
    assert mixing.kbet(mixed + 9 * batch[:, None], np.zeros(300, int), batch) == 0


def scgraph_by_loops(before: np.ndarray, after: np.ndarray) -> float:
    def graph(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
        centre = [stats.trim_mean(points[labels == t], 0.2, axis=0) for t in range(4)]
        far = np.array([[np.linalg.norm(a - b) for b in centre] for a in centre])
        return far / far.max(axis=0)

    known = np.mean([graph(before[b == BATCH], LABELS[b == BATCH]) for b in range(3)], axis=0)
    found, made = graph(after, LABELS), []
    for t in range(4):
        rest = [u for u in range(4) if u != t]
        x, y = known[rest, t], found[rest, t]
        weight = np.cov(x, y, aweights=1 / x, ddof=0)
        made.append(weight[0, 1] / np.sqrt(weight[0, 0] * weight[1, 1]))
    return float(np.mean(made))


def test_scgraph_is_that_of_loops_and_falls_when_types_are_drawn_together() -> None:
    assert scgraph.scgraph(POINTS, POINTS, LABELS, BATCH) == pytest.approx(scgraph_by_loops(POINTS, POINTS), abs=1e-9)
    moved = POINTS.copy()
    moved[LABELS == 0] += MEANS[3] - MEANS[0]
    assert scgraph.scgraph(POINTS, moved, LABELS, BATCH) < scgraph.scgraph(POINTS, POINTS, LABELS, BATCH) - 0.05
    assert np.isnan(scgraph.scgraph(POINTS[:, :2], POINTS[:, :2], LABELS // 2, BATCH))


def test_all_of_them_at_once_say_which_way_is_better() -> None:
    found = measured(POINTS, POINTS, LABELS, BATCH)
    assert set(found.of) == {*BIOLOGY, *MIXING, *SHOWN}
    assert all(0 <= value <= 1 for value in found.of.values())
    flat = POINTS - np.stack([POINTS[b == BATCH].mean(axis=0) for b in range(3)])[BATCH]
    better, mixed = (
        measured(POINTS, flat, LABELS, BATCH),
        measured(POINTS, RNG.normal(size=POINTS.shape), LABELS, BATCH),
    )
    assert better.mixing > found.mixing
    assert mixed.biology < found.biology - 0.3


def test_k_means_of_few_points_gives_each_its_own() -> None:
    corners = np.array(list(itertools.product((0.0, 5.0), repeat=2)))
    assert sorted(clusters.kmeans(corners, 4).tolist()) == [0, 1, 2, 3]
