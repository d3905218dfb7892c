"""Every feature of a match, by page or as columns of one length: orthologs, effects and tests of each side and of both,
and what is left of it given each other state."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, ClassVar

import strawberry

from api.graphql.connection import Connection, filled
from api.graphql.record import typed
from api.graphql.window import Window
from api.types.matches.explanation import Texts
from kg.read.contents import rounded
from kg.read.nodes import Page, Row, fitting_cursor, window_of
from kg.verdict.features import Feature


@strawberry.type(
    description=(
        "A feature of a match, whether it changes alike or not. z, p and q of a side are of its own noise, two-sided, q"
        " over the features of the match; p and q without a side are of a change in one direction on both."
    )
)
class MatchFeature:
    STORED: ClassVar = {}

    rank: int = strawberry.field(description="place by the size of the contribution, from 1")
    feature: strawberry.ID
    label: str
    model_gene: strawberry.ID | None = strawberry.field(
        description="curie of its gene, the first of several; null for regulons and modules"
    )
    model_symbol: str
    human_gene: strawberry.ID | None = strawberry.field(description="curie of the human gene; null likewise")
    human_symbol: str
    direction: str = strawberry.field(description="up, down, or opposite on the two sides; empty if 0 on one")
    effect_model: float = strawberry.field(description="moderated effect, centred over the features of the match")
    effect_human: float
    contribution: float = strawberry.field(description="product of both effects; the products sum to T")
    z_model: float
    z_human: float
    p_model: float
    p_human: float
    q_model: float
    q_human: float
    p: float | None
    q: float | None
    alike: bool = strawberry.field(description="q is at most .05")
    measured: bool = strawberry.field(description="false for a regulon whose factor is not measured in the tissue")
    left_given: list[str] = strawberry.field(description="other states given which it still changes alike")
    left_given_q: list[float] = strawberry.field(description="its q given each of them")
    leading: list[str] = strawberry.field(
        description="symbols of the genes that carry a regulon, module or gene set on both sides, up to 5"
    )


@strawberry.type(description="All features of a match as columns of one length, named as in MatchFeature: for a file.")
class FeatureColumns:
    names: Texts = strawberry.field(description="the columns")
    values: list[Texts] = strawberry.field(description="one list per column")


def page_of(rows: Sequence[Feature], window: Window) -> Connection[MatchFeature]:
    keys = [(row.rank, row.feature) for row in rows]
    chosen, more = window_of(keys, window.size, fitting_cursor(window.place, (int, str)), window.back)
    page = Page(tuple(Row(keys[at], {"at": at}) for at in chosen), more, len(keys))
    return filled(Connection, page, lambda row: _shown(rows[row.node["at"]]), window=window)


def columns_of(rows: Sequence[Feature]) -> FeatureColumns:
    names = [f.name for f in fields(Feature)]
    return FeatureColumns(
        names=Texts(names), values=[Texts([_plain(getattr(row, name)) for row in rows]) for name in names]
    )


def _shown(row: Feature) -> MatchFeature:
    genes = {name: _gene(getattr(row, name)) for name in ("model_gene", "human_gene")}
    lists = {name: rounded(list(getattr(row, name))) for name in ("left_given", "left_given_q", "leading")}
    return typed(MatchFeature, row, **genes, **lists)


def _gene(stable: str) -> strawberry.ID | None:
    return strawberry.ID(f"ENSEMBL:{stable}") if stable else None


def _plain(value: Any) -> Any:
    return "|".join(str(rounded(each)) for each in value) if isinstance(value, tuple) else rounded(value)
