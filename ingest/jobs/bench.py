"""A self-check of the machine: steps that use time and memory, each checkpointed."""

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from kg.jobs.child import Work


def run(work: Work) -> Mapping[str, Any]:
    """Writes ``bench.json``: a chain of hashes over the steps, the same however often it is interrupted, and the
    speed."""
    steps, seconds, seed = int(work.arguments["steps"]), float(work.arguments["seconds"]), int(work.arguments["seed"])
    computes = work.arguments["load"] == "compute"
    held = np.ones(int(work.arguments["mb"]) << 17)
    chain, began, made = str(seed), time.perf_counter(), 0
    for step in range(steps):
        before, fresh = chain, not (work.checkpoint / f"{step}").exists()
        chain = work.kept(f"{step}", lambda before=before, step=step: _step(before, step, seconds, computes)).decode()
        made += fresh
        work.progress(step + 1, steps, "a step of the self-check")
    found = {"chain": chain, "steps": steps, "made": made, "mb": int(held.nbytes) >> 20}
    work.result("bench.json", "application/json").write_text(json.dumps(found))
    return {**found, "seconds": round(time.perf_counter() - began, 3)}


def _step(before: str, step: int, seconds: float, computes: bool) -> bytes:
    until = time.perf_counter() + seconds
    square = np.ones((200, 200))
    while computes and time.perf_counter() < until:
        square = square @ square / 200
    time.sleep(max(0.0, until - time.perf_counter()))
    return hashlib.sha256(f"{before} {step}".encode()).hexdigest().encode()
