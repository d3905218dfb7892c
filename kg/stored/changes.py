"""What became of stored verdicts between two times, and by which cohort, reference or contrast."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isclose
from typing import TextIO

from kg.sides.catalog import ContrastInfo, ReferenceInfo, StateInfo, facts
from kg.stored.standing import NUMBERS, Standing, Stored
from kg.tables.spreadsheet import quoted

SMALLEST, SMALLEST_SCORE = 1e-9, 1e-12  # a share of the number; for a score near 0 also by itself
MOST_LINES, MOST_CAUSES = 20, 3
KINDS = ("flipped", "gone", "moved", "new")
_WORDS = {
    "flipped": "verdict flipped",
    "gone": "match gone",
    "moved": "match with another score, p or q",
    "new": "match new",
}
_COLUMNS = ("change", "match", "mouse", "human", "level", "policy", "disease", "status_before", "status_after")


@dataclass(frozen=True)
class Changed:
    """``kind`` of ``KINDS``; ``before`` is None of what is new, ``after`` of what is gone; ``causes``: the nearest
    first."""

    kind: str
    before: Stored | None
    after: Stored | None
    causes: tuple[str, ...]

    @property
    def match(self) -> Stored:
        match = self.after or self.before
        assert match is not None
        return match

    def text(self) -> str:
        """One line for people."""
        m = self.match
        told = f"{m.mouse_label} x {m.human_label} ({m.level} level, {m.policy}, asked under {m.disease})"
        by = "; ".join(self.causes[:MOST_CAUSES]) + (
            f"; and {len(self.causes) - MOST_CAUSES} more" if len(self.causes) > MOST_CAUSES else ""
        )
        if self.before is None or self.after is None:
            return f"{self.kind}: {m.status}  {told}: {by}"
        status = self.before.status if self.kind == "moved" else f"{self.before.status} -> {self.after.status}"
        return (
            f"{self.kind}: {status}  {told}, {', '.join(_numbers(self.before, self.after)) or 'numbers as they were'}:"
            f" {by}"
        )


def _numbers(a: Stored, b: Stored) -> Iterator[str]:
    names = {"score": "r", "axes_out_score": "axes-out r", "axes_out_p": "axes-out p", "exploratory_p": "exploratory p"}
    for name in moved(a, b):
        one, two = getattr(a, name), getattr(b, name)
        told = ["none" if value is None else f"{value:.3g}" for value in (one, two)]
        yield (
            f"{names.get(name, name)} {told[0]} -> {told[1]}"
            if told[0] != told[1]
            else f"{names.get(name, name)} moved by less than is shown"
        )


def moved(a: Stored, b: Stored) -> list[str]:
    """Which numbers differ by more than 1e-9 of themselves."""
    made = []
    for name in NUMBERS:
        one, two = getattr(a, name), getattr(b, name)
        if (one is None) != (two is None) or (
            one is not None
            and not isclose(one, two, rel_tol=SMALLEST, abs_tol=SMALLEST_SCORE if "score" in name else 0.0)
        ):
            made.append(name)
    return made


@dataclass(frozen=True)
class Changes:
    """``first``: there were no stored verdicts before."""

    rows: tuple[Changed, ...] = ()
    first: bool = False

    def lines(self) -> list[str]:
        """For the terminal: what changed, at most 20 matches by name."""
        if not self.rows:
            return ["no stored verdict changed"]
        counts = Counter(row.kind for row in self.rows)
        if self.first:
            return [f"{counts['new']} verdicts, the first of this graph"]
        head = ", ".join(f"{counts[kind]} {_plural(_WORDS[kind], counts[kind])}" for kind in KINDS if counts[kind])
        shown = [f"  {row.text()}" for row in self.rows[:MOST_LINES]]
        rest = [f"  … and {len(self.rows) - MOST_LINES} more"] if len(self.rows) > MOST_LINES else []
        return [f"what changed: {head}", *shown, *rest]

    def write(self, out: TextIO) -> None:
        """All of it as a table, each row with its causes."""
        table = csv.writer(out, delimiter="\t", lineterminator="\n")
        table.writerow([*_COLUMNS, *(f"{name}_{when}" for name in NUMBERS for when in ("before", "after")), "by"])
        for row in self.rows:
            m = row.match
            sides = (row.before, row.after)
            numbers = [
                "" if s is None or (v := getattr(s, name)) is None else repr(v) for name in NUMBERS for s in sides
            ]
            statuses = ["" if s is None else s.status for s in sides]
            cells = [
                row.kind,
                m.id,
                m.mouse_label,
                m.human_label,
                m.level,
                m.policy,
                m.disease,
                *statuses,
                *numbers,
                "; ".join(row.causes),
            ]
            table.writerow(map(quoted, cells))


def _plural(words: str, n: int) -> str:
    first, _, rest = words.partition(" ")
    many = {"match": "matches", "verdict": "verdicts"}[first]
    return words if n == 1 else f"{many} {rest}"


def changes(before: Standing, after: Standing) -> Changes:
    """Flipped verdicts first, then what is gone, moved and new."""
    why, made = _Causes(before, after), []
    for key in sorted(before.matches.keys() | after.matches.keys()):
        a, b = before.matches.get(key), after.matches.get(key)
        if a is None or b is None:
            kind = "new" if a is None else "gone"
        elif a.status != b.status:
            kind = "flipped"
        elif moved(a, b):
            kind = "moved"
        else:
            continue
        made.append(Changed(kind, a, b, tuple(dict.fromkeys(why.of(a, b)))))
    made.sort(
        key=lambda row: (
            KINDS.index(row.kind),
            row.match.mouse_label,
            row.match.human_label,
            row.match.level,
            row.match.id,
        )
    )
    return Changes(tuple(made), not before.matches)


@dataclass
class _Causes:
    """What differs between two times, looked up for one match after the other."""

    before: Standing
    after: Standing

    def of(self, a: Stored | None, b: Stored | None) -> Iterator[str]:
        match = b or a
        assert match is not None
        sides = (
            a is None
            or b is None
            or bool({"score", "p", "exploratory_p", "axes_out_score", "axes_out_p"} & set(moved(a, b)))
        )
        found = [*self._of_sides(match)] if sides else []
        if a is None or b is None:
            found += self._states(match)
        elif "q" in moved(a, b) or a.family_size != b.family_size:
            found += self._family(match, a, b)
        if a is not None and b is not None and a.axes_source != b.axes_source:
            found.append(
                f"noise axes of {self._lender(b.axes_source) or 'none'} in place of"
                f" {self._lender(a.axes_source) or 'none'}"
            )
        if a is not None and b is not None and a.status != b.status:
            found += self._others(match)
        found += self._everywhere
        yield from found or [
            "an input that is not traced to one contrast: " + ("; ".join(self._loaded) or "the order of sums")
        ]

    def _of_sides(self, match: Stored) -> Iterator[str]:
        yield from self._contrast(match.mouse)
        yield from self._pool(match.state, "the pool of " + match.human_label)
        every = self.before.pools.get(match.state, frozenset()) | self.after.pools.get(match.state, frozenset())
        for contrast in sorted({match.mouse, *every}):
            yield from self._noise(contrast)

    def _contrast(self, contrast: str) -> Iterator[str]:
        one, two = (s.catalog.contrasts.get(contrast) for s in (self.before, self.after))
        if one is None or two is None:
            yield f"{self._label(contrast)} is {'new' if one is None else 'gone'}"
            return
        if self._remade(contrast):
            yield f"{self._label(contrast)} has other data"
        if told := _fields(one, two):
            yield f"{self._label(contrast)} has another {', '.join(told)}"

    def _remade(self, key: str) -> bool:
        """Its vector, or a part of it over factors, is another."""
        parts = {k for k in (*self.before.objects, *self.after.objects) if k == key or k.startswith(f"{key}#")}
        return any(self.before.objects.get(k) != self.after.objects.get(k) for k in parts)

    def _pool(self, state: str, name: str) -> Iterator[str]:
        one, two = (s.pools.get(state, frozenset()) for s in (self.before, self.after))
        yield from (f"{self._label(c)} joined {name}" for c in sorted(two - one))
        yield from (f"{self._label(c)} left {name}" for c in sorted(one - two))
        for cohort in sorted(one & two):
            yield from self._contrast(cohort)

    def _noise(self, contrast: str) -> Iterator[str]:
        one, two = (s.lenders.get(contrast) for s in (self.before, self.after))
        if one != two and two is not None:
            was = f" in place of {self._lender(one)}" if one else ""
            yield f"noise of {self._label(contrast)} is lent by {self._lender(two)}{was}"
        elif two is not None and self._remade(two):
            yield f"{self._lender(two)}, which lends noise to {self._label(contrast)}, has other data"
        elif two is not None and (told := self._card(two)):
            yield f"the card of {self._lender(two)} has another {', '.join(told)}"

    def _card(self, reference: str) -> list[str]:
        one, two = (s.catalog.references.get(reference) for s in (self.before, self.after))
        return _fields(one, two, computed=True) if one and two else []

    def _family(self, match: Stored, a: Stored, b: Stored) -> Iterator[str]:
        size = f" (family of {a.family_size} -> {b.family_size})" if a.family_size != b.family_size else ""
        for state in self._all_states.values():
            if match.disease in state.within and state.id != match.state:
                yield from (f"q: {why}{size}" for why in self._state(state))

    def _states(self, match: Stored) -> Iterator[str]:
        state = self._all_states.get(match.state)
        known = [s.catalog.states.get(match.state) for s in (self.before, self.after)]
        if state and None in known:
            yield f"the state {state.label} is {'new' if known[0] is None else 'gone'}"
        elif state and known[0] != known[1]:
            yield f"the state {state.label} stands elsewhere in the hierarchy of diseases"
        one, two = (s.catalog.contrasts.get(match.mouse) for s in (self.before, self.after))
        if one and two and one.modelled != two.modelled:
            yield f"{self._label(match.mouse)} models other diseases"

    def _others(self, match: Stored) -> Iterator[str]:
        own = self._all_states.get(match.state)
        for state in self._all_states.values():
            if own and state.material == own.material and state.id != own.id and match.disease not in state.within:
                yield from (f"other state: {why}" for why in self._state(state))

    def _state(self, state: StateInfo) -> Iterator[str]:
        yield from self._pool(state.id, f"the pool of {state.label}")
        for cohort in sorted(self.after.pools.get(state.id, frozenset())):
            yield from self._noise(cohort)

    @cached_property
    def _all_states(self) -> dict[str, StateInfo]:
        return self.before.catalog.states | self.after.catalog.states

    @cached_property
    def _everywhere(self) -> list[str]:
        """What every verdict stands on."""
        tables = [
            k
            for k in sorted(self.before.objects.keys() | self.after.objects.keys())
            if k.startswith(("orthologs/", "regulons/", "modules/", "genes/"))
        ]
        made = [f"the table {k} is another" for k in tables if self.before.objects.get(k) != self.after.objects.get(k)]
        return made + (
            ["the method's code is another"] if self.before.code != self.after.code and self.before.code else []
        )

    @cached_property
    def _loaded(self) -> list[str]:
        known = self.before.catalog.contrasts.keys() | self.after.catalog.contrasts.keys()
        return [why for contrast in sorted(known) for why in self._contrast(contrast)]

    def _label(self, contrast: str) -> str:
        found = self.after.catalog.contrasts.get(contrast) or self.before.catalog.contrasts.get(contrast)
        return f"{found.label} ({contrast.removeprefix('orthokg:contrast/')})" if found else contrast

    def _lender(self, reference: str) -> str:
        found = self.after.catalog.references.get(reference) or self.before.catalog.references.get(reference)
        return found.label if found else reference


def _fields(
    one: ContrastInfo | ReferenceInfo, two: ContrastInfo | ReferenceInfo, *, computed: bool = False
) -> list[str]:
    """Names of the fields that differ."""
    pairs = zip(facts(one, computed=computed), facts(two, computed=computed), strict=True)
    return [a.partition("=")[0].replace("_", " ") for a, b in pairs if a != b]
