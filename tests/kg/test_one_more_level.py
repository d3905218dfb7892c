"""A level that is declared more goes from its entry and its table of sets to a verdict, and is offered wherever levels
are."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kg.cli import render
from kg.curie import HUMAN, MOUSE
from kg.match.compared import LEVELS, Compared
from kg.schema.match import MatchRecord
from kg.terminal.console import Console
from kg.verdict.family import family
from tests.kg.little import AD, GENES, HUMAN_GENES, TRUTH, Little

SETS, MEMBERS = 40, 10
PATHWAY = Compared(
    "pathways, by the effects of their genes",
    "pathways",
    "pathways change",
    least=20,
    target="GeneModule",
    sets="modules/pathways",
    reads=("modules/",),
)
OFFERED = """
from kg.match.compared import LEVELS, Compared
LEVELS["pathway"] = Compared("a doc of its own", "pathways", "pathways change", least=20, sets="modules/pathways")
from api.access.limits import Limits
from api.schema import build
print(build(Limits()).as_str())
import click
from kg.cli.main import main
print([p.type.choices for p in main.get_command(click.Context(main), "match").params if p.name == "level"])
"""


def pathway(lab: Little) -> MatchRecord:
    (record,) = family(lab.workspace(), lab.contrasts["orthokg:contrast/little/model"], disease=AD, level="pathway")
    return record


def test_it_has_a_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LEVELS, "pathway", PATHWAY)
    lab = Little(tmp_path)
    lab.add("model", MOUSE, TRUTH)
    lab.add("cohort", HUMAN, TRUTH, state="ad")
    without = pathway(lab)
    assert without.status == "UNTESTABLE"
    assert "modules/pathways, which is not loaded" in without.reason
    members = np.random.default_rng(1).permuted(np.tile(HUMAN_GENES, (SETS, 1)), axis=1)[:, :MEMBERS]
    ids = np.array([f"P{i:02d}" for i in range(SETS)])
    nothing = np.zeros(0, dtype=str)
    lab.signatures.put_table(
        "modules/pathways",
        name=np.repeat(ids, MEMBERS),
        gene=members.ravel(),
        sign=np.ones(SETS * MEMBERS, dtype=np.int64),
        tf_name=nothing,
        tf_gene=nothing,
        set_id=ids,
        set_label=np.array([f"pathway {i}" for i in range(SETS)]),
    )
    found = pathway(lab)
    assert (found.status, found.level, found.n_features) == ("SUPPORTED", "pathway", SETS), found.reason
    human = np.isin(HUMAN_GENES, members[0])
    assert human.sum() == MEMBERS < GENES
    assert found.score is not None
    assert found.score > 0.5
    assert found.changes
    assert {change.label.split()[0] for change in found.changes} == {"pathway"}
    console = Console(file=io.StringIO(), width=200)
    console.print(render.verdict(found))
    assert f"{found.n_changes} pathways change alike on both sides" in console.file.getvalue()


@pytest.mark.long
def test_it_is_offered_by_graphql_and_the_command_line() -> None:
    made = subprocess.run([sys.executable, "-c", OFFERED], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert '"""a doc of its own"""\n  pathway\n' in made.stdout
    assert made.stdout.rstrip().endswith("'rewiring', 'pathway')]")
