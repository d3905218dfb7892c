"""Rule 8: whatever form a tool stores cells in, they are read, or what it is is said; an exception of another library
is none of ours."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np

from kg.curie import short
from tests.ingest import make_formats
from tests.ingest.inputs.case import GENES, Case, Read, Refused
from tests.ingest.inputs.cells import (
    DONOR,
    SAME,
    TYPE,
    Build,
    Edit,
    beside,
    by_id,
    in_h5,
    in_text,
    lab,
    manifest,
    of_study,
    study,
)

ARRAY = {"encoding-type": "array", "encoding-version": "0.2.0"}
TEXT = h5py.string_dtype()
MTX, LOOM, TENX = make_formats.cell_ranger_2, make_formats.loom, make_formats.cell_ranger_h5
B_CELL = "\u03b2 cell"
COLUMNS = (DONOR, TYPE, "disease")


def put(name: str, values: object, attributes: dict[str, object] | None = None) -> Callable[[h5py.File], None]:
    """A part replaced; its attributes stay unless others are given."""

    def change(file: h5py.File) -> None:
        kept = dict(file[name].attrs) if attributes is None else attributes
        made = values(file[name]) if callable(values) else values
        del file[name]
        file[name] = made
        file[name].attrs.update(kept)

    return change


def donors(kind: Callable[[list[str]], np.ndarray]) -> Edit:
    """The column of donors as another array of HDF5."""

    def change(file: h5py.File) -> None:
        put(f"obs/{DONOR}", kind(texts(file, DONOR)), ARRAY)(file)

    return in_h5(change)


def texts(file: h5py.File, column: str) -> list[str]:
    item = file[f"obs/{column}"]
    return [item["categories"][code].decode() for code in item["codes"][:]]


def numbers(kind: str, by: float = 1, more: float = 0) -> Edit:
    return donors(lambda names: np.array([int(name[1:]) * by + more for name in names]).astype(kind))


def codes_and(change: Callable[[h5py.File, str, np.ndarray, np.ndarray], None]) -> Edit:
    """Each column of categories by what is made of its codes and labels."""

    def edit(file: h5py.File) -> None:
        for name in COLUMNS:
            codes, labels = file[f"obs/{name}/codes"][:], file[f"obs/{name}/categories"][:]
            del file[f"obs/{name}"]
            change(file, name, codes, labels)

    return in_h5(edit)


def in_uns(file: h5py.File, name: str, codes: np.ndarray, labels: np.ndarray) -> None:
    file[f"obs/{name}"] = codes
    file[f"obs/{name}"].attrs.update(ARRAY)
    file.create_dataset(f"uns/{name}_categories", data=labels, dtype=TEXT)


def seurat_disk(first: int) -> Callable[[h5py.File, str, np.ndarray, np.ndarray], None]:
    def change(file: h5py.File, name: str, codes: np.ndarray, labels: np.ndarray) -> None:
        file["obs"].attrs["encoding-version"] = "0.1.0"
        file.create_dataset(f"obs/__categories/{name}", data=labels, dtype=TEXT)
        file[f"obs/{name}"] = codes.astype("i4") + first

    return change


def alone(file: h5py.File, name: str, codes: np.ndarray, labels: np.ndarray) -> None:
    """Codes; labels are lost, but those of the arms."""
    file[f"obs/{name}"] = codes.astype("i4") if name != "disease" else np.array([labels[code] for code in codes])
    file[f"obs/{name}"].attrs.update(ARRAY)


def levels(file: h5py.File) -> None:
    names = texts(file, DONOR)
    known = sorted(set(names))
    del file[f"obs/{DONOR}"]
    file[f"obs/{DONOR}/levels"], file[f"obs/{DONOR}/values"] = (
        np.array(known, "S"),
        np.array([known.index(n) + 1 for n in names]),
    )


def nullable(file: h5py.File) -> None:
    names = texts(file, DONOR)
    del file[f"obs/{DONOR}"]
    group = file["obs"].create_group(DONOR)
    group.attrs.update({"encoding-type": "nullable-string-array", "encoding-version": "0.1.0", "na-value": "NA"})
    group.create_dataset("values", data=np.array(names, dtype=object), dtype=TEXT)
    group["values"].attrs.update({"encoding-type": "string-array", "encoding-version": "0.2.0"})
    group["mask"] = np.arange(len(names)) == 0
    group["mask"].attrs.update(ARRAY)


def part(name: str, change: Callable[[np.ndarray], np.ndarray], file: str = "cells.h5ad") -> Edit:
    return in_h5(put(name, lambda item: change(item[:])), file)


def moved(old: str, new: str) -> Edit:
    return in_h5(lambda file: file.move(old, new), "cells.loom")


def header(first: str) -> Edit:
    return in_text(
        "GSE1_matrix.mtx",
        lambda text: text.replace(text.splitlines()[0], f"%%MatrixMarket matrix coordinate {first}", 1),
    )


def entries(change: Callable[[list[str]], str]) -> Edit:
    def edit(text: str) -> str:
        lines = text.splitlines()
        return "\n".join([*lines[:3], *(change(line.split()) for line in lines[3:])]) + "\n"

    return in_text("GSE1_matrix.mtx", edit)


def features(change: Callable[[list[str]], list[str]]) -> Edit:
    return in_text(
        "GSE1_genes.tsv", lambda text: "\n".join(change([line.split("\t")[0] for line in text.splitlines()])) + "\n"
    )


def raw(change: Callable[[bytes], bytes], name: str = "GSE1_matrix.mtx") -> Edit:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def bytes_of(data: bytes, name: str = "cells.h5ad") -> Build:
    """A file of these bytes in place of cells."""

    def build(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return manifest(folder, {"file": name})

    return build


def folder_of(*parts: str, file: str, change: Edit = lambda _: None) -> Build:
    """Cell Ranger's three files in a folder below, of which ``file`` is named."""

    def build(folder: Path) -> Path:
        made = study()
        make_formats.sheet(made, folder)
        inside = folder.joinpath(*parts)
        inside.mkdir(parents=True)
        lines = [f"{gene}\t{gene}\tGene Expression\n" for gene in made.var_names]
        make_formats.mtx(made, inside / "matrix.mtx", inside / "features.tsv", inside / "barcodes.tsv", lines)
        change(inside)
        return manifest(folder, {"file": file, "obs": "cells.csv"})

    return build


