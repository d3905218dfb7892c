"""Assigns types by correlation, level by level down the tree, as in MapMyCells (Yao 2023, doi
10.1038/s41586-023-06812-z).

At each node, one of its children is chosen: each round draws 90% of the node's marker genes, and the child that
contains the type with the highest correlation gets the vote. P of a child is its share of the votes, times P of the
node.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ingest.method.mapping.heads.correlation import ROUNDS, TypeStatistics, markers, measured, no_markers, votes
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.space.cells import Strings, log2_cpm
from ingest.method.mapping.space.genes import places
from ingest.method.mapping.space.geometry import Floats, Ints
from kg.match.card import Card

CARD = Card(
    "hierarchical-correlation",
    "1",
    "bootstrapped correlation to type means among the children of each node, from the root down",
    (
        "the type with the highest P can differ from that of a greedy descent if votes are split at an upper level",
        "votes measure how the choice depends on the genes, not how often it is right",
        "if none of a node's markers is measured, those of its parent are used",
    ),
    "10.1038/s41586-023-06812-z",
)


@dataclass(frozen=True)
class Child:
    """``name``: of the node; ``types``: indices of the types at and below it; ``leaf``: whether there is no choice
    below it."""

    name: str
    types: Ints
    leaf: bool


def children(tree: Tree, node: str) -> list[Child]:
    """The choices at a node ("" is the root); a type with other types below it is also one of its own children."""
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
    """P (cells, types) for the types of the tree, which are those of ``found``. Raises MethodError NO_MARKERS if none
    of the root's markers is measured."""
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
    """Columns of a node's markers: those in the file, or otherwise those that distinguish its children."""
    if node in lookup:
        at = places(lookup[node], found.genes)
        return np.unique(at[at >= 0])
    if lookup:
        return np.zeros(0, dtype=np.intp)
    types = np.concatenate([each.types for each in below])
    group = np.repeat(np.arange(len(below)), [len(each.types) for each in below])
    return markers(found.of(order[types]), group=group)


def nodes_with_choice(tree: Tree) -> Iterator[tuple[str, list[Child]]]:
    """Every node with two children or more; "" is the root."""
    for node in ("", *tree.nodes):
        if len(below := children(tree, node)) > 1:
            yield node, below


def lookup_of(found: TypeStatistics, tree: Tree) -> dict[str, tuple[str, ...]]:
    """Marker genes of each node with a choice: those of ``found``, or otherwise those that distinguish its children."""
    order = np.array([found.types.index(name) for name in tree.types])
    known = {node: np.array(names, dtype=np.str_) for node, names in found.lookup}
    return {
        node: tuple(map(str, found.genes[_of_node(found, order, below, known, node)]))
        for node, below in nodes_with_choice(tree)
    }
