"""A report on both stores: what it says first, that its numbers are those of the answer, and that it is one file that
runs and loads nothing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from kg.ask.questions import match_answer
from kg.ask.upload import Sample, Upload
from kg.cli.main import main
from kg.errors import ContractError, UnknownTermError
from kg.records.words import chance, number
from kg.report.contents import Report, model_report, signature_report
from kg.report.page import page
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.tables.gene_sets import read_gmt
from tests.simulated import ingested

pytestmark = pytest.mark.graph
AD, CORTEX = "MONDO:0004975", "UBERON:0000956"
HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e"
LOADS = {"script", "link", "iframe", "object", "embed", "img", "form", "base", "audio", "video"}


class Read(HTMLParser):
    """Tags with their attributes, and the text of elements by their tag."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.text.setdefault(tag, []).append(data)

    def all(self, tag: str) -> str:
        return " ".join(self.text.get(tag, []))


def alone(html: str) -> Read:
    """The page read, when it runs no script and loads nothing."""
    read = Read(html)
    assert not read._open
    assert not {tag for tag, _ in read.tags} & LOADS
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "src", "action"):
            assert (attributes.get(name) or "#").startswith("#"), attributes
    assert not re.search(r"@import|url\(", html)
    return read


def no_change() -> tuple[list[str], list[str], np.ndarray]:
    """Genes, samples and counts of 8 animals against 8 without a true change."""
    draw = np.random.default_rng(1)
    genes = [f"ENSMUSG{90_000_000_000 + at:011d}" for at in range(1200)]
    names = [f"{arm}{at}" for arm in ("app", "ctl") for at in range(8)]
    mean = draw.lognormal(5, 1, (len(genes), 1))
    return genes, names, draw.poisson(mean * draw.gamma(20, 1 / 20, (len(genes), 16))).astype(float)


