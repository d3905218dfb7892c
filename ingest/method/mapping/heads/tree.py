"""The tree of types and the nodes above them; P of a node is the sum over the types below it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.method.mapping.space.geometry import Floats
from kg.errors import broken


@dataclass(frozen=True)
class Tree:
    """``types``: labels of cells; ``above``: other nodes, each above at least one type; ``below`` (nodes, types): which
    types are at or below each node. Nodes are the types followed by ``above``, both sorted. A type may be above another
    type."""

    types: tuple[str, ...]
    above: tuple[str, ...]
    below: NDArray[np.bool_]
    parents: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, parents: Mapping[str, str], types: Iterable[str]) -> "Tree":
        """``parents``: child -> parent; a node without one is a root. Raises ContractError TREE_CYCLE."""
        names = tuple(sorted(set(types)))
        path = {name: _path(name, parents) for name in names}
        above = tuple(sorted({node for nodes in path.values() for node in nodes} - set(names)))
        below = np.array([[node in path[name] for name in names] for node in (*names, *above)], dtype=bool)
        used = {node for nodes in path.values() for node in nodes}
        kept = tuple(sorted((child, parent) for child, parent in parents.items() if child in used and parent))
        return cls(names, above, below.reshape(len(names) + len(above), len(names)), kept)

    @property
    def nodes(self) -> tuple[str, ...]:
        return (*self.types, *self.above)

    def rolled(self, p: Floats) -> Floats:
        """P of types (cells, types) -> P of nodes (cells, nodes)."""
        return p @ self.below.T.astype(p.dtype)

    def within(self, types: Iterable[str]) -> "Tree":
        """The tree restricted to some of its types."""
        return Tree.of(dict(self.parents), types)

    def sisters(self) -> list[tuple[str, str]]:
        """Pairs of types that share their nearest parent."""
        parent = dict(self.parents)
        return [
            (a, b)
            for at, a in enumerate(self.types)
            for b in self.types[at + 1 :]
            if a in parent and parent.get(a) == parent.get(b)
        ]

    def holding(self, sets: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The smallest node that contains each set (cells, types), as an index into ``nodes``; -1 if the set is empty
        or only a node above all types contains it, which is not informative."""
        size = self.below.sum(axis=1)
        telling = size < max(len(self.types), 2)
        outside = sets.astype(np.float32) @ (~self.below).T.astype(np.float32)
        cost = np.where((outside == 0) & telling, size, len(self.types) + 1)
        best = cost.argmin(axis=1)
        held = cost[np.arange(len(sets)), best] <= len(self.types)
        return np.where(held & sets.any(axis=1), best, -1)


def _path(name: str, parents: Mapping[str, str]) -> list[str]:
    """A node and all its ancestors, from below."""
    path = [name]
    while parent := parents.get(path[-1], ""):
        if parent in path:
            raise broken(
                "TREE_CYCLE", name, "no node of a tree may be its own ancestor", parent, "give each node one parent"
            )
        path.append(parent)
    return path
