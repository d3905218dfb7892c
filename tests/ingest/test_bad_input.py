"""Bad input, one table: what is wrong with a file, the code of the error, and a remedy that names the thing to do.

Faults of a file are errors. Faults of a row are quarantined with file, row, rule, value and remedy; good rows survive.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.fetch.download import sha256_of
from ingest.manifest import manifest
from ingest.study import datasets
from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError

SYMBOLS = [f"GENE{i}" for i in range(40)]


@dataclass(frozen=True)
class Forty:
    """Forty human genes, by symbol; an Ensembl id of a mouse is of another species."""

    def resolve_many(self, tokens) -> tuple[np.ndarray, np.ndarray]:
        known = {symbol: f"ENSEMBL:ENSG{i:011d}" for i, symbol in enumerate(SYMBOLS)}
        ids = np.array([known.get(t) for t in tokens], dtype=object)
        rules = [
            "other-species" if t.startswith("ENSMUSG") else "excel-date" if t == "1-Mar" else "unknown-symbol"
            for t in tokens
        ]
        return ids, np.array(rules, dtype=object)


FACTS = {"id": "lab", "title": "t", "taxon": HUMAN, "licence": "CC0", "redistribute": True, "citation": "us"}
HEAD = "g,e,p\n"
ROWS = [f"{s},{i / 10 - 2},{(i + 1) / 50}" for i, s in enumerate(SYMBOLS)]
TABLE = (HEAD + "\n".join(ROWS) + "\n").encode()


def table_manifest(folder: Path, **table: object) -> Path:
    made = {
        "schema": 1,
        "dataset": FACTS,
        "material": {"tissue": "UBERON:0000956"},
        "table": {"file": "t.csv", "gene_id": "symbol", "columns": {"gene": "g", "effect": "e", "p": "p"}} | table,
        "contrasts": [{"id": "a", "label": "A", "kind": "disease", "disease": "MONDO:0004975"}],
    }
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump(made))
    return path


def counts_manifest(folder: Path, contrast: dict | None = None, **counts: object) -> Path:
    made = {
        "schema": 1, "dataset": FACTS, "material": {"tissue": "UBERON:0000956"},
        "counts": {
            "matrix": "c.csv", "samples": "s.csv", "gene_id": "symbol", "scale": "counts", "sample_column": "sample",
        } | counts,
        "contrasts": [{"id": "a", "label": "A", "kind": "disease", "disease": "MONDO:0004975",
                       "case": {"arm": "AD"}, "control": {"arm": "no"}} | (contrast or {})],
    }  # fmt: skip
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump(made))
    return path


def write_counts(
    folder: Path, values: np.ndarray | None = None, arms: str = "AD AD AD no no no", batch: str = "1 2 1 2 1 2"
):
    rng = np.random.default_rng(0)
    n = len(arms.split())
    values = rng.integers(20, 90, (40, n)).astype(object) if values is None else values
    rows = [",".join(map(str, (s, *row))) for s, row in zip(SYMBOLS, values, strict=True)]
    (folder / "c.csv").write_text("\n".join([",".join(["gene", *(f"s{i}" for i in range(n))]), *rows]) + "\n")
    sheet = [f"s{i},{arm},{b}" for i, (arm, b) in enumerate(zip(arms.split(), batch.split(), strict=True))]
    (folder / "s.csv").write_text("\n".join(["sample,arm,batch", *sheet]) + "\n")


def changed(value: object) -> np.ndarray:
    values = np.random.default_rng(0).integers(20, 90, (40, 6)).astype(object)
    values[7, 2] = value
    return values


def table_of(data: bytes, name: str = "t.csv", **table: object) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return table_manifest(folder, file=name, **table)

    return build


def counts_of(contrast: dict | None = None, counts: dict | None = None, **files: object) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        write_counts(folder, **files)  # type: ignore[arg-type]
        return counts_manifest(folder, contrast, **(counts or {}))

    return build


def no_file(folder: Path) -> Path:
    return table_manifest(folder)


def wrong_checksum(folder: Path) -> Path:
    path = table_of(TABLE)(folder)
    made = yaml.safe_load(path.read_text()) | {"checksums": {"t.csv": "0" * 64}}
    path.write_text(yaml.safe_dump(made))
    return path


def run(path: Path) -> Batch:
    read = manifest.read(path)
    return datasets.transform(read, datasets.get(Cache(own=path.parent / "own", offline=True), read), Forty())


MOUSE_IDS = (HEAD + "".join(f"ENSMUSG{i:011d},1,0.5\n" for i in range(30)) + "\n".join(ROWS[:5])).encode()
FAULTS = {
    "wrong columns": (table_of(b"gene,lfc,pval\nA,1,0.1\n"), "WRONG_COLUMNS", "the columns are 'gene', 'lfc', 'pval'"),
    "no row names": (
        table_of(TABLE, columns={"gene": "", "effect": "e", "p": "p"}),
        "WRONG_COLUMNS",
        "the columns are 'g', 'e', 'p'",
    ),
    "no row names of samples": (counts_of(counts={"sample_column": ""}), "WRONG_COLUMNS", "the columns are 'sample'"),
    "a column of two": (
        table_of(b"g,e,e\nGENE1,1,2\n", columns={"gene": "g", "effect": "e"}),
        "DUPLICATE",
        "'e (column 2)' or 'e (column 3)'",
    ),
    "p that are none": (table_of(TABLE.replace(b",0.", b",7.")), "NOT_P", "p"),
    "a mark that cannot be told": (
        table_of(b'g,e\nGENE1,"1,234"\n', columns={"gene": "g", "effect": "e"}),
        "DECIMAL_MARK",
        "in `table:`",
    ),
    "missing file": (no_file, "MISSING_FILE", "relative to the manifest"),
    "checksum mismatch": (wrong_checksum, "CHECKSUM", "get it again"),
    "mixed species": (table_of(MOUSE_IDS), "MIXED_SPECIES", "correct dataset.taxon"),
    "unknown genes": (
        table_of(HEAD.encode() + b"".join(b"x%d,1,0.5\n" % i for i in range(50))),
        "UNKNOWN_GENES",
        "columns.gene",
    ),
    "not UTF-8": (table_of(TABLE + "Ä,1,1".encode("latin-1")), "ENCODING", "latin-1"),
    "gz that is not gz": (table_of(TABLE, "t.csv.gz"), "NOT_GZIP", "gzip"),
    "gz cut short": (table_of(gzip.compress(TABLE)[:-20], "t.csv.gz"), "CUT_SHORT", "copy it again"),
    "a workbook": (table_of(b"PK\x03\x04" + TABLE), "NOT_TEXT", "export it as csv"),
    "0-row table": (table_of(HEAD.encode()), "EMPTY_TABLE", "export it again"),
    "empty file": (table_of(b""), "EMPTY_TABLE", "export it again"),
    "wrong separator": (table_of(TABLE, sep="\t"), "WRONG_SEPARATOR", "declare `sep`"),
    "rows of two lengths": (table_of(TABLE + b"A,1,2,3,4\n"), "BAD_ROWS", "as many cells as the header"),
    "no such group": (table_of(TABLE, where={"g": ["none"]}), "NO_ROWS", "the column has"),
    "fractional counts": (counts_of(values=changed(3.5)), "FRACTIONAL_COUNTS", "scale: corrected"),
    "negative counts": (counts_of(values=changed(-3)), "NEGATIVE_COUNTS", "scale: log2"),
    "no replicates": (counts_of(arms="AD no no no no no"), "NO_REPLICATES", "add animals or donors"),
    "confounded with batch": (
        counts_of(counts={"batch": "batch"}, batch="1 1 1 2 2 2"),
        "CONFOUNDED",
        "leave the contrast out",
    ),
    "confounded with strata": (counts_of({"strata": ["batch"]}, batch="1 1 1 2 2 2"), "CONFOUNDED", "change strata"),
    "empty arm": (counts_of({"case": {"arm": "MCI"}}), "EMPTY_ARM", "AD"),
    "one sample in both arms": (counts_of({"case": {"batch": "1"}}), "ARMS_OVERLAP", "tell case and control apart"),
    "arm by no column": (counts_of({"case": {"group": "AD"}}), "WRONG_COLUMNS", "'arm'"),
    "sample without a row": (
        counts_of(counts={"ignore_columns": ["s0"]}),
        "SAMPLE_MISMATCH",
        "remove them from the sheet",
    ),
    "shallow counts": (counts_of(counts={"min_count": 1000}), "NOT_EXPRESSED", "lower min_count"),
}


@pytest.mark.parametrize(("build", "code", "remedy"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_of_the_file_is_an_error(tmp_path: Path, build: Callable[[Path], Path], code: str, remedy: str):
    with pytest.raises(ContractError) as caught:
        run(build(tmp_path))
    assert caught.value.code == code
    assert remedy in str(caught.value)


ROW_FAULTS = {
    "a date by Excel": ("1-Mar,1,0.5", "excel-date", "as text"),
    "another species": ("ENSMUSG00000000001,1,0.5", "other-species", "split the table"),
    "unknown symbol": ("NOPE,1,0.5", "unknown-symbol", "Ensembl ids"),
    "NaN effect": ("GENE1,NaN,0.5", "missing-value", "no value"),
    "infinite effect": ("GENE1,-inf,0.5", "not-finite", "dividing by zero"),
    "word for a number": ("GENE1,up,0.5", "not-a-number", "decimal mark"),
    "decimal comma": ('GENE1,"0,5",0.5', "not-a-number", "decimal mark"),
    "p above 1": ("GENE1,1,1.5", "p-range", "between 0 and 1"),
    "p below 0": ("GENE1,1,-0.1", "p-range", "between 0 and 1"),
}


@pytest.mark.parametrize(("row", "rule", "remedy"), ROW_FAULTS.values(), ids=ROW_FAULTS.keys())
def test_a_fault_of_a_row_is_quarantined(tmp_path: Path, row: str, rule: str, remedy: str):
    rows = [r for r in ROWS if not r.startswith("GENE1,")]
    data = (HEAD + "\n".join([*rows[:4], row, *rows[4:]])).encode()
    batch = run(table_of(data)(tmp_path))
    (bad,) = batch.quarantined
    assert (bad.file, bad.row, bad.rule) == ("t.csv", 5, rule)
    assert remedy in bad.remedy
    assert (batch.read, batch.accepted) == (40, 39)
    assert batch.nodes["Contrast"][0]["n_genes"] == 39


def test_duplicated_genes_are_refused_unless_a_rule_is_declared(tmp_path: Path):
    data = TABLE + b"GENE3,5,0.001\n"
    refused = run(table_of(data)(tmp_path))
    assert [(q.row, q.rule, q.value[-2:]) for q in refused.quarantined] == [
        (4, "duplicated-gene", "03"),
        (41, "duplicated-gene", "03"),
    ]
    kept = run(table_of(data, duplicates="smallest_p")(tmp_path))
    signature = kept.arrays["orthokg:contrast/lab/a"]
    assert (len(signature.genes), kept.accepted, signature.effect[3]) == (40, 41, 5)


def test_a_byte_order_mark_and_empty_columns_are_read(tmp_path: Path):
    lines = TABLE.decode().splitlines()
    data = b"\xef\xbb\xbf" + "\n".join(line + ",,," for line in lines).encode()
    batch = run(table_of(data)(tmp_path))
    assert (batch.accepted, batch.quarantined) == (40, [])


def test_an_fdr_that_is_left_out_costs_no_gene(tmp_path: Path):
    rows = [row + ("," if at < 5 else ",0.5") for at, row in enumerate(ROWS)]
    columns = {"gene": "g", "effect": "e", "p": "p", "fdr": "q"}
    batch = run(table_of(("g,e,p,q\n" + "\n".join(rows)).encode(), columns=columns)(tmp_path))
    assert (batch.accepted, batch.quarantined) == (40, [])


def test_declared_marks_win(tmp_path: Path):
    data = (
        HEAD.replace(",", ";").encode()
        + "".join(
            f"{s};{'0' if i > 29 else '-' * (i % 2) + f'1,{i + 234}'};0.5\n" for i, s in enumerate(SYMBOLS)
        ).encode()
    )
    read = run(table_of(data, decimal=",", columns={"gene": "g", "effect": "e"})(tmp_path)).arrays[
        "orthokg:contrast/lab/a"
    ]
    assert read.effect[:2].tolist() == [1.234, -1.235]
    read = run(table_of(data, thousands=",", columns={"gene": "g", "effect": "e"})(tmp_path)).arrays[
        "orthokg:contrast/lab/a"
    ]
    assert read.effect[:2].tolist() == [1234, -1235]


def test_rows_are_those_of_the_contrast_and_marks_those_of_the_file(tmp_path: Path):
    rows = [f"{s};a;{'0' if i > 29 else '-' * (i % 2) + f'1,{i + 100}'}" for i, s in enumerate(SYMBOLS)] + [
        f"{s};b;0,5" for s in SYMBOLS
    ]
    data = ("g;k;e\n" + "\n".join(rows) + "\n").encode()
    read = run(table_of(data, where={"k": ["a"]}, columns={"gene": "g", "effect": "e"})(tmp_path))
    assert (read.read, read.accepted) == (40, 40)
    assert read.arrays["orthokg:contrast/lab/a"].effect[:2].tolist() == [1.1, -1.101]


def test_utf16_is_read_by_its_mark_or_as_declared(tmp_path: Path):
    assert run(table_of(TABLE.decode().encode("utf-16"), encoding="utf-16")(tmp_path)).accepted == 40
    assert run(table_of(TABLE.decode().encode("utf-16"))(tmp_path)).accepted == 40


def test_a_count_that_is_no_number_leaves_its_gene_out(tmp_path: Path):
    batch = run(counts_of(values=changed("NA"))(tmp_path))
    (bad,) = batch.quarantined
    assert (bad.row, bad.rule, bad.value) == (8, "not-finite", "GENE7 in s2")
    assert len(batch.arrays["orthokg:contrast/lab/a"].genes) == 39


def test_declared_fractions_are_read_and_flagged(tmp_path: Path):
    batch = run(counts_of(values=changed(23.5), counts={"scale": "corrected"})(tmp_path))
    (contrast,) = batch.nodes["Contrast"]
    assert contrast["flags"][0].startswith("counts-corrected")


def test_the_right_checksum_passes(tmp_path: Path):
    path = table_of(TABLE)(tmp_path)
    made = yaml.safe_load(path.read_text()) | {"checksums": {"t.csv": sha256_of(tmp_path / "t.csv")}}
    path.write_text(yaml.safe_dump(made))
    assert run(path).accepted == 40


def test_a_turned_sign_turns_vector_and_effect(tmp_path: Path):
    one = run(table_of(TABLE)(tmp_path)).arrays["orthokg:contrast/lab/a"]
    two = run(table_of(TABLE, sign=-1)(tmp_path)).arrays["orthokg:contrast/lab/a"]
    np.testing.assert_array_equal(one.vector, -two.vector)
    np.testing.assert_array_equal(one.effect, -two.effect)
    np.testing.assert_array_equal(one.p, two.p)


@pytest.mark.parametrize(
    ("table", "noise", "reason"),
    [
        ({}, "table", ""),
        ({"level": "cell"}, "none", "cells as replicates"),
        ({"cut": {"by": "fdr <= .05"}}, "none", "unknown universe"),
        ({"columns": {"gene": "g", "effect": "e"}}, "none", "without standard error"),
    ],
)
def test_which_tables_can_borrow_noise(tmp_path: Path, table: dict, noise: str, reason: str):
    batch = run(table_of(TABLE, **table)(tmp_path))
    assert batch.arrays["orthokg:contrast/lab/a"].noise == noise
    assert reason in batch.nodes["Contrast"][0]["noise_reason"]


def test_p_that_no_number_of_donors_gives_are_doubted_aloud(tmp_path: Path):
    tiny = (HEAD + "\n".join(f"{s},{i / 10 - 2},1e-300" for i, s in enumerate(SYMBOLS)) + "\n").encode()
    batch = run(table_of(tiny, n_case=12, n_control=10)(tmp_path))
    (row,) = batch.nodes["Contrast"]
    (flag,) = (f for f in row["flags"] if f.startswith("p-doubted"))
    assert "12 and 10 donors" in flag
    assert batch.doubts == [f"a: {flag}"]
    assert run(table_of(tiny, level="cell")(tmp_path)).doubts == []
    assert run(table_of(TABLE, n_case=12, n_control=10)(tmp_path)).doubts == []


def test_runs_of_one_donor_are_summed_and_donors_are_counted(tmp_path: Path):
    write_counts(tmp_path)
    sheet = (tmp_path / "s.csv").read_text().splitlines()
    donors = ["donor", "d0", "d0", "d1", "d2", "d2", "d3"]
    (tmp_path / "s.csv").write_text("\n".join(f"{line},{d}" for line, d in zip(sheet, donors, strict=True)) + "\n")
    batch = run(counts_manifest(tmp_path, replicate_column="donor"))
    (contrast,) = batch.nodes["Contrast"]
    assert (contrast["n_case"], contrast["n_control"], contrast["df"]) == (2, 2, 2)


def test_an_animal_listed_twice_is_refused_or_counts_once(tmp_path: Path):
    values = np.random.default_rng(0).integers(20, 90, (40, 6)).astype(object)
    values[:, 5] = values[:, 3]
    write_counts(tmp_path, values)
    with pytest.raises(ContractError) as caught:
        run(counts_manifest(tmp_path))
    assert caught.value.code == "ALIKE_SAMPLES"
    assert "s3 and s5 are copies of one column" in str(caught.value)
    assert "counts.replicate_column" in str(caught.value)
    sheet = (tmp_path / "s.csv").read_text().splitlines()
    donors = ["donor", "d0", "d1", "d2", "d3", "d4", "d3"]
    (tmp_path / "s.csv").write_text("\n".join(f"{line},{d}" for line, d in zip(sheet, donors, strict=True)) + "\n")
    batch = run(counts_manifest(tmp_path, replicate_column="donor"))
    (row,) = batch.nodes["Contrast"]
    assert (row["n_case"], row["n_control"]) == (3, 2)
    assert "lab: left out s5: a copy of s3, of the same donor" in batch.missing
    write_counts(tmp_path, np.delete(values, 5, axis=1), arms="AD AD AD no no", batch="1 1 1 1 1")
    alone = run(counts_manifest(tmp_path)).arrays["orthokg:contrast/lab/a"]
    np.testing.assert_array_equal(batch.arrays["orthokg:contrast/lab/a"].vector, alone.vector)


def test_contrasts_that_share_an_arm_are_named(tmp_path: Path):
    write_counts(tmp_path, arms="AD AD MCI MCI no no")
    path = counts_manifest(tmp_path, {"case_arm": "AD", "control_arm": "none"})
    made = yaml.safe_load(path.read_text())
    made["contrasts"].append(made["contrasts"][0] | {"id": "b", "case": {"arm": "MCI"}, "case_arm": "MCI"})
    path.write_text(yaml.safe_dump(made))
    shared = run(path).edges["SHARES_SAMPLES", "Contrast", "Contrast"]
    assert [(e["subject"][-1], e["object"][-1], e["arm"], e["n_shared"]) for e in shared] == [("a", "b", "none", 2)]


def test_donors_shared_with_another_study_are_declared(tmp_path: Path):
    path = table_of(TABLE)(tmp_path)
    made = yaml.safe_load(path.read_text())
    made["dataset"] |= {"bank": "MSSM"}
    made["contrasts"][0] |= {"shares_donors_with": ["mssb/ba22"]}
    path.write_text(yaml.safe_dump(made))
    batch = run(path)
    (edge,) = batch.edges["SHARES_SAMPLES", "Contrast", "Contrast"]
    assert edge == {
        "subject": "orthokg:contrast/lab/a",
        "object": "orthokg:contrast/mssb/ba22",
        "arm": "donors",
        "n_shared": -1,
        "basis": "declared",
    }
    assert batch.nodes["Dataset"][0]["bank"] == "MSSM"
    made["contrasts"][0] |= {"shares_donors_with": ["ba22"]}
    path.write_text(yaml.safe_dump(made))
    with pytest.raises(ContractError) as caught:
        manifest.read(path)
    assert "shares_donors_with" in str(caught.value)


def test_species_decides_the_taxon_of_everything(tmp_path: Path):
    path = table_of(TABLE)(tmp_path)
    made = yaml.safe_load(path.read_text())
    made["dataset"] |= {"taxon": MOUSE}
    path.write_text(yaml.safe_dump(made))
    batch = run(path)
    assert {row["in_taxon"] for label in ("Contrast", "Dataset") for row in batch.nodes[label]} == {MOUSE}


def test_nuclei_of_a_library_are_summed(cache: Cache, human, tmp_path: Path):
    """Real nuclei (Grubman 2019) through the loader: a library is the replicate, never the nucleus."""
    small = cache.get("grubman/GSE138852_small.csv")
    names = small.read_text().split("\n", 1)[0].replace('"', "").split(",")[1:]
    libraries = [name.split("_", 1)[1] for name in names]
    sheet = [f"{n},{lib},{'AD' if lib.startswith('AD') else 'no'}" for n, lib in zip(names, libraries, strict=True)]
    (tmp_path / "s.csv").write_text("\n".join(["sample,library,arm", *sheet]) + "\n")
    (tmp_path / "c.csv").write_bytes(small.read_bytes())
    path = counts_manifest(tmp_path, replicate_column="library", min_count=1)
    read = manifest.read(path)
    batch = datasets.transform(read, datasets.get(cache, read), human)
    assert {row["id"].rsplit("/")[-1].partition("~")[0] for row in batch.nodes["Donor"]} == {
        "lab-ad1-ad2",
        "lab-ad3-ad4",
        "lab-ct1-ct2",
        "lab-ct3-ct4",
        "lab-ct5-ct6",
    }
    assert batch.nodes["Contrast"][0]["df"] == 3


def test_a_table_of_decimal_commas_is_read_unless_points_are_declared(tmp_path: Path):
    rows = "\n".join(f"{s};{i / 10 - 2:.2f};{(i + 1) / 50:.3f}".replace(".", ",") for i, s in enumerate(SYMBOLS))
    data = f"g;e;p\n{rows}\n".encode()
    assert run(table_of(data, sep=";")(tmp_path)).arrays["orthokg:contrast/lab/a"].effect[:2].tolist() == [-2, -1.9]
    with pytest.raises(ContractError) as error:
        run(table_of(data, decimal=".")(tmp_path))
    (issue,) = error.value.issues
    assert (error.value.code, issue.path) == ("not-a-number", "t.csv")
    assert issue.found == "40 of 40 rows, first '-2,00' in row 1"


def test_a_table_without_a_value_loads_nothing(tmp_path: Path):
    rows = "\n".join(f"{s},NA,{i / 50}" for i, s in enumerate(SYMBOLS))
    with pytest.raises(ContractError) as error:
        run(table_of(f"g,e,p\n{rows}\n".encode())(tmp_path))
    (issue,) = error.value.issues
    assert (error.value.code, issue.path) == ("NO_USABLE_GENES", "t.csv")
    assert issue.found == "0 of 40 rows: 40 missing-value; row 1 has 'NA'"


def test_a_table_of_which_each_row_is_refused_loads_nothing(tmp_path: Path):
    with pytest.raises(ContractError) as error:
        run(table_of(TABLE + "\n".join(ROWS).encode())(tmp_path))
    assert error.value.code == "NO_USABLE_GENES"
    assert "80 duplicated-gene" in error.value.issues[0].found
    assert "smallest_p" in error.value.issues[0].fix


def test_a_table_of_few_genes_says_why_it_cannot_be_tested(tmp_path: Path):
    (row,) = run(table_of(TABLE)(tmp_path)).nodes["Contrast"]
    assert row["noise_reason"].startswith("40 usable genes; at least 200 are needed")
