"""A matrix that holds several studies: a gene that the samples of one lack is lost to that one alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.manifest import manifest
from ingest.study import datasets
from kg.curie import HUMAN
from kg.errors import ContractError
from kg.match.counts import donor_expression

GENES = 260
SYMBOLS = [f"GENE{i}" for i in range(GENES)]
FACTS = {"id": "lab", "title": "t", "taxon": HUMAN, "licence": "CC0", "redistribute": True, "citation": "us"}


@dataclass(frozen=True)
class Named:
    def resolve_many(self, tokens) -> tuple[np.ndarray, np.ndarray]:
        known = {symbol: f"ENSEMBL:ENSG{i:011d}" for i, symbol in enumerate(SYMBOLS)}
        return np.array([known.get(t) for t in tokens], dtype=object), np.full(
            len(tokens), "unknown-symbol", dtype=object
        )


def values(scale: str) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    made = rng.normal(8, 1, (GENES, 16)) if scale == "log2" else rng.poisson(200, (GENES, 16)).astype(float)
    return pd.DataFrame(made, index=SYMBOLS, columns=[f"{study}{i}" for study in "ab" for i in range(8)])


def run(folder: Path, table: pd.DataFrame, scale: str, *, studies: str = "ab", **blocks: object) -> Batch:
    """Contrasts a and b of the two studies; samples 0 to 3 are controls."""
    folder.mkdir(exist_ok=True)
    sheet = pd.DataFrame(
        {
            "sample": table.columns,
            "study": [c[0] for c in table.columns],
            "arm": [c[0] + ("n" if int(c[1]) < 4 else "y") for c in table.columns],
        }
    )
    table.to_csv(folder / "c.csv", index_label="gene", float_format="%.17g", na_rep="")
    sheet.to_csv(folder / "s.csv", index=False)
    told = {
        "schema": 1,
        "dataset": FACTS,
        "material": {"tissue": "UBERON:0000956"},
        "counts": {
            "matrix": "c.csv",
            "samples": "s.csv",
            "gene_id": "symbol",
            "scale": scale,
            "sample_column": "sample",
        },
        "contrasts": [
            {
                "id": s,
                "label": s,
                "kind": "disease",
                "disease": "MONDO:0004975",
                "case": {"arm": f"{s}y"},
                "control": {"arm": f"{s}n"},
            }
            for s in studies
        ],
        **blocks,
    }
    (folder / "m.yaml").write_text(yaml.safe_dump(told))
    read = manifest.read(folder / "m.yaml")
    return datasets.transform(read, datasets.get(Cache.open(), read), Named())


def made(batch: Batch, name: str):
    return batch.arrays[f"orthokg:contrast/lab/{name}"]


def row(batch: Batch, name: str) -> dict:
    return next(r for r in batch.nodes["Contrast"] if r["id"].endswith(f"/{name}"))


@pytest.mark.parametrize("scale", ["log2", "counts"])
def test_each_study_is_as_in_a_file_of_its_own(tmp_path: Path, scale: str) -> None:
    table = values(scale)
    table.iloc[100:220, 9] = np.nan  # one sample of b lacks 120 of 260 genes
    both = run(tmp_path / "both", table, scale)
    own = {s: run(tmp_path / s, table.loc[:, [c for c in table if c[0] == s]].dropna(), scale, studies=s) for s in "ab"}
    for study, genes in (("a", 260), ("b", 140)):
        found, alone = made(both, study), made(own[study], study)
        assert len(found.genes) == genes
        np.testing.assert_array_equal(found.genes, alone.genes)
        np.testing.assert_allclose(found.vector, alone.vector, atol=1e-12)
        np.testing.assert_allclose(np.abs(found.factor), np.abs(alone.factor), atol=1e-9)
    assert (both.read, both.accepted, len(both.quarantined)) == (260, 260, 0)
    told = "120 of 260 rows lack a value in some of its samples (first: GENE100 in b1)"
    assert f"left-out: {told}" in row(both, "b")["flags"]
    assert not any(flag.startswith("left-out") for flag in row(both, "a")["flags"])
    assert [doubt for doubt in both.doubts if "lack" in doubt] == [f"b: {told}; it leaves them out"]


def test_a_row_that_no_contrast_can_use_is_in_quarantine(tmp_path: Path) -> None:
    table = values("log2")
    table.iloc[3, [1, 9]] = np.nan  # both studies lack it
    table.iloc[5] = np.nan  # nobody has it
    table.iloc[7, 1] = np.nan  # b has it
    batch = run(tmp_path, table, "log2")
    assert (batch.read, batch.accepted) == (260, 258)
    assert sorted((q.row, q.rule, q.value) for q in batch.quarantined) == [
        (4, "not-finite", "GENE3 in a1"),
        (6, "not-finite", "GENE5 in a0"),
    ]
    only = run(tmp_path / "only", table, "log2", studies="a")
    assert (only.accepted, sorted(q.row for q in only.quarantined)) == (257, [4, 6, 8])


def test_studies_that_share_no_gene_stand_in_one_file(tmp_path: Path) -> None:
    table = values("log2")
    table.iloc[:130, :8] = np.nan
    table.iloc[130:, 8:] = np.nan
    batch = run(tmp_path, table, "log2")
    assert [len(made(batch, s).genes) for s in "ab"] == [130, 130]
    assert not set(made(batch, "a").genes) & set(made(batch, "b").genes)
    assert row(batch, "a")["noise_reason"].startswith("130 usable genes; at least 200 are needed")


def test_references_and_axes_go_without_what_their_own_samples_lack(tmp_path: Path) -> None:
    table = values("log2")
    table.iloc[100:220, 9] = np.nan
    blocks = {"reference": {"where": {"arm": ["an"]}, "groups": ["study"]}, "axes": {"groups": ["arm"]}}
    batch = run(tmp_path, table, "log2", **blocks)
    assert len(batch.arrays["orthokg:reference/lab"].genes) == 260
    assert len(batch.arrays["orthokg:axes/lab"].genes) == 140
    assert np.isfinite(batch.arrays["orthokg:axes/lab"].expression).all()


def test_a_contrast_whose_samples_share_no_gene_is_an_error(tmp_path: Path) -> None:
    table = values("log2")
    table.iloc[:130, 0] = np.nan
    table.iloc[130:, 1] = np.nan
    with pytest.raises(ContractError) as found:
        run(tmp_path, table, "log2")
    (issue,) = found.value.issues
    assert found.value.code == "NO_USABLE_GENES"
    assert issue.path == "lab: a"
    assert "260 of 260 rows" in issue.found


def test_probes_of_one_gene_are_judged_one_by_one(tmp_path: Path) -> None:
    """The mean of two probes where both are there, the complete one where the other lacks a sample."""
    table = values("log2")
    table.index = pd.Index(["GENE1", *SYMBOLS[1:]])
    table.iloc[0, 9] = np.nan
    batch, plain = run(tmp_path / "x", table, "log2"), run(tmp_path / "y", table.iloc[1:], "log2")
    at = list(made(batch, "a").genes).index("ENSG00000000001")
    np.testing.assert_array_equal(made(batch, "b").effect, made(plain, "b").effect)
    mean = table.loc["GENE1"].mean()
    assert made(batch, "a").effect[at] == pytest.approx(mean[4:8].mean() - mean[:4].mean())


def test_a_matrix_without_a_number_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContractError) as found:
        run(tmp_path, values("log2").map(lambda _: "none"), "log2")
    assert found.value.code == "NO_USABLE_GENES"
    assert "GENE0 in a0 is 'none'" in found.value.issues[0].found


def test_missing_samples_have_no_say_in_whether_a_gene_is_expressed() -> None:
    counts = np.array([[50.0, 50, np.nan, np.nan, np.nan], [50, 50, 0, 0, 0], [90, 90, 90, 90, 90]])
    found = donor_expression(counts, np.array(["A", "B", "C"]), list("vwxyz"), None, "counts")
    assert list(found.genes) == ["A", "C"]
    np.testing.assert_allclose(found.values[0], np.log2(np.array([50, 90]) / 140 * 1e6 + 1))
    np.testing.assert_allclose(found.values[4, 1], np.log2(1e6 + 1))
    assert np.isnan(found.values[4, 0])


@pytest.mark.parametrize("scale", ["log2", "counts"])
def test_a_manifest_in_two_halves_gives_what_the_whole_gives(tmp_path: Path, scale: str) -> None:
    table = values(scale)
    table.iloc[100:160, 9] = np.nan
    whole = run(tmp_path / "whole", table, scale)
    for study in "ab":
        half = run(tmp_path / study, table, scale, studies=study)
        one, two = made(half, study), made(whole, study)
        for name in ("genes", "vector", "factor", "effect", "p"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        assert row(half, study) == row(whole, study)
