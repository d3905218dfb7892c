"""A scored pair as the record that is answered and stored, and what its family is called."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kg.curie import HUMAN
from kg.errors import MethodError
from kg.match import contrast as contrasts
from kg.match import joint
from kg.match.compared import BY_GENE, LEVELS, MAIN
from kg.match.levels import flags_of, null_of
from kg.match.orthology import Policy
from kg.match.pair import State, evaluate
from kg.match.power import power_of_test
from kg.match.space import Space
from kg.match.tables.doubts import DOUBTS
from kg.match.verdict import ALPHA, Status, specificity_of, status_line
from kg.records.match import other_of
from kg.schema.match import AllGiven, AxesOut, Band, Change, Cohort, MatchRecord, Null, ReferenceVerdict
from kg.sides.catalog import ContrastInfo, ReferenceInfo
from kg.sides.human import bank_doubts, engineered, lacks_noise, null_text
from kg.sides.others import is_model, sick_part
from kg.sides.workspace import Workspace
from kg.verdict.brought import said_of, with_sets
from kg.verdict.score import Scored
from kg.verdict.sentence import sentence

MOST_CHANGES = 500
METHOD = f"{joint.CARD}, {contrasts.CARD}"
PAIR_TEXT = {
    "all": "no rule: every contrast with every state",
    "cl": "the same Cell Ontology term",
    "correspondence": "correspondence of their cells",
    "both": "the same Cell Ontology term and correspondence of their cells",
    "either": "the same Cell Ontology term or correspondence of their cells",
}
"""How mouse and human contrasts are paired, in words."""
THIN = frozenset(
    {
        "id",
        "mouse",
        "mouse_label",
        "human",
        "human_label",
        "mouse_taxon",
        "human_taxon",
        "state",
        "disease",
        "level",
        "policy",
        "status",
        "reason",
        "score",
        "statistic",
        "interval",
        "null",
        "p",
        "q",
        "family",
        "family_size",
        "other_families",
        "naive_p",
        "exploratory_p",
        "n_features",
        "effective_n",
        "df",
        "ceiling",
        "corrected_score",
        "engineered",
        "method",
        "data_version",
    }
)
"""Fields of a match that its own pair and family give; the others need other states, models, cohorts, references and
policies too."""


def family_text(contrast: ContrastInfo, disease: str | None, level: str, policy: str) -> str:
    return f"{contrast.label} x {level} level x {policy} orthologs x {_states_text(disease)}"


def paired_text(pair_by: str, disease: str | None, level: str, policy: str) -> str:
    """The family of :func:`paired`."""
    return f"all pairs by {PAIR_TEXT[pair_by]} x {level} level x {policy} orthologs x {_states_text(disease)}"


def _states_text(disease: str | None) -> str:
    return f"all testable human states under {disease}" if disease else "all testable human states of the release"


def match_id(mouse: str, human: str, level: str, policy: str, disease: str | None, pair_by: str = "all") -> str:
    """``pair_by``: its q is of another family."""
    parts = (mouse, human, level, policy, disease or "", *(() if pair_by == "all" else (pair_by,)))
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"orthokg:match/{digest[:12]}"


def asked_as(record: MatchRecord, contrast: ContrastInfo, disease: str) -> MatchRecord:
    """A match of the same family when it is asked by another disease that holds the same states."""
    return replace(
        record,
        id=match_id(record.mouse, record.human, record.level, record.policy, disease),
        disease=disease,
        family=family_text(contrast, disease, record.level, record.policy),
    )


def record_of(
    ws: Workspace, contrast: ContrastInfo, s: Scored, space: Space, disease: str | None, level: str, policy: Policy,
    tested: int, bands: tuple[Band, ...], family_of: str = "", pair_by: str = "all", thin: bool = False,
) -> MatchRecord:  # fmt: skip
    """``thin``: without what ``THIN`` does not name."""
    assert s.verdict is not None
    if pair_by != "all":
        family_of = paired_text(pair_by, disease, level, policy)
    result, flags = s.result, [*contrast.flags]
    testable = s.q is not None and result is not None
    statuses = {b.status for b in bands}
    if len(statuses) > 1:
        flags.append("policy-band: the status depends on the orthology policy")
    for info in (contrast, *s.side.pool):
        if info.counts == "corrected":
            flags.append(f"corrected-counts: {info.label}")
        if info.simulated:
            flags.append(f"simulated: {info.label}")
        if info.noise == "reference" and ws.lends_to_itself(info):
            flags.append(f"reference-shares-samples: the healthy reference holds controls of {info.label}")
        flags += flags_of(info.level, info.label)
        if info is not contrast:
            flags += [f"{flag} ({info.label})" for flag in info.flags if flag.startswith(DOUBTS)]
        flags += [f"shared-arm: {info.label} shares {arm} with {label}" for _, label, arm in info.shares]
    flags += bank_doubts(s.side.pool)
    flags += said_of(ws.brought, level, contrast, s, policy) if ws.brought else []
    axes = None
    if result is not None and result.axes is not None:
        source = ws.axes_for(contrast, space, frozenset(r.dataset for r in s.side.references))
        axes = AxesOut(result.axes.score, result.axes.p, source.count if source else 0, source.id if source else "")
        if testable and s.q is not None and (s.q <= ALPHA) != (result.axes.p <= ALPHA):
            flags.append("common-axes: significance changes when the common noise axes are taken out")
    given, models = (s.given, s.model_given) if testable else ((), ())
    changes = changes_of(ws, s, space) if testable and not thin else ()
    test = result.test if testable and result else None
    power = None
    if not thin and result is not None and s.verdict.status == Status.NOT_SUPPORTED:
        power = power_of_test(result.mouse, result.human, tested)
    human = s.side.id
    brought = ws.brought if LEVELS[level].brought else None
    name = match_id(contrast.id, human, MAIN if brought else level, policy, disease, pair_by)
    return MatchRecord(
        id=with_sets(name, brought) if brought else name,
        mouse=contrast.id,
        mouse_label=contrast.label,
        human=human,
        human_label=s.side.info.label,
        mouse_taxon=contrast.taxon,
        human_taxon=s.side.taxon,
        state=s.side.info.id,
        disease=disease or "",
        level=level,
        policy=policy,
        status=s.verdict.status,
        reason=s.verdict.reason,
        score=s.score,
        statistic=s.statistic,
        interval=(test.low, test.high) if test else None,
        null=_null(contrast, s, ws),
        p=test.p if test else None,
        q=s.q,
        family=family_of or family_text(contrast, disease, level, policy),
        family_size=tested,
        other_families=(),
        naive_p=None if s.score is None else joint.naive_p(s.score, s.n_features),
        exploratory_p=s.exploratory_p,
        n_features=s.n_features,
        effective_n=test.effective_n if test else None,
        df=test.df if test else None,
        axes_out=axes,
        ceiling=result.ceiling if testable and result else None,
        corrected_score=result.corrected if testable and result else None,
        specificity=s.verdict.specificity,
        status_line=status_line(
            s.verdict.status,
            s.verdict.specificity,
            [other_of(g) for g in given],
            [other_of(g) for g in models] if is_model(contrast) else None,
            sick_part(ws.catalog, contrast),
            contrast.taxon,
            power,
        ),
        given=given,
        all_given=_all_given(s) if testable else None,
        model_specificity=specificity_of([other_of(g) for g in models]),
        model_given=models,
        cohorts=() if thin else _cohorts(ws, contrast, s, space, level, testable),
        policy_band=bands,
        references=_reference_band(ws, contrast, s, space, level) if testable and not thin else (),
        changes=changes[:MOST_CHANGES],
        n_changes=len(changes),
        flags=tuple(dict.fromkeys(flags)),
        engineered=engineered(contrast, s.side.pool or s.side.plain),
        power=power,
        method=METHOD,
        data_version=ws.signatures.version,
        sentence=None if thin else sentence(ws, contrast, replace(s, given=given, model_given=models)),
    )


def _all_given(s: Scored) -> AllGiven | None:
    found = s.result.together if s.result else None
    if found is None:
        return None
    names = {g.state: g.disease for g in s.given}
    used, out = (tuple(names[state] for state in states) for states in (found.used, found.left_out))
    return AllGiven(found.share, found.low, found.high, used, out)


def _reference_band(
    ws: Workspace, contrast: ContrastInfo, s: Scored, space: Space, level: str
) -> tuple[ReferenceVerdict, ...]:
    """The pair's p with each further reference that fits."""
    lenders = [c for c in s.side.pool if c.noise == "reference"]
    if not lenders or s.side.state is None:
        return ()
    made: list[ReferenceVerdict] = []
    own = None if contrast.noise == "donors" else ws.references_for(contrast)[0]
    for reference in ws.references_for(lenders[0])[1:]:
        parts = tuple(ws.projected(c, space, reference if c.noise == "reference" else None) for c in s.side.pool)
        test = evaluate(
            ws.projected(contrast, space, own),
            State(s.side.info.id, s.side.info.label, parts),
            names=space.features,
            allowed=ws.allowed(space, engineered(contrast, s.side.pool)),
            sets=ws.sets(level, space),
            level=level,
        ).test
        made.append(ReferenceVerdict(reference.id, reference.label, test.p))
    return tuple(made)


