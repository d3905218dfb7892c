"""One contrast against many: all pairs by matrix products (``kg.verdict.screen``), and each pair that decides something
also on its own.

Score, p and q of all pairs come from the products. A pair with a q near .05 is tested on its own before q is adjusted
again, and so is each pair that an answer shows; a pair for which the products are not accurate enough is tested on its
own from the start. Every status is what ``kg.verdict.family`` would say, and numbers differ by no more than 1e-5.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from kg.match.compared import BY_GENE
from kg.match.conjunction import adjusted
from kg.match.masked import Screened
from kg.match.orthology import POLICIES, Policy
from kg.match.space import Space
from kg.match.verdict import ALPHA, Status, Testability
from kg.schema.match import Band, MatchRecord
from kg.sides.catalog import ContrastInfo, StateInfo
from kg.sides.human import StateSide, alone, lacks_noise, pool_of, state_side
from kg.sides.others import candidates, donors_of
from kg.sides.workspace import Workspace
from kg.verdict.family import family, pairwise
from kg.verdict.ranked import Entry, Ranked
from kg.verdict.record import match_id, record_of
from kg.verdict.score import Scored, score_side, space_between, space_of
from kg.verdict.screen import FEW, Sides, can_keep, contrasts, know_genes, screened, states
from kg.verdict.silent import silent

Floats = NDArray[np.float64]
NEARLY = 1e-3
"""How near to its limit, as a share of it, a p of the products must be for its pair to be tested on its own."""


@dataclass(slots=True)
class _Seen:
    """``bare``: the human side without its vectors; ``side`` makes it whole; ``exact``: scored by itself."""

    bare: StateSide
    side: Callable[[], StateSide]
    space: Space
    scored: Scored
    p: float | None
    exact: bool


def ranked_family(
    ws: Workspace,
    contrast: ContrastInfo,
    *,
    disease: str | None,
    level: str = "gene",
    policy: Policy = "one2one",
    band: bool = True,
) -> Sequence[MatchRecord]:
    """:func:`kg.verdict.family.family`, assembled as it is read where there are many states."""
    infos = ws.catalog.states_under(disease)
    few = level not in BY_GENE or len(infos) <= FEW or space_of(ws, contrast, policy).lacks
    if few or lacks_noise(ws.at(level), contrast) or not can_keep(ws):
        return family(ws, contrast, disease=disease, level=level, policy=policy, band=band)
    ws = ws.at(level)
    know_genes(ws, contrast.taxon)
    seen = _judged(ws, contrast, *_states(ws, contrast, infos, level, policy), level)
    tested = sum(s.scored.q is not None for s in seen)

    @cache
    def under(other: Policy) -> dict[str, _Seen]:
        able = [s.bare.info for s in seen if s.scored.q is not None]
        return {s.bare.info.id: s for s in _judged(ws, contrast, *_states(ws, contrast, able, level, other), level)}

    def bands(s: _Seen) -> tuple[Band, ...]:
        made: list[Band] = []
        for each in POLICIES if band else (policy,):
            found = s if each == policy else under(each).get(s.bare.info.id) if tested else None
            if found is not None and found.scored.verdict is not None and found.scored.score is not None:
                p = found.p if found.scored.q is not None else None
                made.append(Band(each, found.scored.score, p, found.scored.verdict.status))
        return tuple(made)

    def entry(s: _Seen) -> Entry:
        name = match_id(contrast.id, s.bare.id, level, policy, disease)

        def made(thin: bool) -> MatchRecord:
            scored = _thin(ws, contrast, s, level) if thin else _whole(ws, contrast, s, level, True)
            beside = () if thin else bands(s)
            return record_of(ws, contrast, scored, s.space, disease, level, policy, tested, beside, thin=thin)

        return _entry(s, name, made)

    return Ranked(map(entry, seen))


def ranked_pairs(
    ws: Workspace,
    contrast: ContrastInfo,
    others: Sequence[ContrastInfo],
    *,
    level: str = "gene",
    policy: Policy = "one2one",
) -> Sequence[MatchRecord]:
    """:func:`kg.verdict.family.pairwise`, assembled as it is read where there are many others, and then best first."""
    few = (
        level not in BY_GENE
        or len(others) <= FEW
        or any(space_between(ws, contrast, o.taxon, policy).lacks for o in others)
    )
    if few or lacks_noise(ws.at(level), contrast) or not can_keep(ws):
        return pairwise(ws, contrast, others, level=level, policy=policy)
    ws = ws.at(level)
    know_genes(ws, contrast.taxon)
    seen = _judged(
        ws,
        contrast,
        [
            s
            for taxon in sorted({o.taxon for o in others})
            for s in _singles(
                ws, contrast, [o for o in others if o.taxon == taxon and o.id != contrast.id], taxon, level, policy
            )
        ],
        None,
        level,
    )
    tested = sum(s.scored.q is not None for s in seen)
    text = f"{contrast.label} x {level} level x {policy} orthologs x {len(seen)} contrasts asked for"

    def entry(s: _Seen) -> Entry:
        name = match_id(contrast.id, s.bare.id, level, policy, None)

        def made(thin: bool) -> MatchRecord:
            scored = _thin(ws, contrast, s, level) if thin else _whole(ws, contrast, s, level, False)
            return record_of(ws, contrast, scored, s.space, None, level, policy, tested, (), text, thin=thin)

        return _entry(s, name, made)

    return Ranked(map(entry, seen))


def _entry(s: _Seen, name: str, made: Callable[[bool], MatchRecord]) -> Entry:
    assert s.scored.verdict is not None
    p = s.p if s.scored.q is not None else None
    return Entry(name, s.scored.verdict.status, p, s.scored.score, s.bare.apart, made)


def _whole(ws: Workspace, contrast: ContrastInfo, s: _Seen, level: str, specific: bool) -> Scored:
    scored = score_side(ws, contrast, s.side(), s.space, level, specific=specific)
    if s.scored.q is not None:
        assert scored.result is not None
        scored.q = max(s.scored.q, scored.result.test.p)  # a q of products may be below its own p, by rounding
    scored.verdict = scored.decided()
    return scored


def _thin(ws: Workspace, contrast: ContrastInfo, s: _Seen, level: str) -> Scored:
    if s.exact:
        return s.scored
    scored = score_side(ws, contrast, s.side(), s.space, level, specific=False, whole=False)
    return replace(scored, q=s.scored.q, verdict=s.scored.verdict)


def _states(
    ws: Workspace, contrast: ContrastInfo, infos: Sequence[StateInfo], level: str, policy: Policy
) -> tuple[list[_Seen], Sides]:
    space = space_of(ws, contrast, policy)
    sides = states(ws, space)
    found = screened(ws, contrast, space, sides)
    donors, made = donors_of(ws, contrast), list[_Seen]()
    for info in infos:
        skip = contrast.id if contrast.state is not None and contrast.state.id == info.id else ""
        known = pool_of(ws, info, skip)
        references = {r.id: r for c in known.pool if c.noise != "donors" for r in ws.references_for(c)[:1]}
        bare = StateSide(info, known.pool, known.apart, tuple(references.values()), None, known.plain)
        row = None if skip else sides.rows.get(info.id)
        made.append(
            _seen(
                ws,
                contrast,
                donors,
                bare,
                lambda info=info: state_side(ws, info, space, contrast.id),
                space,
                found,
                row,
                level,
            )
        )
    return made, sides


def _singles(
    ws: Workspace, contrast: ContrastInfo, others: Sequence[ContrastInfo], taxon: str, level: str, policy: Policy
) -> list[_Seen]:
    space = space_between(ws, contrast, taxon, policy)
    sides: Sides = contrasts(ws, taxon, space)
    found = screened(ws, contrast, space, sides)
    donors, made = donors_of(ws, contrast), list[_Seen]()
    for info in others:
        row = sides.rows.get(info.id)
        state = StateInfo(info.id, info.label, "", "", "", info.material, frozenset())
        references = () if info.noise == "donors" or row is None else tuple(ws.references_for(info)[:1])
        side = lambda info=info: alone(ws, info, space)  # noqa: E731
        bare = StateSide(state, (info,), (), references, None) if row is not None else side()
        made.append(_seen(ws, contrast, donors, bare, side, space, found, row, level))
    return made


def _seen(
    ws: Workspace,
    contrast: ContrastInfo,
    donors: frozenset[str],
    bare: StateSide,
    side: Callable[[], StateSide],
    space: Space,
    found: Screened | None,
    row: int | None,
    level: str,
) -> _Seen:
    """A pair by the products where they are sure of it, by itself otherwise."""
    if found is None or row is None or not found.sure[row]:
        return _exactly(ws, contrast, bare, side, space, level)
    errors = [r.type_i_error for r in bare.references if r.type_i_error is not None]
    pool = {c.id for c in bare.pool}
    shared = donors.intersection(chain.from_iterable(donors_of(ws, c) for c in bare.pool)) if donors else donors
    told = Testability(
        level,
        int(found.n_features[row]),
        shared=tuple(sorted(shared)),
        named=tuple(
            f"{share[1]} ({share[2].rstrip(',') or 'samples'})" for share in contrast.shares if share[0] in pool
        ),
        reference_error=max(errors) if errors else None,
    )
    scored = Scored(
        bare, None, told, float(found.score[row]), float(found.statistic[row]), int(found.n_features[row]), None
    )
    return _Seen(bare, side, space, scored, float(found.p[row]), False)


def _exactly(
    ws: Workspace, contrast: ContrastInfo, bare: StateSide, side: Callable[[], StateSide], space: Space, level: str
) -> _Seen:
    scored = score_side(ws, contrast, side(), space, level, specific=False, whole=False)
    return _Seen(bare, side, space, scored, scored.result.test.p if scored.result else None, True)


def _near(p: Floats) -> list[int]:
    """Of p-values those by which it is decided what is significant at ``ALPHA``, as nearly as to hang on rounding:
    Benjamini and Hochberg (10.1111/j.2517-6161.1995.tb02031.x) compare each p times m with ``ALPHA`` times its rank.
    Many that share one q hang on the one of them that gives it."""
    order = np.argsort(p, kind="stable")
    raised = p[order] * len(p) / np.arange(1, len(p) + 1)
    return [int(at) for at in order[np.abs(raised / ALPHA - 1) <= NEARLY]]


def _judged(ws: Workspace, contrast: ContrastInfo, seen: list[_Seen], sides: Sides | None, level: str) -> list[_Seen]:
    """With q and status. Other states (``sides``) are asked where the status hangs on them, and then those that may
    take part; None: of pairs, whose specificity is not tested."""
    while True:
        tests = [at for at, s in enumerate(seen) if not s.scored.testability.objections()]
        p = np.array([seen[at].p for at in tests], float)
        near = [tests[at] for at in _near(p) if not seen[tests[at]].exact]
        if not near:
            break
        for at in near:
            seen[at] = _exactly(ws, contrast, seen[at].bare, seen[at].side, seen[at].space, level)
    for at, each in zip(tests, adjusted(p) if tests else (), strict=True):
        seen[at].scored.q = float(each)
    for s in seen:
        s.scored.verdict = s.scored.decided()
        if sides is not None and s.scored.verdict.status == Status.SUPPORTED:
            without = silent(ws, contrast, s.bare, s.space, sides)
            if all(info.id in without for info in candidates(ws, s.bare)):
                continue
            q_of = s.scored.q
            s.scored = score_side(ws, contrast, s.side(), s.space, level, whole=False, without=without)
            s.scored.q = q_of
            s.scored.verdict = s.scored.decided()
    return seen
