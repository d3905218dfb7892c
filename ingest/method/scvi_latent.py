"""Cells of several batches in the latent space of scVI, and in that of scANVI, which is given labels of some of them.

scVI: Lopez 2018 (doi 10.1038/s41592-018-0229-2); scANVI: Xu 2021 (doi 10.15252/msb.20209620). Needs [models].
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.geometry import Floats, Ints
from ingest.method.scanvi import BATCH, LABEL, UNLABELLED, Settings, frame, quiet, train
from kg.match.card import Card

CARD = Card(
    "scvi-latent",
    "1",
    "latent space of scVI, and of scANVI trained on from it, each batch a category of both",
    (
        "batches of different composition differ in their types as well as in their batch effects",
        "the same seed gives the same coordinates on one machine and release, not on every one",
    ),
    "10.1038/s41592-018-0229-2",
)


@dataclass(frozen=True)
class Latents:
    """``counts``: cells x ``genes``; ``batch``: (cells,). scVI is trained once, whatever is asked of it."""

    counts: sparse.csr_matrix
    genes: Strings
    batch: Ints
    settings: Settings
    seed: int

    def scvi(self) -> Floats:
        """(cells, d). Raises MethodError NEEDS_MODELS."""
        with quiet(self.seed):
            return np.asarray(self._plain.get_latent_representation(), np.float32)

    def scanvi(self, labels: Strings) -> Floats:
        """(cells, d). ``labels``: (cells,), "" where the label is hidden. Raises MethodError NEEDS_MODELS."""
        shown = np.where(labels == "", UNLABELLED, labels).tolist()
        with quiet(self.seed) as scvi:
            plain = self._plain
            scvi.settings.seed = self.seed
            model = scvi.model.SCANVI.from_scvi_model(
                plain, unlabeled_category=UNLABELLED, labels_key=LABEL, adata=self._cells(shown)
            )
            train(model, self.settings.epochs[1], n_samples_per_label=100)
            return np.asarray(model.get_latent_representation(), np.float32)

    @cached_property
    def _plain(self) -> Any:
        with quiet(self.seed) as scvi:
            cells = self._cells([UNLABELLED] * len(self.batch))
            scvi.model.SCVI.setup_anndata(cells, batch_key=BATCH)
            model = scvi.model.SCVI(cells, **self.settings.arguments)
            train(model, self.settings.epochs[0])
        return model

    def _cells(self, labels: list[str]) -> Any:
        return frame(self.counts, list(map(str, self.genes)), [f"{each}" for each in self.batch], labels)
