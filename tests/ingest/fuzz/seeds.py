"""Small good files of every format that is read, and what is read of them; what comes of a read is held to be sound."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pandas as pd
import yaml

from ingest.batch import Batch
from ingest.draft.table import draft
from ingest.fetch.genes_index import GeneIndex, Table
from ingest.files.cells.matrix import open_cells
from ingest.files.cells.run_card import run_card
from ingest.files.cells.space import read_space
from ingest.files.cells.text import read_sheet
from ingest.files.frames import read_frame
from ingest.manifest import manifest
from ingest.manifest.blocks import Counts
from ingest.manifest.cell_blocks import Cells, EmbeddingSpec
from ingest.method.cistarget import read_motif_factors, read_ranked_genes
from ingest.method.saturn.genes.proteins import read_proteins
from ingest.method.saturn.genes.vectors import read_embedding
from ingest.method.saturn.run_file import read_run
from ingest.study.counts import read_counts
from ingest.study.scenic_files import read_edges
from kg.curie import HUMAN
from kg.export.neo4j_csv_load import read as read_export
from kg.tables.lab_table import Declared, find_columns, numbers, read_columns
from tests.ingest.damage import FORMS, GENES, small
from tests.ingest.make_cells import CASE_CONTROL
from tests.ingest.make_cellxgene import cellxgene


class Seed(NamedTuple):
    """``make`` writes the files of a format into a folder; ``read`` takes of them all that the product takes, and
    asserts."""

    make: Callable[[Path], None]
    read: Callable[[Path], None]


def _cells(form: str) -> Seed:
    def make(folder: Path) -> None:
        facts = dict(part.split(": ") for part in FORMS[form](small(), folder).split(", "))
        (folder.parent / "facts.yaml").write_text(yaml.safe_dump(facts))

    return Seed(
        make,
        lambda folder: read_all(
            folder, Cells.model_validate(yaml.safe_load((folder.parent / "facts.yaml").read_text()))
        ),
    )


def read_all(folder: Path, spec: Cells) -> None:
    """Every count and every text of a file of cells."""
    found = open_cells(folder / spec.file, spec)
    assert found.n_cells > 0
    done = 0
    for start, block in found.chunks(size=7):
        assert (block.shape or ()) == (min(7, found.n_cells - start), len(found.genes))
        assert np.isfinite(block.data).all()
        assert (block.data >= 0).all()
        assert len(block.indices) == 0 or (block.indices.min() >= 0 and block.indices.max() < len(found.genes))
        done += len(block.indptr) - 1
    assert done == found.n_cells == len(found.obs)
    assert found.obs.index.is_unique
    for column in map(str, found.obs.columns):
        assert len(found.texts(column, column)) == found.n_cells


def _cellxgene(folder: Path) -> None:
    cellxgene([gene.replace("ENSG", "ENSMUSG") for gene in GENES], donors=4, cells=3).write_h5ad(folder / "cells.h5ad")


def _table(folder: Path) -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0, 1, 40)
    table = {
        "gene": [f"ENSG{i:011d}" for i in range(40)],
        "log2FoldChange": rng.normal(0, 1, 40),
        "lfcSE": rng.uniform(0.1, 1, 40),
        "pvalue": p,
        "padj": np.minimum(p * 2, 1),
        "group": ["a", "b"] * 20,
    }
    pd.DataFrame(table).to_csv(folder / "table.csv", index=False)


def _read_table(folder: Path) -> None:
    path = folder / "table.csv"
    frame = read_frame(path)
    assert frame.columns.is_unique
    columns = read_columns(path)
    assert {len(column) for column in columns.values()} == {len(frame)}
    wanted = find_columns(list(columns))
    for values in numbers(path, columns, wanted, Declared()).values():
        assert len(values) == len(frame)
    assert yaml.safe_load(draft(path, folder))["schema"] == 1


COUNTS = Counts.model_validate(
    {"matrix": "counts.tsv", "samples": "sheet.csv", "gene_id": "ensembl", "scale": "counts", "sample_column": "sample"}
)


@cache
def genes() -> GeneIndex:
    ids = np.array(GENES, dtype=object)
    symbols = np.array([f"GENE{at}" for at in range(len(GENES))], dtype=object)
    return GeneIndex(HUMAN, Table(ids, symbols, np.array(["protein_coding"] * len(GENES), dtype=object)))


def _counts(folder: Path) -> None:
    rng = np.random.default_rng(1)
    names = [f"s{i}" for i in range(6)]
    table = pd.DataFrame(rng.poisson(60, (len(GENES), 6)), columns=names, index=GENES)
    table.to_csv(folder / "counts.tsv", sep="\t", index_label="gene")
    pd.DataFrame({"sample": names, "arm": ["a", "b"] * 3, "age": range(6)}).to_csv(folder / "sheet.csv", index=False)


def _read_counts(folder: Path) -> None:
    batch = Batch(source="dataset/fuzz", version="1")
    made = read_counts(COUNTS, folder / "counts.tsv", folder / "sheet.csv", HUMAN, genes(), batch)
    assert made.values.shape == made.counts.shape == (len(made.sheet), len(made.genes))
    assert made.incomplete is not None or np.isfinite(made.values).all()
    assert batch.read == batch.accepted + len(batch.quarantined)


def _sheet(folder: Path) -> None:
    obs = small().obs
    assert isinstance(obs, pd.DataFrame)
    obs.to_csv(folder / "cells.csv", index_label="cell")


def _read_sheet(folder: Path) -> None:
    made = read_sheet(folder / "cells.csv", None)
    assert made.index.is_unique
    assert len(made)


def _edges(file: str, text: str) -> Seed:
    def read(folder: Path) -> None:
        found = read_edges(folder / file)
        table = found.table
        assert len(table)
        assert np.isfinite(table["weight"]).all()
        assert (table["weight"] >= 0).all()
        assert set(table["sign"]) <= {-1, 0, 1}
        assert not table.duplicated(["tf", "sign", "target"]).any()

    def make(folder: Path) -> None:
        (folder / file).write_text(text)

    return Seed(make, read)


_PAIRS = "\"[('GENE1', 1.5), ('GENE2', np.float64(0.25)), ('GENE3', 2.0)]\""
MOTIFS = ",,Enrichment,Enrichment,Enrichment,Enrichment\n,,AUC,NES,Context,TargetGenes\nTF,MotifID,,,,\n" + "".join(
    f"TF{i},motif{i},0.1,{3 + i}.5,\"frozenset({{'activating', 'top50'}})\",{_PAIRS}\n" for i in range(8)
)
GMT = "".join(f"TF{i}(+)\tmade\t" + "\t".join(f"GENE{j}" for j in range(i, i + 5)) + "\n" for i in range(8))
ADJACENCIES = "TF\ttarget\timportance\n" + "".join(
    f"TF{i}\tGENE{j}\t{i + j / 7:.6f}\n" for i in range(6) for j in range(8)
)


def _scenic_loom(folder: Path) -> None:
    table = np.zeros(13, dtype=[(f"TF{i}(+)", "i8") for i in range(4)])
    for at, name in enumerate(table.dtype.names or ()):
        table[name][at : at + 4] = 1
    with h5py.File(folder / "scenic.loom", "w") as file:
        file["matrix"] = np.ones((13, 5))
        file.create_dataset("row_attrs/Gene", data=[f"GENE{i}" for i in range(13)], dtype=h5py.string_dtype())
        file["row_attrs/Regulons"] = table
        file.create_dataset("col_attrs/CellID", data=[f"c{i}" for i in range(5)], dtype=h5py.string_dtype())


def _read_scenic_loom(folder: Path) -> None:
    _edges("scenic.loom", "").read(folder)


def _database(folder: Path) -> None:
    with h5py.File(folder / "database.h5", "w") as file:
        file["assay"] = np.random.default_rng(2).normal(0, 1, (3, 13))
        file["rownames"] = np.array([GENES], dtype="S")
        file["colnames"] = np.array([[f"drug{i}__cell__trt" for i in range(3)]], dtype="S")


def _read_database(folder: Path) -> None:
    frame = read_frame(folder / "database.h5")
    assert next(iter(frame.columns)) == "gene"
    assert len(frame) == len(frame["gene"])


SPACE = EmbeddingSpec.model_validate(
    {
        "id": "space",
        "file": "saturn.h5ad",
        "taxa": {"human": "NCBITaxon:9606", "mouse": "NCBITaxon:10090"},
        "donor_column": "donor",
    }
)


def _space(folder: Path) -> None:
    import anndata

    rng = np.random.default_rng(3)
    obs = pd.DataFrame(
        {
            "species": ["human", "mouse"] * 10,
            "label": ["a", "a", "b", "b"] * 5,
            "donor": [f"d{i % 3}" for i in range(20)],
        },
        index=[f"c{i}" for i in range(20)],
    )
    made = anndata.AnnData(np.zeros((20, 2), np.float32), obs)
    made.obsm["X_saturn"], made.obsm["X_umap"] = rng.normal(0, 1, (20, 5)), rng.normal(0, 1, (20, 2))
    made.uns["card"] = "{method: saturn, version: 1, gene embedding: ESM2, species: [{species: human, cells: 10}]}"
    made.write_h5ad(folder / "saturn.h5ad")


def _read_space(folder: Path) -> None:
    found = read_space(folder / "saturn.h5ad", SPACE)
    n = len(found.taxa)
    assert len(found.labels) == len(found.embedding) == n
    assert np.isfinite(found.embedding).all()
    assert found.layout is None or found.layout.shape == (n, 2)
    card = run_card(SPACE, found.card, None)
    assert card.text()
    assert card.row()["method"]


def _manifest(folder: Path) -> None:
    (folder / "good.yaml").write_text(CASE_CONTROL)


def _read_manifest(folder: Path) -> None:
    made = manifest.read(folder / "good.yaml")
    assert all(isinstance(name, str) for name in made.files())
    assert made.dataset.id


def _proteins(folder: Path) -> None:
    lines = [
        f">ENSP{i:011d}.1 pep gene:ENSG{i:011d}.2 gene_symbol:GENE{i}\nMKTAYIAKQR\nQISFVKSHFS*\n" for i in range(12)
    ]
    (folder / "pep.fa").write_text("".join(lines))


def _read_proteins(folder: Path) -> None:
    assert len(read_proteins(folder / "pep.fa")) > 0


def _npz(folder: Path) -> None:
    vectors = np.random.default_rng(4).normal(0, 1, (12, 4)).astype(np.float32)
    np.savez_compressed(
        folder / "vectors.npz", genes=np.array([f"GENE{i}" for i in range(12)]), vectors=vectors, kind=np.array("made")
    )


def _parquet(folder: Path) -> None:
    vectors = np.random.default_rng(4).normal(0, 1, (12, 4))
    frame = pd.DataFrame(vectors, columns=[f"d{i}" for i in range(4)]).assign(gene=[f"GENE{i}" for i in range(12)])
    frame.to_parquet(folder / "vectors.parquet")


def _read_vectors(file: str) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        found = read_embedding(folder / file)
        assert found.vectors.ndim == 2
        assert len(found.vectors) == len(found.names)
        assert np.isfinite(found.vectors).all()

    return read


def _run(folder: Path) -> None:
    rows = "".join(f"  - {{path: run.yaml, species: {s}, embedding_path: run.yaml}}\n" for s in ("human", "mouse"))
    (folder / "run.yaml").write_text(f"labels: cell_type\nbatch: donor\ncells:\n{rows}")


def _read_run(folder: Path) -> None:
    assert len(read_run(folder / "run.yaml").sources) > 1


def _export(folder: Path) -> None:
    rows = "".join(f'orthokg:x/{i},Gene,"a, ""b"" {i}",{i},0.5,x;y\n' for i in range(20))
    (folder / "nodes.Gene.csv").write_text("id:ID(Gene),:LABEL,label:string,n:long,p:double,names:string[]\n" + rows)


def _read_export(folder: Path) -> None:
    for (label,), row in read_export(folder / "nodes.Gene.csv", ";", ("LABEL",)):
        assert isinstance(label, str)
        assert isinstance(row.get("id", ""), str)


def _rankings(folder: Path) -> None:
    frame = pd.DataFrame(
        np.random.default_rng(5).permuted(np.tile(np.arange(13), (6, 1)), axis=1).astype(np.int32),
        columns=[f"GENE{i}" for i in range(13)],
    )
    frame.assign(motifs=[f"motif{i}" for i in range(6)]).to_feather(folder / "made.genes_vs_motifs.rankings.feather")


def _read_rankings(folder: Path) -> None:
    assert read_ranked_genes(folder / "made.genes_vs_motifs.rankings.feather")


def _motif_table(folder: Path) -> None:
    head = (
        "#motif_id\tmotif_name\tmotif_description\tsource_name\tsource_version\tgene_name\tmotif_similarity_qvalue\t"
        "similar_motif_id\tsimilar_motif_description\torthologous_identity\torthologous_gene_name\torthologous_species\tdescription\n"
    )
    rows = "".join(
        f"motif{i}\tm\td\ts\t1\tTF{i}\t0\tNone\tNone\t1\tNone\tNone\tgene is directly annotated\n" for i in range(8)
    )
    (folder / "motifs.tbl").write_text(head + rows)


def _read_motif_table(folder: Path) -> None:
    assert read_motif_factors(folder / "motifs.tbl")


SEEDS: dict[str, Seed] = {
    **{form: _cells(form) for form in FORMS},
    "h5ad of CELLxGENE": Seed(
        _cellxgene, lambda folder: read_all(folder, Cells.model_validate({"file": "cells.h5ad"}))
    ),
    "space": Seed(_space, _read_space),
    "table": Seed(_table, _read_table),
    "counts": Seed(_counts, _read_counts),
    "sheet": Seed(_sheet, _read_sheet),
    "gmt": _edges("regulons.gmt", GMT),
    "motif table of ctx": _edges("regulons.csv", MOTIFS),
    "adjacencies": _edges("adjacencies.tsv", ADJACENCIES),
    "loom of SCENIC": Seed(_scenic_loom, _read_scenic_loom),
    "signature database": Seed(_database, _read_database),
    "rankings": Seed(_rankings, _read_rankings),
    "motif factors": Seed(_motif_table, _read_motif_table),
    "proteins": Seed(_proteins, _read_proteins),
    "vectors npz": Seed(_npz, _read_vectors("vectors.npz")),
    "vectors parquet": Seed(_parquet, _read_vectors("vectors.parquet")),
    "run file": Seed(_run, _read_run),
    "export": Seed(_export, _read_export),
    "manifest": Seed(_manifest, _read_manifest),
}
