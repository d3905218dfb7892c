"""Counterparts of cell populations against plain loops, SciPy and scikit-learn."""

import numpy as np
import pytest
import scipy.stats
from scipy.stats import mannwhitneyu, spearmanr

from kg.match.correspond import AUROC_CALLS, FEWEST, Status, correspond, metaneighbor

NAMES = ("astrocyte", "micro_glia", "neuron", "oligodendrocyte")


def auroc(score: np.ndarray, positive: np.ndarray) -> float:
    """By the rank-sum statistic of SciPy."""
    return mannwhitneyu(score[positive], score[~positive]).statistic / (positive.sum() * (~positive).sum())


def two_species(seed=0, cells=40, d=8, noise=0.5, left=NAMES, right=NAMES):
    """Cells about a centre of each type, and a shift of the second species; simulated."""
    rng = np.random.default_rng(seed)
    centres = dict(zip(sorted({*left, *right}), rng.normal(size=(len({*left, *right}), d)), strict=True))
    rows = [("human", name) for name in left for _ in range(cells)] + [
        ("mouse", name) for name in right for _ in range(cells)
    ]
    species, labels = np.array(rows).T
    X = np.array([centres[name] for name in labels]) + noise * rng.normal(size=(len(rows), d))
    X[species == "mouse"] += 0.7
    return X, species, labels


def called(found):
    named = [(found.populations[p.left].label, found.populations[p.right].label) for p in found.pairs if p.called]
    return sorted(named)


def test_types_find_their_counterparts_and_both_scores_agree():
    found = correspond(*two_species(), draws=199)
    assert called(found) == [(name, name) for name in NAMES]
    assert all(pair.agrees for pair in found.pairs)
    assert all(pair.auroc is not None and pair.auroc >= AUROC_CALLS for pair in found.pairs if pair.called)


def test_a_type_of_one_species_has_no_counterpart():
    found = correspond(*two_species(right=NAMES[:3]), draws=199)
    assert called(found) == [(name, name) for name in NAMES[:3]]


def test_nothing_corresponds_when_labels_are_shuffled():
    """Over ten shuffles of one species' labels, pairs called at FDR .05: at most one run in ten has one."""
    runs = 0
    for seed in range(10):
        X, species, labels = two_species(seed)
        mouse = np.flatnonzero(species == "mouse")
        labels[mouse] = labels[np.random.default_rng(seed).permutation(mouse)]
        runs += bool(called(correspond(X, species, labels, draws=99)))
    assert runs <= 1


def test_scores_are_those_of_a_plain_loop():
    X, species, labels = two_species(cells=9)
    found = correspond(X, species, labels, draws=9, k=5)
    centred = X.copy()
    for one in ("human", "mouse"):
        centred[species == one] -= np.mean([X[(species == one) & (labels == n)].mean(0) for n in NAMES], axis=0)

    def share(of, to):
        """Of the cells of one population, those among the five nearest of the other species that are of the other."""
        cells, others = (species == of[0]) & (labels == of[1]), np.flatnonzero(species == to[0])
        total = 0
        for x in centred[cells]:
            cosine = [x @ y / np.linalg.norm(x) / np.linalg.norm(y) for y in centred[others]]
            nearest = others[np.argsort(cosine)[::-1][:5]]
            total += np.mean(labels[nearest] == to[1])
        return total / cells.sum()

    for pair in found.pairs:
        left, right = found.populations[pair.left], found.populations[pair.right]
        a, b = ("human", left.label), ("mouse", right.label)
        assert pair.score == pytest.approx(np.sqrt(share(a, b) * share(b, a)))
    for one in found.populations:
        own = X[(species == one.species) & (labels == one.label)]
        np.testing.assert_allclose(one.centroid, own.mean(0))
        assert one.spread == pytest.approx(np.mean([np.sum((x - own.mean(0)) ** 2) for x in own]) ** 0.5)


