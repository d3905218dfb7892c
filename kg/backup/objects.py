"""Files named by the hash of what they hold: written once, under another name until they are whole, and read by their
hash.

    FOLDER/objects/<first two digits>/<sha256>

What is there already is not written again; a reader compares the hash of every byte it gives.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from kg.errors import ContractError, Issue
from kg.files.synced import SCRAP, Made, open_regular, private, sync_folder

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
        with open_regular(path) as source:
            sha, size = hashlib.file_digest(source, "sha256").hexdigest(), os.fstat(source.fileno()).st_size
            if self._has(sha, size):
                return sha, size
            private(self.folder, self.path(sha).parent)
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
            with open_regular(path) as file:
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
        """Removes unreferenced objects and leftovers of killed writers; returns the number of bytes removed."""
        freed = 0
        for path in [*self.surplus(named), *self.folder.glob(f"{SCRAP}*")]:
            freed += path.lstat().st_size
            path.unlink()
        return freed

    def surplus(self, named: Iterable[str]) -> list[Path]:
        """Objects that are not among ``named``."""
        kept = set(named)
        return [path for path in self.folder.glob("??/*") if path.name not in kept]

    def _has(self, sha: str, size: int) -> bool:
        path = self.path(sha)
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == size and not (self.verify and self.wrong(sha, size))

    def _made(self, sha: str) -> Made:
        return Made(self.path(sha), self.folder)

    def _counted(self, size: int) -> None:
        self.written += 1
        self.written_bytes += size


def damaged(issues: list[Issue]) -> ContractError:
    return ContractError(issues, code="BACKUP_DAMAGED")


def _issue(path: Path, found: str) -> Issue:
    fix = "take this file from another copy of the backup, or restore an earlier one (--snapshot)"
    return Issue(
        str(path), "BACKUP_DAMAGED: a file of a backup holds the bytes that its name is the sha256 of", found, fix
    )


def _linked(path: Path, place: Path) -> bool:
    try:
        os.link(path, place, follow_symlinks=False)
    except FileExistsError:  # one that is damaged: it is rewritten
        return False
    except OSError:
        return False
    sync_folder(place.parent)
    return True
