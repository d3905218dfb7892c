"""The questions that the command line and GraphQL ask, each one function: names in, an :class:`Answer` out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import LiteralString, cast

from kg.associate import MOST_CHANGES, family, family_text, pairwise
from kg.catalog import Catalog, ContrastInfo, nearest
from kg.curation import curations_of
from kg.errors import ContractError, Issue, UnknownTermError
from kg.match.orthology import POLICIES, Policy
from kg.match.verdict import Status
from kg.match_graph import read_matches
from kg.records import Answer, Gap, MatchRecord
from kg.signatures import SignatureStore
from kg.store import Store
from kg.workspace import LEVELS, Workspace

_ORDER = [str(status) for status in Status]
_DISEASE: LiteralString = """
MATCH (d:Disease) WHERE d.id = $term OR toLower(d.label) = toLower($term)
RETURN d.id AS id, d.deprecated AS deprecated, d.replaced_by AS replaced_by
"""
_MISSING: LiteralString = (
    "MATCH (s:Source) WHERE s.status <> 'loaded' RETURN s.id AS id, s.reason AS reason ORDER BY s.id"
)
_MATCH: LiteralString = """
MATCH (k:Match {id: $id})-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)
RETURN m.id AS mouse, k.disease AS disease, k.level AS level, k.policy AS policy
"""
_SOME: LiteralString = "MATCH (k:Match) RETURN k.id AS id ORDER BY k.rank, k.id LIMIT 3"
_RELEASE: LiteralString = "MATCH (r:Release) RETURN r.label AS label, r.data_version AS version ORDER BY r.id"


def match_answer(
    store: Store, signatures: SignatureStore, *, model: str, disease: str | None = None, cell_type: str | None = None,
    level: str = "gene", policy: str = "one2one",
) -> Answer:  # fmt: skip
    """Which human states under ``disease`` (MONDO id or label; None: all) the contrasts of ``model`` match.

    ``cell_type`` (CL id) shows only contrasts on that cell type; the family, and so q, stays as it is. Stored verdicts are
    read; what is not stored is computed from the same signatures. Raises UnknownTermError and ContractError.
    """
    choice = _checked(level, policy)
    catalog = Catalog.read(store)
    contrasts = sorted(catalog.of_model(model), key=lambda c: c.id)
    term = _disease(store, catalog, disease)
    if cell_type:
        known = sorted({c.cell_type.id for c in contrasts if c.cell_type})
        if cell_type not in known:
            raise UnknownTermError(cell_type, f"cell type measured in {model}", suggestions=tuple(known))
        contrasts = [c for c in contrasts if c.cell_type and c.cell_type.id == cell_type]
    records = _stored(store, signatures, contrasts, term, level, choice)
    if records is None:
        ws = Workspace(catalog, signatures)
        records = [r for c in contrasts for r in family(ws, c, disease=term, level=level, policy=choice)]
    records.sort(key=lambda r: (_ORDER.index(r.status), 1.0 if r.p is None else r.p))
    text = "; ".join(family_text(c, term, level, policy) for c in contrasts)
    question = f"which {level}-level changes of {model} match human states under {term or 'any disease'}"
    return Answer(question, release(store, signatures), text, curated(store, records), _gaps(store, catalog, records))


def stored_match(store: Store, match: str) -> MatchRecord:
    """One stored match by its id. Raises UnknownTermError."""
    for row in store.read(_MATCH, id=match):
        for record in read_matches(store, [row["mouse"]], row["disease"], row["level"], row["policy"]):
            if record.id == match:
                return curated(store, [record])[0]
    raise UnknownTermError(match, "match", suggestions=tuple(row["id"] for row in store.read(_SOME)))


def compare_answer(
    store: Store, signatures: SignatureStore, *, model: str, other: str, level: str = "gene", policy: str = "one2one"
) -> Answer:
    """Every contrast of one model against every contrast of another."""
    choice, catalog = _checked(level, policy), Catalog.read(store)
    ws = Workspace(catalog, signatures)
    records = [
        r for c in catalog.of_model(model) for r in pairwise(ws, c, catalog.of_model(other), level=level, policy=choice)
    ]
    question = f"do {model} and {other} change alike at {level} level"
    return Answer(question, release(store, signatures), question, curated(store, records), _gaps(store, catalog, records))


def drug_answer(
    store: Store, signatures: SignatureStore, *, drug: str, disease: str | None = None, level: str = "gene",
    policy: str = "one2one",
) -> Answer:  # fmt: skip
    """Which human states and animal models the conditions of a drug mimic (score above 0) or reverse (below 0)."""
    choice, catalog = _checked(level, policy), Catalog.read(store)
    term, ws = _disease(store, catalog, disease), Workspace(catalog, signatures)
    models = [c for c in catalog.contrasts.values() if c.model]
    records = []
    for contrast in catalog.of_drug(drug):
        records += family(ws, contrast, disease=term, level=level, policy=choice, band=False)
        records += pairwise(ws, contrast, models, level=level, policy=choice)
    question = f"which states and models does {drug} mimic (r > 0) or reverse (r < 0)"
    return Answer(question, release(store, signatures), question, curated(store, records), _gaps(store, catalog, records))


def curated(store: Store, records: Sequence[MatchRecord]) -> tuple[MatchRecord, ...]:
    """The same records, each with what curators said of it."""
    said = curations_of(store, [record.id for record in records])
    return tuple(replace(record, curations=said[record.id]) if record.id in said else record for record in records)


def release(store: Store, signatures: SignatureStore) -> str:
    """Name of the release that the data are, or that they are none."""
    named = [row["label"] for row in store.read(_RELEASE) if row["version"] == signatures.version]
    return f"{named[-1] if named else 'unreleased'} (data {signatures.version})"


def _checked(level: str, policy: str) -> Policy:
    issues = []
    if level not in LEVELS:
        issues.append(Issue("level", "a level is gene, module or regulon", level, f"use one of {', '.join(LEVELS)}"))
    if policy not in POLICIES:
        issues.append(Issue("policy", "orthology policies are named", policy, f"use one of {', '.join(POLICIES)}"))
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return cast(Policy, policy)


def _disease(store: Store, catalog: Catalog, disease: str | None) -> str | None:
    if disease is None:
        return None
    found = store.read(_DISEASE, term=disease)
    if found and found[0]["deprecated"]:
        raise UnknownTermError(disease, "disease", replacement=found[0]["replaced_by"] or None)
    term = found[0]["id"] if found else disease
    if not catalog.states_under(term):
        known = {f"{s.disease} ({s.disease_label})": s for s in catalog.states_under(None)}
        close = nearest(disease, [s.disease_label for s in known.values()] + [s.disease for s in known.values()])
        hints = [name for name, s in known.items() if s.disease in close or s.disease_label in close]
        raise UnknownTermError(disease, "disease with a human state at hand", suggestions=tuple(sorted(hints)))
    return term


def _stored(
    store: Store, signatures: SignatureStore, contrasts: list[ContrastInfo], disease: str | None, level: str, policy: str
) -> list[MatchRecord] | None:  # fmt: skip
    """Stored verdicts when all of these contrasts have them under the data at hand; None otherwise."""
    if disease is None:
        return None
    records = read_matches(store, [c.id for c in contrasts], disease, level, policy)
    current = [r for r in records if r.data_version == signatures.version]
    complete = {r.mouse for r in current} == {c.id for c in contrasts} and len(current) == len(records)
    return current if complete else None


def _gaps(store: Store, catalog: Catalog, records: list[MatchRecord]) -> tuple[Gap, ...]:
    found = [
        Gap("missing", row["id"], row["reason"] or "not loaded", "orthokg ingest, with a network or ORTHOKG_CACHE")
        for row in store.read(_MISSING)
    ]
    seen: dict[str, str] = {}
    for record in records:
        for cohort in record.cohorts:
            if cohort.status.startswith("untestable"):
                seen.setdefault(cohort.label, cohort.status.removeprefix("untestable: "))
    found += [Gap("missing", f"noise of {label}", why) for label, why in seen.items()]
    if not any(c.noise == "donors" and c.taxon != "NCBITaxon:9606" for c in catalog.contrasts.values()):
        found.append(
            Gap("missing", "counts of animals", "no model has counts of its donors", "ingest counts by a manifest")
        )
    for record in records:
        if record.n_changes > len(record.changes):
            left = record.n_changes - len(record.changes)
            why = f"the {MOST_CHANGES} surest are listed"
            found.append(Gap("withheld", f"{left} further changes of {record.mouse_label} x {record.human_label}", why))
    return tuple(found)
