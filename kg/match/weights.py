# SciPy's sparse arrays have no types.
# pyright: basic

"""Regulons and modules as linear maps: genes x sets, so that activity is ``vector @ weights``.

A column is the sign of each target (1, -1; 0 for genes that are no targets), centred over all genes and of unit length:
the activity of a regulon is the contrast between its targets and the other genes. At equal weights this is decoupler's
univariate linear model up to its scale (Badia-i-Mompel 2022, doi 10.1093/bioadv/vbac016).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg.match.joint import Side

Strings = NDArray[np.str_]
MIN_MEMBERS = 5
LEADING = 5
"""How many genes of a set are named."""


@dataclass(frozen=True)
class GeneSets:
    """``names``: sorted; ``matrix``: genes x sets, signs of the members."""

    names: Strings
    matrix: sparse.csr_array

    @classmethod
    def build(
        cls, names: Strings, members: Strings, signs: NDArray[np.float64] | NDArray[np.int64], genes: Strings
    ) -> "GeneSets":
        """From edges (set, member, sign) over ``genes``; a gene may be on several rows. Repeated edges count once, the
        first; members that are not among the genes are left out."""
        known, columns = np.unique(names, return_inverse=True)
        ids, member_of = np.unique(genes, return_inverse=True)
        spot = np.minimum(np.searchsorted(ids, members), max(len(ids) - 1, 0))
        there = ids[spot] == members if len(ids) else np.zeros(len(members), bool)
        pairs = spot[there] * len(known) + columns[there]
        unique, first = np.unique(pairs, return_index=True)
        values = np.sign(np.asarray(signs, float)[there][first])
        by_id = sparse.csr_array((values, (unique // len(known), unique % len(known))), shape=(len(ids), len(known)))
        return cls(known, sparse.csr_array(by_id[member_of]))

    def on(self, rows: NDArray[np.intp], min_members: int = MIN_MEMBERS) -> "SetWeights":
        """Restricted to some genes. Sets with fewer than ``min_members`` members there are left out, and so are those
        that hold every gene, which no contrast can distinguish."""
        part = self.matrix[rows]
        n, counts = part.shape[0], np.diff(part.tocsc().indptr)
        square = np.asarray(part.multiply(part).sum(axis=0)).ravel()
        length = np.sqrt(np.clip(square - np.asarray(part.sum(axis=0)).ravel() ** 2 / max(n, 1), 0, None))
        good = (counts >= min_members) & (length > 1e-9)
        return SetWeights(self.names[good], sparse.csr_array(part[:, good]), length[good])


@dataclass(frozen=True)
class SetWeights:
    """``signs``: genes x sets; ``length``: of each centred column."""

    names: Strings
    signs: sparse.csr_array
    length: NDArray[np.float64]

    def activity(self, side: Side) -> Side:
        """The side over sets instead of genes: the centred side times the centred columns of unit length."""
        centred = side.centred()  # a centred vector makes centring the columns needless, so they may stay sparse
        return Side((centred.vector @ self.signs) / self.length, (centred.factor @ self.signs) / self.length, side.df)

    def leading(self, at: int, one: NDArray[np.float64], two: NDArray[np.float64], most: int = LEADING) -> list[int]:
        """Genes that carry the set ``at`` on both sides, at most so many: those with the largest share in its value on
        the side where their share is smaller, of those whose share is above 0 on both. ``one``, ``two``: the vectors
        over the genes."""
        column = self._by_set[:, [at]]
        genes, signs = column.indices, column.data
        shares: list[NDArray[np.float64]] = []
        for vector in (one, two):
            parts = signs * (vector[genes] - vector.mean())
            shares.append(parts * np.sign(parts.sum()))
        least = np.minimum(*shares)
        order = np.lexsort((genes, -least))
        return [int(genes[i]) for i in order[:most] if least[i] > 0]

    @cached_property
    def _by_set(self) -> sparse.csc_array:
        return sparse.csc_array(self.signs)
