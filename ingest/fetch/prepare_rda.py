"""Tables that their authors published as R objects (.rda, .RData), written out as text."""

import warnings
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import rdata


def read_rda(files: Mapping[str, Path]) -> dict[str, Any]:
    """The objects of the one R file, by name. Classes that rdata does not know come as namespaces of their slots."""
    (path,) = files.values()
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(path: Path, _changed: int) -> dict[str, Any]:
    """Kept for one file, since several prepared tables come from it one after the other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return rdata.read_rda(path)


def gse50521_expression(files: Mapping[str, Path]) -> bytes:
    """Probes x arrays, log2, four digits, with the gene symbols of the platform's annotation."""
    objects = read_rda(files)
    table = objects["array_dat"].round(4)  # a copy: the object is shared
    symbols = objects["annotation"]["GeneSymbols"]
    table.insert(0, "gene_symbol", symbols.reindex(table.index))
    return table.to_csv(index_label="probe", lineterminator="\n").encode()


def gse50521_samples(files: Mapping[str, Path]) -> bytes:
    design = read_rda(files)["array_design"]
    columns = ["Sample", "ExternalID", "Batch", "Genotype", "OrganismPart", "Gender", "Timepoint", "Genotype2"]
    return design[columns].to_csv(index=False, lineterminator="\n").encode()


def gse153873_counts(files: Mapping[str, Path]) -> bytes:
    """Gene symbols x donors, raw counts, of a SummarizedExperiment."""
    assay = read_rda(files)["RNASeqDataset"].assays.data.listData[0]
    return _frame(assay).to_csv(index_label="gene_symbol", lineterminator="\n").encode()


def gse153873_samples(files: Mapping[str, Path]) -> bytes:
    columns = read_rda(files)["RNASeqDataset"].colData
    sheet = pd.DataFrame({str(key): values for key, values in columns.listData.items()})
    sheet["sample_id"] = columns.rownames
    sheet["group"] = sheet["title"].str.rsplit("-", n=1).str[-1]
    names = ["title", "geo_accession", "sample_id", "group", "characteristics_ch1", "characteristics_ch1.1"]
    return sheet[names].to_csv(index=False, lineterminator="\n").encode()


def edger(files: Mapping[str, Path], *, part: Literal["counts", "samples", "genes"]) -> bytes:
    """One table of edgeR's DGEList ``y``, as R's write.csv gives it."""
    table = read_rda(files)["y"][part]
    return r_csv(table if isinstance(table, pd.DataFrame) else _frame(table))


def matrix(files: Mapping[str, Path], *, name: str) -> bytes:
    """One named matrix, as R's write.csv gives it."""
    return r_csv(_frame(read_rda(files)[name]))


def mouse_to_human_orthologs(files: Mapping[str, Path]) -> bytes:
    table = read_rda(files)["mouse_to_human_orthologs"]
    return table.to_csv(index=False, lineterminator="\n").encode()


def dorothea_abc(files: Mapping[str, Path]) -> bytes:
    """TF, confidence, target and mode of regulation (mor) of the edges of confidence A, B and C."""
    (table,) = read_rda(files).values()
    return table.loc[table["confidence"].isin(["A", "B", "C"])].to_csv(index=False, lineterminator="\n").encode()


def r_csv(table: pd.DataFrame) -> bytes:
    """Row names first, text quoted, numbers with up to 15 significant digits, NA bare: as R's write.csv."""
    lines = [",".join(f'"{name}"' for name in ("", *map(str, table.columns)))]
    columns = [[_cell(value) for value in table[name]] for name in table.columns]
    lines += [",".join((f'"{name}"', *cells)) for name, *cells in zip(table.index, *columns, strict=True)]
    return ("\n".join(lines) + "\n").encode()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if isinstance(value, (bool, np.bool_)):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, np.integer)):
        return str(value)
    if isinstance(value, (float, np.floating)) and not np.isnan(value):
        return format(value, ".15g")
    return "NA"


def _frame(array: Any) -> pd.DataFrame:
    rows, columns = (array.coords[dimension].to_numpy() for dimension in array.dims)
    return pd.DataFrame(array.to_numpy(), index=rows, columns=columns)
