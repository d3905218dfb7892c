"""The tree of a version: which node stands above each type."""

import json
from typing import Any

import numpy as np

from kg.atlas.objects import ObjectStore
from kg.atlas.version import Manifest

_FACTS, _ADDED = "facts.json", "of."


def parents(objects: ObjectStore, manifest: Manifest) -> dict[str, str]:
    """Type or node -> the node above it, types by the names that the card has, with those that later studies brought;
    as the policy has it where a version keeps no tree. Empty of a flat one."""
    if (entry := manifest.objects.get("tree")) is None:
        return _of_policy(objects, manifest)
    made = {str(child): str(above) for child, above in _facts(objects, entry.sha256).get("tree.parents", ())}
    for name, each in sorted(manifest.named("statistics").items()):
        if name.startswith(_ADDED):
            made |= {child: above for child, above in _facts(objects, each.sha256).get("under", {}).items() if above}
    return made


def _facts(objects: ObjectStore, sha256: str) -> dict[str, Any]:
    """Facts of an object of arrays, of which no other is read; none of an object of another kind."""
    try:
        with objects.open(sha256) as file, np.load(file, allow_pickle=False) as held:
            return json.loads(held[_FACTS].tobytes())
    except (ValueError, OSError, KeyError):
        return {}


def _of_policy(objects: ObjectStore, manifest: Manifest) -> dict[str, str]:
    if (policy := manifest.objects.get("policy")) is None:
        return {}
    try:
        body: Any = json.loads(objects.read(policy.sha256))
    except ValueError:
        return {}
    made = body.get("types") if isinstance(body, dict) else None
    return made if isinstance(made, dict) else {}
