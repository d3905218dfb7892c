"""A match, with all that its verdict rests on."""

from enum import Enum
from typing import Annotated

import strawberry

from api.limits import page
from api.record import typed
from kg import records
from kg.read import rounded


@strawberry.enum(description="What is compared between the species.")
class Level(Enum):
    gene = "gene"
    module = "module"
    regulon = "regulon"


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
class Match:
    id: strawberry.ID = strawberry.field(
        description="for match(id), when the verdict is stored: those of policy one2one for the disease of the model are"
    )
    mouse: strawberry.ID
    mouse_label: str
    human: strawberry.ID
    human_label: str
    state: strawberry.ID
    disease: str
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
    given: list[GivenState]
    cohorts: list[Cohort]
    policy_band: list[Band]
    references: list[ReferenceVerdict]
    n_changes: int = strawberry.field(description="features that change alike; may be more than are listed")
    flags: list[str] = strawberry.field(description="doubts")
    engineered: list[str] = strawberry.field(description="genes that the model engineers, left out of the score")
    method: str
    data_version: str
    listed: strawberry.Private[tuple[records.Change, ...]]

    @strawberry.field(description="The changes that lead the match, surest first.")
    def changes(
        self,
        first: Annotated[int, strawberry.argument(description="1 to 100")] = 20,
        after: Annotated[
            strawberry.ID | None, strawberry.argument(description="feature of the last one you have")
        ] = None,
    ) -> list[Change]:
        return [typed(Change, change) for change in page(self.listed, lambda c: c.feature, first, after)]

    @classmethod
    def of(cls, record: records.MatchRecord) -> "Match":
        interval, axes = record.interval, record.axes_out
        return typed(
            cls,
            record,
            status=MatchStatus[str(record.status)],
            interval=Interval(low=rounded(interval[0]), high=rounded(interval[1])) if interval else None,
            null=typed(Null, record.null),
            axes_out=typed(AxesOut, axes) if axes else None,
            given=[typed(GivenState, each) for each in record.given],
            cohorts=[typed(Cohort, each) for each in record.cohorts],
            policy_band=[typed(Band, each) for each in record.policy_band],
            references=[typed(ReferenceVerdict, each) for each in record.references],
            listed=record.changes,
        )
