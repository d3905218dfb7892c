"""An upload leaves out the rows that an ingest quarantines, by the same rules, and both take the same columns of the
same files."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from ingest.batch import Batch
from kg.ask.upload import check
from kg.cli.signature import read_upload
from kg.errors import ContractError
from tests.ingest.test_bad_input import SYMBOLS, run, table_manifest

GIVEN = {
    "taxon": "human",
    "cell_type": None,
    "tissue": None,
    "reference": None,
    "label": None,
    "engineered": (),
    "duplicates": "refuse",
    "unit": "donor",
    "drug": "",
    "cut": "",
    "scale": "counts",
    "decimal": None,
    "thousands": None,
}
COLUMNS = {"effect": "log2FoldChange", "se": "lfcSE", "p": "pvalue", "fdr": "padj", "mean": "baseMean"}
rng = np.random.default_rng(3)
EFFECT, SE = rng.normal(0, 1, 40), rng.uniform(0.2, 0.4, 40)
FAULTS = {
    "nothing": (None, "", ""),
    "a standard error of 0": ("se", "0", "se-range"),
    "below 0": ("se", "-0.5", "se-range"),
    "a word": ("se", "low", "not-a-number"),
    "no effect": ("effect", "NA", "missing-value"),
    "infinite": ("effect", "-Inf", "not-finite"),
    "p above 1": ("p", "1.5", "p-range"),
    "an FDR that is left out": ("fdr", "NA", ""),
    "a mean that is a word": ("mean", "n.d.", ""),
}


def written(path: Path, at: str | None, cell: str, sep: str, decimal: str) -> None:
    from scipy.stats import norm

    p = 2 * norm.sf(np.abs(EFFECT / SE))
    values = {"effect": EFFECT, "se": SE, "p": p, "fdr": np.maximum(p, 0.2), "mean": 5 + 10 * SE}
    rows = []
    for row in range(40):
        texts = {field: f"{column[row]:.9g}".replace(".", decimal) for field, column in values.items()}
        if at and row in (3, 7):
            texts[at] = cell.replace(".", decimal)
        rows.append(sep.join([SYMBOLS[row], *texts.values()]))
    path.write_text(sep.join(["gene", *(COLUMNS[field] for field in values)]) + "\n" + "\n".join(rows) + "\n")


@pytest.mark.parametrize(("at", "cell", "rule"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize(("sep", "decimal"), [*product(("\t", ";"), (".", ",")), (",", ".")])
def test_an_upload_leaves_out_what_an_ingest_quarantines(
    tmp_path: Path, at: str | None, cell: str, rule: str, sep: str, decimal: str
) -> None:
    written(tmp_path / "t.csv", at, cell, sep, decimal)
    made: Batch = run(table_manifest(tmp_path, columns={"gene": "gene", **COLUMNS}))
    upload = check(read_upload(tmp_path / "t.csv", None, (), GIVEN))
    assert upload.examined is not None
    left_out = {(int(row) + 1, str(why)) for row, why in enumerate(upload.examined.faults.rule) if why}
    assert left_out == {(q.row, q.rule) for q in made.quarantined} == ({(4, rule), (8, rule)} if rule else set())
    signature = made.arrays["orthokg:contrast/lab/a"]
    kept = upload.examined.numbers
    np.testing.assert_allclose(np.sort(signature.effect), np.sort(kept["effect"]), rtol=1e-9)
    np.testing.assert_allclose(np.sort(kept["effect"]), np.sort(np.delete(EFFECT, [3, 7] if rule else [])), rtol=1e-8)


def test_one_code_for_a_file_by_both_ways(tmp_path: Path) -> None:
    for text, code in (
        ("gene,log2FoldChange,pvalue\nGENE1,1\n", "BAD_ROWS"),
        ("gene;log2FoldChange\nGENE1;1,234\nGENE2;2,345\n", "DECIMAL_MARK"),
        ("gene,log2FoldChange,log2FoldChange\nGENE1,1,2\n", "WRONG_COLUMNS"),
        ("gene,A_logFC,A_pval,B_logFC,B_pval\nGENE1,1,0.5,2,0.5\n", "WRONG_COLUMNS"),
    ):
        (tmp_path / "t.csv").write_text(text)
        with pytest.raises(ContractError) as caught:
            read_upload(tmp_path / "t.csv", None, (), GIVEN)
        assert caught.value.code == code
        with pytest.raises(ContractError) as caught:
            run(table_manifest(tmp_path, columns={"gene": "gene", "effect": "log2FoldChange"}))
        assert caught.value.code == ("DUPLICATE" if "Change,log2" in text else code)
