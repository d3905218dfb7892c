"""Families of matches: one contrast against every state under a disease, each with its verdict.

The family is fixed before anything is scored: one mouse contrast x one level x one orthology policy x all testable
human states under the disease asked for. Other diseases serve specificity and stand in no family of this one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kg.curie import HUMAN
from kg.errors import MethodError
from kg.match import contrast as contrasts
from kg.match import joint
from kg.match.compared import BY_GENE, LEVELS
from kg.match.conjunction import adjusted
from kg.match.doubts import DOUBTS
from kg.match.levels import flags_of, null_of
from kg.match.orthology import POLICIES, Policy
from kg.match.pair import Given, PairResult, State, evaluate, plain_score
from kg.match.space import Space
from kg.match.specificity import Role
from kg.match.verdict import ALPHA, Status, Testability, Verdict, decide, specificity_of, status_line
from kg.records.match import other_of
from kg.schema.match import AllGiven, AxesOut, Band, Change, Cohort, GivenState, MatchRecord, Null, ReferenceVerdict
from kg.sides.catalog import ContrastInfo, ReferenceInfo, StateInfo
from kg.sides.human import StateSide, alone, bank_doubts, engineered, lacks_noise, null_text, state_side
from kg.sides.others import OtherSide, is_model, other_models, other_states, sick_part
from kg.sides.workspace import Workspace

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
"""What of a match its own pair and family tell; the rest asks other states, models, cohorts, references and policies
too."""
Member = tuple[ContrastInfo, frozenset[str]]
"""A contrast, and the ids of the states that it meets."""


@dataclass
class Scored:
    """A pair as it is scored; ``q`` and ``verdict`` once its family is known."""

    side: StateSide
    result: PairResult | None
    testability: Testability
    score: float | None
    statistic: float | None
    n_features: int
    exploratory_p: float | None
    q: float | None = None
    verdict: Verdict | None = None
    given: tuple[GivenState, ...] = ()
    model_given: tuple[GivenState, ...] = ()

    def decided(self) -> Verdict:
        return decide(self.testability, score=self.score or 0.0, q=self.q, given=[other_of(g) for g in self.given])


def family_text(contrast: ContrastInfo, disease: str | None, level: str, policy: str) -> str:
    return f"{contrast.label} x {level} level x {policy} orthologs x {_states_text(disease)}"


def _states_text(disease: str | None) -> str:
    return f"all testable human states under {disease}" if disease else "all testable human states of the release"


def paired_text(pair_by: str, disease: str | None, level: str, policy: str) -> str:
    """The family of :func:`paired`."""
    return f"all pairs by {PAIR_TEXT[pair_by]} x {level} level x {policy} orthologs x {_states_text(disease)}"


def family(
    ws: Workspace,
    contrast: ContrastInfo,
    *,
    disease: str | None,
    level: str = "gene",
    policy: Policy = "one2one",
    band: bool = True,
) -> list[MatchRecord]:
    """The matches of one contrast with every state under a disease (None: all of the release), best first."""
    states = [info.id for info in ws.catalog.states_under(disease)]
    return _family(ws.at(level), [(contrast, frozenset(states))], disease, level, policy, band, "all")


def paired(
    ws: Workspace,
    pairs: Sequence[Member],
    *,
    pair_by: str,
    disease: str | None,
    level: str = "gene",
    policy: Policy = "one2one",
) -> list[MatchRecord]:
    """The matches of contrasts with the states that each is paired with, best first. All of these pairs are one family:
    a contrast with a single state would else be a family of its own, and q its p."""
    return _family(ws.at(level), pairs, disease, level, policy, True, pair_by)


def _family(
    ws: Workspace, members: Sequence[Member], disease: str | None, level: str, policy: Policy, band: bool, pair_by: str
) -> list[MatchRecord]:
    scored = [_score_states(ws, contrast, disease, level, policy, states) for contrast, states in members]
    _judge([s for each in scored for s in each])
    testable = [frozenset(s.side.info.id for s in each if s.q is not None) for each in scored]
    others: dict[str, list[dict[str, Scored]]] = {}
    for other in POLICIES if band and any(testable) else ():
        if other != policy:
            only = [(contrast, ids) for (contrast, _), ids in zip(members, testable, strict=True)]
            others[other] = [{s.side.info.id: s for s in each} for each in _score_band(ws, only, disease, level, other)]
    tested = sum(map(len, testable))
    made = []
    for at, (contrast, _) in enumerate(members):
        for s in scored[at]:
            bands = []
            for p in POLICIES:
                other = s if p == policy else others[p][at].get(s.side.info.id) if p in others else None
                if other is not None and other.verdict is not None and other.score is not None:
                    p_other = other.result.test.p if other.q is not None and other.result else None
                    bands.append(Band(p, other.score, p_other, other.verdict.status))
            made.append(
                record_of(
                    ws,
                    contrast,
                    s,
                    space_of(ws, contrast, policy),
                    disease,
                    level,
                    policy,
                    tested,
                    tuple(bands),
                    pair_by=pair_by,
                )
            )
    order = list(Status)
    return sorted(
        made, key=lambda m: (order.index(Status(m.status)), 1.0 if m.p is None else m.p, -abs(m.score or 0.0), m.id)
    )


def pairwise(
    ws: Workspace,
    contrast: ContrastInfo,
    others: Sequence[ContrastInfo],
    *,
    level: str = "gene",
    policy: Policy = "one2one",
) -> list[MatchRecord]:
    """One contrast against single contrasts of either species: models among one another, or a drug against models.

    The family is all of ``others``. Specificity is not asked here and says ``untested``.
    """
    ws, made = ws.at(level), []
    for taxon in sorted({other.taxon for other in others}):
        space = space_between(ws, contrast, taxon, policy)
        sides = [alone(ws, other, space) for other in others if other.taxon == taxon and other.id != contrast.id]
        scored = [score_side(ws, contrast, side, space, level, specific=False) for side in sides]
        made += [(s, space) for s in scored]
    _judge([s for s, _ in made])
    tested = sum(s.q is not None for s, _ in made)
    family_of = f"{contrast.label} x {level} level x {policy} orthologs x {len(made)} contrasts asked for"
    return [record_of(ws, contrast, s, space, None, level, policy, tested, (), family_of) for s, space in made]


def _judge(scored: list[Scored]) -> None:
    tests = [s for s in scored if not s.testability.objections()]
    for s, q in zip(tests, adjusted(np.array([s.result.test.p for s in tests if s.result])), strict=True):
        s.q = float(q)
    for s in scored:
        s.verdict = s.decided()


def score_state(
    ws: Workspace, contrast: ContrastInfo, info: StateInfo, *, level: str, policy: Policy
) -> tuple[PairResult | None, StateSide, Space]:
    """The arrays behind one match of :func:`family`, for its explanation; None where it cannot be tested."""
    ws = ws.at(level)
    space = space_of(ws, contrast, policy)
    side = state_side(ws, info, space, contrast.id)
    return score_side(ws, contrast, side, space, level, specific=False).result, side, space


def score_pair(
    ws: Workspace, contrast: ContrastInfo, other: ContrastInfo, *, level: str, policy: Policy
) -> tuple[PairResult | None, StateSide, Space]:
    """The arrays behind one match of :func:`pairwise`, as :func:`score_state` has them."""
    ws = ws.at(level)
    space = space_between(ws, contrast, other.taxon, policy)
    side = alone(ws, other, space)
    return score_side(ws, contrast, side, space, level, specific=False).result, side, space


def space_between(ws: Workspace, contrast: ContrastInfo, taxon: str, policy: Policy) -> Space:
    return ws.space_between(contrast.taxon, taxon, policy)


def space_of(ws: Workspace, contrast: ContrastInfo, policy: Policy) -> Space:
    """Where a contrast meets human states."""
    return ws.space_between(contrast.taxon, HUMAN, policy)


def _score_states(
    ws: Workspace, contrast: ContrastInfo, disease: str | None, level: str, policy: Policy, only: frozenset[str]
) -> list[Scored]:
    """Without q and verdict."""
    space = space_of(ws, contrast, policy)
    states = [info for info in ws.catalog.states_under(disease) if info.id in only]
    return [score_side(ws, contrast, state_side(ws, info, space, contrast.id), space, level) for info in states]


def _score_band(
    ws: Workspace, members: Sequence[Member], disease: str | None, level: str, policy: Policy
) -> list[list[Scored]]:
    """Score, q and status of the same family under another policy, and nothing else. What is left given other states is
    asked only where the status hangs on it.

    ``members``: with the states to score; what cannot be tested under one policy cannot under another.
    """
    scored = []
    for contrast, only in members:
        space = space_of(ws, contrast, policy)
        sides = [
            state_side(ws, info, space, contrast.id) for info in ws.catalog.states_under(disease) if info.id in only
        ]
        scored.append([score_side(ws, contrast, side, space, level, specific=False, whole=False) for side in sides])
    _judge([s for each in scored for s in each])
    made = []
    for (contrast, _), each in zip(members, scored, strict=True):
        space, own = space_of(ws, contrast, policy), []
        for s in each:
            if s.verdict is not None and s.verdict.status == Status.SUPPORTED:
                q, s = s.q, score_side(ws, contrast, s.side, space, level, whole=False)
                s.q = q
                s.verdict = s.decided()
            own.append(s)
        made.append(own)
    return made


def score_side(
    ws: Workspace,
    contrast: ContrastInfo,
    side: StateSide,
    space: Space,
    level: str,
    *,
    specific: bool = True,
    whole: bool = True,
) -> Scored:
    """``specific``: with what is left given other states; ``whole``: with the cohorts one by one and the axes out."""
    if lacks := space.lacks or ws.lacks_sets(level):
        return Scored(side, None, Testability(level, 10**9, (lacks,)), None, None, 0, None)
    no_noise, cut = [], []
    for why, info in [(lacks_noise(ws, contrast), contrast)]:
        if why:
            (cut if info.cut else no_noise).append(f"{info.label}: {why}")
    if side.state is None:
        (cut if side.apart and all(c.cut for c, _ in side.apart) else no_noise).append(side.untestable)
    errors = [r.type_i_error for r in side.references if r.type_i_error is not None]
    if no_noise or cut:
        return _exploratory(ws, contrast, side, space, level, tuple(no_noise), tuple(cut))
    assert side.state is not None
    reference = None if contrast.noise == "donors" else ws.references_for(contrast)[0]
    mouse = ws.projected(contrast, space, reference)
    shared = tuple(sorted(mouse.component.donors & side.state.donors))
    named = tuple(
        f"{share[1]} ({share[2].rstrip(',') or 'samples'})"
        for share in contrast.shares
        if share[0] in {c.id for c in side.pool}
    )
    others = other_states(ws, contrast, side, space) if specific else []
    models = other_models(ws, contrast, side, space) if specific and whole else []
    banned = frozenset(r.dataset for r in side.references)
    try:
        result = evaluate(
            mouse,
            side.state,
            names=space.features,
            allowed=ws.allowed(space, engineered(contrast, side.pool)),
            sets=ws.sets(level, space),
            level=level,
            axes=ws.axes_for(contrast, space, banned) if whole else None,
            others=[o.state for o in others if o.state],
            model_others=[o.state for o in models if o.state],
            by_cohort=whole,
        )
    except MethodError as error:
        if error.code != "EMPTY_SIDE":
            raise
        return Scored(side, None, Testability(level, 0, (str(error),)), None, None, 0, None)
    testability = Testability(
        level, result.test.n_features, shared=shared, named=named, reference_error=max(errors) if errors else None
    )
    given, model_given = _given(others, result.given), _given(models, result.model_given)
    return Scored(side, result, testability, result.test.score, result.test.statistic, result.test.n_features, None,
                   given=given, model_given=model_given)  # fmt: skip


def _given(others: Sequence[OtherSide], found: Sequence[Given]) -> tuple[GivenState, ...]:
    """A row for each other state, in the order of the roles and then of the names."""
    by_id = {g.state: g for g in found}
    rows = [given_row(other, by_id.get(other.id)) for other in others]
    order = [str(role) for role in Role]
    return tuple(sorted(rows, key=lambda g: (order.index(g.role), g.label, g.state)))


def given_row(other: OtherSide, g: Given | None) -> GivenState:
    note = "; ".join(filter(None, (other.note, g.note if g else "")))
    if g is None or g.judged is None:
        return GivenState(
            other.id, other.label, other.disease, str(Role.NOT_TESTED), g.n_features if g else 0, note=note
        )
    j, rest = g.judged, g.judged.left
    assert g.base is not None
    return GivenState(
        other.id,
        other.label,
        other.disease,
        str(j.role),
        g.n_features,
        j.reliability,
        g.base.score,
        g.base.p,
        j.model.score,
        j.model.p,
        j.human.score,
        j.human.p,
        rest.score if rest else None,
        rest.low if rest else None,
        rest.high if rest else None,
        rest.p if rest else None,
        j.power,
        j.role is Role.LEFT,
        j.explained,
        j.opposite,
        g.back.score if g.back else None,
        g.back.p if g.back else None,
        len(g.changes) if j.role.takes_part else None,
        note,
    )


def _exploratory(
    ws: Workspace,
    contrast: ContrastInfo,
    side: StateSide,
    space: Space,
    level: str,
    no_noise: tuple[str, ...],
    cut: tuple[str, ...],
) -> Scored:
    """The score of a pair that cannot be tested, with a one-sided p given whichever side has noise."""
    cohorts = side.pool or side.plain
    if not ws.has(contrast.id) or not cohorts:
        return Scored(side, None, Testability(level, 10**9, no_noise, cut), None, None, 0, None)
    allowed, sets = ws.allowed(space, engineered(contrast, cohorts)), ws.sets(level, space)
    if (told := _of_replicates(ws, contrast, side, cohorts, space, level)) is not None:
        return replace(told, testability=Testability(level, 10**9, no_noise, cut))
    mouse, known = ws.vector(contrast, space)
    vectors = [ws.vector(c, space) for c in cohorts]
    human = sum(v for v, _ in vectors) / np.sqrt(len(vectors))
    measured = np.logical_and.reduce([m for _, m in vectors])
    rows = np.flatnonzero(known & measured & allowed)
    factor, df, on_mouse = None, 0, True
    if not lacks_noise(ws, contrast):
        part = ws.projected(contrast, space, None if contrast.noise == "donors" else ws.references_for(contrast)[0])
        rows = rows[part.measured[rows]]
        factor, df = part.component.factor[:, rows], part.component.df
    elif side.state is not None:
        rows = rows[side.state.measured[rows]]
        combined = side.state.at(rows).side
        factor, df, on_mouse = combined.factor, combined.df, False
    weights = sets.on(rows) if sets is not None else None
    plain = plain_score(mouse[rows], np.asarray(human)[rows], factor, df, on_mouse=on_mouse, weights=weights)
    testability = Testability(level, max(plain.n_features, 10**9 if no_noise or cut else 0), no_noise, cut)
    return Scored(side, None, testability, plain.score, plain.statistic, plain.n_features, plain.one_sided_p)


def _of_replicates(
    ws: Workspace, contrast: ContrastInfo, side: StateSide, cohorts: Sequence[ContrastInfo], space: Space, level: str
) -> Scored | None:
    """What replicates tell that carry no test (wells of one line): the joint test that they would give, one-sided. None
    where a side has no samples and no reference, or the two share samples."""
    if not (contrast.barred or any(c.barred for c in cohorts)) or any(
        c.noise != "donors" and lacks_noise(ws, c) for c in (contrast, *cohorts)
    ):
        return None
    mouse, *parts = (
        ws.projected(c, space, None if c.noise == "donors" else ws.references_for(c)[0]) for c in (contrast, *cohorts)
    )
    state = State(side.info.id, side.info.label, tuple(parts))
    if mouse.component.donors & state.donors:
        return None
    allowed = ws.allowed(space, engineered(contrast, cohorts))
    try:
        result = evaluate(
            mouse,
            state,
            names=space.features,
            allowed=allowed,
            sets=ws.sets(level, space),
            level=level,
            by_cohort=False,
        )
    except MethodError:
        return None
    test = result.test
    p = test.p / 2 if test.score > 0 else 1 - test.p / 2
    return Scored(side, None, Testability(level, test.n_features), test.score, test.statistic, test.n_features, p)


def _cohorts(
    ws: Workspace, contrast: ContrastInfo, s: Scored, space: Space, level: str, testable: bool
) -> tuple[Cohort, ...]:
    """Without p where the match itself has none."""
    made = []
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


def match_id(mouse: str, human: str, level: str, policy: str, disease: str | None, pair_by: str = "all") -> str:
    """``pair_by``: the family that its q is of is another one."""
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
    axes = None
    if result is not None and result.axes is not None:
        source = ws.axes_for(contrast, space, frozenset(r.dataset for r in s.side.references))
        axes = AxesOut(result.axes.score, result.axes.p, source.count if source else 0, source.id if source else "")
        if testable and s.q is not None and (s.q <= ALPHA) != (result.axes.p <= ALPHA):
            flags.append("common-axes: significance changes when the common noise axes are taken out")
    given, models = (s.given, s.model_given) if testable else ((), ())
    changes = _changes(ws, s, space) if testable and not thin else ()
    test = result.test if testable and result else None
    human = s.side.id
    return MatchRecord(
        id=match_id(contrast.id, human, level, policy, disease, pair_by),
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
        method=METHOD,
        data_version=ws.signatures.version,
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
    made = []
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


def _changes(ws: Workspace, s: Scored, space: Space) -> tuple[Change, ...]:
    assert s.result is not None
    r = s.result
    found, product = r.changes, r.mouse.vector * r.human.vector
    passed, p, q = found.passed(ALPHA)
    if not len(passed):
        return ()
    measured = ws.measured_factors(r.level, space, r.rows) if LEVELS[r.level].target == "Regulon" else frozenset()
    human = space.human[r.rows] if r.level in BY_GENE else None
    symbols = ws.symbols(HUMAN) if r.level in BY_GENE else ws.set_labels(r.level)
    made = []
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
            )
        )
    return tuple(made)
