"""Uploaded files, written straight to disk; an interrupted upload can be resumed.

``uploads/<id>/facts.json`` holds what was announced, ``data`` the bytes received so far. An upload is complete when all
bytes are there and match the announced checksum, if there was one.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kg.errors import KgError, UnknownTermError, broken
from kg.files.whole import not_writable, replace
from kg.jobs.arguments import UPLOAD
from kg.jobs.kinds import KINDS
from kg.jobs.limits import JobLimits
from kg.jobs.space import Space, fresh, remove

SUFFIXES = tuple(sorted({suffix for kind in KINDS.values() for file in kind.files for suffix in file.suffixes}))
_BLOCK = 1 << 20
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Upload:
    """``received`` of ``size`` bytes; ``sha256``: as announced, or of the received data once ``complete``; ``when``:
    time of the announcement, ISO 8601 in UTC."""

    id: str
    name: str
    size: int
    received: int
    sha256: str
    complete: bool
    when: str

    @property
    def suffix(self) -> str:
        return suffix_of(self.name)


def suffix_of(name: str) -> str:
    return Path(name.lower()).suffix


def begin(space: Space, name: str, size: int, sha256: str = "", *, limits: JobLimits | None = None) -> Upload:
    """Announces a file of ``size`` bytes. Raises ContractError UPLOAD_TYPE, UPLOAD_SIZE or UPLOAD_CHECKSUM (malformed);
    KgError QUOTA; StoreError."""
    bounds = limits or JobLimits.read(os.environ)
    _need_name(name)
    most = bounds.upload_mb << 20
    if not 0 < size <= most:
        fix = f"send a file of 1 to {most:,} bytes" if size else "send a file that is not empty"
        raise broken("UPLOAD_SIZE", name, f"a file has 1 to {most:,} bytes", f"{size:,}", fix)
    sha256 = sha256.lower()
    if sha256 and (len(sha256) != 64 or set(sha256) - set("0123456789abcdef")):
        fix = "send the sha256 of the file, or omit it"
        raise broken("UPLOAD_CHECKSUM", name, "a sha256 has 64 hexadecimal digits", sha256[:80], fix)
    coming = sum(each.size - each.received for each in uploads(space))
    space.need_room(coming + size, bounds.space_mb)
    made = Upload(fresh(), name, size, 0, sha256, False, datetime.now(UTC).isoformat(timespec="milliseconds"))
    folder = space.make("uploads", made.id)
    try:
        (folder / "data").touch(mode=0o600)
        _keep(folder, made)
    except OSError as error:
        raise not_writable(str(folder), error) from error
    return made


def _need_name(name: str) -> None:
    bad = not name.isprintable() or "/" in name or "\\" in name or name.startswith(".")
    if bad or not 0 < len(name.encode()) <= _LONGEST_NAME:
        fix = "send the file name without its folder"
        raise broken("UPLOAD_TYPE", "name", f"a name of 1 to {_LONGEST_NAME} bytes", repr(name)[:120], fix)
    if suffix_of(name) not in SUFFIXES:
        found = suffix_of(name) or "none"
        fix = f"send {', '.join(SUFFIXES)}; unpack compressed files (.gz, .zip) first"
        raise broken("UPLOAD_TYPE", name, "the suffix of the name states the file type", found, fix)


def upload_of(space: Space, key: str) -> Upload:
    """One upload. Raises UnknownTermError, also for another owner's upload."""
    folder = space.upload_folder(key)
    try:
        facts = json.loads((folder / "facts.json").read_bytes())
        received = (folder / "data").stat().st_size
    except FileNotFoundError:
        raise UnknownTermError(key, "upload") from None
    return Upload(key, facts["name"], facts["size"], received, facts["sha256"], facts["complete"], facts["when"])


def uploads(space: Space) -> list[Upload]:
    """Uploads of an owner, oldest first."""
    made = []
    for folder in (space.root / "uploads").glob("*"):
        if UPLOAD.fullmatch(folder.name):
            try:
                made.append(upload_of(space, folder.name))
            except UnknownTermError:
                continue
    return sorted(made, key=lambda each: (each.when, each.id))


