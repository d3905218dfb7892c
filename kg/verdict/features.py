# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""Every feature of a match: its orthologs, its effect and test on each side and on both, and what is left of it given
each other state."""

from dataclasses import dataclass, replace
from typing import LiteralString, cast

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.curie import HUMAN
from kg.errors import MethodError
from kg.match.compared import LEVELS
from kg.match.conjunction import adjusted
from kg.match.specificity import ALPHA
from kg.match.verdict import Status
from kg.schema.match import GivenState, MatchRecord
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.tables.gene_sets import GeneSetFile
from kg.verdict.explain import Explanation, Part, Verdict, asked, explained, sides_of
from kg.verdict.record import changes_of
from kg.verdict.score import score_side

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Feature:
    """A feature of a match: a gene pair, a regulon, a module or a factor.

    ``rank``: its place by the size of ``contribution``, from 1. Genes are Ensembl ids without prefix, the first of each
    side under a policy that joins several, and empty for regulons and modules. ``direction``: up or down where it has
    one sign on both sides, opposite where it has two, empty where it is 0 on one. ``effect_model``, ``effect_human``:
    moderated effects, centred over the features of the match (of a regulon or module its activity); their product is
    ``contribution``, and the products sum to T. ``z_*``: the effect over its own noise; ``p_*``: two-sided, from z
    against Student's t with the degrees of freedom of that side; ``q_*``: Benjamini-Hochberg over the features of the
    match.

    ``p``: the larger one-sided p in the shared direction, 1 where the signs differ; ``q``: Benjamini-Hochberg over the
    features of the match; ``alike``: q is at most .05. ``measured``: False for a regulon whose factor is not measured
    in the tissue. ``left_given``: other states that take part, given which a feature that changes alike still does, and
    ``left_given_q`` its q given each. ``leading``: symbols of the genes that carry a regulon, module or
    gene set on both sides, up to 5. A match that is UNTESTABLE has no ``p``, ``q``, ``alike`` or ``left_given``.
    """

    rank: int
    feature: str
    label: str
    model_gene: str
    model_symbol: str
    human_gene: str
    human_symbol: str
    direction: str
    effect_model: float
    effect_human: float
    contribution: float
    z_model: float
    z_human: float
    p_model: float
    p_human: float
    q_model: float
    q_human: float
    p: float | None
    q: float | None
    alike: bool
    measured: bool
    left_given: tuple[str, ...]
    left_given_q: tuple[float, ...]
    leading: tuple[str, ...]


@dataclass(frozen=True)
class Features:
    """All features of a match, the largest contribution first, with its explanation and the other states asked.

    ``sources``: ids of the sources of orthologs, and of regulons or modules, that the features are made with."""

    explanation: Explanation
    given: tuple[GivenState, ...]
    sources: tuple[str, ...]
    rows: tuple[Feature, ...]


def features(store: Store, signatures: SignatureStore, match: str, sets: GeneSetFile | None = None) -> Features:
    """Every feature of a stored match, or of its pair at the level of ``sets``. Raises what
    :func:`kg.verdict.explain.explain` does."""
    return features_of(store, *asked(store, signatures, match, sets))


def features_of(store: Store, ws: Workspace, verdict: Verdict) -> Features:
    """:func:`features` over a given workspace."""
    made = featured(ws, verdict, explained(ws, verdict))
    more = _sources(store, verdict.level, [row.feature for row in made.rows])
    return replace(made, sources=(*made.sources, *more))


def featured(ws: Workspace, verdict: Verdict, found: Explanation) -> Features:
    """Every feature of a match that was explained; its sources without those of regulons and modules. Raises
    MethodError, code UNTESTABLE."""
    level = verdict.level
    here, contrast, side, space = sides_of(ws, verdict)
    scored = score_side(here, contrast, side, space, level, whole=False)
    result, testable = scored.result, Status(verdict.status) is not Status.UNTESTABLE
    if result is None:
        raise MethodError(f"{verdict.match} cannot be tested: {verdict.reason}", code="UNTESTABLE")
    changes, names = result.changes, [str(name) for name in result.names]
    at = {name: i for i, name in enumerate(names)}
    p_model, p_human = (
        2 * stats.t.sf(np.abs(z), df) for z, df in zip((changes.z_mouse, changes.z_human), changes.df, strict=True)
    )
    q_model, q_human = adjusted(p_model), adjusted(p_human)
    of_regulons = LEVELS[level].target == "Regulon"
    measured = here.measured_factors(level, space, result.rows) if of_regulons else frozenset(names)
    model_symbols, human_symbols = here.symbols(contrast.taxon), here.symbols(HUMAN)

    def row(rank: int, part: Part) -> Feature:
        i = at[part.feature]
        alike = testable and bool(changes.q[i] <= ALPHA)
        left = [g for g in result.given if alike and part.feature in g.changes]
        return Feature(
            rank,
            part.feature,
            part.label,
            part.mouse_gene,
            model_symbols.get(part.mouse_gene, ""),
            part.human_gene,
            human_symbols.get(part.human_gene, ""),
            _direction(part.mouse, part.human),
            part.mouse,
            part.human,
            part.contribution,
            float(changes.z_mouse[i]),
            float(changes.z_human[i]),
            float(p_model[i]),
            float(p_human[i]),
            float(q_model[i]),
            float(q_human[i]),
            float(changes.p[i]) if testable else None,
            float(changes.q[i]) if testable else None,
            alike,
            part.feature in measured,
            tuple(g.label for g in left),
            tuple(g.changes[part.feature] for g in left),
            part.leading,
        )

    orthologs = sorted(f"orthologs/{name}" for name in here.paired_with(contrast.taxon))
    return Features(
        found,
        scored.given if testable else (),
        tuple(orthologs),
        tuple(row(rank, part) for rank, part in enumerate(found.parts, 1)),
    )


def with_every_change(ws: Workspace, record: MatchRecord) -> MatchRecord:
    """The record with all of its changes, where it lists only the most certain. ``ws``: the workspace that its question
    was asked in."""
    if len(record.changes) >= record.n_changes:
        return record
    here, contrast, side, space = sides_of(ws, Verdict.of(record))
    every = changes_of(here, score_side(here, contrast, side, space, record.level, whole=False), space)
    return replace(record, changes=(*record.changes, *every[len(record.changes) :]))


def _sources(store: Store, level: str, names: list[str]) -> list[str]:
    """Of regulons or modules."""
    if not LEVELS[level].target or not LEVELS[level].sets:
        return []
    query = f"MATCH (n:{LEVELS[level].target}) WHERE n.id IN $names RETURN DISTINCT n.source AS source ORDER BY source"
    return [row["source"] for row in store.read(cast(LiteralString, query), names=names)]


def _direction(model: float, human: float) -> str:
    if model * human == 0:
        return ""
    return "opposite" if model * human < 0 else "up" if human > 0 else "down"
