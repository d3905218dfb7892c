"""Second stage: metric learning on triplets mined across species, weakly supervised by each species' own labels."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ingest.method.saturn.autoencoder import split
from ingest.method.saturn.cells import SpeciesCells
from ingest.method.saturn.loop import Checkpoint, Curves, Progress, fit
from ingest.method.saturn.model import SaturnModel
from ingest.method.saturn.settings import Settings
from ingest.method.saturn.types import Types

Ints = NDArray[np.int64]
MARGIN = 0.3
NEIGHBOURS = 5
ALIGN = 1.0
KEPT_MOST = 100_000_000
_CENTRE_MOST = 2_000


def groups(types: Types) -> list[list[int]]:
    """Groups of types that are pulled together: one-to-one partners, and each type without a partner on its own."""
    parent = np.arange(len(types.names))
    for a, b in np.argwhere(np.triu(types.one)):
        parent[parent == parent[b]] = parent[a]
    return [np.flatnonzero(parent == p).tolist() for p in np.unique(parent)]


class Loss(nn.Module):
    """The loss: triplets within a species (by label) and across species (mutual nearest neighbours), and the centres of
    partners."""

    def __init__(self, types: Types, device: torch.device):
        super().__init__()
        self.linked = torch.from_numpy(types.linked).to(device)
        self.known = torch.from_numpy(types.known).to(device)
        self.species = torch.from_numpy(types.species).to(device)
        self.has_link = self.linked.any(1)
        self.pairs = torch.from_numpy(np.argwhere(np.triu(types.one))).to(device)

    def forward(self, points: Tensor, type_of: Tensor) -> Tensor:
        """``points``: cells x latent of length 1; ``type_of``: type of each."""
        distance = 1 - points @ points.t()
        species = self.species[type_of]
        same = type_of[:, None] == type_of[None, :]
        home = species[:, None] == species[None, :]
        link = self.linked[type_of][:, type_of]
        known = self.known[type_of]
        told = known | self.has_link[type_of]
        within = same & known[:, None] & ~torch.eye(len(points), dtype=torch.bool, device=points.device)
        other = ~same & ~link & known[:, None] & known[None, :] & home
        abroad = ~home & ~link & told[:, None] & told[None, :]
        across = mutual(distance.detach(), link)
        hardest = distance.masked_fill(~(other | abroad), 4.0).min(1, keepdim=True).values
        total = 0 * points.sum()
        for positive in (within, across):
            if positive.any():
                total = total + functional.relu(distance - hardest + MARGIN)[positive].mean()
        if len(self.pairs):
            total = total + ALIGN * self._apart(points, type_of)
        return total

    def _apart(self, points: Tensor, type_of: Tensor) -> Tensor:
        n = len(self.known)
        count = torch.zeros(n, device=points.device).index_add(0, type_of, torch.ones_like(type_of, dtype=points.dtype))
        mean = (
            torch.zeros(n, points.shape[1], device=points.device).index_add(0, type_of, points)
            / count.clamp_min(1)[:, None]
        )
        square = (
            torch.zeros(n, points.shape[1], device=points.device).index_add(0, type_of, points**2)
            / count.clamp_min(1)[:, None]
        )
        spread = (square - mean**2).clamp_min(1e-8).sqrt()
        a, b = self.pairs[:, 0], self.pairs[:, 1]
        there = (count[a] > 1) & (count[b] > 1)
        if not there.any():
            return 0 * points.sum()
        gap = ((mean[a] - mean[b]) ** 2).sum(1) + ((spread[a] - spread[b]) ** 2).sum(1)
        return gap[there].mean()


def mutual(distance: Tensor, link: Tensor) -> Tensor:
    """Pairs of cells of linked types that are among each other's nearest in the other species."""
    far = distance.masked_fill(~link, torch.inf)
    k = min(NEIGHBOURS, len(far))
    near = torch.zeros_like(link).scatter(1, far.topk(k, dim=1, largest=False).indices, True) & link
    return near & near.t()


class MetricModel(nn.Module):
    """The encoder's layers and a shift for each species: cells -> points of length 1."""

    def __init__(self, model: SaturnModel, n_species: int):
        super().__init__()
        self.axes, self.bend = model.axes, model.bend
        self.shift = nn.Parameter(torch.zeros(n_species, model.axes.out_features))

    def forward(self, activities: Tensor, species: int) -> Tensor:
        return functional.normalize(self.axes(activities) + self.bend(activities) - self.shift[species], dim=1)


