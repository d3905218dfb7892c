"""Real cells of human (Darmanis 2015) and mouse (Zeisel 2015), without labels, by the orthology stand-in."""

from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.models


def test_neurons_and_endothelial_cells_find_each_other(cache, tmp_path: Path):
    from tests.bench.saturn_real import joined, prepared, recalls, transferred

    prepared(tmp_path, cache)
    made = joined(tmp_path, "zeisel", "saturn", (), 0)
    for learn in ("human", "mouse"):
        found = recalls(made, transferred(made, learn, "saturn"))
        assert min(found["neuron"], found["endothelial"]) > 0.8, (learn, found)
    card = yaml.safe_load((tmp_path / "out" / "card.yaml").read_text())
    assert {s["embedding"] for s in card["species"]} == {"orthology stand-in (not a protein language model)"}
    assert [s["cells"] for s in card["species"]] == [285, 1_464]
    assert sum(link["kind"] == "reciprocal" for link in card["links"]) == 2
    assert len([name for name in card["without a counterpart"] if name.startswith("human")]) >= 2, "glia have none here"