@pytest.mark.long
def test_auroc_is_that_of_scikit_learn_on_a_network_of_cells():
    rng = np.random.default_rng(3)
    X, Y = rng.poisson(2, (13, 30)).astype(float), rng.poisson(2, (17, 30)).astype(float)
    a, b = np.arange(13) % 3, np.arange(17) % 2

    def one_way(voters, of, cells, to):
        made = np.empty((of.max() + 1, to.max() + 1))
        for i in range(of.max() + 1):
            votes = []
            for cell in cells:
                weight = np.array([1 + spearmanr(cell, v).statistic for v in voters])
                votes.append(weight[of == i].sum() / weight.sum())
            made[i] = [auroc(np.array(votes), to == j) for j in range(to.max() + 1)]
        return made

    expected = (one_way(X, a, Y, b) + one_way(Y, b, X, a).T) / 2
    np.testing.assert_allclose(metaneighbor(X, a, Y, b), expected, atol=1e-12)


def test_the_order_of_cells_changes_nothing():
    X, species, labels = two_species()
    order = np.random.default_rng(5).permutation(len(X))
    one = correspond(X, species, labels, draws=49, most=20)
    other = correspond(X[order], species[order], labels[order], draws=49, most=20)
    for a, b in zip(one.pairs, other.pairs, strict=True):
        assert (a.left, a.right, a.score, a.p, a.reciprocal) == (b.left, b.right, b.score, b.p, b.reciprocal)
        assert a.auroc == pytest.approx(b.auroc)


def test_scores_that_disagree_say_so():
    """Expression in which two mouse types have changed places."""
    X, species, labels = two_species()
    other = X.copy()
    mouse = {n: np.flatnonzero((species == "mouse") & (labels == n)) for n in NAMES}
    other[mouse["neuron"]], other[mouse["astrocyte"]] = X[mouse["astrocyte"]], X[mouse["neuron"]]
    found = correspond(X, species, labels, expression=other, draws=199)
    doubted = sorted(
        (found.populations[p.left].label, found.populations[p.right].label) for p in found.pairs if not p.agrees
    )
    swapped = ["astrocyte", "neuron"]
    assert doubted == sorted((a, b) for a in swapped for b in swapped)


def test_three_species_one_cell_and_cells_without_a_label():
    X, species, labels = two_species()
    X = np.vstack([X, X[:40] + 0.01, X[:3]])
    species = np.concatenate([species, ["marmoset"] * 40, ["human"] * 3])
    labels = np.concatenate([labels, labels[:39], ["alone"], ["", "", "alone"]])
    found = correspond(X, species, labels, draws=49)
    assert sum(one.n_cells for one in found.populations) == len(X) - 2
    assert {one.species for one in found.populations} == {"human", "marmoset", "mouse"}
    assert len(found.pairs) == 5 * 2 + 5 * 4 + 2 * 4
    few = {at for at, one in enumerate(found.populations) if one.n_cells < FEWEST}
    assert {found.populations[at].label for at in few} == {"alone"}
    for p in found.pairs:
        assert 0 <= p.score <= 1
        if {p.left, p.right} & few:
            assert (p.status, p.p, p.q, p.agrees) == (Status.UNTESTABLE, None, None, None)
        else:
            assert 0 < p.p <= p.q <= 1
    tested = sorted(p.p for p in found.pairs if p.p is not None)
    q = scipy.stats.false_discovery_control(tested)
    np.testing.assert_allclose(sorted(p.q for p in found.pairs if p.q is not None), sorted(q))


def test_where_every_population_is_small_nothing_is_tested():
    X, species, labels = two_species(cells=3)
    found = correspond(X, species, labels, controls=[X[::-1]], draws=9)
    assert {p.status for p in found.pairs} == {Status.UNTESTABLE}
    assert {(p.q, p.q_shuffled, p.agrees) for p in found.pairs} == {(None, None, None)}


def test_of_one_species_nothing_is_asked():
    X, _, labels = two_species()
    found = correspond(X, np.full(len(X), "human"), labels)
    assert found.pairs == ()
    assert len(found.populations) == len(NAMES)


def test_what_is_not_finite_is_refused():
    X, species, labels = two_species()
    X[3, 2] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        correspond(X, species, labels)


