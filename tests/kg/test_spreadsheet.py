"""No cell of a table that leaves is a formula to a spreadsheet, and our own reader gives every text back."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.cli.rows import write_tsv
from kg.export.tables import Tsv
from kg.tables.lab_table import read_columns
from kg.tables.spreadsheet import MARKS, plain, quoted

FORMULAS = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-2+3+cmd",
    "-A1",
    "\t=1",
    "\r=1",
    "\uff1d1",
    "'=1",
    "''-x",
    "--1",
    "-1e5x",
)
NONE = ("", "-", "-1", "-1.5e-05", "-.5", "-inf", "-nan", "a=1", "5xFAD", "'quoted'", "'-5", "APP", "1+1", " =1")


def test_formulas_are_text_and_numbers_are_numbers():
    assert [quoted(text) for text in FORMULAS] == [f"'{text}" for text in FORMULAS]
    assert [quoted(text) for text in NONE if text != "'-5"] == [text for text in NONE if text != "'-5"]


@pytest.mark.long
@given(st.one_of(st.text(), st.sampled_from((*FORMULAS, *NONE)), st.text("'=+-@\t\r1.e", max_size=6)))
def test_what_is_quoted_is_read_back(text: str):
    made = quoted(text)
    assert plain(made) == text
    assert made == text or made.startswith(MARKS)
    assert made[:1] not in ("=", "+", "@", "\t", "\r")
    assert not made.startswith("-") or made == "-" or float(made) is not None


def test_every_writer_quotes_and_our_reader_gives_the_text_back(tmp_path: Path):
    texts = [
        text for text in (*FORMULAS, *NONE) if text.strip() == text and text and "\t" not in text and "\r" not in text
    ]
    with (tmp_path / "rows.tsv").open("w", encoding="utf-8") as out:
        write_tsv(["id", "=name"], [[f"r{at}", text] for at, text in enumerate(texts)], out)
    with Tsv(tmp_path / "table.tsv", ["id", "name"]) as table:
        for at, text in enumerate(texts):
            table.write({"id": f"r{at}", "name": text})
    for file, name in (("rows.tsv", "=name"), ("table.tsv", "name")):
        written = (tmp_path / file).read_text(encoding="utf-8").splitlines()[1:]
        assert [line.split("\t")[1] for line in written] == [quoted(text) for text in texts]
        assert read_columns(tmp_path / file)[name] == texts


def test_json_of_a_cell_and_its_rows_stay_on_one_line():
    out = io.StringIO()
    write_tsv(["a"], [["=x\ny\tz"], [["=1"]]], out)
    assert out.getvalue() == 'a\n\'=x y z\n["=1"]\n'
