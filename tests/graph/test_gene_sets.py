"""``--sets`` over the simulated study, on both stores."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from kg.store.driver import Store
from tests.simulated import ingested

pytestmark = pytest.mark.graph
AD = "MONDO:0004975"
ASK = ("--model", "simulated-specific", "--disease", AD)


@pytest.fixture
def sets(store: Store, tmp_path: Path) -> Path:
    """Twenty sets of simulated genes that rise or fall in the human state, one of a single gene, and one of names that
    are no genes."""
    signatures = ingested(store, tmp_path)
    table, human = (
        signatures.get_table("genes/NCBITaxon:9606"),
        signatures.get("orthokg:contrast/simulated/alzheimer-1"),
    )
    symbol_of = dict(zip(table["id"], table["symbol"], strict=True))
    order = [symbol_of[gene] for gene in human.genes[np.argsort(human.effect)]]
    ends, rng = (order[: len(order) // 2], order[len(order) // 2 :]), np.random.default_rng(1)
    lines = [f"SET_{i:02}\t\t" + "\t".join(map(str, rng.choice(ends[i % 2], 30, replace=False))) for i in range(20)]
    symbols = table["symbol"]
    path = tmp_path / "mine.gmt"
    path.write_text("\n".join([*lines, f"LONE\t\t{symbols[0]}", "STRANGE\t\tNOT_A_GENE\tNEITHER"]) + "\n")
    return path


def test_a_match_and_its_explanation(run: Callable[..., Result], sets: Path, store: Store) -> None:
    before = store.read("MATCH (n) RETURN count(n) AS n")
    asked = run("match", *ASK, "--sets", str(sets), "--format", "json")
    assert asked.exit_code == 0, asked.output
    answer = json.loads(asked.stdout)
    (found,) = answer["matches"]
    assert (found["level"], found["n_features"], found["status"]) == ("sets", 20, "SUPPORTED")
    assert found["p"] < 0.05
    assert {change["feature"] for change in answer["changes"]} <= {f"SET_{i:02}" for i in range(20)}
    assert all(change["leading"] for change in answer["changes"])
    left = {gap["what"]: gap["why"] for gap in answer["withheld"]}
    assert left["LONE (line 21 of mine.gmt)"] == "a set of one gene is that gene: ask at the gene level"
    assert left["STRANGE (line 22 of mine.gmt)"].startswith("0 of its 2 genes are known")

    table = run("match", *ASK, "--sets", str(sets))
    assert "gene sets change alike on both sides" in table.stdout
    assert "(sets level, one2one)" in table.stdout
    explained = run("explain", found["id"], "--sets", str(sets), "--format", "json")
    assert explained.exit_code == 0, explained.output
    told = json.loads(explained.stdout)
    assert (told["match"], told["level"]) == (found["id"], "sets")
    assert told["p"] == pytest.approx(found["p"], rel=1e-6)
    assert sum(part["contribution"] for part in told["parts"]) == pytest.approx(told["statistic"])
    tsv = run("explain", found["id"], "--sets", str(sets), "--format", "tsv").stdout
    rows = [line for line in tsv.splitlines() if not line.startswith("#")]
    assert len(rows) == 21
    assert "leading" in rows[0].split("\t")
    assert store.read("MATCH (n) RETURN count(n) AS n") == before


def test_one_stored_match_is_explained_by_any_sets(run: Callable[..., Result], sets: Path, store: Store) -> None:
    (row,) = store.read(
        "MATCH (k:Match {level: 'gene', disease: $disease})-[:MATCH_OF {side: 'mouse'}]->(:Contrast)-[:OF_MODEL]->"
        "(:DiseaseModel {label: 'simulated-specific'}) RETURN k.id AS id",
        disease=AD,
    )
    told = run("explain", row["id"], "--sets", str(sets), "--format", "json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["match"].startswith(f"{row['id']}#sets-")


def test_models_are_compared_by_sets(run: Callable[..., Result], sets: Path) -> None:
    words = ("--model", "simulated-specific", "--model", "simulated-opposite", "--sets", str(sets), "--format", "json")
    asked = run("compare", *words)
    assert asked.exit_code == 0, asked.output
    (found,) = json.loads(asked.stdout)["matches"]
    assert (found["level"], found["status"]) == ("sets", "DISCORDANT")


def test_each_bad_file_has_its_error(run: Callable[..., Result], sets: Path, tmp_path: Path) -> None:
    def refused(text: bytes, *words: str) -> str:
        path = tmp_path / "bad.gmt"
        path.write_bytes(text)
        asked = run(*(words or ("match", *ASK)), "--sets", str(path))
        assert asked.exit_code != 0
        return asked.output + asked.stderr

    for text, code in (
        (b"", "EMPTY_FILE"),
        (b"A\t\tFOO\tBAR\n", "UNKNOWN_GENES"),
        (b"A\t\tX\nA\t\tY\n", "DUPLICATE_SETS"),
        (b"\x89PNG\r\n\x1a\n\0", "NOT_TEXT"),
        (b"no tabs here\n", "NOT_GMT"),
        (b"A\t\t" + sets.read_bytes().split(b"\t")[2] + b"\n", "NO_SETS"),
    ):
        assert code in refused(text)
    beside = run("match", *ASK, "--sets", str(sets), "--level", "regulon")
    assert "gene sets are a level" in beside.output + beside.stderr
    asked = run("match", *ASK, "--sets", str(sets), "--format", "json")
    (found,) = json.loads(asked.stdout)["matches"]
    assert "is of gene sets of a file" in run("explain", found["id"]).output
    others = refused(b"\n".join(sets.read_bytes().split(b"\n")[:9]), "explain", found["id"])
    assert "holds other sets" in others
