"""Matches a user's study with the human states of the graph: cells summed by donor and type, or counts with a sample
sheet. Nothing is stored in the graph."""

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd

from ingest.files.cells.labels import Label, label_types
from ingest.files.cells.matrix import open_cells
from ingest.jobs.study import need_values, spec_of
from ingest.method.pseudobulk import Pseudobulk, pseudobulk
from ingest.study.cells import donor_sheet
from kg.ask.upload import Sample, Upload
from kg.ask.upload_answer import signature_answer
from kg.cli.render import tsv
from kg.cli.signature import read_upload
from kg.errors import KgError, broken
from kg.jobs.child import Work
from kg.names.placeholders import is_name, no_names
from kg.read.contents import rounded
from kg.records.match import Answer
from kg.report.contents import headline, report_of
from kg.report.page import page
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore, Strings
from kg.store.driver import home
from kg.tables.gene_sets import GeneSetFile

ALL = "all cells"


def run(work: Work) -> Mapping[str, Any]:
    """:func:`answers` of each population of the study."""
    return answers(work, _of_cells(work) if "cells" in work.files else [_of_counts(work)])


def answers(
    work: Work, uploads: Sequence[tuple[str, Upload | KgError]], sets: GeneSetFile | None = None, *, alone: bool = False
) -> Mapping[str, Any]:
    """Writes ``answers.json``, with the answer for each population or the reason why there is none, ``verdicts.tsv``,
    with all matches, and a report of each population in which a match can be tested. Each finished population is
    checkpointed. ``sets``: compare these gene sets, whatever the level; ``alone``: there is one, whose error is that of
    the job."""
    ws = Workspace(Catalog.read(work.store), SignatureStore(home() / "signatures"))
    told = []
    for at, (name, upload) in enumerate(uploads):
        work.progress(at, len(uploads), f"matching {name}")
        told.append(
            json.loads(work.kept(f"{at}.json", lambda u=upload, n=name: _answered(work, ws, n, u, sets, alone)))
        )
    work.progress(len(uploads), len(uploads), "matched")
    text = "".join(rows for at, each in enumerate(told) for rows in _rows(each, header=at == 0))
    work.result("verdicts.tsv", "text/tab-separated-values").write_text(text, encoding="utf-8")
    made = [each["report"] for each in told if each.get("report")]
    for at, html in enumerate(made, 1):
        name = "report.html" if len(told) == 1 else f"report-{at}.html"
        work.result(name, "text/html").write_text(html, encoding="utf-8")
    kept = [{name: value for name, value in each.items() if name not in ("tsv", "report")} for each in told]
    work.result("answers.json", "application/json").write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
    return {"populations": [_line(each) for each in kept]}


