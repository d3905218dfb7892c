"""What is said of a cell, by its probabilities and its set."""

import numpy as np
import pytest

from ingest.method.mapping.heads.outcome import say
from ingest.method.mapping.heads.tree import Tree


def test_what_is_said_of_a_cell_holds_its_most_probable_type() -> None:
    tree = Tree.of({"a": "x", "b": "x"}, ("a", "b", "c"))
    p = np.log([[0.90, 0.08, 0.02], [0.02, 0.08, 0.90], [0.60, 0.38, 0.02], [0.60, 0.02, 0.38], [0.02, 0.08, 0.90]])
    sets = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]], bool)
    none = np.zeros(5, bool)
    plain = say(tree, p, sets, none, none)
    assert plain.outcome.tolist() == ["type", "ambiguous", "ancestor", "ambiguous", "type"]
    assert plain.label.tolist() == ["a", "", "x", "", "c"]
    vague = say(tree, p, sets, none, none, np.array([False, False, True]))
    assert vague.outcome.tolist() == ["type", "ambiguous", "ancestor", "type", "type"]
    assert vague.label.tolist() == ["a", "", "x", "a", "c"]
    assert vague.probability.tolist() == pytest.approx([0.9, 0.9, 0.98, 0.6, 0.9])
