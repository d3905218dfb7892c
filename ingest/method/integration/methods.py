"""Ways to bring batches together, and which of them may serve a head: only what places new cells and leaves the others
where they are.

``pca``, ``harmony`` and ``fastmnn`` see no labels; scVI, scANVI and scanorama are other packages' and are called where
they are asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.integration.fastmnn import fastmnn, principal
from ingest.method.integration.scanorama import scanorama
from ingest.method.mapping.calibration.policy import Policy
from ingest.method.mapping.calibration.training import Training, fitted
from ingest.method.mapping.query.placed import place
from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.geometry import Floats, Ints, unit
from ingest.method.mapping.space.harmony import joined, shifted
from ingest.method.mapping.space.reference import spherical_kmeans
from ingest.method.scanvi import Settings
from ingest.method.scvi_latent import Latents

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Batches:
    """What every method is given. ``training``: the cells with all their genes; of the genes that make the space
    ``counts`` (n, g), ``values`` (n, g) by the policy and ``genes``; ``plain`` (n, d): principal axes; ``batch`` (n,):
    0, 1, ...; ``corrected``: the closed form takes batches off what it places; ``latents``: of scVI."""

    training: Training
    counts: sparse.csr_matrix
    values: Floats
    genes: Strings
    plain: Floats
    batch: Ints
    policy: Policy
    corrected: bool
    latents: Latents
    seed: int

    @property
    def labels(self) -> Strings:
        return np.array(self.training.types)[self.training.code]


def batches(
    training: Training, policy: Policy, seed: int, settings: Settings | None = None, *, corrected: bool = True
) -> Batches:
    """Each donor is a batch, or a study without donors. Genes and axes are those of a reference of all cells, without
    what it makes of labels."""
    rows = np.arange(len(training.code))
    whole = fitted(training, rows, replace(policy, join=False, engines=("means",)), seed).reference
    sample = np.where(training.donor < 0, -1 - training.study, training.donor)
    batch = np.unique(sample, return_inverse=True)[1]
    placed = place(whole, training.counts, training.genes, np.zeros(len(rows), dtype=np.intp), batch)
    own = np.arange(whole.own)
    counts, genes = sparse.csr_matrix(placed.counts[:, own]), whole.genes[: whole.own]
    # Whitening is of labels: without it these are the principal axes of the scaled genes.
    plain = np.asarray(placed.raw, float) @ np.linalg.inv(np.asarray(whole.whitening, float))
    return Batches(
        training, counts, placed.values.columns(own).dense(0, len(rows)), genes, plain, batch, policy, corrected,
        Latents(counts, genes, batch, settings or Settings(), seed), seed,
    )  # fmt: skip


@dataclass(frozen=True)
class Method:
    """``labels``: sees those that are not hidden; ``head``: may serve one, and ``why``; ``model``: needs the extra;
    ``run``: of which cells labels are hidden, each time -> coordinates (n, d), each time."""

    name: str
    labels: bool
    head: bool
    why: str
    run: Callable[[Batches, Sequence[Mask]], list[Floats]]
    model: bool = False


def _blind(points: Callable[[Batches], Floats]) -> Callable[[Batches, Sequence[Mask]], list[Floats]]:
    """A method without labels gives the same whatever is hidden."""

    def run(of: Batches, hidden: Sequence[Mask]) -> list[Floats]:
        made = points(of)
        return [made for _ in hidden]

    return run


def harmony(of: Batches) -> Floats:
    """As ``mapping.harmony``, told one type for all cells: Harmony as published."""
    rng, one = np.random.default_rng(of.seed), np.zeros(len(of.batch), dtype=np.intp)
    few = max(2, min(of.policy.centroids, len(of.batch) // 5))
    begin = spherical_kmeans(unit(shifted(of.plain, of.batch, one)), few, rng)
    return joined(of.plain, of.batch, one, begin, rng)


def mutual_neighbours(of: Batches) -> Floats:
    return fastmnn(principal(of.values, of.batch, of.policy.axes), of.batch)


def panorama(of: Batches) -> Floats:
    return scanorama(of.values, of.genes, of.batch, of.policy.axes, of.seed)


def scanvi(of: Batches, hidden: Sequence[Mask]) -> list[Floats]:
    return [of.latents.scanvi(np.where(each, "", of.labels)) for each in hidden]


def closed_form(of: Batches, hidden: Sequence[Mask]) -> list[Floats]:
    """The space of an atlas: made of the cells whose labels are shown, and each hidden batch placed in it."""
    return [_placed(of, each) for each in hidden]


def _placed(of: Batches, hidden: Mask) -> Floats:
    rest, t = np.flatnonzero(~hidden), of.training
    reference = fitted(t, rest, replace(of.policy, engines=("means",)), of.seed).reference
    made = np.empty((len(hidden), reference.cells.shape[1]))
    made[rest] = reference.cells
    for each in np.unique(of.batch[hidden]):
        rows = np.flatnonzero(hidden & (of.batch == each))
        found = place(reference, sparse.csr_matrix(t.counts[rows]), t.genes, np.zeros(len(rows), dtype=np.intp))
        made[rows] = found.points if of.corrected else found.raw
    return made


_MOVES = "places all cells again when a batch comes in"
METHODS: dict[str, Method] = {
    each.name: each
    for each in (
        Method("pca", False, True, "in the closed form: its loadings place new cells", _blind(lambda of: of.plain)),
        Method("harmony", False, True, "in the closed form: sums of its clusters place new cells", _blind(harmony)),
        Method("scvi", False, False, "no policy can name it as engine", _blind(lambda of: of.latents.scvi()), True),
        Method("scanorama", False, False, _MOVES, _blind(panorama)),
        Method("fastmnn", False, False, _MOVES, _blind(mutual_neighbours)),
        Method("closed form", True, True, "an engine of a policy: each submission extends it", closed_form),
        Method(
            "scanvi", True, True, "an engine of a policy: places queries by surgery; new studies refit it", scanvi, True
        ),
    )
}
