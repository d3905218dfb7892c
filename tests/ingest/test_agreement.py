"""One comparison of what a table says twice, whether it comes by a manifest, a draft or a question."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from scipy import stats

from ingest.batch import Batch
from ingest.cli.ingest import ingest
from ingest.draft.table import draft
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex
from ingest.manifest import manifest
from ingest.study import datasets
from kg.ask.upload import check
from kg.cli.signature import match_signature, read_upload
from kg.curie import HUMAN
from kg.errors import ContractError
from kg.match.direction import KNOWN

RNG = np.random.default_rng(3)
N = 240
Z = RNG.normal(size=N) * 2
Z[:3] = 4, -5, -6  # the markers, as they move in the disease
SE = RNG.gamma(4, 0.1, N) + 0.05
P = 2 * stats.norm.sf(np.abs(Z))
# What the command has when nothing but the species is said.
GIVEN = match_signature.make_context("match-signature", ["de.csv", "--taxon", "human"]).params


@pytest.fixture(scope="module")
def symbols(human: GeneIndex) -> list[str]:
    coding = human.genes.symbols[human.genes.biotypes == "protein_coding"]
    return [*(k.symbol for k in KNOWN), *(s for s in coding[:400] if human.resolve(s).id)][:N]


def written(folder: Path, symbols: list[str], **changed: np.ndarray) -> Path:
    columns = {
        "log2FoldChange": Z * SE,
        "lfcSE": SE,
        "stat": Z,
        "pvalue": P,
        "padj": stats.false_discovery_control(P),
    } | changed
    rows = [",".join([s, *(f"{c[at]:.10g}" for c in columns.values())]) for at, s in enumerate(symbols)]
    (folder / "de.csv").write_text("\n".join([",".join(["gene", *columns]), *rows]) + "\n")
    return folder / "de.csv"


def declared(folder: Path, **contrast: object) -> Path:
    made = {
        "schema": 1,
        "dataset": {
            "id": "lab",
            "title": "t",
            "taxon": HUMAN,
            "licence": "CC0",
            "redistribute": True,
            "citation": "us",
        },
        "material": {"tissue": "UBERON:0000956"},
        "table": {
            "file": "de.csv",
            "gene_id": "symbol",
            "columns": {
                "gene": "gene",
                "effect": "log2FoldChange",
                "se": "lfcSE",
                "z": "stat",
                "p": "pvalue",
                "fdr": "padj",
            },
        },
        "contrasts": [{"id": "a", "label": "A", "kind": "disease", "disease": "MONDO:0004975"} | contrast],
    }
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump(made))
    return path


def run(path: Path, cache: Cache, genes: GeneIndex) -> Batch:
    made = manifest.read(path)
    return datasets.transform(made, datasets.get(cache, made), genes)


def test_a_statistic_without_sign_is_one_error_by_every_way_in(tmp_path: Path, symbols, cache: Cache, human: GeneIndex):
    table = written(tmp_path, symbols, stat=Z**2)
    path = declared(tmp_path)
    with pytest.raises(ContractError) as by_manifest:
        run(path, cache, human)
    with pytest.raises(ContractError) as by_upload:
        check(read_upload(table, None, (), GIVEN))
    issues = by_manifest.value.issues[0], by_upload.value.issues[0]
    assert [issue.path for issue in issues] == ["de.csv", "de.csv: stat"]
    worst = int(np.argmax(np.where(Z < 0, Z**2, 0)))
    for issue in issues:
        assert issue.rule.startswith("NO_SIGN: 'stat' has the sign of 'log2FoldChange'")
        assert f"{symbols[worst]} (row {worst + 1}): stat {Z[worst] ** 2:.4g}, log2FoldChange" in issue.found
        assert "leave 'stat' out: 'log2FoldChange' with 'lfcSE' is then taken" in issue.fix
    # The remedy holds: without the column the table is taken, and a draft never writes it down.
    text = draft(table)
    assert "z:" not in yaml.safe_load(text)["table"]["columns"]
    assert "# 'stat' is left out (z)" in text
    facts = yaml.safe_load(path.read_text())
    del facts["table"]["columns"]["z"]
    path.write_text(yaml.safe_dump(facts))
    made = run(path, cache, human)
    assert made.accepted == N
    assert check(read_upload(table, None, ("effect=log2FoldChange", "se=lfcSE", "p=pvalue"), GIVEN)).digest


def test_shrunken_effects_are_taken_by_p_and_every_answer_says_so(
    tmp_path: Path, symbols, cache: Cache, human: GeneIndex
):
    written(tmp_path, symbols, log2FoldChange=Z * SE * 0.2)
    path = declared(tmp_path)
    facts = yaml.safe_load(path.read_text())
    del facts["table"]["columns"]["z"]
    path.write_text(yaml.safe_dump(facts))
    made = run(path, cache, human)
    contrast = made.nodes["Contrast"][0]
    flag = next(
        f
        for f in contrast["flags"]
        if f.startswith("by-stated-p: log2FoldChange / lfcSE does not give the stated pvalue")
    )
    assert contrast["design"] == "table; vector from p"
    assert made.doubts == [f"a: {flag}"]
    signature = made.arrays[contrast["id"]]
    by_gene = dict(zip(signature.genes, signature.vector, strict=True))
    ids = [str(human.resolve(s).id).removeprefix("ENSEMBL:") for s in symbols]
    np.testing.assert_allclose(
        [by_gene[g] for g in ids], np.sign(Z) * stats.norm.isf(np.maximum(P, 1e-15) / 2), rtol=1e-6
    )
    told = CliRunner().invoke(ingest, ["--check", str(path)])
    assert "doubt: a: by-stated-p" in told.output


@pytest.mark.parametrize("sign", [1, -1])
def test_markers_that_go_the_wrong_way_are_told_by_the_check(
    tmp_path: Path, symbols, cache: Cache, human: GeneIndex, sign: int
):
    written(tmp_path, symbols, log2FoldChange=sign * Z * SE, stat=sign * Z)
    found = run(declared(tmp_path), cache, human)
    doubted = [f for f in found.nodes["Contrast"][0]["flags"] if f.startswith("sign-doubted: GFAP falls")]
    assert len(doubted) == (sign < 0)
    assert found.doubts == [f"a: {f}" for f in doubted]
    assert not run(declared(tmp_path, disease="MONDO:0007739"), cache, human).doubts
    assert not run(declared(tmp_path, material={"tissue": "UBERON:0002107"}), cache, human).doubts


@pytest.mark.parametrize("name", ["gse64810", "haroutunian-ba46", "mayo-tl"])
def test_tables_of_published_studies_agree_with_themselves(name: str, cache: Cache, human: GeneIndex):
    batch = run(manifest.BUNDLED / f"{name}.yaml", cache, human)
    assert batch.doubts == []
    assert {row.rule for row in batch.quarantined} & {"opposite-signs"} == set()
