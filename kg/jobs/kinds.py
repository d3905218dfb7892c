"""Kinds of jobs and their arguments, declared once: forms, validation and documentation are generated from this."""

from kg.errors import KgError
from kg.jobs.arguments import Argument, FileArgument, Kind
from kg.match.compared import offered
from kg.match.levels import LEVELS
from kg.match.orthology import POLICIES
from kg.match.tables.vector import DUPLICATES
from kg.names.species import SPECIES

CELLS, TABLES = (".h5ad",), (".csv", ".tsv", ".txt")
GENE_IDS = ("told", "ensembl", "symbol")
UNITS = tuple(LEVELS)
COLUMNS = {
    "gene": "gene symbols or Ensembl ids",
    "effect": "log2 fold changes, case minus control",
    "se": "standard errors of the effect",
    "z": "z or Wald statistics",
    "p": "two-sided p-values",
    "fdr": "Benjamini-Hochberg FDR",
    "mean": "mean expression",
}
"""Of a table of differential expression: what a column holds."""
EXPORTS = (
    "kgx",
    "graphml",
    "node-link",
    "neo4j-csv",
    "graph-parquet",
    "sssom",
    "parquet",
    "contrasts",
    "linkml",
    "h5ad",
)
_NAMES_OF_SPECIES = tuple(each.name for each in SPECIES.values())
_DONOR = Argument(
    "donor", default="donor_id", help="column of obs with the donor (animal or person) of each cell", offered="columns"
)
_GENES = (
    Argument(
        "gene_id",
        "choice",
        choices=GENE_IDS,
        default="told",
        help="type of the gene identifiers; told: detected from the file",
    ),
    Argument("gene_column", help="column of var with the gene identifiers; default: the index of var"),
    Argument("counts_in", help="X, raw.X or layers/<name> with the raw counts; default: detected"),
)
_CONTROLS = (
    Argument(
        "condition",
        help="column of obs that separates cases from controls; constant within a donor",
        offered="columns",
    ),
    Argument("control", several=True, help="values of that column in healthy controls", offered="condition"),
)
_COMPARED = (
    Argument("disease", help="MONDO id or name of a disease; default: all human states"),
    Argument("level", "choice", choices=offered(), default="gene", help="level of the comparison"),
    Argument("policy", "choice", choices=tuple(POLICIES), default="one2one", help="how orthologs are mapped"),
)
_CELLS = FileArgument("cells", CELLS, help="single cells with their counts, as AnnData")

