"""Rows of a matrix that lack a value in some of its samples: each contrast leaves out those that its own samples
lack."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch
from kg.signatures.store import Floats, Strings

Mask = NDArray[np.bool_]
REMEDY = "a count is a number; write 0 where nothing was seen, or leave the gene out"


@dataclass
class Incomplete:
    """``table``: rows x samples, nan where there is no number; ``genes``: id of each row; ``donors``: of each sample;
    ``samples``: names. ``place`` and ``token``: of each row in the ``file``; ``read``: rows of the file. ``used``: rows
    that some contrast or reference has used so far."""

    table: Floats
    genes: Strings
    donors: Strings
    samples: Strings
    place: NDArray[np.int64]
    token: Strings
    file: str
    read: int
    used: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.used = np.zeros(len(self.table), bool)

    def complete(self, donors: Strings) -> Mask:
        """Rows with a number in every sample of these donors, which are thereby used."""
        found = self._has(np.isin(self.donors, donors))
        self.used |= found
        return found

    def told(self, donors: Strings) -> str:
        """What these donors lack, on one line; empty if nothing."""
        own = np.isin(self.donors, donors)
        lost = ~self._has(own)
        if not lost.any():
            return ""
        return (
            f"{int(lost.sum()):,} of {self.read:,} rows lack a value in some of its samples (first:"
            f" {self._first(int(np.flatnonzero(lost)[0]), own)})"
        )

    def _has(self, own: Mask) -> Mask:
        """Rows with a number in every one of these samples."""
        return np.asarray(np.isfinite(self.table[:, own]).all(axis=1))

    def _first(self, row: int, own: Mask) -> str:
        bad = self.samples[own & ~np.isfinite(self.table[row])]
        return f"{self.token[row]} in {bad[0]}"

    def settle(self, batch: Batch) -> None:
        """Puts rows that nothing has used into quarantine."""
        every = np.ones(len(self.samples), bool)
        left = np.flatnonzero(~self.used & ~self._has(every)).tolist()
        for row in left:
            batch.quarantine(self.file, int(self.place[row]), "not-finite", self._first(row, every), REMEDY)
        batch.accepted -= len(left)
