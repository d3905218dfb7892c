"""Computes all measures for one set of coordinates."""

from dataclasses import dataclass

import numpy as np

from ingest.method.integration.clusters import ari, isolated_f1, kmeans, nmi
from ingest.method.integration.lisi import clisi, ilisi
from ingest.method.integration.mixing import bras, connectivity, kbet, pcr, silhouette_batch, silhouette_label
from ingest.method.integration.scgraph import scgraph
from ingest.method.mapping.space.geometry import Floats, Ints, group_means

BIOLOGY = ("ARI", "NMI", "isolated F1", "cLISI")
MIXING = ("iLISI", "PCR", "graph connectivity", "BRAS")
SHOWN = ("kBET", "silhouette of labels", "silhouette of batches")


@dataclass(frozen=True)
class Measures:
    """``of``: measure -> value; ``scgraph``: nan with fewer than four types."""

    of: dict[str, float]
    scgraph: float

    @property
    def biology(self) -> float:
        return float(np.mean([self.of[name] for name in BIOLOGY]))

    @property
    def mixing(self) -> float:
        return float(np.mean([self.of[name] for name in MIXING]))


def measured(
    before: Floats, after: Floats, labels: Ints, batch: Ints, *, shown: bool = True, seed: int = 0
) -> Measures:
    """Of ``after`` (n, d); ``before`` (n, d): the same cells before integration. Memory grows with the square of the
    number of cells per label: use a few thousand cells."""
    names, code = np.unique(labels, return_inverse=True)
    # Also started from the labels' means: otherwise runs differ by where k-means stopped rather than by integration.
    cluster = kmeans(after, len(names), seed, first=group_means(np.asarray(after, float), code, len(names)))
    found = {
        "ARI": ari(labels, cluster),
        "NMI": nmi(labels, cluster),
        "isolated F1": isolated_f1(labels, batch, cluster),
        "cLISI": clisi(after, labels),
        "iLISI": ilisi(after, batch),
        "PCR": pcr(before, after, batch),
        "graph connectivity": connectivity(after, labels),
        "BRAS": bras(after, labels, batch),
    }
    if shown:
        found |= {
            "kBET": kbet(after, labels, batch),
            "silhouette of labels": silhouette_label(after, labels),
            "silhouette of batches": silhouette_batch(after, labels, batch),
        }
    return Measures(found, scgraph(before, after, labels, batch))
