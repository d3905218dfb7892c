"""G7: what lies outside the affected part must not change.

Affected are the types with new cells, their sisters, all that stands above them, and types among whose cells' nearest
the new ones come.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ingest.method.gates.space import Cells, Parent, Sums, in_turn
from ingest.method.mapping.geometry import squared
from ingest.method.mapping.neighbours import nearest
from ingest.method.mapping.tree import Tree
from kg.atlas.report import Gate, GateLine
from kg.match.card import Card

CARD = Card(
    "drift",
    "1",
    "labels of the parent's cells on the candidate, outside what the submission touches",
    ("of many cells some are asked whether their neighbours moved: less than a tenth of a type is let pass",),
)
COMPANY, MOST, MOVED, LEAST = 15, 3_000, 0.1, 3
Strings = Sequence[str]


def neighbours_moved(parent: Parent, submitted: Cells, seed: int = 0) -> tuple[str, ...]:
    """Types of which a tenth of the cells, three at least, have a new one among their nearest."""
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
    """Nodes, in the order of the tree."""
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
    """``old``, ``new``: study -> type of each of its cells, on the parent and on the candidate; ``flips``: shown."""
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
        reason = f"{lines[0].of}: {lines[0].value or 0:.0f} cells of the parent changed outside what is touched"
        return Gate("G7", "drift", "failed", (*lines, *flips), reason, "leave the parent's cells as they are")
    reason = "no label of the parent's cells changed outside what is touched"
    return Gate("G7", "drift", "passed", tuple(flips), reason)


def flipped(parent: Parent, added: Sums, touched: Iterable[str]) -> tuple[GateLine, ...]:
    """Types whose held-out cells are called otherwise with the submission's sums: shown."""
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
            f"held-out cells called {types[t]}", float(changed[t]), None, float(called[t]),
            note="" if types[t] in inside else "outside what is touched",
        )
        for t in np.flatnonzero(changed)
    )  # fmt: skip
