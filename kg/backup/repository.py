"""A folder of backups: manifests by name, and the objects that they share.

    FOLDER/BACKUP.json            what it is, and its form
    FOLDER/snapshots/<name>.json  one manifest each
    FOLDER/objects/               see :mod:`kg.backup.objects`

The folder is its owner's alone: it holds what licences keep, and the hashes of tokens.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.backup.manifest import FORMAT, Kept, Manifest, check_format, is_name
from kg.backup.objects import Objects
from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.files.synced import SCRAP, sync_folder, unwritable, write_whole

MARK = "BACKUP.json"
_WHAT = "backups of orthokg"


class Repository:
    def __init__(self, folder: Path, *, verify: bool = False):
        self.folder = folder.absolute()
        self.objects = Objects(self.folder, verify=verify)
        self._snapshots = self.folder / "snapshots"

    @classmethod
    def create(cls, folder: Path, *, verify: bool = False) -> "Repository":
        """A new one, or one that is there. Raises ContractError (ARGUMENT) for a folder that holds something else."""
        made = cls(folder, verify=verify)
        mark = made.folder / MARK
        try:
            if made.folder.exists() and (
                not made.folder.is_dir() or (not mark.exists() and any(_foreign(made.folder)))
            ):
                fix = "name a new folder, or one of earlier backups"
                raise ContractError(
                    [Issue(str(folder), "a folder of backups, or none yet", "something else", fix)], code="ARGUMENT"
                )
            made.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            made.folder.chmod(0o700)
            for inside in (made._snapshots, made.objects.folder):
                inside.mkdir(mode=0o700, exist_ok=True)
            if not mark.exists():
                write_whole(mark, json.dumps({"what": _WHAT, "format": FORMAT}).encode() + b"\n")
        except OSError as error:
            raise unwritable(made.folder, error) from error
        return cls.open(folder, verify=verify)

    @classmethod
    def open(cls, folder: Path, *, verify: bool = False) -> "Repository":
        """Raises ContractError (MISSING_FILE) where there is none, KgError BACKUP_FORMAT for one of a newer form."""
        made = cls(folder, verify=verify)
        mark = made.folder / MARK
        try:
            told = json.loads(mark.read_bytes())
            number = told["format"]
            if told["what"] != _WHAT:
                raise ValueError(told["what"])
        except (OSError, ValueError, TypeError, KeyError):
            fix = "name a folder that  orthokg backup  made"
            raise ContractError(
                [Issue(str(folder), f"a folder of backups holds {MARK}", "none that can be read", fix)],
                code="MISSING_FILE",
            ) from None
        check_format(number, mark)
        for path in (made._snapshots, made.objects.folder, *made.objects.folder.glob("??")):
            if path.is_symlink():
                fix = "copy the backup with its files, not with links to them"
                raise ContractError(
                    [Issue(str(path), "a backup holds its own files", "a link", fix)], code="BACKUP_DAMAGED"
                )
        return made

    def names(self) -> list[str]:
        """Names of the backups, oldest first where they are named by time."""
        return sorted(path.stem for path in self._snapshots.glob("*.json") if is_name(path.stem))

    def path(self, name: str) -> Path:
        return self._snapshots / f"{name}.json"

    def manifest(self, name: str | None = None) -> Manifest:
        """Of one backup; None: the newest. Raises UnknownTermError, KgError EMPTY."""
        known = self.names()
        if not known:
            raise KgError(f"{self.folder} holds no completed backup: make one with  orthokg backup", code="EMPTY")
        if name is not None and name not in known:
            raise UnknownTermError(name, "backup", suggestions=tuple(known[-5:]))
        return Manifest.read(self.path(name or known[-1]))

    def of_release(self, kept: Kept) -> Manifest:
        """The manifest of a kept release that a backup holds."""
        return Manifest.unpack(self.objects.get(kept.sha256, kept.bytes), self.objects.path(kept.sha256))

    def everything(self, manifest: Manifest) -> Iterator[Kept]:
        """All objects of a backup, those of its kept releases with them."""
        yield from manifest.objects()
        for kept in manifest.releases.values():
            yield from self.of_release(kept).objects()

    def damage(self, manifest: Manifest) -> list[Issue]:
        """Every object of it that is not what its name says; all bytes are read."""
        first = [self.objects.wrong(each.sha256, each.bytes) for each in manifest.releases.values()]
        if any(first):
            return [issue for issue in first if issue]
        unique = {each.sha256: each for each in self.everything(manifest)}
        found = (self.objects.wrong(each.sha256, each.bytes) for each in unique.values())
        return [issue for issue in found if issue]

    def add(self, name: str, manifest: Manifest) -> None:
        manifest.write(self.path(name))

    def drop(self, name: str) -> int:
        """Takes a backup away, with what nothing else names; returns the bytes that are free now."""
        self.path(name).unlink(missing_ok=True)
        sync_folder(self._snapshots)
        return self.sweep()

    def sweep(self) -> int:
        """Removes what no manifest names. While one of them is damaged nothing goes, for what it names is not known."""
        for left in self._snapshots.glob(f"{SCRAP}*"):
            left.unlink()
        try:
            return self.objects.sweep(self._named())
        except ContractError:
            return 0

    def surplus(self) -> list[Path]:
        """Objects that no manifest names; none while one of them is damaged, for what it names is not known."""
        try:
            return self.objects.surplus(self._named())
        except ContractError:
            return []

    def _named(self) -> set[str]:
        return {each.sha256 for name in self.names() for each in self.everything(self.manifest(name))}

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time. Raises KgError BUSY."""
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise KgError(f"another backup is being written to {self.folder}: wait for it", code="BUSY") from None
        finally:
            os.close(lock)


def _foreign(folder: Path) -> Iterator[Path]:
    """What is there and is not what a killed beginning leaves."""
    return (
        path
        for path in folder.iterdir()
        if path.name not in ("snapshots", "objects") and not path.name.startswith(SCRAP)
    )
