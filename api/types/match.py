"""A match, with all that its verdict rests on."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import strawberry

from api.access.limits import page
from api.graphql.connection import Gap, gap
from api.graphql.node import Node, made
from api.graphql.reading import Info, by_id
from api.graphql.record import told_by, typed
from api.graphql.window import size
from api.types.contrast import Contrast
from api.types.curation import Curation
from api.types.disease_state import DiseaseState
from api.types.enums import CypherGives, Level, MatchStatus, Policy, Specificity
from api.types.explanation import Explanation
from kg.curate.stored import CurationsWant
from kg.match.conjunction import burst_note
from kg.read import match_cypher
from kg.read.contents import rounded
from kg.schema import match as records
from kg.schema.told import declared
from kg.sides.workspace import Workspace
from kg.stored.parts import Parts, PartsWant
from kg.verdict.explain import Verdict, explained


@strawberry.type(description="Kinds of the null on both sides: donors, reference, or none.")
class Null:
    STORED: ClassVar = {"model": "mouse"}

    model: str = strawberry.field(description="of the side in question")
    human: str
    mouse: str = strawberry.field(deprecation_reason="use model")


@strawberry.type(description="95% interval of the score.")
class Interval:
    low: float
    high: float


@strawberry.type(description="The score with the common noise axes of other samples taken out.")
@told_by(records.AxesOut)
class AxesOut:
    pass


@strawberry.type(description="A cohort of the human side by itself; not a member of the family.")
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


@strawberry.type(
    description=(
        "Another state, or a model of another disease, judged by itself on the features that all three share, and "
        "what remains of the match given it. Numbers are null where it is not tested."
    )
)
class GivenState:
    state: strawberry.ID = strawberry.field(description="curie of the state, or of the model's contrast")
    label: str
    disease: str
    role: str = strawberry.field(
        description="left, not told apart (both take part), unlike, too weak to tell, or not tested"
    )
    n_features: int
    reliability: float | None = strawberry.field(description="share of its squared length that is not noise, 0 to 1")
    base_score: float | None = strawberry.field(description="r of the match itself on these features")
    base_p: float | None
    other_score: float | None = strawberry.field(description="r of it with the model side")
    other_p: float | None
    human_score: float | None = strawberry.field(description="r of it with the human side")
    human_p: float | None
    score: float | None = strawberry.field(description="r of what is left, on the scale of baseScore")
    low: float | None = strawberry.field(description="lower end of its 95% interval")
    high: float | None
    p: float | None = strawberry.field(
        description="of what is left, two-sided; 1 where nothing is left in the direction of the match"
    )
    power: float | None = strawberry.field(
        description="probability that a state which carried the whole match would be found to take part"
    )
    left: bool
    explained: bool = strawberry.field(description="the interval of what is left lies below half of the match")
    opposite: bool = strawberry.field(description="it moves against both sides, along the same axis")
    back_score: float | None = strawberry.field(
        description="r of what is left of it with the model side, given this state"
    )
    back_p: float | None
    n_changes: int | None = strawberry.field(
        description="features that still change alike given it; null where it takes no part"
    )
    note: str


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
class Band:
    orthology: Policy
    score: float
    p: float | None
    match_status: MatchStatus
    policy: str = strawberry.field(deprecation_reason="use orthology, an enum")
    status: str = strawberry.field(deprecation_reason="use matchStatus, an enum")


@strawberry.type(description="The same pair with the noise of another reference.")
@told_by(records.ReferenceVerdict)
class ReferenceVerdict:
    pass


@strawberry.type(description="A gene, module or regulon that changes alike on both sides at FDR .05.")
class Change:
    STORED: ClassVar = {"z_model": "z_mouse"}

    feature: strawberry.ID
    label: str
    direction: str = strawberry.field(description="up or down")
    contribution: float = strawberry.field(description="its part of T; the parts of all features sum to T")
    z_model: float = strawberry.field(description="centred effect of the model side over its own noise")
    z_human: float = strawberry.field(description="centred effect of the human side over its own noise")
    z_mouse: float = strawberry.field(
        description="centred effect of the model side over its own noise", deprecation_reason="use zModel"
    )
    p: float = strawberry.field(description="the larger one-sided p in the shared direction")
    q: float
    measured: bool = strawberry.field(description="false: a regulon whose factor is not measured in the tissue")
    left_given: list[str] = strawberry.field(description="states that take part, given which it still changes alike")


@strawberry.type(
    description=(
        "A contrast of a model, a drug or your own signature against a human state, or against another contrast."
    )
)
@told_by(records.MatchRecord)
class Match(Node):
    STORED: ClassVar = {
        "model": "mouse",
        "model_label": "mouse_label",
        "model_taxon": "mouse_taxon",
        "asked_under": "disease",
    }
    NONE: ClassVar = {"asked_under": ""}
    NEEDS: ClassVar = {
        "match_level": ("level",),
        "orthology": ("policy",),
        "among_states": ("specificity",),
        "among_models": ("model_specificity",),
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
        "explain": ("mouse", "state", "level", "policy", "status", "reason", "null"),
    }

    model: strawberry.ID = strawberry.field(description="curie of the contrast in question, usually of an animal model")
    model_label: str
    model_taxon: str = strawberry.field(description="curie of its species")
    human: strawberry.ID = strawberry.field(
        description="curie of the human contrast, a pool of cohorts; or of the other contrast"
    )
    human_label: str
    human_taxon: str = strawberry.field(description="curie of its species")
    state: strawberry.ID = strawberry.field(description="curie of the human state")
    asked_under: strawberry.ID | None = strawberry.field(description="curie of the disease asked for; null if none")
    match_level: Level = strawberry.field(description="what is compared")
    orthology: Policy = strawberry.field(description="how genes of the two species are paired")
    mouse: strawberry.ID = strawberry.field(description="curie of the mouse contrast", deprecation_reason="use model")
    mouse_label: str = strawberry.field(deprecation_reason="use modelLabel")
    mouse_taxon: str = strawberry.field(
        description="curie of the species of the first side", deprecation_reason="use modelTaxon"
    )
    disease: str = strawberry.field(
        description="curie of the disease asked for; empty if none",
        deprecation_reason="use askedUnder, null if none",
    )
    level: str = strawberry.field(deprecation_reason="use matchLevel, an enum")
    policy: str = strawberry.field(deprecation_reason="use orthology, an enum")
    status: MatchStatus
    reason: str
    interval: Interval | None
    null: Null
    axes_out: AxesOut | None
    among_states: Specificity = strawberry.field(description="whether its specificity was tested against other states")
    among_models: Specificity = strawberry.field(
        description="whether it was tested against models of other diseases; does not change the status"
    )
    specificity: str = strawberry.field(
        description=(
            "tested (another state takes part, or is unlike), or untested (none available, or all too weak to tell)"
        ),
        deprecation_reason="use amongStates, an enum",
    )
    all_given: AllGiven | None
    model_specificity: str = strawberry.field(
        description="tested or untested, by models of other diseases; it does not change the status",
        deprecation_reason="use amongModels, an enum",
    )
    policy_band: list[Band]
    references: list[ReferenceVerdict]
    whole: strawberry.Private[records.MatchRecord | None]
    here: strawberry.Private[Workspace | None]

    @strawberry.field(description="The changes that lead the match, the most certain first.")
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
        here, snapshot = self.here, await info.context.snapshot()
        verdict = Verdict(
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
        found = await info.context.compute(
            lambda _: (
                explained(here, verdict)  # of an uploaded signature nothing is kept
                if here
                else snapshot.keep(verdict, lambda: explained(snapshot.workspace(), verdict))
            )
        )
        return Explanation.of(found)


def match_of(facts: dict[str, Any], whole: records.MatchRecord | None = None, here: Workspace | None = None) -> Match:
    """A match from fields of a record (``kg.stored.pages``), or from a whole record. ``here``: the workspace by which
    it is explained, where that is not the graph's own."""
    values = {**facts, "whole": whole, "here": here}
    for name, (column, show) in _SHOWN.items():
        if column in facts:
            values[name] = show(facts[column])
    return made(Match, values)


