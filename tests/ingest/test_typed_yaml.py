"""A scalar without quotes is what was typed; numbers are numbers where a field wants them; nothing else of YAML gets
in."""

from pathlib import Path

import pytest

from ingest.manifest import manifest
from ingest.manifest.typed_yaml import read_yaml, resolved
from ingest.method.saturn.run_file import read_run
from kg.errors import ContractError

FACTS = """schema: 1
dataset: {id: lab, title: t, taxon: NCBITaxon:9606, licence: CC0, redistribute: true, citation: us}
material: {tissue: "UBERON:0000956"}
table:
  {file: t.csv, gene_id: symbol, columns: {gene: gene, effect: lfc, p: p}, n_case: 12, cut: {by: fdr, below: 0.05}}
contrasts:
"""
ROW = "  - {{id: a, label: A, kind: disease, disease: 'MONDO:0004975', table: {{where: {{cluster: {}}}}}}}\n"
TYPED = [
    "2_0",
    "1:30",
    "0012",
    "010",
    "0x1F",
    "0o7",
    "1.10",
    "1e3",
    "1E+05",
    "+1",
    "-0",
    ".5",
    "5.",
    ".inf",
    "-.INF",
    ".nan",
    "Yes",
    "NO",
    "no",
    "TRUE",
    "True",
    "on",
    "off",
    "y",
    "N",
    "2024-01-05",
    "2024-01-05 10:00:00",
    "1_000.5",
    "0b11",
    "190:20:30",
    "=",
    "<<",
    "12",
]


def read(folder: Path, text: str) -> manifest.Manifest:
    path = folder / "m.yaml"
    path.write_text(text)
    return manifest.read(path)


@pytest.mark.parametrize("typed", TYPED)
def test_text_is_as_it_was_typed(tmp_path: Path, typed: str) -> None:
    made = read(tmp_path, FACTS + ROW.format(typed))
    table = made.table_of(made.contrasts[0])
    assert table is not None
    assert table.where == {"cluster": [typed]}
    quoted = read(tmp_path, FACTS + ROW.format(f"'{typed}'"))
    assert quoted == made


@pytest.mark.parametrize("typed", ["~", "null", "NULL", "", "{a: b}"])
def test_nothing_is_no_text(tmp_path: Path, typed: str) -> None:
    with pytest.raises(ContractError) as caught:
        read(tmp_path, FACTS + ROW.format(typed))
    (issue,) = caught.value.issues
    assert issue.fix == "put it in quotes"


def test_keys_and_other_fields_are_as_they_were_typed(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        FACTS + ROW.format("no").replace("cluster", "010").replace("label: A", "label: 1.10, age: 2024-01-05, sex: no"),
    )
    table = made.table_of(made.contrasts[0])
    assert table is not None
    assert table.where == {"010": ["no"]}
    assert (made.contrasts[0].label, made.contrasts[0].age, made.contrasts[0].sex) == ("1.10", "2024-01-05", "no")


def test_numbers_are_numbers_where_they_are_due(tmp_path: Path) -> None:
    made = read(tmp_path, FACTS + ROW.format("a"))
    assert made.table is not None
    assert made.table.cut is not None
    assert (made.schema_, made.dataset.redistribute, made.table.n_case, made.table.cut.below) == (1, True, 12, 0.05)
    for typed, below in (("1e-3", 0.001), ("5", 5.0), (".5", 0.5), ("+0.5", 0.5), ("null", None)):
        cut = read(tmp_path, FACTS.replace("below: 0.05", f"below: {typed}") + ROW.format("a")).table.cut  # type: ignore[union-attr]
        assert cut is not None
        assert cut.below == below
    for typed, said in (("yes", True), ("No", False), ("TRUE", True), ("off", False)):
        assert (
            read(
                tmp_path, FACTS.replace("redistribute: true", f"redistribute: {typed}") + ROW.format("a")
            ).dataset.redistribute
            is said
        )


