"""What a report holds: an answer, its leading matches feature by feature, and what all of it rests on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, LiteralString

from kg.ask.questions import holding, match_answer, unknown_match
from kg.ask.upload import Upload
from kg.ask.upload_answer import signature_answer
from kg.errors import ContractError, Issue
from kg.match.verdict import Status
from kg.records.match import Answer
from kg.schema.match import MatchRecord
from kg.sides.catalog import Catalog, ContrastInfo
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.tables.gene_sets import GeneSetFile
from kg.verdict.explain import Verdict, sides_of
from kg.verdict.features import Features, features_of
from kg.verdict.score import score_side

FIRST = 3
"""Matches that are shown in full, where nothing else is asked."""
MOST = 20
_QUESTION: LiteralString = """
MATCH (k:Match {id: $id})-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)-[:OF_MODEL]->(d:DiseaseModel)
RETURN d.id AS model, k.disease AS disease, k.level AS level, k.policy AS policy
"""
_CITED: LiteralString = """
MATCH (n:Dataset) WHERE n.id IN $datasets
RETURN n.id AS id, n.title AS title, n.citation AS citation, n.doi AS doi, n.accession AS accession,
  n.licence AS licence, n.redistribute AS redistribute, n.sha256 AS sha256, '' AS version, n.simulated AS simulated
UNION ALL
MATCH (n:Source) WHERE n.id IN $sources
RETURN n.id AS id, n.label AS title, n.citation AS citation, '' AS doi, '' AS accession, n.licence AS licence,
  n.redistribute AS redistribute, [] AS sha256, n.version AS version, false AS simulated
