"""Epochs with early stopping, a checkpoint after each, and a run that goes on where another ended."""

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
    """The file in which a run keeps its state; ``fingerprint`` is of data and settings: another run's file is not used."""

    path: Path | None
    fingerprint: str

    def load(self) -> dict[str, Any]:
        if self.path is None or not self.path.is_file():
            return {}
        held = torch.load(self.path, weights_only=True)
        return held["stages"] if held.get("fingerprint") == self.fingerprint else {}

    def save(self, stage: str, state: dict[str, Any]) -> None:
        if self.path is None:
            return
        stages = self.load() | {stage: state}
        part = self.path.with_suffix(".part")
        torch.save({"fingerprint": self.fingerprint, "stages": stages}, part)
        os.replace(part, self.path)


def fit(
    stage: str, model: nn.Module, parameters: Iterable[dict[str, Any]], steps: Callable[[np.random.Generator], Iterator[Tensor]],
    held_out: Callable[[], float], epochs: int, seed: int, checkpoint: Checkpoint, progress: Progress, curves: Curves,
) -> None:  # fmt: skip
    """Adam over ``steps``, losses of one epoch; the parameters of the best held-out loss stay.

    Every epoch draws from a generator of its own, so a run that is resumed takes the steps that it would have taken.
    """
    optimiser = torch.optim.Adam(list(parameters))
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
    """torch's own threads slow each other down beside other work; the number before is put back."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
