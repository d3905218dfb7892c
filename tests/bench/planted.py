"""Simulated atlases of donors, and submissions to them with a defect or without: kind, size and place are drawn first.

    python -m tests.bench.planted            write the draws of all seeds to planted.json

Everything here is simulated. ``drawn`` takes a kind and a seed and nothing else, so that no gate had a say in what is
planted; the draws were written down before any gate was tuned.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.mapping.engine import StudyCells

TYPES = ("B memory", "B naive", "CD4 T", "CD8 T", "Mono CD14", "Mono CD16", "NK", "pDC")
PARENTS = {
    "B memory": "B", "B naive": "B", "CD4 T": "T", "CD8 T": "T", "Mono CD14": "Mono", "Mono CD16": "Mono",
    "T": "lymphoid", "B": "lymphoid", "NK": "lymphoid",
}  # fmt: skip
UNSEEN = "new"  # a type of its own that the atlas lacks
GENES = np.array([f"g{i:03d}" for i in range(400)])
SISTERS = ((0, 1), (2, 3), (4, 5))
CELLS, SEEDS = 250, 20
DRAWS = Path(__file__).with_suffix(".json")
KINDS = (
    "merged", "exchanged", "half merged", "shuffled", "over-corrected", "doublets", "one donor", "gene names",
    "relabelled elsewhere", "many exchanged", "clean", "clean, some types", "clean, new type",
)  # fmt: skip
RIGHT = {
    "merged": ("G5",), "exchanged": ("G5",), "half merged": ("G5",), "shuffled": ("G5",), "over-corrected": ("G4",),
    "doublets": ("G6",), "one donor": ("G6",), "gene names": ("G0", "G2"), "relabelled elsewhere": ("G7",),
    "many exchanged": ("G3",),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """``donors``: of the submission; ``one``, ``other``: places of types; ``size``: a share, of what is moved."""

    kind: str
    seed: int
    donors: int
    one: int
    other: int
    size: float


def drawn(kind: str, seed: int, parents: int = 12) -> Plan:
    """Where a submission has three donors and more."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    donors = int(rng.integers(3, 7))
    if kind == "many exchanged":
        donors = int(rng.integers(round(0.75 * parents), round(1.25 * parents) + 1))
    if rng.random() < 0.5 or kind == "over-corrected":
        one, other = (int(t) for t in rng.permutation(SISTERS[rng.integers(3)]))
    else:
        one, other = (int(t) for t in rng.choice(len(TYPES), 2, replace=False))
    size = {
        "merged": 1.0, "exchanged": 1.0, "many exchanged": 1.0, "half merged": 0.5,
        "shuffled": float(rng.uniform(0.2, 0.4)), "over-corrected": float(rng.uniform(0.6, 1.0)),
        "doublets": float(rng.uniform(0.15, 0.25)), "one donor": float(rng.uniform(0.7, 1.0)),
        "gene names": float(rng.uniform(0.5, 1.0)), "relabelled elsewhere": float(rng.uniform(0.05, 0.5)),
    }.get(kind, 0.0)  # fmt: skip
    return Plan(kind, seed, donors, one, other, round(size, 3))


def rates() -> NDArray[np.float64]:
    """(types and the unseen one, genes) log rates: 20 genes up in each type, sisters apart in 20 more."""
    rng = np.random.default_rng(0)
    made = np.tile(rng.normal(-1.2, 0.7, len(GENES)), (len(TYPES) + 1, 1))
    for t in range(len(TYPES) + 1):
        made[t, 20 * t : 20 * t + 20] += 1.5
    at = 20 * (len(TYPES) + 1)
    for a, b in SISTERS:
        made[b] = made[a]
        made[a, at : at + 10] += 1.3
        made[b, at + 10 : at + 20] += 1.3
        at += 20
    return made


@dataclass(frozen=True)
class Cells:
    """``truth`` (n,): place of the type; ``donor`` (n,): 0, 1, ..."""

    counts: NDArray[np.float64]
    truth: NDArray[np.intp]
    donor: NDArray[np.intp]


def donors(
    rng: np.random.Generator,
    many: int,
    *,
    cells: int = CELLS,
    shift: float = 0.15,
    batch: float = 0.1,
    types: NDArray[Any] | None = None,
) -> Cells:
    """``shift``: sd of a donor's log rates, half of it of its own in each type; ``batch``: of a study's."""
    rate = rates()
    rate = rate + batch * rng.normal(size=len(GENES))
    used = np.arange(len(TYPES)) if types is None else types
    counts, truth, who = [], [], []
    for d in range(many):
        own = rate + shift / np.sqrt(2) * (rng.normal(size=len(GENES)) + rng.normal(size=rate.shape))
        size = max(int(cells * np.exp(rng.normal(0, 0.3))), 80)
        kind = rng.choice(used, size, p=rng.dirichlet(np.full(len(used), 4.0)))
        depth = np.exp(rng.normal(0, 0.25, size))[:, None]
        counts.append(rng.poisson(np.exp(own[kind]) * depth).astype(float))
        truth.append(kind)
        who.append(np.full(size, d))
    return Cells(np.concatenate(counts), np.concatenate(truth).astype(np.intp), np.concatenate(who).astype(np.intp))