def reported(store: Store, signatures: SignatureStore, model: str, **more: object) -> Report:
    return model_report(store, signatures, model=model, disease=AD, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("level", ["gene", "regulon"])
def test_a_report_says_the_verdict_first_and_holds_the_numbers_of_the_answer(
    store: Store, tmp_path: Path, level: str
) -> None:
    signatures = ingested(store, tmp_path)
    report = reported(store, signatures, "simulated-specific", level=level)
    (match,) = match_answer(store, signatures, model="simulated-specific", disease=AD, level=level).matches
    read = alone(page(report))
    assert match.status == "SUPPORTED"
    assert read.text["h1"] == [match.sentence]
    assert match.sentence is not None
    assert match.sentence.startswith("Simulated data: ")
    body = read.all("body")
    for said in (
        number(match.score),
        chance(match.p),
        chance(match.q),
        match.null.mouse,
        match.null.human,
        match.family,
        report.answer.release,
        match.id,
        match.method,
        f"orthokg match --model simulated-specific --disease {AD} --level {level} --policy one2one",
        *(cohort.label for cohort in match.cohorts),
        *(given.label for given in match.given),
    ):
        assert said in body, said
    assert {"verdicts", "match-1", "missing", "numbers", "methods", "citations", "reproduce"} <= {
        attributes.get("id") for _, attributes in read.tags
    }
    listed = [cell for cell in read.text["b"] if cell in {change.label for change in match.changes}]
    assert len(listed) >= min(50, match.n_changes)
    assert sum(tag == "svg" for tag, _ in read.tags) == 2
    assert "<path" in page(report)


def test_every_state_cohort_and_gene_has_its_mark(embedded_store: Store, tmp_path: Path) -> None:
    signatures = ingested(embedded_store, tmp_path)
    report = reported(embedded_store, signatures, "simulated-specific")
    (shown,) = report.shown
    record = shown.record
    read = Read(page(report))
    squares = [a for tag, a in read.tags if tag == "rect" and a.get("fill") == "#f0b64a"]
    asked = [g for g in (*record.given, *record.model_given) if g.score is not None]
    assert len(squares) == len(asked) > 0
    assert sum(tag == "polygon" for tag, _ in read.tags) == 1
    circles = [a for tag, a in read.tags if tag == "circle" and a.get("stroke") == "#33618a"]
    assert len(circles) == sum(c.score is not None for c in record.cohorts) == 2
    clouds = [a["d"] or "" for tag, a in read.tags if tag == "path"]
    points = sum(d.count("M") for d in clouds)
    assert 0.9 * record.n_features < points <= record.n_features
    coloured = sum(d.count("M") for d in clouds[1:])
    assert 0.9 * record.n_changes < coloured <= record.n_changes
    for key, (low, high) in shown.intervals.items():
        cohort = next(c for c in record.cohorts if c.contrast == key)
        assert cohort.score is not None
        assert low < cohort.score < high


def test_the_same_graph_gives_the_same_file_by_each_way_of_asking(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    whole = page(reported(store, signatures, "simulated-shared"))
    assert whole == page(reported(store, signatures, "simulated-shared"))
    (match,) = match_answer(store, signatures, model="simulated-shared", disease=AD).matches
    by_id = model_report(store, signatures, match=match.id)
    assert by_id.headline == match.sentence
    assert [s.record.id for s in by_id.shown] == [match.id]
    with pytest.raises(UnknownTermError):
        model_report(store, signatures, match="orthokg:match/none")
    with pytest.raises(UnknownTermError):
        reported(store, signatures, "simulated-shared", match="orthokg:match/none")


def test_a_withheld_match_is_refused_with_its_reason(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    with pytest.raises(ContractError, match="full table") as caught:
        reported(store, signatures, "simulated-cut")
    assert caught.value.code == "WITHHELD"
    assert all(issue.fix for issue in caught.value.issues)


def test_what_cannot_be_tested_beside_what_can_is_listed_as_missing(store: Store, tmp_path: Path) -> None:
    """A model with two contrasts, one of them cut: the cut one stands under what is missing, with its reason."""
    signatures = ingested(store, tmp_path)
    store.write(
        "MATCH (c:Contrast)-[r:OF_MODEL]->(:DiseaseModel {label: 'simulated-cut'}) MATCH (m:DiseaseModel {label:"
        " 'simulated-specific'}) DELETE r CREATE (c)-[:OF_MODEL {source: 'test', run: 'test'}]->(m)"
    )
    report = reported(store, signatures, "simulated-specific")
    assert sorted({str(r.status) for r in report.answer.matches}) == ["SUPPORTED", "UNTESTABLE"]
    assert [s.record.status for s in report.shown] == ["SUPPORTED"]
    verdicts, _, rest = page(report).partition('id="missing"')
    (cut,) = (r for r in report.answer.matches if r.status == "UNTESTABLE")
    assert "full table" in cut.reason
    assert "full table" not in verdicts
    assert "full table" in rest


def test_a_report_of_what_matches_nothing_says_so_first(embedded_store: Store, tmp_path: Path) -> None:
    signatures = ingested(embedded_store, tmp_path)
    none = reported(embedded_store, signatures, "simulated-none")
    assert none.headline.startswith("Simulated data: simulated-none matches nothing here: ")
    opposite = reported(embedded_store, signatures, "simulated-opposite")
    assert "simulated-opposite matches nothing here: its changes go the opposite way to" in opposite.headline
    genes, names, counts = no_change()
    samples = tuple(Sample(name, "case" if name < "ctl" else "control") for name in names)
    upload = Upload(taxon="mouse", genes=genes, tissue=CORTEX, label=HOSTILE, counts=counts, samples=samples)
    ws = Workspace(Catalog.read(embedded_store), signatures)
    made = signature_report(embedded_store, ws, upload, disease=AD, commands=["orthokg match-signature mine.csv"])
    read = alone(page(made))
    assert {r.status for r in made.answer.matches} == {"NOT_SUPPORTED"}
    assert HOSTILE[:20] in read.text["h1"][0]
    assert "matches nothing here" in read.text["h1"][0]
    assert read.all("pre").strip() == "orthokg match-signature mine.csv"


def test_labels_that_are_markup_stay_text(embedded_store: Store, tmp_path: Path) -> None:
    signatures = ingested(embedded_store, tmp_path)
    for label in ("Contrast", "Dataset", "Gene", "DiseaseState", "Source", "Disease"):
        name = "symbol" if label == "Gene" else "title" if label == "Dataset" else "label"
        embedded_store.write(f"MATCH (n:{label}) SET n.{name} = $hostile, n.citation = $hostile", hostile=HOSTILE)  # type: ignore[arg-type]
    embedded_store.write("MATCH (d:Dataset) SET d.doi = $hostile, d.licence = $hostile", hostile=HOSTILE)
    html = page(reported(embedded_store, signatures, "simulated-specific"))
    read = alone(html)
    assert "<script" not in html
    assert "\u202e" not in html
    assert "<script>alert(1)</script>" in read.all("h2")
    assert "<script>alert(1)</script>" in read.all("svg")


def test_the_command(embedded_store: Store, served: Path, tmp_path: Path) -> None:
    wanted = page(reported(embedded_store, ingested(embedded_store, served), "simulated-specific"))
    out = tmp_path / "report.html"
    ask = ["report", "--model", "simulated-specific", "--disease", AD, "--out"]
    done = CliRunner().invoke(main, [*ask, str(out)])
    assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8") == wanted
    assert done.stdout.startswith("Simulated data: ")
    lost = CliRunner().invoke(main, [*ask, str(tmp_path / "none" / "report.html")])
    assert "the file can be written" in lost.output
    both = CliRunner().invoke(main, [*ask, str(out), "--signature", "x.csv"])
    assert "one thing is reported" in both.output
    own = CliRunner().invoke(main, ["report", "--signature", "x.csv", "--out", str(out)])
    assert "--taxon mouse" in own.output
    assert {lost.exit_code, both.exit_code, own.exit_code} == {1}


def test_the_command_reports_an_own_table(embedded_store: Store, served: Path, tmp_path: Path) -> None:
    ingested(embedded_store, served)
    genes, names, counts = no_change()
    pd.DataFrame(counts, index=pd.Index(genes, name="gene"), columns=names).to_csv(tmp_path / "mine.tsv", sep="\t")
    pd.DataFrame({"sample": names, "genotype": [name[:3] for name in names]}).to_csv(
        tmp_path / "sheet.csv", index=False
    )
    out = tmp_path / "mine.html"
    given = ["--taxon", "mouse", "--tissue", CORTEX, "--disease", AD, "--label", "my mice"]
    given += ["--samples", str(tmp_path / "sheet.csv"), "--arm", "genotype", "--case", "app", "--control", "ctl"]
    done = CliRunner().invoke(main, ["report", "--signature", str(tmp_path / "mine.tsv"), *given, "--out", str(out)])
    assert done.exit_code == 0, done.output
    read = alone(out.read_text(encoding="utf-8"))
    assert "my mice matches nothing here" in read.text["h1"][0]
    told = f"orthokg match-signature mine.tsv --disease {AD} --taxon mouse --tissue {CORTEX} --samples sheet.csv"
    assert f"{told} --arm genotype --case app --control ctl --label 'my mice'" in read.all("pre")
    assert str(tmp_path) not in out.read_text(encoding="utf-8")


def test_a_report_of_gene_sets_names_them_and_how_to_ask_again(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    symbols = [str(symbol) for symbol in signatures.get_table("genes/NCBITaxon:10090")["symbol"]]
    path = tmp_path / "mine.gmt"
    rows = [f"SET_{at}\tx\t" + "\t".join(symbols[at * 40 : at * 40 + 60]) for at in range(12)]
    path.write_text("\n".join(rows) + "\n")
    found = model_report(store, signatures, model="simulated-specific", disease=AD, sets=read_gmt(path))
    assert {r.level for r in found.answer.matches} == {"sets"}
    html = page(found)
    assert "SET_" in alone(html).all("td")
    assert [command for command in found.commands if "--sets mine.gmt" not in command] == []
    assert len(found.commands) == 2 + len(found.shown)
    with_match = CliRunner().invoke(
        main, ["report", "--match", "orthokg:match/x", "--sets", str(path), "--out", "x.html"]
    )
    assert (with_match.exit_code, "ARGUMENT" in with_match.stderr) == (1, True)
