"""The network: genes -> macrogenes -> latent space -> macrogenes -> zero-inflated negative binomial counts of genes.

Species and batch enter the decoder, so that the latent space need not encode them. The encoder knows the species only
by its weights and gene means. Its linear part starts as principal axes of the macrogenes and its other part at zero, so
that the embedding is sensible before the first step, and few steps are needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ingest.method.saturn.macrogenes import GeneWeights

# the entries are in range by construction; the check would cost more than the product
torch.sparse.check_sparse_tensor_invariants.disable()


class _Scatter(torch.autograd.Function):
    """``out[:, to] += x[:, frm] * weight`` over the entries of a sparse matrix, without forming it."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, frm: Tensor, to: Tensor, width: int) -> Tensor:  # pyright: ignore
        ctx.save_for_backward(x, weight, frm, to)
        return _product(x, weight, frm, to, width)

    @staticmethod
    def backward(ctx, grad: Tensor):  # pyright: ignore
        x, weight, frm, to = ctx.saved_tensors
        back = _product(grad, weight, to, frm, x.shape[1]) if ctx.needs_input_grad[0] else None
        slope = (x.t().contiguous()[frm] * grad.t().contiguous()[to]).sum(1) if ctx.needs_input_grad[1] else None
        return back, slope, None, None, None


def _product(x: Tensor, weight: Tensor, frm: Tensor, to: Tensor, width: int) -> Tensor:
    matrix = torch.sparse_coo_tensor(torch.stack([to, frm]), weight, (width, x.shape[1]))
    return torch.sparse.mm(matrix, x.t()).t()


class SpeciesPart(nn.Module):
    """The parameters of one species: gene weights, gene means, dispersions, dropout, and a shift for each batch."""

    gene: Tensor
    macrogene: Tensor
    start: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, weights: GeneWeights, mean: np.ndarray, n_batches: int, n_macrogenes: int):
        super().__init__()
        genes, near = weights.weight.shape
        self.n_macrogenes, self.n_genes = n_macrogenes, genes
        self.register_buffer("gene", torch.arange(genes).repeat_interleave(near))
        self.register_buffer("macrogene", torch.from_numpy(weights.macrogene.ravel()))
        self.register_buffer("start", torch.from_numpy(weights.weight.ravel()))
        self.register_buffer("mean", torch.from_numpy(mean.astype(np.float32)))
        self.register_buffer("scale", torch.ones(n_macrogenes))
        self.change = nn.Parameter(torch.zeros(genes * near))
        self.intercept = nn.Parameter(torch.zeros(genes))
        self.batch_shift = nn.Parameter(torch.zeros(n_batches, genes))
        self.log_dispersion = nn.Parameter(torch.zeros(genes))
        self.dropout = nn.Parameter(torch.full((genes,), -2.0))
        self.dropout_slope = nn.Parameter(torch.full((genes,), -0.5))
        self.gain = nn.Parameter(torch.zeros(genes))

    @property
    def weight(self) -> Tensor:
        """Positive by construction."""
        return self.start * self.change.exp()

    def activities(self, logs: Tensor) -> Tensor:
        """Cells x macrogenes; each has unit variance in this species at the start."""
        made = _Scatter.apply(logs - self.mean, self.weight, self.gene, self.macrogene, self.n_macrogenes)
        return made / self.scale

    def genes_of(self, activities: Tensor) -> Tensor:
        """Back to genes by the same weights; each gene's sum is divided by the length of its weights."""
        weight = self.weight
        length = (
            torch.zeros(self.n_genes, device=weight.device).index_add(0, self.gene, weight**2).clamp_min(1e-12).sqrt()
        )
        return _Scatter.apply(activities, weight / length[self.gene], self.macrogene, self.gene, self.n_genes)


@dataclass
class Likelihood:
    """Parameters of the counts, cells x genes."""

    log_mean: Tensor
    log_dispersion: Tensor
    dropout_logit: Tensor


class SaturnModel(nn.Module):
    """``parts``: one for each species; ``axes``: latent x macrogenes, the principal axes to start with."""

    def __init__(self, parts: Sequence[SpeciesPart], axes: np.ndarray, hidden: int, n_batches: int):
        super().__init__()
        latent, n_macrogenes = axes.shape
        spread = float((axes**2).sum(axis=1).mean())
        self.parts = nn.ModuleList(parts)
        self.axes = nn.Linear(n_macrogenes, latent, bias=False)
        self.axes.weight.data = torch.from_numpy(axes.astype(np.float32))
        self.bend = nn.Sequential(
            nn.Linear(n_macrogenes, hidden), nn.LayerNorm(hidden), nn.GELU(), nn.Linear(hidden, latent)
        )
        known = latent + len(parts) + n_batches
        self.back = nn.Linear(latent, n_macrogenes, bias=False)
        self.back.weight.data = torch.from_numpy((axes.T / spread).astype(np.float32).copy())
        self.back_bend = nn.Sequential(
            nn.Linear(known, hidden), nn.LayerNorm(hidden), nn.GELU(), nn.Linear(hidden, n_macrogenes)
        )
        self.n_batches = n_batches
        self.first_batch = tuple(np.cumsum([0, *(len(p.batch_shift) for p in parts)]).tolist())
        for last in (self.bend[-1], self.back_bend[-1]):
            nn.init.zeros_(last.weight)  # pyright: ignore
            nn.init.zeros_(last.bias)  # pyright: ignore

    def part(self, species: int) -> SpeciesPart:
        return self.parts[species]  # pyright: ignore

    def embed(self, activities: Tensor) -> Tensor:
        """Cells x latent."""
        return self.axes(activities) + self.bend(activities)

    def decode(self, latent: Tensor, species: int, batch: Tensor, size: Tensor) -> Likelihood:
        """``batch``: index of each cell's batch among those of all species; ``size``: its total counts."""
        part = self.part(species)
        which = functional.one_hot(batch, self.n_batches).to(latent.dtype)
        told = torch.zeros(len(latent), len(self.parts), device=latent.device)
        told[:, species] = 1
        activity = self.back(latent) + self.back_bend(torch.cat([latent, told, which], dim=1))
        genes = part.genes_of(activity)
        local = batch - self.first_batch[species]
        log_mean = size.clamp_min(1).log()[:, None] + part.intercept + part.batch_shift[local] + part.gain.exp() * genes
        log_mean = log_mean.clamp(-20, 12)
        dropout = part.dropout + part.dropout_slope * log_mean
        return Likelihood(log_mean, part.log_dispersion.expand_as(log_mean), dropout)


def zinb_loss(counts: Tensor, found: Likelihood) -> Tensor:
    """Negative log likelihood of zero-inflated negative binomial counts, mean over cells and genes."""
    theta = found.log_dispersion.clamp(-6, 8).exp()
    mean = found.log_mean.exp()
    log_total = torch.log(theta + mean)
    zero = theta * (found.log_dispersion.clamp(-6, 8) - log_total)
    keep = -functional.softplus(found.dropout_logit)
    at_zero = functional.softplus(zero - found.dropout_logit) - functional.softplus(-found.dropout_logit)
    above = (
        keep
        + zero
        + counts * (found.log_mean - log_total)
        + torch.lgamma(counts + theta)
        - torch.lgamma(theta)
        - torch.lgamma(counts + 1)
    )
    return -torch.where(counts == 0, at_zero, above).mean()
