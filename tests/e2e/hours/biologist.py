"""A biologist takes along a report and a list of genes, and plans the next experiment by it."""

import json
import re

from tests.e2e.hours.hour import AD, MODEL, NO_MATCH, Hour, table

SIDES = ("p_model", "p_human", "q_model", "q_human", "effect_model", "effect_human")


ASK = ("match", "--model", MODEL, "--disease", AD)


def in_plain_words(hour: Hour) -> None:
    """A verdict opens with a sentence, and each quantity has its meaning beside it."""
    (match,) = hour.told(*ASK)["matches"]
    assert "changes like human Alzheimer disease" in match["sentence"]
    shown = " ".join(hour.asked(*ASK).split())
    assert shown.index(match["sentence"]) < shown.index("SUPPORTED ")
    assert "joint null, two-sided" in shown


def a_list_of_genes(hour: Hour) -> None:
    """Genes leave as a table, all of them, with orthologs and the tests of both sides."""
    (match,) = hour.told(*ASK)["matches"]
    changes = hour.rows(*ASK, "--rows", "changes")
    assert len(changes) == match["n_changes"] > 0
    features = hour.asked("explain", match["id"], "--format", "tsv")
    assert json.loads(features.splitlines()[0].removeprefix("# sentence: ")) == match["sentence"]
    rows = table(features)
    assert len(rows) == match["n_features"]
    for row in (*changes, *rows):
        assert all(row[name] for name in ("model_symbol", "human_symbol", *SIDES))
    assert any(row["left_given"] for row in changes)


def a_report(hour: Hour) -> None:
    """One file that loads nothing, with the verdict first; of no match it says so."""
    out = hour.folder / "report.html"
    hour.asked("report", "--model", MODEL, "--disease", AD, "--out", str(out))
    text = out.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "changes like human Alzheimer disease" in text
    assert not any(word in text for word in ("<script", "<link", 'src="http'))
    none = hour.told("match", "--model", NO_MATCH, "--disease", AD)["matches"][0]
    assert "no agreement with human Alzheimer disease" in none["sentence"]


def a_plan(hour: Hour) -> None:
    """Power of each status for each number of animals, and what keeps it low."""
    (pair,) = hour.told("plan", "--model", "simulated-shared", "--disease", AD, "--animals", "3..15")["pairs"]
    power = {(row["r"], row["animals"]): row["supported"] + row["nonspecific"] for row in pair["rows"]}
    assert power[0.5, 15] > power[0.5, 3]
    assert pair["takes"][0]["cap"].startswith("the human side")


def gene_sets(hour: Hour) -> None:
    """Sets of one's own are a level; a file without a known gene has an error of its own."""
    changes = hour.rows(*ASK, "--rows", "changes")
    up, down = ([row["human_symbol"] for row in changes if row["direction"] == way][:20] for way in ("up", "down"))
    path = hour.folder / "mine.gmt"
    path.write_text("UP\t\t" + "\t".join(up) + "\nDOWN\t\t" + "\t".join(down) + "\n", encoding="utf-8")
    found = hour.told(*ASK, "--sets", str(path))
    assert {change["label"] for change in found["changes"]} == {"UP", "DOWN"}
    path.write_text("MINE\t\tNOT_A_GENE\tNEITHER\n", encoding="utf-8")
    assert "UNKNOWN_GENES" in hour.refused(*ASK, "--sets", str(path))


def known_and_not_measured(hour: Hour) -> None:
    """Nobody is told to check the spelling of what is spelt well."""
    for words in (("--model", MODEL, "--cell-type", "microglial cell"), ("--drug", "baricitinib")):
        said = hour.refused("match", *words)
        assert "is in the graph, but it is no" in said
        assert "spelling" not in said


def a_drug_in_two_species(hour: Hour) -> None:
    """The same changes or not, and called simulated."""
    (alike,), (unlike,) = (
        hour.told("compare", "--drug", f"simulated-drug-{name}")["matches"] for name in ("alike", "unlike")
    )
    assert (alike["status"], unlike["status"]) == ("SUPPORTED", "NOT_SUPPORTED")
    assert alike["sentence"].startswith("Simulated data")


def pages_of_things(hour: Hour) -> None:
    """An address of a regulon, a contrast or a data set has a page of its own, and does not show the verdicts. What
    the pages show is tested in a browser, in ``tests/browser``."""
    page = hour.http.get("/").text
    script = re.search(r'src="([^"]+/js/main\.js)"', page)
    assert script is not None
    views = re.search(r"const VIEWS = {([^}]*)}", hour.http.get(script[1]).text)
    assert views is not None
    names = {entry.partition(":")[0].strip() for entry in views[1].split(",")}
    assert {"regulon", "contrast", "dataset", "gene", "about", "cite"} <= names


NEEDS = (
    in_plain_words,
    a_list_of_genes,
    a_report,
    a_plan,
    gene_sets,
    known_and_not_measured,
    a_drug_in_two_species,
    pages_of_things,
)
