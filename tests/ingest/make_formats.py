"""A study of cells written in each format that others use; by h5py, scipy and plain text, not by the code under
test."""

import gzip
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import scipy.io

TEXT = h5py.string_dtype()


def h5ad(made: anndata.AnnData, folder: Path) -> str:
    made.write_h5ad(folder / "cells.h5ad")
    return "file: cells.h5ad"


def zarr(version: int) -> Callable[[anndata.AnnData, Path], str]:
    def write(made: anndata.AnnData, folder: Path) -> str:
        with anndata.settings.override(zarr_write_format=version):
            made.write_zarr(folder / "cells.zarr")
        return "file: cells.zarr"

    return write


def sheet(made: anndata.AnnData, folder: Path, name: str = "cells.csv", sep: str = ",", first: str = "cell") -> str:
    made.obs.to_csv(folder / name, sep=sep, index_label=first)
    return f"obs: {name}"


def zipped(path: Path) -> None:
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def mtx(made: anndata.AnnData, path: Path, genes: Path, barcodes: Path, rows: list[str]) -> None:
    scipy.io.mmwrite(path, made.X.T.tocoo().astype(np.int64), field="integer", symmetry="general")
    genes.write_text("".join(rows))
    barcodes.write_text("".join(f"{cell}\n" for cell in made.obs_names))


def cell_ranger_3(made: anndata.AnnData, folder: Path) -> str:
    inside = folder / "filtered_feature_bc_matrix"
    inside.mkdir()
    rows = [f"{gene}\tsymbol{at}\tGene Expression\n" for at, gene in enumerate(made.var_names)]
    with_guides = anndata.concat([made, _guides(made)], axis=1, merge="same")
    rows += [f"guide{at}\tguide{at}\tCRISPR Guide Capture\n" for at in range(3)]
    mtx(with_guides, inside / "matrix.mtx", inside / "features.tsv", inside / "barcodes.tsv", rows)
    for file in list(inside.iterdir()):
        zipped(file)
    return f"file: filtered_feature_bc_matrix, {sheet(made, folder)}"


def _guides(made: anndata.AnnData) -> anndata.AnnData:
    other = made[:, :3].copy()
    other.var_names = [f"guide{at}" for at in range(3)]
    other.X = other.X * 7
    return other


def cell_ranger_2(made: anndata.AnnData, folder: Path) -> str:
    rows = [f"{gene}\tsymbol{at}\n" for at, gene in enumerate(made.var_names)]
    mtx(made, folder / "GSE1_matrix.mtx", folder / "GSE1_genes.tsv", folder / "GSE1_barcodes.tsv", rows)
    return f"file: GSE1_matrix.mtx, genes: GSE1_genes.tsv, barcodes: GSE1_barcodes.tsv, {sheet(made, folder)}"


def cells_by_genes_mtx(made: anndata.AnnData, folder: Path) -> str:
    scipy.io.mmwrite(folder / "x.mtx", made.X.tocoo(), field="real", symmetry="general")
    (folder / "g.txt").write_text("\n".join(made.var_names))
    (folder / "c.txt").write_text("\n".join(made.obs_names))
    return f"file: x.mtx, genes: g.txt, barcodes: c.txt, {sheet(made, folder)}"


def expression_atlas(made: anndata.AnnData, folder: Path) -> str:
    inside = folder / "E-MADE-1"
    inside.mkdir()
    stem = "E-MADE-1.aggregated_filtered_counts.mtx"
    rows = [f"{gene}\t{gene}\n" for gene in made.var_names]
    mtx(made, inside / "x.mtx", inside / f"{stem}_rows", inside / f"{stem}_cols", rows)
    (inside / "x.mtx").rename(inside / stem)
    zipped(inside / stem)
    sheet(made, folder, "ExpDesign-E-MADE-1.tsv", "\t", "Assay")
    return "file: E-MADE-1, obs: ExpDesign-E-MADE-1.tsv"


def cell_ranger_h5(made: anndata.AnnData, folder: Path) -> str:
    x = made.X.tocsr()
    with h5py.File(folder / "cells.h5", "w") as file:
        group = file.create_group("matrix")
        for name, values in (("data", x.data.astype(np.int32)), ("indices", x.indices), ("indptr", x.indptr)):
            group[name] = values
        group["shape"], group["barcodes"] = np.array(x.shape[::-1]), np.array(made.obs_names, dtype="S")
        ids, kinds = np.array(made.var_names, dtype="S"), np.array(["Gene Expression"] * made.n_vars, dtype="S")
        symbols = np.array([f"s{i}" for i in range(made.n_vars)], dtype="S")
        for name, values in (("id", ids), ("name", symbols), ("feature_type", kinds)):
            group[f"features/{name}"] = values
    return f"file: cells.h5, {sheet(made, folder)}"


