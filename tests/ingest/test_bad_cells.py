"""Bad files of cells, one table: what is wrong, the code of the error, and a remedy that names the thing to do.

``tests/e2e/test_bad_input_store.py`` holds that none of them leaves a trace in the graph.
"""

import gzip
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import sparse

from ingest.batch import Batch
from ingest.files.cells.matrix import open_cells
from ingest.files.cells.text import read_sheet
from ingest.manifest import manifest
from ingest.manifest.cell_blocks import Cells
from ingest.study import datasets
from kg.curie import HUMAN
from kg.errors import ContractError
from kg.names.genes import GeneNames
from tests.ingest.make_cells import study
from tests.ingest.make_cellxgene import cellxgene
from tests.ingest.make_formats import FORMATS, cell_ranger_2, genes_by_cells, loom, sheet, zarr
from tests.ingest.test_bad_input import FACTS, SYMBOLS

IDS = [f"ENSG{i:011d}" for i in range(40)]
Build = Callable[[Path], Path]
Change = Callable[[anndata.AnnData], None]


def human() -> GeneNames:
    """Forty human genes, by Ensembl id and by symbol."""
    return GeneNames.of_symbols(HUMAN, IDS, SYMBOLS)


def written(folder: Path, contrast: dict | None = None, **cells: object) -> Path:
    made = {
        "schema": 1,
        "dataset": FACTS,
        "material": {"tissue": "UBERON:0000956"},
        "cells": {"file": "cells.h5ad"} | cells,
        "contrasts": [
            {
                "id": "a",
                "label": "A",
                "kind": "disease",
                "disease": "MONDO:0004975",
                "case": {"disease": "case"},
                "control": {"disease": "normal"},
            }
            | (contrast or {})
        ],
    }
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump(made))
    return path


def small(genes: list[str] = IDS) -> anndata.AnnData:
    return study(genes, donors=6, cells=12, changed=5, types=("CL:0000127",))


def h5ad(
    change: Change = lambda _: None, genes: list[str] = IDS, contrast: dict | None = None, **cells: object
) -> Build:
    def build(folder: Path) -> Path:
        made = small(genes)
        change(made)
        made.write_h5ad(folder / "cells.h5ad")
        return written(folder, contrast, **cells)

    return build


def damaged(change: Callable[[h5py.File], None]) -> Build:
    def build(folder: Path) -> Path:
        small().write_h5ad(folder / "cells.h5ad")
        with h5py.File(folder / "cells.h5ad", "a") as file:
            change(file)
        return written(folder)

    return build


def other(form: Callable[[anndata.AnnData, Path], str], change: Callable[[Path], None], **cells: object) -> Build:
    def build(folder: Path) -> Path:
        facts = dict(part.split(": ") for part in form(small(), folder).split(", "))
        change(folder)
        return written(folder, **(facts | cells))

    return build


def values(edit: Callable[[np.ndarray], np.ndarray]) -> Change:
    def change(made: anndata.AnnData) -> None:
        made.X = sparse.csr_matrix(edit(made.X.toarray()))

    return change


def late(value: float) -> Change:
    """One value in the last cell, far beyond what is looked at when the file is opened."""

    def edit(x: np.ndarray) -> np.ndarray:
        x[-1, -1] = value
        return x

    return values(edit)


def obs(column: str, edit: Callable[[pd.Series], object]) -> Change:
    def change(made: anndata.AnnData) -> None:
        made.obs[column] = edit(made.obs[column] if column in made.obs else pd.Series("", made.obs.index))

    return change


def layer(made: anndata.AnnData) -> None:
    made.layers["ambient"] = made.X.copy()
    made.layers["ambient"].data[3] = np.inf


def twice(made: anndata.AnnData) -> None:
    made.obs_names = [f"cell{i // 2}" for i in range(made.n_obs)]


def other_arm(texts: pd.Series) -> pd.Series:
    """Some cells of donor d1 are in the other arm."""
    texts = texts.astype(object)
    texts.iloc[[12, 14]] = "normal"
    return texts


def opaque(file: h5py.File) -> None:
    del file["obs/n_counts"]
    file["obs/n_counts"] = np.array([np.void(pickle.dumps({"a": i}).ljust(60)) for i in range(72)])


def encoding(name: str, version: str) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        file["obs"].attrs["encoding-type"], file["obs"].attrs["encoding-version"] = name, version

    return change