def data_of(space: Space, key: str) -> Path:
    """Path of the data. Raises UnknownTermError; KgError UPLOAD_OFFSET if the upload is not complete."""
    found = upload_of(space, key)
    if not found.complete:
        raise _offset(found)
    return space.upload_folder(key) / "data"


def delete(space: Space, key: str) -> None:
    """Deletes an upload from disk, even if a job is reading it, which then fails. Raises UnknownTermError."""
    try:
        data = (space.upload_folder(key) / "data").stat()
    except FileNotFoundError:
        raise UnknownTermError(key, "upload") from None
    for path in (space.root / "jobs").glob("*/input/*/*"):
        if path.exists() and os.path.samestat(path.stat(), data):
            path.unlink(missing_ok=True)
    if not remove(space.upload_folder(key)):
        raise UnknownTermError(key, "upload")


def append(space: Space, key: str, offset: int, chunks: Iterable[bytes]) -> Upload:
    """Writes all ``chunks`` with :func:`appending` and returns the upload."""
    with appending(space, key, offset) as write:
        for chunk in chunks:
            write(chunk)
    return upload_of(space, key)


@contextmanager
def appending(space: Space, key: str, offset: int) -> Iterator[Callable[[bytes], None]]:
    """Yields a function that writes the next bytes, from ``offset`` on, which must equal the bytes received so far.
    Written bytes are kept even after an error; the last byte completes the upload.

    Raises UnknownTermError; KgError UPLOAD_OFFSET (it states the correct offset), UPLOAD_BUSY (another client is
    sending it); ContractError UPLOAD_SIZE for more bytes than announced, UPLOAD_CHECKSUM for a different checksum, in
    which case the data are deleted.
    """
    found, folder = upload_of(space, key), space.upload_folder(key)
    try:
        file = (folder / "data").open("r+b")
    except FileNotFoundError:
        raise UnknownTermError(key, "upload") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KgError("Another client is sending this upload: wait until it ends.", code="UPLOAD_BUSY") from None
        found = upload_of(space, key)
        if found.complete or offset != found.received:
            if found.complete and offset == found.size:
                yield lambda _: _too_long(found)
                return
            raise _offset(found)
        file.seek(offset)
        at = offset

        def write(chunk: bytes) -> None:
            nonlocal at
            if at + len(chunk) > found.size:
                _too_long(found)
            try:
                file.write(chunk)
            except OSError as error:
                raise not_writable("an upload", error) from error
            at += len(chunk)

        try:
            yield write
        finally:
            try:
                file.flush()
                os.fsync(file.fileno())
            except OSError as error:
                raise not_writable("an upload", error) from error
        if at == found.size and folder.exists():
            _complete(folder, found)


def _too_long(found: Upload) -> None:
    fix = "announce the actual size"
    raise broken("UPLOAD_SIZE", found.name, f"{found.size:,} bytes were announced", "more", fix)


def _complete(folder: Path, found: Upload) -> None:
    made = digest(folder / "data")
    if found.sha256 and made != found.sha256:
        remove(folder)
        fix = "the data were deleted: send them again"
        raise broken("UPLOAD_CHECKSUM", found.name, f"its sha256 is {found.sha256}", made, fix)
    _keep(folder, Upload(found.id, found.name, found.size, found.size, made, True, found.when))


def digest(path: Path) -> str:
    made = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            made.update(block)
    return made.hexdigest()


def _offset(found: Upload) -> KgError:
    if found.complete:
        return KgError("This upload is already complete.", code="UPLOAD_OFFSET")
    return KgError(
        f"This upload continues at byte {found.received} of {found.size}: send the bytes from there on.",
        code="UPLOAD_OFFSET",
    )


def _keep(folder: Path, made: Upload) -> None:
    facts = {
        "name": made.name,
        "size": made.size,
        "sha256": made.sha256,
        "complete": made.complete,
        "when": made.when,
    }
    replace(folder / "facts.json", json.dumps(facts).encode())
    (folder / "facts.json").chmod(0o600)
