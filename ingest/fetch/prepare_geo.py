"""Counts that their authors published as text: STAR's per-sample tables, and means of pooled nuclei."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from kg.errors import MethodError

STAR_SUFFIX = "ReadsPerGene.out.tab"
STAR_COLUMNS = ["gene", "unstranded", "forward", "reverse"]
RUN_TABLE = "SraRunTable.txt"
SAMPLE_COLUMNS = ("Sample Name", "sample_ID", "mouse_model", "genotype", "arm", "Age_months", "tissue")


def star_counts(files: Mapping[str, Path], *, model: str) -> bytes:
    """Genes x sequencing runs of one mouse model: STAR's unstranded column, Ensembl versions cut.

    Rows that are zero in every run are left out, and so are STAR's four N_ lines. A run is not an animal: the sample
    sheet says which runs to add up.
    """
    runs = set(_runs(files, model)["Run"])
    columns = {}
    for name, path in sorted(files.items()):
        run = name.rsplit("/", 1)[-1].removesuffix(STAR_SUFFIX)
        if name.endswith(STAR_SUFFIX) and run in runs:
            table = pd.read_csv(path, sep="\t", names=STAR_COLUMNS).set_index("gene")["unstranded"]
            columns[run] = table[~table.index.str.startswith("N_")]
    counts = pd.DataFrame(columns)
    counts.index = counts.index.str.split(".").str[0]
    if counts.index.has_duplicates:
        raise MethodError(f"genes appear twice once versions are cut: {counts.index[counts.index.duplicated()][:3]}")
    counts = counts[counts.sum(axis=1) > 0].sort_index()
    return counts.to_csv(index_label="ensembl_gene_id", lineterminator="\n").encode()


def star_samples(files: Mapping[str, Path], *, model: str) -> bytes:
    """The runs that have counts: animal (sample_ID), genotype, arm (WT, AD), age in months."""
    counted = {name.rsplit("/", 1)[-1].removesuffix(STAR_SUFFIX) for name in files if name.endswith(STAR_SUFFIX)}
    runs = _runs(files, model)
    runs = runs.loc[runs["Run"].isin(sorted(counted))].sort_values(by="Run")
    runs = runs.rename(columns={"Run": "sample_id", "genotype/variation": "genotype"})
    runs["arm"] = np.where(runs["genotype"] == "Wild Type", "WT", "AD")
    return runs[["sample_id", *SAMPLE_COLUMNS]].to_csv(index=False, lineterminator="\n").encode()


def _runs(files: Mapping[str, Path], model: str) -> pd.DataFrame:
    (path,) = (path for name, path in files.items() if name.endswith(RUN_TABLE))
    table = pd.read_csv(path, dtype=str)
    return table.loc[table["mouse_model"] == model]


def astrocyte_counts(files: Mapping[str, Path]) -> bytes:
    """Genes x pooled libraries: the published means per nucleus times the number of nuclei, whole numbers again.

    Raises MethodError where no number of nuclei makes every sum of a library whole.
    """
    table, nuclei = _astrocytes(files)
    sums = (table * nuclei).round().astype(np.int64)
    return sums.to_csv(index_label="gene_symbol", lineterminator="\n").encode()


def astrocyte_samples(files: Mapping[str, Path]) -> bytes:
    """The libraries, each a pool of two donors (their names join both): group and nuclei."""
    table, nuclei = _astrocytes(files)
    (path,) = (path for name, path in files.items() if name.endswith("metadata.csv"))
    groups = pd.read_csv(path, index_col=0)["batchCond"].replace({"ct": "Control"})
    sheet = pd.DataFrame(
        {
            "sample_id": table.columns,
            "group": groups.reindex(table.columns).to_numpy(),
            "n_nuclei": nuclei.to_numpy(),
            "donors_in_pool": [len(str(name).split("_")) for name in table.columns],
        }
    )
    return sheet.to_csv(index=False, lineterminator="\n").encode()


def _astrocytes(files: Mapping[str, Path]) -> tuple[pd.DataFrame, pd.Series]:
    (path,) = (path for name, path in files.items() if name.endswith("counts.csv"))
    table = pd.read_csv(path, index_col=0)
    return table, pd.Series({name: _denominator(table[name].to_numpy(), str(name)) for name in table.columns})


def _denominator(means: np.ndarray, name: str, most: int = 5000) -> int:
    """The smallest whole number that makes every mean a whole sum."""
    for n in range(1, most):
        sums = means * n
        if np.abs(sums - sums.round()).max() < 1e-6:
            return n
    raise MethodError(f"library {name}: no number of nuclei below {most} makes its means whole sums")