def atlas(seed: int, parents: int = 12, cells: int = CELLS) -> list[StudyCells]:
    """Two studies that make the parent."""
    rng = np.random.default_rng([99, seed, parents])
    made = []
    for name, many in (("one", parents // 2), ("two", parents - parents // 2)):
        found = donors(rng, many, cells=cells)
        made.append(study(name, found, np.array(TYPES)[found.truth]))
    return made


def study(name: str, found: Cells, labels: NDArray[np.str_], genes: NDArray[np.str_] = GENES) -> StudyCells:
    who = np.array([f"{name}/d{d}" for d in found.donor])
    return StudyCells(name, sparse.csr_matrix(found.counts.astype(np.float32)), genes, labels, who)


@dataclass(frozen=True)
class Planted:
    """``study``: as it would be submitted; ``claimed``: labels that are claimed as new; ``truth`` (n,)."""

    plan: Plan
    study: StudyCells
    claimed: tuple[str, ...]
    truth: NDArray[np.intp]


def plant(plan: Plan, cells: int = CELLS, shift: float = 0.15) -> Planted:
    rng = np.random.default_rng([7, KINDS.index(plan.kind), plan.seed])
    some = None
    if plan.kind in ("relabelled elsewhere", "clean, some types"):
        some = np.array([4, 5] if plan.kind == "relabelled elsewhere" else sorted({plan.one, plan.other, 6}))
    if plan.kind == "clean, new type":
        some = np.arange(len(TYPES) + 1)
    found = donors(rng, plan.donors, cells=cells, shift=shift, types=some)
    names = np.array([*TYPES, UNSEEN])
    label, genes, claims = names[found.truth].astype("<U12"), GENES, ()
    one, other = np.flatnonzero(found.truth == plan.one), np.flatnonzero(found.truth == plan.other)
    if plan.kind in ("merged", "half merged"):
        label[rng.permutation(one)[: round(plan.size * len(one))]] = TYPES[plan.other]
    elif plan.kind in ("exchanged", "many exchanged"):
        for at, name in ((one, TYPES[plan.other]), (other, TYPES[plan.one])):
            label[rng.permutation(at)[: round(plan.size * len(at))]] = name
    elif plan.kind == "shuffled":
        at = np.flatnonzero(rng.random(len(label)) < plan.size)
        label[at] = rng.permutation(label[at])
    elif plan.kind == "gene names":
        genes = GENES.copy()
        at = rng.permutation(len(GENES))[: round(plan.size * len(GENES))]
        genes[at] = GENES[rng.permutation(at)]
    elif plan.kind == "doublets":
        found, label = _doublets(rng, plan, found, label)
        claims = (UNSEEN,)
    elif plan.kind == "one donor":
        found, label = _one_donor(rng, plan, found, label)
        claims = (UNSEEN,)
    elif plan.kind == "clean, new type":
        claims = (UNSEEN,)
    return Planted(plan, study("three", found, label, genes), claims, found.truth)


def _doublets(
    rng: np.random.Generator, plan: Plan, found: Cells, label: NDArray[np.str_]
) -> tuple[Cells, NDArray[np.str_]]:
    """A share of each donor's cells is the sum of one cell of each of two types, named a type of its own."""
    counts, label = found.counts.copy(), label.copy()
    for d in np.unique(found.donor):
        own = found.donor == d
        one, other = (np.flatnonzero(own & (found.truth == t)) for t in (plan.one, plan.other))
        if min(len(one), len(other)) < 2:
            continue
        at = rng.permutation(np.flatnonzero(own))[: round(plan.size * own.sum())]
        counts[at] = found.counts[rng.choice(one, len(at))] + found.counts[rng.choice(other, len(at))]
        label[at] = UNSEEN
    return Cells(counts, found.truth, found.donor), label


def _one_donor(
    rng: np.random.Generator, plan: Plan, found: Cells, label: NDArray[np.str_]
) -> tuple[Cells, NDArray[np.str_]]:
    """A type of its own, most of whose cells are of one donor."""
    counts, label = found.counts.copy(), label.copy()
    rate, size = rates()[-1], 60
    first = rng.permutation(np.flatnonzero(found.donor == 0))[: round(plan.size * size)]
    rest = rng.permutation(np.flatnonzero(found.donor > 0))[: size - len(first)]
    at = np.r_[first, rest]
    counts[at] = rng.poisson(np.exp(rate + 0.15 * rng.normal(size=len(rate))) * np.ones((len(at), 1)))
    label[at] = UNSEEN
    return Cells(counts, found.truth, found.donor), label


def main() -> None:
    draws = {kind: [asdict(drawn(kind, seed)) for seed in range(SEEDS)] for kind in KINDS}
    DRAWS.write_text(json.dumps(draws, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
