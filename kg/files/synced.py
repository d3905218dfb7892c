"""Files and folders that lie on the disk before anybody is told so: written under another name, synced, renamed."""

import os
import stat
import tempfile
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from kg.errors import StoreError

SCRAP = ".new-"
"""How the name of a file that is not whole yet begins."""


class Made:
    """A file that has its name when all of it lies on the disk; until then it lies in ``scratch``."""

    def __init__(self, path: Path, scratch: Path):
        self.path, self.scratch = path, scratch

    def __enter__(self) -> BinaryIO:
        try:
            private(self.scratch, self.path.parent)
            handle, name = tempfile.mkstemp(dir=self.scratch, prefix=SCRAP)
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
    with Made(path, path.parent) as file:
        file.write(data)


def private(*folders: Path) -> None:
    """There, each its owner's alone; a parent comes before what is in it."""
    for folder in folders:
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_regular(path: Path) -> BufferedReader:
    """Open for reading what is a file and no link to one."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a regular file")
    return os.fdopen(handle, "rb")


def unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot write {path}: {error.strerror or error}. Free space, or name another folder, and run the same again: "
        "what was whole stays",
        code="STORE_FULL",
    )
