"""Ways to give cells their types, each in a process of its own: P of the types, a score of what lies outside, seconds
and memory.

    python -m tests.bench.mapping_peers METHOD FOLDER        (as ``beside`` asks it)

celltypist and symphonypy are no part of this project: ``ORTHOKG_PEERS`` names the Python of an environment that has
them beside this one's packages (celltypist 1.7 needs scikit-learn below 1.8). Each is used as its own tutorial does,
with its defaults.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tests.bench.mapping_sets import Cells, Strings

Floats = NDArray[np.floating[Any]]
ROOT = Path(__file__).parents[2]
ELSEWHERE = ("celltypist", "symphonypy")
GENES, LIMIT_SECONDS = 500, 540


@dataclass(frozen=True)
class Split:
    """``ref`` and ``query``: cells x genes; ``donors``: batches of the reference are donors, which may be held out."""

    ref: Cells
    query: Cells
    donors: bool


@dataclass(frozen=True)
class Answer:
    """``p`` (cells, types), rows sum to 1; ``outside`` (cells,), larger is farther; ``sets`` (cells, types), None where
    the method gives none."""

    types: Strings
    p: Floats
    outside: Floats
    sets: NDArray[np.bool_] | None = None


def this(split: Split) -> Answer:
    from ingest.method.mapping.engine import Query, StudyCells, build, map_cells

    ref = split.ref
    built = build([StudyCells("ref", ref.counts, ref.genes, ref.label, ref.batch if split.donors else None)])
    found = map_cells(built, Query(split.query.counts, split.query.genes))
    types = len(found.types)
    return Answer(np.array(found.types), found.node_probability[:, :types], found.outside_score, found.sets)


def logistic(split: Split) -> Answer:
    """Multinomial logistic regression, L2 of strength 1, on the scaled genes that vary most in the reference."""
    from sklearn.linear_model import LogisticRegression

    from ingest.method.mapping.space.genes import variable_genes

    columns = variable_genes([split.ref.counts], GENES)
    train, test = (_log(each)[:, columns].toarray() for each in (split.ref, split.query))
    mean, sd = train.mean(axis=0), train.std(axis=0) + 1e-6
    train, test = (np.clip((x - mean) / sd, -10, 10) for x in (train, test))
    model = LogisticRegression(C=1.0, max_iter=200).fit(train, split.ref.label)
    return _by_p(model.classes_, model.predict_proba(test))


def correlation(split: Split) -> Answer:
    """MapMyCells' rule: bootstrapped correlation to type means over marker genes."""
    from ingest.method.mapping.heads.correlation import by_correlation, statistics

    found = statistics(split.ref.counts, split.ref.genes, split.ref.label)
    return _by_p(np.array(found.types), by_correlation(found, split.query.counts, split.query.genes))


def celltypist(split: Split) -> Answer:
    made: Any = import_module("celltypist")
    model = made.train(_data(split.ref), labels="label", check_expression=False, n_jobs=1)
    found = made.annotate(_data(split.query), model=model).probability_matrix
    p = np.asarray(found, float)
    answer = _by_p(np.asarray(found.columns, str), p / np.maximum(p.sum(axis=1, keepdims=True), 1e-12))
    return Answer(answer.types, answer.p, 1 - p.max(axis=1))


