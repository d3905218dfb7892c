"""Three-way merges of manifests: what one side changed is taken, what both changed is a conflict, and what is fitted
over all of an atlas is never put together from two sides.

Pure: manifests in, a manifest out. The same changes give the same content id, in whatever order they come.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kg.atlas.objects import Entry
from kg.atlas.version import Manifest
from kg.errors import ContractError, Issue

FITTED = frozenset({"embedding", "calibration", "quality", "statistics/all"})


@dataclass(frozen=True)
class Change:
    """An object that differs: None where a side lacks it."""

    key: str
    old: Entry | None
    new: Entry | None


def is_fitted(key: str) -> bool:
    """Whether an object is made of all studies of a version."""
    return key in FITTED or key.startswith("model/")


def changes(old: Manifest, new: Manifest) -> dict[str, Change]:
    """Objects that differ, by key, sorted."""
    keys = sorted(old.objects.keys() | new.objects.keys())
    made = [Change(key, old.objects.get(key), new.objects.get(key)) for key in keys]
    return {each.key: each for each in made if each.old != each.new}


def three_way(
    base: Manifest,
    ours: Manifest,
    theirs: Manifest,
    told: Callable[[str, Change, Change], str] = lambda *_: "each in its own way",
    again: str = "make the changes of one side again from the other",
    card: Callable[[], Entry] | None = None,
) -> Manifest:
    """What ``ours`` and ``theirs`` both are since ``base``. ``told``: the evidence of a conflict, from its key and both
    changes; ``again``: how fitted objects are made of both sides; ``card``: makes that of both where each side only
    added studies, so that all that is fitted stands.

    Raises ContractError CONFLICT with each object that both changed differently; NEEDS_REFIT with each that is fitted
    over all studies of one side, where the other changed what it is fitted to.
    """
    mine, other = changes(base, ours), changes(base, theirs)
    twice = [key for key in mine if key in other and mine[key].new != other[key].new]
    if conflicts := [key for key in twice if not is_fitted(key)]:
        fix = "agree on one of them, and submit that from where the branch stands"
        rule = "CONFLICT: one side changes an object"
        raise ContractError(
            [Issue(key, rule, told(key, mine[key], other[key]), fix) for key in conflicts], code="CONFLICT"
        )
    stale = sorted({*twice, *_stale(mine, other), *_stale(other, mine)})
    both = card() if card and stale == ["quality"] and _adds(mine) and _adds(other) else None
    if stale and both is None:
        rule = "NEEDS_REFIT: an object that is fitted over all studies is not merged"
        raise ContractError(
            [Issue(key, rule, "both sides changed it, or what it is fitted to", again) for key in stale],
            code="NEEDS_REFIT",
        )
    objects = dict(base.objects)
    for change in (*mine.values(), *other.values()):
        if change.new is None:
            objects.pop(change.key, None)
        else:
            objects[change.key] = change.new
    if both is not None:
        objects["quality"] = both
    return Manifest(base.atlas, base.taxon, objects)


def _adds(side: Mapping[str, Change]) -> bool:
    """Whether a side added studies, with what is counted of each, and wrote its card again."""
    return all(key == "quality" or (change.old is None and not is_fitted(key)) for key, change in side.items())


def _stale(fits: Mapping[str, Change], inputs: Mapping[str, Change]) -> Iterable[str]:
    """Fitted objects of one side, where the other changed something that is not fitted, in another way."""
    moved = any(not is_fitted(key) and fits.get(key) != change for key, change in inputs.items())
    return [key for key in fits if is_fitted(key) and inputs.get(key) != fits[key]] if moved else []