def cell_ranger_h5_2(made: anndata.AnnData, folder: Path) -> str:
    x = made.X.tocsr()
    with h5py.File(folder / "cells.h5", "w") as file:
        for name, values in (
            ("data", x.data),
            ("indices", x.indices),
            ("indptr", x.indptr),
            ("barcodes", np.array(made.obs_names, dtype="S")),
            ("genes", np.array(made.var_names, dtype="S")),
            ("gene_names", np.array([f"s{i}" for i in range(made.n_vars)], dtype="S")),
        ):
            file[f"mm10/{name}"] = values
    return f"file: cells.h5, {sheet(made, folder)}"


def loom(made: anndata.AnnData, folder: Path) -> str:
    with h5py.File(folder / "cells.loom", "w") as file:
        file["matrix"] = made.X.toarray().T
        file.create_group("layers")
        file.create_dataset("row_attrs/Gene", data=[f"s{i}" for i in range(made.n_vars)], dtype=TEXT)
        file.create_dataset("row_attrs/Accession", data=list(made.var_names), dtype=TEXT)
        file.create_dataset("col_attrs/CellID", data=list(made.obs_names), dtype=TEXT)
        for column in made.obs:
            values = made.obs[column]
            texts = values.dtype.kind not in "ifb"
            file.create_dataset(
                f"col_attrs/{column}", data=list(values.astype(str)) if texts else values, dtype=TEXT if texts else None
            )
        file["col_attrs/embedding"] = np.zeros((made.n_obs, 2))
    return "file: cells.loom"


def frame(made: anndata.AnnData):
    return made.to_df().astype(int)


def genes_by_cells(made: anndata.AnnData, folder: Path) -> str:
    frame(made).T.to_csv(folder / "counts.csv", index_label="")
    zipped(folder / "counts.csv")
    return f"file: counts.csv.gz, {sheet(made, folder)}"


def as_r_writes(made: anndata.AnnData, folder: Path) -> str:
    """write.table(sep = "\\t"): the header is one cell short."""
    text = frame(made).T.to_csv(sep="\t", index_label="").removeprefix("\t")
    (folder / "counts.txt").write_text(text)
    return f"file: counts.txt, {sheet(made, folder)}"


def single_cell_portal(made: anndata.AnnData, folder: Path) -> str:
    frame(made).T.to_csv(folder / "expression.tsv", sep="\t", index_label="GENE")
    sheet(made, folder, "metadata.tsv", "\t", "NAME")
    lines = (folder / "metadata.tsv").read_text().splitlines(keepends=True)
    kinds = ["numeric" if made.obs[c].dtype.kind in "if" else "group" for c in made.obs]
    (folder / "metadata.tsv").write_text("".join([lines[0], "\t".join(["TYPE", *kinds]) + "\n", *lines[1:]]))
    return "file: expression.tsv, obs: metadata.tsv"


def allen(made: anndata.AnnData, folder: Path) -> str:
    frame(made).to_csv(folder / "matrix.csv", index_label="sample_name")
    return f"file: matrix.csv, {sheet(made, folder, 'metadata.csv', first='sample_name')}"


def told_by_the_sheet(made: anndata.AnnData, folder: Path) -> str:
    frame(made).to_csv(folder / "matrix.csv", index_label="x")
    return f"file: matrix.csv, cell_column: name, {sheet(made.copy(), folder, 'metadata.csv', first='name')}"


FORMATS = {
    "zarr 2": zarr(2),
    "zarr 3": zarr(3),
    "Cell Ranger 3 folder": cell_ranger_3,
    "Cell Ranger 2 triple": cell_ranger_2,
    "cells x genes mtx": cells_by_genes_mtx,
    "Expression Atlas": expression_atlas,
    "Cell Ranger 3 HDF5": cell_ranger_h5,
    "Cell Ranger 2 HDF5": cell_ranger_h5_2,
    "loom": loom,
    "csv genes x cells": genes_by_cells,
    "R table": as_r_writes,
    "Single Cell Portal": single_cell_portal,
    "Allen Institute": allen,
    "cells x genes csv": told_by_the_sheet,
}