def match_of_record(record: records.MatchRecord, here: Workspace | None = None) -> Match:
    facts = {name: rounded(getattr(record, name)) for name in _SIMPLE}
    return match_of(facts | {name: getattr(record, name) for name in _MADE}, record, here)


def _band(band: records.Band) -> Band:
    return typed(Band, band, orthology=Policy[band.policy], match_status=MatchStatus[str(band.status)])


def _interval(pair: tuple[float, float] | None) -> Interval | None:
    return Interval(low=rounded(pair[0]), high=rounded(pair[1])) if pair else None


_SHOWN: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "status": ("status", lambda status: MatchStatus[str(status)]),
    "match_level": ("level", Level.__getitem__),
    "orthology": ("policy", Policy.__getitem__),
    "among_states": ("specificity", Specificity.__getitem__),
    "among_models": ("model_specificity", Specificity.__getitem__),
    "interval": ("interval", _interval),
    "null": ("null", lambda null: typed(Null, null)),
    "all_given": ("all_given", lambda found: typed(AllGiven, found) if found else None),
    "axes_out": ("axes_out", lambda axes: typed(AxesOut, axes) if axes else None),
    "policy_band": ("policy_band", lambda bands: [_band(band) for band in bands]),
    "references": ("references", lambda found: [typed(ReferenceVerdict, each) for each in found]),
}
"""Field -> the field of a record that it shows, and how."""
_MADE = {name for name, (column, _) in _SHOWN.items() if name == column}
_LISTS = {"given", "model_given", "cohorts", "changes", "curations"}
_SIMPLE = tuple(f.name for f in declared(records.MatchRecord) if f.name not in _MADE and f.name not in _LISTS)
