"""Studies of unlike chemistry are laid over each other, and a type of one study alone is drawn onto no other."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from ingest.method.mapping.engine import Policy, Query, build, map_cells
from ingest.method.mapping.heads.head import macro_f1
from ingest.method.mapping.space import harmony, neighbours
from ingest.method.mapping.space.cells import StudyCells
from ingest.method.mapping.space.geometry import group_means, unit
from ingest.method.mapping.space.reference import Reference
from tests.ingest.method.mapping.make_donors import GENES, PARENTS, TYPES, make_study

POLICY = Policy(genes=150, axes=15, centroids=12, wide=240, folds=4)


def other_chemistry(study: StudyCells, seed: int = 0, strength: float = 1.0) -> StudyCells:
    """Each gene is caught better or worse, in some types more than in others, and fewer molecules in all."""
    rng = np.random.default_rng(seed)
    caught = strength * rng.normal(size=(1, len(GENES))) + 0.4 * strength * rng.normal(size=(len(TYPES), len(GENES)))
    kind = np.searchsorted(TYPES, study.labels)
    rate = np.minimum(0.6 * np.exp(caught - 0.5), 4)[kind]
    counts = rng.poisson(study.counts.toarray() * rate)
    return replace(study, counts=sparse.csr_matrix(counts.astype(np.float32)))


@pytest.fixture(scope="module")
def studies() -> list[StudyCells]:
    return [make_study("one", 4), other_chemistry(make_study("two", 4, seed=1), strength=1.6)]


def across(reference: Reference, study: np.ndarray) -> float:
    """Of the ten nearest cells of the OTHER study, the share that is of the cell's type."""
    shares = []
    for own in (0, 1):
        at = neighbours.nearest(reference.cells[study == own], reference.cells[study != own], 10)[0]
        shares.append((reference.code[study != own][at] == reference.code[study == own][:, None]).mean())
    return float(np.mean(shares))


def mixing(reference: Reference, study: np.ndarray) -> float:
    """Share of the other study among the ten nearest cells of a cell, over what chance would give."""
    at = neighbours.nearest(reference.cells, reference.cells, 11)[0][:, 1:]
    return float((study[at] != study[:, None]).mean() / 0.5)


def right(found: np.ndarray, truth: np.ndarray) -> float:
    code = {t: i for i, t in enumerate(TYPES)}
    return macro_f1(np.array([code[t] for t in truth]), np.array([code.get(t, -1) for t in found]), np.arange(6))


def test_types_of_two_chemistries_stand_together(studies: list[StudyCells]) -> None:
    joined, apart = (build(studies, PARENTS, replace(POLICY, join=join)) for join in (True, False))
    study = np.repeat([0, 1], [len(each.labels) for each in studies])
    assert across(joined.reference, study) > across(apart.reference, study) + 0.02
    assert mixing(joined.reference, study) > 0.8
    assert mixing(apart.reference, study) < 0.5
    for query in (make_study("new", 2, seed=9), other_chemistry(make_study("new", 2, seed=9), strength=1.6)):
        asked = Query(query.counts, GENES, query.donors)
        f1 = [right(map_cells(each, asked).nearest, query.labels) for each in (joined, apart)]
        assert f1[0] >= f1[1] - 0.02
        assert f1[0] > 0.75
    for types in (TYPES[:3], TYPES[3:]):
        at = [TYPES.index(t) for t in types]
        means = group_means(joined.reference.cells, joined.reference.code, 6)[at]
        assert np.linalg.norm(means[:, None] - means, axis=2)[np.triu_indices(3, 1)].min() > 1


def test_studies_that_are_alike_lose_nothing() -> None:
    studies = [make_study("one", 4), make_study("two", 4, seed=1)]
    query = make_study("new", 4, seed=9)
    made = [build(studies, PARENTS, replace(POLICY, join=join)) for join in (True, False)]
    f1 = [right(map_cells(each, Query(query.counts, GENES)).nearest, query.labels) for each in made]
    assert f1[0] > f1[1] - 0.02


def test_a_type_of_one_study_alone_is_drawn_onto_no_other() -> None:
    """Sorted cells: no type is shared, so that a mix of the studies would be a mix of types."""
    studies = [make_study("one", 4, types=TYPES[:3]), other_chemistry(make_study("two", 4, seed=1, types=TYPES[3:]))]
    made = build(studies, PARENTS, replace(POLICY, calibrate=False))
    own = neighbours.nearest(made.reference.cells, made.reference.cells, 11)[0][:, 1:]
    assert (made.reference.code[own] == made.reference.code[:, None]).mean() > 0.8
    assert made.quality["limits"][-1].endswith(", ".join(sorted(TYPES)))
    part = [make_study("one", 4), other_chemistry(make_study("two", 4, seed=1, types=TYPES[:5]))]
    made = build(part, PARENTS, replace(POLICY, calibrate=False))
    assert made.quality["limits"][-1] == "found in one study only, so type and study effect cannot be separated: pDC"
    pdc = made.reference.code == 5
    own = neighbours.nearest(made.reference.cells[pdc], made.reference.cells, 11)[0][:, 1:]
    assert (made.reference.code[own] == 5).mean() > 0.8


def test_one_study_is_as_it_was() -> None:
    study = make_study("one", 4)
    quick = replace(POLICY, calibrate=False)
    one, two = (build([study], PARENTS, replace(quick, join=join)).reference for join in (True, False))
    assert np.array_equal(one.cells, two.cells)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_what_a_study_adds_is_a_weighted_ridge_of_each_cluster(rng: np.random.Generator) -> None:
    cells, k = 90, 3
    points, study, code = rng.normal(size=(cells, 4)), rng.integers(0, 2, cells), rng.integers(0, 3, cells)
    member = rng.dirichlet(np.ones(k), cells)
    by_hand = np.zeros_like(points)
    design = np.concatenate([np.eye(3)[code], np.eye(2)[study]], axis=1)
    for each in range(k):
        root = np.sqrt(member[:, [each]])
        penalty = np.sqrt(2.0) * np.eye(5)[3:]
        found = np.linalg.lstsq(
            np.vstack([root * design, penalty]), np.vstack([root * points, np.zeros((2, 4))]), rcond=None
        )[0]
        by_hand += member[:, [each]] * found[3 + study]
    assert harmony.added(points, member, study, code, ridge=2.0) == pytest.approx(by_hand, abs=1e-8)
    apart = harmony.shifted(points + 5 * study[:, None], study, code, ridge=1e-4)
    assert apart == pytest.approx(harmony.shifted(points, study, code, ridge=1e-4) + 2.5, abs=1e-3)


def test_clusters_are_drawn_towards_the_mix_of_their_types(rng: np.random.Generator) -> None:
    """Two studies of one type, side by side, and a type of the first study alone."""
    centre = unit(np.array([[1.0, 0.15, 0.0], [1.0, -0.15, 0.0], [0.0, 0.0, 1.0]]))
    where, study, code = np.repeat([0, 1, 2], 200), np.repeat([0, 1, 0], 200), np.repeat([0, 0, 1], 200)
    points = centre[where] + 0.02 * rng.normal(size=(600, 3))
    plain = harmony.mixed(points, centre, study, code, rng, theta=0.0)
    drawn = harmony.mixed(points, centre, study, code, rng, theta=2.0)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(600))
    assert plain[:200, 1].mean() < 0.7 * drawn[:200, 1].mean()
    assert drawn[400:, 2].mean() > 0.99
