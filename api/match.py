"""A match, with all that its verdict rests on."""

import asyncio
from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from typing import Annotated, Any, ClassVar

import strawberry

from api.connection import Gap, gap, size
from api.contrast import Contrast
from api.curation import Curation
from api.disease_state import DiseaseState
from api.explanation import Explanation
from api.limits import page
from api.node import Node, made
from api.reading import Info, by_id
from api.record import typed
from kg import match_cypher, records
from kg.curation_page import CurationsWant
from kg.explain import Verdict, explained
from kg.match_parts import Parts, PartsWant
from kg.read import rounded
from kg.workspace import Workspace


@strawberry.enum(
    description="What is compared: effects of genes; co-expression modules; regulons of a curated network by the effects of "
    "their targets (needs no cells); activity of factors by AUCell of single cells; rewiring, how hard factors hold their "
    "targets in the network of each donor's cells."
)
class Level(Enum):
    gene = "gene"
    module = "module"
    regulon = "regulon"
    activity = "activity"
    rewiring = "rewiring"


@strawberry.enum(description="How genes of the two species are joined.")
class Policy(Enum):
    one2one = "one2one"
    best = "best"
    mean = "mean"
    all = "all"
    intersect = "intersect"


@strawberry.enum(description="The verdict, decided in this order: UNTESTABLE, NOT_SUPPORTED, DISCORDANT, NONSPECIFIC, SUPPORTED.")  # fmt: skip
class MatchStatus(Enum):
    UNTESTABLE = strawberry.enum_value("UNTESTABLE", description="No p can be had; the reason says why.")
    NOT_SUPPORTED = strawberry.enum_value("NOT_SUPPORTED", description="q above .05.")
    DISCORDANT = strawberry.enum_value("DISCORDANT", description="Significant, with the opposite sign.")
    NONSPECIFIC = strawberry.enum_value(
        "NONSPECIFIC", description="Significant, but nothing is left given another state."
    )
    SUPPORTED = strawberry.enum_value(
        "SUPPORTED", description="Significant, and something is left given each other state."
    )


@strawberry.enum(description="What the Cypher of a match gives.")
class CypherGives(Enum):
    VERDICT = strawberry.enum_value("VERDICT", description="The match itself, as it is stored.")
    PARTS = strawberry.enum_value("PARTS", description="It was computed for this answer and is not stored: the genes of its two sides that pass their threshold, joined by orthology.")  # fmt: skip
    ONE_SIDE = strawberry.enum_value("ONE_SIDE", description="The genes of the one side that is in the graph: the other came with the question, or no cohort is at hand.")  # fmt: skip
    NOTHING = strawberry.enum_value("NOTHING", description="No query: nothing of the match is in the graph.")


@strawberry.type(description="Kinds of the null on both sides: donors, reference, or none.")
class Null:
    mouse: str
    human: str


@strawberry.type(description="95% interval of the score.")
class Interval:
    low: float
    high: float


@strawberry.type(description="The score with the common noise axes of other samples taken out.")
class AxesOut:
    score: float
    p: float
    axes: int
    source: str


@strawberry.type(description="A cohort of the human side, alone; no member of the family.")
class Cohort:
    contrast: strawberry.ID
    label: str
    region: str
    n_case: int
    n_control: int
    status: str = strawberry.field(description="pooled, or why not")
    null: str
    score: float | None
    p: float | None
    flags: list[str]
    licence: str
    dataset: str


@strawberry.type(description="What is left of the match given another state, and the other way round.")
class GivenState:
    state: strawberry.ID
    label: str
    n_features: int
    base_score: float
    base_p: float
    other_score: float
    other_p: float
    score: float
    p: float
    back_score: float | None
    back_p: float | None
    left: bool
    n_changes: int
    note: str


@strawberry.type(description="The same pair under another orthology policy.")
class Band:
    policy: str
    score: float
    p: float | None
    status: str


