"""Converts a built reference to objects of a version, and back."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.atlas.policy import AtlasPolicy, policy_of
from ingest.method import scanvi
from ingest.method.mapping.engine import Built
from ingest.method.mapping.extended import Added, extended
from ingest.method.mapping.heads.correlation import TypeStatistics
from ingest.method.mapping.pack import Arrays, Facts, pack, parts, unpack
from ingest.method.mapping.pack import from_bytes as unpack_bytes
from ingest.method.mapping.pack import to_bytes as pack_bytes
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.version import Manifest, canonical
from kg.errors import broken

KEYS = {"model": "model/closed-form", "statistics": "statistics/all", "quality": "calibration"}
"""Part of a built reference -> object of the version; other parts keep their name."""
FACTS = "facts.json"
_AGAIN = "restore the version from a backup, or rebuild it"
WEIGHTS, MODEL_CARD = "model/scanvi", "model/scanvi-card"
_SUMS = ("n_cells", "sum", "sumsq", "gt0", "gt1", "ge1")
ADDED = "of."
"""``statistics/of.<study>``: cells of a study added to the space after it was built."""


def put_built(objects: ObjectStore, built: Built) -> dict[str, Entry]:
    """Stores each part as one object."""
    held: dict[str, tuple[Arrays, Facts]] = {}
    for part, (arrays, facts) in parts(*pack(built)).items():
        a, f = held.setdefault(KEYS.get(part, part), ({}, {}))
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
    later = [each for name, each in manifest.named("statistics").items() if name.startswith(ADDED)]
    return extended(unpack(arrays, facts), [added_of(objects.read(each.sha256)) for each in later])


def added_to_bytes(added: Added) -> bytes:
    """Types and donors are stored as indices into lists of names."""
    types, code = np.unique(added.types, return_inverse=True)
    donors, donor = np.unique(added.donors, return_inverse=True)
    arrays: Arrays = {
        "points": np.asarray(added.points, np.float32),
        "code": code.astype(np.int32),
        "donor": donor.astype(np.int32),
        **{f"profile.{at}": np.asarray(added.profiles[name]) for at, name in enumerate(sorted(added.profiles))},
    }
    facts: Facts = {
        "study": added.study,
        "types": types.tolist(),
        "donors": donors.tolist(),
        "profiles": sorted(added.profiles),
        "under": dict(sorted(added.under.items())),
    }
    if (found := added.statistics) is not None:
        arrays |= {f"statistics.{name}": getattr(found, name) for name in _SUMS}
        facts |= {"statistics": {"types": list(found.types), "genes": found.genes.tolist()}}
    return to_bytes(arrays, facts)


def added_of(data: bytes) -> Added:
    arrays, facts = from_bytes(data)
    return Added(
        facts["study"],
        arrays["points"],
        np.array(facts["types"], dtype=np.str_)[arrays["code"]],
        np.array(facts["donors"], dtype=np.str_)[arrays["donor"]],
        {name: arrays[f"profile.{at}"] for at, name in enumerate(facts["profiles"])},
        facts["under"],
        added_statistics(arrays, facts),
    )


def added_statistics(arrays: Arrays, facts: Facts) -> TypeStatistics | None:
    """Statistics of an added study; None if it has none."""
    if (named := facts.get("statistics")) is None:
        return None
    genes = np.array(named["genes"], dtype=np.str_)
    return TypeStatistics(tuple(named["types"]), genes, *(arrays[f"statistics.{name}"] for name in _SUMS))


def put_model(objects: ObjectStore, model: scanvi.Model) -> dict[str, Entry]:
    """Stores the weights and the card of a model that makes the space."""
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
    data = objects.read(manifest.objects["policy"].sha256)
    try:
        body = json.loads(data)
        if not isinstance(body, dict):
            raise ValueError(type(body).__name__)
    except ValueError as error:
        raise broken("POLICY", "policy of the version", "a policy is kept as JSON", str(error)[:200], _AGAIN) from error
    return policy_of(body)


def to_bytes(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> bytes:
    """An ``.npz`` of the arrays, with the facts as JSON in ``facts.json``; the same for the same content."""
    return pack_bytes({**arrays, FACTS: np.frombuffer(canonical(dict(facts)), np.uint8)}, {})[0]


def from_bytes(data: bytes) -> tuple[Arrays, Facts]:
    """Arrays and facts of an object. Raises ContractError PICKLED if an array could only be read by unpickling,
    REFERENCE_LAYOUT if the ``.npz`` holds something else."""
    arrays, _ = unpack_bytes(data, b"{}")
    try:
        return arrays, json.loads(arrays.pop(FACTS).tobytes())
    except (KeyError, ValueError) as error:
        rule = f"an object of an atlas holds its facts as JSON in {FACTS}"
        raise broken("REFERENCE_LAYOUT", "object", rule, f"{type(error).__name__}: {error}"[:200], _AGAIN) from error
