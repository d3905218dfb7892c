"""The signature store: full vectors and noise factors outside the graph, columnar, memory-mapped, versioned by content.

    ROOT/index.json            id -> content hash, kind and what a reader needs before it opens arrays
    ROOT/objects/<hash>/*.npy  one array a column; written once, never changed

An object is named by the hash of its content: putting the same twice changes nothing, a killed writer leaves the old
index, and the hash of the index is the ``data_version`` that every answer carries.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kg.errors import StoreError, UnknownTermError

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]
Noise = Literal["donors", "table", "none"]
_COLUMNS = {"signature": {"genes", "vector", "effect", "p"}, "reference": {"genes", "expression", "groups"}}


@dataclass(frozen=True)
class Signature:
    """A contrast over genes.

    ``genes``: sorted Ensembl ids without prefix. ``vector``: effects in units of their own noise. ``effect``: log2 fold
    change and ``p``: two-sided p, nan where not stated. ``factor``: df x genes for noise ``donors``; None otherwise:
    ``table`` borrows it from a reference, ``none`` cannot be tested. ``donors``: ids of the samples, to find contrasts
    that share some.
    """

    id: str
    taxon: str
    genes: Strings
    vector: Floats
    effect: Floats
    p: Floats
    noise: Noise
    factor: Floats | None = None
    df: int = 0
    donors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.genes)
        if not (len(self.vector) == len(self.effect) == len(self.p) == n):
            raise ValueError(f"{self.id}: genes, vector, effect and p differ in length")
        if n > 1 and not np.all(self.genes[:-1] < self.genes[1:]):
            raise ValueError(f"{self.id}: genes are not sorted and unique")
        if not np.isfinite(self.vector).all():
            raise ValueError(f"{self.id}: the vector has values that are not finite")
        if (self.noise == "donors") != (self.factor is not None):
            raise ValueError(f"{self.id}: noise {self.noise!r} and its factor do not agree")
        if self.factor is not None and self.factor.shape != (self.df, n):
            raise ValueError(f"{self.id}: factor is {self.factor.shape}, not df x genes {(self.df, n)}")


@dataclass(frozen=True)
class Reference:
    """Samples that say how genes move together. ``expression``: samples x genes (log2); ``groups``: labels whose
    means are taken out; ``donors``: ids. Role ``reference``: healthy samples; ``axes``: all samples of a study."""

    id: str
    taxon: str
    role: Literal["reference", "axes"]
    genes: Strings
    expression: Floats
    groups: Strings
    donors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.expression.shape != (len(self.groups), len(self.genes)):
            raise ValueError(f"{self.id}: expression is {self.expression.shape}, not samples x genes")
        if len(self.genes) > 1 and not np.all(self.genes[:-1] < self.genes[1:]):
            raise ValueError(f"{self.id}: genes are not sorted and unique")


@dataclass
class Entry:
    sha: str
    kind: str
    meta: dict = field(default_factory=dict)


class SignatureStore:
    """Objects under one folder; one writer at a time, any number of readers."""

    def __init__(self, root: Path):
        self.root = Path(root)
        self._index: dict[str, Entry] | None = None
        self._batching = False

    @property
    def index(self) -> dict[str, Entry]:
        if self._index is None:
            path = self.root / "index.json"
            try:
                rows = json.loads(path.read_text()) if path.exists() else {}
                self._index = {key: Entry(**row) for key, row in rows.items()}
            except (ValueError, TypeError, AttributeError) as error:
                raise StoreError(
                    f"the index of signatures at {path} cannot be read: {error}. Delete it and run the ingest again",
                    code="STORE_CORRUPT",
                ) from error
        return self._index

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change when any object does."""
        lines = sorted(f"{key}\t{entry.sha}" for key, entry in self.index.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

    def ids(self, kind: str) -> list[str]:
        return sorted(key for key, entry in self.index.items() if entry.kind == kind)

    def sha(self, key: str) -> str:
        return self._entry(key).sha

    def put(self, item: Signature) -> str:
        arrays = {"genes": item.genes, "vector": item.vector, "effect": item.effect, "p": item.p}
        if item.factor is not None:
            arrays["factor"] = item.factor
        meta = {"taxon": item.taxon, "noise": item.noise, "df": item.df, "donors": list(item.donors)}
        return self._put(item.id, "signature", arrays, meta)

    def get(self, key: str) -> Signature:
        arrays, meta = self._open(key, "signature")
        return Signature(key, meta["taxon"], arrays["genes"], arrays["vector"], arrays["effect"], arrays["p"],
                         meta["noise"], arrays.get("factor"), meta["df"], tuple(meta["donors"]))  # fmt: skip

    def put_reference(self, item: Reference) -> str:
        arrays = {"genes": item.genes, "expression": item.expression, "groups": item.groups}
        return self._put(
            item.id, "reference", arrays, {"taxon": item.taxon, "role": item.role, "donors": list(item.donors)}
        )

    def get_reference(self, key: str) -> Reference:
        arrays, meta = self._open(key, "reference")
        return Reference(key, meta["taxon"], meta["role"], arrays["genes"], arrays["expression"], arrays["groups"],
                         tuple(meta["donors"]))  # fmt: skip

    def put_table(self, key: str, **columns: np.ndarray) -> str:
        """A table of columns: orthologs of a source, edges of a network, members of modules, a reference's card."""
        return self._put(key, "table", columns, {})

    def get_table(self, key: str) -> dict[str, np.ndarray]:
        return self._open(key, "table")[0]

    def drop(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.index.pop(key, None)
        self._commit()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Writes the index once at the end instead of after every object."""
        self._batching = True
        try:
            yield
        finally:
            self._batching = False
            self._commit()

    def sweep(self) -> int:
        """Removes objects that no entry names; returns how many."""
        known, folder = {entry.sha for entry in self.index.values()}, self.root / "objects"
        stale = [path for path in folder.iterdir() if path.name not in known] if folder.exists() else []
        for path in stale:
            shutil.rmtree(path)
        return len(stale)

    def _entry(self, key: str) -> Entry:
        try:
            return self.index[key]
        except KeyError:
            raise UnknownTermError(key, "signature") from None

    def _put(self, key: str, kind: str, arrays: dict[str, np.ndarray], meta: dict) -> str:
        digest = hashlib.sha256(json.dumps([key, kind, meta], sort_keys=True).encode())
        for name in sorted(arrays):
            value = np.ascontiguousarray(arrays[name])
            digest.update(f"{name}{value.dtype.str}{value.shape}".encode())
            digest.update(value.tobytes())
        sha = digest.hexdigest()[:24]
        folder = self.root / "objects" / sha
        if not folder.exists():
            self._write(folder, arrays)
        entry = Entry(sha, kind, meta)
        if self.index.get(key) != entry:
            self.index[key] = entry
            self._commit()
        return sha

    def _write(self, folder: Path, arrays: dict[str, np.ndarray]) -> None:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
            for name, value in arrays.items():
                np.save(made / f"{name}.npy", np.ascontiguousarray(value), allow_pickle=False)
            os.replace(made, folder)
        except OSError as error:
            raise StoreError(
                f"cannot write signatures to {folder.parent}: {error}. Free space or choose another "
                "ORTHOKG_HOME, then run again: what was written stays valid",
                code="STORE_FULL",
            ) from error

    def _commit(self) -> None:
        if self._batching:
            return
        self.root.mkdir(parents=True, exist_ok=True)
        rows = {key: {"sha": e.sha, "kind": e.kind, "meta": e.meta} for key, e in sorted(self.index.items())}
        made = self.root / "index.json.new"
        made.write_text(json.dumps(rows, indent=0))
        os.replace(made, self.root / "index.json")

    def _open(self, key: str, kind: str) -> tuple[dict[str, np.ndarray], dict]:
        entry = self._entry(key)
        if entry.kind != kind:
            raise UnknownTermError(key, kind)
        folder = self.root / "objects" / entry.sha
        try:
            arrays = {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in folder.glob("*.npy")}
        except (OSError, ValueError, EOFError) as error:
            raise StoreError(
                f"signature {key} at {folder} cannot be read: {error}. Run the ingest again", code="STORE_CORRUPT"
            ) from error
        lost = sorted(_COLUMNS.get(kind, set()) - arrays.keys()) or ([] if arrays else ["all"])
        if lost:
            raise StoreError(
                f"signature {key} has lost arrays at {folder} ({', '.join(lost)}). Run the ingest again",
                code="STORE_CORRUPT",
            )
        return arrays, entry.meta
