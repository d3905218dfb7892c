"""The questions that the command line and GraphQL ask, each one function: names in, an :class:`Answer` out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import LiteralString, cast

from kg.ask.assemble import Found, assembled
from kg.ask.measured import or_not_measured
from kg.errors import ContractError, Issue, UnknownTermError
from kg.match.compared import BROUGHT, LEVELS, offered
from kg.match.orthology import POLICIES, Policy
from kg.names.ids import prefix_of, spelt, wanted
from kg.records.match import Answer, Gap, place
from kg.schema.match import MatchRecord
from kg.sides.basis import stands
from kg.sides.brought import bring_sets
from kg.sides.catalog import Catalog, ContrastInfo, nearest
from kg.sides.human import lacks_noise
from kg.sides.pairing import PAIR_BY, Effect, effect, pairs_of
from kg.sides.plan import Plan
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.stored.whole import read_matches
from kg.tables.gene_sets import GeneSetFile
from kg.verdict.diseases import asked_under
from kg.verdict.family import family, paired, pairwise
from kg.verdict.many import ranked_family, ranked_pairs
from kg.verdict.ranked import joined
from kg.verdict.record import PAIR_TEXT, family_text, paired_text

_DISEASE: LiteralString = """
MATCH (d:Disease) WHERE d.id = $term OR toLower(d.label) = toLower($term)
RETURN d.id AS id, d.deprecated AS deprecated, d.replaced_by AS replaced_by
"""
_RUNS: LiteralString = """
MATCH (k:Match {level: $level, policy: $policy})-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)
WHERE m.id IN $mice AND k.disease = $disease RETURN DISTINCT m.id AS mouse, k.run AS run
"""
_SOME: LiteralString = "MATCH (k:Match) RETURN k.id AS id ORDER BY k.rank, k.id LIMIT 3"


def match_answer(
    store: Store,
    signatures: SignatureStore,
    *,
    model: str,
    disease: str | None = None,
    cell_type: str | None = None,
    level: str = "gene",
    policy: str = "one2one",
    pair_by: str | None = None,
    sets: GeneSetFile | None = None,
    every: bool = False,
) -> Answer:
    """Which human states under ``disease`` (MONDO id or label; None: all) the contrasts of ``model`` match.

    ``cell_type`` (CL id) shows only contrasts on that cell type; the family, and so q, stays as it is. ``pair_by``: how
    contrasts and states are paired (``kg.sides.pairing``); where one is named, the answer says what each would give.
    ``sets``: compare these gene sets, whatever the level. ``every``: list all changes of each match.
    Stored verdicts are read; what is not stored is computed from the same signatures. Raises UnknownTermError and
    ContractError.
    """
    catalog = Catalog.read(store)
    ws = holding(Workspace(catalog, signatures), sets)
    plan = planned(
        store,
        catalog,
        model=model,
        disease=disease,
        cell_type=cell_type,
        level=BROUGHT if sets else level,
        policy=policy,
        pair_by=pair_by or "all",
    )
    records, unread = (None, ()) if plan.pairs else _stored(store, ws, plan)
    unread += () if records is None else without(ws, plan)
    if records is None:
        records = computed(ws, plan)
    records.sort(key=lambda r: place(r.status, r.p, r.score, r.id))
    found = Found(plan.question, plan.family, records, unpaired(catalog, plan) + unread + sets_left_out(ws))
    return assembled(store, ws, found, pairing=effect_of(store, ws, plan) if pair_by else None, every=every)


def holding(ws: Workspace, sets: GeneSetFile | None) -> Workspace:
    """The workspace with the gene sets of a question. Raises ContractError for sets that cannot be compared."""
    return ws.with_sets(bring_sets(ws, sets)) if sets else ws


def sets_left_out(ws: Workspace) -> tuple[Gap, ...]:
    """Gene sets of the question that are not compared, and why."""
    return ws.brought.gaps if ws.brought else ()


def planned(
    store: Store,
    catalog: Catalog,
    *,
    model: str,
    disease: str | None,
    cell_type: str | None,
    level: str,
    policy: str,
    pair_by: str = "all",
) -> Plan:
    """The question of :func:`match_answer`, checked. Raises UnknownTermError and ContractError."""
    choice = choice_of(level, policy)
    if pair_by not in PAIR_BY:
        fix = f"use one of {', '.join(PAIR_BY)}"
        raise ContractError([Issue("pair_by", "ways to pair contrasts are named", pair_by, fix)], code="ARGUMENT")
    cell_type = spelt(cell_type) if cell_type else cell_type
    with or_not_measured(store):
        contrasts = every = sorted(catalog.of_model(model), key=lambda c: c.id)
        term = disease_term(store, catalog, disease)
        contrasts = _in_cells(every, model, cell_type) if cell_type else contrasts
    text = "; ".join(family_text(c, term, level, policy) for c in contrasts)
    question = f"which {level}-level changes of {model} match human states under {term or 'any disease'}"
    if pair_by == "all":
        return Plan(tuple(contrasts), term, level, choice, question, text, tuple(every))
    pairs = pairs_of(store, catalog, every, catalog.states_under(term))
    question += f", paired by {PAIR_TEXT[pair_by]}"
    text = paired_text(pair_by, term, level, policy)
    return Plan(tuple(contrasts), term, level, choice, question, text, tuple(every), pair_by, pairs)


def _in_cells(contrasts: Sequence[ContrastInfo], model: str, cell_type: str) -> list[ContrastInfo]:
    """Those measured in a cell type, by its id or name. Raises UnknownTermError."""
    known = sorted({c.cell_type.id for c in contrasts if c.cell_type})
    named = {c.cell_type.label.casefold(): c.cell_type.id for c in contrasts if c.cell_type}
    term = named.get(cell_type.casefold(), cell_type)
    if term not in known:
        raise UnknownTermError(term, f"cell type measured in {model}", suggestions=tuple(known), argument="cell_type")
    return [c for c in contrasts if c.cell_type and c.cell_type.id == term]


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
    store: Store,
    signatures: SignatureStore,
    *,
    model: str,
    other: str,
    level: str = "gene",
    policy: str = "one2one",
    first: int | None = None,
    sets: GeneSetFile | None = None,
    every: bool = False,
) -> Answer:
    """Every contrast of one model against every contrast of another. ``first``: only so many of the matches, best
    first, and how many more there are; ``sets`` and ``every`` as :func:`match_answer` has them."""
    ws = holding(Workspace(Catalog.read(store), signatures), sets)
    level = BROUGHT if sets else level
    with or_not_measured(store):
        found = compared(ws, model=model, other=other, level=level, policy=policy, ranked=first is not None)
    return assembled(store, ws, found, first=first, every=every)


def drug_answer(
    store: Store,
    signatures: SignatureStore,
    *,
    drug: str,
    disease: str | None = None,
    level: str = "gene",
    policy: str = "one2one",
    first: int | None = None,
    sets: GeneSetFile | None = None,
    every: bool = False,
) -> Answer:
    """Which human states and animal models the conditions of a drug mimic (score above 0) or reverse (below 0).
    ``first``, ``sets`` and ``every`` as :func:`compare_answer` has them."""
    choice_of(level, policy)
    catalog, level = Catalog.read(store), BROUGHT if sets else level
    term, ws = disease_term(store, catalog, disease), holding(Workspace(catalog, signatures), sets)
    with or_not_measured(store):
        found = of_drug(ws, drug=drug, disease=term, level=level, policy=policy, ranked=first is not None)
    return assembled(store, ws, found, first=first, every=every)


def compared(ws: Workspace, *, model: str, other: str, level: str, policy: str, ranked: bool) -> Found:
    """Every contrast of one model against every contrast of another: as they come, or ``ranked``: best first and
    assembled as they are read. Raises UnknownTermError and ContractError."""
    choice = choice_of(level, policy)
    mine, others = ws.catalog.of_model(model), ws.catalog.of_model(other, "other")
    ask = ranked_pairs if ranked else pairwise
    parts = [ask(ws, contrast, others, level=level, policy=choice) for contrast in mine]
    return together(ws, f"do {model} and {other} show the same changes at the {level} level", parts, ranked)


def of_drug(ws: Workspace, *, drug: str, disease: str | None, level: str, policy: str, ranked: bool) -> Found:
    """The conditions of a drug against human states under ``disease`` (a MONDO id; None: all) and all models;
    ``ranked`` as
    :func:`compared` has it. Raises UnknownTermError and ContractError."""
    choice = choice_of(level, policy)
    models = [c for c in ws.catalog.contrasts.values() if c.model]
    of_states, of_models = (ranked_family, ranked_pairs) if ranked else (family, pairwise)
    parts: list[Sequence[MatchRecord]] = []
    for contrast in ws.catalog.of_drug(drug):
        parts += [
            of_states(ws, contrast, disease=disease, level=level, policy=choice, band=False),
            of_models(ws, contrast, models, level=level, policy=choice),
        ]
    return together(ws, f"which states and models does {drug} mimic (r > 0) or reverse (r < 0)", parts, ranked)


def together(ws: Workspace, question: str, parts: Sequence[Sequence[MatchRecord]], ranked: bool) -> Found:
    """Several families in one answer."""
    records = joined(parts, str) if ranked else [record for part in parts for record in part]
    return Found(question, question, records, sets_left_out(ws))


def only(answer: Answer, specificity: str | None) -> Answer:
    """The answer with the verdicts of one ``specificity`` (tested, untested); q stays that of the whole family. The
    answer says what was left out."""
    if specificity is None:
        return answer
    kept = tuple(r for r in answer.matches if r.specificity == specificity)
    left = len(answer.matches) - len(kept)
    told = (
        (Gap("withheld", f"{left} verdicts", f"their specificity is not {specificity}", "leave the filter out"),)
        if left
        else ()
    )
    return replace(answer, matches=kept, gaps=answer.gaps + told)


def choice_of(level: str, policy: str) -> Policy:
    issues = []
    if level not in LEVELS:
        issues.append(Issue("level", "the level is known", level, f"use one of {', '.join(offered())}"))
    if policy not in POLICIES:
        issues.append(Issue("policy", "the orthology policy is known", policy, f"use one of {', '.join(POLICIES)}"))
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return cast(Policy, policy)


def disease_term(store: Store, catalog: Catalog, disease: str | None) -> str | None:
    """MONDO id of a disease with a human state under it. Raises UnknownTermError."""
    if disease is None:
        return None
    with or_not_measured(store):
        return _with_states(store, catalog, disease)


def _with_states(store: Store, catalog: Catalog, disease: str) -> str:
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
        what = (
            "MONDO term of a disease with a human state available" if other else "disease with a human state available"
        )
        raise UnknownTermError(disease, what, suggestions=tuple(sorted(hints)), argument="disease")
    return term


def _stored(store: Store, ws: Workspace, plan: Plan) -> tuple[list[MatchRecord] | None, tuple[Gap, ...]]:
    """Stored verdicts when all of these contrasts have them and they stand on the present data and code, None
    otherwise; and what of them cannot be read."""
    if plan.disease is None:
        return None, ()
    asked = {
        "mice": [c.id for c in plan.contrasts],
        "disease": plan.disease,
        "level": plan.level,
        "policy": plan.policy,
    }
    found = [(row["mouse"], row["run"] or "") for row in store.read(_RUNS, **asked)]
    return read_matches(store, **asked) if whole(found, plan, ws, ws.signatures.version) else (None, ())


def whole(found: Iterable[tuple[str, str]], plan: Plan, ws: Workspace, version: str) -> bool:
    """Whether stored matches, as (mouse contrast, run that wrote it), answer a plan: every contrast that can have
    matches at its level has some, and all were made from this catalogue, these signatures (``version``) and the present
    code."""
    rows = list(found)
    able = {c.id for c in plan.contrasts if ws.at(plan.level).has(c.id)}
    stored = {mouse for mouse, _ in rows}
    return bool(stored) and able <= stored and stands({run for _, run in rows}, ws.catalog, version)


def without(ws: Workspace, plan: Plan) -> tuple[Gap, ...]:
    """Contrasts of a plan without stored matches, because nothing of them is measured at its level (activity of a bulk
    contrast), and why."""
    here = ws.at(plan.level)
    lacking = [(c, lacks_noise(here, c)) for c in plan.contrasts if not here.has(c.id)]
    return tuple(Gap("missing", f"{plan.level} level of {c.label}", why) for c, why in lacking)