def test_a_space_that_needs_no_gene_embedding_has_no_counterparts_by_the_control():
    """Control runs that put the types together as the run does: what is known of the genes did not do it."""
    X, species, labels = two_species()
    rng = np.random.default_rng(1)
    alike = [X + 0.1 * rng.normal(size=X.shape) for _ in range(6)]
    found = correspond(X, species, labels, controls=alike, draws=199)
    assert called(found) == []
    assert found.least is not None
    assert found.least <= 0.05, "the controls are enough to tell"
    assert {p.status for p in found.pairs} == {Status.NONE}


def test_controls_that_scatter_the_types_leave_the_counterparts_and_p_is_a_rank():
    X, species, labels = two_species()
    mouse = species == "mouse"
    controls = []
    for seed in range(6):
        other, _, _ = two_species(seed + 10)
        controls.append(np.where(mouse[:, None], other, X))
    found = correspond(X, species, labels, controls=controls, draws=199)
    assert called(found) == [(name, name) for name in NAMES]
    null = []
    for Y in controls:
        pairs = correspond(Y, species, labels, draws=1).pairs
        for name in range(len(NAMES)):
            own = [p for p in pairs if p.left == name]
            best = max(own, key=lambda p: p.score)
            mutual = best.score == max(p.score for p in pairs if p.right == best.right) and best.score > 0
            null.append(best.score if mutual else 0.0)
    assert found.controls == 6
    kept = {p.left: p for p in found.pairs if p.reciprocal}
    for pair in kept.values():
        assert pair.p_shuffled == pytest.approx((1 + sum(x >= pair.score - 1e-12 for x in null)) / (1 + len(null)))
    assert all(p.p_shuffled == 1 for p in found.pairs if not p.reciprocal)
    p = [kept[name].p_shuffled if name in kept else 1.0 for name in range(len(NAMES))]
    share = min(1, (1 + sum(each > 0.5 for each in p)) / (0.5 * len(p)))
    q = scipy.stats.false_discovery_control(p) * share
    np.testing.assert_allclose(
        [kept[name].q_shuffled for name in sorted(kept)], [min(q[name], 1) for name in sorted(kept)]
    )


@pytest.mark.long
def test_a_run_that_is_itself_a_control_has_no_counterparts():
    """Runs in which some types come together by chance: over ten, at most one has a counterpart by the others."""
    _, species, labels = two_species()
    runs = []
    for seed in range(12):
        human, _, _ = two_species(seed, noise=0.3)
        mouse, _, _ = two_species(seed + 100, noise=0.3)
        runs.append(np.where((species == "mouse")[:, None], mouse, human))
    one_by_chance = [
        any(p.reciprocal and p.score > 0.9 for p in correspond(Y, species, labels, draws=1).pairs) for Y in runs
    ]
    assert sum(one_by_chance) >= 4, "types do come together by chance"
    found = [called(correspond(Y, species, labels, controls=[o for o in runs if o is not Y], draws=99)) for Y in runs]
    assert sum(map(bool, found)) <= 1


def test_the_run_is_held_against_its_controls_where_no_label_has_touched_it():
    """The embedding puts the types together, as it does by chance in every control; the base is what differs, of some
    cells alone."""
    X, species, labels = two_species()
    rows = np.flatnonzero(np.arange(len(X)) % 40 < 30)
    rng = np.random.default_rng(2)
    mouse = np.flatnonzero(species[rows] == "mouse")
    controls = []
    for _ in range(6):
        Y = X[rows].copy()
        Y[mouse] = Y[rng.permutation(mouse)]
        controls.append(Y)
    found = correspond(X, species, labels, base=X[rows], controls=controls, rows=rows, draws=199)
    assert called(found) == [(name, name) for name in NAMES]
    found = correspond(X, species, labels, base=controls[0], controls=controls[1:], rows=rows, draws=199)
    assert called(found) == []
    with pytest.raises(ValueError, match="rows"):
        correspond(X, species, labels, base=X, controls=controls, rows=rows)


def test_one_control_of_few_types_cannot_tell_and_says_so():
    X, species, labels = two_species()
    other, _, _ = two_species(10)
    found = correspond(X, species, labels, controls=[np.where((species == "mouse")[:, None], other, X)], draws=199)
    assert called(found) == []
    assert found.least == pytest.approx(1 / 5 * 4 / 4 * 1 / (4 * 0.5))
