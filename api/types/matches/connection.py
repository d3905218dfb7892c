"""The answer to the main question, by page."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import strawberry

from api.graphql.connection import Connection, filled
from api.graphql.context import Backend
from api.graphql.reading import Info
from api.graphql.selection import Asked
from api.graphql.window import Window
from api.types.matches.match import Match, match_of, match_of_record
from api.types.matches.pairing import Pairing
from api.types.matches.pairing import shown as shown_pairing
from api.types.status import release_of
from kg.ask import questions
from kg.ask.assemble import Found, gaps, gaps_of, page_of
from kg.match.compared import BROUGHT
from kg.read.nodes import Page, Row
from kg.records.match import Gap
from kg.records.match import place as place_of
from kg.schema.match import MatchRecord
from kg.sides.snapshot import Snapshot, Stamp, StampWant
from kg.sides.workspace import Workspace
from kg.stored.pages import MatchPageWant, MatchWant, Only, Told, ToldWant, checked
from kg.tables.gene_sets import GeneSetFile
from kg.verdict.record import THIN

_KEPT_MATCHES = 2_000


@strawberry.type(description="Which human states a model's changes match, how sure we are, and what is missing.")
class MatchConnection(Connection[Match]):
    question: str
    release: str
    family: str = strawberry.field(description="the tests that q is adjusted over, fixed before scoring")
    plan: strawberry.Private[questions.Plan | None] = None
    here: strawberry.Private[Workspace | None] = None

    @strawberry.field(
        description=(
            "What each way of pairing contrasts and states would give, and which verdicts depend on it; null for "
            "your own signature."
        )
    )
    async def pairing(self, info: Info) -> Pairing | None:
        plan = self.plan
        if plan is None:
            return None
        snapshot, here = await info.context.snapshot(), self.here
        key = ("pairing", plan.whole, plan.disease, plan.level, plan.policy)
        found = await info.context.compute(
            lambda backend: (
                questions.effect_of(backend.store, here, plan)
                if here
                else snapshot.keep(key, lambda: questions.effect_of(backend.store, snapshot.workspace(), plan))
            )
        )
        return shown_pairing(found)


async def answer(
    info: Info,
    model: str,
    disease: str | None,
    cell_type: str | None,
    level: str,
    policy: str,
    only: Only,
    window: Window,
    pair_by: str = "all",
) -> MatchConnection:
    """Stored verdicts are read by page; what is not stored is computed from the same signatures, once for all pages."""
    context, asked = info.context, Asked.of(info)
    checked(window.place)
    snapshot = context.backend.snapshots.last() or await context.snapshot()
    words = {
        "model": model,
        "disease": disease,
        "cell_type": cell_type,
        "level": level,
        "policy": policy,
        "pair_by": pair_by,
    }
    named = tuple(words.values())
    while True:
        plan = snapshot.kept(("plan", *named)) or await context.ask(
            lambda backend, at=snapshot: at.keep(
                ("plan", *named), lambda: questions.planned(backend.store, at.catalog, **words)
            )
        )
        standing, page, stamp = await _stored(info, snapshot, plan, asked, window, only)
        if context.backend.snapshots.holds(snapshot, stamp):
            break
        snapshot = await context.snapshot()
    if standing is None or page is None:
        matches = await context.compute(
            lambda _: snapshot.keep(("computed", *named), lambda: _computed(snapshot, plan))
        )
        page = page_of(matches, window.size, window.place, only, back=window.back)
        lacks = (*questions.unpaired(snapshot.catalog, plan), *gaps_of(snapshot.catalog, stamp.missing, matches))
    else:
        page = replace(page, known=sum(n for told, n in standing.statuses.items() if only.has(*told)))
        lacks = standing.gaps
    return connected(asked, page, lacks, window, plan.question, plan.family, release_of(snapshot), plan=plan)


async def by_sets(
    info: Info, model: str, only: Only, window: Window, read: Callable[[], GeneSetFile | None], **words: Any
) -> MatchConnection:
    """The matches of a model by the gene sets of the question, by page: computed for the first page and kept while the
    graph does not change."""
    checked(window.place)
    asked, snapshot = Asked.of(info), await info.context.snapshot()

    def work(backend: Backend) -> tuple[questions.Plan, Page, tuple[Gap, ...], Workspace]:
        sets = read()
        assert sets is not None
        ws = questions.holding(snapshot.workspace(), sets)
        plan = questions.planned(backend.store, snapshot.catalog, model=model, level=BROUGHT, **words)
        key = ("sets", sets.name, sets.digest, model, *words.values())
        matches = snapshot.keep(key, lambda: _sorted(questions.computed(ws, plan)))
        lacks = (
            *questions.sets_left_out(ws),
            *questions.unpaired(snapshot.catalog, plan),
            *gaps_of(snapshot.catalog, snapshot.stamp.missing, matches),
        )
        return plan, page_of(matches, window.size, window.place, only, back=window.back), lacks, ws

    plan, page, gaps, here = await info.context.compute(work)
    release = release_of(snapshot)
    return connected(asked, page, gaps, window, plan.question, plan.family, release, plan=plan, here=here)


async def several(
    info: Info, words: tuple[str | None, ...], ask: Callable[[Backend, Workspace], Found], window: Window
) -> MatchConnection:
    """The matches of several families by page, the same as the command line's best ones. ``words``: key of the question
    while the graph is unchanged; what ``ask`` finds is kept unless it is long."""
    checked(window.place)
    asked = Asked.of(info)
    snapshot, thin = await info.context.snapshot(), set(asked.items().columns(Match)) <= THIN

    def work(backend: Backend) -> tuple[Found, Page, tuple[Gap, ...]]:
        found = snapshot.kept(("several", *words)) or ask(backend, snapshot.workspace())
        if len(found.matches) <= _KEPT_MATCHES:
            found = snapshot.keep(("several", *words), lambda: found)
        page = page_of(found.matches, window.size, window.place, back=window.back, thin=thin)
        return found, page, lacking(snapshot, found, page, thin=thin)

    found, page, gaps = await info.context.compute(work)
    return connected(asked, page, gaps, window, found.question, found.family, release_of(snapshot))


def lacking(snapshot: Snapshot, found: Found, page: Page, *, thin: bool) -> tuple[Gap, ...]:
    """What an answer of several families lacks; ``thin``: its changes are not requested."""
    rows = [] if thin else [row.node["record"] for row in page.rows]
    return (*found.gaps, *gaps_of(snapshot.catalog, snapshot.stamp.missing, found.matches, rows))


def connected(
    asked: Asked,
    page: Page,
    gaps: Sequence[Gap],
    window: Window,
    question: str,
    family: str,
    release: str,
    *,
    plan: questions.Plan | None = None,
    here: Workspace | None = None,
) -> MatchConnection:
    """The connection of every answer. ``here``: the workspace by which its matches are explained, where that is not the
    graph's."""
    return filled(
        MatchConnection,
        page,
        lambda row: _shown(row, here),
        window=window,
        edges="edges" in asked,
        missing=[g for g in gaps if g.kind == "missing"],
        withheld=[g for g in gaps if g.kind == "withheld"],
        question=question,
        family=family,
        release=release,
        plan=plan,
        here=here,
    )


