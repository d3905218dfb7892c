"""A built reference as objects of a version, and back."""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.atlas.policy import AtlasPolicy, policy_of
from ingest.method.mapping.engine import Built
from ingest.method.mapping.pack import Arrays, Facts, pack, parts, unpack
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.version import Manifest, canonical
from kg.errors import broken

_KEYS = {"model": "model/closed-form", "statistics": "statistics/all", "quality": "calibration"}
"""Part of a built reference -> object of the version; others have their own name."""
_FACTS = "facts.json"


def put_built(objects: ObjectStore, built: Built) -> dict[str, Entry]:
    """An object for each part."""
    held: dict[str, tuple[Arrays, Facts]] = {}
    for part, (arrays, facts) in parts(*pack(built)).items():
        a, f = held.setdefault(_KEYS.get(part, part), ({}, {}))
        a.update(arrays)
        f.update(facts)
    return {key: objects.put(to_bytes(arrays, facts)) for key, (arrays, facts) in held.items()}


def built_of(objects: ObjectStore, manifest: Manifest) -> Built:
    """Raises StoreError STORE_CORRUPT or STORE_UNREADABLE of a damaged or lacking object, ContractError PICKLED."""
    arrays: Arrays = {}
    facts: Facts = {}
    for key in ("model/closed-form", "embedding", "statistics/all", "tree", "calibration"):
        if (entry := manifest.objects.get(key)) is not None:
            a, f = from_bytes(objects.read(entry.sha256), key)
            arrays |= a
            facts |= f
    return unpack(arrays, facts)


def put_policy(objects: ObjectStore, policy: AtlasPolicy) -> Entry:
    return objects.put(canonical(policy.model_dump(mode="json", by_alias=True)))


def stored_policy(objects: ObjectStore, manifest: Manifest) -> AtlasPolicy:
    return policy_of(json.loads(objects.read(manifest.objects["policy"].sha256)))


def to_bytes(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> bytes:
    """An ``.npz`` of the arrays, with the facts as JSON in ``facts.json``; the same for the same content."""
    body = np.frombuffer(canonical(dict(facts)), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)}, **{_FACTS: body})
    return buffer.getvalue()


def from_bytes(data: bytes, name: str) -> tuple[Arrays, Facts]:
    """Raises ContractError PICKLED where an array could only be read by running code, OBJECT for what is no such
    file."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            arrays = {each: held[each] for each in held.files}
    except ValueError as error:
        if "allow_pickle" in str(error):
            fix = "take the atlas from where it was made, or build it again"
            raise broken("PICKLED", name, "arrays are plain numbers; nothing is unpickled", error, fix) from error
        raise broken("OBJECT", name, "it is an archive of arrays", error, "restore the atlas of a backup") from error
    return arrays, json.loads(arrays.pop(_FACTS).tobytes())
