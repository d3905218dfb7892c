"""Files that tools of the field write and that are not as most are: read rightly, or refused by what they are."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from scipy import sparse

from ingest.files.cells.matrix import CellMatrix, open_cells
from ingest.manifest.cell_blocks import Cells
from kg.errors import ContractError
from tests.ingest import make_formats
from tests.ingest.damage import GENES, small

COLUMNS = ("donor_id", "cell_type_ontology_term_id", "disease")


def opened(folder: Path, told: str, **more: object) -> CellMatrix:
    facts = dict(part.split(": ") for part in told.split(", ")) | more
    return open_cells(folder / str(facts["file"]), Cells.model_validate(facts))


def same(found: CellMatrix) -> None:
    made = small()
    np.testing.assert_array_equal(found.read(0, found.n_cells).toarray(), made.X.toarray())
    np.testing.assert_array_equal(found.read(5, 9).toarray(), made.X.toarray()[5:9])
    assert list(found.genes) == GENES
    assert list(found.obs.index) == list(made.obs_names)
    for column in COLUMNS:
        assert found.texts(column, column).tolist() == made.obs[column].tolist(), column


def refused(folder: Path, told: str, code: str, **more: object) -> str:
    def whole() -> None:
        found = opened(folder, told, **more)
        found.read(0, found.n_cells)

    with pytest.raises(ContractError) as caught:
        whole()
    assert caught.value.code == code
    return str(caught.value)


def edited(folder: Path, change: Callable[[h5py.File], None], form: str = "h5ad") -> str:
    made = {
        "h5ad": make_formats.h5ad,
        "loom": make_formats.loom,
        "10x": make_formats.cell_ranger_h5,
        "10x 2": make_formats.cell_ranger_h5_2,
    }[form](small(), folder)
    with h5py.File(folder / made.split(",")[0].removeprefix("file: "), "a") as file:
        change(file)
    return made


def recast(name: str, kind: str) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        values, attributes = file[name][:].astype(kind), dict(file[name].attrs)
        del file[name]
        file[name] = values
        file[name].attrs.update(attributes)

    return change


@pytest.mark.parametrize("kind", ["f2", ">f4", "f8", "u1", "i2", ">i8", "u8", "longdouble"])
@pytest.mark.parametrize(("form", "name"), [("h5ad", "X/data"), ("loom", "matrix"), ("10x", "matrix/data")])
def test_values_of_any_type_of_number_are_read(tmp_path: Path, form: str, name: str, kind: str):
    same(opened(tmp_path, edited(tmp_path, recast(name, kind), form)))


@pytest.mark.parametrize("kind", [">i4", "i8", ">u8", "u2"])
def test_places_of_any_type_of_whole_number_are_read(tmp_path: Path, kind: str):
    def change(file: h5py.File) -> None:
        recast("X/indices", kind)(file)
        recast("X/indptr", kind)(file)

    same(opened(tmp_path, edited(tmp_path, change)))


@pytest.mark.parametrize(
    ("file", "form", "name"),
    [
        ("cells.h5ad", "h5ad", "X/data"),
        ("cells.loom", "loom", "matrix"),
        ("cells.h5", "10x", "matrix/data"),
        ("cells.h5ad", "h5ad", "obs/n_counts"),
    ],
)
@pytest.mark.parametrize(("code", "filter_"), [(32015, "zstd"), (32001, "blosc"), (32004, "lz4")])
def test_a_filter_that_is_not_installed_is_named(
    tmp_path: Path, file: str, form: str, name: str, code: int, filter_: str
):
    def change(opened: h5py.File) -> None:
        values, attributes = opened[name][:], dict(opened[name].attrs)
        del opened[name]
        made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        made.set_chunk(values.shape)
        made.set_filter(code, h5py.h5z.FLAG_OPTIONAL, ())
        parent, _, own = name.rpartition("/")
        group = opened[parent] if parent else opened
        space, kind = h5py.h5s.create_simple(values.shape), h5py.h5t.py_create(values.dtype)
        h5py.h5d.create(group.id, own.encode(), kind, space, made).write_direct_chunk(
            (0,) * values.ndim, values.tobytes()
        )
        opened[name].attrs.update(attributes)

    told = refused(tmp_path, edited(tmp_path, change, form), "MISSING_FILTER")
    assert file in told
    assert f"filter {code} ({filter_}) of /{name}" in told
    assert "write it again with gzip" in told


@pytest.mark.parametrize(
    "lost",
    [
        "matrix/features/id",
        "matrix/features/name",
        "matrix/features/feature_type",
        "matrix/barcodes",
        "matrix/features",
        "matrix/indptr",
        "matrix/shape",
    ],
)
def test_a_file_of_10x_without_a_part_is_read_by_the_rest_or_names_it(tmp_path: Path, lost: str):
    made = edited(tmp_path, lambda f: f.__delitem__(lost), "10x")
    if lost.endswith(("name", "feature_type", "shape")):
        same(opened(tmp_path, made))
    elif lost.endswith("id"):
        assert opened(tmp_path, made, gene_id="symbol").genes[2] == "s2"
    else:
        code = "BROKEN_MATRIX" if lost.endswith("indptr") else "NOT_10X_H5"
        assert lost.split("/")[-1] in refused(tmp_path, made, code)


def test_a_file_of_10x_without_ids_and_names_says_so(tmp_path: Path):
    def change(file: h5py.File) -> None:
        del file["matrix/features/id"], file["matrix/features/name"]

    assert "the list /matrix/features/id (found /matrix/features has feature_type)" in refused(
        tmp_path, edited(tmp_path, change, "10x"), "NOT_10X_H5"
    )


def test_a_loom_that_is_named_h5_is_told_by_its_parts(tmp_path: Path):
    make_formats.loom(small(), tmp_path)
    (tmp_path / "cells.loom").rename(tmp_path / "cells.h5")
    assert "declare `format: loom`" in refused(tmp_path, "file: cells.h5", "NOT_10X_H5")
    same(opened(tmp_path, "file: cells.h5", format="loom"))


def beside(file: h5py.File) -> None:
    """SeuratDisk: codes in the columns, labels in obs/__categories, and no reference from one to the other."""
    frame = file["obs"]
    frame.attrs["encoding-version"] = "0.1.0"
    for name in COLUMNS:
        codes, labels = frame[name]["codes"][:], frame[name]["categories"][:]
        del frame[name]
        frame.create_dataset(f"__categories/{name}", data=labels, dtype=h5py.string_dtype())
        frame[name] = codes.astype("i4")


def in_uns(file: h5py.File) -> None:
    """AnnData 0.6: labels in uns."""
    for name in COLUMNS:
        codes, labels = file["obs"][name]["codes"][:], file["obs"][name]["categories"][:]
        del file["obs"][name]
        file["obs"][name] = codes
        file["obs"][name].attrs["encoding-type"], file["obs"][name].attrs["encoding-version"] = "array", "0.2.0"
        file.create_dataset(f"uns/{name}_categories", data=labels, dtype=h5py.string_dtype())


@pytest.mark.parametrize("change", [beside, in_uns])
def test_labels_that_lie_beside_their_codes_are_read(tmp_path: Path, change: Callable[[h5py.File], None]):
    same(opened(tmp_path, edited(tmp_path, change)))


def test_a_code_without_its_label_is_an_error(tmp_path: Path):
    def change(file: h5py.File) -> None:
        beside(file)
        file["obs/donor_id"][3] = 77

    assert "code 77 of donor_id, which has 4 categories" in refused(
        tmp_path, edited(tmp_path, change), "UNREADABLE_OBS"
    )


def test_codes_of_missing_values_are_blank(tmp_path: Path):
    def change(file: h5py.File) -> None:
        beside(file)
        file["obs/donor_id"][3], file["obs/donor_id"][4] = -1, np.iinfo("i4").min

    found = opened(tmp_path, edited(tmp_path, change))
    assert found.texts("donor_id", "donor")[[2, 3, 4]].tolist() == ["d0", "", ""]


def test_bytes_are_text(tmp_path: Path):
    made = small()
    for column in COLUMNS:
        made.obs[column] = [str(v.encode()) for v in made.obs[column]]
    made.obs_names, made.var_names = [str(v.encode()) for v in made.obs_names], [f'b"{v}"' for v in GENES]
    same(opened(tmp_path, make_formats.h5ad(made, tmp_path)))


def test_nullable_columns_and_blank_codes_are_read(tmp_path: Path):
    made = small()
    numbers = pd.array([int(v[1:]) for v in made.obs["donor_id"]], dtype="Int64")
    numbers[5] = pd.NA
    made.obs["donor_id"] = numbers
    made.obs["flag"] = pd.array([True, None] * 12, dtype="boolean")
    made.obs.loc[made.obs_names[2], "disease"] = np.nan
    found = opened(tmp_path, make_formats.h5ad(made, tmp_path))
    assert found.texts("donor_id", "donor")[[4, 5, 23]].tolist() == ["0", "", "3"]
    assert found.texts("flag", "flag")[:2].tolist() == ["True", ""]
    assert found.texts("disease", "disease")[[1, 2]].tolist() == ["normal", ""]


def parse(folder: Path, cells: int = 24) -> str:
    made = small()[:cells]
    scipy.io.mmwrite(folder / "DGE.mtx", sparse.coo_matrix(made.X.astype(int)), field="integer")
    (folder / "all_genes.csv").write_text(
        "gene_id,gene_name,genome\n" + "".join(f"{g},s{i},hg38\n" for i, g in enumerate(GENES))
    )
    made.obs.to_csv(folder / "cell_metadata.csv", index_label="bc_wells")
    (folder / "DGE").mkdir()
    for name in ("DGE.mtx", "all_genes.csv", "cell_metadata.csv"):
        (folder / name).rename(folder / "DGE" / name)
    (folder / "cell_metadata.csv").write_text((folder / "DGE" / "cell_metadata.csv").read_text())
    return "file: DGE, obs: cell_metadata.csv"


def test_lists_of_parse_have_headers(tmp_path: Path):
    same(opened(tmp_path, parse(tmp_path)))


def test_a_matrix_of_parse_with_as_many_cells_as_genes_lies_as_parse_lays_it(tmp_path: Path):
    found = opened(tmp_path, parse(tmp_path, len(GENES)))
    np.testing.assert_array_equal(found.read(0, 13).toarray(), small().X.toarray()[:13])


def test_lists_that_r_and_pandas_wrote_are_read(tmp_path: Path):
    made = make_formats.cell_ranger_2(small(), tmp_path)
    for name, head in (("GSE1_genes.tsv", '"","x"'), ("GSE1_barcodes.tsv", ",0")):
        names = [line.split("\t")[0] for line in (tmp_path / name).read_text().splitlines()]
        (tmp_path / name).write_text(
            "\n".join([head, *(f'"{i + (name > "GSE1_c")}","{n}"' for i, n in enumerate(names))]) + "\n"
        )
    same(opened(tmp_path, made))


def test_a_matrix_of_velocyto_is_no_matrix_of_genes(tmp_path: Path):
    made = make_formats.cell_ranger_2(small(), tmp_path)
    lines = (tmp_path / "GSE1_matrix.mtx").read_text().splitlines()
    first = next(at for at, line in enumerate(lines) if not line.startswith("%")) + 1
    (tmp_path / "GSE1_matrix.mtx").write_text(
        "\n".join([*lines[:first], *(f"{line} 7 0" for line in lines[first:])]) + "\n"
    )
    told = refused(tmp_path, made, "NOT_MTX")
    assert "5 fields in the first entry" in told
    assert "folder Gene or GeneFull" in told


@pytest.mark.parametrize("form", ["h5ad", "h5", "loom"])
def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path, form: str):
    (tmp_path / f"cells.{form}").mkdir()
    assert "a folder" in refused(tmp_path, f"file: cells.{form}", "NOT_HDF5", format=form)


@pytest.mark.parametrize("shape", [(0, 13), (24, 0), (0, 0)])
def test_a_file_without_cells_or_genes_says_so(tmp_path: Path, shape: tuple[int, int]):
    made = small()[: shape[0], : shape[1]].copy()
    make_formats.h5ad(made, tmp_path)
    assert refused(tmp_path, "file: cells.h5ad", "NO_CELLS" if 0 in shape else "")


def test_a_file_of_seurat_is_not_called_anndata(tmp_path: Path):
    with h5py.File(tmp_path / "cells.h5ad", "w") as file:
        for name in ("assays", "cell.names", "meta.data"):
            file.create_group(name)
    assert "convert it to h5ad" in refused(tmp_path, "file: cells.h5ad", "NOT_ANNDATA")


def test_text_called_h5ad_is_told(tmp_path: Path):
    (tmp_path / "cells.h5ad").write_text("gene,cell\n")
    assert "no HDF5" in refused(tmp_path, "file: cells.h5ad", "NOT_HDF5")


def test_genes_that_have_no_names_are_an_error(tmp_path: Path):
    made = small()
    made.var_names = [""] * 13
    make_formats.h5ad(made, tmp_path)
    refused(tmp_path, "file: cells.h5ad", "NO_GENES")


def test_pointers_beyond_the_values_do_not_end_the_process(tmp_path: Path):
    def change(file: h5py.File) -> None:
        file["X/indptr"][-1] = 2**30

    assert "pointers rise from 0" in refused(tmp_path, edited(tmp_path, change), "BROKEN_MATRIX")


@pytest.mark.parametrize("index", [-1, 13, 2**31 - 1])
def test_an_index_beyond_the_genes_does_not_end_the_process(tmp_path: Path, index: int):
    def change(file: h5py.File) -> None:
        file["X/indices"][7] = index

    assert "indices lie from 0 to 12" in refused(tmp_path, edited(tmp_path, change), "BROKEN_MATRIX")
