"""Means over the expressing cells times their share: by hand, what is wrong, and the control on the authors' files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex
from ingest.manifest import manifest
from ingest.manifest.blocks import Columns
from ingest.study import datasets
from ingest.study.expressing import over_all_cells
from kg.errors import ContractError
from kg.signatures.store import Signature

MEANS, SHARES = Path("means.csv"), Path("shares.csv")
COLUMNS = Columns(gene="g", effect="case", minus="control")


def made(share: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame({"g": ["A", "B", "C"], "case": ["2", "2.5", "x"], "control": ["1", "0", "2"]})
    return over_all_cells(frame, MEANS, share, SHARES, COLUMNS)


def test_by_hand():
    found = made(pd.DataFrame({"g": ["B", "A", "C"], "case": ["20", "50", "1"], "control": ["0", "100", "10"]}))
    assert [float(v) for v in found["case"][:2]] == [1.0, 0.5]
    assert [float(v) for v in found["control"]] == [1.0, 0.0, 0.2]
    assert found["case"].iloc[2] == "x", "what is not a number is left for quarantine to quote"


def test_a_gene_without_one_share_has_no_value():
    share = pd.DataFrame({"g": ["A", "A", "C"], "case": ["20", "50", "1"], "control": ["0", "10", "10"]})
    assert list(made(share)["control"]) == ["", "", "0.2"]


@pytest.mark.parametrize("wrong", ["101", "-1", "", "NaN", "many"])
def test_a_share_is_a_percentage(wrong: str):
    share = pd.DataFrame({"g": ["A", "B", "C"], "case": ["20", wrong, "1"], "control": ["0", "1", "10"]})
    with pytest.raises(ContractError, match=r"shares\.csv.*case lies between 0 and 100.*for B") as error:
        made(share)
    assert error.value.code == "SHARE_RANGE"


def test_the_columns_are_the_same():
    with pytest.raises(ContractError, match=r"shares\.csv.*columns\.minus"):
        made(pd.DataFrame({"g": ["A"], "case": ["20"]}))


def test_app_ps1_microglia_move_like_disease_associated_ones(cache: Cache, mouse: GeneIndex):
    """The control: two sets of mouse microglia that must agree, one cut to the genes that its authors list."""
    found: list[Signature] = []
    for name, end in (("jax-microglia", "homeostatic"), ("dam-keren-shaul", "dam")):
        m = manifest.read(manifest.BUNDLED / f"{name}.yaml")
        batch = datasets.transform(m, datasets.get(cache, m), mouse)
        found.append(batch.arrays[next(k for k in batch.arrays if k.endswith(f"/{end}"))])
    genes, a, b = np.intersect1d(found[0].genes, found[1].genes, return_indices=True)
    animals, cells = found[0].vector[a], found[1].vector[b]
    assert len(genes) > 250
    assert 0.40 <= np.corrcoef(animals, cells)[0, 1] <= 0.50
