"""Cells and samples of nobody: demultiplexing's words are no donors, and summary rows are no genes."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from kg.errors import ContractError
from tests.ingest.test_bad_cells import IDS, run, small, written
from tests.ingest.test_bad_input import counts_manifest, write_counts
from tests.ingest.test_bad_input import run as run_counts

CONTRAST = "orthokg:contrast/lab/a.astrocyte"


def write(folder: Path, donors: object, arms: object = None, **more: object) -> Path:
    made = small()
    made.obs["donor_id"] = donors
    if arms is not None:
        made.obs["disease"] = arms
    made.write_h5ad(folder / "cells.h5ad")
    path = written(folder, **more)
    return path


def test_words_of_demultiplexing_are_no_donors_in_either_arm(tmp_path: Path):
    """Cells 0 to 11 are of d0 (normal), 12 to 23 of d1 (case), and so on; what names nobody stands in both arms."""
    donors = small().obs["donor_id"].astype(object)
    for at, word in (
        (0, "doublet"),
        (1, "unassigned"),
        (12, "doublet"),
        (13, "unassigned"),
        (14, np.nan),
        (15, "DBL-d0-d1-0.5"),
    ):
        donors.iloc[at] = word
    batch = run(write(tmp_path, pd.Categorical(donors, [*sorted(set(donors.dropna())), "d99"])))
    assert len(batch.nodes["Donor"]) == 6
    told = "lab: 6 cells name no donor ('' 1, 'DBL-d0-d1-0.5' 1, 'doublet' 2, 'unassigned' 2) and are in no sum"
    assert told in batch.missing
    made = small()
    kept = np.ones(made.n_obs, bool)
    kept[[0, 1, 12, 13, 14, 15]] = False
    made[kept].copy().write_h5ad(tmp_path / "cells.h5ad")
    np.testing.assert_array_equal(batch.arrays[CONTRAST].vector, run(written(tmp_path)).arrays[CONTRAST].vector)


def test_a_manifest_claims_a_word_for_a_donor(tmp_path: Path):
    donors = small().obs["donor_id"].astype(str).replace("d0", "Negative")
    path = write(tmp_path, donors)
    assert len(run(path).nodes["Donor"]) == 5
    path.write_text(path.read_text() + "keep: [Negative]\n")
    assert len(run(path).nodes["Donor"]) == 6


def test_a_column_that_names_nobody_is_an_error(tmp_path: Path):
    with pytest.raises(ContractError) as caught:
        run(write(tmp_path, "Singlet"))
    assert caught.value.code == "NO_CELLS"
    assert "'Singlet'" in str(caught.value)


def test_summary_rows_are_no_depth_of_a_cell(tmp_path: Path):
    made = small()
    made.write_h5ad(tmp_path / "cells.h5ad")
    most = float(made.X.sum(axis=1).max())
    path = written(tmp_path, qc={"max_counts": most})
    want = run(path)
    unread = np.random.default_rng(0).integers(5_000, 15_000, (made.n_obs, 2)).astype(np.float32)
    rows = anndata.AnnData(sparse.csr_matrix(unread), made.obs, pd.DataFrame(index=["__no_feature", "N_unmapped"]))
    anndata.concat([made, rows], axis=1, merge="first").write_h5ad(tmp_path / "cells.h5ad")
    found = run(path)
    np.testing.assert_array_equal(found.arrays[CONTRAST].vector, want.arrays[CONTRAST].vector)
    assert (found.read, found.accepted) == (want.read + 2, want.accepted)
    assert [(q.rule, q.value) for q in found.quarantined] == [("no-gene", "__no_feature"), ("no-gene", "N_unmapped")]
    assert len(IDS) == found.accepted


def test_summary_rows_are_no_depth_of_a_sample(tmp_path: Path):
    write_counts(tmp_path)
    lines = (tmp_path / "c.csv").read_text().rstrip("\n").split("\n")
    counts = np.array([line.split(",")[1:] for line in lines[1:]], dtype=int).sum(axis=0)
    least, depth = int(counts.argmin()), int(counts.min())
    (tmp_path / "c.csv").write_text("\n".join([*lines, "__no_feature" + ",90000" * 6, "N_unmapped" + ",90000" * 6, ""]))
    batch = run_counts(counts_manifest(tmp_path, keep={"total_counts": depth + 1}))
    assert batch.missing == [f"lab: left out s{least}: {depth} counts, below {depth + 1}"]
    assert [q.value for q in batch.quarantined] == ["__no_feature", "N_unmapped"]


def test_samples_of_nobody_are_left_out_and_named(tmp_path: Path):
    write_counts(tmp_path, arms="AD AD AD no no no")
    lines = (tmp_path / "s.csv").read_text().rstrip("\n").split("\n")
    donors = ["donor", "a", "b", "NA", "c", "d", "e"]
    (tmp_path / "s.csv").write_text("\n".join(f"{line},{d}" for line, d in zip(lines, donors, strict=True)))
    batch = run_counts(counts_manifest(tmp_path, replicate_column="donor"))
    assert "lab: left out s2: 'NA' is no donor" in batch.missing
    assert len(batch.nodes["Donor"]) == 5
