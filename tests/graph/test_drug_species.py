"""A drug in mice and in human cells: the simulated pairs, told apart by the command line, on both stores."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from kg.store.driver import Store

pytestmark = pytest.mark.graph
MOUSE, CELLS = "orthokg:contrast/simulated/drug-{}-mice", "orthokg:contrast/simulated/drug-{}-human-cells"


def asked(run: Callable[..., Result], *words: str) -> str:
    done = run(*words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_same_changes_and_others(run: Callable[..., Result]) -> None:
    told = {}
    for name in ("alike", "unlike"):
        drug = f"simulated-drug-{name}"
        answer = json.loads(asked(run, "compare", "--drug", drug, "--format", "json"))
        (match,) = answer["matches"]
        assert (match["mouse"], match["human"]) == (MOUSE.format(name), CELLS.format(name))
        assert match["sentence"].startswith("Simulated data: ")
        assert "SIMULATED" in match["human_label"]
        assert any(flag.startswith("simulated:") for flag in match["flags"])
        told[name] = match
    assert (told["alike"]["status"], told["unlike"]["status"]) == ("SUPPORTED", "NOT_SUPPORTED")
    assert told["alike"]["p"] < 0.001
    assert told["unlike"]["power"] is not None
    assert told["alike"]["n_changes"] > 0


def test_other_forms(run: Callable[..., Result]) -> None:
    ask = ("compare", "--drug", "simulated-drug-alike")
    table = asked(run, *ask, "--first", "1")
    assert "changes like SIMULATED simulated-drug-alike, human cells" in " ".join(table.split())
    rows = asked(run, *ask, "--format", "tsv", "--rows", "changes").splitlines()
    assert any("Sim" in row and "SIM" in row for row in rows)


def test_what_cannot_be_asked(run: Callable[..., Result], store: Store) -> None:
    store.write("MATCH (c:Contrast {id: $id}) DETACH DELETE c", id=CELLS.format("unlike"))
    store.write("MATCH (:Contrast {id: $id})-[r:OF_CONDITION]->() DELETE r", id=MOUSE.format("alike"))
    for name, lacks in (("unlike", "human cells"), ("alike", "an animal")):
        refused = run("compare", "--drug", f"simulated-drug-{name}")
        assert refused.exit_code == 1
        assert f"is not measured in {lacks}" in refused.stderr
        assert "ONE_SPECIES" in refused.stderr
    assert "not known" in run("compare", "--drug", "no such drug").stderr
    for words in (("--drug", "x", "--model", "y"), ("--model", "y"), ()):
        assert "two models, or one drug" in run("compare", *words).stderr
