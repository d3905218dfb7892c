"""A built reference to objects of a version, and back."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.atlas.policy import AtlasPolicy, policy_of
from ingest.method import scanvi
from ingest.method.mapping.engine import Built
from ingest.method.mapping.pack import Arrays, Facts, pack, parts, unpack
from ingest.method.mapping.pack import from_bytes as unpack_bytes
from ingest.method.mapping.pack import to_bytes as pack_bytes
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.version import Manifest, canonical

_KEYS = {"model": "model/closed-form", "statistics": "statistics/all", "quality": "calibration"}
"""Part of a built reference -> object of the version; others have their own name."""
_FACTS = "facts.json"
WEIGHTS, MODEL_CARD = "model/scanvi", "model/scanvi-card"


def put_built(objects: ObjectStore, built: Built) -> dict[str, Entry]:
    """One object for each part."""
    held: dict[str, tuple[Arrays, Facts]] = {}
    for part, (arrays, facts) in parts(*pack(built)).items():
        a, f = held.setdefault(_KEYS.get(part, part), ({}, {}))
        a.update(arrays)
        f.update(facts)
    return {key: objects.put(to_bytes(arrays, facts)) for key, (arrays, facts) in held.items()}


def built_of(objects: ObjectStore, manifest: Manifest) -> Built:
    """Raises StoreError STORE_CORRUPT or STORE_UNREADABLE if an object is damaged or missing, ContractError PICKLED."""
    arrays: Arrays = {}
    facts: Facts = {}
    for key in ("model/closed-form", "embedding", "statistics/all", "tree", "calibration"):
        if (entry := manifest.objects.get(key)) is not None:
            a, f = from_bytes(objects.read(entry.sha256))
            arrays |= a
            facts |= f
    return unpack(arrays, facts)


def put_model(objects: ObjectStore, model: scanvi.Model) -> dict[str, Entry]:
    """The weights and the card of a model that makes the space."""
    weights, card = scanvi.to_bytes(model)
    return {WEIGHTS: objects.put(weights), MODEL_CARD: objects.put(card)}


def model_of(objects: ObjectStore, manifest: Manifest) -> scanvi.Model | None:
    """The model; None if the space has a closed form. Raises ContractError PICKLED, REFERENCE_LAYOUT."""
    if (weights := manifest.objects.get(WEIGHTS)) is None:
        return None
    return scanvi.from_bytes(objects.read(weights.sha256), objects.read(manifest.objects[MODEL_CARD].sha256))


def put_policy(objects: ObjectStore, policy: AtlasPolicy) -> Entry:
    return objects.put(canonical(policy.model_dump(mode="json", by_alias=True)))


def stored_policy(objects: ObjectStore, manifest: Manifest) -> AtlasPolicy:
    return policy_of(json.loads(objects.read(manifest.objects["policy"].sha256)))


def to_bytes(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> bytes:
    """An ``.npz`` of the arrays, with the facts as JSON in ``facts.json``; the same for the same content."""
    return pack_bytes({**arrays, _FACTS: np.frombuffer(canonical(dict(facts)), np.uint8)}, {})[0]


def from_bytes(data: bytes) -> tuple[Arrays, Facts]:
    """Raises ContractError PICKLED where an array could only be read by running code."""
    arrays, _ = unpack_bytes(data, b"{}")
    return arrays, json.loads(arrays.pop(_FACTS).tobytes())
