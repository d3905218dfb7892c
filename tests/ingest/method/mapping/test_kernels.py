"""The kernels of mapping against SciPy, plain loops and dense least squares."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg, sparse, spatial, stats

from ingest.method.mapping.calibration.calibrate import gained
from ingest.method.mapping.heads import correlation, head
from ingest.method.mapping.heads.conformal import sets, thresholds, tuned
from ingest.method.mapping.heads.correlation import by_correlation, markers, statistics
from ingest.method.mapping.heads.hierarchical import by_levels, children, lookup_of
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.query import outside
from ingest.method.mapping.space import correct as symphony
from ingest.method.mapping.space import genes, neighbours, reference
from ingest.method.mapping.space.cells import log_norm
from ingest.method.mapping.space.geometry import group_means, unit
from ingest.method.mapping.space.values import Values, depths, valued
from ingest.method.pooling import size_factors
from kg.errors import ContractError
from tests.ingest.method.mapping.make_donors import GENES, PARENTS, TYPES, make_study


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_neighbours_are_those_of_a_tree_whatever_the_block(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, points = rng.normal(size=(37, 4)), rng.normal(size=(90, 4))
    far, at = spatial.cKDTree(points).query(asked, 6)
    for held in (8_000_000, 200):
        monkeypatch.setattr(neighbours, "AT_ONCE", held)
        index, near = neighbours.nearest(asked, points, 6)
        assert np.array_equal(index, at)
        assert near == pytest.approx(far)
    assert neighbours.nearest(asked, points[:3], 6)[0].shape == (37, 3)


def test_gene_sums_and_residual_sums_add_and_are_those_of_dense_residuals() -> None:
    study = make_study(donors=3)
    counts, whole = study.counts, study.counts.toarray().astype(float)
    parts = [sparse.csr_matrix(counts[study.donors == d]) for d in np.unique(study.donors)]
    sums = genes.gene_sums(parts[0]) + genes.gene_sums(parts[1]) + genes.gene_sums(parts[2])
    assert sums.total == pytest.approx(whole.sum(axis=0))
    assert sums.seen == pytest.approx((whole > 0).sum(axis=0))
    added = genes.residual_sums(parts[0], sums) + genes.residual_sums(parts[1], sums)
    added = added + genes.residual_sums(parts[2], sums)
    mean = np.outer(whole.sum(axis=1), whole.sum(axis=0)) / whole.sum()
    top = np.sqrt(len(whole))
    by_hand = np.clip((whole - mean) / np.sqrt(mean + mean**2 / 100), -top, top).var(axis=0)
    assert added.variance == pytest.approx(by_hand, rel=1e-4)
    assert np.array_equal(genes.variable_genes(parts, 30), genes.variable_genes([counts], 30))
    assert (genes.variable_genes([counts], 30) < 136).mean() > 0.9  # where types differ


def test_the_space_is_that_of_principal_axes_and_whitened_within_types() -> None:
    study = make_study(donors=3)
    ref = fit(study)
    norm = log_norm(study.counts).toarray()
    scaled = np.clip((norm - norm.mean(axis=0)) / norm.std(axis=0), -10, 10)
    axes = linalg.svd(scaled, full_matrices=False)[2][:12]
    assert np.abs(np.einsum("ij,ji->i", axes, ref.loadings)) == pytest.approx(np.ones(12), abs=1e-3)
    plain = scaled @ ref.loadings
    within = np.cov((plain - group_means(plain, ref.code, len(TYPES))[ref.code]).T, bias=True)
    shrunk = within / 2 + np.trace(within) / 24 * np.eye(12)
    assert ref.whitening == pytest.approx(linalg.inv(linalg.sqrtm(shrunk)).real, rel=1e-3, abs=1e-4)
    assert ref.cells == pytest.approx(plain @ ref.whitening, abs=1e-3)
    profile = group_means(scaled, ref.code, len(TYPES))
    assert ref.profile == pytest.approx(profile, abs=1e-4)
    assert ref.within == pytest.approx(np.cov((scaled - profile[ref.code]).T, bias=True), abs=1e-3)
    assert ref.use.sum() == pytest.approx(1)
    assert ref.use == pytest.approx((ref.loadings**2 @ plain.var(axis=0)) / plain.var(axis=0).sum(), abs=1e-3)


def test_means_are_linear_discriminants(rng: np.random.Generator) -> None:
    means, points = rng.normal(size=(4, 3)), rng.normal(size=(20, 3))
    density = np.stack([stats.multivariate_normal(m, np.eye(3)).pdf(points) for m in means], axis=1)
    p = np.exp(head.tempered(head.by_means(points, means), 1.0))
    assert p == pytest.approx(density / density.sum(axis=1, keepdims=True))


def test_a_temperature_is_the_one_that_was_drawn(rng: np.random.Generator) -> None:
    scores = 3 * rng.normal(size=(4000, 3))
    p = np.exp(head.tempered(scores, 2.5))
    truth = (p.cumsum(axis=1) > rng.random(4000)[:, None]).argmax(axis=1)
    assert head.temperature(scores, truth, np.ones(4000)) == pytest.approx(2.5, rel=0.15)


def test_a_donor_of_many_cells_does_not_outvote_the_others() -> None:
    points = np.array([[1.0, 0.0]])
    cells = np.array([[1.0, 0.1]] * 9 + [[1.0, -0.1]] * 4)
    code, donor = np.array([0] * 9 + [1] * 4), np.array([0] * 9 + [1, 2, 3, 4])
    p = np.exp(head.by_neighbours(points, cells, code, donor, 2, k=13))
    assert p[0] == pytest.approx([(3 / 7 + 0.02) / 1.04, (4 / 7 + 0.02) / 1.04])


def test_a_correction_is_a_ridge_of_each_cluster(rng: np.random.Generator) -> None:
    centre = unit(rng.normal(size=(3, 4)))
    ref, query = rng.normal(size=(50, 4)), rng.normal(size=(40, 4)) + 0.7
    batch = np.repeat([0, 1], 20)
    n, sums = symphony.cluster_sums(ref, centre)
    fixed = symphony.correct(query, batch, centre[None], n[None], sums[None], ridge=6.0)
    by_hand, everyone = query.copy(), np.concatenate([ref, query])
    own, whole = symphony.soft(query, centre), symphony.soft(everyone, centre)
    assert whole.sum(axis=1) == pytest.approx(np.ones(90))
    design = np.zeros((90, 3))
    design[:, 0] = 1
    design[50 + np.arange(40), 1 + batch] = 1
    for k in range(3):
        root = np.sqrt(whole[:, [k]])
        penalty = np.sqrt(6.0) * np.eye(3)[1:]
        found = np.linalg.lstsq(
            np.vstack([root * design, penalty]), np.vstack([root * everyone, np.zeros((2, 4))]), rcond=None
        )[0]
        by_hand -= own[:, [k]] * found[1 + batch]
    assert fixed == pytest.approx(by_hand)


def test_clusters_lose_no_round_to_their_start(rng: np.random.Generator) -> None:
    true = unit(rng.normal(size=(5, 6)))
    points = unit(np.repeat(true, 30, axis=0) + 0.05 * rng.normal(size=(150, 6)))
    found = reference.spherical_kmeans(points, 5, np.random.default_rng(0))
    assert (found @ true.T).max(axis=0).min() > 0.99


def test_missing_genes_are_told_from_those_present() -> None:
    study = make_study(donors=4)
    ref = fit(study)
    norm = log_norm(study.counts)
    whole = reference.projected(as_values(norm), ref.mean, ref.sd, ref.projection(np.arange(ref.own)))
    assert whole == pytest.approx(ref.cells, abs=1e-4)
    present = np.setdiff1d(np.arange(ref.own), np.arange(0, 10))
    some = as_values(norm[:, present])
    told = reference.projected(some, ref.mean[present], ref.sd[present], ref.projection(present))
    at_zero = reference.projected(some, ref.mean[present], ref.sd[present], (ref.loadings @ ref.whitening)[present])
    padded = norm.toarray()
    padded[:, :10] = 0
    padded = reference.projected(as_values(padded), ref.mean, ref.sd, ref.projection(np.arange(ref.own)))
    b = study.labels == "B"

    def miss(points: np.ndarray) -> float:
        return float(np.linalg.norm(points[b].mean(axis=0) - whole[b].mean(axis=0)))

    assert miss(told) < 0.6 * miss(at_zero)
    assert miss(told) < 0.6 * miss(padded)


@pytest.mark.parametrize("alpha", [0.1, 0.2])
def test_new_donors_are_covered(alpha: float) -> None:
    rng, hit = np.random.default_rng(0), []
    for _ in range(80):
        donor = np.repeat(np.arange(12), 20)
        score = rng.normal(size=12)[donor] + rng.normal(size=240)
        new = rng.normal(size=20)[:, None] + rng.normal(size=(20, 40))
        hit.append((new <= tuned(score, donor, alpha)).mean())
    assert np.mean(hit) == pytest.approx(1 - alpha, abs=0.02)
    naive = [
        (
            rng.normal(size=20)[:, None] + rng.normal(size=(20, 40)) <= np.quantile(0.5 * rng.normal(size=480), 0.9)
        ).mean()
        for _ in range(20)
    ]
    assert np.mean(naive) < 0.8  # what cells of the same donors would promise


def test_types_have_thresholds_of_their_own_where_donors_allow(rng: np.random.Generator) -> None:
    donor = np.repeat(np.arange(6), 30)
    truth = np.tile(np.repeat([0, 1, 2], [14, 14, 2]), 6)
    score = rng.exponential(np.array([1.0, 4.0, 1.0])[truth])
    found = thresholds(score, truth, donor, 3, 0.1)
    assert list(found.own) == [True, True, False]
    assert found.promised
    assert found.of[1] > 2 * found.of[0]
    assert found.of[2] == pytest.approx(tuned(score, donor, 0.1))
    few = thresholds(score[donor < 4], truth[donor < 4], donor[donor < 4], 3, 0.1)
    assert not few.promised
    assert not few.own.any()
    assert np.array_equal(sets(-np.array([[0.5, 99.0, 0.5]]), found)[0], [True, False, True])


def test_own_axes_are_those_of_the_covariance(rng: np.random.Generator) -> None:
    moved = rng.normal(size=(80, 12)) * np.linspace(3, 1, 12)
    within = np.diag(np.linspace(1, 2, 12))
    value, vector = linalg.eigh(np.cov(moved.T, bias=True))
    assert value[-1] > value[-2]
    axes = outside.own_axes(moved, 3)
    found, variance = outside.along(moved, within, axes)
    for at, axis in enumerate(vector[:, ::-1][:, :3].T):
        assert np.abs(axes[:, at] @ axis) == pytest.approx(1, abs=1e-3)
        assert found[:, at] == pytest.approx(moved @ axes[:, at] - np.median(moved @ axes[:, at]))
        assert variance[at] == pytest.approx(axis @ within @ axis, rel=1e-3)


def test_noise_lies_no_further_out_for_more_genes_or_fewer_cells(rng: np.random.Generator) -> None:
    moved, points = rng.normal(size=(40, 200)), np.zeros((40, 2))
    many, few = (outside.measured(moved[:, :at], np.eye(at), points) for at in (200, 50))
    assert np.mean(many.length) == pytest.approx(np.mean(few.length), abs=0.15)
    assert np.mean(many.length) == pytest.approx(0, abs=0.1)
    of_all, of_other_half = np.median(many.axis, axis=0)
    assert of_other_half < 0 < 1 < of_all, "axes along which the same cells vary most give them four times the variance"
    panel = outside.measured(moved[:, :50], np.eye(50), points, unmeasured=150.0)
    assert panel.length == pytest.approx(few.length - np.log(4)), "genes that are not measured do not deviate"
    before = outside.measured(moved[:, :50], np.eye(50), points, crossed=False)
    assert np.mean(before.length) == pytest.approx(np.mean(few.length) + np.log(50))
    assert before.axis == pytest.approx(few.axis[:, :1])
    some = rng.normal(size=(200, 50))
    some[:40, 0] += 6
    apart = outside.measured(some, np.eye(50), np.zeros((200, 2))).axis
    assert (np.median(apart[:40], axis=0) > np.median(apart[40:], axis=0) + 1).all()


def test_what_types_do_in_their_own_way_is_measured_on_the_others(rng: np.random.Generator) -> None:
    given = np.repeat(np.arange(6), [40, 40, 40, 40, 40, 4])
    moved = 0.5 * rng.normal(size=(204, 8))
    moved[:, 0] += np.array([4.0, -4, 4, -4, 0, 0])[given]  # four types of five answer, two one way, two the other
    moved[160:180, 1] += 4  # half of the fifth lies along an axis that no other type has
    means = np.stack([moved[given == t].mean(axis=0) for t in range(6)])
    found = outside.of_others(moved, given)
    assert found[0] == pytest.approx((means[1:5] ** 2).mean(axis=0))
    assert found[200] == pytest.approx((means[:5] ** 2).mean(axis=0)), "a type of four cells is no other type"
    assert not outside.of_others(moved[:40], given[:40]).any()
    plain = outside.measured(moved, np.eye(8) / 4, moved)
    ranked = outside.measured(moved, np.eye(8) / 4, moved, given=given)
    for at in range(2):
        assert np.median(plain.axis[160:180, at]) < np.median(plain.axis[:160, at])
        assert np.median(ranked.axis[160:180, at]) > np.median(ranked.axis[:160, at]) + 1
    assert np.array_equal(plain.company, ranked.company)
    few = outside.measured(moved, np.eye(8) / 4, moved, np.array([1]))
    assert few.length[:40] == pytest.approx(np.log(moved[:, 1] ** 2 * 4)[few.company[:40]].mean(axis=1))


def test_a_score_is_the_length_and_the_smaller_measure_on_axes() -> None:
    scale = outside.Scale((1.0, 0.0, 2.0), (1.0, 2.0, 1.0))
    assert scale.score(np.array([[4.0, 4.0, 2.0], [1.0, 4.0, 5.0]])).tolist() == [2.0 + 0.0, 0.0 + 3.0]
    assert outside.Scale((1.0, 2.0), (2.0, 1.0)).score(np.array([[4.0, 5.0]])).tolist() == [1.5 + 3.0]
    made = outside.Scale.of(np.array([[0.0, 1.0], [2.0, 1.0]]))
    assert (made.mean, made.sd[0]) == ((1.0, 1.0), 1.0)
    assert 0 < made.sd[1] < 1e-6


def test_p_of_outside_is_the_mean_share_of_donors() -> None:
    held, donor = np.array([1.0, 2, 3, 4, 10, 20, 30]), np.array([0, 0, 0, 0, 1, 1, 1])
    assert outside.tail(np.array([3.0, 99.0]), held, donor) == pytest.approx(
        [((2 + 1) / 5 + (3 + 1) / 4) / 2, (1 / 5 + 1 / 4) / 2]
    )


def test_the_level_of_unknown_is_the_largest_that_takes_few_known_cells(rng: np.random.Generator) -> None:
    scores = [rng.normal(size=200) for _ in range(6)]
    scores[0][:5] = np.nan
    near = [neighbours.nearest(x, x, 15)[0] for x in (rng.normal(size=(200, 2)) for _ in scores)]
    scattered = outside.level(scores, near, 0.05)
    assert scattered == pytest.approx(0.2), "cells that lie far by chance find no company"

    def taken(most: float) -> float:
        shares = []
        for at, own in enumerate(together):
            others = np.concatenate([each for k, each in enumerate(together) if k != at])
            p = outside.tail(own, others, np.repeat(np.arange(5), 200))
            shares.append(outside.grouped(outside.supported(p <= most, near[at]), near[at])[0].mean())
        return float(np.mean(shares))

    together = [each[at].mean(axis=1) for each, at in zip([rng.normal(size=200) for _ in near], near, strict=True)]
    found = outside.level(together, near, 0.05)
    assert 0.05 <= found < 0.2
    assert taken(found) <= 0.05 < taken(found + 0.0125)


def test_company_that_is_not_there_supports_nobody() -> None:
    past = np.array([True, True, False, True])
    company = np.array([[0, 1, 2, -1], [1, 0, 2, 3], [2, 0, -1, -1], [3, 2, -1, -1]])
    assert outside.supported(past, company).tolist() == [True, True, False, True]
    alone = np.array([[0, 2, 2, -1], [1, 2, 2, -1], [2, 0, -1, -1], [3, 2, 2, 2]])
    assert outside.supported(past, alone).tolist() == [False, False, False, False]


def test_what_all_types_share_is_taken_off(rng: np.random.Generator) -> None:
    given, state = np.repeat(np.arange(4), 30), unit(rng.normal(size=(1, 20)))
    moved = 5 * state + 0.2 * rng.normal(size=(120, 20))
    few = outside.Deviations(moved, given)
    shared = outside.shared_axes(few, 4)
    assert outside.strength(few, np.eye(20) / 4, 4) == pytest.approx(100, rel=0.1)
    noise = outside.Deviations(rng.normal(size=(120, 20)), given)
    assert abs(outside.strength(noise, np.eye(20), 4)) < 0.1
    one = noise.moved + 50 * state * (given == 2)[:, None]
    assert outside.strength(outside.Deviations(one, given), np.eye(20), 4) < 1, "one type alone is no state of all"
    assert np.abs(outside.without(moved, shared) @ state.T).max() < 0.5
    two = outside.Deviations(moved[:60], given[:60])
    assert len(outside.shared_axes(two, 4)) == 0
    assert np.isnan(outside.strength(two, np.eye(20), 4)), "of two types nothing is told"


def test_sums_for_correlation_add_and_tell_types() -> None:
    study, other = make_study(donors=2, seed=1), make_study(donors=2, seed=2, types=("B", "NK"))
    first, second = (statistics(s.counts, s.genes, s.labels) for s in (study, other))
    joint = statistics(
        sparse.csr_matrix(sparse.vstack([study.counts, other.counts])), GENES, np.r_[study.labels, other.labels]
    )
    added = first + second
    assert added.types == joint.types
    for name in ("n_cells", "sum", "sumsq", "gt0", "gt1", "ge1"):
        assert getattr(added, name) == pytest.approx(getattr(joint, name))
    values = np.log2(1 + 1e6 * study.counts.toarray() / study.counts.toarray().sum(axis=1, keepdims=True))
    b = values[study.labels == "B"]
    assert first.mean[0] == pytest.approx(b.mean(axis=0))
    assert first.variance[0] == pytest.approx(b.var(axis=0, ddof=1))
    assert first.ge1[0] == pytest.approx((b >= 1).sum(axis=0))
    new = make_study(donors=1, seed=5)
    p = by_correlation(first, new.counts, new.genes, seed=1)
    assert p.sum(axis=1) == pytest.approx(np.ones(60))
    assert (np.array(first.types)[p.argmax(axis=1)] == new.labels).mean() > 0.8
    chosen = markers(first)
    mean = first.mean[:, chosen]
    one = [np.corrcoef(values[0, chosen], m)[0, 1] for m in mean]
    assert by_correlation(first, study.counts, GENES, rounds=100)[0].argmax() == int(np.argmax(one))


def fit(study: object) -> reference.Reference:
    cells = make_study(donors=3) if study is None else study
    types, code = np.unique(cells.labels, return_inverse=True)  # type: ignore[attr-defined]
    return reference.fit(
        as_values(log_norm(cells.counts)), code, np.ones(len(code), dtype=np.intp), own=len(GENES), genes=GENES,
        universe=GENES, types=tuple(types), donors=("d",), axes=12, centroids=8,
    )  # fmt: skip


def as_values(norm: object) -> Values:
    return Values(sparse.csr_matrix(norm))


def test_values_are_those_of_each_normalisation() -> None:
    study = make_study(donors=2)
    counts, nothing = study.counts, np.zeros(0)
    who = np.unique(study.donors, return_inverse=True)[1]
    total = counts.toarray().sum(axis=1)
    logs = valued(counts, depths(counts, who, "log", "s").of, "log", nothing, 0)
    assert logs.dense(3, 9) == pytest.approx(np.log1p(1e4 * counts[3:9].toarray() / total[3:9, None]), rel=1e-5)
    pooled = depths(counts, who, "pooled", "s")
    one = np.flatnonzero(who == 1)
    alone = size_factors(sparse.csr_matrix(counts[one])).factors * total[one].mean()
    assert pooled.of[one] == pytest.approx(alone)
    assert not pooled.by_library
    assert np.corrcoef(pooled.of, total)[0, 1] < 0.999
    share = counts.toarray().sum(axis=0) / total.sum()
    found = valued(counts, total, "pearson", share, 50).columns(np.arange(40)).rows(np.arange(10, 30))
    mean = np.outer(total[10:30], share[:40])
    by_hand = (counts[10:30, :40].toarray() - mean) / np.sqrt(mean + mean**2 / 100)
    assert found.dense(0, 20) == pytest.approx(np.clip(by_hand, -np.sqrt(50), np.sqrt(50)), rel=1e-3, abs=1e-4)


def test_a_study_that_cannot_be_normalised_so_is_told_why() -> None:
    study = make_study(donors=2)
    estimates = sparse.csr_matrix(study.counts * 100.5)
    with pytest.raises(ContractError, match="whole numbers") as told:
        depths(estimates, np.zeros(120, int), "pearson", "s")
    assert told.value.code == "POLICY_NOT_FOLLOWED"
    with pytest.raises(ContractError, match="21 cells of a donor"):
        depths(study.counts, np.arange(120) // 20, "pooled", "s")
    few = depths(study.counts, np.arange(120) // 25, "pooled", "s")
    assert few.by_library == 20  # of the last donor


def test_correlation_down_the_tree_is_the_product_of_the_votes_of_each_node(rng: np.random.Generator) -> None:
    study = make_study(donors=4)
    found = statistics(study.counts, study.genes, study.labels)
    tree = Tree.of(PARENTS, found.types)
    new = make_study(donors=1, seed=5)
    p = by_levels(found, tree, new.counts, new.genes, seed=1)
    assert p.sum(axis=1) == pytest.approx(np.ones(60))
    assert (np.array(tree.types)[p.argmax(axis=1)] == new.labels).mean() > 0.8
    # By hand, without bootstrap: all markers of each node, the best of the types below it.
    values = np.log2(1 + 1e6 * new.counts.toarray() / new.counts.toarray().sum(axis=1, keepdims=True))
    whole = by_levels(replace(found, lookup=tuple(lookup_of(found, tree).items())), tree, new.counts, new.genes, seed=1)
    assert whole == pytest.approx(p)
    greedy = []
    for cell in values:
        node = ""
        while (below := children(tree, node)) and not (len(below) == 1 and below[0].leaf):
            at = np.flatnonzero(np.isin(found.genes, lookup_of(found, tree)[node])) if len(below) > 1 else np.arange(9)
            types = [t for each in below for t in each.types]
            best = types[int(np.argmax([np.corrcoef(cell[at], found.mean[t, at])[0, 1] for t in types]))]
            (child,) = [each for each in below if best in each.types]
            node = child.name
            if child.leaf:
                break
        greedy.append(node)
    assert (np.array(tree.types)[p.argmax(axis=1)] == np.array(greedy)).mean() > 0.95


def test_a_type_that_stands_above_others_competes_with_them() -> None:
    tree = Tree.of({"CD4 T": "T", "T": "lymphoid", "B": "lymphoid"}, ["B", "CD4 T", "T", "Mono"])
    names = {node: [(each.name, each.leaf) for each in children(tree, node)] for node in ("", "lymphoid", "T")}
    assert names == {
        "": [("Mono", True), ("lymphoid", False)],
        "lymphoid": [("B", True), ("T", False)],
        "T": [("CD4 T", True), ("T", True)],
    }


def test_many_types_are_compared_by_the_sums_of_their_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(donors=3)
    found = statistics(study.counts, study.genes, study.labels)
    pooled = found.pooled(np.array([0, 1, 1, 2, 3, 4]))
    assert pooled.n_cells.tolist() == [found.n_cells[0], found.n_cells[1:3].sum(), *found.n_cells[3:]]
    one = set(markers(found, group=np.array([0, 1, 1, 2, 3, 4])).tolist())
    assert not one & set(range(120, 136)) or len(one) < len(markers(found))  # sisters need not be told apart
    monkeypatch.setattr(correlation, "MOST_COMPARED", 3)
    assert set(markers(found, group=np.array([0, 1, 1, 2, 3, 4])).tolist()) == set(markers(pooled).tolist())


def test_a_correction_gains_where_donors_agree_on_it() -> None:
    assert gained(np.array([0.02, 0.03, 0.01, 0.02]))
    assert not gained(np.array([0.06, -0.05, 0.04, -0.04])), "a mean above 0 that donors contradict"
    assert not gained(np.zeros(4))
    assert gained(np.zeros(1))
    assert not gained(np.array([-0.01]))
