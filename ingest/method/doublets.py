"""Droplets that held two cells, by Scrublet, one library at a time.

Needs the extra [models].
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.files.cells.matrix import CellMatrix
from ingest.method.extra import package
from ingest.progress import Done
from kg.match.card import Card
from kg.signatures.store import Strings

CARD = Card(
    "doublets-scrublet",
    "1",
    "scanpy.pp.scrublet on the cells of each library that passed the other steps, at its automatic threshold",
    (
        "doublets of two cells of one type look like one large cell and are not found",
        "a library of few cells, or whose scores have no valley to set a threshold in, is not judged, and that is said",
        "the expected share must be that of the loading: some 0.8% per 1,000 cells recovered on droplet platforms",
    ),
    "10.1016/j.cels.2018.11.005",
)
FEWEST = 100  # it embeds in 30 components
AT_ONCE = 50_000
SEED = 0


@dataclass(frozen=True)
class Doublets:
    """``cells``: which are doublets; ``unjudged``: libraries without an answer, and why."""

    cells: NDArray[np.bool_]
    unjudged: dict[str, str]


def find_doublets(
    matrix: CellMatrix, library: Strings, kept: NDArray[np.bool_], rate: float, progress: Done | None = None
) -> Doublets:
    """``library``: of each cell, "" for none; ``kept``: cells to look at; ``rate``: share of doublets expected.

    Raises MethodError NEEDS_MODELS.
    """
    found, unjudged = np.zeros(matrix.n_cells, dtype=bool), {}
    own = {str(name): np.flatnonzero((library == name) & kept) for name in np.unique(library[kept]) if name}
    tell = progress or (lambda *_: None)
    done, total = 0, sum(map(len, own.values()))
    tell(done, total)
    for some in _at_once(own):
        for name, counts in _gathered(matrix, some).items():
            found[some[name]], why = scrublet(counts, rate)
            if why:
                unjudged[name] = why
            done += len(some[name])
            tell(done, total)
    return Doublets(found, unjudged)


def need_packages() -> None:
    """Raises MethodError NEEDS_MODELS, so that it is known before a long pass."""
    for name in ("scanpy", "skimage"):
        package(name, "`doublets: none` works without")


def scrublet(counts: sparse.csr_matrix, rate: float) -> tuple[NDArray[np.bool_], str]:
    """Doublets among the cells (rows) of one library; with the reason where there is no answer."""
    need_packages()
    import anndata
    import scanpy

    cells = counts.get_shape()[0]
    nothing = np.zeros(cells, dtype=bool)
    if cells < FEWEST:
        return nothing, f"{cells} cells, {FEWEST} are needed"
    seen = anndata.AnnData(counts)
    try:
        scanpy.pp.scrublet(seen, expected_doublet_rate=rate, random_state=SEED, verbose=False)
    except ValueError as error:
        return nothing, str(error).splitlines()[0]
    if "threshold" not in seen.uns["scrublet"]:
        return nothing, "its scores have no valley to set a threshold in"
    called = seen.obs["predicted_doublet"]  # nan of cells that are too empty to be looked at
    return np.asarray(called.eq(True), dtype=bool), ""


def _at_once(own: dict[str, NDArray[np.intp]]) -> Iterator[dict[str, NDArray[np.intp]]]:
    """Libraries in the order of the file, so many together that one reading serves several."""
    some: dict[str, NDArray[np.intp]] = {}
    for name in sorted(own, key=lambda name: int(own[name][0])):
        if some and sum(map(len, some.values())) + len(own[name]) > AT_ONCE:
            yield some
            some = {}
        some[name] = own[name]
    if some:
        yield some


def _gathered(matrix: CellMatrix, some: dict[str, NDArray[np.intp]]) -> dict[str, sparse.csr_matrix]:
    """The counts of each library's cells, from one reading of the stretch of the file where they lie."""
    parts: dict[str, list[sparse.csr_matrix]] = {name: [] for name in some}
    last = max(int(cells[-1]) for cells in some.values())
    for start, block in matrix.chunks(min(int(cells[0]) for cells in some.values())):
        stop = start + block.get_shape()[0]
        for name, cells in some.items():
            here = cells[np.searchsorted(cells, start) : np.searchsorted(cells, stop)]
            if len(here):
                parts[name].append(block[here - start])
        if stop > last:
            break
    return {name: sparse.csr_matrix(sparse.vstack(blocks)) for name, blocks in parts.items()}
