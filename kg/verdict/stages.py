"""How a contrast's match moves along the stages of a disease, or over regions: each stage as a state of its own, the
difference of each two, and the trend, by ``kg.match.stages``.

Stages of one material are compared, over the features that all of them have. Regions are the cohorts of one state that
were measured there. Nothing here enters a verdict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kg.match.combine import single
from kg.match.compared import LEVELS
from kg.match.conjunction import adjusted
from kg.match.joint import Side, joint_test
from kg.match.orthology import Policy
from kg.match.pair import State
from kg.match.space import Space
from kg.match.stages import Shared, StageTest, may_compare, shared_correlation, stage_test, trend_weights
from kg.match.weights import SetWeights
from kg.records.match import Gap
from kg.sides.catalog import ContrastInfo, StateInfo
from kg.sides.human import StateSide, engineered, lacks_noise, pool_together, state_side
from kg.sides.stage_order import ordered
from kg.sides.workspace import Workspace
from kg.verdict.score import score_side, space_of

BY = ("stage", "region")
LEAST_STAGES, LEAST_FOR_TREND = 2, 3
_SAME, _PERHAPS = "the same samples", "samples that may be the same"


@dataclass(frozen=True)
class StageRow:
    """One stage. ``place``: from 1 in the order of the stages, None where they have none; ``score``, ``p``: of its
    match; ``corrected_score``: r without the noise of either side, with its 95% interval, None where a reliability is
    below .25."""

    group: str
    place: int | None
    stage: str
    state: str
    label: str
    n_case: int
    n_control: int
    reliability: float
    n_features: int
    score: float
    p: float
    corrected_score: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class StageDifference:
    """How much better the model matches ``two`` than ``one``: difference of the corrected scores with its 95% interval,
    and the test that there is none. ``q``: over all differences of the answer. ``correlation``: of the two stages'
    noise by shared samples."""

    group: str
    one: str
    two: str
    difference: float
    low: float
    high: float
    p: float
    q: float
    correlation: float
    note: str


@dataclass(frozen=True)
class StageTrend:
    """``step``: change of the corrected score from one stage to the next, with its 95% interval; ``p``: that there is
    none."""

    group: str
    stages: tuple[str, ...]
    step: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Stages:
    """Of one contrast. ``gaps``: stages that are not compared, and why."""

    contrast: str
    contrast_label: str
    by: str
    level: str
    policy: str
    rows: tuple[StageRow, ...]
    differences: tuple[StageDifference, ...]
    trends: tuple[StageTrend, ...]
    gaps: tuple[Gap, ...]


class _Stage(NamedTuple):
    name: str
    side: StateSide


class _Lifted(NamedTuple):
    stage: _Stage
    parts: tuple[Side, ...]
    whole: Side


def stages_of(
    ws: Workspace,
    contrast: ContrastInfo,
    *,
    disease: str | None,
    level: str = "gene",
    policy: Policy = "one2one",
    by: str = "stage",
    order: Sequence[str] = (),
) -> Stages:
    """The stages of every state under a disease (None: all of the release). ``order``: names of stages, the earliest
    first, instead of what their words say."""
    ws = ws.at(level)
    space = space_of(ws, contrast, policy)
    rows: list[StageRow] = []
    differences: list[StageDifference] = []
    trends: list[StageTrend] = []
    gaps: list[Gap] = []
    for group, found in _groups(ws, contrast, disease, space, by).items():
        able: list[_Stage] = []
        if by == "stage":
            whole = [each.side.info.label for each in found if not each.name]
            gaps += [Gap("withheld", label, "it states no stage, and may hold several") for label in whole]
            found = [each for each in found if each.name]
        for each in found:
            scored = score_side(ws, contrast, each.side, space, level, specific=False, whole=False)
            if why := "; ".join(scored.testability.objections()):
                gaps.append(Gap("missing", f"{each.name}, {group}", why))
            else:
                able.append(each)
        if len(able) < LEAST_STAGES:
            told = f"{len(able)} {by} of {group} can be tested; a difference takes two"
            gaps.append(Gap("missing", f"differences in {group}", told, f"ingest a cohort of another {by}"))
            continue
        made = _Group(ws, contrast, group, tuple(able), space, level, tuple(order) if by == "stage" else None)
        rows += made.rows()
        differences += made.differences(gaps)
        trends += made.trend(gaps)
    if differences:
        q = adjusted(np.array([each.p for each in differences]))
        differences = [replace(each, q=float(value)) for each, value in zip(differences, q, strict=True)]
    return Stages(
        contrast.id, contrast.label, by, level, policy, tuple(rows), tuple(differences), tuple(trends), tuple(gaps)
    )


def _groups(
    ws: Workspace, contrast: ContrastInfo, disease: str | None, space: Space, by: str
) -> dict[str, list[_Stage]]:
    """What is compared with what: stages of one disease and material, or regions of one state."""
    made: dict[str, list[_Stage]] = {}
    for info in ws.catalog.states_under(disease):
        if by == "stage":
            group = f"{info.disease_label}, {info.material}"
            made.setdefault(group, []).append(_Stage(info.stage, state_side(ws, info, space, contrast.id)))
        else:
            made[info.label] = list(_regions(ws, contrast, info, space))
    return made


def _regions(ws: Workspace, contrast: ContrastInfo, info: StateInfo, space: Space) -> Iterator[_Stage]:
    """The cohorts of a state by their region, each pooled; a cohort that was not taken from a region is left out."""
    by_region: dict[str, list[ContrastInfo]] = {}
    every = [c for c in ws.catalog.cohorts.get(info.id, []) if c.id != contrast.id and c.region]
    measured = any(not c.simulated for c in every)
    for cohort in every:
        if cohort.region and not (cohort.simulated and measured):
            by_region.setdefault(cohort.region.label, []).append(cohort)
    for region, cohorts in sorted(by_region.items()):
        able = [c for c in cohorts if not lacks_noise(ws, c)]
        told = {c.id: f"untestable: {why}" for c in cohorts if (why := lacks_noise(ws, c))}
        lender = {c.id: None if c.noise == "donors" else ws.references_for(c)[0] for c in able}
        pool, reasons = pool_together(ws, able, lambda c, lender=lender: lender[c.id])
        told |= reasons
        apart = tuple((c, told[c.id]) for c in cohorts if c.id in told)
        parts = tuple(ws.projected(c, space, lender[c.id]) for c in pool)
        lent = tuple({r.id: r for c in pool if (r := lender[c.id])}.values())
        state = State(info.id, f"{info.label}, {region}", parts) if parts else None
        yield _Stage(region, StateSide(info, tuple(pool), apart, lent, state))


class _Group:
    """Stages of one group over the features that all of them and the model have."""

    def __init__(
        self,
        ws: Workspace,
        contrast: ContrastInfo,
        name: str,
        stages: tuple[_Stage, ...],
        space: Space,
        level: str,
        order: tuple[str, ...] | None,
    ):
        """``order``: None where the stages have none."""
        places = None if order is None else ordered([each.name for each in stages], order)
        self.name, self.ordered = name, places is not None
        stages = tuple(stages[at] for at in places) if places is not None else stages
        reference = None if contrast.noise == "donors" else ws.references_for(contrast)[0]
        mouse = ws.projected(contrast, space, reference)
        pools = [c for each in stages for c in each.side.pool]
        allowed = ws.allowed(space, engineered(contrast, pools))
        masks = [each.side.state.measured for each in stages if each.side.state is not None]
        rows = np.flatnonzero(np.logical_and.reduce([mouse.measured, allowed, *masks]))
        sets = ws.sets(level, space)
        weights = sets.on(rows) if sets is not None and len(rows) else None
        self.model = _lift(single(mouse.at(rows)).side, weights)
        self.few = len(self.model.vector) < LEVELS[level].least
        self.stages = [_lifted(each, rows, weights) for each in stages]

    def rows(self) -> Iterator[StageRow]:
        for at, (stage, _, side) in enumerate(self.stages):
            test = joint_test(self.model, side)
            alone = self._test([at], [1.0]) if may_compare(side) and may_compare(self.model) else None
            yield StageRow(
                self.name,
                at + 1 if self.ordered else None,
                stage.name,
                stage.side.info.id,
                stage.side.info.label,
                sum(c.n_case for c in stage.side.pool),
                sum(c.n_control for c in stage.side.pool),
                side.reliability,
                test.n_features,
                test.score,
                test.p,
                alone.estimate if alone else None,
                alone.low if alone else None,
                alone.high if alone else None,
            )

    def differences(self, gaps: list[Gap]) -> Iterator[StageDifference]:
        if why := self._barred():
            gaps.append(Gap("missing", f"differences in {self.name}", why))
            return
        for one, two in combinations(range(len(self.stages)), 2):
            names = self.stages[one].stage.name, self.stages[two].stage.name
            if noisy := self._noisy([one, two]):
                gaps.append(Gap("missing", f"{names[0]} against {names[1]}, {self.name}", noisy))
                continue
            shared, note = self._shared([one, two], [-1.0, 1.0])
            test = self._test([one, two], [-1.0, 1.0], shared)
            known = sum(each.correlation for each in shared)
            yield StageDifference(
                self.name, *names, test.estimate, test.low, test.high, test.p, 1.0, float(known), note
            )

    def trend(self, gaps: list[Gap]) -> Iterator[StageTrend]:
        if not self.ordered or self._barred():
            return
        kept = [at for at in range(len(self.stages)) if may_compare(self.stages[at].whole)]
        if len(kept) < LEAST_FOR_TREND:
            why = f"{len(kept)} ordered stages can be compared; a trend takes {LEAST_FOR_TREND}"
            gaps.append(Gap("missing", f"trend in {self.name}", why))
            return
        weights = trend_weights(len(kept)).tolist()
        test = self._test(kept, weights, self._shared(kept, weights)[0])
        names = tuple(self.stages[at].stage.name for at in kept)
        yield StageTrend(self.name, names, test.estimate, test.low, test.high, test.p)

    def _barred(self) -> str:
        if self.few:
            return f"{len(self.model.vector)} features that all stages share are too few"
        return "" if may_compare(self.model) else _NOISY.format(name="the model", value=self.model.reliability)

    def _noisy(self, places: Sequence[int]) -> str:
        told = [
            _NOISY.format(name=self.stages[at].stage.name, value=self.stages[at].whole.reliability)
            for at in places
            if not may_compare(self.stages[at].whole)
        ]
        return "; ".join(told)

    def _test(self, places: Sequence[int], weights: Sequence[float], shared: Sequence[Shared] = ()) -> StageTest:
        return stage_test(self.model, [self.stages[at].whole for at in places], weights, shared)

    def _shared(self, places: Sequence[int], weights: Sequence[float]) -> tuple[list[Shared], str]:
        """Noise that stages share, and in words. Where it is not known how much, it is taken as none between stages of
        opposite weight and as all between those of the same, so that V is not too small."""
        made: list[Shared] = []
        notes: dict[str, None] = {}
        for i, j in combinations(range(len(places)), 2):
            one, two = self.stages[places[i]], self.stages[places[j]]
            for a, own in zip(one.stage.side.pool, one.parts, strict=True):
                for b, other in zip(two.stage.side.pool, two.parts, strict=True):
                    r, known = _correlation(a, b)
                    if not r:
                        continue
                    if not known:
                        notes[f"{a.label} and {b.label} use {_PERHAPS}: their noise is taken as unrelated"] = None
                        if weights[i] * weights[j] < 0:
                            continue
                    else:
                        notes[f"{a.label} and {b.label} use {_SAME}: noise correlated by {r:.2f}"] = None
                    r /= np.sqrt(len(one.parts) * len(two.parts))
                    made += [Shared(i, j, r / 2, own.factor), Shared(i, j, r / 2, other.factor)]
        return made, "; ".join(notes)


_NOISY = "{name} has a reliability of {value:.2f}; its length without noise is known from .25 on"


def _correlation(one: ContrastInfo, two: ContrastInfo) -> tuple[float, bool]:
    """Of the noise of two contrasts by the samples that both use, and whether it is known; 0 where they share none."""
    if not any(key == two.id for key, _, _ in one.shares):
        return 0.0, True
    names = (one.case_arm, one.control_arm), (two.case_arm, two.control_arm)
    sizes = (one.n_case, one.n_control), (two.n_case, two.n_control)
    same = one.dataset == two.dataset and one.material == two.material and one.region == two.region
    arms = [
        (i, j, min(sizes[0][i], sizes[1][j]))
        for i in (0, 1)
        for j in (0, 1)
        if names[0][i] and names[0][i] == names[1][j]
    ]
    if not same or not arms or min(*sizes[0], *sizes[1]) <= 0:
        return 1.0, False
    return shared_correlation(sizes, arms), True


def _lifted(stage: _Stage, rows: NDArray[np.intp], weights: SetWeights | None) -> _Lifted:
    assert stage.side.state is not None
    parts = tuple(_lift(single(cohort.at(rows)).side, weights) for cohort in stage.side.state.cohorts)
    return _Lifted(stage, parts, _lift(stage.side.state.at(rows).side, weights))


def _lift(side: Side, weights: SetWeights | None) -> Side:
    return side.centred() if weights is None else weights.activity(side)