def symphonypy(split: Split) -> Answer:
    made, sc, neighbours = (import_module(name) for name in ("symphonypy", "scanpy", "sklearn.neighbors"))
    ref, query = _data(split.ref), _data(split.query)
    sc.pp.highly_variable_genes(ref, n_top_genes=min(2000, ref.n_vars // 2))
    ref = ref[:, ref.var["highly_variable"]].copy()
    sc.pp.scale(ref, max_value=10)
    sc.pp.pca(ref, n_comps=30, zero_center=False)
    if not split.donors:  # one batch: its own clusters without Harmony have centres where the correction wants sums
        ref.obs["batch"] = "reference"
    made.pp.harmony_integrate(ref, key="batch")
    made.tl.map_embedding(query, ref)
    made.tl.per_cell_confidence(query, ref)
    model = neighbours.KNeighborsClassifier(10).fit(ref.obsm["X_pca_harmony"], split.ref.label)
    far = np.asarray(query.obs["symphony_per_cell_dist"], float)
    answer = _by_p(model.classes_, model.predict_proba(query.obsm["X_pca_harmony"]))
    return Answer(answer.types, answer.p, far)


def scanvi(split: Split) -> Answer:
    """Surgery on a model that it can move, and scANVI's own classifier."""
    from ingest.method.scanvi import BUILT, Settings

    scvi: Any = import_module("scvi")
    scvi.settings.seed = 0
    own, columns = Settings(), _variable(split.ref)
    ref, query = (_raw(each, columns) for each in (split.ref, split.query))
    if not split.donors:
        ref.obs["batch"] = "reference"
    query.obs["batch"], query.obs["label"] = "query", "unlabelled"
    quiet = {"accelerator": "cpu", "train_size": 1.0, "enable_progress_bar": False, "logger": False}
    quiet |= {"check_val_every_n_epoch": None, "enable_checkpointing": False, "enable_model_summary": False}
    scvi.model.SCVI.setup_anndata(ref, labels_key="label", batch_key="batch")
    plain = scvi.model.SCVI(ref, **own.arguments)
    plain.train(max_epochs=own.epochs[0], **quiet)
    model = scvi.model.SCANVI.from_scvi_model(plain, unlabeled_category="unlabelled")
    model.train(max_epochs=own.epochs[1], n_samples_per_label=100, **quiet)
    moved = scvi.model.SCANVI.load_query_data(query, model, accelerator="cpu", freeze_dropout=True)
    moved.train(max_epochs=own.epochs[2], plan_kwargs={"weight_decay": 0.0}, **quiet)
    assert BUILT.items() <= own.arguments.items()
    found = moved.predict(soft=True)
    found = found.drop(columns=[c for c in ("unlabelled",) if c in found])
    return _by_p(np.asarray(found.columns, str), np.asarray(found, float))


METHODS: dict[str, Callable[[Split], Answer]] = {
    "this": this,
    "logistic regression": logistic,
    "correlation rule": correlation,
    "celltypist": celltypist,
    "symphonypy": symphonypy,
    "scANVI surgery": scanvi,
}


def _by_p(types: Strings, p: Floats) -> Answer:
    return Answer(np.asarray(types, str), np.asarray(p, float), 1 - np.asarray(p, float).max(axis=1))


def _log(cells: Cells) -> sparse.csr_matrix:
    from ingest.method.mapping.space.cells import log_norm

    return log_norm(cells.counts)


def _variable(cells: Cells) -> NDArray[Any]:
    from ingest.method.mapping.space.genes import variable_genes

    return np.sort(variable_genes([cells.counts], GENES))


def _data(cells: Cells) -> Any:
    made = _raw(cells, np.arange(len(cells.genes)))
    made.X = _log(cells)
    return made


def _raw(cells: Cells, columns: NDArray[Any]) -> Any:
    import anndata
    import pandas as pd

    obs = pd.DataFrame(
        {"label": cells.label, "batch": cells.batch}, index=[f"c{at}" for at in range(len(cells.label))]
    ).astype("category")
    var = pd.DataFrame(index=pd.Index(cells.genes[columns].astype(object)))
    return anndata.AnnData(sparse.csr_matrix(cells.counts[:, columns]), obs, var)


def python_of(method: str) -> str | None:
    """What runs it; None where it is not installed."""
    if method not in ELSEWHERE:
        return sys.executable
    named = os.environ.get("ORTHOKG_PEERS", sys.executable)
    there = subprocess.run([named, "-c", f"import {method}"], capture_output=True, check=False).returncode == 0
    return named if there else None


def asked(method: str, split: Split) -> tuple[Answer, dict[str, float]] | None:
    """The answer of a process of its own, with its ``seconds``, ``CPU seconds`` and ``MB`` (peak above what it had
    before it began); None where it is not installed."""
    if (python := python_of(method)) is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(
            folder / "split.npz", donors=split.donors, **_arrays("ref", split.ref), **_arrays("query", split.query)
        )
        command = [python, "-m", "tests.bench.mapping_peers", method, name]
        run = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "CELLTYPIST_FOLDER": name},
            capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False,
        )  # fmt: skip
        if run.returncode:
            raise RuntimeError(f"{method} ended: {run.stderr[-2000:]}")
        with np.load(folder / "answer.npz") as held:
            made = {each: held[each] for each in held.files}
    cost = {each: round(float(made[each]), 1) for each in ("seconds", "CPU seconds", "MB")}
    return Answer(made["types"], made["p"], made["outside"], made.get("sets")), cost


def _arrays(side: str, cells: Cells) -> dict[str, Any]:
    x = cells.counts
    return {
        f"{side}.data": x.data, f"{side}.indices": x.indices, f"{side}.indptr": x.indptr, f"{side}.shape": x.shape,
        f"{side}.genes": cells.genes, f"{side}.label": cells.label, f"{side}.batch": cells.batch,
    }  # fmt: skip


def _cells(side: str, held: Any) -> Cells:
    x = tuple(held[f"{side}.{each}"] for each in ("data", "indices", "indptr"))
    counts = sparse.csr_matrix(x, shape=tuple(held[f"{side}.shape"]))
    return Cells(counts, *(held[f"{side}.{each}"] for each in ("genes", "label", "batch")))


def _memory() -> int:
    with open("/proc/self/status") as f:
        return int(next(line.split()[1] for line in f if line.startswith("VmHWM"))) // 1024


def main(method: str, folder: Path) -> None:
    with np.load(folder / "split.npz") as held:
        split = Split(_cells("ref", held), _cells("query", held), bool(held["donors"]))
    before, start, used = _memory(), time.perf_counter(), time.process_time()
    found = METHODS[method](split)
    cost = {"seconds": time.perf_counter() - start, "CPU seconds": time.process_time() - used, "MB": _memory() - before}
    sets = {} if found.sets is None else {"sets": found.sets}
    np.savez(folder / "answer.npz", types=found.types, p=found.p, outside=found.outside, **sets, **cost)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
