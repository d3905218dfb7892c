"""What a manifest says of single cells, and of networks, markers and spaces that others made."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ingest.manifest.blocks import Slug, Strict, Taxon, Text
from kg.curie import HEALTHY
from kg.names.ids import spelt

Condition = Annotated[
    str,
    BeforeValidator(lambda v: HEALTHY if v == "healthy" else spelt(v) if isinstance(v, str) else v),
    Field(pattern=rf"^(MONDO:\d{{7}}|{HEALTHY})$", description=f"healthy ({HEALTHY}), or id of a disease (MONDO)"),
]


class Grn(Strict):
    """A network of each population by consensus over its donors, and the changes of its factors."""

    engine: Literal["ridge", "grnboost2", "rustscenic"] = "ridge"
    tfs: str | None = Field(None, description="file with one factor a line; absent: the factors of the loaded networks")
    rankings: list[str] = Field(
        [], description="cisTarget ranking databases (feather), by which regulons are pruned; [models]; empty: unpruned"
    )
    motifs: str | None = Field(None, description="the databases' table of motifs and factors (.tbl)")
    bootstraps: int = Field(50, ge=2)
    top_targets: int = Field(50, ge=5, description="targets of a regulon at most")
    min_targets: int = Field(10, ge=3)
    min_support: float = Field(0.5, ge=0, le=1, description="share of resamples that found an edge")
    min_cells: int = Field(30, ge=5, description="a donor with fewer cells of a type takes no part")
    max_cells: int = Field(300, ge=5, description="cells of each donor at most; all bring the same number")
    normalisation: Literal["log", "pooled", "pearson"] = Field(
        "log",
        description="log1p of counts per 10,000, or of counts over pooled size factors; pearson: residuals, [models]",
    )
    auc_threshold: float = Field(0.05, gt=0, lt=1, description="AUCell looks at this share of the ranked genes")
    seed: int = 0


class Quality(Strict):
    """Cells that are left out of every sum, by steps in this order; a step that is absent takes none out. What each
    took out is counted."""

    min_counts: float | None = Field(None, ge=0)
    max_counts: float | None = Field(None, ge=0)
    min_genes: int | None = Field(None, ge=0, description="genes with a count above 0")
    max_genes: int | None = Field(None, ge=0)
    max_mito_percent: float | None = Field(None, ge=0, le=100, description="share of a cell's counts, in percent")
    mito_prefix: str = Field("mt-", min_length=1, description="of a mitochondrial gene's symbol, in capitals or not")
    doublets: Literal["none", "scrublet"] = Field("none", description="scrublet needs the extra [models]")
    doublet_rate: float = Field(0.05, gt=0, lt=1, description="share of doublets that the loading makes one expect")
    library: str | None = Field(None, description="column of the run that cells were loaded in; absent: the donor")


class Cells(Strict):
    """Columns are those of obs; the defaults are the names of the CELLxGENE schema."""

    file: str = Field(description="h5ad, zarr, loom, 10x h5, mtx or the folder it lies in, or a table of counts")
    format: Literal["h5ad", "zarr", "mtx", "h5", "loom", "csv", "tsv", "txt"] | None = Field(
        None, description="absent: told by the extension"
    )
    obs: str | None = Field(None, description="a table with one row per cell, where the matrix does not bring its own")
    cell_column: str | None = Field(
        None,
        description=(
            "column of that table that names the cell; absent: the first. Of a loom without it: the column attribute"
        ),
    )
    genes: str | None = Field(
        None, description="of an mtx: the list of its genes (features.tsv); absent: in its folder"
    )
    barcodes: str | None = Field(None, description="of an mtx: the list of its cells; absent: in its folder")
    rows: Literal["genes", "cells"] | None = Field(None, description="of a table of counts; absent: told by its header")
    counts_in: Annotated[str, Field(pattern=r"^(X|raw\.X|layers/.+)$")] | None = Field(
        None,
        description=(
            "X, raw.X or layers/<name>; absent: raw.X, X, or a layer that bears a name of counts, the first that holds"
            " them"
        ),
    )
    scale: Literal["counts", "corrected"] = Field(
        "counts", description="corrected: counts with fractions, after ambient RNA"
    )
    gene_id: Literal["ensembl", "symbol"] = "ensembl"
    gene_column: str | None = Field(None, description="column of var; absent: its index")
    donor: str = Field("donor_id", description="the animal, person or pool: the unit of replication")
    cell_type: str = "cell_type_ontology_term_id"
    pooled_column: str | None = Field(None, description="persons in each sample, where a sample is a pool")
    level: Literal["donor", "pool"] = "donor"
    sex_column: str | None = Field(
        None, description="facts of donors; a contrast that does not state its own has those of its donors"
    )
    age_column: str | None = None
    region_column: str | None = Field(
        None, description="where in the tissue a donor's sample was taken, in the authors' words"
    )
    strain_column: str | None = Field(None, description="genetic background")
    batch: str | None = Field(None, description="column of a technical batch, checked against the arms")
    qc: Quality | None = Field(None, description="absent: every cell with a donor and a type is summed")
    partial: bool = Field(
        False,
        description="most cells may have no row in obs or no donor, as in a matrix from before droplets were filtered",
    )
    min_cells: int = Field(10, ge=1, description="a donor with fewer cells of a type is left out of that type")
    min_donors: int = Field(3, ge=2, description="an arm with fewer donors makes the contrast UNTESTABLE")
    min_count: float = 10
    min_share: float = Field(0.5, ge=0, le=1, description="genes with min_count in more than this share of donors stay")
    composition: bool = Field(
        False,
        description=(
            "contrasts of cell-type proportions beside those of expression; ask for them where the file holds "
            "all cells of each donor"
        ),
    )
    grn: Grn | None = Field(None, description="absent: no network is inferred")


class NetworkSpec(Strict):
    """A network that was inferred elsewhere: output of pySCENIC, SCENIC, arboreto."""

    id: Slug
    file: str
    format: Literal["motifs", "gmt", "loom", "adjacencies"] | None = Field(None, description="absent: told by the file")
    engine: str = Field("", description="what inferred it; absent: what usually writes the format")
    pruned: bool | None = Field(
        None, description="targets without the factor's motif were removed; absent: as the format"
    )
    top_targets: int = Field(50, ge=1, description="targets of each factor that are taken of an unpruned network")


class MarkerSpec(Strict):
    """A list of marker genes of cell types, laid out as PanglaoDB's: tab-separated, one row per gene of a cell type.
    Rows
    of the dataset's species are taken; another species is another manifest."""

    file: str = Field(description="tsv or tsv.gz")
    species_column: str = "species"
    species: list[Text] = Field([], description="words of that column for the dataset's taxon; empty: Hs or Mm")
    gene_column: str = "official gene symbol"
    label_column: str = "cell type"


