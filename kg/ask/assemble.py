"""One assembly of every answer: what a question has found, the matches of it that are shown, and what it lacks.

The command line, GraphQL, an uploaded signature, two models compared and a drug all come through here.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import LiteralString

from kg.curate.curation import curations_of
from kg.curie import HUMAN
from kg.match.verdict import Status
from kg.read.nodes import Cursor, Page, Row, window_of
from kg.records.match import UPLOADED, Answer, Gap
from kg.records.pairing import Effect
from kg.release.releases import release_text
from kg.schema.match import MatchRecord
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.store.driver import Store
from kg.stored.pages import Only
from kg.verdict.features import with_every_change
from kg.verdict.ranked import Ranked, places, statuses
from kg.verdict.record import MOST_CHANGES

_MISSING: LiteralString = (
    "MATCH (s:Source) WHERE s.status <> 'loaded' RETURN s.id AS id, s.reason AS reason ORDER BY s.id"
)
Missing = Iterable[tuple[str, str]]
"""Sources that are not loaded: (id, reason)."""


@dataclass(frozen=True)
class Found:
    """What a question has found. ``matches``: in the order of the answer; ``gaps``: what the question itself leaves
    out."""

    question: str
    family: str
    matches: Sequence[MatchRecord]
    gaps: tuple[Gap, ...] = ()


def assembled(
    store: Store,
    ws: Workspace,
    found: Found,
    *,
    first: int | None = None,
    pairing: Effect | None = None,
    every: bool = False,
) -> Answer:
    """The answer, with what curators said of each match. ``first``: only so many matches, and how many more there
    are; ``every``: with all changes of each match."""
    shown = found.matches if first is None else found.matches[:first]
    if every:
        shown = [with_every_change(ws, record) for record in shown]
    listed = shown if every or first is not None else None
    lacking = gaps_of(ws.catalog, missing_sources(store), found.matches, listed)
    matches = shown if isinstance(shown, Ranked) else curated(store, shown)
    gaps = (*found.gaps, *lacking, *later(found.matches, first))
    return Answer(found.question, release_text(store, ws.signatures), found.family, matches, gaps, pairing)


def page_of(
    matches: Sequence[MatchRecord],
    first: int,
    after: Cursor | None = None,
    only: Only | None = None,
    *,
    back: bool = False,
    thin: bool = False,
) -> Page:
    """A page of matches that are sorted as every answer is; each row's node is ``{"record": ...}``. Only these are
    assembled where there are many. ``back``: those before ``after``, or the last. ``thin``: of each only what its own
    pair gives is read (``kg.verdict.record.THIN``)."""
    keys, chosen = places(matches), range(len(matches))
    if only is not None and only.named:
        chosen = [at for at in chosen if only.has(str(matches[at].status), matches[at].specificity)]
    found, more = window_of([keys[at] for at in chosen], first, after, back)
    apart = matches.thin if thin and isinstance(matches, Ranked) else matches.__getitem__
    rows = tuple(Row(keys[at], {"record": apart(at)}) for at in (chosen[i] for i in found))
    return Page(rows, more, len(chosen))


def curated(store: Store, records: Sequence[MatchRecord]) -> tuple[MatchRecord, ...]:
    """The same records, each with what curators said of it."""
    ids = [record.id for record in records if not record.id.startswith(UPLOADED)]
    said = curations_of(store, ids) if ids else {}
    return tuple(replace(record, curations=said[record.id]) if record.id in said else record for record in records)


def leading(answer: Answer, first: int | None) -> Answer:
    """The first matches of an answer in their order, and how many more there are; None: all of them."""
    return replace(answer, matches=answer.matches[:first], gaps=answer.gaps + later(answer.matches, first))


def later(found: Sequence[MatchRecord], first: int | None) -> tuple[Gap, ...]:
    """How many matches of each status come after the first."""
    behind = Counter(statuses(found)[first:]) if first is not None else Counter[str]()
    why = f"the first {first} are shown"
    return tuple(
        Gap("withheld", f"{behind[status]} further matches that are {status}", why, "ask for more, or for all")
        for status in Status
        if behind[status]
    )


def missing_sources(store: Store) -> list[tuple[str, str]]:
    return [(row["id"], row["reason"] or "") for row in store.read(_MISSING)]


def gaps_of(
    catalog: Catalog, missing: Missing, records: Sequence[MatchRecord], shown: Sequence[MatchRecord] | None = None
) -> tuple[Gap, ...]:
    """What an answer lacks. ``shown``: of which matches the changes that are not listed are counted; all, unless they
    are assembled as they are read; then they are counted as they are assembled (:func:`unlisted`)."""
    if isinstance(records, Ranked):
        return gaps(catalog, missing, records.apart(), left_of(shown or ()))
    cohorts = [(c.label, c.status) for r in records for c in r.cohorts]
    return gaps(catalog, missing, cohorts, left_of(records if shown is None else shown))


def gaps(
    catalog: Catalog, missing: Missing, cohorts: Iterable[tuple[str, str]], left: Iterable[tuple[int, str, str]]
) -> tuple[Gap, ...]:
    """What an answer lacks, from sources not loaded, the cohorts of its matches (label, status), and how many changes
    of each match (mouse label, human label) are not listed."""
    found = [
        Gap("missing", source, reason or "not loaded", "orthokg ingest, with a network or ORTHOKG_CACHE")
        for source, reason in missing
    ]
    seen: dict[str, str] = {}
    for label, status in cohorts:
        if status.startswith("untestable"):
            seen.setdefault(label, status.removeprefix("untestable: "))
    found += [Gap("missing", f"noise of {label}", why) for label, why in seen.items()]
    if not any(c.noise == "donors" and c.taxon != HUMAN for c in catalog.contrasts.values()):
        found.append(
            Gap("missing", "counts of animals", "no model has counts of its donors", "ingest counts by a manifest")
        )
    return (*found, *unlisted(left))


def left_of(records: Iterable[MatchRecord]) -> list[tuple[int, str, str]]:
    """How many changes each match has beyond those listed, with its two labels."""
    return [(r.n_changes - len(r.changes), r.mouse_label, r.human_label) for r in records]


def unlisted(left: Iterable[tuple[int, str, str]]) -> tuple[Gap, ...]:
    """How many changes of each match (mouse label, human label) are not listed."""
    why = f"the {MOST_CHANGES} most certain are listed"
    return tuple(Gap("withheld", f"{n} further changes of {mouse} x {human}", why) for n, mouse, human in left if n > 0)
