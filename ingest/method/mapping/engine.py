"""Builds a reference from studies and maps studies to it: pure functions of arrays, reproducible for a given seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.mapping.calibration.calibrate import (
    LEAST_DONORS,
    Calibration,
    Choice,
    calibrate,
    engine_scores,
    log_p,
)
from ingest.method.mapping.calibration.policy import Policy
from ingest.method.mapping.calibration.training import Training, fitted, joined
from ingest.method.mapping.heads.conformal import LEAST_CELLS, sets
from ingest.method.mapping.heads.correlation import TypeStatistics
from ingest.method.mapping.heads.outcome import LOW_QUALITY, UNKNOWN, say
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.query import gates
from ingest.method.mapping.query.outside import LEAST, grouped, supported, tail
from ingest.method.mapping.query.placed import Outside, outlying, place
from ingest.method.mapping.space.cells import Query, Strings, StudyCells
from ingest.method.mapping.space.geometry import Floats
from ingest.method.mapping.space.latent import Embedded, Latent, Space
from ingest.method.mapping.space.reference import Reference
from kg.errors import MethodError

__all__ = ["Built", "Mapped", "Policy", "Query", "StudyCells", "Tree", "Verdict", "build", "map_cells"]


@dataclass(frozen=True)
class Built:
    """A built reference. ``statistics``: sums for correlation (without genes if no engine needs them); ``quality``: its
    measured quality, as plain values; ``latent``: coordinates of the model, if a model makes the space."""

    reference: Reference
    statistics: TypeStatistics
    tree: Tree
    calibration: Calibration
    policy: Policy
    taxon: str
    quality: dict[str, Any]
    latent: Latent = field(default_factory=Latent)

    @property
    def heads(self) -> Reference:
        """The reference in the space in which types are assigned."""
        return self.latent.within(self.reference)


@dataclass(frozen=True)
class Verdict:
    """The verdict on a study. ``controls``: near, far or not testable; ``provisional``: whether its labels are
    provisional; ``reasons``: in words; ``use``: weight of the measured genes, 0 to 1; ``missing``: unmeasured genes of
    the space; ``corrected``: whether batch effects were removed; ``state``: whether a shift shared by all types was
    removed before the test for outside; ``company``: minimum number of similar cells for UNKNOWN; ``unknown``: groups
    of UNKNOWN cells, largest first."""

    controls: gates.Nearness
    provisional: bool
    reasons: tuple[str, ...]
    use: float
    missing: tuple[str, ...]
    corrected: bool
    state: bool
    company: int
    unknown: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Mapped:
    """Results, (cells,) each: ``outcome``, ``label``, ``nearest``, ``probability`` (see ``outcome``);
    ``outside_score``, ``outside_p`` (nan if fewer than five donors calibrate it). ``sets`` (cells, types);
    ``node_probability`` (cells, nodes); ``coordinates`` (cells, d)."""

    outcome: Strings
    label: Strings
    nearest: Strings
    probability: Floats
    sets: NDArray[np.bool_]
    types: tuple[str, ...]
    nodes: tuple[str, ...]
    node_probability: Floats
    outside_score: Floats
    outside_p: Floats
    coordinates: Floats
    verdict: Verdict

    def set_text(self) -> list[str]:
        """The types in each cell's set, separated by ``;``."""
        names = np.array(self.types)
        return [";".join(names[row]) for row in self.sets]


def build(
    studies: Sequence[StudyCells],
    tree: Tree | Mapping[str, str] | None = None,
    policy: Policy | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    space: Space | None = None,
    kept: Callable[[Embedded], None] | None = None,
) -> Built:
    """Builds and calibrates a reference. ``tree``: child -> parent, None = flat; ``space``: a model that makes
    coordinates, fitted to the remaining cells of each fold and finally to all cells; the final model is passed to
    ``kept``. Raises the ContractError and MethodError of its parts."""
    policy, tell = policy or Policy(), progress or (lambda *_: None)
    training = joined(studies, policy.normalisation)
    parents = dict(tree.parents) if isinstance(tree, Tree) else dict(tree or {})
    whole_tree = Tree.of(parents, training.types)
    whole = fitted(training, np.arange(len(training.code)), policy, seed)
    calibration, shown = calibrate(training, whole_tree, policy, seed, tell, space)
    latent = Latent()
    if space is not None:
        embedded = training.embedded(space, np.arange(len(training.code)), whole.reference, seed)
        latent = Latent.of(embedded.cells, training.code, len(training.types))
        if kept is not None:
            kept(embedded)
    quality = _quality([each.study for each in studies], training, whole_tree, calibration, shown)
    tell(1, 1)
    return Built(whole.reference, whole.statistics, whole_tree, calibration, policy, training.taxon, quality, latent)


