"""Tables and sheets that Hypothesis writes in the ways of tools and people: read right, or refused; never read
otherwise."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import ContractError
from kg.tables.numbers import Declared, read_numbers
from kg.tables.reading import read_frame

FORMS = ("{:.6f}", "{:.3f}", "{:.1f}", "{:g}", "{:.3e}", "{:+.2f}", "{:.0f}", "{:.17g}")
WORDS = (
    "a protein",
    "5' end",
    'the 10" one',
    "one, two",
    "one; two",
    "tab\there",
    "line\nbreak",
    "",
    "NA",
    "µ-opioid",
    "β",
    "x  y",
    "#1",
    "=x",
    "\u201cso\u201d",
)
NUMBERS = ("effect", "se", "mean")
MADE = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Written:
    """``values``: column -> gene -> number as it was meant, nan for a blank; ``whole``: nothing was damaged."""

    text: str
    values: dict[str, dict[str, float]]
    whole: bool
    decimal: str
    encoding: str = "utf-8"


def _number(value: float, form: str, decimal: str, thousands: str) -> str:
    text = form.format(value)
    if thousands and "e" not in text:
        whole, dot, tail = text.partition(".")
        sign = whole[:1] if whole[:1] in "+-" else ""
        return f"{sign}{int(whole.lstrip('+-')):,}".replace(",", thousands) + (decimal + tail if dot else "")
    return text.replace(".", decimal)


def _cell(text: str, sep: str, quote: str) -> str:
    needs = any(sign in text for sign in (sep, '"', "\n", "\r"))
    return (
        '"' + text.replace('"', '""') + '"'
        if quote == "all" or needs or (quote == "text" and not text[:1].isdigit())
        else text
    )


@st.composite
def tables(draw: st.DrawFn) -> Written:
    n = draw(st.integers(2, 12))
    sep, decimal = draw(st.sampled_from("\t,; |")), draw(st.sampled_from(".,"))
    thousands = draw(st.sampled_from(["", "", {".": ",", ",": "."}[decimal], " ", "'"]))
    quote, end = draw(st.sampled_from(["none", "all", "text"])), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    genes = draw(
        st.lists(
            st.sampled_from([f"G{n}X" for n in range(40)] + ["HLA-A", "NKX2-1", "C1orf56", "7SK", "MT-CO1"]),
            min_size=n,
            max_size=n,
            unique=True,
        )
    )
    values: dict[str, dict[str, float]] = {}
    cells: dict[str, list[str]] = {"gene": genes}
    for name in NUMBERS:
        # Of a file that proves no mark, 1.000 alone is 1: where commas are decimal marks and points stand between
        # thousands, one column proves it.
        form = "{:.6f}" if name == "effect" and (decimal, thousands) == (",", ".") else draw(st.sampled_from(FORMS))
        large = name == "mean"
        made = draw(st.lists(st.floats(0 if large else -9, 200_000 if large else 9), min_size=n, max_size=n))
        blank = draw(st.lists(st.booleans(), min_size=n, max_size=n)) if draw(st.booleans()) else [False] * n
        cells[name] = [
            "NA" if b else _number(v, form, decimal, thousands if large else "")
            for v, b in zip(made, blank, strict=True)
        ]
        values[name] = {g: np.nan if b else float(form.format(v)) for g, v, b in zip(genes, made, blank, strict=True)}
    for at in range(draw(st.integers(0, 2))):
        cells[f"words {at}"] = draw(st.lists(st.sampled_from(WORDS), min_size=n, max_size=n))
    order = draw(st.permutations([name for name in cells if name != "gene"]))
    head = draw(st.sampled_from(["named", "unnamed", "short"]))
    place = 0 if head != "named" else draw(st.integers(0, len(order)))
    columns = [*order[:place], "gene", *order[place:]]
    header = [
        ("" if head == "unnamed" else name) if name == "gene" else name
        for name in columns
        if head != "short" or name != "gene"
    ]
    rows = [[cells[name][at] for name in columns] for at in range(n)]
    whole = draw(st.integers(0, 3)) > 0
    if not whole:
        at, kind = (
            draw(st.integers(0, n - 1)),
            draw(st.sampled_from(["short", "long", "joined", "split", "header", "cut"])),
        )
        if kind == "short":
            rows[at].pop(draw(st.integers(0, len(columns) - 1)))
        elif kind == "long":
            rows[at].insert(draw(st.integers(0, len(columns))), draw(st.sampled_from(["1.5", "x", ""])))
        elif kind == "joined" and at + 1 < n:
            rows[at : at + 2] = [rows[at] + rows[at + 1]]
        elif kind == "split":
            rows[at : at + 1] = [rows[at][:2], rows[at][2:]]
        elif kind == "header":
            header.pop(draw(st.integers(0, len(header) - 1)))
        else:
            rows[-1] = rows[-1][: draw(st.integers(1, len(columns)))]
    lines = [sep.join(_cell(text, sep, quote) for text in row) for row in [header, *rows]]
    if draw(st.booleans()):
        lines[1:1] = [""] * draw(st.integers(0, 2))
    above = draw(st.lists(st.sampled_from(["# made by a tool", "", "#", "Table S3"]), max_size=2))
    below = draw(st.lists(st.sampled_from(["", sep * (len(columns) - 1)]), max_size=2))
    text = (
        ("\ufeff" if draw(st.booleans()) else "")
        + end.join([*above, *lines, *below])
        + (end if draw(st.booleans()) else "")
    )
    return Written(text, values, whole, decimal, draw(st.sampled_from(["utf-8", "utf-8", "utf-16"])))


def _read(written: Written, declared: Declared | None = None) -> dict[str, dict[str, float]] | None:
    """Column -> gene -> number; None where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.txt"
        path.write_bytes(written.text.encode(written.encoding))
        try:
            frame = read_frame(path)
            gene = "gene" if "gene" in frame else ""
            if gene not in frame or not {*NUMBERS} <= {*frame.columns}:
                return None  # a column that a manifest would name is not there
            read = read_numbers({name: frame[name].to_numpy(object) for name in NUMBERS}, path.name, declared)
        except ContractError:
            return None
        return {name: dict(zip(frame[gene].str.strip().tolist(), read[name].tolist(), strict=True)) for name in NUMBERS}


