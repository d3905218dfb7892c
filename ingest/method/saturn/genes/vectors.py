"""Vectors of genes from a file: SATURN's ``.pt``/``.torch`` dictionary, npz, parquet or safetensors; nothing is
unpickled."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.files.frames import broken
from kg.files.regular import need_file, reading
from kg.signatures.store import Strings

_FIX = "see ingest/README.md for the four formats of gene embeddings"


@dataclass(frozen=True)
class GeneEmbedding:
    """``names``: genes of one species; several names of one gene may each be a row; ``vectors``: genes x dimensions,
    finite; ``kind``: what made them, as cards and answers name it; ``sha256``: of the file."""

    names: Strings
    vectors: NDArray[np.float32]
    kind: str
    sha256: str = ""

    def rows(self, *columns: Strings) -> NDArray[np.int64]:
        """Row of each gene, by the first of its names that is known (symbol or Ensembl id, ignoring case and version);
        -1: none."""
        exact = {str(name): i for i, name in reversed(list(enumerate(self.names)))}
        loose = {_loose(name): i for name, i in reversed(list(exact.items()))}
        found = np.full(len(columns[0]), -1)
        for column in columns:
            for i in np.flatnonzero(found < 0):
                name = str(column[i])
                found[i] = exact.get(name, loose.get(_loose(name), -1) if name else -1)
        return found


def _loose(name: str) -> str:
    """The name in upper case, an Ensembl id without its version."""
    upper = name.upper()
    return upper.split(".", 1)[0] if upper.startswith("ENS") else upper


def read_embedding(path: Path, kind: str = "protein language model") -> GeneEmbedding:
    """Read a file of gene embeddings; the extension determines the format.

    Raises:
        ContractError: MISSING_FILE, NOT_A_FILE, UNKNOWN_FORMAT, UNSAFE_FILE, or BAD_EMBEDDING (no vectors, lengths that
        differ, NaN).
    """
    need_file(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise broken("UNKNOWN_FORMAT", path.name, f"an embedding is {', '.join(READERS)}", path.suffix or "none", _FIX)
    with reading(path, "a gene embedding", f"copy the file again, and compare its checksum; {_FIX}", "BAD_EMBEDDING"):
        names, vectors, told = reader(path)
    faults = [
        (len(names) == 0, "holds genes", "none"),
        (vectors.ndim != 2 or len(vectors) != len(names), "has one vector per gene", f"{len(names)} x {vectors.shape}"),
        (not np.isfinite(vectors).all(), "holds numbers", "NaN or Inf"),
    ]
    for wrong, rule, found in faults:
        if wrong:
            raise broken("BAD_EMBEDDING", path.name, f"a gene embedding {rule}", found, _FIX)
    return GeneEmbedding(names, vectors, told or kind, hashlib.sha256(path.read_bytes()).hexdigest())


def write_embedding(path: Path, embedding: GeneEmbedding) -> Path:
    """Writes an npz that says what made it; creates its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, genes=embedding.names, vectors=embedding.vectors, kind=np.array(embedding.kind))
    return path


Read = tuple[Strings, NDArray[np.float32], str]


def _torch(path: Path) -> Read:
    import pickle

    from ingest.method.saturn.extra import torch

    try:
        loaded = torch().load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        told = re.search(r"(GLOBAL \S+)", str(error)) or re.search(r"(.+)", str(error))
        first = told[1][:160] if told else type(error).__name__
        fix = "save a plain dictionary of gene name -> tensor; anything else in a pickle is never run"
        raise broken("UNSAFE_FILE", path.name, "a .pt file holds names and tensors alone", first, fix) from None
    if not isinstance(loaded, dict) or not loaded:
        raise broken(
            "BAD_EMBEDDING", path.name, "a .pt file is a dictionary gene -> vector", type(loaded).__name__, _FIX
        )
    return _of_dict({str(k): np.asarray(v, np.float32).ravel() for k, v in loaded.items()}, path)


def _of_dict(vectors: dict[str, NDArray[np.float32]], path: Path) -> Read:
    sizes = {len(v) for v in vectors.values()}
    if len(sizes) > 1:
        raise broken("BAD_EMBEDDING", path.name, "all vectors have one length", sorted(sizes)[:5], _FIX)
    return np.array(list(vectors), dtype=str), np.stack(list(vectors.values())), ""


def _npz(path: Path) -> Read:
    try:
        with np.load(path, allow_pickle=False) as file:
            there = {name: file[name] for name in file.files}
    except ValueError as error:
        fix = "save names as text (dtype str), not as Python objects"
        raise broken("UNSAFE_FILE", path.name, "an npz holds no pickled objects", str(error)[:160], fix) from None
    names = [there[n] for n in ("genes", "names", "gene") if n in there]
    vectors = [v for v in there.values() if v.ndim == 2]
    if not names or not vectors:
        found = {k: v.shape for k, v in there.items()}
        raise broken("BAD_EMBEDDING", path.name, "an npz holds 'genes' and a matrix genes x dimensions", found, _FIX)
    told = str(there["kind"]) if "kind" in there else ""
    return names[0].astype(str), vectors[0].astype(np.float32), told


def _parquet(path: Path) -> Read:
    import pandas as pd

    frame = pd.read_parquet(path)
    text = [c for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])]
    names = frame[text[0]] if text else frame.index
    if len(text) > 1:
        raise broken(
            "BAD_EMBEDDING", path.name, "one column of names, and one of numbers for each dimension", text, _FIX
        )
    vectors = frame.drop(columns=text).to_numpy(np.float32)
    return np.asarray(names.astype(str), dtype=str), vectors, ""


def _safetensors(path: Path) -> Read:
    from ingest.method.saturn.extra import safetensors

    loaded = safetensors().load_file(path)
    return _of_dict({k: np.asarray(v, np.float32).ravel() for k, v in loaded.items()}, path)


READERS: dict[str, Callable[[Path], Read]] = {
    ".pt": _torch,
    ".torch": _torch,
    ".npz": _npz,
    ".parquet": _parquet,
    ".safetensors": _safetensors,
}
