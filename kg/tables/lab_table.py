"""A laboratory's own table: columns found by the names that tools write."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from kg.errors import ContractError, Issue
from kg.names.gene_spelling import is_stable, other_kind
from kg.tables.numbers import Declared, Floats, read_numbers
from kg.tables.reading import read_frame, several

# Column names as limma, edgeR, DESeq2, Seurat, scanpy, MAST, CLC and R's summaries of models write them, most telling
# first; compared in small letters without signs and spaces.
NAMES = {
    "effect": (
        "log2foldchange",
        "logfc",
        "log2fc",
        "lfc",
        "avglog2fc",
        "avglogfc",
        "logfoldchange",
        "logfoldchanges",
        "log\u2082foldchange",
        "beta",
        "coef",
        "estimate",
        "effect",
    ),
    "se": ("lfcse", "se", "stderr", "stderror", "standarderror"),
    "z": ("stat", "z", "zscore", "wald", "zvalue", "waldstatistic"),
    "p": ("pvalue", "pval", "pvals", "p", "prz", "prt", "prchisq"),
    "fdr": (
        "padj",
        "adjpval",
        "fdr",
        "qvalue",
        "qval",
        "q",
        "pvaladj",
        "pvalsadj",
        "bh",
        "fdrpvalue",
        "adjustedpvalue",
    ),
    "mean": ("basemean", "aveexpr", "logcpm"),
}
_EFFECT, _FDR = ("fold", "l2fc", "logfc", "log2fc"), ("fdr", "adj", "qval")
PARTS = {"effect": _EFFECT, "fdr": _FDR, "p": ("pval",)}
_TELLING = {"effect": ("lfc",), "se": ("lfcse", "stderr"), "z": ("stat", "zscore"), "p": (), "fdr": ()}
GENES = (
    "ensemblgeneid",
    "ensemblid",
    "ensembl",
    "ensmusg",
    "geneid",
    "gene",
    "genesymbol",
    "symbol",
    "hgncsymbol",
    "mgisymbol",
    "genename",
    "externalgenename",
    "genes",
    "names",
    "primerid",
    "id",
    "",
    "name",
    "feature",
    "featureid",
    "targetid",
)
_FIRST = re.compile(r"[+\u2212-]?[.,]?\d[\d.,eE+-]*$")
_ASSEMBLED = re.compile(r"(XLOC|TCONS)_\d+|MSTRG\.\d+.*|novel.*")
Columns = dict[str, list[str]]


def plain(name: str) -> str:
    """A name of a column in small letters, without signs and spaces: P.Value, p-value and P value are pvalue."""
    return re.sub(r"[\W_]+", "", name.lower())


def find_columns(names: Sequence[str], fits: Callable[[str], bool] = lambda _: True) -> dict[str, str]:
    """What a table's numbers are -> its column, by the name; ``fits`` must hold of the column (that it has numbers). A
    column is one thing: that of an adjusted p is not a p."""
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(plain(name), name)
    found = {
        field: hit
        for field, words in NAMES.items()
        if (hit := next((known[n] for n in words if n in known and fits(known[n])), None)) is not None
    }
    for field in PARTS:
        there = [name for name in names if _may_be(field, name) and name not in found.values() and fits(name)]
        if field not in found and there:
            found[field] = next((name for name in there if "log" in name.lower() or "l2fc" in name.lower()), there[0])
    return {field: found[field] for field in NAMES if field in found}


def _may_be(field: str, name: str) -> bool:
    """By a part of its name; the logarithm of a p is none, nor is an adjusted one."""
    words = plain(name)
    if not any(part in words for part in PARTS[field]) or (field != "effect" and "log" in words.replace("logfc", "")):
        return False
    return field != "p" or not any(part in words for part in _FDR)


def rivals(names: Sequence[str]) -> dict[str, list[str]]:
    """What a table's numbers are -> the columns that may be it, where several may and none bears a usual name; empty
    unless there are several effects, as in a table with a comparison every few columns."""
    made = {}
    for field in ("effect", "se", "z", "p", "fdr"):
        there = [
            name for name in names if any(part in plain(name) for part in (*PARTS.get(field, ()), *_TELLING[field]))
        ]
        if len(there) > 1 and not any(plain(name) in NAMES[field] for name in names):
            made[field] = [name for name in there if field != "p" or not any(part in plain(name) for part in _FDR)]
    return made if "effect" in made else {}


def find_genes(columns: Mapping[str, Sequence[str]]) -> str | None:
    """The column of genes: of Ensembl ids, else by its name, unless it holds what an assembler or a chip called them.
    ``columns``: name -> cells as text."""
    for name, cells in columns.items():
        if _share(cells, lambda cell: is_stable(cell) or any(map(is_stable, re.split(r"[|_; ]", cell)))) > 0.5:
            return name
    known: dict[str, str] = {}
    for name in columns:
        known.setdefault(plain(name), name)
    there = [known[n] for n in GENES if n in known]
    return next((name for name in there if _share(columns[name], _is_alien) <= 0.5), next(iter(there), None))


def _is_alien(cell: str) -> bool:
    return bool(_ASSEMBLED.fullmatch(cell)) or other_kind(cell) == "probe-id"


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(test(cell) for cell in cells) / max(len(cells), 1)


def has_numbers(cells: Sequence[str]) -> bool:
    return _share(cells, lambda cell: bool(_FIRST.match(cell))) > 0.2


def read_columns(path: Path) -> Columns:
    """Every column of a text table (perhaps gzip) as stripped text.

    Raises ContractError as :func:`kg.tables.reading.read_frame`.
    """
    frame = read_frame(path)
    return {str(name): [cell.strip() for cell in frame[name].tolist()] for name in frame}


def numbers(path: Path, columns: Columns, wanted: dict[str, str], declared: Declared) -> dict[str, Floats]:
    """``wanted``: what it is for -> column; nan where a cell is empty or no number. Raises ContractError
    DECIMAL_MARK."""
    found = read_numbers({name: columns[name] for name in wanted.values()}, path.name, declared)
    return {what: found[name] for what, name in wanted.items()}


def need(path: Path, columns: Collection[str], wanted: dict[str, str]) -> None:
    """``wanted``: what it is for -> column. Raises ContractError WRONG_COLUMNS, an issue each."""
    there, issues = ", ".join(map(repr, list(columns)[:30])), []
    for use, name in wanted.items():
        if name in columns:
            continue
        rule, fix = f"WRONG_COLUMNS: {use} must be a column", f"the columns are {there}"
        if own := several(list(columns), name):
            rule, fix = f"DUPLICATE: {use} is one column", f"say which: {' or '.join(map(repr, own))}"
        issues.append(Issue(path.name, rule, repr(name), fix))
    if issues:
        raise ContractError(issues, code=issues[0].rule.partition(":")[0])
