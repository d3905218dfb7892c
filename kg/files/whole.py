"""Files that are written whole or not at all, and what is said of those that are not whole, or of a newer OrthoKG."""

import errno
import os
from pathlib import Path

from kg.errors import StoreError


class DamagedError(Exception):
    """What is wrong with a file, and which."""


def replace(path: Path, content: bytes) -> None:
    """Whole or not at all. Raises OSError."""
    made = path.with_name(f"{path.name}.new")
    try:
        with made.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(made, path)
    except OSError:
        if made.is_file():
            made.unlink()
        raise


def newer(path: Path, found: int, known: int) -> StoreError:
    return StoreError(
        f"{path} was written in format {found} by a newer OrthoKG, and this one reads up to {known}: install that one, "
        "or choose another ORTHOKG_HOME. Nothing was changed.",
        code="STORE_NEWER",
    )


def not_writable(what: str, error: OSError) -> StoreError:
    if error.errno in (None, errno.ENOSPC, errno.EDQUOT, errno.EFBIG):  # NumPy says only how much less it wrote
        remedy, code = "Free space", "STORE_FULL"
    else:
        remedy, code = "Make it writable for this user", "STORE_NOT_WRITABLE"
    return StoreError(
        f"cannot write {what}: {error}. {remedy}, or choose another ORTHOKG_HOME, then run again: what was written"
        " stays valid",
        code=code,
    )
