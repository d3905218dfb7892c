"""The sums of cells on a Dask cluster: stretches of the file as tasks, their sums added pairwise where they were made.

Needs the extra [models]. Every worker opens the file itself, so it must see it under the same path and have this
package.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import sparse

from ingest.files.cells.matrix import CHUNK, CellMatrix, open_cells
from ingest.manifest.cell_blocks import Cells
from ingest.method.cell_quality import Failed, Sieve
from ingest.method.cell_sums import add_block
from ingest.method.extra import package
from kg.errors import MethodError

STRETCH = 5 * CHUNK
ROUND = 4  # stretches of each worker between two saves


@dataclass(frozen=True)
class Cluster:
    """``address`` of a scheduler, tcp://host:port; ``stretch``: cells of a task; the rest is what opens the file."""

    address: str
    path: Path
    spec: Cells
    files: Mapping[str, Path]
    stretch: int = STRETCH


def spread(
    cluster: Cluster, group: np.ndarray, groups: int, sieve: Sieve | None, start: int
) -> Iterator[tuple[int, sparse.csr_matrix, Failed]]:
    """(cells done, sums of a round: groups x genes, failed step of its cells), from cell ``start`` on.

    Raises MethodError NEEDS_MODELS, or NO_SCHEDULER when none answers there.
    """
    distributed = package("distributed", "without --scheduler one process does it")
    try:
        client = distributed.Client(cluster.address, timeout="20s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        text = (
            f"no Dask scheduler answers at {cluster.address} ({error}): start one (`dask scheduler`), or leave it out"
        )
        raise MethodError(text, code="NO_SCHEDULER") from error
    facts = (
        str(cluster.path.resolve()),
        cluster.spec.model_dump_json(),
        tuple((name, str(path.resolve())) for name, path in cluster.files.items()),
    )
    with client:
        stretch = cluster.stretch
        step = stretch * ROUND * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        for at in range(start, len(group), step):
            stop = min(at + step, len(group))
            tasks = [
                client.submit(_part, facts, a, group[a : min(a + stretch, stop)], groups, sieve, pure=False)
                for a in range(at, stop, stretch)
            ]
            level = [client.submit(_first, task, pure=False) for task in tasks]
            while len(level) > 1:
                pairs = zip(level[::2], level[1::2], strict=False)
                level = [client.submit(_added, a, b, pure=False) for a, b in pairs] + level[len(level) // 2 * 2 :]
            failed = client.gather([client.submit(_second, task, pure=False) for task in tasks])
            yield stop, level[0].result(), np.concatenate(failed)


def _part(
    facts: tuple[str, str, tuple[tuple[str, str], ...]], start: int, group: np.ndarray, groups: int, sieve: Sieve | None
) -> tuple[sparse.csr_matrix, Failed]:
    matrix, stop = _opened(*facts), start + len(group)
    there, own = np.unique(group[group >= 0], return_inverse=True)
    row = np.full(len(group), -1)
    row[group >= 0] = own
    sums = np.zeros((len(there), len(matrix.genes)))
    failed = np.zeros(len(group), dtype=np.int8)
    for at in range(start, stop, CHUNK):
        block, part = matrix.read(at, min(at + CHUNK, stop)), slice(at - start, at - start + CHUNK)
        if sieve is not None:
            failed[part] = sieve(at, block)
        add_block(sums, np.where(failed[part] == 0, row[part], -1), block)
    place = sparse.csr_matrix((np.ones(len(there)), (there, np.arange(len(there)))), shape=(groups, len(there)))
    return sparse.csr_matrix(place @ sparse.csr_matrix(sums)), failed


@lru_cache(maxsize=1)
def _opened(path: str, spec: str, files: tuple[tuple[str, str], ...]) -> CellMatrix:
    return open_cells(Path(path), Cells.model_validate_json(spec), {name: Path(p) for name, p in files})


def _first(made: tuple[sparse.csr_matrix, Failed]) -> sparse.csr_matrix:
    return made[0]


def _second(made: tuple[sparse.csr_matrix, Failed]) -> Failed:
    return made[1]


def _added(one: sparse.csr_matrix, two: sparse.csr_matrix) -> sparse.csr_matrix:
    return sparse.csr_matrix(one + two)
