"""Tables as R, pandas and spreadsheets write them are read as they were written, or refused by one error of the
file."""

import csv
import gzip
import io
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import ContractError
from kg.tables.numbers import Declared, read_numbers
from kg.tables.reading import read_frame

GENES = ["App", "Mapt", "Trem2", "Sept2", "ENSMUSG00000022892.1", "H2-K1", "Nkx2-1", "a, b; c", 'a "b"']
rng = np.random.default_rng(7)
TRUTH = {
    "baseMean": np.round(rng.gamma(2, 3000, len(GENES)), 2),
    "log2FoldChange": np.round(rng.normal(0, 2, len(GENES)), 6),
    "pvalue": rng.uniform(0, 1, len(GENES)) ** 20,
}


def number(value: float, decimal: str, thousands: str, form: str) -> str:
    text = format(value, form)
    whole, dot, tail = text.partition(".")
    if thousands and "e" not in text and len(whole.lstrip("-")) > 3:
        whole = f"{int(whole):,}".replace(",", thousands)
    return whole + dot.replace(".", decimal) + tail


def table(
    sep: str = ",",
    decimal: str = ".",
    thousands: str = "",
    quote: str = "text",
    names: str = "gene",
    end: str = "\n",
    forms: tuple[str, ...] = ("r", "r", "r"),
    before: str = "",
    after: str = "",
    trailing: str = "",
) -> str:
    """``names``: gene (a column of that name), "" (write.csv's row names), shifted (write.table's)."""

    def cell(text: str, is_text: bool) -> str:
        needed = sep in text or '"' in text
        return (
            '"' + text.replace('"', '""') + '"' if needed or quote == "all" or (quote == "text" and is_text) else text
        )

    head = [cell(name, True) for name in TRUTH]
    lines = [sep.join(head if names == "shifted" else [cell(names, True), *head]) + trailing]
    for at, gene in enumerate(GENES):
        row = [
            cell(
                (
                    number(values[at], decimal, thousands, form)
                    if form != "r"
                    else number(values[at], decimal, thousands, "")
                ),
                False,
            )
            for values, form in zip(TRUTH.values(), forms, strict=True)
        ]
        lines.append(sep.join([cell(gene, True), *row]) + trailing)
    return before + end.join(lines) + end + after


def check(path: Path, sep: str | None = None, declared: Declared | None = None, loss: float = 0.0) -> None:
    frame = read_frame(path, sep)
    assert [cell.strip() for cell in frame.iloc[:, 0]] == GENES
    assert list(frame.columns[1:]) == list(TRUTH)
    read = read_numbers({name: frame[name].to_numpy(object) for name in TRUTH}, path.name, declared)
    for name, values in TRUTH.items():
        np.testing.assert_allclose(read[name], values, rtol=1e-9, atol=loss)


LAYOUTS = list(
    product((",", "\t", ";"), (".", ","), ("", "other", " ", "'"), ("text", "all", "none"), ("gene", "", "shifted"))
)


@pytest.mark.long
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_layout_is_read_as_it_was_written(tmp_path: Path, end: str) -> None:
    path = tmp_path / "t.txt"
    for sep, decimal, thousands, quote, names in LAYOUTS[{"\n": 0, "\r\n": 1, "\r": 2}[end] :: 3]:
        mark = {"other": "." if decimal == "," else ","}.get(thousands, thousands)
        path.write_text(table(sep, decimal, mark, quote, names, end), newline="")
        check(path, sep if quote == "all" else None)