def _answered(
    work: Work, ws: Workspace, name: str, upload: Upload | KgError, sets: GeneSetFile | None, alone: bool
) -> bytes:
    """JSON of the answer and its rows, or of the error."""
    given = work.arguments
    try:
        if isinstance(upload, KgError):
            raise upload
        asked = {"disease": given.get("disease"), "level": given["level"], "policy": given["policy"]}
        answer, here = signature_answer(work.store, ws, upload, **asked, sets=sets, every=True)
    except KgError as error:
        if alone:
            raise
        return json.dumps({"population": name, "error": {"code": error.code, "message": str(error)}}).encode()
    try:
        report = page(report_of(work.store, here, answer, upload.label))
    except KgError as error:
        if error.code != "WITHHELD":
            raise
        report = ""  # the answer says why of each match
    told = {
        "population": name,
        "headline": headline(answer.matches, upload.label),
        "answer": rounded(answer.to_json()),
        "tsv": tsv(answer),
        "report": report,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _rows(each: Mapping[str, Any], *, header: bool) -> list[str]:
    """Rows of its table, with the population as first column."""
    rows = list(csv.reader(StringIO(each.get("tsv", "")), delimiter="\t"))
    empty = tsv(Answer("", "", "", ()))
    head = next(csv.reader(StringIO(empty), delimiter="\t"))
    out = StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    if header:
        writer.writerow(["population", *head])
    writer.writerows([[each["population"], *row] for row in rows[1:]])
    return [out.getvalue()]


def _line(each: Mapping[str, Any]) -> dict[str, Any]:
    if "error" in each:
        return {"population": each["population"], **each["error"], "matches": 0}
    matches: Sequence[Mapping[str, Any]] = each["answer"]["matches"]
    count = {status: sum(m["status"] == status for m in matches) for status in sorted({m["status"] for m in matches})}
    told = {"population": each["population"], "in_words": each["headline"], "code": "", "matches": len(matches)}
    return {**told, "statuses": count}


def _of_counts(work: Work) -> tuple[str, Upload]:
    """Counts, read as by `orthokg match-signature`."""
    given = work.arguments
    facts = {
        **{name: given.get(name) for name in ("taxon", "cell_type", "tissue", "donor")},
        **{name: tuple(given.get(name, ())) for name in ("engineered", "strata", "case", "control")},
        "arm": given["condition"],
        "reference": None,
        "label": work.files["counts"].name,
        "duplicates": "refuse",
        "unit": "donor",
        "drug": "",
        "cut": "",
        "scale": "counts",
    }
    return work.files["counts"].name, read_upload(work.files["counts"], work.files["samples"], (), facts)


def _of_cells(work: Work) -> list[tuple[str, Upload | KgError]]:
    """One upload per population: its cells summed by donor. Gene identifiers stay as in the file; the graph resolves
    them."""
    given, spec = work.arguments, spec_of(work)
    cells = open_cells(work.files["cells"], spec)
    need_values(cells, given["condition"], [*given["case"], *given["control"]], "case and control")
    donors = _named(cells.texts(spec.donor, "donor"))
    types, labels = _types(work, cells.texts(given["type"], "type") if given.get("type") else None, cells.n_cells)
    sheet = donor_sheet(cells.obs, donors)
    for column in (given["condition"], *given.get("strata", ())):
        cells.texts(column, "condition or strata")  # the column exists
        if column not in sheet:
            fix = "choose a column that is constant within each donor"
            rule = f"{column!r} is constant within each donor"
            raise broken("VARIES_IN_DONOR", cells.path.name, rule, "several values in one donor", fix)
    sums = pseudobulk(
        cells,
        donors,
        types,
        progress=lambda done, total: work.progress(done, total, "summing cells"),
        checkpoints=work.checkpoint,
    )
    genes, column = np.unique(cells.genes.astype(str), return_inverse=True)
    made = []
    for label in labels:
        part = sums.of_type(label.name, int(given["min_cells"]))
        counts = np.zeros((len(genes), len(part.donors)))
        np.add.at(counts, column, part.sums.T)
        made.append((label.name, _upload(work, label, part, genes, counts, sheet)))
    return made


def _upload(
    work: Work,
    label: Label,
    part: Pseudobulk,
    genes: Strings,
    counts: np.ndarray,
    sheet: pd.DataFrame,
) -> Upload | KgError:
    given = work.arguments
    arms = {**dict.fromkeys(given["case"], "case"), **dict.fromkeys(given["control"], "control")}
    if not len(part.donors):
        return KgError(f"No donor has {given['min_cells']} or more cells of {label.name}.", code="NO_CELLS")
    samples = tuple(
        Sample(
            str(donor),
            arms.get(str(sheet.loc[donor, given["condition"]]), "other"),
            "",
            tuple(str(sheet.loc[donor, column]) for column in given.get("strata", ())),
        )
        for donor in part.donors
    )
    return Upload(
        taxon=given["taxon"],
        genes=genes.tolist(),
        counts=counts,
        samples=samples,
        cell_type=label.exact or given.get("cell_type") or None,
        tissue=None if label.exact or given.get("cell_type") else given.get("tissue"),
        label=f"{work.files['cells'].name}: {label.name}"[:200],
        engineered=tuple(given.get("engineered", ())),
    )


def _named(texts: Strings) -> Strings:
    return np.where(np.isin(texts, list(no_names(texts, []))), "", texts)


def _types(work: Work, texts: Strings | None, n: int) -> tuple[Strings, tuple[Label, ...]]:
    """The population of each cell (n,), and the requested populations."""
    if texts is None:
        return np.full(n, ALL), (Label(ALL, "", "broad mapping", (ALL,)),)
    texts = np.array([text if is_name(text, []) else "" for text in texts.tolist()], dtype=str)
    labels = label_types(texts)
    name = {text: label.name for label in labels for text in label.texts} | {"": ""}
    wanted = set(work.arguments.get("types", ()))
    chosen = [each for each in labels if not wanted or wanted & {each.name, each.term, *each.texts}]
    if not chosen:
        there = ", ".join(repr(each.name) for each in labels[:20]) or "none"
        fix = f"the cell types are {there}"
        raise broken("NO_SUCH_VALUE", "types", "some cell is of a requested type", sorted(wanted), fix)
    return np.array([name[text] for text in texts.tolist()], dtype=str), tuple(chosen)