def changes_of(ws: Workspace, s: Scored, space: Space) -> tuple[Change, ...]:
    """All features that change alike in a scored pair, the most certain first."""
    assert s.result is not None
    r = s.result
    found, product = r.changes, r.mouse.vector * r.human.vector
    passed, p, q = found.passed(ALPHA)
    if not len(passed):
        return ()
    measured = ws.measured_factors(r.level, space, r.rows) if LEVELS[r.level].target == "Regulon" else frozenset[str]()
    human = space.human[r.rows] if r.level in BY_GENE else None
    genes = ws.symbols(HUMAN)
    symbols = genes if r.level in BY_GENE else ws.set_labels(r.level)
    made: list[Change] = []
    for at in np.lexsort((r.names[passed], p)):
        i = passed[at]
        name = str(r.names[i])
        gene = name if human is None else str(human[i])
        made.append(
            Change(
                name if human is None else f"ENSEMBL:{gene}",
                symbols.get(gene, name),
                "up" if r.human.vector[i] > 0 else "down",
                float(product[i]),
                float(found.z_mouse[i]),
                float(found.z_human[i]),
                float(p[at]),
                float(q[at]),
                LEVELS[r.level].target != "Regulon" or name in measured,
                tuple(g.label for g in r.given if name in g.changes),
                tuple(genes.get(str(space.human[row]), str(space.features[row])) for row in r.leading(int(i))),
            )
        )
    return tuple(made)


