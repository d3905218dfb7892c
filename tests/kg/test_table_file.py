import gzip
from pathlib import Path

import pytest

from kg.errors import ContractError
from kg.table_file import find_columns, find_genes, numbers, read_columns


@pytest.mark.parametrize("sep", [",", "\t", ";"])
@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16", "gz"])
def test_any_separator_and_encoding(tmp_path: Path, sep: str, form: str) -> None:
    text = sep.join(("gene", "log2FC", "pvalue")) + "\r\n" + sep.join(('"A, or ; B"', "1.5", "NA")) + "\r\n"
    path = tmp_path / ("t.csv.gz" if form == "gz" else "t.csv")
    path.write_bytes(gzip.compress(text.encode()) if form == "gz" else text.encode(form))
    table = read_columns(path)
    assert table == {"gene": ["A, or ; B"], "log2FC": ["1.5"], "pvalue": ["NA"]}
    assert find_columns(list(table)) == {"effect": "log2FC", "p": "pvalue"}
    assert numbers(path, "p", table["pvalue"]) == [None]


def test_row_names_of_r(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("logFC\tlfcSE\nTrem2\t1\t0.5\nApp\t2\t0.5\n")
    table = read_columns(tmp_path / "t.tsv")
    assert find_genes(list(table)) == ""
    assert table[""] == ["Trem2", "App"]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "EMPTY_TABLE"), (b"a,b\n", "EMPTY_TABLE"), (b"a,b\n1,2\n1\n", "BAD_ROWS"), (b"a,a\n1,2\n", "DUPLICATE"),
     ("a,b\n\xe4,1\n".encode("latin-1"), "ENCODING"), (None, "MISSING_FILE")],
)  # fmt: skip
def test_a_file_that_is_no_table(tmp_path: Path, data: bytes | None, code: str) -> None:
    path = tmp_path / "t.csv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ContractError) as caught:
        read_columns(path)
    assert caught.value.code == code


def test_a_word_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(ContractError) as caught:
        numbers(tmp_path / "t.csv", "p", ["0.1", "0,1", "low"])
    assert caught.value.code == "not-a-number"
    assert "2: '0,1' in row 2, 'low' in row 3" in str(caught.value)
