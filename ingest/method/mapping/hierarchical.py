"""Types by correlation, level by level down the tree, as MapMyCells does (Yao 2023, doi 10.1038/s41586-023-06812-z).

At a node its children are chosen among: each round takes 90% of the node's marker genes, the type below the node that
correlates best has the vote of the round, and the child that it stands under gets it. P of a child is the share of the
votes, times P of the node.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ingest.method.mapping.cells import Strings, log2_cpm
from ingest.method.mapping.correlation import ROUNDS, TypeStatistics, markers, measured, no_markers, votes
from ingest.method.mapping.genes import places
from ingest.method.mapping.geometry import Floats, Ints
from ingest.method.mapping.tree import Tree
from kg.match.card import Card

CARD = Card(
    "hierarchical-correlation",
    "1",
    "bootstrapped correlation to type means among the children of each node, from the root down",
    (
        "the type of highest P is that of a greedy descent but where the votes of an upper level are split",
        "votes say how the choice depends on genes, not how often it is right",
        "where none of a node's markers is measured, those of the node above serve",
    ),
    "10.1038/s41586-023-06812-z",
)


@dataclass(frozen=True)
class Child:
    """``name``: of the node; ``types``: those at and below it; ``leaf``: nothing is chosen among below it."""

    name: str
    types: Ints
    leaf: bool


def children(tree: Tree, node: str) -> list[Child]:
    """What is chosen among at a node, "" the root; a type with others below it is one of its own children."""
    parent = dict(tree.parents)
    made = [
        Child(name, np.flatnonzero(tree.below[at]), name in tree.types and int(tree.below[at].sum()) == 1)
        for at, name in enumerate(tree.nodes)
        if parent.get(name, "") == node
    ]
    if node in tree.types:
        made.append(Child(node, np.array([tree.types.index(node)]), True))
    return made


def by_levels(
    found: TypeStatistics, tree: Tree, counts: sparse.csr_matrix, genes: Strings, *, seed: int = 0, rounds: int = ROUNDS
) -> Floats:
    """P (cells, types of the tree), which are those of ``found``. Raises MethodError NO_MARKERS where none of the
    root's is measured."""
    order = np.array([found.types.index(name) for name in tree.types])
    values, mean, rng = log2_cpm(counts).tocsc(), found.mean[order], np.random.default_rng(seed)
    lookup = {node: np.array(names, dtype=np.str_) for node, names in found.lookup}
    p = np.zeros((counts.get_shape()[0], len(order)))
    waiting: list[tuple[str, Ints, Floats, Ints]] = [
        ("", np.arange(len(p)), np.ones(len(p)), np.zeros(0, dtype=np.intp))
    ]
    while waiting:
        node, rows, weight, above = waiting.pop()
        below = children(tree, node)
        used = above
        share = np.ones((len(rows), 1))
        if len(below) > 1:
            own, at = measured(found, _of_node(found, order, below, lookup, node), genes)
            used = own if len(own) >= 2 else above
            if len(used) < 2:
                raise no_markers()
            at = places(found.genes[used], genes)
            types = np.concatenate([each.types for each in below])
            group = np.repeat(np.arange(len(below)), [len(each.types) for each in below])
            block = np.asarray(values[:, at].tocsr()[rows].toarray())
            share = votes(block, mean[types][:, used], group, rng, rounds) / rounds
        for k, each in enumerate(below):
            some = share[:, k] > 0
            if each.leaf:
                p[rows[some], each.types[0]] += weight[some] * share[some, k]
            elif some.any():
                waiting.append((each.name, rows[some], weight[some] * share[some, k], used))
    return p


def _of_node(found: TypeStatistics, order: Ints, below: list[Child], lookup: Mapping[str, Strings], node: str) -> Ints:
    """Columns of a node's markers: of the file where it names some, else those that tell its children apart."""
    if node in lookup:
        at = places(lookup[node], found.genes)
        return np.unique(at[at >= 0])
    if lookup:
        return np.zeros(0, dtype=np.intp)
    types = np.concatenate([each.types for each in below])
    group = np.repeat(np.arange(len(below)), [len(each.types) for each in below])
    return markers(found.of(order[types]), group=group)


def nodes_with_choice(tree: Tree) -> Iterator[tuple[str, list[Child]]]:
    """Every node with two children or more, "" the root."""
    for node in ("", *tree.nodes):
        if len(below := children(tree, node)) > 1:
            yield node, below


def lookup_of(found: TypeStatistics, tree: Tree) -> dict[str, tuple[str, ...]]:
    """Marker genes of each node with a choice: those of ``found``, else what tells its children apart."""
    order = np.array([found.types.index(name) for name in tree.types])
    known = {node: np.array(names, dtype=np.str_) for node, names in found.lookup}
    return {
        node: tuple(map(str, found.genes[_of_node(found, order, below, known, node)]))
        for node, below in nodes_with_choice(tree)
    }
