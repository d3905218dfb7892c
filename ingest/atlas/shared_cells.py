"""Refuses a submission whose cells are in the version already: by barcodes before anything else is asked of it, and by
coordinates once it is mapped. Only one study of the version is in memory at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ingest.atlas.create import PLACE_AXES
from ingest.atlas.store import from_bytes
from ingest.atlas.studies import Read
from ingest.method.gates.judge import Submitted
from kg.atlas import shared
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Manifest


def refuse_barcodes(objects: ObjectStore, manifest: Manifest, reads: Sequence[Read], share: float) -> None:
    """``share``: as in ``kg.atlas.shared``. Raises ContractError SHARED_CELLS."""
    found: list[list[shared.Shared]] = [[] for _ in reads]
    for study, _, facts in _studies(objects, manifest):
        for at, read in enumerate(reads):
            found[at] += shared.by_barcode(_names(read), {study: facts.get("barcodes", [])}, share)
    _refuse(reads, found)


def refuse_places(
    objects: ObjectStore, manifest: Manifest, reads: Sequence[Read], own: Submitted, share: float
) -> None:
    """Renamed cells. Raises ContractError SHARED_CELLS."""
    found: list[list[shared.Shared]] = [[] for _ in reads]
    for study, arrays, _ in _studies(objects, manifest):
        known = arrays.get("raw", np.zeros((0, PLACE_AXES)))
        for at, read in enumerate(reads):
            points = own.cells.points[own.study == at][:, : known.shape[1]]
            found[at] += shared.by_place(points, _names(read), known, study, share)
    _refuse(reads, found)


def _studies(objects: ObjectStore, manifest: Manifest) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for study, entry in sorted(manifest.named("study").items()):
        yield study, *from_bytes(objects.read(entry.sha256))


def _names(read: Read) -> list[str]:
    return read.cells.obs.index[read.of_reference].astype(str).tolist()


def _refuse(reads: Sequence[Read], found: Sequence[Sequence[shared.Shared]]) -> None:
    for read, each in zip(reads, found, strict=True):
        shared.refuse(read.name, each)