def velocyto(folder: Path) -> None:
    for name in ("spliced", "unspliced", "ambiguous"):
        shutil.copy(folder / "matrix.mtx", folder / f"{name}.mtx")
    (folder / "matrix.mtx").unlink()


def zipped(folder: Path) -> None:
    shutil.make_archive(str(folder / "packed"), "zip", folder / "cells.zarr")
    shutil.rmtree(folder / "cells.zarr")
    (folder / "packed.zip").rename(folder / "cells.zarr")


def littered(folder: Path) -> None:
    for path in [p for p in (folder / "cells.zarr").rglob("*") if p.is_dir()]:
        (path / ".DS_Store").write_bytes(b"\0\0")


def of_spatial_data(folder: Path) -> None:
    (folder / "sd.zarr" / "tables").mkdir(parents=True)
    (folder / "cells.zarr").rename(folder / "sd.zarr" / "tables" / "table")
    for path in (folder / "sd.zarr", folder / "sd.zarr" / "tables"):
        (path / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {}}))


def mudata(folder: Path) -> None:
    with h5py.File(folder / "cells.h5ad") as old, h5py.File(folder / "new", "w") as new:
        for name in ("obs", "var"):
            old.copy(name, new)
        old.copy(old["/"], new, "mod/rna")
    (folder / "new").rename(folder / "cells.h5ad")


def antibodies(made: anndata.AnnData) -> None:
    more = beside(made, ("CD3_antibody", "CD4_antibody"))
    made._init_as_actual(more)


def kinds(name: str, texts: list[str], file: str) -> Edit:
    def change(opened: h5py.File) -> None:
        if name in opened:
            del opened[name]
        opened[name] = np.array(texts, dtype="S")

    return in_h5(change, file)


def greek(made: anndata.AnnData) -> None:
    made.obs[TYPE] = B_CELL
    made.obs[DONOR] = [f"\u03b1{name}" for name in made.obs[DONOR]]


def ascii_only(file: h5py.File) -> None:
    for name in (DONOR, TYPE):
        texts = [text.decode().encode("ascii", "xmlcharrefreplace") for text in file[f"col_attrs/{name}"][:]]
        put(f"col_attrs/{name}", np.array(texts))(file)


