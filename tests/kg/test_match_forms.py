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
from api.graphql.record import told_by
from api.schema import build
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
]
"""People read these columns by name and by place: a new one stands behind them."""


@dataclass(frozen=True)
class Longer(MatchRecord):
    """A match with one field more."""

    depth: Annotated[float | None, Told("reads of {none} genes", column=40, line="depth {}")] = None


@pytest.fixture
def longer(monkeypatch: pytest.MonkeyPatch) -> Longer:
    """Every form as it is where ``Longer`` is what is declared."""
    monkeypatch.setattr(render, "MatchRecord", Longer)
    monkeypatch.setattr(form, "FIELDS", declared(Longer))
    return Longer(**vars(graph_records("one")[0]), depth=0.25)


def test_one_entry_more_is_in_every_form(longer: Longer) -> None:
    assert list(stored_as(Longer))[-1] == Property("depth", "float", "reads of absent genes")
    assert declared(Longer)[-1].plain
    assert declared(Longer)[-1].may_lack
    node = node_of(longer)
    assert node["depth"] == value_of("depth", node) == 0.25
    assert longer.to_json()["depth"] == 0.25
    head, row = csv.reader(io.StringIO(tsv(Answer("q", "r", "f", (longer,)))), delimiter="\t")
    assert [*TABLE, "depth"] == head
    assert row[-1] == "0.25"
    console = Console(file=io.StringIO(), width=200)
    console.print(render.verdict(longer))
    assert "  depth 0.25\n" in console.file.getvalue()


def test_one_entry_more_is_in_graphql_behind_the_one_before_it() -> None:
    @strawberry.type
    @told_by(Longer)
    class Shown:
        curations: list[str]
        note: str

    shown = {f.name: (f.description, str(f.type)) for f in Shown.__strawberry_definition__.fields}  # type: ignore[attr-defined]
    assert list(shown)[-3:] == ["curations", "depth", "note"]
    assert shown["depth"][0] == "reads of null genes"
    assert shown["score"][0] == "correlation r of the two vectors; null where nothing could be scored"


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
