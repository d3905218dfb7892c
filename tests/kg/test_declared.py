"""Levels, policies, statuses and kinds are declared once: wherever they are listed, the list is the declaration."""

import re
from typing import get_args

import click
import pytest

from api.http.explorer import assets
from api.types.enums import Level, MatchStatus
from api.types.enums import Policy as PolicyOfAnswers
from ingest.manifest.blocks import ContrastSpec
from kg.backup.diff import _SETS
from kg.cli.main import main
from kg.cli.render import COLOURS
from kg.match.compared import BROUGHT, BY_GENE, LEVELS, OF_CELLS, offered, part_of
from kg.match.orthology import POLICIES, Policy
from kg.match.verdict import Status
from kg.schema.kinds import KINDS
from kg.schema.nodes import NODES

NODE = {spec.label: {p.name: p for p in spec.properties} for spec in NODES}


def choices(command: str, option: str) -> list[str]:
    found = main.get_command(click.Context(main), command)
    assert found is not None
    (it,) = [p for p in found.params if p.name == option]
    assert isinstance(it.type, click.Choice)
    return list(it.type.choices)


@pytest.mark.parametrize("command", ["match", "compare", "match-signature"])
def test_the_command_line_offers_what_is_declared(command: str) -> None:
    assert choices(command, "level") == list(offered())
    assert choices(command, "policy") == list(POLICIES)


def test_answers_have_what_is_declared() -> None:
    assert [level.value for level in Level] == [*offered(), BROUGHT]
    assert [policy.value for policy in PolicyOfAnswers] == list(POLICIES)
    assert {status.name for status in MatchStatus} == set(Status) == set(COLOURS)


def test_the_explorer_is_given_what_is_declared() -> None:
    text = {path: asset.body.decode() for path, asset in assets().items() if path.endswith(".js")}
    told = dict(re.findall(r"export const (\w+) = (.*);", text["js/declared.js"]))
    assert re.findall(r'"(\w+)"', told["LEVELS"]) == list(offered())
    assert re.findall(r'"(\w+)"', told["POLICIES"]) == list(POLICIES)
    assert set(re.findall(r"^  ([A-Z_]+): \{", text["js/status.js"], re.M)) == set(Status)
    few = {level for level in offered() if level not in ("gene",)}
    listing = [path for path, t in text.items() if path != "js/declared.js" and all(f'"{name}"' in t for name in few)]
    assert not listing


def test_the_graph_says_what_is_declared() -> None:
    assert set(re.split(r", | or ", NODE["Match"]["level"].doc)) == set(offered())
    assert set(re.split(r", | or ", NODE["Match"]["status"].doc)) == set(Status)
    assert NODE["Contrast"]["kind"].doc.startswith(", ".join(KINDS))
    assert {LEVELS[level].target for level in offered()} <= set(NODE)


def test_a_manifest_may_state_what_is_declared() -> None:
    assert get_args(ContrastSpec.model_fields["kind"].annotation) == KINDS


def test_a_level_is_of_genes_of_sets_or_of_cells() -> None:
    assert set(BY_GENE) | {name for name, level in LEVELS.items() if level.sets} == set(LEVELS)
    assert set(OF_CELLS) <= set(BY_GENE)
    for name, level in LEVELS.items():
        assert (part_of("c", name) != "c") == level.of_cells
        assert not level.sets or level.sets.startswith(level.reads), (
            f"{name}: a difference of its sets would not be told"
        )
        assert level.least > 0
        assert level.doc
        assert set(level.reads) <= set(_SETS)


def test_sets_of_a_question_are_the_only_level_that_is_not_offered() -> None:
    assert {*LEVELS} - {*offered()} == {BROUGHT}
    assert LEVELS[BROUGHT].brought


def test_every_policy_and_status_says_what_it_is() -> None:
    assert tuple(POLICIES) == get_args(Policy)
    assert all(POLICIES.values())
    assert all(status.doc for status in Status)
    assert Status("SUPPORTED") is Status.SUPPORTED