class EmbeddingSpec(Strict):
    """Cells of several species in one space, as `orthokg embed` writes them."""

    id: Slug
    file: str = Field("saturn.h5ad", description="AnnData with all cells")
    obsm: Text = "X_saturn"
    species_column: Text = Field("species", description="column of obs")
    label_column: Text = Field("label", description="column of obs with each species' own cell types")
    donor_column: str | None = Field(None, description="column of obs; absent: donors are not counted")
    method: Text = "saturn"
    gene_embedding: Text | None = Field(
        None,
        description="source of the similarity of genes: a protein language model, or orthology; absent: as the card "
        "says",
    )
    expression: str | None = Field(
        None,
        description=(
            "matrix of obsm with features that all species share, such as one-to-one orthologs, for the AUROC; "
            "absent: X_orthologs where the file has it; else the embedding itself, and the answer says so"
        ),
    )
    layout: str | None = Field(
        None, description="matrix of obsm with two columns, for the picture; absent: X_umap where the file has it"
    )
    controls: list[str] = Field(
        [],
        description=(
            "files of the same cells from runs with shuffled gene embeddings, as `orthokg embed saturn --control "
            "shuffled` writes them; none: the answer says that this null is missing"
        ),
    )
    base: str | None = Field(
        None,
        description=(
            "matrix of obsm that no label has touched, in which the run is compared with its controls; absent: "
            "X_macrogenes where the file has it, else the embedding itself"
        ),
    )
    card: str | None = Field(None, description="file of the run's card (card.yaml); absent: the card inside the file")
    taxa: dict[str, Taxon] = Field(description="name in the species column -> taxon")
    populations: dict[str, Slug] = Field(
        {},
        description=(
            "name in the species column -> id of the dataset whose `cells:` are these; a manifest with both blocks "
            "need not name itself"
        ),
    )
    condition: Condition | None = Field(
        None,
        description="what all its cells are of, healthy donors or a disease; absent: not told apart",
    )
    draws: int = Field(999, ge=99, description="permutations of the null")
    seed: int = Field(0, ge=0)


class PublishedTable(Strict):
    """Clusters of one species, a row each, and the type that the authors put each into."""

    taxon: Taxon
    file: str
    cluster: Text = Field(description="column with the cluster's name")
    type: Text = Field(description="column with the type that species share")
    cells: str | None = Field(None, description="column with the number of cells")


class PublishedTypes(Strict):
    """What authors say of which clusters of several species are the same type: evidence beside what is computed."""

    id: Slug
    by: str = Field("", description="whose tables; absent: the dataset's citation")
    tables: list[PublishedTable] = Field(min_length=2, description="one a species")
