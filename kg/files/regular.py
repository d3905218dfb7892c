"""Files that others name and made: regular ones alone, for a pipe or a device may have no end, and whatever a library
says against one is an error of the file."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.errors import ContractError, KgError, broken

AGAIN = "the file is damaged: copy it again and compare its checksum, or write it again from its source"
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


_OF_THE_KERNEL = ("/proc", "/sys")


def need_file(path: Path) -> Path:
    """The path itself, of a regular file that can be read, perhaps behind a link.

    Raises:
        ContractError: MISSING_FILE, NOT_A_FILE for a pipe, device, socket or a file of the kernel, or UNREADABLE for
            what the disk does not give.
    """
    try:
        found = path.stat()
        kind = stat.S_IFMT(found.st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder") from None
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        fix = "check its name, folder and permissions"
        raise broken("MISSING_FILE", str(path)[:300], "the file can be opened", found, fix) from None
    if kind == stat.S_IFDIR:
        raise broken("MISSING_FILE", str(path), "the file must exist", "a folder", "name a file in it")
    what = _KINDS.get(kind, "something else") if kind != stat.S_IFREG else ""
    if what or found.st_dev in _kernel():
        fix = "save its output to a file, and name that file"
        raise broken("NOT_A_FILE", str(path), "the file is a regular file", what or "a file of the kernel", fix)
    try:
        with path.open("rb") as file:
            file.read(1)
    except PermissionError:
        fix = "change its permissions"
        raise broken("MISSING_FILE", str(path), "the file can be read", "no permission", fix) from None
    except OSError as error:
        told, fix = error.strerror or str(error), "check the disk that holds it, or copy it again"
        raise broken("UNREADABLE", str(path), "the disk gives what the file holds", told, fix) from None
    return path


def _kernel() -> set[int]:
    return {os.stat(folder).st_dev for folder in _OF_THE_KERNEL if os.path.isdir(folder)}


@contextmanager
def reading(path: Path, what: str, fix: str = AGAIN, code: str = "UNREADABLE") -> Iterator[None]:
    """What a library raises within becomes a ContractError with the words of the library."""
    try:
        yield
    except KgError:
        raise
    except Exception as error:
        raise unreadable(path, what, error, fix, code) from error


def unreadable(path: Path, what: str, error: Exception, fix: str = AGAIN, code: str = "UNREADABLE") -> ContractError:
    words = str(error).strip().splitlines() or [""]
    return broken(code, path.name, f"{what} can be read", f"{type(error).__name__}: {words[0][:200]}", fix)
