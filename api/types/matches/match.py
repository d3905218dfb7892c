"""A match, with all that its verdict rests on."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import strawberry

from api.access.limits import page
from api.graphql.connection import Connection, Gap, gap
from api.graphql.node import Node, made
from api.graphql.reading import Info, by_id
from api.graphql.record import told_by, typed
from api.graphql.window import Window, paged, size
from api.types.curation import Curation
from api.types.enums import OF_A_MATCH, CypherGives, MatchStatus
from api.types.matches.explanation import Explanation
from api.types.matches.features import FeatureColumns, MatchFeature, columns_of, page_of
from api.types.studies.contrast import Contrast
from api.types.studies.disease_state import DiseaseState
from kg.curate.stored import CurationsWant
from kg.match.conjunction import burst_note
from kg.read import match_cypher
from kg.read.contents import rounded
from kg.schema import match as records
from kg.schema.told import declared
from kg.sides.workspace import Workspace
from kg.stored.parts import Parts, PartsWant
from kg.verdict import explain as explanation
from kg.verdict.explain import Verdict, explained
from kg.verdict.features import Feature, Features, featured

Alike = Annotated[
    bool, strawberry.argument(description="only features that change alike on both sides: the whole list of changes")
]


@strawberry.type(description="Kinds of the null on both sides: donors, reference, or none.")
@told_by(records.Null)
class Null:
    if TYPE_CHECKING:
        mouse: str
        human: str


@strawberry.type(description="95% interval of the score.")
class Interval:
    low: float
    high: float


@strawberry.type(description="The score with the common noise axes of other samples taken out.")
@told_by(records.AxesOut)
class AxesOut:
    pass


@strawberry.type(description="A cohort of the human side by itself; not a member of the family.")
@told_by(records.Cohort)
class Cohort:
    pass


@strawberry.type(
    description=(
        "Another state, or a model of another disease, judged by itself on the features that all three share, and "
        "what remains of the match given it. Numbers are null where it is not tested."
    )
)
@told_by(records.GivenState)
class GivenState:
    pass


@strawberry.type(
    description=(
        "What remains of T given all states that take part together; shown, but decides nothing. A direction of "
        "which they lack .6 in length leaves .36 of T."
    )
)
@told_by(records.AllGiven)
class AllGiven:
    pass


@strawberry.type(description="The same pair under another orthology policy.")
@told_by(records.Band, OF_A_MATCH)
class Band:
    pass


@strawberry.type(description="The same pair with the noise of another reference.")
@told_by(records.ReferenceVerdict)
class ReferenceVerdict:
    pass


@strawberry.type(description="A gene, module or regulon that changes alike on both sides at FDR .05.")
@told_by(records.Change)
class Change:
    pass


@strawberry.type(
    description=(
        "A contrast of a model, a drug or your own signature against a human state, or against another contrast."
    )
)
@told_by(records.MatchRecord, OF_A_MATCH)
class Match(Node):
    STORED: ClassVar = {"asked_under": "disease"}
    NONE: ClassVar = {"asked_under": ""}
    NEEDS: ClassVar = {
        "mouse_contrast": ("mouse",),
        "model_contrast": ("mouse",),
        "human_contrast": ("human",),
        "disease_state": ("state",),
        "cypher": (),
        "cypher_gives": (),
        "changes": (),
        "withheld": (),
        "given": (),
        "model_given": (),
        "cohorts": (),
        "curations": (),
        "changes_note": ("level",),
        **dict.fromkeys(
            ("explain", "features", "feature_columns"),
            ("mouse", "state", "level", "policy", "status", "reason", "null"),
        ),
    }

    asked_under: strawberry.ID | None = strawberry.field(description="curie of the disease asked for; null if none")
    disease: str = strawberry.field(
        description="curie of the disease asked for; empty if none",
        deprecation_reason="use askedUnder, null if none",
    )
    interval: Interval | None
    null: Null
    axes_out: AxesOut | None
    all_given: AllGiven | None
    policy_band: list[Band]
    references: list[ReferenceVerdict]
    whole: strawberry.Private[records.MatchRecord | None]
    here: strawberry.Private[Workspace | None]
    if TYPE_CHECKING:  # of the declaration, read below
        mouse: str
        human: str
        state: str
        level: str
        policy: str
        status: MatchStatus
        reason: str

    @strawberry.field(
        description=(
            "The changes that lead the match, the most certain first: of a stored match at most 500. All of them, with"
            " the tests of both sides, are features(alike: true), by page, and featureColumns(alike: true)."
        )
    )
    async def changes(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100")] = 20,
        after: Annotated[
            strawberry.ID | None, strawberry.argument(description="feature of the last change received")
        ] = None,
    ) -> list[Change]:
        take = None if after else size(first)
        found = self.whole.changes if self.whole else (await self._parts(info, "changes", take)).rows
        return [typed(Change, change) for change in page(found, lambda c: c.feature, first, after)]

    @strawberry.field(
        description="How to read the list of changes: how often a list is not empty where nothing matches."
    )
    def changes_note(self) -> str:
        return burst_note(self.level)

    @strawberry.field(
        description="Models of other diseases, each by itself: does the model change like any diseased animal?"
    )
    async def model_given(self, info: Info) -> list[GivenState]:
        found = self.whole.model_given if self.whole else (await self._parts(info, "model_given")).rows
        return [typed(GivenState, each) for each in found]

    @strawberry.field(description="Every other state, its role in the match, and what remains of the match given it.")
    async def given(self, info: Info) -> list[GivenState]:
        found = self.whole.given if self.whole else (await self._parts(info, "given")).rows
        return [typed(GivenState, each) for each in found]

    @strawberry.field(description="Cohorts of the human side, one by one.")
    async def cohorts(self, info: Info) -> list[Cohort]:
        found = self.whole.cohorts if self.whole else (await self._parts(info, "cohorts")).rows
        return [typed(Cohort, each) for each in found]

    @strawberry.field(description="Changes, cohorts and given states that exist but cannot be shown.")
    async def withheld(self, info: Info) -> list[Gap]:
        if self.whole:
            return []
        parts = await asyncio.gather(
            *(self._parts(info, kind) for kind in ("changes", "cohorts", "given", "model_given"))
        )
        return [gap(each) for found in parts for each in found.gaps]

    async def _parts(self, info: Info, kind: str, take: int | None = None) -> Parts:
        return await info.context.load(PartsWant(kind, take), self.curie)

    @strawberry.field(description="Its curations, in order; they do not change the computed verdict.")
    async def curations(self, info: Info) -> list[Curation]:
        return [Curation.of(each) for each in await info.context.load(CurationsWant(), self.curie)]

    @strawberry.field(description="Null for your own signature.")
    async def model_contrast(self, info: Info) -> Contrast | None:
        return await by_id(info, Contrast, self.mouse)

    @strawberry.field(deprecation_reason="use modelContrast")
    async def mouse_contrast(self, info: Info) -> Contrast | None:
        return await by_id(info, Contrast, self.mouse)

    @strawberry.field(description="Null until its pool is in the graph.")
    async def human_contrast(self, info: Info) -> Contrast | None:
        return await by_id(info, Contrast, self.human)

    @strawberry.field
    async def disease_state(self, info: Info) -> DiseaseState | None:
        return await by_id(info, DiseaseState, self.state)

    @strawberry.field(description="A Cypher query for this match; cypherGives says what it returns.")
    def cypher(self) -> str | None:
        return match_cypher.computed(self.whole)[0] if self.whole else match_cypher.stored(self.curie)

    @strawberry.field
    def cypher_gives(self) -> CypherGives:
        return CypherGives[match_cypher.computed(self.whole)[1]] if self.whole else CypherGives["VERDICT"]

    @strawberry.field(
        description=(
            "The contribution of every feature, and the numbers to recompute it; an error with code UNTESTABLE if "
            "there is no test."
        )
    )
    async def explain(self, info: Info) -> Explanation | None:
        return Explanation.of(await self._explained(info))

    @strawberry.field(
        description=(
            "Every feature of the match, the largest contribution first; an error with code UNTESTABLE if there is no "
            "test."
        )
    )
    @paged
    async def features(self, info: Info, alike: Alike = False, *, window: Window) -> Connection[MatchFeature]:
        return page_of(_chosen(await self._featured(info), alike), window)

    @strawberry.field(description="All features at once, as columns: for a file.")
    async def feature_columns(self, info: Info, alike: Alike = False) -> FeatureColumns:
        return columns_of(_chosen(await self._featured(info), alike))

    async def _featured(self, info: Info) -> Features:
        found, here, snapshot = await self._explained(info), self.here, await info.context.snapshot()
        verdict = self._verdict()
        return await info.context.compute(
            lambda _: (
                featured(here, verdict, found)
                if here
                else snapshot.keep(("features", verdict), lambda: featured(snapshot.workspace(), verdict, found))
            )
        )

    def _verdict(self) -> Verdict:
        return Verdict(
            self.curie,
            self.mouse,
            self.state,
            self.level,
            self.policy,
            self.status.name,
            self.reason,
            self.null.mouse,
            self.null.human,
        )

    async def _explained(self, info: Info) -> explanation.Explanation:
        here, snapshot, verdict = self.here, await info.context.snapshot(), self._verdict()
        return await info.context.compute(
            lambda _: (
                explained(here, verdict)  # of an uploaded signature nothing is kept
                if here
                else snapshot.keep(verdict, lambda: explained(snapshot.workspace(), verdict))
            )
        )


def match_of(facts: dict[str, Any], whole: records.MatchRecord | None = None, here: Workspace | None = None) -> Match:
    """A match from fields of a record (``kg.stored.pages``), or from a whole record. ``here``: the workspace by which
    it is explained, where that is not the graph's own."""
    values = {**facts, "whole": whole, "here": here}
    values |= {name: show(facts[name]) for name, show in _SHOWN.items() if name in facts}
    return made(Match, values)


def match_of_record(record: records.MatchRecord, here: Workspace | None = None) -> Match:
    facts = {name: rounded(getattr(record, name)) for name in _SIMPLE}
    return match_of(facts | {name: getattr(record, name) for name in _SHOWN}, record, here)


def _chosen(found: Features, alike: bool) -> Sequence[Feature]:
    return [row for row in found.rows if row.alike] if alike else found.rows


def _interval(pair: tuple[float, float] | None) -> Interval | None:
    return Interval(low=rounded(pair[0]), high=rounded(pair[1])) if pair else None


_SHOWN: dict[str, Callable[[Any], Any]] = {
    "interval": _interval,
    "null": lambda null: typed(Null, null),
    "all_given": lambda found: typed(AllGiven, found) if found else None,
    "axes_out": lambda axes: typed(AxesOut, axes) if axes else None,
    "policy_band": lambda bands: [typed(Band, band) for band in bands],
    "references": lambda found: [typed(ReferenceVerdict, each) for each in found],
}
"""Field of a record -> how it is shown."""
_LISTS = {"given", "model_given", "cohorts", "changes", "curations"}
_SIMPLE = tuple(f.name for f in declared(records.MatchRecord) if f.name not in _SHOWN and f.name not in _LISTS)
