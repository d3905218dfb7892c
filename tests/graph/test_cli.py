"""The command line as its users meet it: help that tells the question, the store named, one message for an error."""

import json

import pytest
from click.testing import CliRunner

from kg.cli.main import COMMANDS, main
from kg.read.contents import read_status
from kg.store.driver import Store
from tests.graph.load import load

pytestmark = pytest.mark.graph


@pytest.fixture
def run(store: Store, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Runs ``orthokg`` on the store, which holds a small network."""
    load(store, "r", 100, 10)
    if store.dialect == "neo4j":
        for name, value in request.getfixturevalue("neo4j_settings").items():
            monkeypatch.setenv(name, value)
    else:
        request.getfixturevalue("served")
    return lambda *words: CliRunner().invoke(main, words)


def test_help_names_the_question_and_every_command() -> None:
    shown = CliRunner().invoke(main, ["--help"]).stdout
    assert "which regulatory changes in a mouse model" in " ".join(shown.split())
    for name in COMMANDS:
        assert f"\n  {name} " in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_the_choice_of_store(command: str) -> None:
    done = CliRunner().invoke(main, [command, "--help"])
    assert done.exit_code == 0, done.output
    assert "--store STORE" in done.stdout


def test_status(run) -> None:
    done = run("status", "--format", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["nodes"] == {"Gene": 100, "Regulon": 10}
    assert json.loads(done.stdout)["edges"] == {"REGULATES": 100}
    assert done.stderr.startswith("store: ")
    table = run("status").stdout.split()
    assert {"Gene", "Regulon", "REGULATES"} <= set(table)


def test_cypher(run) -> None:
    query = "MATCH (r:Regulon)-[:REGULATES]->(g) RETURN r.tf AS tf, count(g) AS n, 1.0 / 3 AS x ORDER BY tf LIMIT 1"
    assert json.loads(run("cypher", query, "--format", "json").stdout) == [{"tf": "T0", "n": 10, "x": 0.333333333333}]
    assert run("cypher", query, "--format", "tsv").stdout == "tf\tn\tx\nT0\t10\t0.333333333333\n"
    cut = run("cypher", "MATCH (g:Gene) RETURN g", "--limit", "3", "--format", "json")
    assert len(json.loads(cut.stdout)) == 3
    assert "first 3 rows" in cut.stderr


def test_a_write_is_refused(run, store: Store) -> None:
    done = run("cypher", "MATCH (n) DETACH DELETE n")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("error: Only reading is allowed")
    assert json.loads(run("status", "--format", "json").stdout)["nodes"] == {"Gene": 100, "Regulon": 10}


def test_no_store_is_one_message() -> None:
    done = CliRunner().invoke(main, ["status", "--store", "bolt://127.0.0.1:9"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: No database answers at bolt://127.0.0.1:9")


def test_sources_that_are_missing_are_listed(store: Store) -> None:
    from kg.store.write import write_nodes

    rows = [
        {"id": "a", "status": "loaded", "version": "1", "read_rows": 5, "accepted": 3, "quarantined": 2},
        {"id": "b", "status": "missing", "reason": "no network"},
    ]
    write_nodes(store, "Source", rows, source="s", run="r")
    found = read_status(store)
    assert [(s.id, s.reason) for s in found.missing] == [("b", "no network")]
    assert (found.sources[0].read, found.sources[0].accepted, found.sources[0].quarantined) == (5, 3, 2)
