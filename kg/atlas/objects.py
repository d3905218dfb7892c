"""Objects named by the sha256 of their bytes: written once, never changed, checked against their name when first read
in a process. They hold an atlas's arrays and cards, which are not stored in the graph."""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO
from pathlib import Path

from kg.atlas.folder import Folder
from kg.atlas.place import Lying, Place
from kg.errors import StoreError
from kg.files.regular import need_file
from kg.store.driver import home

SHA256 = re.compile(r"[0-9a-f]{64}")
PLACE = "atlas"
DAY_SECONDS = 86_400.0
_checked: dict[str, tuple[object, ...]] = {}


@dataclass(frozen=True)
class Entry:
    """An object: its sha256 and its size in bytes. Raises ValueError for a malformed hash or a negative size."""

    sha256: str
    bytes: int

    def __post_init__(self) -> None:
        if not SHA256.fullmatch(self.sha256) or self.bytes < 0:
            raise ValueError(f"not the sha256 and size of an object: {self.sha256[:80]!r}, {self.bytes}")


class ObjectStore:
    """Objects in one place. ``own``: it lies in the home, which no other graph uses."""

    def __init__(self, location: str | Path, *, own: bool = False):
        self.place, self.own = _place(location), own

    @classmethod
    def of(cls, location: str | Path | None = None, *, home_folder: Path | None = None) -> "ObjectStore":
        """The store at a folder or URL; None: at ``ORTHOKG_ATLAS`` if set, otherwise in ``atlas`` in the home."""
        named = location or os.environ.get("ORTHOKG_ATLAS")
        return cls(named) if named else cls((home_folder or home()) / PLACE, own=True)

    def put(self, data: bytes | Path) -> Entry:
        """Stores bytes, or the contents of a file. An object that exists is kept; a damaged one is rewritten. Raises
        StoreError STORE_FULL, STORE_DOWN."""
        with BytesIO(data) if isinstance(data, bytes) else need_file(data).open("rb") as source:
            sha, size = hashlib.file_digest(source, "sha256").hexdigest(), source.seek(0, os.SEEK_END)
            if self.wrong(sha, size) is None:
                self.place.renew(sha)
            else:
                source.seek(0)
                self.place.write(sha, source)
        if isinstance(data, Path) and (wrong := self.wrong(sha, size)):
            raise StoreError(f"{data} changed while it was read: {wrong}. Store it again", code="STORE_UNREADABLE")
        return Entry(sha, size)

    def has(self, sha: str, size: int | None = None) -> bool:
        """Whether it exists, and with that size in bytes if given; it is not read."""
        with self._told(sha):
            found = self.place.find(sha)
        return found is not None and found.bytes == (found.bytes if size is None else size)

    def read(self, sha: str) -> bytes:
        """The whole object. Raises StoreError as :meth:`open` does."""
        with self.open(sha) as file:
            return file.read()

    def open(self, sha: str) -> BufferedIOBase:
        """Opens it at its beginning. Raises StoreError STORE_CORRUPT if it is missing or its bytes do not give its
        hash, STORE_UNREADABLE if it cannot be read."""
        where = self.place.where(sha)
        with self._told(sha):
            found = self.place.find(sha)
            if found is None:
                raise _corrupt(sha, f"{where} is missing")
            file = self.place.open(sha)
            if _checked.get(where) != found.state:
                if wrong := _differs(file, sha):
                    file.close()
                    raise _corrupt(sha, f"{where} holds {wrong}")
                _checked[where] = found.state
        file.seek(0)
        return file

    @contextmanager
    def _told(self, sha: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            said = error.strerror or str(error)
            raise StoreError(
                f"{self.place.where(sha)} cannot be read: {said}. Give this user permission to read it, or check the "
                "disk",
                code="STORE_UNREADABLE",
            ) from error

    def wrong(self, sha: str, size: int) -> str | None:
        """What is wrong with an object, if anything; every byte is read, even if it was read before."""
        try:
            found = self.place.find(sha)
            if found is None:
                return "nothing"
            if found.bytes != size:
                return f"{max(found.bytes, 0):,} bytes"
            with self.place.open(sha) as file:
                return _differs(file, sha)
        except OSError as error:
            return error.strerror or str(error)

    def all(self) -> Iterator[Lying]:
        """Everything stored there, including files that are not objects and leftovers of killed writers."""
        return self.place.all()

    def surplus(self, named: Iterable[str]) -> list[Lying]:
        """Objects that are not in ``named``."""
        known = set(named)
        return [each for each in self.all() if each.scrap or each.name not in known]

    def sweep(self, named: Iterable[str], *, older: float = DAY_SECONDS) -> int:
        """Removes leftovers of killed writers and, in the home only, unreferenced objects, if they are more than
        ``older`` seconds old (a writer may be about to refer to newer ones). A store outside the home may be shared
        with other graphs, so its objects are kept. Returns the number of bytes removed."""
        freed, until = 0, time.time() - older
        for each in self.surplus(named):
            if each.written <= until and (each.scrap or self.own):
                self.place.remove(each)
                freed += max(each.bytes, 0)
        return freed

    def file(self, sha: str) -> Path | None:
        """Its path on this machine; None in a bucket."""
        return self.place.path(sha) if isinstance(self.place, Folder) else None


def _differs(file: BufferedIOBase, sha: str) -> str | None:
    found = hashlib.file_digest(file, "sha256").hexdigest()
    return None if found == sha else f"bytes of sha256 {found[:12]}…"


def _corrupt(sha: str, what: str) -> StoreError:
    return StoreError(
        f"{what}. Restore it from a backup (orthokg restore), or rebuild the version from the same studies, which"
        " writes exactly this object",
        code="STORE_CORRUPT",
        about=f"object {sha[:12]} of an atlas",
    )


def _place(location: str | Path) -> Place:
    """The place of a folder, or of a URL such as ``s3://bucket/prefix``. Raises StoreError STORE_CHOICE,
    NEEDS_MODELS."""
    text = str(location)
    if "://" not in text:
        return Folder(Path(text).expanduser())
    if text.startswith("file://"):
        return Folder(Path(text.removeprefix("file://")))
    try:
        from kg.atlas.bucket import Bucket
    except ImportError as error:
        raise StoreError(
            f"{text} needs obstore, which is not installed: pip install 'orthokg[s3]'", code="NEEDS_MODELS"
        ) from error
    return Bucket(text)
