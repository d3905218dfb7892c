"""A laboratory's own table: columns found by the names that tools write."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from kg.errors import ContractError, Issue
from kg.tables.numbers import Declared, Floats, read_numbers
from kg.tables.reading import read_frame, several

# Column names as limma, edgeR, DESeq2, Seurat, scanpy and MAST write them, most telling first; lower case.
NAMES = {
    "effect": ("log2foldchange", "logfc", "log2fc", "lfc", "log2_fold_change", "avg_log2fc", "avg_logfc", "logfoldchanges",
               "beta", "coef", "estimate", "effect"),
    "se": ("lfcse", "se", "stderr", "std_error", "standard_error"),
    "z": ("stat", "z", "zscore", "z_score", "wald"),
    "p": ("pvalue", "p.value", "p_value", "pval", "p_val", "pvals", "p"),
    "fdr": ("padj", "adj.p.val", "fdr", "qvalue", "q", "p_val_adj", "pvals_adj", "adj_p_val", "p.adj", "bh"),
    "mean": ("basemean", "aveexpr", "logcpm"),
}  # fmt: skip
PARTS = {"effect": ("fold", "l2fc"), "p": ("pval",), "fdr": ("fdr", "adj")}
_TELLING = {"effect": ("logfc", "log2fc", "lfc (", "log_fc"), "se": ("lfcse", "stderr"), "z": ("stat", "zscore"), "p": ("p.value",), "fdr": ("qval",)}
GENES = ("ensembl_gene_id", "ensembl_id", "ensembl", "ensmusg", "gene_id", "gene", "gene_symbol", "symbol", "hgnc.symbol",
         "gene_name", "genes", "names", "id", "")  # fmt: skip
Columns = dict[str, list[str]]


def find_columns(names: Sequence[str], fits: Callable[[str], bool] = lambda _: True) -> dict[str, str]:
    """What a table's numbers are -> its column, by the name; ``fits`` must hold of the column (that it has numbers)."""
    lower, found = {name.lower(): name for name in names}, {}
    for field, known in NAMES.items():
        hit = next((lower[n] for n in known if n in lower), None)
        hit = hit or next((lower[n] for n in lower for part in PARTS.get(field, ()) if part in n), None)
        if hit is not None and fits(hit):
            found[field] = hit
    return found


def rivals(names: Sequence[str]) -> dict[str, list[str]]:
    """What a table's numbers are -> the columns that may be it, where several may and none bears a usual name; empty unless
    there are several effects, as in a table with a comparison every few columns."""
    made = {}
    for field in ("effect", "se", "z", "p", "fdr"):
        there = [name for name in names if any(part in name.lower() for part in (*PARTS.get(field, ()), *_TELLING[field]))]
        if len(there) > 1 and not any(name.lower() in NAMES[field] for name in names):
            made[field] = [name for name in there if field != "p" or not any(part in name.lower() for part in PARTS["fdr"])]
    return made if "effect" in made else {}


def find_genes(names: Sequence[str]) -> str | None:
    lower = {name.lstrip("#").lower(): name for name in names}
    return next((lower[n] for n in GENES if n in lower), None)


def read_columns(path: Path) -> Columns:
    """Every column of a text table (perhaps gzip) as stripped text.

    Raises ContractError as :func:`kg.tables.reading.read_frame`.
    """
    frame = read_frame(path)
    return {str(name): [cell.strip() for cell in frame[name].tolist()] for name in frame}


def numbers(path: Path, columns: Columns, wanted: dict[str, str], declared: Declared) -> dict[str, Floats]:
    """``wanted``: what it is for -> column; nan where a cell is empty or no number. Raises ContractError DECIMAL_MARK."""
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
