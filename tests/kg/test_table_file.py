import gzip
from pathlib import Path

import numpy as np
import pytest

from kg.errors import ContractError
from kg.tables.lab_table import find_columns, find_genes, need, numbers, read_columns
from kg.tables.numbers import Declared, no_numbers


@pytest.mark.parametrize("sep", [",", "\t", ";"])
@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16", "gz"])
def test_any_separator_and_encoding(tmp_path: Path, sep: str, form: str) -> None:
    text = sep.join(("gene", "log2FC", "pvalue")) + "\r\n" + sep.join(('"A, or ; B"', "1.5", "NA")) + "\r\n"
    path = tmp_path / ("t.csv.gz" if form == "gz" else "t.csv")
    path.write_bytes(gzip.compress(text.encode()) if form == "gz" else text.encode(form))
    table = read_columns(path)
    assert table == {"gene": ["A, or ; B"], "log2FC": ["1.5"], "pvalue": ["NA"]}
    assert find_columns(list(table)) == {"effect": "log2FC", "p": "pvalue"}
    assert np.isnan(numbers(path, table, {"p": "pvalue"}, Declared())["p"]).tolist() == [True]


def test_row_names_of_r(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("logFC\tlfcSE\nTrem2\t1\t0.5\nApp\t2\t0.5\n")
    table = read_columns(tmp_path / "t.tsv")
    assert find_genes(table) == ""
    assert table[""] == ["Trem2", "App"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY_TABLE"),
        (b"a,b\n", "EMPTY_TABLE"),
        (b"a,b\n1,2\n1\n", "BAD_ROWS"),
        ("a,b\n\xe4,1\n".encode("latin-1"), "ENCODING"),
        (None, "MISSING_FILE"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, data: bytes | None, code: str) -> None:
    path = tmp_path / "t.csv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ContractError) as caught:
        read_columns(path)
    assert caught.value.code == code


def test_a_word_is_no_number(tmp_path: Path) -> None:
    texts = ["0.1"] * 30 + ["0,1", "low", "NA"]
    read = numbers(tmp_path / "t.csv", {"p": texts}, {"p": "p"}, Declared())["p"]
    assert np.flatnonzero(no_numbers(texts, read)).tolist() == [30, 31]
    assert np.isnan(read[30:]).all()


def test_a_name_of_two_columns_is_no_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("gene,FC,FC\nA,1,2\n")
    table = read_columns(tmp_path / "t.csv")
    with pytest.raises(ContractError) as caught:
        need(tmp_path / "t.csv", table, {"effect": "FC"})
    assert caught.value.code == "DUPLICATE"
    need(tmp_path / "t.csv", table, {"effect": "FC (column 3)"})
    assert table["FC (column 3)"] == ["2"]
