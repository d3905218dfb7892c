"""Half-done work that outlives the process: one npz with its checksum behind it, replaced whole, so that a kill at any
moment leaves the last one. One that is damaged is none."""

import hashlib
import io
import os
import time
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.fetch.download import disk

Arrays = dict[str, NDArray]
_DIGEST = hashlib.sha256().digest_size


def fingerprint(path: Path) -> str:
    """A file, or a folder that is one (zarr), by names, sizes and times of change; reads no content."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    facts = [(str(p), (at := p.stat()).st_size, at.st_mtime_ns) for p in files]
    return hashlib.sha256(repr((str(path.resolve()), facts)).encode()).hexdigest()


class Checkpoint:
    """The state of one piece of work on one ``source``; ``key`` names all else that goes into it, code included.

    ``every``: seconds from one save to the next at least; a twentieth of the time at most is spent on saving.
    """

    def __init__(self, folder: Path, source: Path, key: str, every: float = 30.0):
        name = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:16]
        made = hashlib.sha256(f"{fingerprint(source)}\n{key}".encode()).hexdigest()[:16]
        self.path = folder / f"{name}-{made}.npz"
        self._of_source, self._every, self._next = f"{name}-*", every, time.monotonic() + every

    def load(self) -> Arrays | None:
        """What was saved last, or None. What was saved of another state of the source goes; nothing is ever
        unpickled."""
        for other in self.path.parent.glob(self._of_source):
            if other != self.path:
                other.unlink(missing_ok=True)
        try:
            raw = self.path.read_bytes()
            if hashlib.sha256(raw[:-_DIGEST]).digest() != raw[-_DIGEST:]:
                raise ValueError("its content is not what its checksum says")
            with np.load(io.BytesIO(raw[:-_DIGEST]), allow_pickle=False) as saved:
                return dict(saved)
        except FileNotFoundError:
            return None
        except (ValueError, OSError, EOFError, zipfile.BadZipFile):
            self.remove()
            return None

    def due(self) -> bool:
        return time.monotonic() >= self._next

    def save(self, **arrays: NDArray) -> None:
        """Raises SourceError DISK_FULL or CACHE_NOT_WRITABLE."""
        started = time.monotonic()
        with disk(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            half = self.path.with_suffix(".half")
            made = io.BytesIO()
            np.savez(made, allow_pickle=False, **arrays)
            with half.open("wb") as out:
                out.write(made.getbuffer())
                out.write(hashlib.sha256(made.getbuffer()).digest())
                out.flush()
                os.fsync(out.fileno())
            half.replace(self.path)
        now = time.monotonic()
        self._next = now + max(self._every, 20 * (now - started) if self._every else 0)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
