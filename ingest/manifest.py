"""The manifest: one YAML file by which a dataset enters the graph.

    schema: 1
    dataset: {id: my-study, title: Tau mice, cortex, taxon: "NCBITaxon:10090", licence: CC BY 4.0, ...}
    material: {kind: bulk, tissue: "UBERON:0000956"}
    table: {file: results.csv, columns: {gene: symbol, effect: log2FC, p: pvalue}, gene_id: symbol}
    contrasts:
      - {id: tau, label: tau against wild type, kind: model, model: "orthokg:model/rtg4510"}

``table`` is a finished table of differential expression; ``counts`` is a matrix with a sample sheet, of which the
product makes contrast, vector and noise factor itself; ``cells`` is a file of single cells, summed by donor and cell type,
of which each contrast is made once for every cell population; ``markers`` is a list of marker genes; ``embedding`` is a space
that cells of several species share. What stands at the top is the default of every contrast, which may override parts of
``table``, ``material``, ``sex``, ``age`` and ``strain``. ``manifest.schema.json`` is generated from these classes.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.json_schema import SkipJsonSchema

from ingest.terms import term_issues
from kg.curie import local
from kg.errors import ContractError, Issue

SCHEMA_FILE = Path(__file__).with_name("manifest.schema.json")
BUNDLED = Path(__file__).with_name("manifests")
FILL = "FILL:"

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", description="lower case letters, digits, dots, hyphens")]
Curie = Annotated[str, Field(pattern=r"^[A-Za-z][\w.]*:\S+$")]
Text = Annotated[str, Field(min_length=1)]


def _words(value: object) -> object:
    """Cell values are compared as written in the sheet, so 8, 8.0 and "8" must not differ by YAML's guess."""
    values = value if isinstance(value, list) else [value]
    return [v if isinstance(v, str) else json.dumps(v) for v in values]


