"""Text tables as laboratories keep them: separator told by the widest reading, columns found by the names tools write."""

import csv
import gzip
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from kg.errors import ContractError, Issue

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
GENES = ("ensembl_gene_id", "ensembl_id", "ensembl", "ensmusg", "gene_id", "gene", "gene_symbol", "symbol", "hgnc.symbol",
         "gene_name", "genes", "names", "id", "")  # fmt: skip
EMPTY = ("", "NA", "nan", "NaN", "NULL", "None", "-")
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


def find_genes(names: Sequence[str]) -> str | None:
    lower = {name.lower(): name for name in names}
    return next((lower[n] for n in GENES if n in lower), None)


def read_columns(path: Path) -> Columns:
    """Every column of a comma-, tab- or semicolon-separated file (perhaps gzip) as stripped text.

    Raises ContractError: MISSING_FILE, NOT_GZIP, ENCODING, EMPTY_TABLE, BAD_ROWS or DUPLICATE.
    """
    text = _text(path)
    rows = max((_rows(text, sep) for sep in (",", "\t", ";")), key=lambda rows: len(rows[0]) if rows else 0)
    if len(rows) < 2:
        raise _broken("EMPTY_TABLE", path, "a table has rows", f"{len(rows)} lines", "export it again")
    head = [name.strip() for name in rows[0]]
    # R's write.table leaves out the name above the row names.
    if len(rows[1]) == len(head) + 1:
        head = ["", *head]
    odd = next((at for at, row in enumerate(rows[1:], 2) if len(row) != len(head)), None)
    if odd is not None:
        fix = "every line needs as many cells as the header; check quotes"
        raise _broken("BAD_ROWS", path, f"rows have {len(head)} cells", f"{len(rows[odd - 1])} in line {odd}", fix)
    if twice := sorted({name for name in head if head.count(name) > 1}):
        raise _broken("DUPLICATE", path, "columns have names of their own", twice[:5], "rename or remove one")
    return {name: [row[at].strip() for row in rows[1:]] for at, name in enumerate(head)}


def numbers(path: Path, name: str, texts: Sequence[str]) -> list[float | None]:
    """None where a cell is empty or NA. Raises ContractError not-a-number with the first cells that are none."""
    made, bad = [], []
    for row, text in enumerate(texts, 1):
        try:
            made.append(None if text in EMPTY else float(text))
        except ValueError:
            bad.append(f"{text[:40]!r} in row {row}")
    if bad:
        found = f"{len(bad)}: {', '.join(bad[:3])}"
        raise _broken("not-a-number", path, f"{name} has numbers", found, "write a number with a point as decimal mark")
    return made


def need(path: Path, columns: Columns, wanted: dict[str, str]) -> None:
    """``wanted``: what it is for -> column. Raises ContractError WRONG_COLUMNS, an issue each."""
    there = ", ".join(map(repr, list(columns)[:30]))
    issues = [
        Issue(path.name, f"WRONG_COLUMNS: {use} must be a column", repr(name), f"the columns are {there}")
        for use, name in wanted.items()
        if name not in columns
    ]
    if issues:
        raise ContractError(issues, code="WRONG_COLUMNS")


def _broken(code: str, path: Path, rule: str, found: object, fix: str) -> ContractError:
    return ContractError([Issue(path.name, f"{code}: {rule}", str(found), fix)], code=code)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
    except (FileNotFoundError, IsADirectoryError):
        raise _broken("MISSING_FILE", path, "the file must exist", "no file", "check its name and folder") from None
    except (OSError, EOFError) as error:
        fix = "compress it again with gzip, or drop .gz from its name if it is plain text"
        raise _broken("NOT_GZIP", path, "a name that ends in .gz is gzip", error, fix) from None
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken("ENCODING", path, "a table is UTF-8 text", f"byte {error.start}: {error.reason}", "save it as UTF-8") from None  # fmt: skip


def _rows(text: str, sep: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=sep) if any(row)]
    except csv.Error:
        return []