"""


@dataclass(frozen=True)
class Cited:
    """A data set or source that a report rests on; ``version``: of a source, or the sha256 of the first file of a
    data set, shortened."""

    id: str
    title: str
    citation: str
    doi: str
    accession: str
    licence: str
    redistribute: bool
    version: str
    simulated: bool


@dataclass(frozen=True)
class Shown:
    """A match in full. ``intervals``: 95% interval of r of each pooled cohort, by its contrast; ``nulls``: kind of the
    null of each other state or model."""

    record: MatchRecord
    features: Features
    intervals: Mapping[str, tuple[float, float]]
    nulls: Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """``headline``: what is claimed, in a sentence; ``shown``: the leading matches in full, and ``answer`` has all of
    them;
    ``commands``: how to have the same answer again; ``software``: version of OrthoKG."""

    headline: str
    answer: Answer
    shown: tuple[Shown, ...]
    cited: tuple[Cited, ...]
    commands: tuple[str, ...]
    software: str


def model_report(
    store: Store,
    signatures: SignatureStore,
    *,
    model: str | None = None,
    disease: str | None = None,
    level: str = "gene",
    policy: str = "one2one",
    match: str | None = None,
    sets: GeneSetFile | None = None,
    first: int = FIRST,
) -> Report:
    """The report of a question (:func:`kg.ask.questions.match_answer`), or of one of its matches by id; of a stored
    match the id is enough. ``sets``: compare these gene sets, whatever the level; ``first``: so many matches in full,
    the most telling first, 1 to 20.

    Raises what the question does, UnknownTermError for an unknown match, and ContractError with the code WITHHELD where
    no match can be tested, so that nothing could be claimed.
    """
    if model is None and not match:
        fix = "name a model, or a match by its id"
        raise ContractError([Issue("report", "one thing is reported", "none", fix)], code="ARGUMENT")
    if model is None:
        rows = store.read(_QUESTION, id=match)
        if not rows:
            raise unknown_match(store, match or "")
        found: dict[str, str] = rows[0]
        model, level, policy, disease = found["model"], found["level"], found["policy"], found["disease"] or None
    answer = match_answer(store, signatures, model=model, disease=disease, level=level, policy=policy, sets=sets)
    if match is not None:
        answer = _only(store, answer, match)
    asked = f"--model {quoted(model)}" + (f" --disease {quoted(disease)}" if disease else "")
    asked += f" --sets {quoted(sets.name)}" if sets else f" --level {level}"
    asked += f" --policy {policy}"
    one = f" --match {match}" if match else ""
    commands = [f"orthokg match {asked}", f"orthokg report {asked}{one} --out report.html"]
    ws = holding(Workspace(Catalog.read(store), signatures), sets)
    named = ws.catalog.of_model(model)[0].model
    return report_of(store, ws, answer, named.label if named else model, commands, first)


def signature_report(
    store: Store,
    ws: Workspace,
    upload: Upload,
    *,
    disease: str | None = None,
    level: str = "gene",
    policy: str = "one2one",
    sets: GeneSetFile | None = None,
    commands: Sequence[str] = (),
    first: int = FIRST,
) -> Report:
    """The report of an uploaded signature; nothing is stored. ``sets``: compare these gene sets, whatever the level;
    ``commands``: how its answer is asked for again. Raises
    what ``kg.ask.upload_answer.signature_answer`` does, and ContractError with the code WITHHELD."""
    answer, here = signature_answer(store, ws, upload, disease=disease, level=level, policy=policy, sets=sets)
    return report_of(store, here, answer, upload.label, commands, first)


def quoted(value: str) -> str:
    """A value as a shell takes it."""
    plain = value and all(sign.isalnum() or sign in "-_.:/+@" for sign in value)
    return value if plain else "'" + value.replace("'", "'\"'\"'") + "'"


def _only(store: Store, answer: Answer, match: str) -> Answer:
    kept = tuple(r for r in answer.matches if r.id == match)
    if not kept:
        raise unknown_match(store, match)
    return Answer(answer.question, answer.release, answer.family, kept, answer.gaps, answer.pairing)


def report_of(
    store: Store, ws: Workspace, answer: Answer, subject: str, commands: Sequence[str] = (), first: int = FIRST
) -> Report:
    """The report of an answer that is there already. ``ws``: the workspace that its matches are explained by;
    ``subject``: what was asked about, in a sentence. Raises ContractError with the code WITHHELD."""
    records = answer.matches
    testable = [r for r in records if r.status != Status.UNTESTABLE]
    if records and not testable:
        raise withheld(records)
    shown = tuple(_shown(store, ws, r) for r in testable[:first])
    own = f" --sets {quoted(ws.brought.file)}" if ws.brought else ""
    ids = [f"orthokg explain {s.record.id}{own} --format tsv" for s in shown if not s.record.id.startswith("uploaded:")]
    return Report(
        headline(records, subject),
        answer,
        shown,
        tuple(_cited(store, ws, shown)),
        (*commands, *ids),
        version("orthokg"),
    )


def withheld(records: Sequence[MatchRecord]) -> ContractError:
    """The error of a report in which nothing could be claimed."""
    issues = [
        Issue(
            f"{r.mouse_label} x {r.human_label}",
            "WITHHELD: a report is of a match that can be tested",
            r.reason,
            "give what the reason asks for, or see the score without a p by `orthokg match`",
        )
        for r in records[:5]
    ]
    return ContractError(issues, code="WITHHELD")


def headline(records: Sequence[MatchRecord], subject: str) -> str:
    """What an answer comes to, in a sentence; that nothing matches comes first where nothing does."""
    tested = [r for r in records if r.status != Status.UNTESTABLE]
    if records and not tested:
        return f"Nothing is claimed about {subject}: none of {len(records)} comparisons can be tested."
    if not tested:
        return f"{subject} matches nothing: no human state is available to compare it with."
    agree = [r for r in tested if r.status in (Status.SUPPORTED, Status.NONSPECIFIC)]
    against = [r for r in tested if r.status == Status.DISCORDANT]
    if agree and agree[0].sentence:
        return agree[0].sentence
    pairs = f"none of {len(tested)} comparisons agrees" if len(tested) > 1 else "the one comparison does not agree"
    told = f"{pairs} beyond what noise gives"
    if against:
        names = against[0].human_label if len(against) == 1 else f"{len(against)} of them"
        told = f"its changes go the opposite way to {names}"
    simulated = any(flag.startswith("simulated:") for r in tested for flag in r.flags)
    return f"{'Simulated data: ' if simulated else ''}{subject} matches nothing here: {told}."


def _shown(store: Store, ws: Workspace, r: MatchRecord) -> Shown:
    verdict = Verdict.of(r)
    here, contrast, side, space = sides_of(ws, verdict)
    result = score_side(here, contrast, side, space, r.level, specific=False).result
    tests = result.cohorts if result else {}
    return Shown(
        r,
        features_of(store, ws, verdict),
        {key: (t.low, t.high) for key, t in tests.items()},
        {
            g.state: " + ".join(dict.fromkeys(info.null for info in _cohorts(ws, g.state))) or "none"
            for g in (*r.given, *r.model_given)
        },
    )


def _cohorts(ws: Workspace, key: str) -> Sequence[ContrastInfo]:
    """Of a state, or a contrast that stands for itself."""
    alone = ws.catalog.contrasts.get(key)
    return [alone] if alone is not None else ws.catalog.cohorts.get(key, [])


def _cited(store: Store, ws: Workspace, shown: Sequence[Shown]) -> Iterable[Cited]:
    """Data of both sides, of the noise that they borrow and of the other states, and sources of what joins them."""
    datasets: dict[str, None] = {}
    sources: dict[str, None] = {}
    for each in shown:
        sources |= dict.fromkeys(each.features.sources)
        datasets |= dict.fromkeys(e.dataset for e in each.features.explanation.evidence if e.dataset)
        datasets |= dict.fromkeys(_beside(ws, each.record))
    asked = {"datasets": list(datasets), "sources": list(sources)}
    known = {row["id"]: row for row in store.read(_CITED, **asked)}
    for key in (*datasets, *sources):
        row: dict[str, Any] = known.get(key, {})
        digests = row.get("sha256") or []
        yield Cited(
            key,
            row.get("title") or key,
            row.get("citation") or "",
            row.get("doi") or "",
            row.get("accession") or "",
            row.get("licence") or "none stated",
            bool(row.get("redistribute")),
            row.get("version") or (f"sha256 {digests[0][:12]}" if digests else ""),
            bool(row.get("simulated")),
        )


def _beside(ws: Workspace, r: MatchRecord) -> Iterable[str]:
    """Data sets that noise is borrowed from, and those of other states and models that were asked."""
    contrast = ws.contrast(r.mouse)
    sides = [contrast] if contrast is not None else []
    sides += [ws.catalog.contrasts[c.contrast] for c in r.cohorts if c.contrast in ws.catalog.contrasts]
    for info in sides:
        if info.noise == "reference":
            yield from (reference.dataset for reference in ws.references_for(info)[:1])
    for given in (*r.given, *r.model_given):
        if given.role == "not tested":
            continue
        yield from (info.dataset for info in _cohorts(ws, given.state))
