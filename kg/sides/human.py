"""The human side of a match: which cohorts of a state are pooled, and why the others stand apart.

A cohort is pooled when it asks for it, can be tested, is measured like the others and not simulated beside them, shares
no samples with them, and costs the pool no more than a twentieth of its features. A cohort that stands apart has a row
of its own with its own score, and nothing else of an answer depends on it.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.curie import HUMAN, local
from kg.match.compared import LEVELS, MAIN, level_of
from kg.match.pair import State
from kg.match.space import Space
from kg.sides.catalog import ContrastInfo, ReferenceInfo, StateInfo
from kg.sides.workspace import MOST_LOST, Workspace

JOINS = "`pooled: true` in its contrast would pool it"
SAME_SIZE = 1.2  # arms of one bank that differ by no more are taken to be of the same donors, perhaps
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class StateSide:
    """A state ready to be scored: the cohorts that are pooled, and why the others are not. ``plain``: where none can be
    tested, those that would be pooled if they had noise: a score without a verdict is of them."""

    info: StateInfo
    pool: tuple[ContrastInfo, ...]
    apart: tuple[tuple[ContrastInfo, str], ...]
    references: tuple[ReferenceInfo, ...]
    state: State | None
    plain: tuple[ContrastInfo, ...] = ()

    @property
    def simulated(self) -> bool:
        return any(cohort.simulated for cohort in self.pool)

    @property
    def id(self) -> str:
        """Of the pooled contrast; a single contrast that stands for itself keeps its own."""
        if self.info.id.startswith("orthokg:contrast/"):
            return self.info.id
        return local("contrast", "pooled") + "/" + self.info.id.partition("/")[2]

    @property
    def taxon(self) -> str:
        """Species of the cohorts."""
        infos = (*self.pool, *(info for info, _ in self.apart))
        return infos[0].taxon if infos else HUMAN

    @property
    def untestable(self) -> str:
        reasons = dict.fromkeys(f"{cohort.label}: {why}" for cohort, why in self.apart)
        return "; ".join(reasons) or "no cohort available"


def engineered(contrast: ContrastInfo, cohorts: Iterable[ContrastInfo]) -> tuple[str, ...]:
    """Symbols of genes that a model of either side engineers: none of them may enter a score of the two."""
    return tuple(sorted({symbol for info in (contrast, *cohorts) for symbol in info.engineered}))


def null_text(contrasts: Sequence[ContrastInfo], df: bool = False) -> str:
    """The nulls of contrasts with samples of their own, each named after what it counts, with the sizes of the arms
    and, where asked, the residual degrees of freedom: "donors (3 v 3 + 4 v 5) + pools (3 v 3)"."""
    kinds = dict.fromkeys(c.null for c in contrasts)
    sizes = {
        kind: [f"{c.n_case} v {c.n_control}{f', {c.df} df' if df else ''}" for c in contrasts if c.null == kind]
        for kind in kinds
    }
    return " + ".join(f"{kind} ({' + '.join(of)})" for kind, of in sizes.items())


def lacks_noise(ws: Workspace, info: ContrastInfo) -> str:
    """Why a contrast cannot be tested on its own side; empty where it can."""
    if not ws.has(info.id) and ws.part:
        return f"no {level_of(ws.part)} of its factors: it is made of counts of single cells with `cells.grn`"
    if not ws.has(info.id):
        return "its vector is not in the signature store: ingest it again"
    if info.barred:
        return info.barred
    if info.cut and info.noise != "donors":
        known = f"{info.universe} genes tested" if info.universe else "of an unknown universe"
        return (
            f"a table cut to some genes ({info.cut}; {known}): the full table of all tested genes would make it"
            " testable"
        )
    if info.noise == "none":
        return info.noise_reason or "no noise factor: counts of its donors would make it testable"
    level = level_of(ws.part)
    if (n := ws.size(info.id)) < LEVELS[level].least:
        return too_few(n, level)
    if info.noise == "donors":
        return ""
    if not ws.references_for(info):
        return (
            f"no healthy reference of {info.material} available: counts of five or more healthy donors would make it"
            " testable"
        )
    return ""


def too_few(n: int, level: str = MAIN) -> str:
    """Why a contrast of so few features is not tested."""
    return (
        f"{n} usable {LEVELS[level].units}; at least {LEVELS[level].least} are needed: the table or counts of all that"
        " were measured would give them"
    )


def no_other(side: StateSide, other: StateSide) -> str:
    """Why another state may not serve the specificity of a match with ``side``; empty where it may, as far as who is
    pooled tells."""
    if other.simulated and not side.simulated:
        return "it is simulated, and the state is measured"
    there = {c.id for c in other.pool}
    told = [
        f"it shares {share[2] or 'samples'} with {c.label}"
        for c in side.pool
        for share in c.shares
        if share[0] in there
    ]
    return told[0] if told else ""


def bank_doubts(pool: Sequence[ContrastInfo]) -> list[str]:
    """Cohorts of one pool that may be of the same donors: of one brain bank, with arms of nearly the same size."""
    made = []
    for at, one in enumerate(pool):
        for two in pool[at + 1 :]:
            sizes = [sorted(n) for n in ((one.n_case, two.n_case), (one.n_control, two.n_control))]
            if one.bank and one.bank == two.bank and all(0 < high <= SAME_SIZE * low for low, high in sizes):
                made.append(
                    f"same-bank: {one.label} and {two.label} are both of {one.bank}, with arms of nearly the same size:"
                    " if they are of the same donors, say shares_donors_with in a manifest, or they count twice"
                )
    return made


def state_side(ws: Workspace, info: StateInfo, space: Space, skip: str = "") -> StateSide:
    """Pools the cohorts of a state; ``skip`` is a contrast that must not meet itself. Who is pooled is the same under
    every orthology policy."""
    known = pool_of(ws, info, skip)
    references = {c.id: ws.references_for(c)[0] for c in known.pool if c.noise != "donors"}
    parts = tuple(ws.projected(c, space, references.get(c.id)) for c in known.pool)
    state = State(info.id, info.label, parts) if parts else None
    return StateSide(
        info, known.pool, known.apart, tuple({r.id: r for r in references.values()}.values()), state, known.plain
    )


def alone(ws: Workspace, info: ContrastInfo, space: Space) -> StateSide:
    """A contrast that stands for itself."""
    state = StateInfo(info.id, info.label, "", "", "", info.material, frozenset())
    if why := lacks_noise(ws, info):
        return StateSide(state, (), ((info, f"untestable: {why}"),), (), None, (info,) if ws.has(info.id) else ())
    references = () if info.noise == "donors" else tuple(ws.references_for(info)[:1])
    part = ws.projected(info, space, references[0] if references else None)
    return StateSide(state, (info,), (), references, State(info.id, info.label, (part,)))


def pool_of(ws: Workspace, info: StateInfo, skip: str = "") -> "Members":
    """Who is pooled for a state, and who is not."""
    return ws.pool_of(info.id, skip, lambda: _members(ws, info, skip))


@dataclass(frozen=True)
class Members:
    """Cohorts of a state: those that are pooled, and the others with the reason; ``plain`` as in :class:`StateSide`."""

    pool: tuple[ContrastInfo, ...]
    apart: tuple[tuple[ContrastInfo, str], ...]
    plain: tuple[ContrastInfo, ...]


def _members(ws: Workspace, info: StateInfo, skip: str) -> Members:
    every = ws.catalog.cohorts.get(info.id, [])
    measured = any(not c.simulated for c in every)
    cohorts = sorted((c for c in every if c.id != skip), key=lambda c: _order(ws, c))
    untestable, apart, willing, would = {}, {}, [], []
    for cohort in cohorts:
        kept = _kept_apart(cohort, measured)
        if why := lacks_noise(ws, cohort):
            untestable[cohort.id] = f"untestable: {why}"
            if not kept and ws.has(cohort.id) and ws.size(cohort.id) >= LEVELS[level_of(ws.part)].least:
                would.append(cohort)
        elif kept:
            apart[cohort.id] = kept
        else:
            willing.append(cohort)
    pool, reasons = pool_together(ws, willing, lambda c: None if c.noise == "donors" else ws.references_for(c)[0])
    plain = () if pool else pool_together(ws, would, lambda _: None)[0]
    told = untestable | apart | reasons
    return Members(tuple(pool), tuple((c, told[c.id]) for c in cohorts if c.id in told), tuple(plain))


def _order(ws: Workspace, c: ContrastInfo) -> tuple[bool, int, str, str]:
    """Tables first, since what lends them noise cannot stand beside them; then the larger; then by what was
    measured."""
    content = ws.signature(c.id).vector.tobytes() if ws.has(c.id) else b""
    return c.noise != "reference", -c.n_case - c.n_control, hashlib.sha256(content).hexdigest(), c.id


def _kept_apart(cohort: ContrastInfo, measured: bool) -> str:
    """Why a cohort stands beside the pool whatever else is loaded; empty where it may be pooled."""
    if cohort.simulated and measured:
        return "not pooled: it is simulated, and cohorts of this state are measured"
    return "" if cohort.pooled else f"not pooled: its manifest does not ask for it; {JOINS}"


def pool_together(
    ws: Workspace, willing: Sequence[ContrastInfo], lender: Callable[[ContrastInfo], ReferenceInfo | None]
) -> tuple[list[ContrastInfo], dict[str, str]]:
    """Those that are pooled, in the order given, and why the others are not: as long as one of those that share no
    samples costs more than it may, the costliest goes, and who shares samples with whom is asked again."""
    barred: dict[str, str] = {}
    while True:
        chosen, shared = _independent(ws, [c for c in willing if c.id not in barred], lender)
        cost = costliest([ws.measured(c, lender(c)) for c in chosen], [(c.n_case + c.n_control) for c in chosen])
        if cost is None:
            return chosen, barred | shared
        barred[chosen[cost.at].id] = cost.text


def _independent(
    ws: Workspace, willing: Sequence[ContrastInfo], lender: Callable[[ContrastInfo], ReferenceInfo | None]
) -> tuple[list[ContrastInfo], dict[str, str]]:
    pool: list[ContrastInfo] = []
    reasons: dict[str, str] = {}
    lenders: dict[str, frozenset[str]] = {}
    for cohort in willing:
        donors = frozenset(ws.signature(cohort.id).donors)
        why = next((why for name in pool if (why := _shared(ws, cohort, donors, name, lenders[name.id]))), "")
        if why:
            reasons[cohort.id] = why
            continue
        reference = lender(cohort)
        lenders[cohort.id] = frozenset(ws.signatures.get_reference(reference.id).donors) if reference else frozenset()
        pool.append(cohort)
    return pool, reasons


def _shared(
    ws: Workspace, cohort: ContrastInfo, donors: frozenset[str], name: ContrastInfo, lent: frozenset[str]
) -> str:
    """Why a cohort cannot be pooled beside ``name``, whose noise the donors ``lent``."""
    if donors & frozenset(ws.signature(name.id).donors) or any(share[0] == name.id for share in cohort.shares):
        arms = {share[2] for share in cohort.shares if share[0] == name.id}
        return f"not pooled: shares {' / '.join(sorted(arms)) or 'samples'} with {name.label}"
    return f"not pooled: its healthy donors are the noise reference of {name.label}" if donors & lent else ""


@dataclass(frozen=True)
class Cost:
    """The cohort at a place lacks ``lost`` of the ``common`` features."""

    at: int
    lost: int
    common: int

    @property
    def text(self) -> str:
        return (
            f"not pooled: it would cost the pool {self.lost / self.common:.0%} of its features (it lacks {self.lost:,}"
            f" of the {self.common:,} that at least half of the cohorts have; {MOST_LOST:.0%} may be lost)"
        )


def costliest(measured: Sequence[Mask], donors: Sequence[int]) -> Cost | None:
    """The cohort that lacks most of the features that at least half of the cohorts have, when it lacks more than 5% of
    them; None where none does. ``measured``: a mask over features for each cohort; ``donors``: how many it has.

    Of two that lack as many the one with fewer features goes, then the one with fewer donors, then the later one. Of
    two cohorts that is the one with fewer features: what at least half of two have is what either has.
    """
    if len(measured) < 2:
        return None
    table = np.vstack(measured)
    common = 2 * table.sum(axis=0) >= len(table)
    lost = (common & ~table).sum(axis=1)
    if not lost.max() > MOST_LOST * common.sum():
        return None
    at = max(range(len(table)), key=lambda i: (lost[i], -table[i].sum(), -donors[i], i))
    return Cost(at, int(lost[at]), int(common.sum()))
