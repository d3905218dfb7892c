"""Coverage of the sets on simulated atlases of twelve donors: of points in a space, by the kernels; of counts, from the
atlas to the mapped study.

Eight types, two pairs of sisters. ``rho``: variance between donors over that within a type, half of it shared by a
donor's types. Each atlas is tried on twenty new donors.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.mapping.engine import Policy, Query, StudyCells, build, map_cells
from ingest.method.mapping.heads.conformal import sets, thresholds
from ingest.method.mapping.heads.head import by_means, tempered
from ingest.method.mapping.space.geometry import group_means, unit

ATLASES, DONORS, NEW, CELLS, ALPHA, BLOCK = 200, 12, 20, (100, 40), 0.1, 20
TYPES, SISTERS = 8, ((0, 1), (2, 3))
GENES = np.array([f"g{at:03d}" for at in range(400)])
POLICY = Policy(genes=200, axes=20, centroids=20, wide=200, alpha=ALPHA, engines=("means",))
Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]


def of_points(rho: float) -> dict[str, Any]:
    whole, by_type = [], []
    for seed in range(ATLASES):
        rng = np.random.default_rng(seed)
        means = 6 * unit(rng.standard_normal((TYPES, 15)))
        for a, b in SISTERS:
            means[b] = means[a] + 3 * unit(rng.standard_normal((1, 15)))[0]
        (x, kind, donor), (new, truth, _) = (
            _points(rng, means, many, rho, cells) for many, cells in zip((DONORS, NEW), CELLS, strict=True)
        )
        score = np.empty(len(x))
        for d in range(DONORS):
            own = donor == d
            p = tempered(by_means(x[own], group_means(x[~own], kind[~own], TYPES)), 1.0)
            score[own] = -p[np.arange(own.sum()), kind[own]]
        found = thresholds(score, kind, donor, TYPES, ALPHA)
        held = sets(tempered(by_means(new, group_means(x, kind, TYPES)), 1.0), found)
        hit = held[np.arange(len(new)), truth]
        whole.append(float(hit.mean()))
        by_type.append([float(hit[truth == t].mean()) for t in range(TYPES)])
    return told(whole, by_type)


def of_counts(rho: float, block: int) -> dict[str, Any]:
    """Twenty atlases, number 20 ``block`` and on: ``each`` and ``types``, what each covers of all cells and by type."""
    whole, by_type = [], []
    for seed in range(BLOCK * block, BLOCK * (block + 1)):
        rng = np.random.default_rng([17, seed])
        rate, shift = _rates(rng), _shift(rho)
        made = [_counts(rng, rate, DONORS // 2, shift, CELLS[0]) for _ in range(2)]
        new = _counts(rng, rate, NEW, shift, CELLS[1])
        built = build([each.study(f"s{at}") for at, each in enumerate(made)], policy=POLICY, seed=seed)
        found = map_cells(built, Query(sparse.csr_matrix(new.counts), GENES, new.study("new").donors), seed)
        assert list(found.types) == [f"t{t}" for t in range(TYPES)]
        hit = found.sets[np.arange(len(new.kind)), new.kind]
        whole.append(round(float(hit.mean()), 4))
        by_type.append([round(float(hit[new.kind == t].mean()), 4) for t in range(TYPES)])
    return {"each": whole, "types": by_type}


def told(whole: list[float], by_type: list[list[float]]) -> dict[str, Any]:
    each = np.array(whole)
    return {
        "atlases": len(each),
        "mean": round(float(each.mean()), 4),
        "sd": round(float(each.std()), 4),
        "within .87 to .93": round(float(((each >= 0.87) & (each <= 0.93)).mean()), 3),
        "lowest type, in the mean": round(float(np.nanmean(by_type, axis=0).min()), 4),
    }


def _points(rng: np.random.Generator, means: Floats, donors: int, rho: float, cells: int) -> tuple[Any, Any, Any]:
    x, kinds, who = [], [], []
    for d in range(donors):
        kind = rng.choice(TYPES, int(cells * np.exp(rng.normal(0, 0.4))), p=rng.dirichlet(np.full(TYPES, 4.0)))
        shift = np.sqrt(rho / 2) * (rng.standard_normal(means.shape) + rng.standard_normal(means.shape[1]))
        x.append((means + shift)[kind] + rng.standard_normal((len(kind), means.shape[1])))
        kinds.append(kind)
        who.append(np.full(len(kind), d))
    return np.concatenate(x), np.concatenate(kinds), np.concatenate(who)


@dataclass(frozen=True)
class Drawn:
    counts: NDArray[np.float32]
    kind: Ints
    donor: Ints

    def study(self, name: str) -> StudyCells:
        labels, who = np.array([f"t{t}" for t in self.kind]), np.array([f"{name}/d{d:02d}" for d in self.donor])
        return StudyCells(name, sparse.csr_matrix(self.counts), GENES, labels, who)


def _rates(rng: np.random.Generator) -> Floats:
    """(types, genes) log rates: 20 genes up in each type; sisters share them and differ in 20 others."""
    made = np.tile(rng.normal(-1.2, 0.7, len(GENES)), (TYPES, 1))
    for t in range(TYPES):
        made[t, 20 * t : 20 * t + 20] += 1.5
    for at, (a, b) in enumerate(SISTERS):
        made[b] = made[a]
        first = 20 * (TYPES + at)
        made[a, first : first + 10] += 1.3
        made[b, first + 10 : first + 20] += 1.3
    return made


def _counts(rng: np.random.Generator, rate: Floats, donors: int, shift: float, cells: int) -> Drawn:
    counts, kinds, who = [], [], []
    for d in range(donors):
        kind = rng.choice(TYPES, int(cells * np.exp(rng.normal(0, 0.4))), p=rng.dirichlet(np.full(TYPES, 4.0)))
        own = rate + shift / np.sqrt(2) * (rng.normal(size=rate.shape) + rng.normal(size=rate.shape[1]))
        depth = np.exp(rng.normal(0, 0.25, len(kind)))[:, None]
        counts.append(rng.poisson(np.exp(own[kind]) * depth).astype(np.float32))
        kinds.append(kind)
        who.append(np.full(len(kind), d))
    return Drawn(*(np.concatenate(each) for each in (counts, kinds, who)))


@cache
def _shift(rho: float) -> float:
    """The sd of donors' log rates at which the variance between donors is ``rho`` of that within a type in the space
    of an atlas: as its square, measured once on forty donors of another draw."""
    rng, tried = np.random.default_rng(17), 0.2
    drawn = _counts(rng, _rates(rng), 40, tried, 4 * CELLS[0])
    points = build([drawn.study("s")], policy=POLICY).reference.cells
    between, within = [], []
    for t in range(TYPES):
        own = drawn.kind == t
        donor = np.unique(drawn.donor[own], return_inverse=True)[1]
        many = np.bincount(donor)
        means = group_means(points[own], donor, len(many)).astype(float)
        inside = float(((points[own] - means[donor]) ** 2).sum() / (own.sum() - len(many)))
        between.append(float(means.var(axis=0, ddof=1).sum()) - inside * float((1 / many).mean()))
        within.append(inside)
    return tried * float(np.sqrt(rho / (np.mean(between) / np.mean(within))))
