"""A field of a match is in each form that a match has: record, graph, reading, JSON, GraphQL; and in the table where it
is one value."""

import csv
import io
from dataclasses import fields

from strawberry.utils.str_converters import to_camel_case

from api.access.limits import Limits
from api.schema import build
from kg.cli.render import tsv
from kg.records.match import Answer, MatchRecord
from kg.schema.nodes import NODE_BY_LABEL
from kg.stored.pages import _SIDES, _STORED_AS
from kg.stored.parts import _PARTS
from kg.stored.write import MAY_LACK, PLAIN, _node
from tests.api.conftest import graph_records

NAMES = {f.name for f in fields(MatchRecord)}
NOT_IN_THE_TABLE = {
    "mouse",
    "human",
    "state",
    "disease",
    "mouse_taxon",
    "human_taxon",
    "statistic",
    "interval",
    "family",
    "family_size",
    "other_families",
    "cohorts",
    "policy_band",
    "references",
    "changes",
    "engineered",
    "method",
    "data_version",
}
"""A table is narrow: these stand in JSON."""
IN_PARTS = {"null": "null_human", "axes_out": "axes_out_score", "all_given": "all_given_share"}


def test_every_field_is_stored_once_and_read_back() -> None:
    apart = {"id", "curations"} | set(_PARTS)
    assert NAMES - apart == set(PLAIN) | set(_SIDES) | set(_STORED_AS)
    assert not set(PLAIN) & (set(_SIDES) | set(_STORED_AS))


def test_every_property_of_a_stored_match_is_written_and_declared() -> None:
    declared = {p.name for p in NODE_BY_LABEL["Match"].properties} | {"id"}
    for record in graph_records("one"):
        row = _node(record, 0)
        assert set(row) == declared
        assert {name for name in PLAIN if row[name] is None} <= MAY_LACK


def test_json_and_graphql_have_every_field() -> None:
    assert set(graph_records("one")[0].to_json()) == NAMES
    shown = set(build(Limits())._schema.type_map["Match"].fields)  # type: ignore[attr-defined]
    assert {to_camel_case(name) for name in NAMES} <= shown


def test_the_table_has_every_other_field() -> None:
    head, *rows = csv.reader(io.StringIO(tsv(Answer("q", "r", "f", tuple(graph_records("one"))))), delimiter="\t")
    assert {IN_PARTS.get(name, name) for name in NAMES - NOT_IN_THE_TABLE} <= set(head)
    assert {len(row) for row in rows} == {len(head)}