def cut(folder: Path) -> Path:
    small().write_h5ad(folder / "cells.h5ad")
    data = (folder / "cells.h5ad").read_bytes()
    (folder / "cells.h5ad").write_bytes(data[: len(data) * 2 // 3])
    return written(folder)


def in_gzip(name: str) -> Build:
    def build(folder: Path) -> Path:
        small().write_h5ad(folder / "x.h5ad")
        (folder / name).write_bytes(gzip.compress((folder / "x.h5ad").read_bytes()))
        return written(folder, file=name)

    return build


def pickled_zarr(version: int) -> Build:
    def change(folder: Path) -> None:
        name = ".zarray" if version == 2 else "zarr.json"
        file = next(p for p in (folder / "cells.zarr" / "obs").rglob(name) if json.loads(p.read_text()).get("shape"))
        facts = json.loads(file.read_text())
        if version == 2:
            facts["filters"] = [{"id": "pickle", "protocol": 5}]
        else:
            facts["codecs"] = [{"name": "numcodecs.pickle", "configuration": {"protocol": 5}}]
        file.write_text(json.dumps(facts))

    return other(zarr(version), change)


def edit(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def edited(folder: Path) -> None:
        path = folder / name
        zipped = path.suffix == ".gz"
        text = gzip.decompress(path.read_bytes()).decode() if zipped else path.read_text()
        path.write_bytes(gzip.compress(change(text).encode()) if zipped else change(text).encode())

    return edited


def chopped(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])

    return change


def lines(keep: slice) -> Callable[[str], str]:
    return lambda text: "".join(text.splitlines(keepends=True)[keep])


def many(text: str) -> str:
    """The fourth gene's first count becomes a word."""
    rows = [line.split(",") for line in text.splitlines()]
    rows[4][1] = "many"
    return "\n".join(map(",".join, rows)) + "\n"


def of_cellxgene(change: Change) -> Build:
    def build(folder: Path) -> Path:
        made = cellxgene(IDS, "5.3.0", donors=6, cells=12)
        made.obs["organism_ontology_term_id"] = pd.Categorical([HUMAN] * made.n_obs)
        made.obs["development_stage_ontology_term_id"] = pd.Categorical(["HsapDv:0000258"] * made.n_obs)
        made.obs["self_reported_ethnicity_ontology_term_id"] = pd.Categorical(["unknown"] * made.n_obs)
        change(made)
        made.write_h5ad(folder / "cells.h5ad")
        arm = "disease_ontology_term_id"
        return written(folder, {"case": {arm: "MONDO:0004975"}, "control": {arm: "PATO:0000461"}})

    return build


def two_genomes(genes: list[str]) -> list[str]:
    return [f"{'GRCh38' if i % 2 else 'mm10__'}_{g}" for i, g in enumerate(genes)]


MOUSE_TOO = [*IDS[:30], *(f"ENSMUSG{i:011d}" for i in range(10))]
CELL_FAULTS: dict[str, tuple[Build, str, str]] = {
    "normalised values": (h5ad(values(np.log1p)), "NO_COUNTS", "add the layer of raw counts"),
    "normalised values named as counts": (
        h5ad(values(np.log1p), counts_in="X"),
        "FRACTIONAL_COUNTS",
        "cells.counts_in",
    ),
    "negative counts": (h5ad(values(lambda x: x - 5), counts_in="X"), "NEGATIVE_COUNTS", "give raw counts"),
    "one negative count, late": (h5ad(late(-1)), "NEGATIVE_COUNTS", "give raw counts"),
    "undeclared fractions": (h5ad(values(lambda x: x * 1.5), counts_in="X"), "FRACTIONAL_COUNTS", "scale: corrected"),
    "one fraction, late": (h5ad(late(0.5)), "FRACTIONAL_COUNTS", "scale: corrected"),
    "Inf in a layer": (h5ad(layer, counts_in="layers/ambient"), "NOT_FINITE", "write 0"),
    "nan, late": (h5ad(late(np.nan)), "NOT_FINITE", "write 0"),
    "a layer that is not there": (h5ad(counts_in="layers/raw"), "WRONG_LAYER", "there are X"),
    "symbols where ids are due": (h5ad(genes=SYMBOLS), "WRONG_GENE_ID", "gene_id: symbol"),
    "ids where symbols are due": (h5ad(gene_id="symbol"), "WRONG_GENE_ID", "gene_id: ensembl"),
    "genes of two species": (h5ad(genes=MOUSE_TOO), "MIXED_SPECIES", "split the file"),
    "genes of two genomes": (h5ad(genes=two_genomes(SYMBOLS), gene_id="symbol"), "MIXED_SPECIES", "split the file"),
    "genes that are not known": (
        h5ad(genes=[f"X{i}" for i in range(40)], gene_id="symbol"),
        "UNKNOWN_GENES",
        "gene column",
    ),
    "cells of another species": (
        h5ad(obs("organism_ontology_term_id", lambda _: "NCBITaxon:10090")),
        "WRONG_SPECIES",
        "dataset.taxon",
    ),
    "cells of two species": (
        h5ad(obs("organism_ontology_term_id", lambda t: ["NCBITaxon:9606", "NCBITaxon:10090"] * (len(t) // 2))),
        "MIXED_SPECIES",
        "split the file",
    ),
    "CELLxGENE of two species": (
        of_cellxgene(obs("organism_ontology_term_id", lambda t: [HUMAN, "NCBITaxon:10090"] * (len(t) // 2))),
        "CELLXGENE",
        "split the file by species",
    ),
    "CELLxGENE without donors": (of_cellxgene(lambda m: m.obs.pop("donor_id")), "CELLXGENE", "donor_id"),
    "duplicated barcodes": (h5ad(twice), "DUPLICATE_CELLS", "prefix"),
    "an arm whose category has no cells": (
        h5ad(
            obs("disease", lambda t: pd.Categorical(t, ["normal", "case", "early"])),
            contrast={"case": {"disease": "early"}},
        ),
        "EMPTY_ARM",
        "the sheet has",
    ),
    "a donor in both arms": (h5ad(obs("disease", other_arm)), "DONOR_IN_BOTH_ARMS", "d1: case, normal"),
    "strata that vary within donors": (
        h5ad(obs("lane", lambda t: ["l1", "l2"] * (len(t) // 2)), contrast={"strata": ["lane"]}),
        "VARIES_IN_DONOR",
        "d0: l1, l2",
    ),
    "arms that overlap": (
        h5ad(contrast={"case": {"disease": ["case", "normal"]}}),
        "ARMS_OVERLAP",
        "tell case and control apart",
    ),
    "no such column of donors": (h5ad(donor="animal"), "WRONG_COLUMNS", "donor_id"),
    "no cell has a type": (h5ad(obs("cell_type_ontology_term_id", lambda _: "unknown")), "NO_CELLS", "name the column"),
    "objects of Python in obs": (damaged(opaque), "UNREADABLE_OBS", "never unpickled"),
    "an encoding that nobody knows": (damaged(encoding("pickle", "0.1.0")), "UNREADABLE_OBS", "never unpickled"),
    "AnnData of a later version": (damaged(encoding("dataframe", "9.0.0")), "UNREADABLE_OBS", "current anndata"),
    "no obs": (damaged(lambda f: f.__delitem__("obs")), "NOT_ANNDATA", "write it by anndata"),
    "truncated h5ad": (cut, "NOT_HDF5", "copy it again"),
    "h5ad in gzip": (in_gzip("cells.h5ad.gz"), "UNKNOWN_FORMAT", "decompress it"),
    "h5ad in gzip under its own name": (in_gzip("cells.h5ad"), "NOT_HDF5", "decompress it"),
    "pickle in zarr 2": (pickled_zarr(2), "UNSAFE_CODEC", "never unpickled"),
    "pickle in zarr 3": (pickled_zarr(3), "UNSAFE_CODEC", "never unpickled"),
    "zarr that is not whole": (
        other(zarr(3), lambda f: (f / "cells.zarr/zarr.json").write_text("{")),
        "NOT_ZARR",
        "copy",
    ),
    "mtx cut short": (
        other(cell_ranger_2, edit("GSE1_matrix.mtx", lines(slice(None, -9)))),
        "CUT_SHORT",
        "copy it again",
    ),
    "mtx cut within gzip": (
        other(FORMATS["Cell Ranger 3 folder"], chopped("filtered_feature_bc_matrix/matrix.mtx.gz")),
        "CUT_SHORT",
        "copy it",
    ),
    "mtx without its lists": (
        other(cell_ranger_2, lambda f: (f / "GSE1_genes.tsv").unlink()),
        "MISSING_FILE",
        "relative to the manifest",
    ),
    "mtx of other lists": (
        other(cell_ranger_2, edit("GSE1_genes.tsv", lines(slice(None, -1)))),
        "SHAPE_MISMATCH",
        "one folder",
    ),
    "mtx beyond its size": (
        other(cell_ranger_2, edit("GSE1_matrix.mtx", lambda t: t.rsplit("\n", 2)[0] + "\n41 1 5\n")),
        "NOT_MTX",
        "rewrite",
    ),
    "mtx that is an array": (
        other(cell_ranger_2, edit("GSE1_matrix.mtx", lambda t: t.replace("coordinate", "array", 1))),
        "NOT_MTX",
        "mmwrite",
    ),
    "a folder without a matrix": (
        other(FORMATS["Cell Ranger 3 folder"], lambda f: (f / "filtered_feature_bc_matrix/matrix.mtx.gz").unlink()),
        "MISSING_PART",
        "cells.genes and cells.barcodes",
    ),
    "plain text called gzip": (
        other(genes_by_cells, lambda f: (f / "counts.csv.gz").write_text("gene,cell0\n")),
        "NOT_GZIP",
        "drop .gz",
    ),
    "text in a table of counts": (
        other(genes_by_cells, edit("counts.csv.gz", many)),
        "NOT_A_COUNT",
        "row 4, column 'cell0'",
    ),
    "rows of several lengths": (
        other(genes_by_cells, edit("counts.csv.gz", lambda t: t + ",".join(["X", *["1"] * 90]) + "\n")),
        "BAD_ROWS",
        "header",
    ),
    "a sheet of other cells": (
        other(genes_by_cells, edit("cells.csv", lambda t: t.replace("\ncell", "\nc-"))),
        "NO_SUCH_CELLS",
        "suffixes",
    ),
    "a cell twice in the sheet": (
        other(genes_by_cells, edit("cells.csv", lambda t: t + t.splitlines()[-1] + "\n")),
        "DUPLICATE_CELLS",
        "double",
    ),
    "no such column of cells": (other(genes_by_cells, lambda _: None, cell_column="id"), "WRONG_COLUMNS", "'cell'"),
    "loom without its attributes": (
        other(loom, lambda f: h5py.File(f / "cells.loom", "a").__delitem__("col_attrs")),
        "NOT_LOOM",
        "loompy",
    ),
    "a format that is not read": (h5ad(file="cells.rds"), "MISSING_FILE", "check its name"),
}


def run(path: Path) -> Batch:
    read = manifest.read(path)
    paths = {}
    for name in read.files():
        if not (path.parent / name).exists():
            raise datasets.broken(
                "MISSING_FILE", name, "the file must exist", "none", "check its name; relative to the manifest"
            )
        paths[name] = path.parent / name
    return datasets.transform(read, datasets.Files(paths, dict.fromkeys(paths, "0" * 64)), human())


@pytest.mark.parametrize("name", CELL_FAULTS)
def test_a_fault_is_one_error_with_its_code_and_remedy(tmp_path: Path, name: str):
    build, code, remedy = CELL_FAULTS[name]
    with pytest.raises(ContractError) as caught:
        run(build(tmp_path))
    assert caught.value.code == code
    assert remedy.lower() in str(caught.value).lower()


def test_ids_with_versions_are_cut_and_two_of_one_gene_are_summed(tmp_path: Path):
    made = small()
    plain = small()
    made.var_names = [f"{g}.{1 + i % 3}" for i, g in enumerate(IDS)]
    double = made[:, :1].copy()
    double.var_names = [f"{IDS[0]}.7"]
    made = anndata.concat([made, double], axis=1, merge="first")
    made.write_h5ad(tmp_path / "cells.h5ad")
    batch = run(written(tmp_path))
    assert "lab: 41 ids carry a version, which is cut off" in batch.missing
    assert "lab: 1 columns are of a gene that has another; their counts are summed" in batch.missing
    found = batch.arrays["orthokg:contrast/lab/a.astrocyte"]
    dense = plain.X.toarray()
    dense[:, 0] *= 2
    plain.X = sparse.csr_matrix(dense)
    plain.write_h5ad(tmp_path / "cells.h5ad")
    want = run(written(tmp_path)).arrays["orthokg:contrast/lab/a.astrocyte"]
    np.testing.assert_allclose(found.vector, want.vector, rtol=1e-12)


def test_categories_without_cells_make_nothing(tmp_path: Path):
    made = small()
    for column, more in (("cell_type_ontology_term_id", "CL:0000129"), ("donor_id", "d99"), ("disease", "early")):
        values = made.obs[column].astype(str)
        made.obs[column] = pd.Categorical(values, [more, *sorted(set(values))])
    made.write_h5ad(tmp_path / "cells.h5ad")
    batch = run(written(tmp_path))
    assert [row["label"] for row in batch.nodes["CellPopulation"]] == ["astrocyte"]
    assert len(batch.nodes["Donor"]) == 6


@pytest.mark.parametrize(("donors", "n"), [(2, (1, 1)), (3, (1, 2))])
def test_one_donor_in_an_arm_is_untestable_and_says_so(tmp_path: Path, donors: int, n: tuple[int, int]):
    made = study(IDS, donors=donors, cells=12, types=("CL:0000127",))
    made.write_h5ad(tmp_path / "cells.h5ad")
    (row,) = run(written(tmp_path)).nodes["Contrast"]
    assert (row["noise"], row["n_case"], row["n_control"]) == ("none", *n)
    assert row["noise_reason"].endswith("3 per arm are needed")


def as_anndata_06(made: anndata.AnnData, path: Path) -> None:
    """Compound tables, categories in uns, and raw.X at the top, as AnnData 0.6 wrote them."""
    x = made.X.tocsr()
    texts = h5py.string_dtype()
    kinds = made.obs["disease"].astype("category").cat
    fields = [
        ("index", texts),
        ("donor_id", texts),
        ("cell_type_ontology_term_id", "S20"),
        ("disease", "i1"),
        ("n", "f8"),
    ]
    rows = zip(
        made.obs_names,
        made.obs["donor_id"],
        made.obs["cell_type_ontology_term_id"],
        kinds.codes,
        made.obs["n_counts"],
        strict=True,
    )
    with h5py.File(path, "w") as file:
        file["X"] = np.log1p(x.toarray())
        group = file.create_group("raw.X")
        group.attrs["h5sparse_format"], group.attrs["h5sparse_shape"] = "csr", x.shape
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(x, name)
        genes = np.array([(g.encode(),) for g in made.var_names], dtype=[("index", "S20")])
        file["var"], file["raw.var"] = genes, genes
        file["obs"] = np.array([tuple(row) for row in rows], dtype=fields)
        file.create_dataset("uns/disease_categories", data=list(kinds.categories), dtype=texts)


def as_anndata_07(made: anndata.AnnData, path: Path) -> None:
    """Categories of a table beside its columns, referred to by them, as AnnData 0.7 wrote them."""
    made.write_h5ad(path)
    with h5py.File(path, "a") as file:
        frame = file["obs"]
        frame.attrs["encoding-version"] = "0.1.0"
        for name in list(frame.attrs["column-order"]):
            if not isinstance(frame[name], h5py.Group):
                continue
            codes, categories = frame[name]["codes"][:], frame[name]["categories"][:]
            del frame[name]
            kept = frame.create_dataset(f"__categories/{name}", data=categories, dtype=h5py.string_dtype())
            kept.attrs["ordered"] = False
            frame[name] = codes
            frame[name].attrs["categories"] = kept.ref


@pytest.mark.parametrize("write", [as_anndata_06, as_anndata_07])
def test_files_of_older_anndata_give_the_same(tmp_path: Path, write: Callable[[anndata.AnnData, Path], None]):
    made = small()
    made.write_h5ad(tmp_path / "cells.h5ad")
    want = run(written(tmp_path)).arrays["orthokg:contrast/lab/a.astrocyte"]
    write(made, tmp_path / "cells.h5ad")
    found = run(written(tmp_path)).arrays["orthokg:contrast/lab/a.astrocyte"]
    np.testing.assert_array_equal(found.genes, want.genes)
    np.testing.assert_array_equal(found.vector, want.vector)


def test_lists_and_tables_are_read_whether_their_names_say_gzip_or_not(tmp_path: Path):
    made = small()
    facts = dict(part.split(": ") for part in cell_ranger_2(made, tmp_path).split(", "))
    for name in ("GSE1_matrix.mtx", "GSE1_barcodes.tsv", "cells.csv"):
        (tmp_path / name).write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    found = open_cells(tmp_path / "GSE1_matrix.mtx", Cells.model_validate(facts))
    np.testing.assert_array_equal(found.read(0, 72).toarray(), made.X.toarray())
    assert list(found.texts("donor_id", "donor")) == list(made.obs["donor_id"])


def test_a_pickle_in_a_zarr_store_does_not_run(tmp_path: Path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "it-ran",))

    build, code, _ = CELL_FAULTS["pickle in zarr 2"]
    path = build(tmp_path)
    for chunk in (p for p in (tmp_path / "cells.zarr" / "obs").rglob("0") if p.is_file()):
        chunk.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ContractError) as caught:
        run(path)
    assert caught.value.code == code
    assert not (tmp_path / "it-ran").exists()


def test_a_sheet_may_have_a_line_of_kinds(tmp_path: Path):
    sheet(small(), tmp_path, "m.tsv", "\t", "NAME")
    rows = (tmp_path / "m.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "n.tsv").write_text("".join([rows[0], "TYPE" + "\tgroup" * (rows[0].count("\t")) + "\n", *rows[1:]]))
    assert read_sheet(tmp_path / "m.tsv", None).equals(read_sheet(tmp_path / "n.tsv", None))
