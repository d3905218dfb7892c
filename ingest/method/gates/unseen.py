"""G5b: is a type missing from the atlas still recognised as such? Each type is left out in turn, and the outside score
of cells of held-out donors is compared with and without the submission.

The scores use coordinates, because a version stores no counts: log distance to the nearest type mean and to the nearest
cells, each averaged over a cell's neighbours and judged separately. If cells of a type were added under another label,
the type is close to these cells at once, while the mean of that label moves little.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy import stats

from ingest.method.gates.limits import Limits
from ingest.method.gates.space import Cells, Parent, Sums, as_many, in_turn
from ingest.method.mapping.space.geometry import Floats, Ints, squared
from ingest.method.mapping.space.neighbours import nearest
from kg.atlas.report import Gate, GateLine
from kg.match.card import Card

CARD = Card(
    "unseen-types",
    "1",
    "AUROC of the outside score for each left-out type, new against old on the same held-out cells",
    (
        "a score from coordinates, weaker than that of a mapping, which needs counts",
        "sister types are close: an AUROC that was low before cannot fall far",
    ),
    "10.1038/s41587-021-01033-z",
)
COMPANY, NEAR, LEAST_CELLS, MOST_ASKED, MOST_KNOWN, LEAST_DONORS = 15, 5, 10, 3_000, 4_000, 2


def auroc(score: Floats, positive: Ints) -> float:
    """AUROC (0 to 1) from mid-ranks; nan unless both classes occur. ``score``, ``positive`` (n,)."""
    yes = np.asarray(positive, bool)
    if not yes.any() or yes.all():
        return float("nan")
    rank = stats.rankdata(score)
    n, m = yes.sum(), (~yes).sum()
    return float((rank[yes].sum() - n * (n + 1) / 2) / (n * m))


@dataclass(frozen=True)
class Asked:
    """Held-out cells. ``code`` (n,): types; distances (n, t) to the mean and to the nearest cells of each type, without
    (``old``) and with (``new``) the submission; ``company`` (n, k): neighbours."""

    code: Ints
    old_means: Floats
    old_cells: Floats
    new_means: Floats
    new_cells: Floats
    company: Ints

    def auroc(self, t: int, by: str) -> tuple[float, float]:
        """Old and new AUROC with type ``t`` left out; ``by``: means or cells."""
        rest = np.arange(self.old_means.shape[1]) != t
        made = []
        for far in (self.old_means, self.new_means) if by == "means" else (self.old_cells, self.new_cells):
            score = np.log(far[:, rest].min(axis=1))
            made.append(auroc(score[self.company].mean(axis=1), self.code == t))
        return made[0], made[1]


def asked(parent: Parent, submitted: Cells, added: Sums, seed: int = 0) -> Asked:
    """``submitted``: cells as placed in the parent's space; ``added``: their sums."""
    rng, types = np.random.default_rng(seed), len(parent.space.tree.types)
    known = _some(parent.cells, MOST_KNOWN, rng)
    new = submitted.some(in_turn(np.flatnonzero(submitted.code >= 0), submitted.code, MOST_KNOWN, rng))
    parts: list[Asked] = []
    each_most = max(MOST_ASKED // max(len(parent.held_out), 1), 60)
    begun = 0
    for held in parent.held_out:
        rows = in_turn(np.arange(len(held.code)), held.code, each_most, rng)
        points = np.asarray(held.placed[rows], np.float32)
        ground = parent.total - parent.own[held.donor]
        others = known.some(known.donor != held.donor)
        old = _by_type(points, others.points, others.code, types)
        cells, code = np.concatenate([others.points, new.points]), np.r_[others.code, new.code]
        even = as_many(code, np.bincount(others.code, minlength=types), rng)
        both = _by_type(points, cells[even], code[even], types)
        company = nearest(points, points, COMPANY)[0] + begun
        begun += len(rows)
        company = np.pad(company, ((0, 0), (0, COMPANY - company.shape[1])), mode="edge")
        means, moved = _to_means(points, ground), _to_means(points, ground + added)
        parts.append(Asked(held.code[rows], means, old, moved, both, company))
    return Asked(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Asked)))


def unseen(parent: Parent, submitted: Cells, added: Sums, limits: Limits | None = None, seed: int = 0) -> Gate:
    limits, types = limits or Limits(), parent.space.tree.types
    if len(parent.own) < LEAST_DONORS:
        reason = f"the parent has {len(parent.own)} donors; at least two are needed"
        return Gate("G5b", "unseen types", "underpowered", (), reason, "have two reviewers check it")
    found, lines = asked(parent, submitted, added, seed), []
    for t in np.flatnonzero(np.bincount(found.code, minlength=len(types)) >= LEAST_CELLS):
        for by in ("means", "cells"):
            old, new = found.auroc(int(t), by)
            if np.isfinite(old) and np.isfinite(new):
                stops = new < old - limits.unseen
                note = f"distance to {by}"
                lines.append(GateLine(types[t], new - old, -limits.unseen, old, new, note=note, stops=bool(stops)))
    lines.sort(key=lambda line: line.value or 0)
    if not lines:
        return Gate("G5b", "unseen types", "not applicable", (), "no type has ten held-out cells")
    if lines[0].stops:
        reason = (
            f"{lines[0].of} left out: AUROC of the outside score changes from {lines[0].old:.2f} to {lines[0].new:.2f}"
        )
        fix = f"look for cells of {lines[0].of} under another label in the submission"
        return Gate("G5b", "unseen types", "failed", tuple(lines), reason, fix)
    return Gate("G5b", "unseen types", "passed", tuple(lines), f"the largest fall is {lines[0].value or 0:+.3f}")


def _some(cells: Cells, most: int, rng: np.random.Generator) -> Cells:
    return cells.some(in_turn(np.flatnonzero(cells.code >= 0), cells.code, most, rng))


def _to_means(points: Floats, ground: Sums) -> Floats:
    far = np.sqrt(squared(np.asarray(points, float), ground.means)) + 1e-9
    far[:, ground.many <= 0] = np.inf
    return far


def _by_type(points: Floats, cells: Floats, code: Ints, types: int) -> Floats:
    """Mean distance to the nearest cells of each type (n, t); inf if there are none."""
    far = np.sqrt(squared(points, np.asarray(cells, np.float32)))
    made = np.full((len(points), types), np.inf, np.float32)
    for t in np.unique(code):
        own = far[:, code == t]
        few = min(NEAR, own.shape[1])
        made[:, t] = np.partition(own, few - 1, axis=1)[:, :few].mean(axis=1) + 1e-9
    return made
