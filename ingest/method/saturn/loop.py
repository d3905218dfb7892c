"""Epochs with early stopping and a checkpoint after each, from which a run can be resumed."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Progress = Callable[[str, int, int, float], None]
PATIENCE = 3
_LEAST_GAIN = 1e-3


@dataclass
class Curves:
    """Loss of each epoch, by name."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        self.values.setdefault(name, []).append(value)


@dataclass
class Checkpoint:
    """The file that keeps the state of a run. ``fingerprint``: of data and settings; the file of another run is not
    used."""

    path: Path | None
    fingerprint: str
    _stages: dict[str, Any] | None = None

    def load(self) -> dict[str, Any]:
        """State of each stage, read from the file once."""
        if self._stages is None:
            there = self.path is not None and self.path.is_file()
            held = torch.load(self.path, weights_only=True) if there else {}  # pyright: ignore[reportArgumentType]
            self._stages = dict(held["stages"]) if held.get("fingerprint") == self.fingerprint else {}
        return self._stages or {}

    def save(self, stage: str, state: dict[str, Any]) -> None:
        if self.path is None:
            return
        self._stages = self.load() | {stage: state}
        part = self.path.with_suffix(".part")
        torch.save({"fingerprint": self.fingerprint, "stages": self._stages}, part)
        os.replace(part, self.path)


class Adam:
    """Adam (Kingma and Ba 2015, doi 10.48550/arXiv.1412.6980). torch's own imports torch's compiler at its first step,
    which takes longer than a small run.

    ``groups``: parameters (``params``) with their learning rate (``lr``).
    """

    MEAN, SQUARE, LEAST = 0.9, 0.999, 1e-8

    def __init__(self, groups: Iterable[dict[str, Any]]):
        self.parameters = [(p, float(g["lr"])) for g in groups for p in g["params"]]
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p, _ in self.parameters]
        self.steps = 0

    def zero_grad(self) -> None:
        for p, _ in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self) -> None:
        self.steps += 1
        mean, square = 1 - self.MEAN**self.steps, 1 - self.SQUARE**self.steps
        for (p, rate), (first, second) in zip(self.parameters, self.moments, strict=True):
            if p.grad is not None:
                first.lerp_(p.grad, 1 - self.MEAN)
                second.mul_(self.SQUARE).addcmul_(p.grad, p.grad, value=1 - self.SQUARE)
                p.addcdiv_(first, (second / square).sqrt_().add_(self.LEAST), value=-rate / mean)

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self.steps, "moments": [m for pair in self.moments for m in pair]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.steps = int(state["steps"])
        for mine, held in zip([m for pair in self.moments for m in pair], state["moments"], strict=True):
            mine.copy_(held)


def fit(
    stage: str,
    model: nn.Module,
    parameters: Iterable[dict[str, Any]],
    steps: Callable[[np.random.Generator], Iterator[Tensor]],
    held_out: Callable[[], float],
    epochs: int,
    seed: int,
    checkpoint: Checkpoint,
    progress: Progress,
    curves: Curves,
) -> None:
    """Trains by Adam over ``steps``, the losses of one epoch; keeps the parameters with the best held-out loss.

    Each epoch has its own random generator, so a resumed run takes the same steps as an uninterrupted one.
    """
    optimiser = Adam(parameters)
    state: dict[str, Any] = {"epoch": 0, "best": float("inf"), "waited": 0, "kept": None, "ended": epochs == 0}
    if before := checkpoint.load().get(stage):
        state = before
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        curves.values.update(state["curves"])
    while not state["ended"] and state["epoch"] < epochs:
        model.train()
        seen = []
        for loss in steps(np.random.default_rng([seed, len(stage), state["epoch"]])):
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            seen.append(float(loss.detach()))
        model.eval()
        held = held_out()
        curves.add(stage, float(np.mean(seen)) if seen else held)
        curves.add(f"{stage}, held out", held)
        state["epoch"] += 1
        if held < state["best"] - _LEAST_GAIN * abs(held):
            state |= {"best": held, "waited": 0, "kept": {k: v.detach().clone() for k, v in model.state_dict().items()}}
        else:
            state["waited"] += 1
        state["ended"] = state["waited"] >= PATIENCE
        now = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "curves": curves.values}
        checkpoint.save(stage, state | now)
        progress(stage, state["epoch"], epochs, held)
    if state["kept"]:
        model.load_state_dict(state["kept"])
    model.eval()


@contextmanager
def one_thread(threads: int) -> Iterator[None]:
    """Runs torch with one thread, because its threads slow each other down beside other work; restores the number
    afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
