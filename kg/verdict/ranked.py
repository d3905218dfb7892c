"""Matches in the order of every answer; only those that are read are assembled."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import overload

from kg.records.match import place
from kg.schema.match import Cohort, MatchRecord
from kg.sides.catalog import ContrastInfo

Place = tuple[int, float, float, str]


@dataclass(slots=True)
class Entry:
    """A match that is judged but not assembled. ``apart``: cohorts of its human side that are not pooled, and why;
    ``make`` assembles it, or (thin) what ``kg.verdict.record.THIN`` names of it."""

    id: str
    status: str
    p: float | None
    score: float | None
    apart: tuple[tuple[ContrastInfo | Cohort, str], ...]
    make: Callable[[bool], MatchRecord]

    def record(self, thin: bool) -> MatchRecord:
        made = self.make(thin)
        return made if made.id == self.id else replace(made, id=self.id)

    def named(self, name: str) -> "Entry":
        return Entry(name, self.status, self.p, self.score, self.apart, self.make)

    @property
    def place(self) -> Place:
        return place(self.status, self.p, self.score, self.id)


class Ranked(Sequence[MatchRecord]):
    """Whole matches, each assembled when it is first read; ``places``: where each stands."""

    def __init__(self, entries: Iterable[Entry]):
        placed = sorted(((entry.place, entry) for entry in entries), key=itemgetter(0))
        self._entries = [entry for _, entry in placed]
        self.places = [at for at, _ in placed]
        self._whole: dict[int, MatchRecord] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, at: int) -> MatchRecord: ...
    @overload
    def __getitem__(self, at: slice) -> list[MatchRecord]: ...
    def __getitem__(self, at: int | slice) -> MatchRecord | list[MatchRecord]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        at = range(len(self))[at]
        if at not in self._whole:
            self._whole[at] = self._entries[at].record(thin=False)
        return self._whole[at]

    def thin(self, at: int) -> MatchRecord:
        return self._whole[at] if at in self._whole else self._entries[at].record(thin=True)

    def apart(self) -> Iterator[tuple[str, str]]:
        """Label of each cohort that is not pooled, and why, in the order of the matches: nothing is assembled for
        it."""
        return ((info.label, why) for entry in self._entries for info, why in entry.apart)

    @property
    def entries(self) -> Sequence[Entry]:
        return self._entries


def joined(parts: Iterable[Sequence[MatchRecord]], named: Callable[[str], str]) -> Sequence[MatchRecord]:
    """The matches of several families in the order of one answer, each under the id that ``named`` makes of its own."""
    parts = list(parts)
    if not any(isinstance(part, Ranked) for part in parts):
        records = [replace(record, id=named(record.id)) for part in parts for record in part]
        return tuple(sorted(records, key=lambda r: place(r.status, r.p, r.score, r.id)))
    entries = [entry for part in parts for entry in (part.entries if isinstance(part, Ranked) else map(_entry, part))]
    return Ranked(entry.named(named(entry.id)) for entry in entries)


def _entry(record: MatchRecord) -> Entry:
    apart = tuple((c, c.status) for c in record.cohorts if c.status != "pooled")
    return Entry(record.id, record.status, record.p, record.score, apart, lambda _: record)


def places(matches: Sequence[MatchRecord]) -> list[Place]:
    """Where each match stands in its answer."""
    return matches.places if isinstance(matches, Ranked) else [place(m.status, m.p, m.score, m.id) for m in matches]


def statuses(matches: Sequence[MatchRecord]) -> list[str]:
    """The status of each match; nothing is assembled for it."""
    return (
        [str(entry.status) for entry in matches.entries]
        if isinstance(matches, Ranked)
        else [str(m.status) for m in matches]
    )
