"""What a manifest says of a dataset, its tables, its counts and its contrasts; the whole is in
``ingest.manifest.manifest``."""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kg.match.levels import OfSamples, OfTable
from kg.names.ids import spelt, taxon
from kg.names.species import SPECIES
from kg.schema.kinds import OfContrast

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", description="lower case letters, digits, dots, hyphens")]
Curie = Annotated[
    str, BeforeValidator(lambda v: spelt(v) if isinstance(v, str) else v), Field(pattern=r"^[A-Za-z][\w.]*:\S+$")
]
Term = Annotated[
    str,
    BeforeValidator(lambda v: spelt(v) if isinstance(v, str) else v),
    Field(min_length=1, description="an id, however spelt"),
]
Taxon = Annotated[
    str,
    BeforeValidator(
        lambda v: taxon(str(v)) if isinstance(v, str | int) and not isinstance(v, bool) else v,
        json_schema_input_type=str | int,
    ),
    Field(
        pattern=r"^NCBITaxon:\d+$",
        description=f"NCBITaxon id or number; {', '.join(s.name for s in SPECIES.values())} by name too",
    ),
]
Text = Annotated[str, Field(min_length=1)]


def _word(value: object) -> object:
    """Cell values are compared as written in the sheet, so 8 and "8" must not differ."""
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _words(value: object) -> object:
    return [_word(each) for each in value] if isinstance(value, list) else [_word(value)]


