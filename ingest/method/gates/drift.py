"""G7: nothing outside the affected part may change. Affected are types with new cells, their sisters, all their
ancestors, and types whose cells get new cells among their nearest neighbours."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ingest.method.gates.space import Cells, Parent, Sums, in_turn
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.space.geometry import squared
from ingest.method.mapping.space.neighbours import nearest
from kg.atlas.report import Gate, GateLine
from kg.match.card import Card

CARD = Card(
    "drift",
    "1",
    "labels of the parent's cells on the candidate, outside the affected part",
    ("neighbours are checked for a sample of cells: changes in less than a tenth of a type are accepted",),
)
COMPANY, MOST, MOVED, LEAST = 15, 3_000, 0.1, 3
Strings = Sequence[str]


def neighbours_moved(parent: Parent, submitted: Cells, seed: int = 0) -> tuple[str, ...]:
    """Types of which at least a tenth of the cells, and at least three, have a new cell among their nearest
    neighbours."""
    rng, known = np.random.default_rng(seed), parent.cells
    known = known.some(in_turn(np.arange(len(known.code)), known.code, MOST, rng))
    if len(known.code) < 2 or not len(submitted.code):
        return ()
    reach = nearest(known.points, known.points, COMPANY + 1)[1][:, -1]
    close = np.full(len(reach), np.inf)
    for start in range(0, len(submitted.points), 2_000):
        far = squared(known.points, np.asarray(submitted.points[start : start + 2_000], known.points.dtype))
        close = np.minimum(close, np.sqrt(far.min(axis=1)))
    moved, types = close < reach, parent.space.tree.types
    many, all_ = (np.bincount(known.code[rows], minlength=len(types)) for rows in (moved, slice(None)))
    return tuple(types[t] for t in np.flatnonzero((many >= LEAST) & (many >= MOVED * all_)))


def affected(tree: Tree, with_cells: Iterable[str], moved: Iterable[str] = ()) -> tuple[str, ...]:
    """Affected nodes, in the order of the tree."""
    begun = set(with_cells)
    touched = begun | set(moved)
    for one, other in tree.sisters():
        touched |= {one, other} if {one, other} & begun else set()
    parents = dict(tree.parents)
    for name in tuple(touched):
        while (name := parents.get(name, "")) and name not in touched:
            touched.add(name)
    return tuple(name for name in tree.nodes if name in touched)


def drift(
    old: Mapping[str, Strings], new: Mapping[str, Strings], touched: Iterable[str], flips: Sequence[GateLine] = ()
) -> Gate:
    """The gate. ``old``, ``new``: study -> type of each of its cells, on the parent and on the candidate; ``flips``:
    lines that are only shown."""
    inside, lines = set(touched), []
    for study, before in sorted(old.items()):
        after = new.get(study)
        if after is None or len(after) != len(before):
            found = 0 if after is None else len(after)
            note = f"{len(before):,} cells on the parent, {found:,} on the candidate"
            lines.append(GateLine(study, float(abs(len(before) - found)), 0.0, note=note, stops=True))
            continue
        one, two = np.asarray(before, dtype=object), np.asarray(after, dtype=object)
        changed = one != two
        outside = changed & ~np.isin(one.astype(str), list(inside))
        for name in sorted(set(one[outside])):
            many = int((outside & (one == name)).sum())
            to = sorted(set(two[outside & (one == name)]))
            lines.append(GateLine(f"{study}: {name}", float(many), 0.0, note=f"now {', '.join(to)}", stops=True))
    if lines:
        reason = f"{lines[0].of}: {lines[0].value or 0:.0f} cells of the parent changed outside the affected part"
        return Gate("G7", "drift", "failed", (*lines, *flips), reason, "do not change the parent's cells")
    reason = "no label of the parent's cells changed outside the affected part"
    return Gate("G7", "drift", "passed", tuple(flips), reason)


def flipped(parent: Parent, added: Sums, touched: Iterable[str]) -> tuple[GateLine, ...]:
    """Types whose held-out cells are assigned another type with the submission's sums; only shown."""
    types, inside = parent.space.tree.types, set(touched)
    called, changed = np.zeros(len(types)), np.zeros(len(types))
    for each in parent.held_out:
        ground = parent.total - parent.own[each.donor] + added
        points = parent.space.placed(parent.cells.points[each.rows], ground)
        before, now = each.log_p.argmax(axis=1), parent.space.log_p(points, ground).argmax(axis=1)
        called += np.bincount(before, minlength=len(types))
        changed += np.bincount(before[before != now], minlength=len(types))
    return tuple(
        GateLine(
            f"held-out cells assigned to {types[t]}", float(changed[t]), None, float(called[t]),
            note="" if types[t] in inside else "outside the affected part",
        )
        for t in np.flatnonzero(changed)
    )  # fmt: skip
