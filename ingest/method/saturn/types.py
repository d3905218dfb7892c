"""The types whose correspondence guides the second stage: a species' own labels, or clusters where it has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ingest.method.saturn.cells import SpeciesCells
from ingest.method.saturn.clusters import clusters
from ingest.method.saturn.correspond import correspond
from ingest.method.saturn.macrogenes import Macrogenes

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Types:
    """``codes``: type of each cell of each species, among the types of all species (-1: none); ``species``: of each
    type; ``known``: whether it is a label, not a cluster; ``linked``: types x types, pairs that correspond across
    species; ``one``: those that are each other's best; ``score``, ``q``: of every pair across species, otherwise NaN.
    Labels of two species are never compared by name."""

    names: tuple[str, ...]
    codes: tuple[Ints, ...]
    species: Ints
    known: NDArray[np.bool_]
    linked: NDArray[np.bool_]
    one: NDArray[np.bool_]
    score: NDArray[np.float64]
    q: NDArray[np.float64]

    def members(self, cells: Sequence[Ints]) -> list[Ints]:
        """The cells of each type among those given, one array for each species."""
        return [cells[s][self.codes[s][cells[s]] == t] for t, s in enumerate(self.species)]


def find_types(
    species: Sequence[SpeciesCells], macro: Macrogenes, latents: Sequence[NDArray[np.float32]], seed: int
) -> Types:
    """Labels or clusters of each species, and which correspond; ``latents``: cells x latent of each species, for
    clusters."""
    names: list[str] = []
    codes, of, known, centroids = [], [], [], []
    for s, cells in enumerate(species):
        labelled = bool((cells.labels != "").any())
        if labelled:
            found = np.unique(cells.labels[cells.labels != ""])
            code = np.where(cells.labels != "", np.searchsorted(found, cells.labels), -1)
        else:
            code = clusters(latents[s], seed)
            found = np.array([f"cluster {k + 1}" for k in range(code.max() + 1)])
        centroids.append(_centroids(cells, code, len(found)))
        codes.append(np.where(code >= 0, code + len(names), -1))
        names += found.tolist()
        of += [s] * len(found)
        known += [labelled] * len(found)
    n = len(names)
    linked, one = np.zeros((n, n), bool), np.zeros((n, n), bool)
    score, q = np.full((n, n), np.nan), np.full((n, n), np.nan)
    at = np.array(of, dtype=np.int64)
    for a, b in combinations(range(len(species)), 2):
        if (at == a).any() and (at == b).any():
            made = correspond(centroids[a], centroids[b], macro.weights[a], macro.weights[b], len(macro), seed)
            block = np.ix_(at == a, at == b)
            for whole, part in ((linked, made.linked), (one, made.one), (score, made.score), (q, made.q)):
                whole[block] = part
                whole.T[block] = part
    return Types(tuple(names), tuple(codes), at, np.array(known, dtype=bool), linked, one, score, q)


def _centroids(cells: SpeciesCells, code: Ints, n: int) -> NDArray[np.float64]:
    """Mean log counts of each type, types x genes."""
    sums = np.zeros((n, len(cells.genes)))
    for at, logs in cells.blocks():
        part = code[at : at + len(logs)]
        kept = part >= 0
        one = np.zeros((n, len(logs)))
        one[part[kept], np.flatnonzero(kept)] = 1
        sums += one @ logs
    return sums / np.maximum(np.bincount(code[code >= 0], minlength=n), 1)[:, None]
