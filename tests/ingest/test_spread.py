"""The sums of cells on a Dask cluster of two workers are those of one process."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.files.cells.matrix import CellMatrix, open_cells
from ingest.manifest.cell_blocks import Cells
from ingest.method.cell_quality import Sieve
from ingest.method.pseudobulk import pseudobulk
from ingest.method.spread import Cluster
from kg.errors import MethodError
from tests.ingest.make_cells import study, write

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def matrix(tmp_path: Path) -> CellMatrix:
    path = write(study([f"G{i}" for i in range(60)], cells=40), tmp_path / "cells.h5ad")
    return open_cells(path, Cells(file=path.name))


def of(matrix: CellMatrix, address: str) -> Cluster:
    return Cluster(address, matrix.path, Cells(file=matrix.path.name), {}, stretch=70)


def test_two_workers_give_the_sums_of_one_process(matrix: CellMatrix, address: str) -> None:
    texts = [matrix.texts(c, "") for c in ("donor_id", "cell_type_ontology_term_id")]
    doublets = np.zeros(matrix.n_cells, dtype=bool)
    doublets[[5, 700]] = True
    limits = {"min_counts": float(np.median(np.asarray(matrix.read(0, 960).sum(axis=1))))}
    sieve = Sieve(limits, np.zeros(60, dtype=bool), doublets)
    alone = pseudobulk(matrix, *texts, sieve=sieve)
    told: list[int] = []
    cluster = of(matrix, address)
    found = pseudobulk(matrix, *texts, sieve=sieve, cluster=cluster, progress=lambda done, _: told.append(done))
    assert told == [0, 560, 960]
    assert found.sums.tobytes() == alone.sums.tobytes()
    np.testing.assert_array_equal(found.failed, alone.failed)
    np.testing.assert_array_equal(found.cells, alone.cells)
    assert 0 < (found.failed > 0).sum() < matrix.n_cells


def test_no_scheduler_is_one_error(matrix: CellMatrix) -> None:
    texts = [matrix.texts(c, "") for c in ("donor_id", "cell_type_ontology_term_id")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
        with pytest.raises(MethodError, match="no Dask scheduler answers") as error:
            pseudobulk(matrix, *texts, cluster=of(matrix, "tcp://127.0.0.1:9"))
    assert error.value.code == "NO_SCHEDULER"
