"""Files named by the hash of what they hold: written once, under another name until they are whole, and read by their
hash.

    FOLDER/objects/<first two digits>/<sha256>

What is there already is not written again; a reader compares the hash of every byte it gives.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from kg.errors import ContractError, Issue, StoreError

PIECE = 1 << 20


class Objects:
    """``written`` and ``written_bytes``: what this writer added."""

    def __init__(self, folder: Path, *, verify: bool = False):
        self.folder, self.verify = folder / "objects", verify
        self.written = self.written_bytes = 0

    def path(self, sha: str) -> Path:
        return self.folder / sha[:2] / sha

    def put(self, data: bytes) -> str:
        """The hash under which these bytes are kept."""
        sha = hashlib.sha256(data).hexdigest()
        if not self._has(sha, len(data)):
            with self._made(sha) as file:
                file.write(data)
            self._counted(len(data))
        return sha

    def put_file(self, path: Path, *, link: bool = False) -> tuple[str, int]:
        """(hash, bytes) of a regular file. ``link``: share its blocks, where it never changes and the disk is the
        same."""
        with _regular(path) as source:
            sha, size = hashlib.file_digest(source, "sha256").hexdigest(), os.fstat(source.fileno()).st_size
            if self._has(sha, size):
                return sha, size
            _private(self.folder, self.path(sha).parent)
            if not (link and _linked(path, self.path(sha))):
                source.seek(0)
                with self._made(sha) as file:
                    shutil.copyfileobj(source, file, PIECE)
        self._counted(size)
        return sha, size

    def get(self, sha: str, size: int) -> bytes:
        """The bytes. Raises ContractError BACKUP_DAMAGED, which names the file."""
        wrong = self.wrong(sha, size)
        if wrong:
            raise damaged([wrong])
        return self.path(sha).read_bytes()

    def wrong(self, sha: str, size: int) -> Issue | None:
        """What is wrong with this object, if anything: every byte is read."""
        path = self.path(sha)
        try:
            with _regular(path) as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                held = os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            return _issue(path, "no file")
        except OSError as error:
            return _issue(path, error.strerror or str(error))
        if found != sha:
            return _issue(path, f"{held:,} bytes of {size:,}" if held != size else f"bytes of sha256 {found[:12]}…")
        return None

    def sweep(self, named: Iterable[str]) -> int:
        """Removes what nothing names, and what a killed writer left; returns the bytes."""
        kept, freed = set(named), 0
        for path in [*self.folder.glob("??/*"), *self.folder.glob(".new-*")]:
            if path.name not in kept:
                freed += path.lstat().st_size
                path.unlink()
        return freed

    def _has(self, sha: str, size: int) -> bool:
        path = self.path(sha)
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == size and not (self.verify and self.wrong(sha, size))

    def _made(self, sha: str) -> "_Made":
        return _Made(self.path(sha), self.folder)

    def _counted(self, size: int) -> None:
        self.written += 1
        self.written_bytes += size


class _Made:
    """A file that has its name when all of it lies on the disk."""

    def __init__(self, path: Path, scratch: Path):
        self.path, self.scratch = path, scratch

    def __enter__(self) -> BinaryIO:
        try:
            _private(self.scratch, self.path.parent)
            handle, name = tempfile.mkstemp(dir=self.scratch, prefix=".new-")
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.made, self.file = Path(name), os.fdopen(handle, "wb")
        return self.file

    def __exit__(self, kind: object, error: object, _: object) -> None:
        try:
            with self.file:
                if error is None:
                    self.file.flush()
                    os.fsync(self.file.fileno())
            if error is None:
                os.replace(self.made, self.path)
                sync_folder(self.path.parent)
        except OSError as failed:
            raise unwritable(self.path, failed) from failed
        finally:
            self.made.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritable(self.path, error) from error


def write_whole(path: Path, data: bytes) -> None:
    """A file of mode 0600 that takes the place of an earlier one when all of it lies on the disk."""
    with _Made(path, path.parent) as file:
        file.write(data)


def _private(*folders: Path) -> None:
    """There, each its owner's alone; a parent comes before what is in it."""
    for folder in folders:
        folder.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot write {path}: {error.strerror or error}. Free space, or name another folder, and run the same again: "
        "what was whole stays",
        code="STORE_FULL",
    )


def damaged(issues: list[Issue]) -> ContractError:
    return ContractError(issues, code="BACKUP_DAMAGED")


def _issue(path: Path, found: str) -> Issue:
    fix = "take this file from another copy of the backup, or restore an earlier one (--snapshot)"
    return Issue(
        str(path), "BACKUP_DAMAGED: a file of a backup holds the bytes that its name is the sha256 of", found, fix
    )


def _regular(path: Path) -> BufferedReader:
    """Open for reading what is a file and no link to one."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "no regular file")
    return os.fdopen(handle, "rb")


def _linked(path: Path, place: Path) -> bool:
    try:
        os.link(path, place, follow_symlinks=False)
    except FileExistsError:  # one that is damaged: it is written anew
        return False
    except OSError:
        return False
    sync_folder(place.parent)
    return True
