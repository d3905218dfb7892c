"""Ways to bring batches together, measured on the same folds of donors.

A fold is some donors whose labels no method is shown; all cells are brought together, and the fold's are measured. So
a method that saw labels saw those of other donors, as it will when a study comes in, and it still stands apart: without
labels nothing of a type can be learnt.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.method.extra import package
from ingest.method.integration.measures import Measures, measured
from ingest.method.integration.methods import METHODS, Batches, Mask, Method
from ingest.method.mapping.calibration.training import Training
from ingest.method.mapping.space.geometry import Ints
from ingest.method.mapping.space.reference import in_turn
from kg.errors import MethodError, broken
from kg.match.card import Card

CARD = Card(
    "bench-of-integration",
    "1",
    "pca, harmony, scvi, scanorama, fastmnn, and with labels the closed form and scanvi, on donors whose labels are"
    " hidden: mean of the folds",
    (
        "genes and principal axes are of all cells, so that every method begins at the same",
        "before is the principal axes; of nonlinear methods distances between types mean less, and scGraph says so",
        "defaults throughout: no method was tuned to the atlas",
    ),
    "10.1038/s41592-021-01336-8",
)
FOLDS, LEAST_IN_FOLD, LEAST_CELLS, MOST_CELLS = 5, 2, 20, 6_000


@dataclass(frozen=True)
class Row:
    """``folds``: measures of each, none where the method did not run, and then ``reason``; ``seconds``: of all."""

    method: Method
    folds: tuple[Measures, ...]
    seconds: float
    reason: str = ""

    @property
    def ran(self) -> bool:
        return not self.reason

    def mean(self, name: str) -> float:
        """Over the folds, of a measure, ``biology``, ``mixing`` or ``scGraph``; nan where there is none."""
        values = self.of(name)
        return float(np.mean(values)) if values else float("nan")

    def of(self, name: str) -> list[float]:
        """Of each fold that has it."""
        own = {"biology": lambda m: m.biology, "mixing": lambda m: m.mixing, "scGraph": lambda m: m.scgraph}
        values = [own[name](each) if name in own else each.of[name] for each in self.folds]
        return [float(value) for value in values if np.isfinite(value)]


def chosen(names: Sequence[str]) -> list[Method]:
    """All where none is named. Raises ContractError METHODS; MethodError NEEDS_MODELS where one is named that the
    extra would bring."""
    if unknown := sorted(set(names) - set(METHODS)):
        known = ", ".join(METHODS)
        raise broken("METHODS", "--methods", f"of {known}", ", ".join(unknown), "name one of them")
    if any(METHODS[name].model for name in names):
        package("scvi")
    return [METHODS[name] for name in dict.fromkeys(names)] if names else list(METHODS.values())


def sampled(training: Training, most: int = MOST_CELLS) -> Training:
    """Donors (or studies without) of 20 cells and more; of the cells at most so many, of each type of each donor in
    turn."""
    sample = np.where(training.donor < 0, -1 - training.study, training.donor)
    code = np.unique(sample, return_inverse=True)[1]
    large = np.flatnonzero(np.bincount(code)[code] >= LEAST_CELLS)
    rows = large[in_turn(training.code[large], code[large], most)]
    types, own = np.unique(training.code[rows], return_inverse=True)
    return replace(
        training, counts=training.counts[rows], types=tuple(training.types[t] for t in types), code=own,
        donor=training.donor[rows], healthy=training.healthy[rows], study=training.study[rows],
        depth=training.depth[rows],
    )  # fmt: skip


def folds(batch: Ints, study: Ints, seed: int = 0) -> list[Mask]:
    """Batches dealt out, those of a study in turn, so that studies meet in a fold. Raises MethodError FEW_DONORS."""
    names, first = np.unique(batch, return_index=True)
    most = min(FOLDS, len(names) // LEAST_IN_FOLD)
    if most < 2:
        raise MethodError(
            f"{len(names)} donors of {LEAST_CELLS} cells or more: two folds of two donors are the least that tell how"
            " batches are brought together; name studies of four donors or more",
            code="FEW_DONORS",
        )
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(study[first][order], kind="stable")]
    return [np.isin(batch, names[order[at::most]]) for at in range(most)]


def bench(
    of: Batches, methods: Sequence[Method], progress: Callable[[str], None] | None = None, *, shown: bool = True
) -> list[Row]:
    """A row for each method, in the order named. One that needs what is not installed has none, and says so."""
    hidden = folds(of.batch, of.training.study, of.seed)
    made = []
    for method in methods:
        if progress is not None:
            progress(method.name)
        begun = time.perf_counter()
        try:
            points = method.run(of, hidden)
        except MethodError as error:
            if error.code != "NEEDS_MODELS":
                raise
            made.append(Row(method, (), 0.0, str(error)))
            continue
        seconds = time.perf_counter() - begun
        found = tuple(_measured(of, fold, each, shown) for fold, each in zip(hidden, points, strict=True))
        made.append(Row(method, found, seconds))
    return made


def _measured(of: Batches, fold: Mask, points: np.ndarray, shown: bool) -> Measures:
    rows = np.flatnonzero(fold)
    code, batch = of.training.code[rows], of.batch[rows]
    return measured(of.plain[rows], points[rows], code, batch, shown=shown, seed=of.seed)