KINDS: dict[str, Kind] = {
    each.name: each
    for each in (
        Kind(
            "map",
            "Map cells to a version of an atlas",
            "ingest.jobs.map:run",
            (
                Argument("atlas", required=True, help="name, name@date or name@version of an atlas"),
                _DONOR,
                Argument(
                    "type",
                    help="column of obs with the study's own cell types, shown next to the mapped ones",
                    offered="columns",
                ),
                Argument("batch", help="column of obs with a technical batch", offered="columns"),
                *_CONTROLS,
                *_GENES,
                Argument("seed", "int", default=0, least=0, most=2**31, help="random seed"),
            ),
            (_CELLS,),
            "atlas",
        ),
        Kind(
            "match",
            "Match a study of your own with human states",
            "ingest.jobs.match:run",
            (
                Argument("taxon", "choice", True, _NAMES_OF_SPECIES, help="species of the samples"),
                Argument(
                    "condition",
                    required=True,
                    help="column of obs, or of the sample sheet, that separates the arms",
                    offered="columns",
                ),
                Argument(
                    "case",
                    required=True,
                    several=True,
                    help="values of that column in the case arm",
                    offered="condition",
                ),
                Argument(
                    "control",
                    required=True,
                    several=True,
                    help="values of that column in the control arm",
                    offered="condition",
                ),
                Argument(
                    "donor",
                    help="column with the donor (animal or person); default: donor_id for cells, the sample for counts",
                    offered="columns",
                ),
                Argument(
                    "type",
                    help="column of obs with the cell type; default: all cells of a donor are summed",
                    offered="columns",
                ),
                Argument("types", several=True, help="only these cell types", offered="type"),
                Argument(
                    "strata",
                    several=True,
                    help="columns whose values define strata; arms are compared within each",
                    offered="columns",
                ),
                Argument(
                    "min_cells",
                    "int",
                    default=10,
                    least=1,
                    most=10**6,
                    help="minimum number of cells per donor and cell type",
                ),
                Argument("tissue", help="UBERON id or name, for bulk tissue samples"),
                Argument("cell_type", help="CL id or name, for samples of one cell type"),
                Argument("engineered", several=True, help="symbols of engineered genes, excluded from the score"),
                *_COMPARED,
                *_GENES,
            ),
            (
                FileArgument("cells", CELLS, False, "single cells with their counts, as AnnData"),
                FileArgument("counts", TABLES, False, "instead of cells: a matrix of counts, genes x samples"),
                FileArgument("samples", TABLES, False, "with counts: the sample sheet, one row per sample"),
            ),
            "graph",
            (("cells",), ("counts", "samples")),
        ),
        Kind(
            "signature",
            "Match a table of differential expression with human states, with a report",
            "ingest.jobs.signature:run",
            (
                Argument("taxon", "choice", True, _NAMES_OF_SPECIES, help="species of the samples"),
                Argument("tissue", help="UBERON id or name, for bulk tissue samples"),
                Argument("cell_type", help="CL id or name, for samples of one cell type"),
                *(
                    Argument(name, help=f"column with {what}; default: found by the usual names")
                    for name, what in COLUMNS.items()
                ),
                Argument("label", help="name in the answer; default: that of the file"),
                Argument("engineered", several=True, help="symbols of engineered genes, excluded from the score"),
                Argument("duplicates", "choice", choices=DUPLICATES, default="refuse", help="several rows of one gene"),
                Argument(
                    "unit", "choice", choices=UNITS, default="donor", help="what the p-values count as replicates"
                ),
                Argument("drug", help="drug given to the case arm; wells of one line are tested only for a drug"),
                Argument("cut", help="rule by which the table was cut to some of the genes; default: complete"),
                *_COMPARED,
            ),
            (
                FileArgument("table", TABLES, help="one row per gene, for all genes tested"),
                FileArgument("sets", (".gmt",), False, "gene sets to compare instead of the level"),
            ),
            "graph",
        ),
        Kind(
            "explain",
            "Explain a match: the contribution of every feature",
            "ingest.jobs.explain:run",
            (Argument("match", required=True, help="id of the match"),),
            answers="graph",
        ),
        Kind(
            "report",
            "Report: what a model or a match comes to, as one HTML file",
            "ingest.jobs.report:run",
            (
                Argument("model", help="disease model, such as rTg4510; or give a match"),
                Argument("match", help="id of one match"),
                *_COMPARED,
            ),
            answers="graph",
        ),
        Kind(
            "export",
            "Export the graph in a standard format",
            "ingest.jobs.export:run",
            (
                Argument("format", "choice", True, EXPORTS, help="file format"),
                Argument("release", help="only if the graph still matches this release"),
            ),
            answers="graph",
        ),
        Kind(
            "inspect",
            "Inspect a file of cells: its columns and their most common values",
            "ingest.jobs.inspect:run",
            files=(_CELLS,),
        ),
        Kind(
            "bench",
            "Self-check of the machine",
            "ingest.jobs.bench:run",
            (
                Argument(
                    "steps", "int", default=10, least=1, most=100_000, help="number of steps; each is checkpointed"
                ),
                Argument("seconds", "float", default=0.05, least=0, most=60, help="time per step (s)"),
                Argument("load", "choice", choices=("wait", "compute"), default="wait", help="what a step does"),
                Argument("mb", "int", default=1, least=0, most=100_000, help="memory to allocate (MB)"),
                Argument(
                    "seed", "int", default=0, least=0, most=2**31, help="random seed; another seed is another job"
                ),
            ),
        ),
    )
}


def kind_of(name: str) -> Kind:
    """Raises KgError JOB_KIND."""
    if name not in KINDS:
        raise KgError(f"{name[:80]!r} is not a kind of job: use one of {', '.join(KINDS)}.", code="JOB_KIND")
    return KINDS[name]
