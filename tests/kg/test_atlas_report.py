"""Reports of submissions: one text for one content, where a submission stands, and what is none."""

from dataclasses import replace

import numpy as np
import pytest

from kg.atlas.report import Gate, GateLine, Marker, NewType, Report
from kg.errors import ContractError, KgError

GATE = Gate("G3", "resolution", "passed", (GateLine("B cell", 0.01, -0.02, 0.9, 0.91),))
REPORT = Report(
    "orthokg:atlas-version/x", "pbmc", ("new",), 6, 900, ("B cell",), ("T cell",), (GATE,),
    (NewType("orthokg:type/1", "B cell 2", "CL:0000236", (Marker("ENSEMBL:ENSG1", 2.5, 4),), 90, 4, "single-study"),),
    ("the first match flips",), ("a note",),
)  # fmt: skip


def test_a_report_is_read_as_it_was_written() -> None:
    assert Report.unpack(REPORT.pack()) == REPORT
    alike = replace(REPORT, gates=(replace(GATE, lines=(replace(GATE.lines[0], value=np.float64(0.01)),)),))  # type: ignore[arg-type]
    assert alike.pack() == REPORT.pack()


@pytest.mark.parametrize(
    ("outcomes", "due"),
    [
        ((), "passed"),
        (("passed", "shown", "not applicable"), "passed"),
        (("passed", "underpowered"), "underpowered"),
        (("underpowered", "failed", "passed"), "failed"),
    ],
)
def test_where_a_submission_stands(outcomes: tuple[str, ...], due: str) -> None:
    gates = tuple(replace(GATE, id=f"G{at}", outcome=outcome) for at, outcome in enumerate(outcomes))  # type: ignore[arg-type]
    found = replace(REPORT, gates=gates)
    assert found.status == due
    assert found.failed == tuple(each.id for each in gates if each.outcome == "failed")
    assert found.underpowered == tuple(each.id for each in gates if each.outcome == "underpowered")


def test_what_no_report_is() -> None:
    line = replace(GATE.lines[0], value=float("nan"), stops=1)  # type: ignore[arg-type]
    wrong = replace(REPORT, donors=-1, studies="new", gates=(replace(GATE, outcome="fine", lines=(line,)),))  # type: ignore[arg-type]
    with pytest.raises(ContractError) as told:
        wrong.pack()
    assert told.value.code == "REPORT"
    assert {each.path for each in told.value.issues} == {
        "report.donors", "report.studies", "report.gates[0].outcome", "report.gates[0].lines[0].value",
        "report.gates[0].lines[0].stops",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x", "REPORT"), (b'{"format": 1}', "REPORT"), (b'{"format": 1, "more": 1}', "REPORT"),
        (b'{"format": 2}', "STORE_NEWER"),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_read(data: bytes, code: str) -> None:
    with pytest.raises(KgError) as told:
        Report.unpack(data)
    assert told.value.code == code