Values = Annotated[
    list[str], BeforeValidator(_words, json_schema_input_type=str | float | bool | list[str | float | bool])
]
Rows = dict[str, Values]
Value = Annotated[str, BeforeValidator(_word, json_schema_input_type=str | float | bool)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DatasetFacts(Strict):
    id: Slug
    title: Text
    taxon: Taxon
    licence: Text = Field(description="as the authors state it, or 'none stated'")
    redistribute: bool = Field(description="the licence allows redistribution")
    citation: Text
    doi: str = ""
    accession: str = ""
    bank: str = Field(
        "", description="brain bank or cohort that the donors come from: two studies of one may share them"
    )
    simulated: bool = False


class GeneTable(Strict):
    """Genes of the dataset's species, where no table of them is among the sources."""

    file: Text
    id: Text = Field("id", description="column of Ensembl ids")
    symbol: Text = Field("symbol", description="column of symbols, empty where a gene has none")


class Material(Strict):
    kind: Literal["bulk", "cell type", "microdissected", "culture"] = "bulk"
    tissue: Term | None = Field(None, description="coarse organ that tells states apart, such as UBERON:0000956")
    region: Term | None = Field(None, description="where in it this cohort was sampled; a fact, not a state")
    cell_type: Term | None = Field(None, description="Cell Ontology term")
    assay: Term | None = Field(None, description="EFO term")
    system: str = Field("", description="cell line or culture, where no ontology term fits")


class Columns(Strict):
    gene: str
    effect: str = Field(description="log2 fold change, or any effect whose sign is case minus control")
    minus: str | None = Field(None, description="column subtracted from effect, where a table has two means")
    se: str | None = None
    z: str | None = Field(None, description="a Wald or other z, with the sign of the effect; of a t name p as well")
    p: str | None = None
    fdr: str | None = None
    mean: str | None = Field(None, description="mean expression, for duplicates: highest_mean")


class Split(Strict):
    sep: str
    take: int = Field(ge=0, description="0 is the first part")


class Cut(Strict):
    by: Text = Field(description="which rule cut the table: 'fdr <= 0.05', 'genes listed by the authors'")
    column: Literal["p", "fdr", "effect", "none"] = "none"
    below: float | None = None
    universe: Literal["known", "unknown"] = "unknown"
    tested: int | None = Field(None, description="genes tested before the cut, where known")


Duplicates = Literal["refuse", "smallest_p", "highest_mean", "mean", "first"]


Separator = Literal[",", "\t", ";", "|", " "]
Encoding = Literal["utf-8", "utf-16", "latin-1"]
Decimal = Annotated[
    Literal[".", ","] | None, Field(description="decimal mark; absent: told by all numbers of the file")
]
Thousands = Annotated[
    Literal[",", ".", " ", "'"] | None, Field(description="mark between thousands; absent: told likewise")
]


class Table(Strict):
    file: str | None = None
    sep: Separator | None = Field(None, description="absent: told by the header")
    encoding: Encoding = "utf-8"
    decimal: Decimal = None
    thousands: Thousands = None
    columns: Columns | None = None
    expressing: str | None = Field(
        None,
        description=(
            "for means over the cells that express a gene: file with the percentage of cells that do, in the "
            "same columns; the product, the mean over all cells, is what is compared"
        ),
    )
    gene_id: Literal["ensembl", "symbol", "entrez"] | None = None
    gene_split: Split | None = None
    sign: Literal[1, -1] = Field(1, description="-1 where the table is control minus case")
    where: Rows = Field({}, description="rows that belong to this contrast")
    duplicates: Duplicates = Field("refuse", description="several rows (probes) of one gene; refuse quarantines them")
    cut: Cut | None = Field(None, description="absent: the table is complete")
    level: OfTable = Field("donor", description="unit of replication of its p-values")
    n_case: int | None = Field(None, ge=0)
    n_control: int | None = Field(None, ge=0)


class Recode(Strict):
    """A column of the sample sheet made from another: each value is mapped, none may be left out."""

    name: str
    column: str
    values: dict[str, str]


class AtLeast(Strict):
    total_counts: int = Field(ge=0, description="samples with fewer counts are left out and named")


class Counts(Strict):
    matrix: str
    samples: str
    sep: Separator | None = Field(
        None, description="of the matrix; absent: told by the header, as that of the sheet is"
    )
    encoding: Encoding = "utf-8"
    decimal: Decimal = None
    thousands: Thousands = None
    gene_column: str | None = Field(None, description="absent: the first column of the matrix")
    ignore_columns: list[str] = []
    gene_id: Literal["ensembl", "symbol"]
    scale: Literal["counts", "corrected", "log2"] = Field(
        description="corrected: counts with fractions, after ambient RNA"
    )
    sample_column: str = Field(description="column of the sheet that names the matrix columns")
    replicate_column: str | None = Field(
        None, description="the animal or person, if one has several runs; these are summed"
    )
    pooled_column: str | None = Field(None, description="persons in each sample, where a sample is a pool")
    level: OfSamples = "donor"
    recode: list[Recode] = []
    sex_column: str | None = Field(
        None, description="facts of donors; a contrast that does not state its own has those of its donors"
    )
    age_column: str | None = None
    region_column: str | None = Field(
        None, description="where in the tissue a donor's sample was taken, in the authors' words"
    )
    strain_column: str | None = Field(None, description="genetic background")
    batch: str | None = Field(None, description="column of a technical batch, checked against the arms")
    keep: AtLeast | None = None
    min_count: float = 10
    min_share: float = Field(
        0.5, ge=0, le=1, description="genes with min_count in more than this share of samples stay"
    )


class Shares(Strict):
    contrast: Text = Field(description="<dataset>/<contrast> that uses samples of the same people or animals")
    arm: Text
    n: int = Field(-1, description="samples shared; -1 unknown")


class EffectSpec(Strict):
    """What a contrast with a design takes from it: the effect of one column, at a place, or the change of that
    effect."""

    of: str = Field(description="column of the formula whose effect is taken; of a numeric one, per case minus control")
    case: Value
    control: Value
    at: Rows = Field(
        {},
        description=(
            "where the effect is taken; several values have equal weight; other columns stay as they are in each "
            "donor, over whom the effect is averaged"
        ),
    )
    minus_at: Rows = Field({}, description="an interaction: the effect at this place is taken away from it")


class ContrastSpec(Strict):
    id: Slug
    label: Text
    kind: OfContrast
    case: Rows = Field({}, description="rows of the sample sheet in the case arm")
    control: Rows = {}
    case_arm: str = Field("", description="name of the arm; contrasts of one dataset with the same name share it")
    control_arm: str = ""
    strata: list[str] = Field([], description="sample columns within which the arms are compared")
    design: str | None = Field(
        None,
        description=(
            "in place of arms and strata: a formula of columns of the sheet, such as "
            "'~ strain * genotype + age', fitted to all of `rows`"
        ),
    )
    test: EffectSpec | None = None
    numeric: list[str] = Field([], description="columns of the formula that are numbers; all others are groups")
    rows: Rows = Field({}, description="rows of the sheet that the design is fitted to; empty: all")
    engine: Literal["linear", "pydeseq2"] = Field(
        "linear",
        description=(
            "what effect, p and FDR come from; vector and noise factor are the linear model's in any case; "
            "pydeseq2 needs the extra [models]"
        ),
    )
    shrink: bool = Field(False, description="pydeseq2: fold changes shrunken by its apeGLM prior; p stay as they are")
    table: Table | None = None
    material: Material | None = None
    model: Term | None = None
    disease: Term | None = None
    stage: str = Field("", description="stage or subtype that sets the state apart")
    pooled: bool = Field(
        False,
        description=(
            "of a disease or ageing: true pools it with the cohorts of its state, whose verdicts it may change; "
            "else it stands apart, with a row and a score of its own, and changes nothing else"
        ),
    )
    probe: bool = Field(
        False,
        description=(
            "true: one of the contrasts that measure how often the healthy references of the other species are called"
            " where nothing can match (their type-I error, the worst of all probes); without any the strongest contrast"
            " does"
        ),
    )
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
    shares_donors_with: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9.-]*$")]] = Field(
        [],
        description=(
            "<dataset>/<contrast> of the same people or animals, such as another region of one brain bank: the two "
            "are one contribution, and only one of them enters a pool"
        ),
    )
    flags: list[str] = Field([], description="caveats repeated in every answer")


class ReferenceSpec(Strict):
    where: Rows = Field({}, description="healthy samples; empty: all")
    groups: list[str] = Field(description="columns whose group means are taken out")


class AxesSpec(Strict):
    groups: list[str]


class ModelSpec(Strict):
    """A disease model that the graph may not know yet."""

    id: Curie
    label: Text
    strain: str = ""
    genotype: str = ""
    control: str = ""
    form: str = ""
    disease: Term | None = None
    engineered_genes: list[str] = Field([], description="symbols left out of every score")