@pytest.mark.parametrize(
    ("was", "typed", "field"),
    [
        ("n_case: 12", "n_case: 012", "n_case"),
        ("n_case: 12", "n_case: 1_2", "n_case"),
        ("n_case: 12", "n_case: 0x1F", "n_case"),
        ("n_case: 12", "n_case: '12'", "n_case"),
        ("n_case: 12", "n_case: 1:30", "n_case"),
        ("below: 0.05", "below: .inf", "below"),
        ("below: 0.05", "below: 0_1", "below"),
        ("redistribute: true", "redistribute: maybe", "redistribute"),
        ("schema: 1", "schema: 01", "schema"),
    ],
)
def test_a_number_that_reads_in_two_ways_is_refused(tmp_path: Path, was: str, typed: str, field: str) -> None:
    with pytest.raises(ContractError) as caught:
        read(tmp_path, FACTS.replace(was, typed) + ROW.format("a"))
    assert {issue.path.rpartition(".")[2].rpartition(" ")[2] for issue in caught.value.issues} == {field}


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
REFUSED = {
    "a key twice": ("a: 1\nb: 2\na: 3\n", "lines 1 and 3"),
    "a key twice below": ("a:\n  b: 1\n  b: 2\n", "lines 2 and 3"),
    "an object": ("a: !!python/object/apply:os.system [ls]\n", "!!python"),
    "a tag of YAML": ("a: !!int '5'\n", "!!int"),
    "a set": ("a: !!set {x}\n", "!!set"),
    "bytes": ("a: !!binary aGk=\n", "!!binary"),
    "laughs": (LAUGHS, "aliases"),
    "a ring": ("a: &a [*a]\n", "aliases"),
    "no anchor": ("a: *b\n", "undefined alias"),
    "open": ("a: [1\n", "YAML"),
    "brackets": ("[" * 4000, "nested"),
    "braces": ("a: " + "{b: " * 200 + "1" + "}" * 200, "nesting"),
    "tab": ("a:\n\t- b\n", "'\\t'"),
    "two documents": ("a: 1\n---\nb: 2\n", "document"),
    "a key that is a list": ("? [a]\n: b\n", "a key is text"),
    "control characters": ("a: 'x\x01'\n", "special characters"),
    "data": ("a,b\n" * 300_000, "characters"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_plain_yaml_is_one_issue(text: str, said: str) -> None:
    with pytest.raises(ContractError) as caught:
        read_yaml(text, "m.yaml")
    assert len(caught.value.issues) == 1
    assert said in str(caught.value)


def test_aliases_and_merges_that_end_are_read() -> None:
    made = read_yaml("a: &x {b: 1, c: 2}\nd: *x\ne: {<<: *x, c: 3}\n", "m.yaml")
    assert made == {"a": {"b": "1", "c": "2"}, "d": {"b": "1", "c": "2"}, "e": {"b": "1", "c": "3"}}


def test_what_a_program_wrote_has_its_numbers() -> None:
    made = resolved(read_yaml('{"a": [1, 2.5, 1e-3, true, false, null, "1", "true"], "b": 010}', "card"))
    assert made == {"a": [1, 2.5, 0.001, True, False, None, "1", "true"], "b": "010"}


def test_the_file_of_a_run_is_read_alike(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(
        "labels: 010\ncells:\n" + "".join(f"  - {{species: {s}, path: a, embedding_path: a}}\n" for s in ("1_0", "NO"))
    )
    (tmp_path / "a").write_text("")
    made = read_run(tmp_path / "run.yaml")
    assert (made.labels, [source.species for source in made.sources]) == ("010", ["1_0", "NO"])
    (tmp_path / "run.yaml").write_text("cells: !!python/name:os.system\n")
    with pytest.raises(ContractError) as caught:
        read_run(tmp_path / "run.yaml")
    assert caught.value.code == "BAD_YAML"
