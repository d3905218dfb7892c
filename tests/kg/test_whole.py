"""When stored matches answer a question: all contrasts that can have some at its level have them."""

from dataclasses import replace
from pathlib import Path

import pytest

from kg.ask.questions import whole, without
from kg.curie import HUMAN, MOUSE
from kg.sides.basis import run_of
from kg.sides.plan import Plan
from kg.sides.workspace import Workspace
from tests.kg.little import AD, TRUTH, Little


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A model with a bulk contrast and one with the activity of its factors."""
    little = Little(tmp_path)
    little.add("bulk", MOUSE, TRUTH)
    little.add("cells", MOUSE, TRUTH)
    little.add("cohort", HUMAN, TRUTH, state="state")
    made = little.signatures
    made.put(replace(made.get("orthokg:contrast/little/cells"), id="orthokg:contrast/little/cells#activity"))
    return little.workspace()


def plan(ws: Workspace, level: str, *names: str) -> Plan:
    asked = tuple(ws.catalog.contrasts[f"orthokg:contrast/little/{name}"] for name in names)
    return Plan(asked, AD, level, "one2one", "", "", asked)


def test_stored_activity_of_cells_answers_for_a_model_that_has_bulk_too(ws: Workspace) -> None:
    run, version = run_of(ws.catalog, ws.signatures.version), ws.signatures.version
    bulk, cells = ((f"orthokg:contrast/little/{name}", run) for name in ("bulk", "cells"))
    both = plan(ws, "activity", "bulk", "cells")
    assert whole([cells], both, ws, version)
    (told,) = without(ws, both)
    assert told.what == "activity level of bulk"
    assert "counts of single cells" in told.why
    assert not whole([], both, ws, version)
    assert not whole([(cells[0], "orthokg:run/derived-another")], both, ws, version)
    assert not whole([cells], plan(ws, "gene", "bulk", "cells"), ws, version), (
        "genes of the bulk contrast were not stored"
    )
    assert whole([cells, bulk], plan(ws, "gene", "bulk", "cells"), ws, version)
    assert without(ws, plan(ws, "gene", "bulk", "cells")) == ()
    assert not whole([], plan(ws, "activity", "bulk"), ws, version), "where none can have any, each says why by itself"
