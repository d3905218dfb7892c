"""Why a match has its score: every feature's part, and the numbers to recompute it."""

from typing import NewType

import strawberry

from api.graphql.connection import Connection, filled
from api.graphql.record import typed
from api.graphql.window import Window, paged
from kg.read.contents import rounded
from kg.read.nodes import Page, Row, fitting_cursor, window_of
from kg.verdict import explain

Texts = NewType("Texts", list)
Numbers = NewType("Numbers", list)
SCALARS = {
    Texts: strawberry.scalar(name="Texts", description="A column of text: a plain JSON array."),
    Numbers: strawberry.scalar(name="Numbers", description="A column of numbers: a plain JSON array."),
}


@strawberry.type(
    description="A feature: its value on both sides in units of their own noise, and their product; the products sum to T."
)
class Part:
    feature: strawberry.ID
    label: str
    human_gene: str = strawberry.field(description="curie-less Ensembl id; empty for regulons and modules")
    mouse_gene: str
    mouse: float
    human: float
    contribution: float


@strawberry.type(
    description="All parts as columns of one length, the largest contribution first: for plots and to recompute."
)
class Columns:
    features: Texts
    labels: Texts
    human_genes: Texts
    mouse_genes: Texts
    mouse: Numbers
    human: Numbers
    contribution: Numbers


@strawberry.type(description="A contrast that stands behind one side.")
class Evidence:
    side: str = strawberry.field(description="mouse or human")
    contrast: strawberry.ID
    label: str
    dataset: str
    title: str
    licence: str
    doi: str
    noise: str
    df: int
    n_case: int
    n_control: int


@strawberry.type(
    description="T is the sum of the contributions; V = max(mouseTerm, humanTerm, mouseTerm + humanTerm - sharedTerm); "
    "score = T / (|mouse| |human|); p is two-sided, from T / sqrt(V) against Student's t with nullDf degrees of freedom."
)
class Explanation:
    match: strawberry.ID = strawberry.field(description="curie of the match")
    status: str
    reason: str
    level: str
    policy: str
    null_mouse: str
    null_human: str
    score: float
    statistic: float = strawberry.field(description="T")
    mouse_term: float = strawberry.field(description="variance of T from the human vector under the mouse's noise")
    human_term: float = strawberry.field(description="variance of T from the mouse vector under the human's noise")
    shared_term: float = strawberry.field(description="what both noises share")
    null_df: int
    p: float
    method: str
    data_version: str
    evidence: list[Evidence]
    found: strawberry.Private[explain.Explanation]

    @strawberry.field(description="The largest contribution first, by size.")
    @paged
    def parts(self, *, window: Window) -> Connection[Part]:
        keys = [(-abs(part.contribution), part.feature) for part in self.found.parts]
        chosen, more = window_of(keys, window.size, fitting_cursor(window.place, (float, str)), window.back)
        page = Page(tuple(Row(keys[at], {"at": at}) for at in chosen), more, len(keys))
        return filled(Connection, page, lambda row: typed(Part, self.found.parts[row.node["at"]]), window=window)

    @strawberry.field
    def columns(self) -> Columns:
        parts = self.found.parts
        return Columns(
            features=Texts([part.feature for part in parts]),
            labels=Texts([part.label for part in parts]),
            human_genes=Texts([part.human_gene for part in parts]),
            mouse_genes=Texts([part.mouse_gene for part in parts]),
            mouse=Numbers([rounded(part.mouse) for part in parts]),
            human=Numbers([rounded(part.human) for part in parts]),
            contribution=Numbers([rounded(part.contribution) for part in parts]),
        )

    @classmethod
    def of(cls, found: explain.Explanation) -> "Explanation":
        evidence = [typed(Evidence, each) for each in found.evidence]
        return typed(cls, found, null_df=found.df, evidence=evidence, found=found)
