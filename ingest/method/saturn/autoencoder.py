"""First stage: the autoencoder learns the counts (ZINB), while genes with similar proteins keep similar weights."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ingest.method.saturn.cells import SpeciesCells
from ingest.method.saturn.loop import Checkpoint, Curves, Progress, fit
from ingest.method.saturn.macrogenes import Macrogenes, unit
from ingest.method.saturn.model import SaturnModel, zinb_loss
from ingest.method.saturn.settings import Settings

PROTEIN = 1.0
HELD_OUT = 0.1
_HELD_MOST = 1_000
_GENE_RATE = 5.0
_PAIRS = 512
Ints = NDArray[np.int64]


def batches(sizes: Sequence[int], each: int, rng: np.random.Generator) -> Iterator[list[Ints]]:
    """Batches of cells, ``each`` from every species; one epoch passes once over the largest species."""
    share = max(1, each // len(sizes))
    steps = max(1, round(max(sizes) / share))
    drawn = [np.concatenate([rng.permutation(n) for _ in range(-(-steps * share // n))]) for n in sizes]
    for step in range(steps):
        yield [d[step * share : (step + 1) * share] for d in drawn]


def split(n: int, seed: int, species: int) -> tuple[Ints, Ints]:
    """(cells to learn from, cells held out); fewer than 20 cells serve as both."""
    order = np.random.default_rng([seed, 3, species]).permutation(n)
    out = int(n * HELD_OUT) if n >= 20 else 0
    return (np.sort(order[out:]), np.sort(order[:out])) if out else (np.arange(n), np.arange(n))


def train_autoencoder(
    model: SaturnModel,
    species: Sequence[SpeciesCells],
    codes: Sequence[Ints],
    macro: Macrogenes,
    settings: Settings,
    checkpoint: Checkpoint,
    progress: Progress,
    curves: Curves,
    device: torch.device,
) -> None:
    """There are many parameters per gene and each gets few gradients, so they take larger steps than the shared
    layers."""
    parts = [split(len(cells), settings.seed, s) for s, cells in enumerate(species)]
    gene_wise = [p for n, p in model.named_parameters() if n.startswith("parts.")]
    shared = [p for n, p in model.named_parameters() if not n.startswith("parts.")]
    rates = [
        {"params": shared, "lr": settings.learning_rate},
        {"params": gene_wise, "lr": settings.learning_rate * _GENE_RATE},
    ]
    proteins = _Proteins(species, macro, device)

    def steps(rng: np.random.Generator) -> Iterator[Tensor]:
        for drawn in batches([len(p[0]) for p in parts], settings.batch_size, rng):
            losses = [
                _loss(model, s, species[s], np.sort(parts[s][0][at]), codes[s], device, rng)
                for s, at in enumerate(drawn)
            ]
            yield torch.stack(losses).mean() + PROTEIN * proteins.loss(model, rng)

    @torch.no_grad()
    def held_out() -> float:
        rng = np.random.default_rng([settings.seed, 13])
        each = [_loss(model, s, c, parts[s][1][:_HELD_MOST], codes[s], device, rng) for s, c in enumerate(species)]
        return float(torch.stack(each).mean())

    fit("autoencoder", model, rates, steps, held_out, settings.epochs, settings.seed, checkpoint, progress, curves)


def _loss(
    model: SaturnModel,
    s: int,
    cells: SpeciesCells,
    at: Ints,
    codes: Ints,
    device: torch.device,
    rng: np.random.Generator,
) -> Tensor:
    """Counts are split at random, and one half is predicted from the other: a cell's own noise then does not help, and
    is not learned."""
    counts, size = cells.raw(at)
    told = rng.binomial(counts.astype(np.int64), 0.5).astype(np.float32)
    seen, asked, half = (torch.from_numpy(a).to(device) for a in (told, counts - told, np.maximum(size / 2, 1)))
    latent = model.embed(model.part(s).activities(torch.log1p(seen * (cells.depth / half)[:, None])))
    return zinb_loss(asked, model.decode(latent, s, torch.from_numpy(codes[at]).to(device), half))


class _Proteins:
    """Keeps genes' weights as similar as their proteins: a gene is represented by the mean of its macrogenes'
    centres."""

    def __init__(self, species: Sequence[SpeciesCells], macro: Macrogenes, device: torch.device):
        self.centres = torch.from_numpy(macro.centres).to(device)
        self.units = [torch.from_numpy(unit(c.vectors - c.vectors.mean(axis=0))).to(device) for c in species]

    def loss(self, model: SaturnModel, rng: np.random.Generator) -> Tensor:
        """Squared error of the cosines of random pairs of genes from all species."""
        made, true = [], []
        for s, vectors in enumerate(self.units):
            part = model.part(s)
            at = torch.from_numpy(rng.integers(0, len(vectors), _PAIRS)).to(vectors.device)
            weight = part.weight.view(part.n_genes, -1)[at]
            centre = self.centres[part.macrogene.view(part.n_genes, -1)[at]]
            made.append(functional.normalize((weight[..., None] * centre).sum(1), dim=1))
            true.append(vectors[at])
        mine, theirs = torch.cat(made), torch.cat(true)
        half = torch.from_numpy(rng.permutation(len(mine))).to(mine.device)
        return (((mine * mine[half]).sum(1) - (theirs * theirs[half]).sum(1)) ** 2).mean()
