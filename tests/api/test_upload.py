"""A signature that is sent with the question: the answer of the command line, nothing kept, every fault named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.ask.upload import Upload
from kg.ask.upload_answer import signature_answer
from kg.cli.signature import match_signature, read_upload
from kg.curie import HUMAN, MOUSE
from kg.read.contents import rounded
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.store.driver import Store
from kg.store.guard import run_user_query
from tests.api.ask import data, error
from tests.e2e.lab import AD, CORTEX, Lab, counts_upload, table_upload
from tests.graph.dump import dump

ASK = """query($s: SignatureInput!, $disease: String, $level: Level! = gene, $first: Int! = 20, $after: String) {
  matchSignature(signature: $s, disease: $disease, level: $level, first: $first, after: $after) {
    question release family known missing { what why remedy } withheld { what why }
    pageInfo { hasNextPage endCursor }
    nodes { curie mouse mouseLabel status reason score p q null { mouse human } flags cohorts { label p }
            given { label p } policyBand { policy p } changes(first: 3) { label q } cypher cypherGives } } }"""
EXPLAIN = """query($s: SignatureInput!, $disease: String) { matchSignature(signature: $s, disease: $disease) {
    nodes { p explain { p statistic evidence { side label } columns { contribution } } } } }"""


@pytest.fixture
def lab(embedded_store: Store, tmp_path: Path) -> Lab:
    return Lab(embedded_store, tmp_path)


@pytest.fixture
def client(lab: Lab) -> Iterator[TestClient]:
    app = create_app(lab.store, lab.signatures.root)
    with TestClient(app, "http://127.0.0.1:8000", raise_server_exceptions=False, client=("127.0.0.1", 50000)) as made:
        yield made


def sent_table(taxon: str, table: pd.DataFrame, *columns: str, **given: Any) -> dict[str, Any]:
    numbers = {name: [None if np.isnan(v) else v for v in table[name]] for name in columns}
    return {"taxon": taxon, "genes": table["gene"].tolist(), "tissue": CORTEX, "label": "mine", **numbers, **given}


def sent_counts(counts: pd.DataFrame, sheet: pd.DataFrame, **given: Any) -> dict[str, Any]:
    samples = [{"name": r.run, "arm": r.arm, "donor": r.animal, "strata": [r.sex]} for r in sheet.itertuples()]
    return {
        "taxon": MOUSE,
        "genes": list(counts.index),
        "counts": counts.to_numpy().tolist(),
        "samples": samples,
        "label": "mine",
        "tissue": CORTEX,
        **given,
    }


def test_the_answer_is_that_of_the_function_and_nothing_is_kept(lab: Lab, client: TestClient) -> None:
    counts, table = lab.counts(MOUSE), lab.table(HUMAN)
    before, version = dump(lab.store), lab.signatures.version
    files = sorted(path.name for path in lab.signatures.root.rglob("*"))
    ws = Workspace(Catalog.read(lab.store), lab.signatures)
    cases = [
        (sent_counts(*counts), counts_upload(MOUSE, *counts), "gene"),
        (sent_counts(*counts), counts_upload(MOUSE, *counts), "regulon"),
        (sent_table(HUMAN, table, "effect", "se"), table_upload(HUMAN, table, ("effect", "se")), "gene"),
    ]
    told_effects = 0
    for sent, upload, level in cases:
        found = data(client, ASK, s=sent, disease=AD, level=level)["matchSignature"]
        wanted = signature_answer(lab.store, ws, upload, disease=AD, level=level)[0]
        told = rounded([[r.id, r.mouse, r.status, r.reason, r.score, r.p, r.q] for r in wanted.matches])
        assert told
        assert [
            [m[f] for f in ("curie", "mouse", "status", "reason", "score", "p", "q")] for m in found["nodes"]
        ] == told
        assert [found["question"], found["family"], found["known"]] == [wanted.question, wanted.family, len(told)]
        assert {gap["what"] for gap in found["missing"]} == {g.what for g in wanted.gaps if g.kind == "missing"}
        for match in found["nodes"]:
            assert match["curie"].startswith("uploaded:")
            assert match["cypherGives"] == ("ONE_SIDE" if match["cohorts"] else "NOTHING")
            rows = run_user_query(lab.store, match["cypher"], max_rows=100_000)
            assert {row[0] for row in rows.rows} <= {cohort["label"] for cohort in match["cohorts"]}
            told_effects += len(rows.rows)
    assert told_effects > 100
    assert (dump(lab.store), lab.signatures.version) == (before, version)
    assert sorted(path.name for path in lab.signatures.root.rglob("*")) == files


def test_genes_that_were_left_out_are_told(lab: Lab, client: TestClient) -> None:
    found = data(client, ASK, s=sent_table(HUMAN, lab.table(HUMAN), "effect", "p"), disease=AD)["matchSignature"]
    told = " ".join(gap["what"] for gap in found["missing"])
    for words in (
        "(excel-date): 1-Mar",
        "(unknown-symbol): NoSuch",
        "2 genes with several rows: SIM5",
        "1 genes without a value: SIM7",
    ):
        assert words in told


def test_pages_join(lab: Lab, client: TestClient) -> None:
    sent = sent_table(HUMAN, lab.table(HUMAN), "z")
    whole = data(client, ASK, s=sent)["matchSignature"]["nodes"]
    pages, after = [], None
    while True:
        page = data(client, ASK, s=sent, first=2, after=after)["matchSignature"]
        pages += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(whole) > 4
    assert pages == whole


def test_a_match_is_explained(lab: Lab, client: TestClient) -> None:
    (match,) = data(client, EXPLAIN, s=sent_counts(*lab.counts(MOUSE)), disease=AD)["matchSignature"]["nodes"]
    told = match["explain"]
    assert told["p"] == match["p"]
    assert sum(told["columns"]["contribution"]) == pytest.approx(told["statistic"])
    assert told["evidence"][0] == {"side": "mouse", "label": "mine"}


def test_a_human_signature_is_explained_against_each_mouse_model(lab: Lab, client: TestClient) -> None:
    asked = EXPLAIN.replace("{ p explain", "{ mouse state status p statistic score explain")
    answer = client.post(
        "/graphql", json={"query": asked, "variables": {"s": sent_counts(*lab.counts(HUMAN), taxon=HUMAN)}}
    ).json()
    models = {row["id"] for row in lab.store.read("MATCH (c:Contrast)-[:OF_MODEL]->() RETURN c.id AS id")}
    nodes = answer["data"]["matchSignature"]["nodes"]
    against = [m for m in nodes if m["state"] in models and m["p"] is not None]
    assert len(against) >= 2
    for match in against:
        told = match["explain"]
        assert told["p"] == match["p"]
        assert sum(told["columns"]["contribution"]) == pytest.approx(match["statistic"])
        assert told["evidence"][0]["label"] == "mine"
    for problem in answer.get("errors", ()):
        match = nodes[problem["path"][2]]
        assert (match["status"], problem["extensions"]["code"]) == ("UNTESTABLE", "UNTESTABLE")
        assert "no longer in the graph" not in problem["message"]


def test_what_makes_a_table_untestable_is_said(lab: Lab, client: TestClient) -> None:
    table = lab.table(HUMAN)
    for given, columns, words in (
        ({"tissue": None}, ("effect", "se"), "name the one that was measured"),
        ({}, ("effect",), "a table with either would make it testable"),
        ({"unit": "cell"}, ("effect", "se"), "donor-level counts"),
        ({"cut": "FDR .05"}, ("effect", "se"), "the full table of all tested genes would make it testable"),
    ):
        found = data(client, ASK, s=sent_table(HUMAN, table, *columns, **given), disease=AD)["matchSignature"]
        assert {m["status"] for m in found["nodes"]} == {"UNTESTABLE"}
        assert all(words in m["reason"] for m in found["nodes"]), found["nodes"][0]["reason"]
    some = table[table.p < 0.05]
    found = data(client, ASK, s=sent_table(HUMAN, some, "effect", "p"), disease=AD)["matchSignature"]
    assert {m["status"] for m in found["nodes"]} == {"UNTESTABLE"}
    mouse = sent_table(MOUSE, lab.table(MOUSE), "effect", "se")
    found = data(client, ASK, s=mouse, disease=AD)["matchSignature"]["nodes"]
    assert "no healthy reference of bulk cerebral cortex" in found[0]["reason"]
    other = {**mouse, "reference": "orthokg:reference/simulated-human"}
    found = data(client, ASK, s=other, disease=AD)["matchSignature"]["nodes"]
    assert "another tissue or species" in found[0]["reason"]


GENES = [f"SIM{i}" for i in range(300)]
PLAIN = {"taxon": HUMAN, "genes": GENES, "z": [0.5] * 300, "tissue": CORTEX}
COUNTED = {
    "z": None,
    "samples": [{"name": n, "arm": a} for n, a in zip("abcd", ["case", "case", "control", "control"], strict=True)],
}
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "genes that are no texts": ({"genes": [1, 2]}, "CONTRACT", "genes"),
    "numbers that are texts": ({"z": ["1"] * 300}, "CONTRACT", "z"),
    "numbers that are no list": ({"z": {"a": 1}}, "CONTRACT", "z"),
    "numbers that are true": ({"z": [True] * 300}, "CONTRACT", "z"),
    "lengths": ({"z": [0.5]}, "LENGTH", "z"),
    "counts of text": ({"z": None, "counts": [["x"]]}, "CONTRACT", "counts"),
    "counts that are no rows": ({"z": None, "counts": [1, 2]}, "CONTRACT", "counts"),
    "few genes": ({"genes": GENES[:150], "z": [0.5] * 150}, "TOO_FEW_GENES", "genes"),
    "mouse ids": ({"genes": [f"ENSMUSG{i:011d}" for i in range(300)]}, "MIXED_SPECIES", "genes"),
    "effects beyond all measure": ({"z": [1e308] * 300}, "SIZE", "signature"),
    "noise of nothing": ({"z": None, "effect": [1.0] * 300, "se": [1e-300] * 300}, "SIZE", "signature"),
    "a sample without counts": ({**COUNTED, "counts": [[20, 30, 25, 0]] * 300}, "EMPTY_SAMPLE", "samples"),
    "counts beyond all measure": ({**COUNTED, "counts": [[1e308, 1e308, 1e308, 1e308]] * 300}, "HUGE_COUNT", "counts"),
    "genes that never vary": ({**COUNTED, "counts": [[20, 20, 20, 20]] * 300}, "NO_VARIANCE", "samples"),
    "strange names": ({"genes": [f"x{i}" for i in range(300)]}, "UNKNOWN_GENES", "genes"),
}


def test_each_fault_has_its_code_and_path(lab: Lab, client: TestClient) -> None:
    for name, (given, code, path) in BAD.items():
        found = error(client, ASK, s={**PLAIN, **given}, disease=AD)["extensions"]
        assert (found["code"], found["issues"][0]["path"]) == (code, path), name
        assert all(issue["fix"] for issue in found["issues"]), name
    for argument, value in (("cellType", "CL:9"), ("tissue", "cortecs"), ("reference", "x")):
        given = {**PLAIN, "tissue": None, argument: value}
        found = error(client, ASK, s=given, disease=AD)["extensions"]
        assert (found["code"], found["argument"]) == ("UNKNOWN_TERM", argument)
        assert found["suggestions"] or argument == "cellType"  # the simulated graph has no cell type
    both = error(client, ASK, s={**PLAIN, "z": [0.5], "tissue": "cortecs", "taxon": "NCBITaxon:1"}, disease="MONDO:0")[
        "extensions"
    ]
    assert {issue["path"] for issue in both["issues"]} == {"z", "tissue", "taxon", "disease"}


def test_names_that_attack_are_names(lab: Lab, client: TestClient) -> None:
    evil = [
        "'; DROP TABLE genes; --",
        "`) DETACH DELETE n //",
        "${jndi:ldap://x}",
        "../../../etc/passwd",
        "<script>",
        "\u202e",
        "$(rm -rf /)",
        "{{7*7}}",
        "MATCH (n) DETACH DELETE n",
        "' OR 1=1 --",
        "\\u0027",
        "%s%n",
        "=cmd|'/c calc'!A1",
    ]
    before = dump(lab.store)
    table = lab.table(HUMAN)
    sent = sent_table(HUMAN, table, "effect", "se")
    sent = {
        **sent,
        "genes": [*sent["genes"], *evil],
        "effect": [*sent["effect"], *[1.0] * len(evil)],
        "se": [*sent["se"], *[1.0] * len(evil)],
    }
    plain = data(client, ASK, s=sent_table(HUMAN, table, "effect", "se"), disease=AD)["matchSignature"]["nodes"]
    found = data(client, ASK, s=sent, disease=AD)["matchSignature"]["nodes"]
    assert [m["p"] for m in found] == [m["p"] for m in plain]
    for text in evil:
        for field in ("label", "cut", "cellType", "tissue", "reference", "taxon"):
            given = {**sent_table(HUMAN, table, "effect", "se"), "tissue": None, field: text}
            answer = client.post("/graphql", json={"query": ASK, "variables": {"s": given, "disease": AD}})
            assert answer.status_code == 200
            assert all(e["extensions"]["code"] != "INTERNAL" for e in answer.json().get("errors", [])), (field, text)
        given = {**sent_table(HUMAN, table, "effect", "se"), "engineered": [text]}
        assert data(client, ASK, s=given, disease=AD)["matchSignature"]["nodes"]
    assert dump(lab.store) == before


def test_the_command_reads_files_as_the_function_reads_arrays(lab: Lab, tmp_path: Path) -> None:
    table, (counts, sheet) = lab.table(HUMAN), lab.counts(MOUSE)
    table.rename(columns={"effect": "log2FoldChange", "se": "lfcSE"})[["gene", "log2FoldChange", "lfcSE"]].to_csv(
        tmp_path / "deseq2.tsv.gz", sep="\t", index=False, na_rep="NA"
    )
    counts.to_csv(tmp_path / "counts.csv", index_label="gene_id")
    sheet[["run", "arm", "animal", "sex"]].replace({"case": "Tg", "control": "WT"}).to_csv(
        tmp_path / "sheet.csv", index=False
    )
    ws = Workspace(Catalog.read(lab.store), lab.signatures)

    def read(*words: str) -> Upload:
        given = match_signature.make_context("match-signature", [*words, "--label", "mine", "--tissue", CORTEX]).params
        return read_upload(given["file"], given["samples"], given["columns"], given)

    design = ["--arm", "arm", "--case", "Tg", "--control", "WT", "--donor", "animal", "--strata", "sex"]
    told = [
        (read(str(tmp_path / "deseq2.tsv.gz"), "--taxon", "human"), table_upload(HUMAN, table, ("effect", "se"))),
        (
            read(str(tmp_path / "counts.csv"), "--samples", str(tmp_path / "sheet.csv"), "--taxon", "mouse", *design),
            counts_upload(MOUSE, counts, sheet),
        ),
    ]
    for mine, made in told:
        one, two = (signature_answer(lab.store, ws, upload, disease=AD)[0] for upload in (mine, made))
        given, wanted = (rounded([[r.status, r.p, r.score] for r in answer.matches], 9) for answer in (one, two))
        assert given == wanted


def test_the_command_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("gene,colour\nApp,red\n")
    done = CliRunner().invoke(match_signature, [str(tmp_path / "t.csv"), "--taxon", "mouse"])
    assert done.exit_code != 0
    assert "WRONG_COLUMNS" in str(done.exception)
    assert "'colour'" in str(done.exception)
