"""Cells read = cells used + cells left out by reason; most cells lost is an error that names what was tried."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.files.cells.barcodes import alike
from kg.errors import ContractError
from tests.ingest.make_formats import FORMATS, sheet
from tests.ingest.test_bad_cells import run, small, written

BASES = np.array(list("ACGT"))


def barcodes(n: int) -> list[str]:
    return ["".join(BASES[[(i // 4**k) % 4 for k in range(8)]]) + "ACGTACGT" for i in range(n)]


def test_each_cell_is_counted_once(tmp_path: Path):
    made = small()
    donors, types = made.obs["donor_id"].astype(object), made.obs["cell_type_ontology_term_id"].astype(object)
    donors.iloc[:3], types.iloc[2:5] = "doublet", "unknown"
    donors.iloc[12:15] = "d77"
    made.obs["donor_id"], made.obs["cell_type_ontology_term_id"] = donors, types
    made.obs["disease"] = ["case" if d in ("d1", "d3", "d5") else "normal" for d in donors]
    depth = np.asarray(made.X.sum(axis=1)).ravel()
    low = float(np.sort(depth)[1])
    made.write_h5ad(tmp_path / "cells.h5ad")
    batch = run(written(tmp_path, qc={"min_counts": low}, min_cells=5))
    tally = batch.cells
    assert tally is not None
    poor = int((depth[5:] < low).sum() - (depth[12:15] < low).sum())
    out = {why: n for why, n in tally.left_out.items() if n}
    assert out["name no donor"] == 3
    assert out["name no cell type"] == 2
    assert out["are of a donor with fewer than 5 of their type"] == 3 - int((depth[12:15] < low).sum())
    assert tally.used == 72 - sum(out.values())
    assert sum(out.values()) == 8 + poor
    expressed = len(batch.arrays["orthokg:contrast/lab/a.astrocyte"].genes)
    assert (tally.donors, tally.expressed, tally.genes) == (6, expressed, 40)
    assert batch.told[0] == f"cells: {tally}"
    assert f"72 cells read from X = {tally.used} used + {72 - tally.used} left out (3 name no donor, " in str(tally)


def shifted(folder: Path, change: object, keep: slice = slice(None)) -> Path:
    made = small()
    made.obs_names = [f"{b}-1" for b in barcodes(made.n_obs)]
    FORMATS["Cell Ranger 3 folder"](made, folder)
    made.obs_names = [change(name) for name in made.obs_names]  # type: ignore[operator]
    sheet(made[keep].copy(), folder)
    return written(folder, file="filtered_feature_bc_matrix", obs="cells.csv")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda name: name.removesuffix("-1"),
            "without the suffix after the last hyphen (-1), 72 of 72 cells have a row: use",
        ),
        (lambda name: name.replace("-", "."), "72 of 72 cells have a row"),
        (lambda name: f"lib1_{name}", "what precedes the first _, 72 of 72"),
        (lambda name: f"{name}_7", "without what follows the last _, 72 of 72"),
        (str.lower, "without capitals, 72 of 72"),
        (lambda name: f"lib1#{name}", "precedes the last #, 72 of 72"),
        (lambda name: f"s3:{name[:16]}x", "everything except the bases of the barcode, 72 of 72"),
    ],
)
def test_names_that_do_not_meet_are_tried(tmp_path: Path, change: object, told: str):
    with pytest.raises(ContractError) as caught:
        run(shifted(tmp_path, change))
    assert caught.value.code == "NO_SUCH_CELLS"
    assert told in str(caught.value)


def test_libraries_that_repeat_a_barcode_are_not_told_to_drop_the_suffix():
    one = pd.Index([f"{b}-{k}" for b in barcodes(20) for k in (1, 2)])
    assert "not uniquely" in alike(one, pd.Index([f"{b}_{k}" for b in barcodes(20) for k in (1, 2)]), some=False)


def test_most_cells_without_a_row_are_an_error_unless_it_is_said(tmp_path: Path):
    path = shifted(tmp_path, str, slice(0, 71, 6))
    with pytest.raises(ContractError) as caught:
        run(path)
    assert caught.value.code == "NO_SUCH_CELLS"
    assert "60 of 72 cells have none" in str(caught.value)
    assert "declare `partial: true`" in str(caught.value)
    batch = run(written(tmp_path, file="filtered_feature_bc_matrix", obs="cells.csv", partial=True, min_cells=2))
    assert batch.cells is not None
    assert batch.cells.left_out["have no row in cells.csv"] == 60
    assert "lab: 60 cells have no row in cells.csv and are in no sum" in batch.missing


def test_most_cells_without_a_donor_are_an_error(tmp_path: Path):
    made = small()
    donors = made.obs["donor_id"].astype(object)
    donors[np.arange(72) % 12 > 4] = "unassigned"
    made.obs["donor_id"] = donors
    made.write_h5ad(tmp_path / "cells.h5ad")
    with pytest.raises(ContractError) as caught:
        run(written(tmp_path))
    assert caught.value.code == "NO_DONORS"
    assert "'unassigned' in 42 of 72 cells" in str(caught.value)
    batch = run(written(tmp_path, partial=True, min_cells=5))
    assert batch.cells is not None
    assert batch.cells.used == 30


def test_populations_that_are_numbers_are_told(tmp_path: Path):
    made = small()
    made.obs["cluster"] = np.arange(72) % 2
    made.write_h5ad(tmp_path / "cells.h5ad")
    batch = run(written(tmp_path, cell_type="cluster", min_cells=5))
    assert any("populations are named by numbers (0, 1): clusters, or codes" in line for line in batch.missing)