@strawberry.type(description="The same pair with another reference's noise.")
class ReferenceVerdict:
    reference: str
    label: str
    p: float


@strawberry.type(description="A gene, module or regulon that changes alike on both sides at FDR .05.")
class Change:
    feature: strawberry.ID
    label: str
    direction: str = strawberry.field(description="up or down")
    contribution: float = strawberry.field(description="its part of T; the parts of all features sum to T")
    z_mouse: float
    z_human: float
    p: float = strawberry.field(description="the larger one-sided p in the shared direction")
    q: float
    measured: bool = strawberry.field(description="false: a regulon whose factor is not measured in the tissue")
    left_given: list[str] = strawberry.field(description="other states given which it still changes alike")


@strawberry.type(description="One mouse contrast against one human state.")
class Match(Node):
    NEEDS: ClassVar = {
        "mouse_contrast": ("mouse",), "human_contrast": ("human",), "disease_state": ("state",), "cypher": (), "cypher_gives": (),
        "changes": (), "withheld": (), "given": (), "cohorts": (), "curations": (),
        "explain": ("mouse", "state", "level", "policy", "status", "reason", "null"),
    }  # fmt: skip

    mouse: strawberry.ID = strawberry.field(description="curie of the mouse contrast")
    mouse_label: str
    human: strawberry.ID = strawberry.field(description="curie of the human contrast, a pool of cohorts")
    human_label: str
    state: strawberry.ID = strawberry.field(description="curie of the human state")
    disease: str = strawberry.field(description="curie of the disease asked for; empty when none was")
    level: str
    policy: str
    status: MatchStatus
    reason: str
    score: float = strawberry.field(description="correlation r of the two vectors")
    statistic: float = strawberry.field(description="T, their inner product")
    interval: Interval | None
    null: Null
    p: float | None = strawberry.field(description="joint two-sided p; null when UNTESTABLE")
    q: float | None = strawberry.field(description="Benjamini-Hochberg over the family")
    family: str
    family_size: int
    naive_p: float = strawberry.field(
        description="p as if genes were independent: far too small, for comparison only; never a verdict"
    )
    exploratory_p: float | None = strawberry.field(description="one-sided p given one side; only when UNTESTABLE")
    n_features: int
    effective_n: float | None = strawberry.field(description="independent features worth as much")
    df: int | None
    axes_out: AxesOut | None
    ceiling: float | None = strawberry.field(description="highest score that the noise allows")
    corrected_score: float | None
    specificity: str = strawberry.field(description="tested, or untested when no other state is at hand")
    policy_band: list[Band]
    references: list[ReferenceVerdict]
    n_changes: int = strawberry.field(description="features that change alike; may be more than are listed")
    flags: list[str] = strawberry.field(description="doubts")
    engineered: list[str] = strawberry.field(description="genes that a model of either side engineers, left out of the score")
    method: str
    data_version: str
    whole: strawberry.Private[records.MatchRecord | None]
    here: strawberry.Private[Workspace | None]

    @strawberry.field(description="The changes that lead the match, surest first.")
    async def changes(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100")] = 20,
        after: Annotated[
            strawberry.ID | None, strawberry.argument(description="feature of the last one you have")
        ] = None,
    ) -> list[Change]:
        take = None if after else size(first)
        found = self.whole.changes if self.whole else (await self._parts(info, "changes", take)).rows
        return [typed(Change, change) for change in page(found, lambda c: c.feature, first, after)]

    @strawberry.field(description="What is left of it given each other state.")
    async def given(self, info: Info) -> list[GivenState]:
        found = self.whole.given if self.whole else (await self._parts(info, "given")).rows
        return [typed(GivenState, each) for each in found]

    @strawberry.field(description="Cohorts of the human side, one by one.")
    async def cohorts(self, info: Info) -> list[Cohort]:
        found = self.whole.cohorts if self.whole else (await self._parts(info, "cohorts")).rows
        return [typed(Cohort, each) for each in found]

    @strawberry.field(description="Of its changes, cohorts and given states: what is there and cannot be shown.")
    async def withheld(self, info: Info) -> list[Gap]:
        if self.whole:
            return []
        parts = await asyncio.gather(*(self._parts(info, kind) for kind in ("changes", "cohorts", "given")))
        return [gap(each) for found in parts for each in found.gaps]

    async def _parts(self, info: Info, kind: str, take: int | None = None) -> Parts:
        return await info.context.load(PartsWant(kind, take), self.curie)

    @strawberry.field(description="What curators said of it, in order; the verdict is what was computed all the same.")
    async def curations(self, info: Info) -> list[Curation]:
        return [Curation.of(each) for each in await info.context.load(CurationsWant(), self.curie)]

    @strawberry.field
    async def mouse_contrast(self, info: Info) -> Contrast | None:
        return await by_id(info, Contrast, self.mouse)

    @strawberry.field(description="None before its pool is in the graph.")
    async def human_contrast(self, info: Info) -> Contrast | None:
        return await by_id(info, Contrast, self.human)

    @strawberry.field
    async def disease_state(self, info: Info) -> DiseaseState | None:
        return await by_id(info, DiseaseState, self.state)

    @strawberry.field(description="A query in Cypher for this match; cypherGives says what it gives.")
    def cypher(self) -> str | None:
        return match_cypher.computed(self.whole)[0] if self.whole else match_cypher.stored(self.curie)

    @strawberry.field
    def cypher_gives(self) -> CypherGives:
        return CypherGives[match_cypher.computed(self.whole)[1]] if self.whole else CypherGives.VERDICT

    @strawberry.field(
        description="Every feature's part, and the numbers to recompute it; an error of code UNTESTABLE where there is no test."
    )
    async def explain(self, info: Info) -> Explanation | None:
        here, snapshot = self.here, await info.context.snapshot()
        verdict = Verdict(
            self.curie, self.mouse, self.state, self.level, self.policy, self.status.name, self.reason, self.null.mouse,
            self.null.human,
        )  # fmt: skip
        found = await info.context.ask(
            lambda _: explained(here, verdict)  # of an uploaded signature nothing is kept
            if here
            else snapshot.keep(verdict, lambda: explained(snapshot.workspace(), verdict))
        )
        return Explanation.of(found)


