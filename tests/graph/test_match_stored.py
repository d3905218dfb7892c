"""A stored match is the match that was computed, field by field, on both stores."""

from dataclasses import asdict, fields, replace

import pytest

from kg.read.contents import rounded
from kg.schema.match import MatchRecord
from kg.store.driver import Store
from kg.stored.whole import read_matches
from tests.api.conftest import AD, MOUSE, graph_records, write_small

pytestmark = pytest.mark.graph
NOT_STORED = {"curations"}


def full() -> MatchRecord:
    """Every optional field is set: none may be lost unseen."""
    verdict = graph_records("one")[0]
    changes = tuple(replace(change, leading=("GFAP", "AQP4")) for change in verdict.changes[:5])
    return replace(verdict, exploratory_p=0.02, power=0.25, changes=changes)


def test_the_record_sets_every_field_and_every_field_of_its_parts():
    record = full()
    for part in (
        record,
        *record.given,
        *record.model_given,
        *record.cohorts,
        *record.changes[:1],
        record.all_given,
        record.axes_out,
    ):
        for field in fields(part):
            value = getattr(part, field.name)
            assert field.name in NOT_STORED or value not in (None, (), ""), f"{type(part).__name__}.{field.name}"


def test_stored_is_computed_field_by_field(store: Store):
    record = full()
    write_small(store, [record, graph_records("one")[1]])
    found, gaps = read_matches(store, [MOUSE], AD, "gene", "one2one")
    assert gaps == ()
    stored = next(r for r in found if r.id == record.id)
    one, two = (rounded(asdict(each)) for each in (stored, record))
    for field in fields(MatchRecord):
        if field.name not in NOT_STORED:
            assert type(getattr(stored, field.name)) is type(getattr(record, field.name)), field.name
            assert one[field.name] == two[field.name], field.name


def test_a_part_that_cannot_be_read_is_withheld_and_the_rest_stands(store: Store):
    record = full()
    write_small(store, [record])
    store.write(
        "MATCH (:Match {id: $id})-[r:SUPPORTED_BY]->(f {id: $feature}) REMOVE r.p",
        id=record.id,
        feature=record.changes[0].feature,
    )
    found, gaps = read_matches(store, [MOUSE], AD, "gene", "one2one")
    assert [len(r.changes) for r in found] == [4]
    assert [(gap.kind, "p is not there" in gap.why) for gap in gaps] == [("withheld", True)]