def _cohorts(
    ws: Workspace, contrast: ContrastInfo, s: Scored, space: Space, level: str, testable: bool
) -> tuple[Cohort, ...]:
    """Without p where the match itself has none."""
    made: list[Cohort] = []
    for info in s.side.pool:
        test = s.result.cohorts.get(info.id) if s.result else None
        made.append(
            _cohort(
                info, "pooled", test.score if test else None, test.p if test and testable else None, s.side.references
            )
        )
    for info, why in s.side.apart:
        score, p = None, None
        if not (why.startswith("untestable") or space.lacks or ws.lacks_sets(level) or lacks_noise(ws, contrast)):
            reference = None if contrast.noise == "donors" else ws.references_for(contrast)[0]
            mouse = ws.projected(contrast, space, reference)
            fit = () if info.noise == "donors" else tuple(ws.references_for(info)[:1])
            state = State(info.id, info.label, (ws.projected(info, space, fit[0] if fit else None),))
            if not mouse.component.donors & state.donors:
                allowed = ws.allowed(space, engineered(contrast, (info,)))
                try:
                    test = evaluate(
                        mouse, state, names=space.features, allowed=allowed, sets=ws.sets(level, space), level=level
                    ).test
                    score, p = test.score, test.p if testable else None
                except MethodError as error:
                    why = f"{why}; {error}"
        made.append(_cohort(info, why, score, p, s.side.references))
    return tuple(made)


def _cohort(
    info: ContrastInfo, status: str, score: float | None, p: float | None, references: Sequence[ReferenceInfo]
) -> Cohort:
    null = (
        "none"
        if status.startswith("untestable")
        else info.null
        if info.noise == "donors"
        else _reference_text(references)
    )
    return Cohort(
        info.id,
        info.label,
        info.region.label if info.region else "",
        info.n_case,
        info.n_control,
        status,
        null,
        score,
        p,
        info.flags,
        info.licence,
        info.dataset,
    )


def _reference_text(references: Sequence[ReferenceInfo]) -> str:
    if not references:
        return "reference"
    r = references[0]
    error = f"type-I error {r.type_i_error:.1%}" if r.type_i_error is not None else "type-I error unmeasured"
    return f"reference ({r.label}: {r.n_donors} {null_of(r.level)}, {r.df} df, {error})"


def _null(contrast: ContrastInfo, s: Scored, ws: Workspace) -> Null:
    mouse = (
        null_text([contrast], df=True)
        if contrast.noise == "donors"
        else ("none" if lacks_noise(ws, contrast) else _reference_text(ws.references_for(contrast)[:1]))
    )
    kinds = {c.noise for c in s.side.pool}
    parts: list[str] = []
    if "donors" in kinds:
        parts.append(null_text([c for c in s.side.pool if c.noise == "donors"]))
    if "reference" in kinds:
        parts.append(_reference_text(s.side.references))
    return Null(mouse, " + ".join(parts) or "none")
