"""Each form that a match has (graph, reading, JSON, table, terminal, GraphQL) is made of its one declaration: a field
that is declared more is in all of them."""

import csv
import io
from dataclasses import dataclass, fields
from typing import Annotated

import pytest
import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.access.limits import Limits
from api.graphql.node import Node, made
from api.graphql.record import told_by
from api.graphql.selection import _needs
from api.schema import build
from api.types.enums import OF_A_MATCH
from kg.cli import render
from kg.cli.render import tsv
from kg.records.match import Answer
from kg.schema.match import MatchRecord
from kg.schema.nodes import NODE_BY_LABEL
from kg.schema.spec import Property
from kg.schema.told import Told, declared, stored_as
from kg.stored import form
from kg.stored.form import LENT, MADE, MAY_LACK, PLAIN, node_of, value_of
from kg.stored.parts import _PARTS
from kg.terminal.console import Console
from tests.api.conftest import graph_records

NAMES = {f.name for f in fields(MatchRecord)}
TABLE = [
    "id",
    "status",
    "mouse_label",
    "human_label",
    "level",
    "policy",
    "score",
    "p",
    "q",
    "naive_p",
    "exploratory_p",
    "n_features",
    "effective_n",
    "df",
    "ceiling",
    "corrected_score",
    "specificity",
    "model_specificity",
    "n_changes",
    "reason",
    "status_line",
    "null_mouse",
    "null_human",
    "axes_out_score",
    "axes_out_p",
    "given",
    "model_given",
    "all_given_share",
    "all_given_low",
    "all_given_high",
    "flags",
    "curations",
    "sentence",
    "power",
]
"""People read these columns by name and by place: a new one stands behind them."""


@dataclass(frozen=True)
class Longer(MatchRecord):
    """A match with three fields more: a number, a name of an enum, and a curie."""

    depth: Annotated[float | None, Told("reads of {none} genes", column=40, line="depth {}")] = None
    below: Annotated[str, Told("level of its parts", column=41, shown="Level", now=("level_below", "of its parts"))] = (
        "gene"
    )
    near: Annotated[str, Told("curie of the nearest contrast", column=42, shown="ID")] = "orthokg:contrast/near"


@pytest.fixture
def longer(monkeypatch: pytest.MonkeyPatch) -> Longer:
    """Every form as it is where ``Longer`` is what is declared."""
    monkeypatch.setattr(render, "MatchRecord", Longer)
    monkeypatch.setattr(form, "FIELDS", declared(Longer))
    return Longer(**vars(graph_records("one")[0]), depth=0.25)


def test_one_entry_more_is_in_every_form(longer: Longer) -> None:
    assert list(stored_as(Longer))[-3:] == [
        Property("depth", "float", "reads of absent genes"),
        Property("below", "string", "level of its parts"),
        Property("near", "string", "curie of the nearest contrast"),
    ]
    assert [(f.plain, f.may_lack) for f in declared(Longer)[-3:]] == [(True, True), (True, False), (True, False)]
    node = node_of(longer)
    assert node["depth"] == value_of("depth", node) == 0.25
    assert node["below"] == longer.to_json()["below"] == "gene"
    assert longer.to_json()["depth"] == 0.25
    head, row = csv.reader(io.StringIO(tsv(Answer("q", "r", "f", (longer,)))), delimiter="\t")
    assert [*TABLE, "depth", "below", "near"] == head
    assert row[-3:] == ["0.25", "gene", "orthokg:contrast/near"]
    console = Console(file=io.StringIO(), width=200)
    console.print(render.verdict(longer))
    assert "  depth 0.25\n" in console.file.getvalue()


@strawberry.type
@told_by(Longer, OF_A_MATCH)
class Shown(Node):
    curations: list[str]
    note: str


@strawberry.type
class Query:
    @strawberry.field
    def match(self) -> Shown:
        return made(Shown, {"id": "orthokg:match/1", "below": "regulon", "near": "orthokg:contrast/near"})


def test_one_entry_more_is_in_graphql_behind_the_one_before_it() -> None:
    shown = {f.name: (f.description, f.deprecation_reason) for f in Shown.__strawberry_definition__.fields}  # type: ignore[attr-defined]
    assert list(shown)[-7:] == ["sentence", "power", "depth", "level_below", "below", "near", "note"]
    assert shown["depth"][0] == "reads of null genes"
    assert shown["score"][0] == "correlation r of the two vectors; null where nothing could be scored"
    assert shown["level_below"] == ("of its parts", None)
    assert shown["below"] == ("level of its parts", "use levelBelow, an enum")


def test_an_enum_and_a_curie_are_shown_and_read_as_they_are_declared() -> None:
    schema = strawberry.Schema(Query)
    types = {name: str(field.type) for name, field in schema._schema.type_map["Shown"].fields.items()}  # type: ignore[attr-defined]
    assert [types[name] for name in ("depth", "levelBelow", "below", "near")] == ["Float", "Level!", "String!", "ID!"]
    found = schema.execute_sync("{ match { levelBelow below near } }")
    assert found.errors is None
    assert found.data == {"match": {"levelBelow": "regulon", "below": "regulon", "near": "orthokg:contrast/near"}}
    assert [_needs(Shown)[name] for name in ("levelBelow", "near")] == [("below",), ("near",)]


def test_every_field_is_stored_once() -> None:
    apart = {"id", "curations"} | set(_PARTS)
    assert NAMES - apart == set(PLAIN) | set(LENT) | set(MADE)
    assert len(NAMES - apart) == len(PLAIN) + len(LENT) + len(MADE)


def test_every_property_of_a_stored_match_is_written_and_declared() -> None:
    declared_ones = {p.name for p in NODE_BY_LABEL["Match"].properties} - {"rank"} | {"id"}
    for record in graph_records("one"):
        row = node_of(record)
        assert set(row) == declared_ones
        assert {name for name in row if row[name] is None} <= MAY_LACK


def test_what_is_written_is_read_back() -> None:
    for record in graph_records("one"):
        row = node_of(record)
        for name in (*PLAIN, *MADE):
            value = value_of(name, row)
            assert (tuple(value) if isinstance(value, list) else value) == getattr(record, name), name


def test_json_and_graphql_have_every_field() -> None:
    assert set(graph_records("one")[0].to_json()) == NAMES
    shown = set(build(Limits())._schema.type_map["Match"].fields)  # type: ignore[attr-defined]
    assert {to_camel_case(name) for name in NAMES} <= shown


def test_the_table_has_its_columns_in_their_places() -> None:
    head, *rows = csv.reader(io.StringIO(tsv(Answer("q", "r", "f", tuple(graph_records("one"))))), delimiter="\t")
    assert head == TABLE
    assert {len(row) for row in rows} == {len(head)}
