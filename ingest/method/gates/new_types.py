"""G6: is a label that is not in the tree a new type? Its cells must be UNKNOWN to the parent, form a stable cluster,
come from three donors with none dominating, and have markers found in half of the donors and confirmed in the other
half.

A marker is higher than in EVERY known type, both within the same donor, if it has cells of that type, and in the
parent's profiles. Doublets of two types lie between them, and so have no markers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from ingest.method.gates.limits import Limits
from ingest.method.mapping.space.cells import Strings, log_norm
from ingest.method.mapping.space.genes import variable_genes
from ingest.method.mapping.space.geometry import Floats, Ints
from ingest.method.mapping.space.neighbours import nearest
from kg.atlas.report import Gate, GateLine, Marker
from kg.match.card import Card

CARD = Card(
    "new-types",
    "1",
    "an UNKNOWN cluster, stable under subsampling, from three donors, with markers confirmed in other donors",
    (
        "a state of a known type in one condition has markers too: healthy donors are needed",
        "doublets are recognised by the lack of markers of their own; doublets with a type missing from all studies"
        " look new",
    ),
    "10.1016/j.csda.2006.11.025",
)
ROUNDS, KEPT, NEIGHBOURS, AXES, GENES, LEAST, MOST = 10, 0.8, 10, 15, 500, 10, 3_000
FOUND_Z, FOUND, CONFIRMED_Z, CONFIRMED, MOST_FOUND, LEAST_CELLS = 3.0, 0.25, 1.645, 0.1, 30, 3


@dataclass(frozen=True)
class Claimed:
    """Cells of a submission. ``counts``: cells x ``genes``; ``donor`` (n,); ``known`` (n,): nearest type of the parent,
    whatever the label; ``label`` (n,): a new type, "" = none; ``unknown`` (n,): UNKNOWN to the parent. ``profiles`` (t,
    genes): log values of the parent's types, nan if not stored."""

    counts: sparse.csr_matrix
    genes: Strings
    donor: Ints
    known: Ints
    label: Strings
    unknown: np.ndarray
    profiles: Floats


@dataclass(frozen=True)
class Found:
    """The result for one claimed new type."""

    label: str
    cells: int
    donors: int
    markers: tuple[Marker, ...]
    passed: bool


def markers(claimed: Claimed, values: sparse.csr_matrix, rows: Ints, donors: Ints) -> tuple[Floats, Floats]:
    """Effect (natural log) above the highest known type, and its z, as means over donors (genes,); nan if no donor is
    informative."""
    effects, scores = [], []
    for d in donors:
        own = rows[claimed.donor[rows] == d]
        if len(own) < LEAST_CELLS:
            continue
        mean, var = _moments(values, own)
        top, top_var = _highest(claimed, values, np.flatnonzero((claimed.donor == d) & (claimed.label == "")))
        effects.append(mean - top)
        scores.append((mean - top) / np.sqrt(var + top_var))
    if not effects:
        nothing = np.full(len(claimed.genes), np.nan)
        return nothing, nothing
    return np.mean(effects, axis=0), np.sum(scores, axis=0) / np.sqrt(len(scores))


def _moments(values: sparse.csr_matrix, rows: Ints) -> tuple[Floats, Floats]:
    """Mean of each gene (genes,) and the variance of the mean, kept above 0 for genes detected in few cells."""
    part = sparse.csr_matrix(values[rows])
    mean = np.asarray(part.mean(axis=0)).ravel()
    square = np.asarray(part.multiply(part).mean(axis=0)).ravel()
    return mean, (np.maximum(square - mean**2, 0) + 0.05) / len(rows)


def _highest(claimed: Claimed, values: sparse.csr_matrix, others: Ints) -> tuple[Floats, Floats]:
    """The highest value of each gene over known types, from the donor's own cells and from the parent's profiles
    shifted by the donor's difference from them."""
    top, var = np.full(len(claimed.genes), -np.inf), np.full(len(claimed.genes), 0.01)
    shift, many = np.zeros(len(claimed.genes)), 0
    for t in np.unique(claimed.known[others]):
        rows = others[claimed.known[others] == t]
        if t < 0 or len(rows) < LEAST_CELLS:
            continue
        mean, own = _moments(values, rows)
        if len(claimed.profiles):
            shift, many = shift + np.nan_to_num(mean - claimed.profiles[t]) * len(rows), many + len(rows)
        higher = mean > top
        top, var = np.where(higher, mean, top), np.where(higher, own, var)
    if len(claimed.profiles):
        there = np.isfinite(claimed.profiles).all(axis=0)
        above = np.where(there, np.nan_to_num(claimed.profiles).max(axis=0) + shift / max(many, 1), -np.inf)
        higher = above > top
        top, var = np.where(higher, above, top), np.where(higher, 0.01, var)
    return np.where(np.isfinite(top), top, np.inf), var


