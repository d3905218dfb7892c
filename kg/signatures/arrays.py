"""Arrays of one object of the signature store: a folder of ``.npy``, named by the hash of all that is in it.

The name covers id, kind, facts, and every array with its name, type and shape, so an object is its own checksum. It is
checked when it is first read in a process, and again when a file of it has been changed since: a file holds the one
header that NumPy writes for such an array, the array, and nothing else, so that no bit of it goes unread.
"""

import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kg.files.whole import DamagedError

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(r"\{'descr': '([<|][fiubcUS]\d{1,6})', 'fortran_order': False, 'shape': (\([\d, ]*\)), \} *\n")
_NAME = re.compile(r"[\w.-]+\.npy", re.ASCII)
Arrays = dict[str, np.ndarray]
_checked: dict[tuple[str, str], tuple] = {}


def name_of(identity: str, arrays: Mapping[str, np.ndarray]) -> str:
    """24 hexadecimal digits; ``identity``: of :func:`identity_of`. Raises ValueError for arrays of Python objects."""
    digest = hashlib.sha256(identity.encode())
    for name in sorted(arrays):
        value = np.ascontiguousarray(arrays[name])
        if value.dtype.hasobject:
            raise ValueError(f"{name}: Python objects would need pickle (allow_pickle), which is never used")
        digest.update(f"{name}{value.dtype.str}{value.shape}".encode())
        digest.update(value.data)
    return digest.hexdigest()[:24]


def identity_of(key: str, kind: str, meta: dict) -> str:
    return json.dumps([key, kind, meta], sort_keys=True)


def write(folder: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """The folder is there whole or not at all; what was there under its name goes. Raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    aside = []
    try:
        for name, value in arrays.items():
            _save(made / f"{name}.npy", np.ascontiguousarray(value))
        if os.path.lexists(folder):
            aside.append(Path(tempfile.mkdtemp(dir=folder.parent, prefix=".old-")))
            os.replace(folder, aside[0] / "it")
        os.replace(made, folder)
    finally:
        for left in (*aside, made):
            remove(left)


def _save(path: Path, value: np.ndarray) -> None:
    """As ``np.save`` does, which says nothing of what a full disk cuts off."""
    with path.open("wb") as out:
        np.lib.format.write_array_header_1_0(out, np.lib.format.header_data_from_array_1_0(value))
        out.write(value.data)


def remove(path: Path) -> None:
    """A file, or a folder with all in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        for inside in path.iterdir():
            remove(inside)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def read(folder: Path, identity: str, *, anew: bool = False) -> Arrays:
    """Arrays by name, memory-mapped, that are what ``identity`` and the folder's name say; ``anew``: checked again.

    Raises DamagedError, and OSError for what cannot be read at all.
    """
    files = sorted(entry.name for entry in os.scandir(folder))
    if not files:
        raise DamagedError(f"{folder}: all its arrays are missing")
    arrays: Arrays = {}
    state = []
    for name in files:
        with (folder / name).open("rb") as file:
            found = os.fstat(file.fileno())
            state.append((name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
            if not _NAME.fullmatch(name):
                raise DamagedError(f"{folder / name}: no file of this store")
            arrays[name.removesuffix(".npy")] = _mapped(file, folder / name, found.st_size)
    seen = (str(folder), identity)
    if anew or _checked.get(seen) != tuple(state):
        if (found_name := name_of(identity, arrays)) != folder.name:
            raise DamagedError(
                f"{folder}: its content is {found_name}, so an array of {', '.join(files)} is altered, missing or "
                "from another object"
            )
        _checked[seen] = tuple(state)
    return arrays


def _mapped(file: BinaryIO, path: Path, size: int) -> np.ndarray:
    start = file.read(len(_MAGIC) + 2)
    length = int.from_bytes(start[len(_MAGIC) :], "little")
    header = _HEADER.fullmatch(file.read(length).decode("latin1"))
    if len(start) != len(_MAGIC) + 2 or not start.startswith(_MAGIC) or header is None:
        raise DamagedError(f"{path}: its header is not that of an array ({size:,} bytes)")
    try:
        dtype = np.dtype(header[1])
    except TypeError as error:
        raise DamagedError(f"{path}: {error}") from error
    shape = tuple(int(n) for n in header[2].strip("()").split(",") if n.strip())
    begin = len(start) + length
    due = begin + dtype.itemsize * math.prod(shape)
    if (dtype.str, str(shape)) != (header[1], header[2]):
        raise DamagedError(f"{path}: its header was not written by NumPy")
    if size != due:
        raise DamagedError(f"{path}: {size:,} bytes, where its header says {due:,}")
    return np.memmap(file, dtype=dtype, mode="r", shape=shape, offset=begin)
