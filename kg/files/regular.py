"""Files that others name and made: regular ones alone, for a pipe or a device may have no end, and whatever a library
says against one is an error of the file."""

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


def need_file(path: Path) -> Path:
    """The path itself, of a regular file, perhaps behind a link.

    Raises:
        ContractError: MISSING_FILE, or NOT_A_FILE for a pipe, device or socket.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder") from None
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        fix = "check its name, folder and permissions"
        raise broken("MISSING_FILE", str(path)[:300], "the file can be opened", found, fix) from None
    if kind == stat.S_IFDIR:
        raise broken("MISSING_FILE", str(path), "the file must exist", "a folder", "name a file in it")
    if kind != stat.S_IFREG:
        fix = "save its output to a file, and name that file"
        raise broken("NOT_A_FILE", str(path), "the file is a regular file", _KINDS.get(kind, "something else"), fix)
    return path


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