Values = Annotated[
    list[str], BeforeValidator(_words, json_schema_input_type=str | float | bool | list[str | float | bool])
]
Rows = dict[str, Values]
Value = Annotated[
    str, BeforeValidator(lambda v: v if isinstance(v, str) else json.dumps(v), json_schema_input_type=str | float | bool)
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DatasetFacts(_Strict):
    id: Slug
    title: Text
    taxon: Annotated[str, Field(pattern=r"^NCBITaxon:\d+$")]
    licence: Text = Field(description="as the authors state it, or 'none stated'")
    redistribute: bool = Field(description="the licence lets others pass the data on")
    citation: Text
    doi: str = ""
    accession: str = ""
    simulated: bool = False


class Material(_Strict):
    kind: Literal["bulk", "cell type", "microdissected", "culture"] = "bulk"
    tissue: Curie | None = Field(None, description="coarse organ that tells states apart, such as UBERON:0000956")
    region: Curie | None = Field(None, description="where in it this cohort was sampled; a fact, not a state")
    cell_type: Curie | None = Field(None, description="Cell Ontology term")
    assay: Curie | None = Field(None, description="EFO term")
    system: str = Field("", description="cell line or culture, where no ontology term fits")


class Columns(_Strict):
    gene: str
    effect: str = Field(description="log2 fold change, or any effect whose sign is case minus control")
    minus: str | None = Field(None, description="column subtracted from effect, where a table has two means")
    se: str | None = None
    z: str | None = Field(None, description="a Wald or other z; not a t, for which give p")
    p: str | None = None
    fdr: str | None = None
    mean: str | None = Field(None, description="mean expression, for duplicates: highest_mean")


class Split(_Strict):
    sep: str
    take: int = Field(ge=0, description="0 is the first part")


class Cut(_Strict):
    by: Text = Field(description="which rule cut the table: 'fdr <= 0.05', 'genes listed by the authors'")
    column: Literal["p", "fdr", "effect", "none"] = "none"
    below: float | None = None
    universe: Literal["known", "unknown"] = "unknown"
    tested: int | None = Field(None, description="genes tested before the cut, where known")


Duplicates = Literal["refuse", "smallest_p", "highest_mean", "mean", "first"]


class Table(_Strict):
    file: str | None = None
    sep: Literal[",", "\t", ";"] = ","
    encoding: Literal["utf-8", "utf-16", "latin-1"] = "utf-8"
    columns: Columns | None = None
    expressing: str | None = Field(
        None,
        description="for means over the cells that express a gene: file with the percentage of cells that do, in the "
        "same columns; the product, the mean over all cells, is what is compared",
    )
    gene_id: Literal["ensembl", "symbol", "entrez"] | None = None
    gene_split: Split | None = None
    sign: Literal[1, -1] = Field(1, description="-1 where the table is control minus case")
    where: Rows = Field({}, description="rows that belong to this contrast")
    duplicates: Duplicates = Field("refuse", description="several rows (probes) of one gene; refuse quarantines them")
    cut: Cut | None = Field(None, description="absent: the table is complete")
    level: Literal["donor", "cell", "pool", "well", "unknown"] = Field(
        "donor", description="unit of replication of its p-values"
    )
    n_case: int | None = Field(None, ge=0)
    n_control: int | None = Field(None, ge=0)


class Recode(_Strict):
    """A column of the sample sheet made from another: each value is mapped, none may be left out."""

    name: str
    column: str
    values: dict[str, str]


class AtLeast(_Strict):
    total_counts: int = Field(ge=0, description="samples with fewer counts are left out and named")


class Counts(_Strict):
    matrix: str
    samples: str
    sep: Literal[",", "\t", ";"] = ","
    gene_column: str | None = Field(None, description="absent: the first column of the matrix")
    ignore_columns: list[str] = []
    gene_id: Literal["ensembl", "symbol"]
    scale: Literal["counts", "corrected", "log2"] = Field(
        description="corrected: counts with fractions, after ambient RNA"
    )
    sample_column: str = Field(description="column of the sheet that names the matrix columns")
    replicate_column: str | None = Field(None, description="the animal or person, where one has several runs: summed")
    pooled_column: str | None = Field(None, description="persons in each sample, where a sample is a pool")
    level: Literal["donor", "pool", "well"] = "donor"
    recode: list[Recode] = []
    sex_column: str | None = None
    age_column: str | None = None
    batch: str | None = Field(None, description="column of a technical batch, checked against the arms")
    keep: AtLeast | None = None
    min_count: float = 10
    min_share: float = Field(
        0.5, ge=0, le=1, description="genes with min_count in more than this share of samples stay"
    )


class Grn(_Strict):
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
        "log", description="log1p of counts per 10,000, or of counts over pooled size factors; pearson: residuals, [models]"
    )
    auc_threshold: float = Field(0.05, gt=0, lt=1, description="AUCell looks at this share of the ranked genes")
    seed: int = 0


class Quality(_Strict):
    """Cells that are left out of every sum, by steps in this order; a step that is absent takes none out. What each took out is
    counted."""

    min_counts: float | None = Field(None, ge=0)
    max_counts: float | None = Field(None, ge=0)
    min_genes: int | None = Field(None, ge=0, description="genes with a count above 0")
    max_genes: int | None = Field(None, ge=0)
    max_mito_percent: float | None = Field(None, ge=0, le=100, description="share of a cell's counts, in percent")
    mito_prefix: str = Field("mt-", min_length=1, description="of a mitochondrial gene's symbol, in capitals or not")
    doublets: Literal["none", "scrublet"] = Field("none", description="scrublet needs the extra [models]")
    doublet_rate: float = Field(0.05, gt=0, lt=1, description="share of doublets that the loading makes one expect")
    library: str | None = Field(None, description="column of the run that cells were loaded in; absent: the donor")


