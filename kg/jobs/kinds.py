"""Kinds of jobs and their arguments, declared once: forms, validation and documentation are generated from this."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kg.errors import ContractError, Issue, KgError
from kg.match.compared import offered
from kg.match.orthology import POLICIES
from kg.names.species import SPECIES

Value = str | int | float | bool | list[str]
Answers = Literal["atlas", "graph", "nothing"]
UPLOAD = re.compile(r"[0-9a-f]{32}")
_LONGEST, _MOST = 2000, 100
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
CELLS, TABLES = (".h5ad",), (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class Argument:
    """An argument of a kind of job. ``several``: a list of texts; ``least``, ``most``: inclusive bounds of a number;
    ``offered``: what a form offers from an inspected file: ``columns``, or the values of the column named by another
    argument."""

    name: str
    kind: Literal["text", "int", "float", "bool", "choice"] = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | int | float | bool | None = None
    help: str = ""
    least: float | None = None
    most: float | None = None
    several: bool = False
    offered: str = ""


@dataclass(frozen=True)
class FileArgument:
    """A file argument: its value is the id of one of the owner's complete uploads, with a name that ends in one of
    ``suffixes``."""

    name: str
    suffixes: tuple[str, ...]
    required: bool = True
    help: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of job. ``runner``: ``module:function`` that takes a :class:`kg.jobs.child.Work`; ``answers``: what its
    answer depends on besides arguments and files: a version of an atlas (the argument ``atlas``), the contents of the
    graph, or nothing; ``either``: alternative sets of files, of which exactly one is given."""

    name: str
    title: str
    runner: str
    arguments: tuple[Argument, ...] = ()
    files: tuple[FileArgument, ...] = ()
    answers: Answers = "nothing"
    either: tuple[tuple[str, ...], ...] = ()


GENE_IDS = ("told", "ensembl", "symbol")
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


def checked(kind: Kind, given: Mapping[str, Any]) -> dict[str, Value]:
    """Validated arguments and files by name, converted to their types, with defaults filled in, in the order of the
    declaration; arguments without value and default are left out. Numbers may be given as text. Raises ContractError
    ARGUMENT listing every issue."""
    issues: list[Issue] = []
    made: dict[str, Value] = {}
    for argument in kind.arguments:
        value = given.get(argument.name)
        if value is None or value == "" or value == []:
            if argument.required:
                issues.append(_wrong(argument.name, f"{kind.name} needs {argument.name}", "none", argument.help))
            elif argument.default is not None:
                made[argument.name] = argument.default
            continue
        found = _several(argument, value) if argument.several else _value(argument, value)
        if isinstance(found, Issue):
            issues.append(found)
        else:
            made[argument.name] = found
    for file in kind.files:
        value = given.get(file.name)
        if value is None or value == "":
            if file.required:
                fix = f"send a file ({', '.join(file.suffixes)}) and give its id"
                issues.append(_wrong(file.name, f"{kind.name} needs the file {file.name}", "none", fix))
        elif not isinstance(value, str) or not UPLOAD.fullmatch(value):
            issues.append(_wrong(file.name, "a file argument is the id of an upload", value, "upload the file first"))
        else:
            made[file.name] = value
    there = tuple(each.name for each in kind.files if given.get(each.name))
    if kind.either and there not in kind.either:
        ways = ", or ".join(" and ".join(names) for names in kind.either)
        issues.append(_wrong("files", f"{kind.name} takes {ways}", " and ".join(there) or "none", f"give {ways}"))
    known = [each.name for each in (*kind.arguments, *kind.files)]
    issues += [
        _wrong(name, f"{kind.name} has no argument {str(name)[:80]!r}", given[name], f"it has {', '.join(known)}")
        for name in given
        if name not in known
    ]
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return made


def _several(argument: Argument, value: Any) -> Value | Issue:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, Sequence) or len(texts) > _MOST or not all(_is_text(each) for each in texts):
        return _wrong(argument.name, f"up to {_MOST} texts", value, "give each text separately")
    return list(texts)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()


def _value(argument: Argument, value: Any) -> str | int | float | bool | Issue:
    name, text = argument.name, str(value).strip()
    if argument.kind == "text":
        if _is_text(value):
            return value
        return _wrong(name, f"one line of at most {_LONGEST} characters", value, "shorten it, on one line")
    if argument.kind == "choice":
        if value in argument.choices:
            return value
        return _wrong(name, "a permitted value", value, f"use one of {', '.join(argument.choices)}")
    if argument.kind == "bool":
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        return _wrong(name, "true or false", value, "give true or false")
    try:
        number = int(text) if argument.kind == "int" else float(text)
    except ValueError:
        number = math.nan
    least = -math.inf if argument.least is None else argument.least
    most = math.inf if argument.most is None else argument.most
    if isinstance(value, bool) or not least <= number <= most or math.isinf(number):
        what = "a whole number" if argument.kind == "int" else "a number"
        return _wrong(name, f"{what} from {least:g} to {most:g}", value, "give a number in this range")
    return number


def _wrong(name: object, rule: str, found: object, fix: str) -> Issue:
    return Issue(str(name)[:80], f"ARGUMENT: {rule}", repr(found)[:200], fix)
