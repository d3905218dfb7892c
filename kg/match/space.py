"""Feature spaces: over which features two contrasts are compared, and how each side's genes get there."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kg.curie import HUMAN
from kg.match.orthology import FeatureMap

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]
_PLACES = 64
"""Lists of genes whose places a space keeps: some 10 MB."""


@dataclass(frozen=True)
class Space:
    """``features``: names; ``human``, ``model``: one Ensembl id per feature of human and of the model species (the
    first, where it has several; empty where it has none); ``map`` is None inside one species, where features are genes.
    ``lacks``: why there is no feature, "" where there are some."""

    key: str
    taxon: str
    features: Strings
    human: Strings
    model: Strings
    map: FeatureMap | None = None
    lacks: str = ""
    _known: dict[tuple[bytes, str], tuple[NDArray[np.intp], NDArray[np.bool_]]] = field(
        default_factory=dict[tuple[bytes, str], tuple[NDArray[np.intp], NDArray[np.bool_]]], repr=False, compare=False
    )

    def project(self, taxon: str, genes: Strings, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Values (..., genes) over the features, zero where not measured, and the mask of those measured."""
        if self.map is not None:
            made, measured = self.map.project(genes, values, taxon)
            return np.where(measured, made, 0.0), measured
        if not len(genes):
            return np.zeros((*values.shape[:-1], len(self.features))), np.zeros(len(self.features), bool)
        spot, measured = self._places(genes)
        return np.where(measured, values[..., spot], 0.0), measured

    def _places(self, genes: Strings) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Where each feature stands among sorted genes, and whether it is there. Contrasts of one study have the same
        genes, and to look for texts takes longer than all else of a projection."""
        name = hashlib.sha256(np.ascontiguousarray(genes).data).digest(), genes.dtype.str
        if (known := self._known.get(name)) is None:
            spot = np.minimum(np.searchsorted(genes, self.features), len(genes) - 1)
            known = spot, genes[spot] == self.features
            if len(self._known) >= _PLACES:
                self._known.clear()
            self._known[name] = known
        return known

    @property
    def model_taxon(self) -> str:
        """Species of ``model``; of human itself that of the partners is not said."""
        return self.map.taxon if self.map is not None else self.taxon

    def holding(self, genes: frozenset[str]) -> NDArray[np.bool_]:
        """Features that hold any of the genes on either side."""
        ids = list(genes)
        if self.map is None:
            return np.isin(self.human, ids) | np.isin(self.model, ids)
        pairs = np.isin(self.map.human_genes, ids) | np.isin(self.map.model_genes, ids)
        return np.isin(np.arange(len(self.features)), self.map.feature_index[pairs])


def between_species(features: FeatureMap) -> Space:
    """The space of one orthology policy."""
    first = _first_members(features)
    return Space(
        f"{features.policy} {features.taxon}",
        "",
        features.features,
        features.human_genes[first],
        features.model_genes[first],
        features,
    )


def nothing(key: str, lacks: str) -> Space:
    """The space of two species of which no orthologs are available: without a feature."""
    none = np.zeros(0, dtype=str)
    return Space(key, "", none, none, none, lacks=lacks)


def within_species(taxon: str, genes: Strings, one2one: FeatureMap | None) -> Space:
    """All genes of one species; each carries its one-to-one ortholog, by which regulons of the other species apply
    (None: no orthologs are available)."""
    if one2one is None or not len(one2one.human_genes):
        none = np.full(len(genes), "")
        return Space(f"within {taxon}", taxon, genes, *((genes, none) if taxon == HUMAN else (none, genes)))
    own, other = (
        (one2one.human_genes, one2one.model_genes) if taxon == HUMAN else (one2one.model_genes, one2one.human_genes)
    )
    order = np.argsort(own)
    spot = np.minimum(np.searchsorted(own[order], genes), len(own) - 1)
    there = own[order][spot] == genes
    partner = np.where(there, other[order][spot], "")
    human, model = (genes, partner) if taxon == HUMAN else (partner, genes)
    return Space(f"within {taxon}", taxon, genes, human, model)


def _first_members(features: FeatureMap) -> NDArray[np.int64]:
    order = np.lexsort((features.model_genes, features.human_genes, features.feature_index))
    index, first = np.unique(features.feature_index[order], return_index=True)
    assert len(index) == len(features.features)
    return order[first]
