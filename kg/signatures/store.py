"""The signature store: full vectors and noise factors outside the graph, columnar, memory-mapped, versioned by content.

    ROOT/index.json            id -> content hash, kind and what a reader needs before it opens arrays
    (signature_index.py) ROOT/objects/<hash>/*.npy  one array a column; written once, never changed (arrays.py)

An object is named by the hash of its content: putting the same twice changes nothing, a killed writer leaves the old
index, and the hash of the index is the ``data_version`` that every answer carries. What is read is what its name says,
or an error that names it (STORE_CORRUPT, STORE_UNREADABLE); putting it again mends it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

import kg.signatures.arrays
from kg.errors import StoreError, UnknownTermError
from kg.files.whole import DamagedError, not_writable
from kg.signatures import index as signature_index
from kg.signatures.arrays import Arrays
from kg.signatures.index import Entry

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]
Noise = Literal["donors", "table", "none"]


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


class SignatureStore:
    """Objects under one folder; one writer at a time, any number of readers."""

    def __init__(self, root: Path):
        self.root = Path(root)
        self._index: dict[str, Entry] | None = None
        self._version = ""
        self._batching = False
        self.mended: list[str] = []

    @property
    def index(self) -> dict[str, Entry]:
        if self._index is None:
            try:
                self._index = signature_index.read(self._path)
            except (FileNotFoundError, NotADirectoryError):
                self._index = self._without_index()
            except DamagedError as error:
                raise corrupt(f"the index of signatures: {error}", "the index of signatures") from error
            except OSError as error:
                raise unreadable("the index of signatures", error) from error
        return self._index

    @property
    def _path(self) -> Path:
        return self.root / "index.json"

    def _without_index(self) -> dict[str, Entry]:
        """Nothing was ever stored; or the index is lost, which is no empty store: it is there before any object is."""
        objects = self.root / "objects"
        if objects.is_dir() and any(objects.iterdir()):
            raise corrupt(f"the index of signatures: {self._path} is lost", "the index of signatures")
        return {}

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change when any object does."""
        if not self._version:
            lines = sorted(f"{key}\t{entry.sha}" for key, entry in self.index.items())
            self._version = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
        return self._version

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
        return Reference(
            key,
            meta["taxon"],
            meta["role"],
            arrays["genes"],
            arrays["expression"],
            arrays["groups"],
            tuple(meta["donors"]),
        )

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
        stale = self.surplus()
        for path in stale:
            kg.signatures.arrays.remove(path)
        return len(stale)

    def surplus(self) -> list[Path]:
        """What lies among the objects and no entry names."""
        known, folder = {entry.sha for entry in self.index.values()}, self.root / "objects"
        return sorted(path for path in folder.iterdir() if path.name not in known) if folder.exists() else []

    def mend(self) -> None:
        """An index that is damaged or lost is rebuilt from its copy; where that is damaged too, it begins empty, and
        what is put again finds its objects. ``mended`` tells it. Raises StoreError for one of a newer OrthoKG."""
        try:
            self.index  # noqa: B018
        except StoreError as error:
            if error.code != "STORE_CORRUPT":
                raise
            said = str(error).partition(". Run the ingest")[0]
            try:
                self._index = signature_index.read(signature_index.copy_of(self._path))
                self.mended.append(f"{said}; rebuilt from its copy")
            except (DamagedError, OSError):
                self._index = {}
                self.mended.append(
                    f"{said}, and so is its copy; started afresh: load your own studies from their manifests again"
                )
            self._commit()

    def _entry(self, key: str) -> Entry:
        try:
            return self.index[key]
        except KeyError:
            raise UnknownTermError(key, "signature") from None

    def _put(self, key: str, kind: str, arrays: dict[str, np.ndarray], meta: dict) -> str:
        identity = kg.signatures.arrays.identity_of(key, kind, meta)
        sha = kg.signatures.arrays.name_of(identity, arrays)
        folder = self.root / "objects" / sha
        wrong = self._wrong(folder, identity)
        if wrong is not None:
            index = self.index
            with self._writing():
                if not self._path.exists():
                    signature_index.write(self._path, index)
                kg.signatures.arrays.write(folder, arrays)
            if wrong:
                self.mended.append(f"{key}: {wrong}; written again")
        entry = Entry(sha, kind, meta)
        if self.index.get(key) != entry:
            self.index[key] = entry
            self._commit()
        return sha

    @staticmethod
    def _wrong(folder: Path, identity: str) -> str | None:
        """None: the object is there, whole. Empty: it is not there."""
        try:
            kg.signatures.arrays.read(folder, identity)
        except FileNotFoundError:
            return ""
        except (DamagedError, OSError) as error:
            return str(error)
        return None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise not_writable(f"signatures to {self.root}", error) from error

    def _commit(self) -> None:
        self._version = ""
        if not self._batching:
            with self._writing():
                signature_index.write(self._path, self.index)

    def _open(self, key: str, kind: str) -> tuple[Arrays, dict]:
        entry = self._entry(key)
        if entry.kind != kind:
            raise UnknownTermError(key, kind)
        folder = self.root / "objects" / entry.sha
        try:
            arrays = kg.signatures.arrays.read(folder, kg.signatures.arrays.identity_of(key, kind, entry.meta))
        except (DamagedError, FileNotFoundError, NotADirectoryError) as error:
            raise corrupt(f"{kind} {key}: {error}", f"{kind} {key}") from error
        except OSError as error:
            raise unreadable(f"{kind} {key}", error) from error
        return arrays, entry.meta


def corrupt(what: str, about: str = "") -> StoreError:
    return StoreError(
        f"{what}. Run the ingest again, with the manifest if it is your own study: it rebuilds only this",
        code="STORE_CORRUPT",
        about=about,
    )


def unreadable(what: str, error: OSError) -> StoreError:
    return StoreError(
        f"{what} cannot be read: {error}. Give this user permission to read it, or check the disk",
        code="STORE_UNREADABLE",
    )
