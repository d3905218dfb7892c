"""Private spaces: a user's uploads and the output of their jobs, in a folder of their own.

``<home>/spaces/<owner>/`` of mode 0700 holds ``uploads/<32 hex>/`` and ``jobs/<32 hex>/``. An owner is identified by
sixteen digits of a hash of the name, so that names do not appear in paths, the graph or logs.
"""

import hashlib
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from kg.errors import KgError, UnknownTermError
from kg.files.whole import not_writable
from kg.store.driver import home

LOCAL = "anonymous"
"""The local user: the command line, and a server without tokens."""
_HEX = re.compile(r"[0-9a-f]{32}")
_OWNER = re.compile(r"[0-9a-f]{16}")
_GONE = ".gone-"


@dataclass(frozen=True)
class Space:
    """``root``: the folder; ``owner``: sixteen hexadecimal digits."""

    root: Path
    owner: str

    @classmethod
    def of(cls, name: str, home_folder: Path | None = None) -> "Space":
        """The space of an owner, given by name; no folder is created."""
        return cls.owned_by(hashlib.sha256(name.encode()).hexdigest()[:16], home_folder)

    @classmethod
    def owned_by(cls, owner: str, home_folder: Path | None = None) -> "Space":
        if not _OWNER.fullmatch(owner):
            raise ValueError(f"{owner!r} is not an owner")
        return cls(spaces(home_folder) / owner, owner)

    def job_folder(self, job: str) -> Path:
        """Folder of a job, given by its id or the digits of its id. Raises UnknownTermError."""
        digits = job.rpartition("/")[2] if job.startswith("orthokg:job/") else job
        if not _HEX.fullmatch(digits):
            raise UnknownTermError(job[:80], "job")
        return self.root / "jobs" / digits

    def upload_folder(self, upload: str) -> Path:
        """Raises UnknownTermError."""
        if not _HEX.fullmatch(upload):
            raise UnknownTermError(upload[:80], "upload")
        return self.root / "uploads" / upload

    def make(self, *below: str) -> Path:
        """Creates the folder ``below`` and its parents within the spaces, each accessible by its owner only. Raises
        StoreError STORE_FULL, STORE_NOT_WRITABLE."""
        folder = self.root.parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in (self.root.name, *below):
                folder = folder / name
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise not_writable(str(folder), error) from error
        return folder

    def used(self) -> int:
        """Total size in bytes."""
        return _size(self.root)

    def need_room(self, more: int, most_mb: int) -> None:
        """Raises KgError QUOTA if ``more`` bytes would exceed ``most_mb`` MB."""
        used, most = self.used(), most_mb << 20
        if used + more > most:
            raise KgError(
                f"Your space uses {used / 1e6:,.0f} of {most / 1e6:,.0f} MB, and this needs {more / 1e6:,.1f} MB"
                " more: delete uploads or jobs that you no longer need.",
                code="QUOTA",
            )


def spaces(home_folder: Path | None = None) -> Path:
    return (home_folder or home()) / "spaces"


def fresh() -> str:
    """A new name: 32 random hexadecimal digits."""
    return secrets.token_hex(16)


def remove(folder: Path) -> bool:
    """Deletes a folder and its contents. It is renamed first, so that nobody finds it half deleted. False if there is
    none."""
    aside = folder.with_name(f"{_GONE}{fresh()}")
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return False
    shutil.rmtree(aside, ignore_errors=True)
    return True


def remove_left(folder: Path) -> None:
    """Deletes what an interrupted :func:`remove` left behind."""
    for each in folder.glob(f"{_GONE}*"):
        shutil.rmtree(each, ignore_errors=True)


def _size(folder: Path) -> int:
    """Size in bytes; a file with two hard links counts once."""
    sizes: dict[int, int] = {}
    for at, _, names in os.walk(folder):
        for name in names:
            try:
                found = os.lstat(os.path.join(at, name))
            except FileNotFoundError:
                continue
            sizes[found.st_ino] = found.st_size
    return sum(sizes.values())