class Activities:
    """Macrogene activities of cells, kept in memory if they fit and recomputed otherwise."""

    def __init__(self, model: SaturnModel, species: Sequence[SpeciesCells], device: torch.device):
        self.model, self.species, self.device = model, species, device
        n = sum(map(len, species)) * model.axes.in_features
        self.kept = [torch.cat(list(self.blocks(s))) for s in range(len(species))] if n <= KEPT_MOST else None

    @torch.no_grad()
    def of(self, s: int, cells: Ints) -> Tensor:
        if self.kept is not None:
            return self.kept[s][torch.from_numpy(cells).to(self.device)]
        return self.model.part(s).activities(torch.from_numpy(self.species[s].logs(cells)).to(self.device))

    @torch.no_grad()
    def blocks(self, s: int) -> Iterator[Tensor]:
        for _, logs in self.species[s].blocks():
            yield self.model.part(s).activities(torch.from_numpy(logs).to(self.device))


def train_metric(
    model: SaturnModel,
    activities: Activities,
    types: Types,
    settings: Settings,
    checkpoint: Checkpoint,
    progress: Progress,
    curves: Curves,
    device: torch.device,
) -> MetricModel:
    """Held-out cells are in no triplet that is learned from; the loss over their own triplets decides when to stop."""
    sizes = [len(c) for c in types.codes]
    parts = [split(n, settings.seed, s) for s, n in enumerate(sizes)]
    made = MetricModel(model, len(sizes)).to(device)
    _centre(made, activities, types)
    loss = Loss(types, device)
    rates = [{"params": list(made.parameters()), "lr": settings.learning_rate / 2}]

    def of(cells: list[Ints], kinds: list[Ints]) -> Tensor:
        points = torch.cat([made(activities.of(s, at), s) for s, at in enumerate(cells) if len(at)])
        return loss(points, torch.from_numpy(np.concatenate(kinds)).to(device))

    def steps(rng: np.random.Generator) -> Iterator[Tensor]:
        for _ in range(max(1, sum(sizes) // settings.batch_size)):
            yield of(*draw(types, [p[0] for p in parts], settings.batch_size, rng))

    @torch.no_grad()
    def held_out() -> float:
        rng = np.random.default_rng([settings.seed, 11])
        return float(
            np.mean([float(of(*draw(types, [p[1] for p in parts], settings.batch_size, rng))) for _ in range(4)])
        )

    fit("metric", made, rates, steps, held_out, settings.metric_epochs, settings.seed, checkpoint, progress, curves)
    return made


@torch.no_grad()
def _centre(made: MetricModel, activities: Activities, types: Types) -> None:
    """Each species' shift: the mean over its types that have a partner (over all types if none has one), equally
    weighted."""
    members = types.members([np.arange(len(c)) for c in types.codes])
    for s in range(len(made.shift)):
        mine = np.flatnonzero(types.species == s)
        chosen = [t for t in mine if types.one[t].any()] or mine.tolist()
        means = []
        for t in chosen:
            a = activities.of(s, members[t][:_CENTRE_MOST])
            means.append((made.axes(a) + made.bend(a)).mean(0))
        if means:
            made.shift[s] = torch.stack(means).mean(0)


def draw(types: Types, cells: Sequence[Ints], size: int, rng: np.random.Generator) -> tuple[list[Ints], list[Ints]]:
    """(cells of each species, their types), sampled from the allowed ones: equally many of each type, partners
    together."""
    members = types.members(cells)
    sets = [g for g in ([t for t in g if len(members[t])] for g in groups(types)) if g]
    each = max(4, size // max(1, sum(map(len, sets))))
    empty = np.empty(0, np.int64)
    chosen, codes = [[empty] for _ in cells], [[empty] for _ in cells]
    taken = 0
    for g in rng.permutation(len(sets)):
        for t in sets[g]:
            s = int(types.species[t])
            chosen[s].append(members[t][rng.integers(0, len(members[t]), each)])
            codes[s].append(np.full(each, t))
            taken += each
        if taken >= size:
            break
    return [np.concatenate(c) for c in chosen], [np.concatenate(c) for c in codes]
