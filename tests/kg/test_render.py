"""What a terminal shows: a test of cells as replicates is told with every verdict that it stands in, in each form."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from kg import render
from kg.match.levels import CELLS
from kg.records import Answer
from tests.api.conftest import graph_records


def test_a_cell_level_contrast_is_told_in_every_form(tmp_path: Path):
    plain = graph_records("one")[0]
    cohort = replace(plain.cohorts[0], label="Mathys", status=f"untestable: {CELLS}", score=None, p=None)
    record = replace(plain, flags=(f"cell-level: tau: {CELLS}",), cohorts=(*plain.cohorts, cohort))
    answer = Answer("q", "one", "family", (record,))
    with (tmp_path / "out").open("w") as out:
        console = Console(width=200, record=True, file=out)
        render.table(answer, console)
    text = console.export_text()
    assert f"note: cell-level: tau: {CELLS}" in text
    row = text[text.index("Mathys") :]
    assert "untestable: its p-values take cells as" in " ".join(row.split())[:400]
    header, line = (each.split("\t") for each in render.tsv(answer).splitlines())
    assert dict(zip(header, line, strict=True))["flags"] == record.flags[0]
    assert answer.to_json()["matches"][0]["flags"] == record.flags
