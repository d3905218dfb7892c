"""The questions that the command line and GraphQL ask, each one function: names in, an :class:`Answer` out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import LiteralString, cast

from kg.curate.curation import curations_of
from kg.curie import HUMAN
from kg.errors import ContractError, Issue, UnknownTermError
from kg.match.compared import LEVELS
from kg.match.orthology import POLICIES, Policy
from kg.match.verdict import Status
from kg.names.ids import prefix_of, spelt, wanted
from kg.records.match import Answer, Gap, MatchRecord, place
from kg.release.releases import release_text
from kg.sides.basis import stands
from kg.sides.catalog import Catalog, ContrastInfo, nearest
from kg.sides.human import lacks_noise
from kg.sides.pairing import PAIR_BY, Effect, effect, pairs_of
from kg.sides.plan import Plan
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.stored.whole import read_matches
from kg.verdict.diseases import asked_under
from kg.verdict.family import MOST_CHANGES, PAIR_TEXT, family, family_text, paired, paired_text, pairwise
from kg.verdict.many import ranked_family, ranked_pairs
from kg.verdict.ranked import Ranked, joined, statuses

_DISEASE: LiteralString = """
MATCH (d:Disease) WHERE d.id = $term OR toLower(d.label) = toLower($term)
RETURN d.id AS id, d.deprecated AS deprecated, d.replaced_by AS replaced_by
"""
_MISSING: LiteralString = (
    "MATCH (s:Source) WHERE s.status <> 'loaded' RETURN s.id AS id, s.reason AS reason ORDER BY s.id"
)
_RUNS: LiteralString = """
MATCH (k:Match {level: $level, policy: $policy})-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)
WHERE m.id IN $mice AND k.disease = $disease RETURN DISTINCT m.id AS mouse, k.run AS run
"""
_SOME: LiteralString = "MATCH (k:Match) RETURN k.id AS id ORDER BY k.rank, k.id LIMIT 3"


def match_answer(
    store: Store, signatures: SignatureStore, *, model: str, disease: str | None = None, cell_type: str | None = None,
    level: str = "gene", policy: str = "one2one", pair_by: str | None = None,
) -> Answer:  # fmt: skip
    """Which human states under ``disease`` (MONDO id or label; None: all) the contrasts of ``model`` match.

    ``cell_type`` (CL id) shows only contrasts on that cell type; the family, and so q, stays as it is. ``pair_by``: how
    contrasts and states are paired (``kg.sides.pairing``); where one is named, the answer says what each would give. Stored verdicts
    are read; what is not stored is computed from the same signatures. Raises UnknownTermError and ContractError.
    """
    catalog = Catalog.read(store)
    plan = planned(
        store, catalog, model=model, disease=disease, cell_type=cell_type, level=level, policy=policy, pair_by=pair_by or "all"
    )
    ws = Workspace(catalog, signatures)
    records, unread = (None, ()) if plan.pairs else _stored(store, ws, plan)
    unread += () if records is None else without(ws, plan)
    if records is None:
        records = computed(ws, plan)
    records.sort(key=lambda r: place(r.status, r.p, r.score, r.id))
    gaps = gaps_of(store, catalog, records) + unpaired(catalog, plan) + unread
    found = effect_of(store, ws, plan) if pair_by else None
    return Answer(plan.question, release(store, signatures), plan.family, curated(store, records), gaps, found)


def planned(
    store: Store, catalog: Catalog, *, model: str, disease: str | None, cell_type: str | None, level: str, policy: str,
    pair_by: str = "all",
) -> Plan:  # fmt: skip
    """The question of :func:`match_answer`, checked. Raises UnknownTermError and ContractError."""
    choice = choice_of(level, policy)
    if pair_by not in PAIR_BY:
        fix = f"use one of {', '.join(PAIR_BY)}"
        raise ContractError([Issue("pair_by", "ways to pair contrasts are named", pair_by, fix)], code="ARGUMENT")
    cell_type = spelt(cell_type) if cell_type else cell_type
    contrasts = every = sorted(catalog.of_model(model), key=lambda c: c.id)
    term = disease_term(store, catalog, disease)
    if cell_type:
        known = sorted({c.cell_type.id for c in contrasts if c.cell_type})
        named = {c.cell_type.label.casefold(): c.cell_type.id for c in contrasts if c.cell_type}
        cell_type = named.get(cell_type.casefold(), cell_type)
        if cell_type not in known:
            raise UnknownTermError(
                cell_type, f"cell type measured in {model}", suggestions=tuple(known), argument="cell_type"
            )
        contrasts = [c for c in contrasts if c.cell_type and c.cell_type.id == cell_type]
    text = "; ".join(family_text(c, term, level, policy) for c in contrasts)
    question = f"which {level}-level changes of {model} match human states under {term or 'any disease'}"
    if pair_by == "all":
        return Plan(tuple(contrasts), term, level, choice, question, text, tuple(every))
    pairs = pairs_of(store, catalog, every, catalog.states_under(term))
    question += f", paired by {PAIR_TEXT[pair_by]}"
    text = paired_text(pair_by, term, level, policy)
    return Plan(tuple(contrasts), term, level, choice, question, text, tuple(every), pair_by, pairs)


def computed(ws: Workspace, plan: Plan) -> list[MatchRecord]:
    """The matches of a question, by the same functions that made the stored ones."""
    if plan.pairs is not None:
        members = [(c, plan.pairs.states(c.id, plan.pair_by)) for c in plan.whole]
        members = [(c, states) for c, states in members if states]
        found = paired(ws, members, pair_by=plan.pair_by, disease=plan.disease, level=plan.level, policy=plan.policy)
        shown = {c.id for c in plan.contrasts}
        return [record for record in found if record.mouse in shown]
    made = [family(ws, c, disease=plan.disease, level=plan.level, policy=plan.policy) for c in plan.contrasts]
    return [
        replace(record, other_families=_other_families(ws.catalog, contrast, record))
        for contrast, records in zip(plan.contrasts, made, strict=True)
        for record in records
    ]


def _other_families(catalog: Catalog, contrast: ContrastInfo, record: MatchRecord) -> tuple[str, ...]:
    """In which other families the pair stands; their q is not computed for this answer."""
    asked = asked_under(catalog, contrast, record.state)
    return tuple(f"another q when asked under {d} (up to {n} states)" for d, n in asked.items() if d != record.disease)


def effect_of(store: Store, ws: Workspace, plan: Plan) -> Effect:
    """What each way of pairing would give for all contrasts of the model."""
    pairs = plan.pairs or pairs_of(store, ws.catalog, plan.whole, ws.catalog.states_under(plan.disease))
    plain = replace(plan, contrasts=plan.whole, pair_by="all", pairs=None)
    records, _ = _stored(store, ws, plain)
    return effect(computed(ws, plain) if records is None else records, pairs)


def unpaired(catalog: Catalog, plan: Plan) -> tuple[Gap, ...]:
    """Contrasts that a way of pairing leaves without a state, and why."""
    if plan.pairs is None:
        return ()
    found = []
    for contrast in plan.contrasts:
        left = len(catalog.states_under(plan.disease)) - len(plan.pairs.states(contrast.id, plan.pair_by))
        if left:
            why = f"not paired by {PAIR_TEXT[plan.pair_by]}"
            if contrast.cell_type is None and plan.pair_by in ("cl", "both"):
                why += "; it names no Cell Ontology term"
            found.append(Gap("withheld", f"{left} human states for {contrast.label}", why, "pair by all"))
    return tuple(found)


def unknown_match(store: Store, match: str) -> UnknownTermError:
    """The error of a match that is not stored, with some that are."""
    return UnknownTermError(match, "match", suggestions=tuple(row["id"] for row in store.read(_SOME)), argument="id")


def compare_answer(
    store: Store, signatures: SignatureStore, *, model: str, other: str, level: str = "gene", policy: str = "one2one",
    first: int | None = None,
) -> Answer:  # fmt: skip
    """Every contrast of one model against every contrast of another. ``first``: only so many of the matches, best first, and
    how many more there are."""
    choice, catalog = choice_of(level, policy), Catalog.read(store)
    ws, others = Workspace(catalog, signatures), catalog.of_model(other)
    ask = pairwise if first is None else ranked_pairs
    parts = [ask(ws, c, others, level=level, policy=choice) for c in catalog.of_model(model)]
    return _several(store, ws, f"do {model} and {other} change alike at {level} level", parts, first)


def drug_answer(
    store: Store, signatures: SignatureStore, *, drug: str, disease: str | None = None, level: str = "gene",
    policy: str = "one2one", first: int | None = None,
) -> Answer:  # fmt: skip
    """Which human states and animal models the conditions of a drug mimic (score above 0) or reverse (below 0). ``first`` as
    :func:`compare_answer` has it."""
    choice, catalog = choice_of(level, policy), Catalog.read(store)
    term, ws = disease_term(store, catalog, disease), Workspace(catalog, signatures)
    models = [c for c in catalog.contrasts.values() if c.model]
    of_states, of_models = (family, pairwise) if first is None else (ranked_family, ranked_pairs)
    parts: list[Sequence[MatchRecord]] = []
    for contrast in catalog.of_drug(drug):
        parts += [
            of_states(ws, contrast, disease=term, level=level, policy=choice, band=False),
            of_models(ws, contrast, models, level=level, policy=choice),
        ]
    return _several(store, ws, f"which states and models does {drug} mimic (r > 0) or reverse (r < 0)", parts, first)


def _several(
    store: Store, ws: Workspace, question: str, parts: Iterable[Sequence[MatchRecord]], first: int | None
) -> Answer:
    """The answer of several families, as they come; or the ``first`` of them all, best first, which alone are put together."""
    found = joined(parts, str) if first is not None else [record for part in parts for record in part]
    shown = found[:first]
    told = gaps_of(store, ws.catalog, found, shown) + later(found, first)
    return Answer(question, release(store, ws.signatures), question, curated(store, shown), told)


def leading(answer: Answer, first: int | None) -> Answer:
    """The first matches of an answer in their order, and how many more there are; None: all of them."""
    return replace(answer, matches=answer.matches[:first], gaps=answer.gaps + later(answer.matches, first))


def later(found: Sequence[MatchRecord], first: int | None) -> tuple[Gap, ...]:
    """How many matches of each status are behind the first."""
    behind = Counter(statuses(found)[first:]) if first is not None else Counter[str]()
    why = f"the first {first} are shown"
    return tuple(Gap("withheld", f"{behind[status]} further matches that are {status}", why, "ask for more, or for all") for status in Status if behind[status])


def only(answer: Answer, specificity: str | None) -> Answer:
    """The answer with the verdicts of one ``specificity`` (tested, untested); q stays that of the whole family. What is left out
    is said."""
    if specificity is None:
        return answer
    kept = tuple(r for r in answer.matches if r.specificity == specificity)
    left = len(answer.matches) - len(kept)
    told = (Gap("withheld", f"{left} verdicts", f"their specificity is not {specificity}", "leave the filter out"),) if left else ()
    return replace(answer, matches=kept, gaps=answer.gaps + told)


def curated(store: Store, records: Sequence[MatchRecord]) -> tuple[MatchRecord, ...]:
    """The same records, each with what curators said of it."""
    said = curations_of(store, [record.id for record in records])
    return tuple(replace(record, curations=said[record.id]) if record.id in said else record for record in records)


def release(store: Store, signatures: SignatureStore) -> str:
    """Name of the release that the data are, or that they are none."""
    return release_text(store, signatures)


def choice_of(level: str, policy: str) -> Policy:
    issues = []
    if level not in LEVELS:
        issues.append(Issue("level", "a level is one of these", level, f"use one of {', '.join(LEVELS)}"))
    if policy not in POLICIES:
        issues.append(Issue("policy", "orthology policies are named", policy, f"use one of {', '.join(POLICIES)}"))
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return cast(Policy, policy)


def disease_term(store: Store, catalog: Catalog, disease: str | None) -> str | None:
    if disease is None:
        return None
    found = store.read(_DISEASE, term=spelt(disease))
    if found and found[0]["deprecated"]:
        new = found[0]["replaced_by"] or None
        raise UnknownTermError(disease, "disease", replacement=new, argument="disease", retired=True)
    term = found[0]["id"] if found else spelt(disease)
    if not catalog.states_under(term):
        known = {f"{s.disease} ({s.disease_label})": s for s in catalog.states_under(None)}
        likely = wanted(term)
        names = [name for s in known.values() for name in (s.disease_label, s.disease)]
        close = [likely] if likely in names else nearest(disease, names)
        hints = [name for name, s in known.items() if s.disease in close or s.disease_label in close]
        other = prefix_of(term) not in ("", "MONDO")
        what = "MONDO term of a disease with a human state at hand" if other else "disease with a human state at hand"
        raise UnknownTermError(disease, what, suggestions=tuple(sorted(hints)), argument="disease")
    return term


def _stored(store: Store, ws: Workspace, plan: Plan) -> tuple[list[MatchRecord] | None, tuple[Gap, ...]]:
    """Stored verdicts when all of these contrasts have them and they stand on what is at hand, None otherwise; and what of them
    cannot be read."""
    if plan.disease is None:
        return None, ()
    asked = {"mice": [c.id for c in plan.contrasts], "disease": plan.disease, "level": plan.level, "policy": plan.policy}
    found = [(row["mouse"], row["run"] or "") for row in store.read(_RUNS, **asked)]
    return read_matches(store, **asked) if whole(found, plan, ws, ws.signatures.version) else (None, ())


def whole(found: Iterable[tuple[str, str]], plan: Plan, ws: Workspace, version: str) -> bool:
    """Whether stored matches, as (mouse contrast, run that wrote it), answer a plan: every contrast has some that can have any
    at its level, and all stand on the catalogue, the signatures (``version``) and the code at hand."""
    rows = list(found)
    able = {c.id for c in plan.contrasts if ws.at(plan.level).has(c.id)}
    stored = {mouse for mouse, _ in rows}
    return bool(stored) and able <= stored and stands({run for _, run in rows}, ws.catalog, version)


def without(ws: Workspace, plan: Plan) -> tuple[Gap, ...]:
    """Contrasts of a plan that have no stored matches since nothing of them is measured at its level (activity of a bulk
    contrast), and why."""
    here = ws.at(plan.level)
    lacking = [(c, lacks_noise(here, c)) for c in plan.contrasts if not here.has(c.id)]
    return tuple(Gap("missing", f"{plan.level} level of {c.label}", why) for c, why in lacking)


def gaps_of(
    store: Store, catalog: Catalog, records: Sequence[MatchRecord], shown: Sequence[MatchRecord] | None = None
) -> tuple[Gap, ...]:
    """What an answer lacks. ``shown``: of which matches the changes that are not listed are counted; all, unless they are put
    together as they are read, and then they are counted with those that are (:func:`unlisted`)."""
    missing = [(row["id"], row["reason"] or "") for row in store.read(_MISSING)]
    if isinstance(records, Ranked):
        return gaps(catalog, missing, records.apart(), left_of(shown or ()))
    cohorts = [(c.label, c.status) for r in records for c in r.cohorts]
    return gaps(catalog, missing, cohorts, left_of(records if shown is None else shown))


def left_of(records: Iterable[MatchRecord]) -> list[tuple[int, str, str]]:
    """How many changes each match has beyond those listed, with its two labels."""
    return [(r.n_changes - len(r.changes), r.mouse_label, r.human_label) for r in records]


def gaps(
    catalog: Catalog, missing: Iterable[tuple[str, str]], cohorts: Iterable[tuple[str, str]],
    left: Iterable[tuple[int, str, str]],
) -> tuple[Gap, ...]:  # fmt: skip
    """What an answer lacks, from sources not loaded (id, reason), the cohorts of its matches (label, status), and how many
    changes of each match (mouse label, human label) are not listed."""
    found = [
        Gap("missing", source, reason or "not loaded", "orthokg ingest, with a network or ORTHOKG_CACHE")
        for source, reason in missing
    ]
    seen: dict[str, str] = {}
    for label, status in cohorts:
        if status.startswith("untestable"):
            seen.setdefault(label, status.removeprefix("untestable: "))
    found += [Gap("missing", f"noise of {label}", why) for label, why in seen.items()]
    if not any(c.noise == "donors" and c.taxon != HUMAN for c in catalog.contrasts.values()):
        found.append(
            Gap("missing", "counts of animals", "no model has counts of its donors", "ingest counts by a manifest")
        )
    return (*found, *unlisted(left))


def unlisted(left: Iterable[tuple[int, str, str]]) -> tuple[Gap, ...]:
    """How many changes of each match (mouse label, human label) are not listed."""
    why = f"the {MOST_CHANGES} surest are listed"
    return tuple(Gap("withheld", f"{n} further changes of {mouse} x {human}", why) for n, mouse, human in left if n > 0)