AROUND = {
    "comments": {"before": "# made by R 4.3\n# two, commas; and more\n"},
    "a comment at the end": {"after": "# end of table\n"},
    "blank lines": {"before": "\n\n", "after": "\n \n"},
    "lines of separators alone": {"after": ",,,\n,,,\n"},
    "trailing separators": {"trailing": ","},
    "three trailing separators": {"trailing": ",,,"},
    "the line of Excel": {"before": "sep=,\n"},
    "a series matrix": {
        "before": '!Series_title\t"A, b"\n!Sample_title\t"x"\t"y"\n!series_matrix_table_begin\n',
        "after": "!series_matrix_table_end\n",
    },
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
def test_what_stands_around_a_table_is_no_row(tmp_path: Path, around: dict[str, str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table(**around))
    check(path)


FORMS = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with its mark": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-le with its mark": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be with its mark": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16-le without": lambda text: text.encode("utf-16-le"),
    "utf-32": lambda text: text.encode("utf-32"),
    "gzip of another name": lambda text: gzip.compress(text.encode()),
    "gzip of utf-16": lambda text: gzip.compress(text.encode("utf-16")),
}


@pytest.mark.parametrize("write", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_bytes_are_read_by_what_they_are(tmp_path: Path, write: Callable[[str], bytes], end: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(write(table(";", ",", end=end)))
    check(path)


def test_pandas_writes_what_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame(TRUTH, index=pd.Index(GENES))
    for sep, decimal, quoting in product(
        (",", "\t", ";"), (".", ","), (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)
    ):
        frame.to_csv(tmp_path / "t.csv", sep=sep, decimal=decimal, quoting=quoting)
        check(tmp_path / "t.csv")
    frame.to_csv(tmp_path / "t.csv", decimal=",", float_format="%.6g")
    with pytest.raises(AssertionError):
        check(tmp_path / "t.csv")  # six digits of a number are not the number


def test_r_escapes_quotes_or_leaves_them(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text('"gene" "said"\n"1" "A" "a \\"b\\" c"\n"2" "B" "d"\n')
    assert read_frame(path)["said"].tolist() == ['a "b" c', "d"]
    path.write_text('gene\tsaid\nA\t"b" protein\nB\t5" end\n')
    assert read_frame(path)["said"].tolist() == ['"b" protein', '5" end']


def test_a_quoted_cell_may_have_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'gene,said\r\nA,"one\r\ntwo, ""three"""\r\nB,\r\n')
    assert read_frame(path)["said"].tolist() == ['one\ntwo, "three"', ""]


REFUSED = {
    "a row too short": ("g,a,b\nx,1,2\ny,1\n", "BAD_ROWS", "2 cells in line 3"),
    "a row too long": ("g,a,b\nx,1,2\n\ny,1,2,3\n", "BAD_ROWS", "4 cells in line 4"),
    "shifted but for one row": ("a,b\nx,1,2\ny,1\n", "BAD_ROWS", "2 cells in line 3"),
    "commas of numbers without quotes": ("gene,lfc\nApp,1,5\nMapt,-2,3\n", "BAD_ROWS", "3 cells in line 2"),
    "a title above the header": ("Table S3, all genes\ng,a,b\nx,1,2\n", "BAD_ROWS", "3 cells in line"),
    "an unclosed quote": ('"g",a\n"x,1\ny,2\n', "BAD_ROWS", "line 2"),
    "a quote in a cell": ('"g","a"\n"x"y","1"\n', "BAD_ROWS", "line 2"),
    "cells beyond the header": ("gene,a,b\nx,1,2,\ny,1,2,3\n", "BAD_ROWS", "line 3"),
    "two tables": ("!b\nID,a\nx,1\n!series_matrix_table_end\nID,a\nx,1\n", "BAD_ROWS", "line 5"),
    "nothing": ("", "EMPTY_TABLE", "an empty file"),
    "comments alone": ("# a\n# b\n", "EMPTY_TABLE", "2 lines"),
    "a header": ("g,a\n", "EMPTY_TABLE", "0 rows"),
    "a header of a series": ("!x\nID_REF\ta\n!series_matrix_table_end\n", "EMPTY_TABLE", "0 rows"),
    "a web page": ("<!DOCTYPE html>\n<html></html>", "NOT_TEXT", "web site"),
    "a workbook": ("PK\x03\x04,a\n", "NOT_TEXT", "Excel"),
    "zeros": ("g,a\nx,\0\0\n", "ENCODING", "value 0"),
}


@pytest.mark.parametrize(("text", "code", "found"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_certain_is_one_error(tmp_path: Path, text: str, code: str, found: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(ContractError) as caught:
        read_frame(path)
    assert (caught.value.code, len(caught.value.issues)) == (code, 1)
    assert found in str(caught.value)
    assert caught.value.issues[0].fix


@pytest.mark.parametrize(("told", "is_"), [(t, i) for t, i in product((",", "\t", ";"), repeat=2) if t != i])
def test_a_separator_that_is_declared_wrongly_is_told(tmp_path: Path, told: str, is_: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table(is_, "."))
    with pytest.raises(ContractError) as caught:
        read_frame(path, told)
    assert caught.value.code == "WRONG_SEPARATOR"
    assert {",": "comma", "\t": "tab", ";": "semicolon"}[is_] in str(caught.value)


@pytest.mark.long
def test_a_table_longer_than_a_block_is_proved_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [f'"g{at}",{",".join(str(at + k) for k in range(30))}' for at in range(20_000)]
    path.write_text(",".join(["", *(f"s{k}" for k in range(30))]) + "\n" + "\n".join(rows) + "\n")
    frame = read_frame(path)
    assert (frame.shape, frame["s29"].iloc[-1]) == ((20_000, 31), "20028")
    with path.open("a") as more:
        more.write("last,1\n")
    with pytest.raises(ContractError, match="2 cells in line 20002"):
        read_frame(path)


NUMBERS = {
    "two groups": (["1,234,567", "12"], [1234567, 12]),
    "point beside": (["17,921.7", "3.5"], [17921.7, 3.5]),
    "comma beside": (["1.234,5", "1.234"], [1234.5, 1234]),
    "spaces": (["1 234", "1\u202f234,5"], [1234, 1234.5]),
    "exponents": (["1e+05", "1E5", "1,5e-3"], [1e5, 1e5, 1.5e-3]),
    "a minus sign": (["\u22120.5"], [-0.5]),
    "nothing": (["", "NA", "#N/A"], [np.nan] * 3),
    "words": (["up", "1_0", "0x1F", "5%", "1.5.2"], [np.nan] * 5),
    "infinite": (["Inf", "-inf"], [np.inf, -np.inf]),
    "three decimals": (["1.234", "12.345"], [1.234, 12.345]),
    "zeros before": (["0,724", "0,001"], [0.724, 0.001]),
    "ends": ([".5", "5.", "-.5"], [0.5, 5, -0.5]),
    "a stray comma": (["0.5"] * 20 + ["0,5"], [0.5] * 20 + [np.nan]),
}


@pytest.mark.parametrize(("texts", "values"), NUMBERS.values(), ids=NUMBERS.keys())
def test_numbers_by_hand(texts: list[str], values: list[float]) -> None:
    np.testing.assert_array_equal(read_numbers({"a": texts}, "t")["a"], values)


def test_another_column_tells_the_mark() -> None:
    for mark, proof, read in ((",", "0.5", 1234), (",", "0,5", 1.234), (".", "0,5", 1234), (".", "0.5", 1.234)):
        found = read_numbers({"a": [f"1{mark}234", "2"], "b": [proof, "1"]}, "t")
        assert found["a"].tolist() == [read, 2]


@pytest.mark.parametrize(
    "texts",
    [["1,234", "2,345"], ["1,234", "12"], ["1.234", "12"], ["0,5", "0.5"], ["3.5", "12", "1,234"], ["1,234", "12345"]],
)
def test_a_mark_that_cannot_be_told_is_asked_for(texts: list[str]) -> None:
    with pytest.raises(ContractError) as caught:
        read_numbers({"baseMean": texts, "again": texts}, "t.csv")
    assert (caught.value.code, len(caught.value.issues)) == ("DECIMAL_MARK", 1)
    assert "1 other columns likewise" in str(caught.value)
    assert "'baseMean'" in str(caught.value)
    assert "decimal" in caught.value.issues[0].fix


@pytest.mark.parametrize(
    ("declared", "read"),
    [(Declared(","), 1.234), (Declared("."), 1234), (Declared(thousands=","), 1234), (Declared(thousands="."), 1.234)],
)
def test_what_is_declared_is_read(declared: Declared, read: float) -> None:
    assert read_numbers({"a": ["1,234", "12"]}, "t", declared)["a"].tolist() == [read, 12]


MANY = st.lists(st.floats(-1e7, 1e7, allow_nan=False), min_size=1, max_size=12)


@pytest.mark.long
@settings(max_examples=200)
@given(
    MANY,
    st.sampled_from(".,"),
    st.sampled_from(["", "other", " ", "'"]),
    st.sampled_from(["", ".0f", ".2f", ".3f", ".1e", ",g"]),
)
def test_any_numbers_are_read_as_written_or_refused(
    values: list[float], decimal: str, thousands: str, form: str
) -> None:
    mark = {"other": "." if decimal == "," else ","}.get(thousands, thousands)
    texts = [number(value, decimal, mark, form.lstrip(",")) for value in values]
    want = [float(number(value, ".", "", form.lstrip(","))) for value in values]
    try:
        read = read_numbers({"a": texts}, "t")["a"]
    except ContractError:
        read = read_numbers({"a": texts}, "t", Declared(decimal, mark or None))["a"]
    stray = np.isnan(read)  # a cell of another mark is not a number, and its row is quarantined
    assert stray.sum() <= 0.1 * len(values)
    np.testing.assert_allclose(read[~stray], np.array(want)[~stray], rtol=1e-12)


CELLS = st.text(st.sampled_from(list('ab1 ,;\t"\n.-#!\u00e9\u03b2')), max_size=6)


@pytest.mark.long
@settings(max_examples=150)
@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=2, max_size=6)),
    st.sampled_from(",;\t"),
    st.booleans(),
)
def test_any_cells_are_read_as_written_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], sep: str, every: bool
) -> None:
    text = io.StringIO()
    names = ["gene", *(f"c{at}" for at in range(len(rows[0]) - 1))]
    writer = csv.writer(text, delimiter=sep, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerows([names, *([cell.replace("\r", "") for cell in row] for row in rows)])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(text.getvalue())
    try:
        frame = read_frame(path)
    except ContractError:
        return
    kept = [row for row in rows if any(cell.strip(' \t\n",;') for cell in row)]
    there = [row for row in frame.to_numpy(str).tolist() if any(cell.strip(' \t\n",;') for cell in row)]
    assert (
        (list(frame.columns), there) == (names, kept)
        or len(names) == 1
        or any(row[0].startswith(("#", "!")) for row in rows)
    )
