"""What a terminal shows: a test of cells as replicates is told with every verdict that it stands in, in each form."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from kg.ask.questions import only
from kg.cli import render
from kg.match.levels import CELLS
from kg.records.match import Answer
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


def test_verdicts_are_filtered_by_specificity_and_what_is_left_out_is_said():
    tested, untested = graph_records("one")
    answer = Answer("q", "one", "family", (tested, untested))
    assert only(answer, None) == answer
    kept = only(answer, "tested")
    assert kept.matches == (tested,)
    assert [(gap.kind, gap.what) for gap in kept.gaps] == [("withheld", "1 verdicts")]
    assert only(answer, "untested").matches == (untested,)


def test_each_form_tells_the_role_of_other_states_and_the_status_line(tmp_path: Path):
    record = graph_records("one")[0]
    answer = Answer("q", "one", "family", (record,))
    with (tmp_path / "out").open("w") as out:
        console = Console(width=200, record=True, file=out)
        render.table(answer, console)
    text = console.export_text()
    for said in (
        "SUPPORTED",
        "specificity tested; unlike Huntington disease in mice",
        "Huntington disease",
        "left: opposite",
        "36% of T is left",
        "with the noise of another reference: other donors: p 0.004",
        "q 0.05 when asked under x (family of 21)",
    ):
        assert said in text, said
    header, line = (each.split("\t") for each in render.tsv(answer).splitlines())
    row = dict(zip(header, line, strict=True))
    assert (row["specificity"], row["status_line"]) == ("tested", record.status_line)
    assert row["given"] == "Huntington disease: left: moves the other way along the same axis"
    told = answer.to_json()
    assert told["matches"][0]["given"][0]["role"] == "left"
    assert "at once" in told["changes_note"]["gene"]


@pytest.mark.parametrize("width", [60, 80, 120, 140])
def test_an_answer_fits_the_width_and_opens_with_the_sentence(tmp_path: Path, width: int):
    """At any width every number stands whole on its line, and no line is longer."""
    one, two = graph_records("one")
    long = replace(
        one,
        reason="explained by Huntington disease and autism spectrum disorder as far as can be seen; " * 2,
        given=tuple(
            replace(one.given[0], state=f"s{at}", label=f"a disease of a long name, number {at}") for at in range(5)
        ),
        cohorts=tuple(replace(one.cohorts[0], label=f"Alzheimer's against old donors, lobe {at}") for at in range(3)),
    )
    answer = Answer("q", "one", "family", (long, two))
    with (tmp_path / "out").open("w") as out:
        console = Console(width=width, record=True, file=out)
        render.table(answer, console)
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for said in (
        "0.20 [0.05, 0.35] (0.03)",
        "0.44 (0.005)",
        "0.60 (0.001)",
        "joint null, two-sided",
        "share of a side's",
    ):
        assert said in text, said
    assert text.index(str(one.sentence)) < text.index("SUPPORTED")
    assert text.index(str(two.sentence)) < text.index("UNTESTABLE  ".strip(), text.index(str(two.sentence)))
    at = next(i for i, line in enumerate(lines) if line.startswith("  explained by"))
    assert all(line.startswith("    ") for line in lines[at + 1 : at + 1 + 180 // width - 1])
