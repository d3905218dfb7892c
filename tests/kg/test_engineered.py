"""A gene that a model of either side engineers is in no score."""

from pathlib import Path

import numpy as np
import pytest

from kg.curie import HUMAN, MOUSE
from kg.sides.human import alone
from kg.verdict.family import family, pairwise
from kg.verdict.score import score_side, space_between
from tests.kg.little import GENES, TRUTH, Little

LOUD = np.where(np.arange(GENES) == 7, 60.0, 0.0)


@pytest.fixture
def little(tmp_path: Path) -> Little:
    return Little(tmp_path)


def test_the_gene_of_the_second_side_is_out_as_that_of_the_first(little: Little) -> None:
    """A human contrast meets a model that makes the one gene they share."""
    person = little.add("person", HUMAN, LOUD)
    model = little.add("model", MOUSE, LOUD, engineered=("S7",))
    ws = little.workspace()
    (forth,) = pairwise(ws, person, [model])
    (back,) = pairwise(ws, model, [person])
    for record in (forth, back):
        assert record.engineered == ("S7",)
        assert abs(record.score) < 0.3
        assert record.status == "NOT_SUPPORTED"
        assert record.n_features == GENES - 1
        assert all(c.label != "S7" for c in record.changes)
    assert forth.score == pytest.approx(back.score, abs=1e-12)
    space = space_between(ws, person, model.taxon, "one2one")
    result = score_side(ws, person, alone(ws, model, space), space, "gene", specific=False).result
    assert result is not None
    assert "S7" not in {ws.symbols(HUMAN)[str(space.human[at])] for at in result.rows}


def test_two_models_leave_out_what_either_makes(little: Little) -> None:
    one = little.add("one", MOUSE, TRUTH + LOUD, engineered=("S7", "S9"))
    two = little.add("two", MOUSE, TRUTH + LOUD, engineered=("S11",))
    (record,) = pairwise(little.workspace(), one, [two])
    assert record.engineered == ("S11", "S7", "S9")
    assert record.n_features == GENES - 3


def test_what_an_untestable_pair_shows_leaves_it_out_too(little: Little) -> None:
    person = little.add("person", HUMAN, LOUD)
    model = little.add("model", MOUSE, LOUD, engineered=("S7",), noise="none", noise_reason="for the test")
    (record,) = pairwise(little.workspace(), person, [model])
    assert record.status == "UNTESTABLE"
    assert abs(record.score) < 0.3
    assert record.engineered == ("S7",)


def test_a_human_state_is_scored_without_what_the_model_makes(little: Little) -> None:
    little.add("cohort", HUMAN, TRUTH, state="AD")
    model = little.add("model", MOUSE, TRUTH, engineered=("S1",))
    (record,) = family(little.workspace(), model, disease=None, band=False)
    assert (record.engineered, record.n_features) == (("S1",), GENES - 1)