MIXED = ["Gene Expression"] * len(GENES) + ["Antibody Capture"] * 2
BETA = Read({f"a.{short(B_CELL)}": of_study()}, nodes={"CellPopulation": {B_CELL}})
CASES = [
    *(
        Case(f"X as {kind}", 8, lab(edit=part("X/data", lambda x, kind=kind: x.astype(kind))), SAME)
        for kind in ("f2", ">f4", "i1", ">i8", "u8")
    ),
    *(
        Case(
            f"a loom of {kind}",
            8,
            lab(edit=part("matrix", lambda x, kind=kind: x.astype(kind), "cells.loom"), form=LOOM),
            SAME,
        )
        for kind in ("f2", ">i4")
    ),
    *(
        Case(f"places as {kind}", 8, lab(edit=part("X/indices", lambda x, kind=kind: x.astype(kind))), SAME)
        for kind in (">i4", "u2")
    ),
    Case("donors as bytes", 8, lab(edit=donors(lambda names: np.array(names, "S"))), SAME),
    Case(
        "donors as Latin-1",
        8,
        lab(edit=donors(lambda names: np.array([f"\u00e9{n}".encode("latin-1") for n in names]))),
        SAME,
    ),
    Case("donors padded", 8, lab(edit=donors(lambda names: np.array([n.encode().ljust(9) for n in names]))), SAME),
    *(
        Case(f"donors as numbers of {kind} from {more:g}", 8, lab(edit=numbers(kind, by, more)), SAME)
        for kind, by, more in (("f2", 1, 0), (">i8", 1, 0), ("i8", 1, 10**17), ("f8", 64, 1e17), ("f8", 1, 0.5))
    ),
    Case(
        "donors as a table in a table",
        8,
        lab(edit=donors(lambda names: np.array(names, "S")[:, None])),
        Refused("TWISTED", ("one row of values",)),
    ),
    Case(
        "donors that may be missing",
        8,
        lab(edit=in_h5(nullable), min_cells=1),
        Read({"a.astrocyte": of_study(without=slice(0, 1), min_cells=1)}, words=("1 cells name no donor",)),
    ),
    Case(
        "levels and values of h5Seurat",
        8,
        lab(edit=in_h5(levels)),
        Refused("UNREADABLE_OBS", ("donor_id: a group without encoding",)),
    ),
    Case("categories in uns", 8, lab(edit=codes_and(in_uns)), SAME),
    Case("codes of SeuratDisk", 8, lab(edit=codes_and(seurat_disk(0))), SAME),
    Case(
        "codes from 1", 8, lab(edit=codes_and(seurat_disk(1))), Refused("UNREADABLE_OBS", ("which has", "categories"))
    ),
    Case(
        "codes without labels",
        8,
        lab(edit=codes_and(alone)),
        Read({"a.0": of_study()}, words=("populations are named by numbers (0)", "SeuratDisk")),
    ),
    Case(
        "a code beyond its categories",
        8,
        lab(edit=in_h5(lambda f: f[f"obs/{DONOR}/codes"].__setitem__(0, 99))),
        Refused("UNREADABLE_OBS", ("codes need",)),
    ),
    Case(
        "codes with fractions",
        8,
        lab(edit=in_h5(put(f"obs/{DONOR}/codes", lambda item: item[:].astype("f8")))),
        Refused("UNREADABLE_OBS"),
    ),
    Case(
        "a category twice",
        8,
        lab(edit=in_h5(put(f"obs/{DONOR}/categories", np.array(["d0", "d0", "d2", "d3", "d4", "d5"], dtype=object)))),
        Refused("UNREADABLE_OBS", ("unique",)),
    ),
    Case(
        "a link to a file that is gone",
        8,
        lab(edit=in_h5(lambda f: (f.__delitem__("X"), f.__setitem__("X", h5py.ExternalLink("gone.h5", "/X"))))),
        Refused("LINK_OUT", ("gone.h5",)),
    ),
    Case(
        "a link within the file",
        8,
        lab(edit=in_h5(lambda f: (f.move("X", "kept"), f.__setitem__("X", h5py.SoftLink("/kept"))))),
        Refused("TWISTED", ("h5repack",)),
    ),
    Case("values in lzf", 8, lab(edit=in_h5(lambda f: _compressed(f, "lzf"))), SAME),
    Case("values shuffled in gzip", 8, lab(edit=in_h5(lambda f: _compressed(f, "gzip"))), SAME),
    Case(
        "rows called columns",
        8,
        lab(edit=in_h5(lambda f: f["X"].attrs.__setitem__("encoding-type", "csc_matrix"))),
        Refused("SHAPE_MISMATCH"),
    ),
    Case(
        "complex numbers", 8, lab(edit=part("X/data", lambda x: x.astype("c8"))), Refused("NOT_NUMBERS", ("complex64",))
    ),
    Case("MuData called h5ad", 8, lab(edit=mudata), Refused("NOT_ANNDATA", ("mdata['rna']",))),
    Case("MuData", 8, bytes_of(b"\x89HDF", "cells.h5mu"), Refused("UNKNOWN_FORMAT", ("mdata['rna']",))),
    *(
        Case(f"{what}", 8, bytes_of(data, name), Refused(code, words))
        for what, data, name, code, words in (
            ("RDS", gzip.compress(b"X\n\0\0\0\3"), "cells.rds", "UNKNOWN_FORMAT", ("writeH5AD",)),
            (
                "RDS called h5ad",
                gzip.compress(b"X\n\0\0\0\3"),
                "cells.h5ad",
                "NOT_HDF5",
                ("R's own format", "writeH5AD"),
            ),
            ("RData called h5ad", b"RDX3\nX\n", "cells.h5ad", "NOT_HDF5", ("R's own format",)),
            ("h5Seurat", b"\x89HDF", "cells.h5Seurat", "UNKNOWN_FORMAT", ("convert it to h5ad",)),
            (
                "a pointer of Git LFS",
                b"version https://git-lfs.github.com/spec/v1\n",
                "cells.h5ad",
                "NOT_HDF5",
                ("git lfs pull",),
            ),
            ("a page of a web site", b"<!DOCTYPE html><html>", "cells.h5ad", "NOT_HDF5", ("download the file itself",)),
            ("an empty file", b"", "cells.h5ad", "NOT_HDF5", ("an empty file",)),
            ("a zip called h5ad", b"PK\x03\x04", "cells.h5ad", "NOT_HDF5", ("unpack it",)),
            ("a zip of zarr", b"PK\x03\x04", "cells.zarr.zip", "UNKNOWN_FORMAT", ("unpack it",)),
            ("a workbook", b"PK\x03\x04", "cells.xlsx", "UNKNOWN_FORMAT", ("export the counts as csv",)),
        )
    ),
    *(Case(f"zarr {version}", 8, lab(form=make_formats.zarr(version)), SAME) for version in (2, 3)),
    *(
        Case(f"zarr {version} from a Mac", 8, lab(edit=littered, form=make_formats.zarr(version)), SAME)
        for version in (2,)
    ),
    Case(
        "zarr without consolidated metadata",
        8,
        lab(edit=lambda d: [p.unlink() for p in d.rglob(".zmetadata")], form=make_formats.zarr(2)),
        SAME,
    ),
    Case(
        "a zip called zarr",
        8,
        lab(edit=zipped, form=make_formats.zarr(3)),
        Refused("NOT_ZARR", ("a zip archive", "unpack it")),
    ),
    Case(
        "a folder above a zarr",
        8,
        lab(
            edit=lambda d: ((d / "out").mkdir(), (d / "cells.zarr").rename(d / "out" / "cells.zarr")),
            form=make_formats.zarr(3),
            file="out",
        ),
        Refused("MISSING_PART", ("out/cells.zarr",)),
    ),
    Case(
        "SpatialData",
        8,
        lab(edit=of_spatial_data, form=make_formats.zarr(3), file="sd.zarr"),
        Refused("NOT_ANNDATA", ("tables/<name>",)),
    ),
    Case(
        "a table of SpatialData",
        8,
        lab(edit=of_spatial_data, form=make_formats.zarr(3), file="sd.zarr/tables/table"),
        SAME,
    ),
    *(
        Case(
            f"a loom whose cells are called {name}",
            8,
            lab(edit=moved("col_attrs/CellID", f"col_attrs/{name}"), form=LOOM),
            SAME,
        )
        for name in ("barcodes", "cellID", "index")
    ),
    Case(
        "a loom whose cells are called otherwise",
        8,
        lab(edit=moved("col_attrs/CellID", "col_attrs/sample"), form=LOOM),
        Refused("NOT_LOOM", ("cells.cell_column",)),
    ),
    Case(
        "a loom whose cells are named",
        8,
        lab(edit=moved("col_attrs/CellID", "col_attrs/well"), form=LOOM, cell_column="well"),
        SAME,
    ),
    Case(
        "a loom whose ids are called otherwise",
        8,
        lab(edit=moved("row_attrs/Accession", "row_attrs/EnsemblID"), form=LOOM, made=by_id, gene_id="ensembl"),
        Read({"a.astrocyte": of_study(by_id())}),
    ),
    Case("a loom with letters as entities", 8, lab(greek, in_h5(ascii_only, "cells.loom"), form=LOOM), BETA),
    Case("a loom with letters as they are", 8, lab(greek, form=LOOM), BETA),
    Case(
        "a loom with antibodies",
        8,
        lab(antibodies, kinds("row_attrs/feature_types", MIXED, "cells.loom"), form=LOOM),
        SAME,
    ),
    Case(
        "a loom that is turned",
        8,
        lab(edit=part("matrix", lambda x: x.T, "cells.loom"), form=LOOM),
        Refused("NOT_LOOM"),
    ),
    Case("Cell Ranger's HDF5", 8, lab(form=TENX), SAME),
    Case("Cell Ranger 2's HDF5", 8, lab(form=make_formats.cell_ranger_h5_2), SAME),
    Case(
        "its antibodies", 8, lab(antibodies, kinds("matrix/features/feature_type", MIXED, "cells.h5"), form=TENX), SAME
    ),
    Case(
        "its antibodies in small letters",
        8,
        lab(antibodies, kinds("matrix/features/feature_type", [k.lower() for k in MIXED], "cells.h5"), form=TENX),
        SAME,
    ),
    Case(
        "its antibodies alone",
        8,
        lab(edit=kinds("matrix/features/feature_type", ["Antibody Capture"] * len(GENES), "cells.h5"), form=TENX),
        Refused("NO_GENES"),
    ),
    Case(
        "two genomes",
        8,
        lab(edit=in_h5(lambda f: f.copy("mm10", "hg19"), "cells.h5"), form=make_formats.cell_ranger_h5_2),
        Refused("SEVERAL_GENOMES", ("hg19, mm10",)),
    ),
    Case(
        "its molecules",
        8,
        lab(edit=in_h5(lambda f: (f.__delitem__("matrix"), f.__setitem__("umi", [1])), "cells.h5"), form=TENX),
        Refused("NOT_10X_H5"),
    ),
    *(
        Case(
            f"parts of CellBender in {where}",
            8,
            lab(edit=in_h5(lambda f, where=where: f.__setitem__(f"{where}/p", np.ones(72)), "cells.h5"), form=TENX),
            SAME,
        )
        for where in ("matrix",)
    ),
    *(
        Case(f"an mtx of {field}", 8, lab(edit=header(field), form=MTX), outcome)
        for field, outcome in (
            ("real general", SAME),
            ("unsigned-integer general", SAME),
            ("INTEGER GENERAL", SAME),
            ("pattern general", Refused("NOT_MTX", ("does not contain the counts",))),
            ("complex general", Refused("NOT_MTX")),
            ("integer symmetric", Refused("NOT_MTX", ("symmetric",))),
        )
    ),
    Case("an mtx with exponents", 8, lab(edit=entries(lambda e: f"{e[0]}\t{e[1]}\t{float(e[2]):.6e}"), form=MTX), SAME),
    Case(
        "an mtx from 0",
        8,
        lab(edit=entries(lambda e: f"{int(e[0]) - 1} {int(e[1]) - 1} {e[2]}"), form=MTX),
        Refused("NOT_MTX", ("row 0",)),
    ),
    Case(
        "an mtx of Velocyto",
        8,
        lab(edit=entries(lambda e: " ".join([*e, "3", "0"])), form=MTX),
        Refused("NOT_MTX", ("Velocyto",)),
    ),
    Case("an mtx of Windows", 8, lab(edit=raw(lambda data: data.replace(b"\n", b"\r\n")), form=MTX), SAME),
    Case("an mtx in gzip under its own name", 8, lab(edit=raw(gzip.compress), form=MTX), SAME),
    Case(
        "an mtx in two gzips",
        8,
        lab(edit=raw(lambda data: gzip.compress(gzip.compress(data))), form=MTX),
        Refused("NOT_TEXT", ("gzip within gzip",)),
    ),
    Case(
        "an mtx in gzip of several members",
        8,
        lab(edit=raw(lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:])), form=MTX),
        SAME,
    ),
    Case(
        "lists that are exchanged",
        8,
        lab(form=MTX, genes="GSE1_barcodes.tsv", barcodes="GSE1_genes.tsv"),
        Refused("NO_SUCH_CELLS"),
    ),
    *(
        Case(
            f"barcodes below {word}",
            8,
            lab(edit=in_text("GSE1_barcodes.tsv", lambda text, word=word: f"{word}\n{text}"), form=MTX),
            outcome,
        )
        for word, outcome in (
            ("barcode", SAME),
            ('"x"', SAME),
            ("CellBarcodes", Refused("SHAPE_MISMATCH", ("first line ('CellBarcodes')",))),
        )
    ),
    Case(
        "a quote in a list of genes",
        8,
        lab(edit=features(lambda names: [f'{n}\t"5{n}' if n == "APP" else f"{n}\t{n}" for n in names]), form=MTX),
        SAME,
    ),
    Case(
        "genes of Cell Ranger ARC",
        8,
        lab(edit=features(lambda names: [f"{n}\t{n}\tGene Expression\tchr1\t1\t2" for n in names]), form=MTX),
        SAME,
    ),
    Case(
        "antibodies of a list",
        8,
        lab(
            antibodies,
            features(lambda names: [f"{n}\t{n}\t{kind}" for n, kind in zip(names, MIXED, strict=True)]),
            form=MTX,
        ),
        SAME,
    ),
    Case(
        "symbols before ids",
        8,
        lab(edit=features(lambda names: [f"s{n}\t{n}" for n in names]), form=MTX, made=by_id, gene_id="ensembl"),
        Read({"a.astrocyte": of_study(by_id())}),
    ),
    Case("STARsolo", 8, folder_of("Solo.out", "Gene", "raw", file="Solo.out/Gene/raw"), SAME),
    Case(
        "the folder above STARsolo's",
        8,
        folder_of("Solo.out", "Gene", "raw", file="Solo.out/Gene"),
        Refused("MISSING_PART", ("Solo.out/Gene/raw",)),
    ),
    Case(
        "the folder of STAR's Velocyto",
        8,
        folder_of("Velocyto", "raw", file="Velocyto/raw", change=velocyto),
        Refused("MISSING_PART", ("spliced.mtx",)),
    ),
    Case(
        "a matrix twice",
        8,
        folder_of(
            "x",
            file="x",
            change=lambda d: (d / "matrix.mtx.gz").write_bytes(gzip.compress((d / "matrix.mtx").read_bytes())),
        ),
        Refused("MISSING_PART", ("matrix.mtx and matrix.mtx.gz may each be the matrix",)),
    ),
    Case(
        "two lists of genes",
        8,
        folder_of("x", file="x", change=lambda d: (d / "genes.tsv").write_text("a\n")),
        Refused("MISSING_PART", ("genes.tsv may each",)),
    ),
    Case(
        "a file called hdf5",
        8,
        lab(edit=lambda d: (d / "cells.h5ad").rename(d / "cells.hdf5"), file="cells.hdf5"),
        SAME,
    ),
    *(
        Case(f"a table of {name}", 8, lab(form=form), SAME)
        for name, form in (
            ("genes x cells", make_formats.genes_by_cells),
            ("R", make_formats.as_r_writes),
            ("the Portal", make_formats.single_cell_portal),
            ("the Allen Institute", make_formats.allen),
            ("the Expression Atlas", make_formats.expression_atlas),
        )
    ),
]


def _compressed(file: h5py.File, how: str) -> None:
    values = file["X/data"][:]
    del file["X/data"]
    file["X"].create_dataset("data", data=values, compression=how, shuffle=True, chunks=(100,))
