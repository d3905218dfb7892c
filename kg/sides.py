"""The human side of a match: which cohorts of a state are pooled, and why the others stand apart."""

from collections.abc import Iterable
from dataclasses import dataclass

from kg.catalog import ContrastInfo, ReferenceInfo, StateInfo
from kg.curie import local
from kg.match.pair import Projected, State
from kg.space import Space
from kg.workspace import Workspace


@dataclass(frozen=True)
class StateSide:
    """A state ready to be scored: the cohorts that are pooled, and why the others are not."""

    info: StateInfo
    pool: tuple[ContrastInfo, ...]
    apart: tuple[tuple[ContrastInfo, str], ...]
    references: tuple[ReferenceInfo, ...]
    state: State | None

    @property
    def id(self) -> str:
        """Of the pooled contrast; a single contrast that stands for itself keeps its own."""
        if self.info.id.startswith("orthokg:contrast/"):
            return self.info.id
        return local("contrast", "pooled") + "/" + self.info.id.partition("/")[2]

    @property
    def untestable(self) -> str:
        reasons = dict.fromkeys(f"{cohort.label}: {why}" for cohort, why in self.apart)
        return "; ".join(reasons) or "no cohort at hand"


def engineered(contrast: ContrastInfo, cohorts: Iterable[ContrastInfo]) -> tuple[str, ...]:
    """Symbols of genes that a model of either side engineers: none of them may enter a score of the two."""
    return tuple(sorted({symbol for info in (contrast, *cohorts) for symbol in info.engineered}))


def lacks_noise(ws: Workspace, info: ContrastInfo) -> str:
    """Why a contrast cannot be tested on its own side; empty where it can."""
    if not ws.has(info.id) and ws.part:
        return f"no {ws.part.removeprefix('#')} of its factors: it is made of counts of single cells with `cells.grn`"
    if not ws.has(info.id):
        return "its vector is not in the signature store: ingest it again"
    if info.noise == "donors":
        return ""
    if info.cut and info.noise != "donors":
        known = f"{info.universe} genes tested" if info.universe else "of an unknown universe"
        return f"a table cut to some genes ({info.cut}; {known}): the full table of all tested genes would make it testable"
    if info.noise == "none":
        return info.noise_reason or "no noise factor: counts of its donors would make it testable"
    fits = ws.references_for(info)
    if not fits:
        return f"no healthy reference of {info.material} at hand: counts of five or more healthy donors would make it testable"
    return ""


def state_side(ws: Workspace, info: StateInfo, space: Space, skip: str = "") -> StateSide:
    """Pools the testable cohorts of a state; ``skip`` is a contrast that must not meet itself."""
    cohorts = sorted((c for c in ws.catalog.cohorts.get(info.id, []) if c.id != skip), key=lambda c: (c.noise != "reference", -c.n_case - c.n_control, c.id))  # fmt: skip
    pool: list[ContrastInfo] = []
    apart: list[tuple[ContrastInfo, str]] = []
    parts: list[Projected] = []
    used: dict[str, ReferenceInfo] = {}
    for cohort in cohorts:
        if why := lacks_noise(ws, cohort):
            apart.append((cohort, f"untestable: {why}"))
            continue
        reference = None if cohort.noise == "donors" else ws.references_for(cohort)[0]
        part = ws.projected(cohort, space, reference)
        if why := _apart(cohort, part, parts, pool):
            apart.append((cohort, why))
            continue
        pool.append(cohort)
        parts.append(part)
        if reference:
            used[reference.id] = reference
    if not pool and (first := next(((c, w) for c, w in apart if not w.startswith("untestable")), None)):
        apart.remove(first)
        reference = None if first[0].noise == "donors" else ws.references_for(first[0])[0]
        pool, parts = [first[0]], [ws.projected(first[0], space, reference)]
    state = State(info.id, info.label, tuple(parts)) if parts else None
    return StateSide(info, tuple(pool), tuple(apart), tuple(used.values()), state)


def _apart(cohort: ContrastInfo, part: Projected, parts: list[Projected], pool: list[ContrastInfo]) -> str:
    """Why a testable cohort stands beside the pool and not in it; empty where it may join."""
    if not cohort.pooled:
        return "not pooled: its manifest keeps it apart"
    donors = part.component.donors
    for other, name in zip(parts, pool, strict=True):
        if donors & other.component.donors or any(share[0] == name.id for share in cohort.shares):
            arms = {share[2] for share in cohort.shares if share[0] == name.id}
            return f"not pooled: shares {' / '.join(sorted(arms)) or 'samples'} with {name.label}"
        if other.component.factor_id != name.id and donors & other.component.factor_donors:
            return f"not pooled: its healthy donors are the noise reference of {name.label}"
    return ""
