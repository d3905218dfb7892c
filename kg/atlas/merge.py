"""Three-way merges of manifests: what one side changed is taken, what both changed differently is a conflict, and
objects fitted over the whole atlas are never combined from two sides.

Pure functions of manifests. The same changes give the same content id in any order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kg.atlas.objects import Entry
from kg.atlas.version import Manifest
from kg.errors import ContractError, Issue

FITTED = frozenset({"embedding", "calibration", "quality", "statistics/all"})


@dataclass(frozen=True)
class Change:
    """An object that differs; ``old`` or ``new`` is None if that side lacks it."""

    key: str
    old: Entry | None
    new: Entry | None


def is_fitted(key: str) -> bool:
    """Whether an object is fitted over all studies of a version."""
    return key in FITTED or key.startswith("model/")


def changes(old: Manifest, new: Manifest) -> dict[str, Change]:
    """Objects that differ, keyed and sorted by their key."""
    keys = sorted(old.objects.keys() | new.objects.keys())
    made = [Change(key, old.objects.get(key), new.objects.get(key)) for key in keys]
    return {each.key: each for each in made if each.old != each.new}


def three_way(
    base: Manifest,
    ours: Manifest,
    theirs: Manifest,
    told: Callable[[str, Change, Change], str] = lambda *_: "each changed it differently",
    again: str = "redo the changes of one side on top of the other",
    card: Callable[[], Entry] | None = None,
) -> Manifest:
    """Merges the changes of ``ours`` and ``theirs`` since ``base``. ``told``: describes a conflict, given its key and
    both changes; ``again``: how to refit objects on both sides' studies (the remedy in messages); ``card``: makes the
    combined card if each side only added studies, so that everything fitted is unchanged.

    Raises ContractError CONFLICT listing each object that both changed differently; NEEDS_REFIT listing each object
    that one side fitted over all its studies while the other changed what it was fitted to.
    """
    mine, other = changes(base, ours), changes(base, theirs)
    twice = [key for key in mine if key in other and mine[key].new != other[key].new]
    if conflicts := [key for key in twice if not is_fitted(key)]:
        fix = "agree on one of them, and submit it against the current head of the branch"
        rule = "CONFLICT: only one side may change an object"
        raise ContractError(
            [Issue(key, rule, told(key, mine[key], other[key]), fix) for key in conflicts], code="CONFLICT"
        )
    stale = sorted({*twice, *_stale(mine, other), *_stale(other, mine)})
    both = card() if card and stale == ["quality"] and _adds(mine) and _adds(other) else None
    if stale and both is None:
        rule = "NEEDS_REFIT: an object fitted over all studies cannot be merged"
        raise ContractError(
            [Issue(key, rule, "both sides changed it or the data it was fitted to", again) for key in stale],
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
    """Whether a side only added studies, with their statistics, and rewrote the card."""
    return all(key == "quality" or (change.old is None and not is_fitted(key)) for key, change in side.items())


def _stale(fits: Mapping[str, Change], inputs: Mapping[str, Change]) -> Iterable[str]:
    """Objects fitted by one side, if the other side changed something that is not fitted and did not make the same
    change."""
    moved = any(not is_fitted(key) and fits.get(key) != change for key, change in inputs.items())
    return [key for key in fits if is_fitted(key) and inputs.get(key) != fits[key]] if moved else []
