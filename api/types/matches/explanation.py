"""Why a match has its score: the contribution of every feature, and the numbers to recompute it."""

from typing import ClassVar, NewType

import strawberry

from api.graphql.connection import Connection, filled
from api.graphql.record import typed
from api.graphql.window import Window, paged
from api.types.enums import SIDES, Level, MatchSide, MatchStatus, Policy
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
    description=(
        "A feature: its value on each side in units of that side's noise, and the product; the products sum to T."
    )
)
class Part:
    STORED: ClassVar = {"model": "mouse"}

    feature: strawberry.ID
    label: str
    model: float = strawberry.field(description="of the side in question")
    human: float
    model_gene: strawberry.ID | None = strawberry.field(description="curie of its gene; null for regulons and modules")
    other_gene: strawberry.ID | None = strawberry.field(
        description="curie of the human gene; null for regulons and modules"
    )
    human_gene: str = strawberry.field(
        description="curie-less Ensembl id; empty for regulons and modules",
        deprecation_reason="use otherGene, a curie or null",
    )
    mouse_gene: str = strawberry.field(deprecation_reason="use modelGene, a curie or null")
    mouse: float = strawberry.field(deprecation_reason="use model")
    contribution: float


@strawberry.type(
    description="All parts as columns of one length, the largest contribution first: for plots and to recompute."
)
class Columns:
    features: Texts
    labels: Texts
    human_genes: Texts
    model_genes: Texts
    model: Numbers
    human: Numbers
    mouse_genes: Texts = strawberry.field(deprecation_reason="use modelGenes")
    mouse: Numbers = strawberry.field(deprecation_reason="use model")
    contribution: Numbers


@strawberry.type(description="A contrast that contributes to one side.")
class Evidence:
    of_side: MatchSide
    taxon: str = strawberry.field(description="curie of its species")
    side: str = strawberry.field(description="mouse or human", deprecation_reason="use ofSide, an enum")
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
    description=(
        "T is the sum of the contributions; V = max(modelTerm, humanTerm, modelTerm + humanTerm - sharedTerm); score ="
        " T / (|model| |human|); p is two-sided, from T / sqrt(V) against Student's t with nullDf degrees of freedom."
    )
)
class Explanation:
    STORED: ClassVar = {"null_model": "null_mouse", "model_term": "mouse_term", "null_df": "df"}

    match: strawberry.ID = strawberry.field(description="curie of the match")
    match_status: MatchStatus
    reason: str
    match_level: Level
    orthology: Policy
    null_model: str
    null_human: str
    status: str = strawberry.field(deprecation_reason="use matchStatus, an enum")
    level: str = strawberry.field(deprecation_reason="use matchLevel, an enum")
    policy: str = strawberry.field(deprecation_reason="use orthology, an enum")
    null_mouse: str = strawberry.field(deprecation_reason="use nullModel")
    score: float
    statistic: float = strawberry.field(description="T")
    model_term: float = strawberry.field(description="variance of T from the human vector under the model's noise")
    human_term: float = strawberry.field(description="variance of T from the model's vector under the human's noise")
    mouse_term: float = strawberry.field(
        description="variance of T from the human vector under the mouse's noise", deprecation_reason="use modelTerm"
    )
    shared_term: float = strawberry.field(description="the part due to both noises together")
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
        return filled(Connection, page, lambda row: _part(self.found.parts[row.node["at"]]), window=window)

    @strawberry.field
    def columns(self) -> Columns:
        parts = self.found.parts
        genes, values = Texts([part.mouse_gene for part in parts]), Numbers([rounded(part.mouse) for part in parts])
        return Columns(
            features=Texts([part.feature for part in parts]),
            labels=Texts([part.label for part in parts]),
            human_genes=Texts([part.human_gene for part in parts]),
            model_genes=genes,
            mouse_genes=genes,
            model=values,
            mouse=values,
            human=Numbers([rounded(part.human) for part in parts]),
            contribution=Numbers([rounded(part.contribution) for part in parts]),
        )

    @classmethod
    def of(cls, found: explain.Explanation) -> "Explanation":
        evidence = [typed(Evidence, each, of_side=SIDES[each.side]) for each in found.evidence]
        told = {
            "match_status": MatchStatus[found.status],
            "match_level": Level[found.level],
            "orthology": Policy[found.policy],
        }
        return typed(cls, found, evidence=evidence, found=found, **told)


def _part(part: explain.Part) -> Part:
    def gene(stable: str) -> strawberry.ID | None:
        return strawberry.ID(f"ENSEMBL:{stable}") if stable else None

    return typed(Part, part, model_gene=gene(part.mouse_gene), other_gene=gene(part.human_gene))