def _quality(
    studies: list[str], training: Training, tree: Tree, calibration: Calibration, shown: dict[str, Any]
) -> dict[str, Any]:
    types = {
        name: {
            "cells": int((training.code == t).sum()),
            "donors": len(np.unique(training.donor[(training.code == t) & (training.donor >= 0)])),
        }
        for t, name in enumerate(training.types)
    }
    own = (calibration.corrected if calibration.gains else calibration.plain).thresholds.own
    limits = []
    if calibration.kind != "donors":
        limits.append("no donors are known: cells were held out, which says nothing about new donors; labels only")
    elif not calibration.promised:
        limits.append(
            f"{calibration.donors} donors: outside scores have no p, sets have no guaranteed coverage, controls are"
            f" not testable; {LEAST_DONORS} donors are needed"
        )
    else:
        few = [name for name, enough in zip(training.types, own, strict=True) if not enough]
        if few:
            limits.append(
                f"fewer than {LEAST_DONORS} donors with {LEAST_CELLS} cells, so the shared threshold applies:"
                f" {', '.join(few)}"
            )
    if training.by_library:
        limits.append(_by_library(training.by_library))
    if alone := _of_one_study(training):
        limits.append(f"found in one study only, so type and study effect cannot be separated: {', '.join(alone)}")
    if common := _vague(shown):
        limits.append(f"in most sets of other types, so it counts only if it is the most probable: {', '.join(common)}")
    return {
        "studies": studies,
        "types": types,
        "cells": len(training.code),
        "unlabelled": training.unlabelled,
        "donors": len(training.donors),
        "sisters": [list(pair) for pair in tree.sisters()],
        "held_out": shown,
        "limits": limits,
    }


def _of_one_study(training: Training) -> list[str]:
    """Types found in only one of several studies."""
    if not training.study.any():
        return []
    pairs = np.unique(np.c_[training.code, training.study], axis=0)
    many = np.bincount(pairs[:, 0], minlength=len(training.types))
    return [name for name, studies in zip(training.types, many, strict=True) if studies == 1]


def _by_library(cells: int) -> str:
    return f"{cells} cells of donors with too few cells have size factors from total counts, not from pooling"


def _vague(shown: dict[str, Any]) -> list[str]:
    """Types that are in more than half of the sets of held-out cells of other types."""
    return [name for name, share in shown.get("in_sets_of_others", {}).items() if share > 0.5]


def map_cells(built: Built, query: Query, seed: int = 0, embedded: Embedded | None = None) -> Mapped:
    """Maps a study to a reference. ``embedded``: the model, if one makes the reference's space.

    Raises ContractError NO_CELLS, GENES_TWICE, NOT_COUNTS, OTHER_SPECIES, MISSING_GENES, ONE_CELL_BATCH,
    POLICY_NOT_FOLLOWED; MethodError NO_MODEL.
    """
    reference, calibration = built.reference, built.calibration
    counts = sparse.csr_matrix(query.counts)
    gates.check_counts(counts, query.genes, "query")
    gates.check_species(query.taxon, built.taxon)
    padded = gates.unmeasured(reference, counts, query.genes)
    if padded.any():
        counts = sparse.csr_matrix(counts[:, ~padded])
        query = replace(query, counts=counts, genes=query.genes[~padded])
    present = gates.check_genes(reference, query.genes, built.policy.least_use)
    batch = gates.check_batches(query)
    sample = batch if query.donors is None else np.unique(query.donors, return_inverse=True)[1]
    placed = place(reference, counts, query.genes, batch, sample)
    if built.latent.given:
        if embedded is None:
            raise MethodError("the space of this reference is made by a model, which was not given", code="NO_MODEL")
        moved = embedded.query(counts, query.genes, np.unique(sample, return_inverse=True)[1], seed)
        placed = replace(placed, points=built.latent.placed(moved))
    distance = gates.to_nearest(placed.raw, reference.means)
    controls = np.zeros(len(distance), bool) if query.controls is None else query.controls
    out = outlying(
        built.heads, placed, controls.astype(np.intp), seed, state=calibration.state, crossed=calibration.crossed
    )
    score, outer_p, state = _outside(calibration, out)
    fix = built.latent.given or calibration.gains or _moved_together(calibration, out, state, distance)
    choice = calibration.corrected if fix else calibration.plain
    ground = built.heads if fix else reference
    p = _log_p(built, ground, choice, placed.points if fix else placed.raw, counts, query.genes, seed)
    low = placed.detected < built.policy.least_detected
    low = low if query.low_quality is None else low | query.low_quality
    most = np.where(state, *(each or built.policy.outside_p for each in reversed(calibration.levels)))
    usable = ~low if calibration.promised else np.zeros(len(low), bool)
    unknown, groups = grouped(supported((outer_p <= most) & usable, out.company), out.company)
    # A type missing from the reference lies far and is reported as such; the study is judged by its other controls.
    past, _ = grouped(supported((outer_p <= built.policy.outside_p) & usable, out.company), out.company)
    told = controls & ~past
    near = gates.nearness(distance[told if 2 * told.sum() >= controls.sum() else controls], calibration.limit)
    held = sets(p, choice.thresholds)
    held[low] = False
    said = say(built.tree, p, held, unknown, low, np.isin(built.tree.types, _vague(built.quality["held_out"])))
    listed = tuple(
        {
            "cells": int((groups == g).sum()),
            "controls": int(controls[groups == g].sum()),
            "nearest": _commonest(said.nearest[groups == g]),
        }
        for g in range(int(groups.max(initial=-1)) + 1)
    )
    verdict = _verdict(
        built, query, near, present, fix, state, said.outcome, listed, placed.by_library, int(padded.sum()),
        bool(np.isnan(out.strength).any()),
    )  # fmt: skip
    return Mapped(
        said.outcome, said.label, said.nearest, said.probability, held, built.tree.types, built.tree.nodes,
        built.tree.rolled(np.exp(p)).astype(np.float32), score, outer_p, placed.points if fix else placed.raw, verdict,
    )  # fmt: skip


