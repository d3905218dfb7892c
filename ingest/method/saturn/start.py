"""The network before its first step: gene means, macrogene scales and principal axes from one pass over the cells."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ingest.method.saturn.cells import SpeciesCells
from ingest.method.saturn.macrogenes import Macrogenes
from ingest.method.saturn.model import SaturnModel, SpeciesPart

_SAMPLE = 2_000


def batch_codes(species: Sequence[SpeciesCells]) -> tuple[list[NDArray[np.int64]], list[str]]:
    """Index of each cell's batch among the batches of all species, and the batches' names."""
    codes, names = [], []
    for cells in species:
        found, code = np.unique(cells.batches, return_inverse=True)
        codes.append(code.astype(np.int64) + len(names))
        names += [f"{cells.name}: {text}" if text else cells.name for text in found]
    return codes, names


def first_model(
    species: Sequence[SpeciesCells], macro: Macrogenes, latent: int, hidden: int, seed: int
) -> tuple[SaturnModel, list[NDArray[np.int64]]]:
    """The network, and the batch of each cell. Determined by ``seed`` and the cells, whatever their order in the
    files."""
    torch.manual_seed(seed)
    codes, names = batch_codes(species)
    parts = []
    total = np.zeros((len(macro), len(macro)))
    for cells, weights, code in zip(species, macro.weights, codes, strict=True):
        mean = _mean(cells)
        part = SpeciesPart(weights, mean, int(code.max() - code.min()) + 1, len(macro))
        covariance = _covariance(part, (logs for _, logs in cells.blocks()))
        scale = np.sqrt(np.diag(covariance))
        scale = np.where(scale > 0, scale, 1)
        part.scale.copy_(torch.from_numpy(scale.astype(np.float32)))
        total += covariance / np.outer(scale, scale)
        _fit_genes(part, cells)
        parts.append(part)
    values, vectors = np.linalg.eigh(total / len(species))
    d = min(latent, len(macro))
    kept, axes = values[::-1][:d], vectors[:, ::-1][:, :d].T
    axes = axes * np.sign(axes.sum(axis=1, keepdims=True) + 1e-12) / np.sqrt(max(kept.mean(), 1e-12))
    return SaturnModel(parts, axes, hidden, len(names)), codes


def _mean(cells: SpeciesCells) -> NDArray[np.float64]:
    total = np.zeros(len(cells.genes))
    for _, logs in cells.blocks():
        total += logs.sum(axis=0, dtype=np.float64)
    return total / len(cells)


@torch.no_grad()
def _covariance(part: SpeciesPart, blocks: Iterable[NDArray[np.float32]]) -> NDArray[np.float64]:
    total, n = np.zeros((part.n_macrogenes, part.n_macrogenes)), 0
    for logs in blocks:
        made = part.activities(torch.from_numpy(logs)).numpy()
        total += (made.T @ made).astype(np.float64)
        n += len(logs)
    return total / max(n - 1, 1)


@torch.no_grad()
def _fit_genes(part: SpeciesPart, cells: SpeciesCells) -> None:
    """Intercepts from mean rates, gains by regressing genes on their macrogenes' activities, dispersions by moments."""
    at = np.unique(np.linspace(0, len(cells) - 1, min(len(cells), _SAMPLE)).astype(np.int64))
    counts, size = cells.raw(at)
    rate = counts.sum(axis=0) / max(size.sum(), 1)
    part.intercept.copy_(torch.from_numpy(np.log(rate + 1e-7).astype(np.float32)))
    logs = torch.from_numpy(cells.logs(at)) - part.mean
    back = part.genes_of(part.activities(logs + part.mean))
    slope = (logs * back).sum(0) / (back**2).sum(0).clamp_min(1e-6)
    part.gain.copy_(slope.clamp(0.02, 2).log())
    mean = counts.mean(axis=0)
    extra = np.maximum(counts.var(axis=0) - mean, 1e-3 * mean + 1e-6) / np.maximum(mean**2, 1e-8)
    part.log_dispersion.copy_(torch.from_numpy(-np.log(np.clip(extra, 0.1, 20)).astype(np.float32)))
