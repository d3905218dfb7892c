"""The schema against the one of the last release: what clients have written goes on working, and what was deprecated is
still there.

``released.graphql`` is ``api/schema.graphql`` as of the last release; each release replaces it.
"""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema
from graphql.utilities import find_breaking_changes

from api.access.limits import Limits
from api.schema import build

RELEASED = build_schema((Path(__file__).parent / "released.graphql").read_text())


@pytest.fixture(scope="module")
def present() -> GraphQLSchema:
    return build_schema(build(Limits()).as_str())


def test_nothing_breaks_that_the_last_release_had(present):
    assert [change.description for change in find_breaking_changes(RELEASED, present)] == []


def test_a_change_that_breaks_would_be_seen(present):
    text = build(Limits()).as_str()
    for was, now in (
        ("  question: String!\n", ""),
        ("  statusLine: String!", "  statusLine: String"),
        ("enum Arm {\n  case\n", "enum Arm {\n"),
    ):
        assert was in text
        assert find_breaking_changes(present, build_schema(text.replace(was, now)))