class Cells(_Strict):
    """Columns are those of obs; the defaults are the names of the CELLxGENE schema."""

    file: str = Field(description="h5ad, zarr, loom, 10x h5, mtx or the folder it lies in, or a table of counts")
    format: Literal["h5ad", "zarr", "mtx", "h5", "loom", "csv", "tsv", "txt"] | None = Field(
        None, description="absent: told by the extension"
    )
    obs: str | None = Field(None, description="a table with a row a cell, where the matrix does not bring its own")
    cell_column: str | None = Field(None, description="column of that table that names the cell; absent: the first")
    genes: str | None = Field(None, description="of an mtx: the list of its genes (features.tsv); absent: in its folder")
    barcodes: str | None = Field(None, description="of an mtx: the list of its cells; absent: in its folder")
    rows: Literal["genes", "cells"] | None = Field(None, description="of a table of counts; absent: told by its header")
    counts_in: Annotated[str, Field(pattern=r"^(X|raw\.X|layers/.+)$")] | None = Field(
        None, description="X, raw.X or layers/<name>; absent: the first of them that holds counts"
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
    sex_column: str | None = None
    age_column: str | None = None
    batch: str | None = Field(None, description="column of a technical batch, checked against the arms")
    qc: Quality | None = Field(None, description="absent: every cell with a donor and a type is summed")
    min_cells: int = Field(10, ge=1, description="a donor with fewer cells of a type is left out of that type")
    min_donors: int = Field(3, ge=2, description="an arm with fewer donors makes the contrast UNTESTABLE")
    min_count: float = 10
    min_share: float = Field(0.5, ge=0, le=1, description="genes with min_count in more than this share of donors stay")
    composition: bool = Field(
        False, description="contrasts of cell-type proportions beside those of expression; ask for them where the file holds "
        "all cells of each donor"
    )  # fmt: skip
    grn: Grn | None = Field(None, description="absent: no network is inferred")


class NetworkSpec(_Strict):
    """A network that was inferred elsewhere: output of pySCENIC, SCENIC, arboreto."""

    id: Slug
    file: str
    format: Literal["motifs", "gmt", "loom", "adjacencies"] | None = Field(None, description="absent: told by the file")
    engine: str = Field("", description="what inferred it; absent: what usually writes the format")
    pruned: bool | None = Field(None, description="targets without the factor's motif were removed; absent: as the format")
    top_targets: int = Field(50, ge=1, description="targets of each factor that are taken of an unpruned network")


class MarkerSpec(_Strict):
    """A list of marker genes of cell types, laid out as PanglaoDB's: tab-separated, a row a gene of a cell type. Rows of the
    dataset's species are taken; another species is another manifest."""

    file: str = Field(description="tsv or tsv.gz")
    species_column: str = "species"
    species: list[Text] = Field([], description="words of that column for the dataset's taxon; empty: Hs or Mm")
    gene_column: str = "official gene symbol"
    label_column: str = "cell type"


class EmbeddingSpec(_Strict):
    """Cells of several species in one space, as `orthokg embed` writes them."""

    id: Slug
    file: str = Field("saturn.h5ad", description="AnnData with all cells")
    obsm: Text = "X_saturn"
    species_column: Text = Field("species", description="column of obs")
    label_column: Text = Field("label", description="column of obs with each species' own cell types")
    donor_column: str | None = Field(None, description="column of obs; absent: donors are not counted")
    method: Text = "saturn"
    gene_embedding: Text | None = Field(
        None, description="what told the genes' likeness: a protein language model, or orthology; absent: as the card says"
    )
    expression: str | None = Field(
        None,
        description="matrix of obsm with features that all species share, such as one-to-one orthologs, for the AUROC; "
        "absent: X_orthologs where the file has it; else the embedding itself, and the answer says so",
    )
    layout: str | None = Field(
        None, description="matrix of obsm with two columns, for the picture; absent: X_umap where the file has it"
    )
    controls: list[str] = Field(
        [], description="files of the same cells from runs with shuffled gene embeddings, as `orthokg embed saturn --control "
        "shuffled` writes them; none: the answer says that this null is missing"
    )  # fmt: skip
    card: str | None = Field(None, description="file of the run's card (card.yaml); absent: the card inside the file")
    taxa: dict[str, Annotated[str, Field(pattern=r"^NCBITaxon:\d+$")]] = Field(
        description="name in the species column -> taxon"
    )
    populations: dict[str, Slug] = Field(
        {}, description="name in the species column -> id of the dataset whose `cells:` are these; a manifest with both blocks "
        "need not name itself"
    )  # fmt: skip
    draws: int = Field(999, ge=99, description="permutations of the null")
    seed: int = Field(0, ge=0)


class PublishedTable(_Strict):
    """Clusters of one species, a row each, and the type that the authors put each into."""

    taxon: Annotated[str, Field(pattern=r"^NCBITaxon:\d+$")]
    file: str
    cluster: Text = Field(description="column with the cluster's name")
    type: Text = Field(description="column with the type that species share")
    cells: str | None = Field(None, description="column with the number of cells")


class PublishedTypes(_Strict):
    """What authors say of which clusters of several species are the same type: evidence beside what is computed."""

    id: Slug
    by: str = Field("", description="whose tables; absent: the dataset's citation")
    tables: list[PublishedTable] = Field(min_length=2, description="one a species")


class Shares(_Strict):
    contrast: Text = Field(description="<dataset>/<contrast> that uses samples of the same people or animals")
    arm: Text
    n: int = Field(-1, description="samples shared; -1 unknown")


class EffectSpec(_Strict):
    """What a contrast with a design takes from it: the effect of one column, at a place, or the change of that effect."""

    of: str = Field(description="column of the formula whose effect is taken; of a numeric one, per case minus control")
    case: Value
    control: Value
    at: Rows = Field(
        {}, description="where the effect is taken; several values weigh alike; other columns stay as they are in each "
        "donor, over whom the effect is averaged"
    )  # fmt: skip
    minus_at: Rows = Field({}, description="an interaction: the effect at this place is taken away from it")


class ContrastSpec(_Strict):
    id: Slug
    label: Text
    kind: Literal["disease", "model", "drug", "ageing"]
    case: Rows = Field({}, description="rows of the sample sheet in the case arm")
    control: Rows = {}
    case_arm: str = Field("", description="name of the arm; contrasts of one dataset with the same name share it")
    control_arm: str = ""
    strata: list[str] = Field([], description="sample columns within which the arms are compared")
    design: str | None = Field(
        None, description="in place of arms and strata: a formula of columns of the sheet, such as "
        "'~ strain * genotype + age', fitted to all of `rows`"
    )  # fmt: skip
    test: EffectSpec | None = None
    numeric: list[str] = Field([], description="columns of the formula that are numbers; all others are groups")
    rows: Rows = Field({}, description="rows of the sheet that the design is fitted to; empty: all")
    engine: Literal["linear", "pydeseq2"] = Field(
        "linear", description="what effect, p and FDR come from; vector and noise factor are the linear model's in any case; "
        "pydeseq2 needs the extra [models]"
    )  # fmt: skip
    shrink: bool = Field(False, description="pydeseq2: fold changes shrunken by its apeGLM prior; p stay as they are")
    table: Table | None = None
    material: Material | None = None
    model: Curie | None = None
    disease: Curie | None = None
    stage: str = Field("", description="stage or subtype that sets the state apart")
    pooled: bool = Field(True, description="false: shown below its state, never pooled with its cohorts")
    drug: str = ""
    dose: float | None = None
    dose_unit: str = ""
    time_hours: float | None = None
    sex: str | None = None
    age: str | None = None
    strain: str | None = None
    same_samples_as: str | None = Field(
        None, description="id of a counts contrast of this manifest with the same donors"
    )
    shares: list[Shares] = []
    flags: list[str] = Field([], description="doubts that every answer repeats")


class ReferenceSpec(_Strict):
    where: Rows = Field({}, description="healthy samples; empty: all")
    groups: list[str] = Field(description="columns whose group means are taken out")


class AxesSpec(_Strict):
    groups: list[str]


class ModelSpec(_Strict):
    """A disease model that the graph may not know yet."""

    id: Curie
    label: Text
    strain: str = ""
    genotype: str = ""
    control: str = ""
    form: str = ""
    disease: Curie | None = None
    engineered_genes: list[str] = Field([], description="symbols left out of every score")


class Manifest(_Strict):
    schema_: Literal[1] = Field(alias="schema")
    dataset: DatasetFacts
    material: Material
    sex: str = ""
    age: str = ""
    strain: str = ""
    table: Table | None = None
    counts: Counts | None = None
    cells: Cells | None = None
    models: list[ModelSpec] = []
    networks: list[NetworkSpec] = []
    markers: MarkerSpec | None = None
    embedding: EmbeddingSpec | None = None
    published_types: PublishedTypes | None = None
    contrasts: list[ContrastSpec] = []
    reference: ReferenceSpec | None = None
    axes: AxesSpec | None = None
    checksums: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field({}, description="file -> sha256")
    folder: SkipJsonSchema[Path | None] = Field(None, exclude=True)

    @model_validator(mode="after")
    def _ids_differ(self) -> "Manifest":
        for what, ids in (("contrast", [c.id for c in self.contrasts]), ("network", [n.id for n in self.networks])):
            if twice := sorted({i for i in ids if ids.count(i) > 1}):
                raise ValueError(f"{what} ids must differ: {', '.join(twice)} is there twice")
        return self

    def table_of(self, contrast: ContrastSpec) -> Table | None:
        """The table of a contrast with the manifest's defaults; None where it comes from counts or cells."""
        if contrast.table is None and (self.counts or self.cells or self.table is None):
            return None
        return _merged(Table, self.table, contrast.table)

    def material_of(self, contrast: ContrastSpec) -> Material:
        return _merged(Material, self.material, contrast.material)

    def contrast_id(self, contrast: ContrastSpec) -> str:
        return f"orthokg:contrast/{self.dataset.id}/{contrast.id}"

    @property
    def dataset_id(self) -> str:
        return local("dataset", self.dataset.id)

    def files(self) -> list[str]:
        """Every file that the manifest names, once, in order."""
        names = [] if self.counts is None else [self.counts.matrix, self.counts.samples]
        if c := self.cells:
            network = [c.grn.tfs, *c.grn.rankings, c.grn.motifs] if c.grn else []
            names += [name for name in (c.file, c.genes, c.barcodes, c.obs, *network) if name]
        tables = [t for c in self.contrasts if (t := self.table_of(c))]
        names += [name for t in tables for name in (t.file, t.expressing) if name]
        names += [network.file for network in self.networks]
        names += [self.markers.file] if self.markers else []
        names += [name for e in (self.embedding,) if e for name in (e.file, e.card, *e.controls) if name]
        names += [table.file for table in self.published_types.tables] if self.published_types else []
        return list(dict.fromkeys(names))


_Block = TypeVar("_Block", bound=_Strict)


def _merged(kind: type[_Block], top: _Block | None, own: _Block | None) -> _Block:
    data = {} if top is None else {k: getattr(top, k) for k in top.model_fields_set}
    data |= {} if own is None else {k: getattr(own, k) for k in own.model_fields_set}
    return kind(**data)


_FIX = {
    "missing": "add it",
    "extra_forbidden": "remove it, or see the field names in manifest.schema.json",
    "string_pattern_mismatch": "write it in the form of the rule",
    "literal_error": "use one of these",
    "string_type": "put it in quotes",
    "model_type": "write a mapping here, one `field: value` a line",
    "list_type": "write a list here, [a, b]",
}


def read(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        ContractError: with every problem found (path in the manifest, rule, what was found, fix); code MANIFEST.
    """
    raw = _yaml(path)
    issues = [
        Issue(
            f"{path.name}: {where}",
            "what a draft could not know is filled in",
            FILL,
            value[len(FILL) :].strip(),
        )
        for where, value in _leaves(raw)
        if isinstance(value, str) and value.startswith(FILL)
    ]
    unfilled = {i.path.split(": ", 1)[1] for i in issues}
    try:
        manifest = Manifest.model_validate({**raw, "folder": path.parent})
    except ValidationError as error:
        for e in error.errors(include_url=False):
            where = ".".join(map(str, e["loc"])) or "manifest"
            if where not in unfilled:
                found = "nothing" if e["type"] == "missing" else repr(e["input"])[:120]
                issues.append(Issue(f"{path.name}: {where}", e["msg"], found, _FIX.get(e["type"], "correct it")))
        raise ContractError(issues, code="MANIFEST") from error
    issues += _whole(manifest, path.name) + term_issues(path.name, _leaves(raw))
    if issues:
        codes = {i.rule for i in issues if i.rule in ("UNKNOWN_TERM", "OBSOLETE_TERM")}
        raise ContractError(issues, code=codes.pop() if len(codes) == 1 and len(issues) == 1 else "MANIFEST")
    return manifest


def _yaml(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ContractError(
            [Issue(str(path), "the manifest must exist", "no file", "check the path")], code="MISSING_FILE"
        ) from None
    except UnicodeDecodeError as error:
        found = f"byte {error.start} is not UTF-8"
        raise ContractError(
            [Issue(path.name, "a manifest is UTF-8 text", found, "save it as UTF-8")], code="ENCODING"
        ) from None
    except yaml.YAMLError as error:
        fix = "check indentation and quotes; an id such as CL:0000129 needs quotes in braces"
        raise ContractError(
            [Issue(path.name, "a manifest is YAML", str(error).replace("\n", " "), fix)], code="MANIFEST"
        ) from None
    if not isinstance(raw, dict):
        raise ContractError(
            [Issue(path.name, "a manifest is a mapping", type(raw).__name__, "start with `schema: 1`")], code="MANIFEST"
        )
    return raw


def _leaves(node: Any, where: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        return [leaf for k, v in node.items() for leaf in _leaves(v, f"{where}.{k}".lstrip("."))]
    if isinstance(node, list):
        return [leaf for i, v in enumerate(node) for leaf in _leaves(v, f"{where}.{i}")]
    return [(where, node)]


def _whole(m: Manifest, name: str) -> list[Issue]:
    """Rules that no single field can break alone."""
    issues: list[Issue] = []

    def wrong(where: str, rule: str, found: object, fix: str) -> None:
        issues.append(Issue(f"{name}: {where}", rule, str(found), fix))

    if not (m.contrasts or m.networks or m.markers or m.embedding or m.published_types or (m.cells and m.cells.grn)):
        rule = "a manifest brings contrasts, networks, markers, an embedding or published types"
        wrong("contrasts", rule, "none", "add one of them")
    taxa = [table.taxon for table in m.published_types.tables] if m.published_types else []
    if twice := sorted({taxon for taxon in taxa if taxa.count(taxon) > 1}):
        wrong("published_types.tables", "each table is of another species", ", ".join(twice), "join them first")
    if m.embedding and (unknown := sorted(set(m.embedding.populations) - set(m.embedding.taxa))):
        wrong("embedding.populations", "names species of embedding.taxa", ", ".join(unknown), f"one of {sorted(m.embedding.taxa)}")
    counted = {c.id for c in m.contrasts if m.table_of(c) is None}
    if m.cells and m.cells.grn and bool(m.cells.grn.rankings) != bool(m.cells.grn.motifs):
        fix = "name both, or neither"
        wrong("cells.grn", "rankings and motifs prune together", "one of them", fix)
    if m.counts and m.cells:
        wrong("cells", "a manifest has counts or cells", "both", "write a manifest for each")
    if m.counts is None and m.cells is None:
        for block in ("reference", "axes"):
            if getattr(m, block) is not None:
                wrong(block, f"{block} is made of samples", "no counts and no cells", "add counts or cells, or remove it")
    for at, c in enumerate(m.contrasts):
        where, table, material = f"contrasts.{at}", m.table_of(c), m.material_of(c)
        if table is None:
            if m.counts is None and m.cells is None:
                fix = "add `table:`, `counts:` or `cells:`"
                wrong(where, "a contrast needs a table, counts or cells", "none of them", fix)
            for arm in () if c.design else ("case", "control"):
                if not getattr(c, arm):
                    wrong(
                        f"{where}.{arm}",
                        "both arms of a contrast of counts must be given",
                        "nothing",
                        "write {column: value}, or a design and its test",
                    )
        else:
            for field in ("file", "columns", "gene_id"):
                if getattr(table, field) is None:
                    wrong(
                        f"{where}.table.{field}",
                        "a table needs its file, columns and gene_id",
                        "nothing",
                        f"add {field}",
                    )
            if table.duplicates == "highest_mean" and table.columns and not table.columns.mean:
                wrong(f"{where}.table.columns.mean", "highest_mean needs the mean", "nothing", "name the column")
        if table is None and c.engine == "pydeseq2" and m.counts and m.counts.scale == "log2":
            wrong(f"{where}.engine", "pydeseq2 fits counts", "counts.scale: log2", "remove it, or give counts")
        for field, rule, fix in _design_faults(c, table):
            wrong(f"{where}.{field}", rule, getattr(c, field) or "nothing", fix)
        needed = {"model": "model", "disease": "disease", "drug": "drug"}.get(c.kind)
        if needed and not getattr(c, needed):
            wrong(f"{where}.{needed}", f"a contrast of kind {c.kind} names its {needed}", "nothing", f"add {needed}")
        by_population = table is None and m.cells is not None
        if material.kind == "cell type" and not material.cell_type and not by_population:
            wrong(f"{where}.material.cell_type", "a cell type is named by its CL id", "nothing", "add cell_type")
        if not (material.tissue or material.system or material.cell_type or by_population):
            wrong(
                f"{where}.material.tissue",
                "material says where the samples come from",
                "nothing",
                "add tissue, or system",
            )
        if c.same_samples_as and c.same_samples_as not in counted:
            wrong(
                f"{where}.same_samples_as",
                "names a counts contrast of this manifest",
                c.same_samples_as,
                f"one of {sorted(counted)}",
            )
    return issues


def _design_faults(c: ContrastSpec, table: Table | None) -> list[tuple[str, str, str]]:
    """Field, rule and remedy of what does not go together in a contrast with a design."""
    told = [f for f in ("case", "control", "strata") if getattr(c, f)]
    own = [f for f in ("test", "numeric", "rows") if getattr(c, f)]
    made = [("engine", "an engine fits counts or cells", "remove it")] if table is not None and c.engine != "linear" else []
    if c.shrink and c.engine != "pydeseq2":
        made.append(("shrink", "pydeseq2 shrinks", "add `engine: pydeseq2`, or remove it"))
    if c.design is None:
        return made + [(f, f"{f} belongs to a design", "add `design:`, or remove it") for f in own]
    made += [(f, "a design takes the place of arms and strata", "remove it, or the design") for f in told]
    if c.test is None:
        made.append(("test", "a design says what is tested", "add {of: column, case: value, control: value}"))
    elif c.test.minus_at and not c.test.at:
        made.append(("test", "minus_at takes away from the effect at a place", "add `at:`"))
    if table is not None:
        made.append(("design", "a design is fitted to counts or cells", "remove it: the table is fitted already"))
    return made


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a manifest, for editors and for people."""
    made = Manifest.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://w3id.org/orthokg/manifest/1",
    } | made


def write_schema() -> None:
    """Write ``manifest.schema.json``; a test holds the committed file against :func:`json_schema`."""
    SCHEMA_FILE.write_text(json.dumps(json_schema(), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    write_schema()
