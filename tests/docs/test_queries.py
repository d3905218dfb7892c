"""Every GraphQL query that the documentation or the examples show is of the schema, and of no field that has a
successor."""

import re
from pathlib import Path

import pytest
from graphql import NoDeprecatedCustomRule, build_schema, parse, specified_rules, validate

from tests.conftest import ROOT
from tests.docs.pages import PAGES

SCHEMA = build_schema((ROOT / "api" / "schema.graphql").read_text(encoding="utf-8"))
BLOCK = re.compile(r"```graphql[^\n]*\n(.*?)```", re.DOTALL)
SHOWN = [*PAGES.rglob("*.md"), ROOT / "README.md", *(ROOT / "api" / "examples").rglob("*.md")]
QUERIES = [
    pytest.param(query, id=f"{path.relative_to(ROOT)}:{at}")
    for path in sorted(SHOWN)
    for at, query in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")))
] + [
    pytest.param(path.read_text(encoding="utf-8"), id=str(path.relative_to(ROOT)))
    for path in sorted((ROOT / "api" / "examples").rglob("*.graphql"))
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_that_is_shown_has_no_deprecated_field(query: str) -> None:
    assert [str(each) for each in validate(SCHEMA, parse(query), [*specified_rules, NoDeprecatedCustomRule])] == []


def test_there_are_queries() -> None:
    assert len(QUERIES) > 5
    assert Path(SHOWN[0]).is_file()