def match_of(
    facts: dict[str, Any], whole: records.MatchRecord | None = None, here: Workspace | None = None
) -> Match:
    """A match from fields of a record (``kg.match_page``), or from a whole record. ``here``: the workspace by which it is
    explained, where that is not the graph's own."""
    values = {**facts, "whole": whole, "here": here}
    for name, show in _SHOWN.items():
        if name in facts:
            values[name] = show(facts[name])
    return made(Match, values)


def match_of_record(record: records.MatchRecord, here: Workspace | None = None) -> Match:
    facts = {name: rounded(getattr(record, name)) for name in _SIMPLE}
    return match_of(facts | {name: getattr(record, name) for name in _SHOWN}, record, here)


def _interval(pair: tuple[float, float] | None) -> Interval | None:
    return Interval(low=rounded(pair[0]), high=rounded(pair[1])) if pair else None


_SHOWN: dict[str, Callable[[Any], Any]] = {
    "status": lambda status: MatchStatus[str(status)],
    "interval": _interval,
    "null": lambda null: typed(Null, null),
    "axes_out": lambda axes: typed(AxesOut, axes) if axes else None,
    "policy_band": lambda bands: [typed(Band, band) for band in bands],
    "references": lambda found: [typed(ReferenceVerdict, each) for each in found],
}
_LISTS = {"given", "cohorts", "changes", "curations"}
_SIMPLE = tuple(f.name for f in fields(records.MatchRecord) if f.name not in _SHOWN and f.name not in _LISTS)
