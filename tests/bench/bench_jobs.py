"""Many jobs at once, everything killed again and again, and plain questions meanwhile.

    python -m tests.bench.bench_jobs [--jobs 200] [--moments 20] [--seconds 60] [--store embedded ...] [PART ...]

Parts: ``at-once`` (jobs of four owners submitted by eight threads: lost, run twice, fair), ``killed`` (worker, store
and jobs are killed (-9) at random moments while jobs run), ``cancelled`` (seconds until the process of a job that
computes is gone), ``beside`` (p99 of plain questions without jobs and with one that computes all the time). Each part
that is done is kept in results/jobs.json, and one that is there for the same sizes is not run again (``--again``).
Simulated graph; the jobs are self-checks whose right outcome is known.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kg.errors import KgError
from kg.jobs import queue
from kg.jobs.limits import JobLimits
from kg.jobs.progress import events
from kg.jobs.record import State
from kg.jobs.space import LOCAL, Space
from kg.jobs.worker import Worker
from kg.store.driver import Store, open_store
from tests.bench.record import FOLDER, measured_now, save
from tests.bench.served import PAGE_QUERY, each_store, load, request, same_store, server, simulate

OWNERS = {"a": 0.7, "b": 0.1, "c": 0.1, "d": 0.1}
SEED = 7


def chain(steps: int, seed: int) -> str:
    made = str(seed)
    for step in range(steps):
        made = hashlib.sha256(f"{made} {step}".encode()).hexdigest()
    return made


def submit_all(store: Store, jobs: int, given: dict[str, Any]) -> dict[str, tuple[Space, int]]:
    """Job -> its owner's space and seed; eight threads at once."""
    asked = [(owner, seed) for owner, share in OWNERS.items() for seed in range(round(jobs * share))]
    random.Random(SEED).shuffle(asked)
    made: dict[str, tuple[Space, int]] = {}

    def send(part: list[tuple[str, int]]) -> None:
        for owner, seed in part:
            space = Space.of(owner, store.home)
            job = queue.submit(store, space, "bench", {**given, "seed": seed})
            made[job.id] = space, seed

    threads = [threading.Thread(target=send, args=(asked[at::8],)) for at in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return made


def judged(store: Store, made: dict[str, tuple[Space, int]], steps: int) -> dict[str, Any]:
    """What became of the jobs."""
    lost = wrong = twice = 0
    states: Counter[str] = Counter()
    started: list[tuple[str, str]] = []
    attempts = []
    for job, (space, seed) in made.items():
        try:
            found = queue.job(store, space, job)
        except KgError:
            lost += 1
            continue
        lines = [line for _, line in events(space, job)]
        states[str(found.job.state)] += 1
        wrong += found.job.state is State.DONE and found.summary["chain"] != chain(steps, seed)
        twice += sum(line.get("state") == "done" for line in lines) != 1
        attempts.append(found.job.attempt)
        started += [(line["at"], space.owner) for line in lines if line.get("state") == "running"]
    return {
        "submitted": len(made),
        "lost": lost,
        "wrong": wrong,
        "not_ended_once": twice,
        "states": dict(states),
        "attempts_most": max(attempts),
        "starts": len(started),
        "unfair": unfair([owner for _, owner in sorted(started)]),
    }


def unfair(order: list[str]) -> int:
    """While all owners still have jobs that wait, the most by which one was started oftener than another."""
    left = Counter(order)
    served: Counter[str] = Counter()
    worst = 0
    for owner in order:
        if min(left.values()) == 0:
            break
        served[owner] += 1
        left[owner] -= 1
        worst = max(worst, max(served[o] for o in left) - min(served[o] for o in left))
    return worst


def at_once(store_name: str, jobs: int) -> dict[str, Any]:
    with open_store() as store:
        simulate(store)
        began = time.perf_counter()
        made = submit_all(store, jobs, {"steps": 2, "seconds": 0.05, "load": "compute"})
        submitted = time.perf_counter() - began
        began = time.perf_counter()
        Worker(store, slots=2, limits=JobLimits()).run_until_idle()
        seconds = time.perf_counter() - began
        told = judged(store, made, 2)
    return {
        "store": store_name,
        "jobs": jobs,
        **told,
        "submit_s": round(submitted, 2),
        "run_s": round(seconds, 1),
        "jobs_a_minute": round(60 * jobs / seconds, 1),
    }


def below(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    made = [pid]
    for each in made:
        made += [child for child, parent in parents.items() if parent == each]
    return made


def killed(store_name: str, moments: int, jobs: int) -> dict[str, Any]:
    """Everything is killed: the worker, the jobs' processes and, of the embedded store, its server."""
    with open_store() as store:
        simulate(store)
        home = store.home
        made = submit_all(store, jobs, {"steps": 10, "seconds": 0.1})
    rng, at = random.Random(SEED), []
    for moment in range(moments + 1):
        words = ["--slots", "2", *(["--until-idle"] if moment == moments else [])]
        program = subprocess.Popen(
            [sys.executable, "-m", "kg.cli.main", "jobs", "work", *words], stderr=subprocess.DEVNULL
        )
        if moment == moments:
            assert program.wait() == 0
            break
        wait_for_work(made, program)
        pause = rng.uniform(0, 3)
        time.sleep(pause)
        at.append(round(pause, 2))
        for pid in below(program.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        program.wait()
    with open_store() as store:
        told = judged(store, made, 10)
    left = [str(path) for path in home.glob("spaces/*/jobs/*/result.new")]
    return {"store": store_name, "moments": at, "jobs": jobs, **told, "half_results_left": len(left)}


def cancelled(store_name: str, times: int) -> dict[str, Any]:
    """Jobs that compute without end, two at once, each cancelled at a random moment."""
    rng, taken, given = random.Random(SEED), [], {"steps": 100_000, "seconds": 1, "load": "compute"}
    with open_store() as store:
        simulate(store)
        space = Space.of(LOCAL, store.home)
        jobs = [queue.submit(store, space, "bench", {**given, "seed": at}).id for at in range(times)]
        worker = threading.Thread(target=Worker(store, slots=2, limits=JobLimits()).run_until_idle)
        worker.start()
        for job in jobs:
            while not runs(space, job):
                time.sleep(0.05)
            time.sleep(rng.uniform(0, 2))
            began = time.perf_counter()
            queue.cancel(store, space, job)
            while runs(space, job):
                time.sleep(0.01)
            taken.append(time.perf_counter() - began)
        worker.join()
        states = Counter(str(queue.job(store, space, job).job.state) for job in jobs)
    return {
        "store": store_name,
        "jobs": times,
        "states": dict(states),
        "median_s": round(float(np.median(taken)), 2),
        "longest_s": round(max(taken), 2),
    }


def runs(space: Space, job: str) -> bool:
    """Whether some process has the job's folder on its command line."""
    return any(str(space.job_folder(job)).encode() in cmdline(each) for each in Path("/proc").glob("[0-9]*"))


def wait_for_work(made: dict[str, tuple[Space, int]], program: "subprocess.Popen[bytes]") -> None:
    """Until it has started a job: a line is added to some progress."""

    def lines() -> int:
        return sum(len(events(space, job)) for job, (space, _) in made.items())

    before = lines()
    while program.poll() is None and lines() == before:
        time.sleep(0.2)


def beside(store_name: str, seconds: float, scratch: Path) -> dict[str, Any]:
    """Four clients ask for a page of the main question; the server runs one job at a time, each of which computes."""
    with open_store() as store:
        simulate(store)
    page = request(PAGE_QUERY)
    with server(scratch / "server.log", ORTHOKG_JOB_SLOTS="1") as (port, _):
        asyncio.run(load(port, page, 4, max(5, seconds / 2)))  # warm: Neo4j compiles for as long as that
        alone = asyncio.run(load(port, page, 4, seconds))
        with same_store() as store:
            space = Space.of(LOCAL, store.home)
            given = {"steps": 100_000, "seconds": 1, "load": "compute"}
            job = queue.submit(store, space, "bench", given)
            while queue.job(store, space, job.id).job.done < 1:
                time.sleep(0.2)
            with_jobs = asyncio.run(load(port, page, 4, seconds))
            began = time.perf_counter()
            queue.cancel(store, space, job.id)
            while runs(space, job.id):
                time.sleep(0.01)
            gone = time.perf_counter() - began
    made = {name: measured(found) for name, found in (("alone", alone), ("with_a_job", with_jobs))}
    ratio = made["with_a_job"]["p99_ms"] / made["alone"]["p99_ms"]
    return {
        "store": store_name,
        "seconds": seconds,
        **made,
        "p99_ratio": round(ratio, 2),
        "cancelled_s": round(gone, 2),
    }


def cmdline(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def measured(found: list[tuple[float, float, int, bytes]]) -> dict[str, Any]:
    times = np.array([seconds for _, seconds, _, _ in found]) * 1000
    return {
        "answers": len(found),
        "not_200": sum(status != 200 for _, _, status, _ in found),
        "p50_ms": round(float(np.quantile(times, 0.5)), 1),
        "p99_ms": round(float(np.quantile(times, 0.99)), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--store", action="append")
    parser.add_argument("--again", action="store_true")
    given = parser.parse_args()
    parts: dict[str, Callable[[str, Path], dict[str, Any]]] = {
        "at-once": lambda name, _: at_once(name, given.jobs),
        "killed": lambda name, _: killed(name, given.moments, min(given.jobs, 60)),
        "cancelled": lambda name, _: cancelled(name, given.moments),
        "beside": lambda name, scratch: beside(name, given.seconds, scratch),
    }
    sizes = {"jobs": given.jobs, "moments": given.moments, "seconds": given.seconds}
    whole = (given.jobs, given.moments) >= (200, 20) and given.seconds >= 60
    path = FOLDER / "jobs.json"
    results: dict[str, Any] = json.loads(path.read_text())["results"] if path.exists() else {"data": "simulated"}
    for part in given.parts or parts:
        for name in given.store or ["embedded", "neo4j"]:
            key = f"{part} {name}"
            if results.get(key, {}).get("sizes") == sizes and not given.again:
                continue
            for _, scratch in each_store([name]):
                results[key] = {"sizes": sizes, **parts[part](name, scratch)}
            results = measured_now(results, key)
            print(key, results[key], flush=True)
            if whole:
                command = f"--jobs {given.jobs} --moments {given.moments} --seconds {given.seconds:g}"
                save("jobs", f"python -m tests.bench.bench_jobs {command}", results, seed=SEED)


if __name__ == "__main__":
    main()
