"""The format of a home, in its own file, so that an older OrthoKG leaves alone what a newer one made."""

import hashlib
import re
from importlib.metadata import version
from pathlib import Path

from kg.files.whole import DamagedError, newer, not_writable, replace

FILE, FORMAT = "home.json", 1
_FORM = re.compile(r'\{"format": (\d{1,9}), "written_by": "([\w.+-]{1,40})", "sha256": "([0-9a-f]{64})"\}\n', re.ASCII)


def check(home: Path) -> None:
    """Raises StoreError STORE_NEWER; DamagedError for a file that is not OrthoKG's. A home without one is of format
    1."""
    path = home / FILE
    try:
        found = _FORM.fullmatch(path.read_bytes().decode("latin1"))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise DamagedError(f"{path}: {error}") from error
    if found is None or found[3] != _sha256(found[1], found[2]):
        raise DamagedError(f"{path}: its content is not what its checksum says")
    if int(found[1]) > FORMAT:
        raise newer(path, int(found[1]), FORMAT)


def prepare(home: Path) -> bool:
    """Make the home, with its format; whether a damaged one was rewritten. Raises StoreError: STORE_NEWER,
    STORE_NOT_WRITABLE, STORE_FULL."""
    path, damaged = home / FILE, False
    try:
        check(home)
        if path.exists():
            return False
    except DamagedError:
        damaged = True
    by = version("orthokg")
    try:
        home.mkdir(parents=True, exist_ok=True)
        text = f'{{"format": {FORMAT}, "written_by": "{by}", "sha256": "{_sha256(str(FORMAT), by)}"}}\n'
        replace(path, text.encode())
    except OSError as error:
        raise not_writable(f"the home {home}", error) from error
    return damaged


def refuse_newer(home: Path) -> None:
    """Raises StoreError STORE_NEWER. A damaged file is reported by ``orthokg verify``, and rewritten by an ingest."""
    try:
        check(home)
    except DamagedError:
        return


def _sha256(form: str, by: str) -> str:
    return hashlib.sha256(f"{form}\n{by}".encode()).hexdigest()
