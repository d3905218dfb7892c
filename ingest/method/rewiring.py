"""Rewiring: does a transcription factor have other targets in cases than in controls, more than two groups of healthy
donors differ?

Networks of groups of donors are compared by two distances of each factor's targets,

    Jaccard     1 - |A and B| / |A or B|           A, B: signed edges among the best ``regulators`` of their target
    weighted    1 - sum min(a, b) / sum max(a, b)   a, b: scores of all edges (Ruzicka), opposite signs sharing nothing

and the **atlas null** is the same distance between two groups of control donors, of as many donors and as many cells.
Every donor brings the same number of cells. Observed is the mean over many pairs of a case group and a control group,
the null each single pair of control groups: a mean varies less than its parts, so the test is conservative.

Few donors give few pairs of groups; so a factor's distances are put in units of their own null (mean and moderated
spread) and the null of all factors is taken together. The p is empirical, (1 + null as large) / (1 + null).

Values are taken as they are, not by rank as the consensus takes them: ranks over all donors would tie one donor to
another.

``coupling`` is the part that has a sign and a donor's noise: the mean score of a factor's edges within one donor, times
their sign in the whole. It rises where the factor drives its targets more strongly and falls where it drives them less,
and is contrasted like any other donor-level value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from ingest.method import grn_ridge
from ingest.method.engine import Matrix, best
from kg.errors import MethodError
from kg.match.card import Card
from kg.match.conjunction import adjusted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Texts = NDArray[np.str_]
REGULATORS = 5
DRAWS = 60

CARD = Card(
    "rewiring",
    "1",
    "distance of a factor's targets between case and control donors, against groups of control donors",
    (
        "needs four control donors or more: two groups of two",
        "co-expression, not binding: a cell state that comes or goes changes it as well",
        "says that targets changed, not that they changed alike in two species: coupling has the sign",
        "the null of all factors is pooled after standardising each by its own",
    ),
    "10.1038/nmeth.4463",
)


@dataclass(frozen=True)
class Cells:
    """Cells of one population. ``expression``: cells x genes, log-normalised; ``factors``: columns of the factors;
    ``donor``: 0..n-1 of each cell, the same number of cells each; ``design``: cells x covariates with the intercept."""

    expression: Matrix
    factors: Ints
    donor: Ints
    design: Floats

    @property
    def each(self) -> int:
        """Cells of one donor."""
        return int(np.bincount(self.donor).max())

    def scores(self, groups: Floats) -> Iterator[tuple[Ints, Floats]]:
        """Blocks of genes with the scores of each group's network; ``groups``: groups x donors, 1 for those that are
        in."""
        data = grn_ridge.Resampled(self.expression, self.factors, self.design, self.donor, groups)
        cells = self.each * groups.sum(axis=1).min()
        return grn_ridge.scores(data, len(self.factors) / max(cells - self.design.shape[1], 1))


def matched_cells(donors: Texts, least: int, most: int, seed: int = 0) -> tuple[Ints, Texts]:
    """Rows of the cells to use and the donors they are of: of each donor with ``least`` cells or more the same number,
    at most ``most``, drawn without replacement."""
    rng = np.random.default_rng(seed)
    names, count = np.unique(donors, return_counts=True)
    used = names[count >= least]
    each = min(most, int(count[count >= least].min(initial=most)))
    rows = [np.sort(rng.choice(np.flatnonzero(donors == name), each, replace=False)) for name in used]
    return np.concatenate(rows) if rows else np.empty(0, int), used


@dataclass(frozen=True)
class Rewiring:
    """Arrays over factors. ``weighted`` and ``jaccard``: mean distance of case and control groups, 0 to 1;
    ``expected``: mean weighted distance of two control groups; ``z``: how far the weighted distance lies above it, in
    null spreads; ``p`` and ``p_jaccard``: empirical, one-sided; ``q``: Benjamini-Hochberg of ``p``. ``donors`` of each
    group, ``cells`` of each donor, ``pairs`` of control groups."""

    weighted: Floats
    jaccard: Floats
    expected: Floats
    z: Floats
    p: Floats
    p_jaccard: Floats
    q: Floats
    donors: int
    cells: int
    pairs: int


def rewiring(
    cells: Cells, case: NDArray[np.bool_], *, draws: int = DRAWS, regulators: int = REGULATORS, seed: int = 0
) -> Rewiring:
    """Compare case (True) with control donors; ``case``: one entry per donor.

    Raises:
        MethodError: FEW_DONORS with fewer than four controls or two cases.
    """
    controls, cases = np.flatnonzero(~case), np.flatnonzero(case)
    size = min(len(controls) // 2, len(cases))
    if size < 2:
        raise MethodError(
            f"{len(cases)} case and {len(controls)} control donors: the atlas null needs two groups of two controls, "
            "and two cases",
            code="FEW_DONORS",
        )
    rng = np.random.default_rng(seed)
    null = halves(controls, size, draws, rng)
    seen = [(rng.choice(cases, size, replace=False), rng.choice(controls, size, replace=False)) for _ in range(draws)]
    groups = np.zeros((2 * (len(null) + len(seen)), len(case)))
    for at, pair in enumerate([*null, *seen]):
        groups[2 * at, pair[0]], groups[2 * at + 1, pair[1]] = 1, 1
    weighted, jaccard = distances(cells.scores(groups), len(cells.factors), len(groups) // 2, regulators)
    n = len(null)
    z, p = _against(weighted[n:].mean(axis=0), weighted[:n])
    _, p_jaccard = _against(jaccard[n:].mean(axis=0), jaccard[:n])
    return Rewiring(weighted[n:].mean(axis=0), jaccard[n:].mean(axis=0), weighted[:n].mean(axis=0), z, p, p_jaccard,
                    adjusted(p), size, cells.each, n)  # fmt: skip


def halves(donors: Ints, size: int, draws: int, rng: np.random.Generator) -> list[tuple[Ints, Ints]]:
    """Pairs of disjoint groups of ``size`` donors: all that there are, or ``draws`` different ones."""
    many = comb(len(donors), size) * comb(len(donors) - size, size) // 2
    if many <= draws:
        made = []
        for one in combinations(donors.tolist(), size):
            rest = [d for d in donors.tolist() if d not in one]
            made += [(one, two) for two in combinations(rest, size) if min(one) < min(two)]
        return [(np.array(one), np.array(two)) for one, two in made]
    found: dict[tuple[int, ...], tuple[Ints, Ints]] = {}
    while len(found) < draws:
        order = rng.permutation(donors)
        one, two = sorted((np.sort(order[:size]), np.sort(order[size : 2 * size])), key=lambda g: g[0])
        found[(*one.tolist(), *two.tolist())] = one, two
    return list(found.values())


def distances(
    blocks: Iterator[tuple[Ints, Floats]], factors: int, pairs: int, regulators: int = REGULATORS
) -> tuple[Floats, Floats]:
    """Weighted and Jaccard distance, pairs x factors, of networks 2i and 2i + 1; 0 where neither has an edge.

    ``blocks``: targets and scores (networks x factors x targets), signed.
    """
    least, most, both, either = (np.zeros((pairs, factors)) for _ in range(4))
    for _, score in blocks:
        a, b = score[0::2], score[1::2]
        same = np.sign(a) == np.sign(b)
        size_a, size_b = np.abs(a), np.abs(b)
        small = np.where(same, np.minimum(size_a, size_b), 0.0).sum(axis=2)
        least += small
        most += (size_a + size_b).sum(axis=2) - small
        in_a, in_b = best(size_a, regulators), best(size_b, regulators)
        shared = (in_a & in_b & same).sum(axis=2)
        both += shared
        either += in_a.sum(axis=2) + in_b.sum(axis=2) - shared
    return tuple(1 - np.divide(x, y, out=np.ones_like(x), where=y > 0) for x, y in ((least, most), (both, either)))  # type: ignore[return-value]


def _against(observed: Floats, null: Floats) -> tuple[Floats, Floats]:
    """z of each factor, and its empirical p against the standardised null of all factors (pairs x factors)."""
    n = len(null)
    centre, spread = null.mean(axis=0), null.std(axis=0, ddof=1) if n > 1 else np.zeros(null.shape[1])
    unit = np.sqrt((spread**2 + np.median(spread) ** 2) / 2)
    unit = np.where(unit > 0, unit, 1.0)
    # A pair is compared with the mean of the others, as the observed one is compared with a mean that it is not in.
    alone = (null - centre) * n / max(n - 1, 1) / unit
    z = (observed - centre) / unit
    every = np.sort(alone.ravel())
    larger = len(every) - np.searchsorted(every, z - 1e-12, side="left")
    return z, (1 + larger) / (1 + len(every))


def coupling(cells: Cells, signs: NDArray[np.int8]) -> Floats:
    """Donors x factors: mean score of a factor's edges in the donor's own network, times their sign.

    ``signs``: factors x genes; 1 and -1 for edges that are activating and repressing in the whole, 0 for no edge.
    """
    donors = int(cells.donor.max()) + 1
    total = np.zeros((donors, len(cells.factors)))
    for targets, score in cells.scores(np.eye(donors)):
        total += np.einsum("dft,ft->df", score, signs[:, targets].astype(float))
    edges = np.abs(signs).sum(axis=1)
    return total / np.maximum(edges, 1)
