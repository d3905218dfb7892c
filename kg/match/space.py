"""Feature spaces: over which features two contrasts are compared, and how each side's genes get there."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kg.curie import HUMAN, MOUSE
from kg.match.orthology import FeatureMap

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]


@dataclass(frozen=True)
class Space:
    """``features``: names; ``human``, ``mouse``: one Ensembl id per feature (the first, where it has several; empty where
    it has none); ``map`` is None inside one species, where features are genes."""

    key: str
    taxon: str
    features: Strings
    human: Strings
    mouse: Strings
    map: FeatureMap | None = None

    def project(self, taxon: str, genes: Strings, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Values (..., genes) over the features, zero where not measured, and the mask of those measured."""
        if self.map is not None:
            side: Literal["human", "mouse"] = "human" if taxon == HUMAN else "mouse"
            made, measured = self.map.project(genes, values, side)
            return np.where(measured, made, 0.0), measured
        if not len(genes):
            return np.zeros((*values.shape[:-1], len(self.features))), np.zeros(len(self.features), bool)
        spot = np.minimum(np.searchsorted(genes, self.features), len(genes) - 1)
        measured = genes[spot] == self.features
        return np.where(measured, values[..., spot], 0.0), measured

    def holding(self, genes: frozenset[str]) -> NDArray[np.bool_]:
        """Features that hold any of the genes on either side."""
        ids = list(genes)
        if self.map is None:
            return np.isin(self.human, ids) | np.isin(self.mouse, ids)
        pairs = np.isin(self.map.human_genes, ids) | np.isin(self.map.mouse_genes, ids)
        return np.isin(np.arange(len(self.features)), self.map.feature_index[pairs])


def between_species(features: FeatureMap) -> Space:
    """The space of one orthology policy."""
    first = _first_members(features)
    return Space(
        features.policy, "", features.features, features.human_genes[first], features.mouse_genes[first], features
    )


def within_species(taxon: str, genes: Strings, one2one: FeatureMap) -> Space:
    """All genes of one species; each carries its one-to-one ortholog, by which regulons of the other species apply."""
    own, other = (
        (one2one.human_genes, one2one.mouse_genes) if taxon == HUMAN else (one2one.mouse_genes, one2one.human_genes)
    )
    order = np.argsort(own)
    spot = np.minimum(np.searchsorted(own[order], genes), len(own) - 1)
    there = own[order][spot] == genes
    partner = np.where(there, other[order][spot], "")
    human, mouse = (genes, partner) if taxon == HUMAN else (partner, genes)
    return Space(f"within {taxon}", taxon, genes, human, mouse)


def _first_members(features: FeatureMap) -> NDArray[np.int64]:
    order = np.lexsort((features.mouse_genes, features.human_genes, features.feature_index))
    index, first = np.unique(features.feature_index[order], return_index=True)
    assert len(index) == len(features.features)
    return order[first]


SPECIES = {HUMAN: "human", MOUSE: "mouse"}