@dataclass(frozen=True)
class _Standing:
    """What all pages of a stored answer share: how many matches have which status and specificity, and what the answer
    lacks."""

    statuses: Counter[tuple[str, str]]
    gaps: tuple[Gap, ...]


async def one_stored(info: Info, match: str) -> Match:
    """A stored match by its curie. Raises UnknownTermError."""
    facts = await info.context.load(MatchWant(Asked.of(info).columns(Match)), match)
    if facts is None:
        raise await info.context.ask(lambda backend: questions.unknown_match(backend.store, match))
    return match_of(facts)


async def _stored(
    info: Info, snapshot: Snapshot, plan: questions.Plan, asked: Asked, window: Window, only: Only
) -> tuple[_Standing | None, Page | None, Stamp]:
    """What is stored, when that is the answer, and the stamp of the graph that it was read with."""
    load = info.context.load
    if plan.disease is None or plan.pairs is not None:
        return None, None, await load(StampWant())
    want = MatchPageWant.of(plan, asked.items().columns(Match), window.size, window.place, only, window.back)
    key = ToldWant.of(plan)
    known = snapshot.kept(key)
    wants = [StampWant(), want] if known else [StampWant(), want, key]
    stamp, page, *told = await asyncio.gather(*(load(each) for each in wants))
    (standing,) = known or snapshot.keep(key, lambda: (_standing(snapshot, plan, told[0]),))
    return standing, page if standing else None, stamp


def _standing(snapshot: Snapshot, plan: questions.Plan, told: Told) -> _Standing | None:
    """None where what is stored does not answer the question."""
    ws = snapshot.workspace()
    if not questions.whole(((mouse, run) for mouse, run, *_ in told.found), plan, ws, snapshot.version):
        return None
    lacks = gaps(snapshot.catalog, snapshot.stamp.missing, told.cohorts, told.left)
    return _Standing(
        Counter((status, specificity) for *_, status, specificity in told.found), (*questions.without(ws, plan), *lacks)
    )


def _computed(snapshot: Snapshot, plan: questions.Plan) -> list[MatchRecord]:
    return _sorted(questions.computed(snapshot.workspace(), plan))


def _sorted(found: list[MatchRecord]) -> list[MatchRecord]:
    return sorted(found, key=lambda r: place_of(r.status, r.p, r.score, r.id))


def _shown(row: Row, here: Workspace | None = None) -> Match:
    return match_of_record(row.node["record"], here) if "record" in row.node else match_of(row.node)