def stability(claimed: Claimed, values: sparse.csr_matrix, rows: Ints, seed: int = 0) -> float:
    """Mean Jaccard index (0 to 1) between the cluster and the cells most of whose neighbours belong to it, over
    subsamples of four fifths of the cells."""
    rng = np.random.default_rng(seed)
    others = np.setdiff1d(np.arange(len(claimed.label)), rows)
    some = np.r_[rng.permutation(rows)[:MOST], rng.permutation(others)[:MOST]]
    member = np.r_[np.ones(min(len(rows), MOST), bool), np.zeros(min(len(others), MOST), bool)]
    points = _axes(sparse.csr_matrix(claimed.counts[some]), sparse.csr_matrix(values[some]))
    made = []
    for _ in range(ROUNDS):
        kept = np.flatnonzero(rng.random(len(some)) < KEPT)
        if not member[kept].any():
            return 0.0
        near = nearest(points[kept], points[kept], NEIGHBOURS + 1)[0][:, 1:]
        held = member[kept][near].mean(axis=1) > 0.5
        made.append((held & member[kept]).sum() / (held | member[kept]).sum())
    return float(np.mean(made))


def _axes(counts: sparse.csr_matrix, values: sparse.csr_matrix) -> Floats:
    """Principal axes of the cells' own variable genes."""
    part = values[:, variable_genes([counts], GENES)].toarray()
    part = (part - part.mean(axis=0)) / (part.std(axis=0) + 1e-6)
    part = np.clip(part, -10, 10)
    square = part.T @ part
    most = min(AXES, len(square), len(part) - 1)
    _, vector = linalg.eigh(square, subset_by_index=(len(square) - most, len(square) - 1))
    return part @ vector


def judged(
    claimed: Claimed, values: sparse.csr_matrix, label: str, limits: Limits, seed: int
) -> tuple[Found, list[GateLine]]:
    rows = np.flatnonzero(claimed.label == label)
    donors, many = np.unique(claimed.donor[rows], return_counts=True)
    told = donors[many >= LEAST_CELLS]
    share = float(many.max() / many.sum())
    unknown = float(claimed.unknown[rows].mean())
    stable = stability(claimed, values, rows, seed) if len(rows) >= LEAST else 0.0
    confirmed = _confirmed(claimed, values, rows, told, seed) if len(told) >= 2 else ()
    lines = [
        _line(f"{label}: donors", len(told), limits.type_donors, len(told) < limits.type_donors),
        _line(f"{label}: largest share of one donor", share, limits.share, share > limits.share),
        _line(f"{label}: cells UNKNOWN to the parent", unknown, 0.5, unknown < 0.5),
        _line(f"{label}: stability under subsampling", stable, limits.stable, stable < limits.stable),
        _line(f"{label}: markers confirmed", len(confirmed), limits.markers, len(confirmed) < limits.markers),
    ]
    passed = not any(line.stops for line in lines)
    return Found(label, len(rows), len(told), confirmed, passed), lines


def _line(of: str, value: float, limit: float, stops: bool) -> GateLine:
    return GateLine(of, float(value), float(limit), stops=bool(stops))


def _confirmed(claimed: Claimed, values: sparse.csr_matrix, rows: Ints, donors: Ints, seed: int) -> tuple[Marker, ...]:
    """Markers found in half of the donors and confirmed in the others; none if fewer than half of those found are
    confirmed."""
    order = np.random.default_rng(seed).permutation(donors)
    first, second = order[: (len(order) + 1) // 2], order[(len(order) + 1) // 2 :]
    effect, z = markers(claimed, values, rows, first)
    with np.errstate(invalid="ignore"):
        found = np.flatnonzero((z >= FOUND_Z) & (effect >= FOUND))
    found = found[np.argsort(-z[found], kind="stable")][:MOST_FOUND]
    if not len(found):
        return ()
    again, again_z = markers(claimed, values, rows, second)
    held = found[(again_z[found] >= CONFIRMED_Z) & (again[found] >= CONFIRMED)]
    if 2 * len(held) < len(found):
        return ()
    whole = markers(claimed, values, rows, donors)[0]
    return tuple(Marker(str(claimed.genes[g]), float(whole[g] / np.log(2)), len(donors)) for g in held)


def new_types(
    claimed: Claimed, groups: Mapping[str, int] | None = None, limits: Limits | None = None, seed: int = 0
) -> tuple[Gate, tuple[Found, ...]]:
    """The gate and the results. ``groups``: UNKNOWN clusters without a label, nearest type -> number of cells; only
    shown."""
    limits = limits or Limits()
    shown = [
        GateLine(
            f"near {name}",
            float(many),
            None,
            note="UNKNOWN cells that deviate in the same way, labelled with types of the tree",
        )
        for name, many in sorted((groups or {}).items(), key=lambda each: -each[1])
    ]
    labels = sorted({str(each) for each in claimed.label} - {""})
    if not labels:
        if not shown:
            return Gate("G6", "new types", "not applicable", (), "no new type is claimed, and no cell is UNKNOWN"), ()
        reason = f"{len(shown)} clusters are UNKNOWN to the parent and not claimed as new types"
        return Gate("G6", "new types", "shown", tuple(shown), reason), ()
    values, found, lines = log_norm(claimed.counts), [], list[GateLine]()
    for label in labels:
        made, told = judged(claimed, values, label, limits, seed)
        found.append(made)
        lines += told
    if stops := [line for line in lines if line.stops]:
        reason = "; ".join(f"{line.of}: {line.value:.3g}, limit {line.limit:g}" for line in stops[:3])
        fix = "label these cells with types of the tree, or leave them out until more donors have the type"
        return Gate("G6", "new types", "failed", (*lines, *shown), reason, fix), tuple(found)
    reason = f"{', '.join(labels)}: seen in one study, provisional until confirmed by another"
    return Gate("G6", "new types", "passed", (*lines, *shown), reason), tuple(found)