def _same(found: dict[str, float], right: dict[str, float]) -> None:
    for gene, value in found.items():
        if gene in right and not np.isnan(value):
            np.testing.assert_allclose(value, right[gene], rtol=1e-9, atol=1e-12, err_msg=gene)


@MADE
@given(tables())
def test_a_table_is_read_right_or_refused(written: Written) -> None:
    found = _read(written)
    if found is None:
        return
    for name, right in written.values.items():
        _same(found[name], right)
        if written.whole:
            assert set(found[name]) == set(right)
            assert {g for g, v in found[name].items() if np.isnan(v)} == {g for g, v in right.items() if np.isnan(v)}


@MADE
@given(tables())
def test_what_is_whole_is_read_where_its_decimal_mark_is_declared(written: Written) -> None:
    if written.whole and "|" not in written.text and "Table S3" not in written.text:
        found = _read(written, Declared(written.decimal))
        for name, right in written.values.items():
            _same({} if found is None else found[name], right)


@MADE
@given(st.data())
def test_a_sheet_is_read_right_or_refused(data: st.DataObject) -> None:
    names = data.draw(
        st.lists(
            st.sampled_from(["s1", "s 1", "S1", "1", "01", "1.0", "a,b", "p-1", "p+1", "甲", "é"]),
            min_size=2,
            max_size=6,
            unique=True,
        )
    )
    arms = data.draw(
        st.lists(
            st.sampled_from(["AD", "no", "1", "0", "Yes", "NA", "", "1,5", 'a "b"']),
            min_size=len(names),
            max_size=len(names),
        )
    )
    ages = data.draw(
        st.lists(st.sampled_from(["71", "71.5", "90+", "", "unknown"]), min_size=len(names), max_size=len(names))
    )
    sep, quote = data.draw(st.sampled_from(",;\t")), data.draw(st.sampled_from(["none", "all", "text"]))
    short = data.draw(st.booleans())
    header = ["arm", "age"] if short else ["sample", "arm", "age"]
    rows = [list(row) for row in zip(names, arms, ages, strict=True)]
    text = "\n".join(sep.join(_cell(cell, sep, quote) for cell in row) for row in [header, *rows]) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.csv"
        path.write_text(text, encoding="utf-8")
        try:
            frame = read_frame(path)
        except ContractError:
            return
    first = "" if short else "sample"
    if not {first, "arm", "age"} <= {*frame.columns}:
        return  # a column that a manifest would name is not there
    assert [list(row) for row in frame[[first, "arm", "age"]].itertuples(index=False)] == rows