def _log_p(
    built: Built,
    ground: Reference,
    choice: Choice,
    points: Floats,
    counts: sparse.csr_matrix,
    genes: Strings,
    seed: int,
) -> Floats:
    scores = engine_scores(ground, built.statistics, built.tree, points, counts, genes, (choice.engine,), seed)
    return log_p(scores, choice.engine, choice.temperature)


def _outside(calibration: Calibration, out: Outside) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Outside score and p of each cell, using the variant without state where it was measured, and where that is."""
    state = out.strength > calibration.state
    score = np.where(
        state,
        calibration.stateless.score(out.stateless),
        calibration.with_state.score(out.whole),
    )
    p = np.full(len(score), np.nan)
    if calibration.promised:
        for variant, rows in enumerate((~state, state)):
            p[rows] = tail(score[rows], calibration.held[:, variant], calibration.held_donor)
    return score, p, state


def _moved_together(calibration: Calibration, out: Outside, state: NDArray[np.bool_], distance: Floats) -> bool:
    """Is there a batch or a state to correct? Distance alone may be the mix of types: it decides where there are too
    few types to tell what they share, and all is corrected where too few donors calibrate."""
    if not np.isfinite(calibration.limit):
        return True
    told = np.isfinite(out.strength).any()
    return bool(state.any()) if told else gates.nearness(distance, calibration.limit) == "far"


def _commonest(names: Strings) -> str:
    values, many = np.unique(names, return_counts=True)
    return str(values[many.argmax()]) if len(values) else ""


def _verdict(
    built: Built,
    query: Query,
    near: gates.Nearness,
    present: gates.Present,
    fix: bool,
    state: NDArray[np.bool_],
    outcome: Strings,
    unknown: tuple[dict[str, Any], ...],
    by_library: int,
    padded: int,
    few: bool,
) -> Verdict:
    calibration, reasons = built.calibration, []
    if near == "far":
        reasons.append("the study's controls lie far from the reference's healthy donors: its labels are provisional")
    elif near == "not testable" and (query.controls is None or not query.controls.any()):
        reasons.append(
            "the study has no controls: whether they lie near the reference's healthy donors is not testable"
        )
    elif near == "not testable":
        reasons.append(f"fewer than {LEAST_DONORS} healthy donors in the reference: controls are not testable")
    if not calibration.promised:
        reasons.append(
            f"fewer than {LEAST_DONORS} donors calibrate the reference: outside scores have no p, no cell is called"
            " UNKNOWN, and sets have no guaranteed coverage"
        )
    if padded:
        reasons.append(
            f"{padded} columns are all zero although the reference's types express these genes: treated as not measured"
        )
    if present.missing:
        reasons.append(
            f"{len(present.missing)} genes of the space are missing ({present.use:.2f} of its weight is measured):"
            " their contribution is predicted from the others"
            + ("; in the model's space they are set to their share of the reference's counts" * built.latent.given)
        )
    if not gates.whole(query.counts):
        reasons.append("values are fractions: treated as estimated counts, as from full-length reads")
    if by_library:
        reasons.append(_by_library(by_library))
    if state.any():
        reasons.append(
            "all types deviate from the reference in the same way (state or batch): this was removed before the test"
            " for outside; a state of one type cannot be distinguished from a new type"
        )
    if unknown and near != "not testable" and not any(group["controls"] for group in unknown):
        reasons.append("UNKNOWN cells occur in cases only: a state of a known type, or a new type")
    if common := _vague(built.quality["held_out"]):
        reasons.append(
            f"{', '.join(common)}: in most sets of other types of this version, so it counts only if it is the most"
            " probable"
        )
    if (low := int((outcome == LOW_QUALITY).sum())) > len(outcome) / 2:
        reasons.append(f"{low} of {len(outcome)} cells are of low quality")
    if (outcome == UNKNOWN).any():
        reasons.append(f"UNKNOWN requires at least {LEAST} cells that deviate in the same way")
        if few:
            reasons.append(
                f"fewer than three types have {LEAST} cells or more in this query: UNKNOWN is calibrated on donors with"
                " all their types, and known cells that come without the others are called so more often"
            )
    return Verdict(
        near, near == "far", tuple(reasons), present.use, present.missing, bool(fix), bool(state.any()), LEAST, unknown
    )
