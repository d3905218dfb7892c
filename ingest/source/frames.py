"""Text tables as their authors left them: byte-order marks, wrong compressions and empty columns."""

import gzip
import io
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kg.errors import ContractError, Issue

Texts = NDArray[np.str_]
Floats = NDArray[np.float64]
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_ENCODINGS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "latin-1": "latin-1"}


def broken(code: str, path: str, rule: str, found: object, fix: str) -> ContractError:
    """The error of a file that cannot be read as a whole; its rule is its code."""
    return ContractError([Issue(path, f"{code}: {rule}", str(found), fix)], code=code)


def text_of(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file, gzipped or plain.

    Raises:
        ContractError: MISSING_FILE, NOT_GZIP or ENCODING.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder") from None
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            fix = "compress it again with gzip, or drop .gz from its name if it is plain text"
            raise broken("NOT_GZIP", path.name, "a name that ends in .gz is gzip", error, fix) from None
    if (found := _MARKS.get(data[:2])) and encoding != found:
        fix = "save it as UTF-8, or declare `encoding: utf-16`"
        raise broken("ENCODING", path.name, f"the file is {encoding}", "a UTF-16 byte-order mark", fix)
    try:
        return data.decode(_ENCODINGS[encoding])
    except UnicodeDecodeError as error:
        fix = "save it as UTF-8, or declare `encoding: latin-1`"
        found = f"byte {error.start}: {error.reason}"
        raise broken("ENCODING", path.name, f"the file is {encoding}", found, fix) from None


def read_frame(path: Path, sep: str = ",", encoding: str = "utf-8") -> pd.DataFrame:
    """All cells as text, rows x columns, columns that are wholly empty dropped.

    Raises:
        ContractError: EMPTY_TABLE, BAD_ROWS or WRONG_SEPARATOR, and as :func:`text_of`.
    """
    if path.suffix == ".h5":
        return _signature_database(path)
    text = text_of(path, encoding)
    try:
        frame = pd.read_csv(io.StringIO(text), sep=sep, dtype=str, keep_default_na=False, index_col=False)
    except pd.errors.EmptyDataError:
        raise broken("EMPTY_TABLE", path.name, "a table has rows", "an empty file", "export it again") from None
    except pd.errors.ParserError as error:
        fix = "every line needs as many cells as the header; check `sep` and quotes"
        raise broken("BAD_ROWS", path.name, "rows are of one length", str(error).strip(), fix) from None
    if frame.empty:
        raise broken("EMPTY_TABLE", path.name, "a table has rows", "a header and 0 rows", "export it again")
    if frame.shape[1] == 1 and any(s in frame.columns[0] for s in (",", "\t", ";")):
        raise broken(
            "WRONG_SEPARATOR", path.name, f"columns are separated by {sep!r}", frame.columns[0], "declare `sep`"
        )
    names = [str(c) for c in frame.columns]
    kept = [not (name.startswith("Unnamed:") and (frame.iloc[:, at] == "").all()) for at, name in enumerate(names)]
    names = [name.replace("Unnamed: 0", "") if at == 0 else name for at, name in enumerate(names)]
    return frame.set_axis(names, axis=1).iloc[:, np.flatnonzero(kept)]


def cells(frame: pd.DataFrame, column: str) -> Texts:
    """The cells of a column as stripped text."""
    return np.char.strip(np.asarray(frame[column], dtype=str))


def as_numbers(texts: Texts) -> Floats:
    """nan where a text is no number."""
    return np.asarray(pd.to_numeric(pd.Series(texts), errors="coerce"), dtype=float)


def rows_where(frame: pd.DataFrame, mask: NDArray[np.bool_]) -> pd.DataFrame:
    return frame.take(np.flatnonzero(mask))


def _signature_database(path: Path) -> pd.DataFrame:
    """A signatureSearch database (conditions x genes in ``assay``): a row a gene, named ``gene``, a column a condition."""
    try:
        with h5py.File(path) as file:
            rows, columns, assay = (np.asarray(file[name]) for name in ("rownames", "colnames", "assay"))
    except FileNotFoundError:
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder") from None
    except (OSError, KeyError) as error:
        fix = "a signatureSearch database has assay, rownames and colnames"
        raise broken("BAD_ROWS", path.name, "the file is HDF5 of this layout", error, fix) from None
    made = {condition.decode(): row for condition, row in zip(columns.ravel(), assay.astype(str), strict=True)}
    return pd.DataFrame({"gene": [row.decode() for row in rows.ravel()]} | made)


def need_columns(frame: pd.DataFrame, names: dict[str, str], path: Path) -> None:
    """``names``: field of the manifest -> column. Raises ContractError WRONG_COLUMNS, one issue a missing column."""
    there = ", ".join(map(repr, frame.columns[:30]))
    issues = [
        Issue(path.name, f"WRONG_COLUMNS: {field} must be a column", repr(name), f"the columns are {there}")
        for field, name in names.items()
        if name not in frame.columns
    ]
    if issues:
        raise ContractError(issues, code="WRONG_COLUMNS")
