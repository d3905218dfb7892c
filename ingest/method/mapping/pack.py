"""Converts a built reference to plain arrays and JSON, and back: nothing is pickled, no code is run, and the same
reference always gives the same bytes."""

import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from ingest.method.mapping.engine import Built
from kg.errors import broken

LAYOUT = 1
Arrays = dict[str, NDArray[Any]]
Facts = dict[str, Any]
_PART = {
    "reference.cells": "embedding",
    "reference.code": "embedding",
    "reference.donor": "embedding",
    "reference.donors": "embedding",
    "latent": "embedding",
    "reference": "model",
    "policy": "model",
    "taxon": "model",
    "layout": "model",
}


def pack(built: Built) -> tuple[Arrays, Facts]:
    """Numeric arrays by dotted name, for ``np.savez``; and JSON values by dotted name."""
    arrays: Arrays = {}
    facts: Facts = {"layout": LAYOUT}
    _put("", built, arrays, facts)
    return arrays, facts


def unpack(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Built:
    """The packed reference. Raises ContractError REFERENCE_LAYOUT if parts are missing or have another layout."""
    if facts.get("layout") != LAYOUT:
        raise broken(
            "REFERENCE_LAYOUT", "reference", f"a stored reference has layout {LAYOUT}", facts.get("layout"),
            "rebuild the version with this release, or open it with the release that wrote it",
        )  # fmt: skip
    try:
        return _take(Built, "", arrays, facts)
    except KeyError as error:
        raise broken(
            "REFERENCE_LAYOUT", "reference", "a stored reference has all its parts", f"no {error.args[0]}",
            "fetch the missing object again, or rebuild the version",
        ) from error  # fmt: skip


def parts(arrays: Arrays, facts: Facts) -> dict[str, tuple[Arrays, Facts]]:
    """The packed reference split into ``embedding``, ``model``, ``statistics``, ``tree``, ``calibration`` and
    ``quality``, which can be stored as separate objects; ``unpack`` takes the union of their arrays and facts."""
    made: dict[str, tuple[Arrays, Facts]] = {}
    for name, array in arrays.items():
        made.setdefault(_part(name), ({}, {}))[0][name] = array
    for name, value in facts.items():
        made.setdefault(_part(name), ({}, {}))[1][name] = value
    return made


def to_bytes(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """An ``.npz`` and a JSON document, the same for the same content."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    return buffer.getvalue(), json.dumps(facts, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


def from_bytes(npz: bytes, document: bytes) -> tuple[Arrays, Facts]:
    """Arrays and facts. Raises ContractError PICKLED if an array could only be read by unpickling."""
    try:
        opened = np.load(io.BytesIO(npz), allow_pickle=False)
        if isinstance(opened, np.ndarray):
            raise ValueError("a single array without a name")
        with opened as held:
            if others := [name for name in held.files if not isinstance(held[name], np.ndarray)]:
                raise ValueError(f"{others[0]} is not an array")
            arrays = {name: held[name] for name in held.files}
    except (ValueError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise broken(
            "PICKLED", "reference arrays", "arrays must be plain numbers; pickled data are not opened", error,
            "copy the reference from where it was built, or rebuild it",
        ) from error  # fmt: skip
    return arrays, json.loads(document)


def _part(name: str) -> str:
    top = name.partition(".")[0]
    return _PART.get(name) or _PART.get(top, top)


def _put(path: str, value: Any, arrays: Arrays, facts: Facts) -> None:
    if is_dataclass(value):
        for each in fields(value):
            _put(f"{path}.{each.name}" if path else each.name, getattr(value, each.name), arrays, facts)
    elif isinstance(value, np.ndarray) and value.dtype.kind == "U":
        facts[path] = {"strings": value.tolist()}
    elif isinstance(value, np.ndarray):
        arrays[path] = value
    elif isinstance(value, float) and not math.isfinite(value):
        facts[path] = {"number": str(value)}
    else:
        facts[path] = value.item() if isinstance(value, np.generic) else value


def _take(kind: Any, path: str, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Any:
    made: dict[str, Any] = {}
    optional = {f.name for f in fields(kind) if f.default is not MISSING or f.default_factory is not MISSING}
    for name, hint in get_type_hints(kind).items():
        at = f"{path}.{name}" if path else name
        if is_dataclass(hint) and name in optional and not any(key.startswith(f"{at}.") for key in (*arrays, *facts)):
            continue
        if is_dataclass(hint):
            made[name] = _take(hint, at, arrays, facts)
        elif at in arrays:
            made[name] = arrays[at]
        elif at in facts or name not in optional:  # fields added since are missing from files of older releases
            made[name] = _read(hint, facts[at])
    return kind(**made)


def _read(hint: Any, value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"strings"}:
        return np.array(value["strings"], dtype=np.str_)
    if isinstance(value, dict) and set(value) == {"number"}:
        return float(value["number"])
    return _tuples(value) if get_origin(hint) is tuple else value


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
