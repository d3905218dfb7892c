"""All changes and features of an answer leave by the command line, on both stores."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.verdict import record

pytestmark = pytest.mark.graph
AD = "MONDO:0004975"
ASK = ("match", "--model", "simulated-specific", "--disease", AD)


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), sep="\t", comment="#", keep_default_na=False, na_values=[""])


def asked(run: Callable[..., Result], *words: str) -> str:
    done = run(*words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_json_lists_all_changes_of_a_match(run: Callable[..., Result], store: Store) -> None:
    whole = json.loads(asked(run, *ASK, "--format", "json"))
    (match,) = whole["matches"]
    assert len(whole["changes"]) == match["n_changes"] > 20
    store.write("MATCH (:Match)-[r:SUPPORTED_BY]->() WHERE r.rank >= 5 DELETE r")
    again = json.loads(asked(run, *ASK, "--format", "json"))
    assert again == whole
    left = [gap["what"] for gap in whole["withheld"] if "further changes" in gap["what"]]
    assert not left
    assert f"{match['n_changes'] - 5} further changes" in asked(run, *ASK)


def test_changes_of_a_match_that_is_not_stored(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    other = (*ASK, "--policy", "best", "--format", "json")
    whole = json.loads(asked(run, *other))
    monkeypatch.setattr(record, "MOST_CHANGES", 3)
    assert json.loads(asked(run, *other)) == whole
    (match,) = whole["matches"]
    assert len(whole["changes"]) == match["n_changes"] > 3


def test_rows_of_changes_and_features(run: Callable[..., Result]) -> None:
    told = json.loads(asked(run, *ASK, "--format", "json"))
    (match,) = told["matches"]
    text = asked(run, *ASK, "--format", "tsv", "--rows", "changes")
    changes = read(text)
    assert len(changes) == match["n_changes"]
    assert set(changes["match"]) == {match["id"]}
    by_gene = {change["feature"]: change for change in told["changes"]}
    for row in changes.to_dict("records"):
        change = by_gene[f"ENSEMBL:{row['human_gene']}"]
        assert (row["z_model"], row["q"]) == pytest.approx((change["z_mouse"], change["q"]), rel=1e-5)
        assert str(row["left_given"] or "") in ("nan", "|".join(change["left_given"]))
    assert changes[["model_symbol", "human_symbol", "effect_model", "effect_human"]].notna().all(axis=None)
    assert (changes[["p_model", "p_human", "q_model", "q_human"]] <= 1).all(axis=None)
    features = read(asked(run, *ASK, "--format", "tsv", "--rows", "features"))
    assert len(features) == match["n_features"]
    one = asked(run, "explain", match["id"], "--format", "tsv")
    pd.testing.assert_frame_equal(features[read(one).columns], read(one))
    assert json.loads(one.splitlines()[0].removeprefix("# sentence: ")) == match["sentence"]
    assert json.loads(text.splitlines()[0].removeprefix("# question: ")) == told["question"]


def test_a_match_without_features_is_named(run: Callable[..., Result]) -> None:
    text = asked(run, "match", "--model", "simulated-cut", "--disease", AD, "--format", "tsv", "--rows", "features")
    assert not len(read(text))
    last = json.loads(text.splitlines()[-1].removeprefix("# withheld: "))
    assert last["status"] == "UNTESTABLE"
    assert "full table" in last["why"]


def test_rows_without_tsv_are_refused(run: Callable[..., Result]) -> None:
    for form in ("table", "json"):
        refused = run(*ASK, "--rows", "changes", "--format", form)
        assert refused.exit_code == 1
        assert "--rows is for tsv" in refused.output + refused.stderr


def test_features_of_a_signature_that_is_stored_nowhere(run: Callable[..., Result], tmp_path: Path) -> None:
    mouse = SignatureStore(tmp_path / "signatures").get("orthokg:contrast/simulated/specific")
    rng, size = np.random.default_rng(1), (len(mouse.genes), 16)
    rise = 2 ** np.outer(mouse.effect, np.arange(16) < 8)
    counts = rng.negative_binomial(20, 20 / (20 + 200 * rise), size)
    names = [f"mouse-{i}" for i in range(16)]
    pd.DataFrame(counts, index=pd.Index(mouse.genes, name="gene"), columns=names).to_csv(tmp_path / "c.tsv", sep="\t")
    sheet = pd.DataFrame({"sample": names, "arm": ["case"] * 8 + ["control"] * 8})
    sheet.to_csv(tmp_path / "sheet.csv", index=False)
    mine = ("match-signature", str(tmp_path / "c.tsv"), "--samples", str(tmp_path / "sheet.csv"), "--taxon", "mouse")
    told = json.loads(asked(run, *mine, "--tissue", "UBERON:0000956", "--disease", AD, "--format", "json"))
    (match,) = told["matches"]
    table = read(
        asked(run, *mine, "--tissue", "UBERON:0000956", "--disease", AD, "--format", "tsv", "--rows", "changes")
    )
    assert set(table["match"]) == {match["id"]}
    assert len(table) == match["n_changes"] == len(told["changes"]) > 0
