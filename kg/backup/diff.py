"""What differs between two kept releases, match by match, and by which source, table or method: read from their rows
alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import isclose
from pathlib import Path
from typing import Any

from kg.backup.chunks import rows_of
from kg.backup.kept import repository_of
from kg.backup.manifest import Manifest
from kg.backup.repository import Repository
from kg.match.compared import LEVELS
from kg.signatures import index as signature_index

SMALLEST = 1e-9  # a share of p
_NODES = ("Match", "Contrast", "Dataset", "DiseaseState", "NoiseReference", "Source")
_EDGES = ("MATCH_OF", "POOL_OF", "POOLS", "NOISE_FROM", "SUPPORTED_BY", "GIVEN", "GIVEN_MODEL", "COHORT")
_SETS = tuple({reads for level in LEVELS.values() for reads in level.reads})
_EVERY = ("orthologs/", "genes/", "gene-names/")
Properties = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """``change``: new, gone, status, p or changes; ``by``: the sources, tables or the method that differ, the nearest
    first."""

    match: str
    change: str
    mouse: str
    human: str
    level: str
    policy: str
    before: str
    after: str
    by: tuple[str, ...]


@dataclass
class Side:
    """One release. ``ends``: (type, subject) -> (object, properties); ``objects``: id of a signature or table -> its
    hash."""

    manifest: Manifest
    objects: dict[str, str]
    nodes: dict[str, dict[str, Properties]] = field(default_factory=lambda: defaultdict(dict))
    ends: dict[tuple[str, str], list[tuple[str, Properties]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, repository: Repository, manifest: Manifest) -> "Side":
        index = manifest.files.get("signatures/index.json")
        known = signature_index.read(repository.objects.path(index.sha256)) if index else {}
        made = cls(manifest, {key: entry.sha for key, entry in known.items()})
        for group in manifest.graph:
            if group.ends is None and group.what in _NODES:
                for (row,) in rows_of(group, repository.objects):
                    made.nodes[group.what][row["id"]] = row
            elif group.ends and group.what in _EDGES:
                for subject, target, row in rows_of(group, repository.objects):
                    made.ends[group.what, subject].append((target, row))
        return made

    def sides(self, match: str) -> tuple[str, str]:
        """Contrasts of the model and of the human side."""
        found = {row.get("side"): target for target, row in self.ends["MATCH_OF", match]}
        return found.get("mouse", ""), found.get("human", "")

    def cohorts(self, contrast: str) -> set[str]:
        return {contrast} | {target for target, _ in self.ends["POOLS", contrast]}

    def changes(self, match: str) -> list[tuple[str, str]]:
        """(feature, direction) in the order in which they are listed."""
        rows = sorted(self.ends["SUPPORTED_BY", match], key=lambda found: (found[1].get("rank", 0), found[0]))
        return [(target, row.get("direction", "")) for target, row in rows]

    @cached_property
    def pool_of(self) -> dict[str, str]:
        return {
            target: subject for (kind, subject), found in self.ends.items() if kind == "POOL_OF" for target, _ in found
        }

    def others(self, match: str) -> set[str]:
        """Contrasts that stand in the match as another state or model, with their cohorts."""
        pools = {self.pool_of.get(state, state) for state, _ in self.ends["GIVEN", match]}
        models = {target for target, _ in self.ends["GIVEN_MODEL", match]}
        return {cohort for contrast in pools | models for cohort in self.cohorts(contrast)}


def differences(home: Path, one: str, other: str) -> list[Difference]:
    """From release ``one`` to ``other``, both kept in this home. Raises KgError NOT_KEPT."""
    a, b = (Side.read(*repository_of(home, name)) for name in (one, other))
    why, made = Why(a, b), []
    known = [side.nodes["Match"] for side in (a, b)]
    for match in sorted(known[0].keys() | known[1].keys()):
        was, now = (nodes.get(match) for nodes in known)
        if found := _change(was, now, a.changes(match), b.changes(match)):
            side = b if now else a
            mouse, human = (_label(side, contrast) for contrast in side.sides(match))
            facts = now or was or {}
            by = tuple(dict.fromkeys(why.of(match, facts)))
            made.append(
                Difference(
                    match, found[0], mouse, human, facts.get("level", ""), facts.get("policy", ""), *found[1:], by
                )
            )
    return made


def _change(was: Properties | None, now: Properties | None, before: list, after: list) -> tuple[str, str, str] | None:
    """(what differs, before, after)."""
    if was is None or now is None:
        told = [_verdict(each) for each in (was, now)]
        return ("new" if was is None else "gone", told[0], told[1])
    if was.get("status") != now.get("status"):
        return "status", _verdict(was), _verdict(now)
    one, two = was.get("p"), now.get("p")
    if (one is None) != (two is None) or (
        one is not None and two is not None and not isclose(one, two, rel_tol=SMALLEST)
    ):
        return "p", _verdict(was), _verdict(now)
    if before != after:
        gone, new = len(set(before) - set(after)), len(set(after) - set(before))
        told = (
            f"{len(after)} changes, {new} new and {gone} gone"
            if gone or new
            else f"{len(after)} changes in another order"
        )
        return "changes", f"{len(before)} changes", told
    return None


def _verdict(match: Properties | None) -> str:
    if match is None:
        return "not there"
    p = match.get("p")
    return f"{match.get('status', '')}, p {'none' if p is None else f'{p:.6g}'}"


@dataclass
class Why:
    """By what a match differs between two releases."""

    a: Side
    b: Side

    def of(self, match: str, facts: Properties) -> Iterator[str]:
        """Inputs that differ; the method where none does."""
        found = [*self._inputs(match, facts.get("level", "gene"))]
        yield from found
        methods = [side.nodes["Match"].get(match, {}).get("method") for side in (self.a, self.b)]
        codes = [
            side.nodes["Source"].get("derived", {}).get("version", "").partition("; cards ")[0]
            for side in (self.a, self.b)
        ]
        if not found:
            told = f" ({methods[0]} -> {methods[1]})" if None not in methods and methods[0] != methods[1] else ""
            yield (
                f"the method{told}"
                if not told and codes[0] == codes[1]
                else f"the method{told or f' ({codes[0]} -> {codes[1]})'}"
            )
        elif None not in methods and methods[0] != methods[1]:
            yield f"the method ({methods[0]} -> {methods[1]})"

    def _inputs(self, match: str, level: str) -> Iterator[str]:
        sides = [side.sides(match) for side in (self.a, self.b)]
        mice, humans = ({pair[at] for pair in sides if pair[at]} for at in (0, 1))
        for contrast in sorted(mice):
            yield from self._contrast(contrast)
        for pool in sorted(humans):
            one, two = self.a.cohorts(pool), self.b.cohorts(pool)
            yield from (f"{self._of(c)} joined the pool" for c in sorted(two - one - {pool}))
            yield from (f"{self._of(c)} left the pool" for c in sorted(one - two - {pool}))
            for cohort in sorted(one & two):
                yield from self._contrast(cohort)
        prefixes = (*_EVERY, *(LEVELS[level].reads if level in LEVELS else _SETS))
        yield from (f"the table {key}" for key in self._other_objects if key.startswith(prefixes))
        for contrast in sorted(self.a.others(match) | self.b.others(match)):
            yield from (f"another state or model: {why}" for why in self._contrast(contrast))

    def _contrast(self, contrast: str) -> Iterator[str]:
        """Its data, its facts, and what lends it noise."""
        if any(key == contrast or key.startswith(f"{contrast}#") for key in self._other_objects):
            yield f"the data of {self._of(contrast)}"
        elif told := self._fields("Contrast", contrast):
            yield f"{', '.join(told)} of {self._of(contrast)}"
        lenders = [{target for target, _ in side.ends["NOISE_FROM", contrast]} for side in (self.a, self.b)]
        if lenders[0] != lenders[1]:
            names = [
                ", ".join(_label(side, each, "NoiseReference") for each in sorted(found)) or "none"
                for side, found in zip((self.a, self.b), lenders, strict=True)
            ]
            yield f"the noise of {self._of(contrast)} is lent by {names[1]} in place of {names[0]}"
        for reference in sorted(lenders[0] & lenders[1]):
            if reference in self._other_objects or self._fields("NoiseReference", reference):
                yield (
                    f"the reference {_label(self.b, reference, 'NoiseReference')}, which lends noise to"
                    f" {self._of(contrast)}"
                )

    def _fields(self, label: str, key: str) -> list[str]:
        one, two = (side.nodes[label].get(key, {}) for side in (self.a, self.b))
        return sorted(
            name for name in one.keys() | two.keys() if name not in ("run", "source") and one.get(name) != two.get(name)
        )

    def _of(self, contrast: str) -> str:
        """The contrast by its label, and the source that it is of, with the versions where they differ."""
        side = self.b if contrast in self.b.nodes["Contrast"] else self.a
        source = side.nodes["Contrast"].get(contrast, {}).get("source", "")
        versions = [each.nodes["Source"].get(source, {}).get("version", "") for each in (self.a, self.b)]
        told = f", {versions[0] or 'none'} -> {versions[1] or 'none'}" if versions[0] != versions[1] else ""
        return f"{_label(side, contrast)} (source {source}{told})" if source else _label(side, contrast)

    @cached_property
    def _other_objects(self) -> list[str]:
        keys = self.a.objects.keys() | self.b.objects.keys()
        return sorted(key for key in keys if self.a.objects.get(key) != self.b.objects.get(key))


def _label(side: Side, key: str, kind: str = "Contrast") -> str:
    return side.nodes[kind].get(key, {}).get("label") or key
