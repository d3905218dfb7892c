"""Stacks of sides in files of the home: they are memory-mapped, so that no process holds a copy.

    <home>/blocks/<data version>-<key>/   vectors.bin, masks.bin, factors.bin (raw arrays) and facts.json, with a
    checksum of each

A stack is made once for a data version, catalogue, code, kind and space, under a temporary name, and renamed when it is
whole: of two that are made at once, which are the same, the second is discarded. It is checked when a process first
opens it, and rebuilt if it is damaged. Those of another data version are removed when one is made, and so are the
oldest of more than ``MOST``; what a process that was killed had begun is removed when a block is next opened or made.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from kg.match.masked import Row, Stack, centred_over
from kg.sides.basis import basis, cards_of
from kg.sides.workspace import Workspace

FORMAT, MOST = 1, 16
_NEW = ".new-"
_PIECE = 2**22
_making = threading.Lock()
_checked: set[tuple[str, str]] = set()
Facts = dict[str, Any]


@dataclass(frozen=True)
class Block:
    """``stack``: None where no side can be tested; ``facts``: what the maker said of all sides."""

    stack: Stack | None
    facts: Facts


def place_of(ws: Workspace) -> Path:
    return ws.signatures.root.parent / "blocks"


def block(
    ws: Workspace, kind: str, features: int, make: Callable[[], tuple[Iterable[Row], Callable[[], Facts]]]
) -> Block:
    """The block of a kind (which names all that it depends on beside the graph). ``make``: its rows, and what is to be
    said of them once all were made. Raises OSError where the home cannot be written."""
    version = ws.signatures.version
    words = (FORMAT, basis(ws.catalog, version), cards_of(ws.catalog), kind, features)
    home = place_of(ws)
    folder = home / f"{version}-{hashlib.sha256(repr(words).encode()).hexdigest()[:16]}"
    with _making:
        _sweep_begun(home)
        if (found := _opened(folder, features)) is not None:
            return found
        shutil.rmtree(folder, ignore_errors=True)
        _write(folder, *make())
        _sweep(home, version, folder)
        made = _opened(folder, features)
    if made is None:
        raise OSError(f"{folder} was changed while it was written")
    return made


def _opened(folder: Path, features: int) -> Block | None:
    """None where it is not there, or is not what its facts say."""
    try:
        head, _, body = (folder / "facts.json").read_bytes().partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != head:
            return None
        facts = json.loads(body)
        if (str(folder), head.decode()) not in _checked:
            for name, digest in facts["sha256"].items():
                with (folder / name).open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                        return None
            _checked.add((str(folder), head.decode()))
        arrays = [
            _mapped(folder / f"{name}.bin", dtype, features)
            for name, dtype in (("vectors", np.float32), ("masks", np.bool_), ("factors", np.float32))
        ]
    except (OSError, ValueError, KeyError):
        return None
    vectors, masks, factors = arrays
    if not len(vectors):
        return Block(None, facts["said"])
    side, of, square = (np.array(facts[name]) for name in ("side", "factor", "square"))
    stack = Stack(
        vectors,
        masks,
        np.array(facts["mask_of"]),
        np.array(facts["df"]),
        factors,
        np.array(facts["starts"]),
        (side.astype(np.int64), of.astype(np.int64), square.astype(float)),
    )
    return Block(stack, facts["said"])


def _mapped(path: Path, dtype: Any, features: int) -> NDArray[Any]:
    rows = path.stat().st_size // (np.dtype(dtype).itemsize * features)
    return np.memmap(path, dtype, "r", shape=(rows, features)) if rows else np.zeros((0, features), dtype)


def _write(folder: Path, rows: Iterable[Row], said: Callable[[], Facts]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _begun(folder.parent) as made:
        with (
            (made / "vectors.bin").open("wb") as vectors,
            (made / "masks.bin").open("wb") as masks,
            (made / "factors.bin").open("wb") as factors,
        ):
            facts = _rows(rows, vectors, masks, factors)
        names = ("vectors.bin", "masks.bin", "factors.bin")
        body = json.dumps({**facts, "sha256": {name: _sha256(made / name) for name in names}, "said": said()}).encode()
        (made / "facts.json").write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise


@contextmanager
def _begun(home: Path) -> Generator[Path]:
    """A folder that is this process's for as long as it lives: it holds a lock on it."""
    while True:
        made = Path(tempfile.mkdtemp(dir=home, prefix=_NEW))
        with _locked(made) as ours:
            if not ours:  # who sweeps was there first
                continue
            try:
                yield made
            finally:
                shutil.rmtree(made, ignore_errors=True)
            return


def _sweep_begun(home: Path) -> None:
    """Removes what nobody is making any more."""
    for left in home.glob(f"{_NEW}*"):
        with _locked(left) as ours:
            if ours:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Generator[bool]:
    """Whether the folder is there and nobody else had it."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = folder.exists()
        except OSError:
            ours = False
        yield ours
    finally:
        os.close(handle)


def _rows(rows: Iterable[Row], vectors: IO[bytes], masks: IO[bytes], factors: IO[bytes]) -> Facts:
    known: dict[str, int] = {}
    seen: dict[str, int] = {}
    facts: Facts = {"mask_of": [], "df": [], "starts": [0], "side": [], "factor": [], "square": []}
    for at, row in enumerate(rows):
        vectors.write(centred_over(row.vector[None], row.mask).tobytes())
        name = hashlib.sha256(row.mask.tobytes()).hexdigest()
        if name not in seen:
            seen[name] = len(seen)
            masks.write(row.mask.tobytes())
        facts["mask_of"].append(seen[name])
        facts["df"].append(int(row.df))
        for key, factor, square in row.factors:
            if key not in known:
                known[key] = len(known)
                factors.write(np.ascontiguousarray(factor, np.float32).tobytes())
                facts["starts"].append(facts["starts"][-1] + len(factor))
            facts["side"].append(at)
            facts["factor"].append(known[key])
            facts["square"].append(float(square))
    return facts


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(home: Path, version: str, keep: Path) -> None:
    there = [path for path in home.iterdir() if path.is_dir() and not path.name.startswith(".") and path != keep]
    old = [path for path in there if not path.name.startswith(f"{version}-")]
    same = sorted((path for path in there if path not in old), key=lambda path: path.stat().st_mtime)
    for path in (*old, *same[: max(0, len(same) + 1 - MOST)]):
        shutil.rmtree(path, ignore_errors=True)
