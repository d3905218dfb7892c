"""The command ``orthokg jobs``, its worker as a program of its own, and a cluster: what is killed anywhere goes on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kg.cli.main import main
from kg.errors import KgError
from kg.jobs import queue, rows
from kg.jobs.cluster import ClusterLauncher
from kg.jobs.progress import events
from kg.jobs.record import State
from kg.jobs.space import LOCAL, Space
from kg.jobs.worker import Worker
from kg.store.driver import Store, home, open_store
from kg.store.embedded import attach, lives
from tests.graph.test_jobs import _promptly, chain, process_of, slow, under_way  # noqa: F401
from tests.patience import until

pytestmark = pytest.mark.graph
Command = Callable[..., Result]


@pytest.fixture
def run() -> Command:
    return lambda *words: CliRunner().invoke(main, ["jobs", *words])


@pytest.fixture
def programs() -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts a worker as a program; what still runs is killed at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str, **env: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "kg.cli.main", "jobs", "work", *words]
        started.append(subprocess.Popen(command, env={**os.environ, **env}, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()


def test_a_job_from_the_command_line_and_back(run: Command, tmp_path: Path) -> None:
    """On a home that nobody else has open."""
    assert "no jobs" in run().stdout
    kinds = run("kinds")
    assert "--file cells=PATH" in kinds.stdout
    assert [each["name"] for each in json.loads(run("kinds", "bench", "--format", "json").stdout)] == ["bench"]
    wrong = run("submit", "bench", "--argument", "steps=0", "-a", "no=1")
    assert wrong.exit_code == 1
    assert "steps" in wrong.stderr
    assert "'no'" in wrong.stderr
    waits = run("submit", "bench", "-a", "steps=2", "-a", "seconds=0")
    job = waits.stdout.split("\t")[0]
    assert "orthokg jobs work" in waits.stderr
    assert run("watch", job).exit_code == 1, "nobody runs it"
    done = run("submit", "bench", "-a", "steps=2", "-a", "seconds=0", "--wait", "--format", "json")
    found = json.loads(done.stdout)
    assert (found["job"]["id"].rpartition("/")[2], found["job"]["state"]) == (job, "done")
    assert found["summary"]["chain"] == chain(2)
    assert run().stdout.split()[:3] == [job, "bench", "done"]
    out = tmp_path / "out"
    assert run("fetch", job, str(out)).exit_code == 0
    assert json.loads((out / "bench.json").read_text())["chain"] == chain(2)
    assert "existing files are not replaced" in run("fetch", job, str(out)).stderr
    assert run("show", job, "--owner", "bob").exit_code == 1
    (tmp_path / "cells.h5ad").write_text("no cells")
    failed = run("submit", "inspect", "-f", f"cells={tmp_path / 'cells.h5ad'}", "--wait")
    assert failed.exit_code == 1
    assert "error: NOT_HDF5: cells.h5ad" in failed.stdout
    bad = json.loads(run("list", "--format", "json").stdout)[0]["id"]
    assert run("delete", bad).stdout == "deleted, with 1 files used only by it\n"
    assert run("delete", job).stdout == "deleted, with 0 files used only by it\n"
    assert [p for p in Space.of(LOCAL).root.rglob("*") if p.is_file()] == []
    assert run("show", job).exit_code == 1


def test_a_worker_that_is_killed_leaves_its_job_to_the_next(
    run: Command, programs: Callable[..., "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    """``kill -9`` of the program that has the embedded store; requests go through its inbox while it lives."""
    space = Space.of(LOCAL)
    first = programs()
    until(lambda: attach(home() / "graph"))
    made = run("submit", "bench", "-a", "steps=100", "-a", "seconds=0.05")
    job = made.stdout.split("\t")[0]
    assert made.exit_code == 0, made.output
    until(lambda: under_way(space, job, 5))
    process = process_of(space.job_folder(job))
    first.kill()
    first.wait()
    until(lambda: not lives(process))
    assert programs("--until-idle").wait() == 0
    with open_store("embedded") as store:
        found = queue.job(store, space, job)
    assert (found.job.state, found.job.attempt, found.summary["chain"]) == (State.DONE, 2, chain(100))
    assert found.summary["made"] <= 95


def test_workers_of_one_neo4j_share_its_jobs(
    neo4j_store: Store,
    neo4j_settings: dict[str, str],
    programs: Callable[..., "subprocess.Popen[bytes]"],
) -> None:
    ada = Space.of("ada", neo4j_store.home)
    jobs = [slow(neo4j_store, ada, 60, seed=seed) for seed in range(4)]
    one, two = (programs("--slots", "1", **neo4j_settings) for _ in range(2))
    until(lambda: under_way(ada, jobs[0], 3) and under_way(ada, jobs[1], 3))
    one.kill()
    until(lambda: all(queue.job(neo4j_store, ada, job).job.state.ended for job in jobs))
    found = [queue.job(neo4j_store, ada, job) for job in jobs]
    assert [each.summary["chain"] for each in found] == [chain(60, seed) for seed in range(4)]
    assert sorted(each.job.attempt for each in found) == [1, 1, 1, 2]
    two.send_signal(signal.SIGTERM)
    assert two.wait() == 0


@pytest.mark.models
def test_jobs_on_a_cluster_of_two_workers(embedded_store: Store) -> None:
    import distributed

    space = Space.of("ada", embedded_store.home)
    done = [queue.submit(embedded_store, space, "bench", {"steps": 3, "seconds": 0, "seed": at}).id for at in range(3)]
    with distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        launcher = ClusterLauncher(cluster.scheduler_address)
        worker = Worker(embedded_store, slots=2, launcher=launcher)
        worker.run_until_idle()
        for at, job in enumerate(done):
            found = queue.job(embedded_store, space, job)
            assert (found.job.state, found.summary["chain"]) == (State.DONE, chain(3, at))
        job = slow(embedded_store, space)
        worker = Worker(embedded_store, slots=2, launcher=launcher).start()
        until(lambda: under_way(space, job))
        process = process_of(space.job_folder(job))
        queue.cancel(embedded_store, space, job)
        until(lambda: not lives(process))
        killed = slow(embedded_store, space, 80, seed=7)
        until(lambda: under_way(space, killed, 5))
        os.kill(process_of(space.job_folder(killed)), signal.SIGKILL)
        until(lambda: queue.job(embedded_store, space, killed).job.state.ended)
        found = queue.job(embedded_store, space, killed)
        assert (found.job.state, found.job.attempt, found.summary["chain"]) == (State.DONE, 2, chain(80, 7))
        worker.stop()
        launcher.close()
    assert [line["state"] for _, line in events(space, job) if "state" in line][-1] == "cancelled"
    assert rows.mine(embedded_store, worker.name) == set()


@pytest.mark.models
def test_a_scheduler_that_is_not_there_is_told() -> None:
    with pytest.raises(KgError) as none:
        ClusterLauncher("tcp://127.0.0.1:9")
    assert none.value.code == "NO_SCHEDULER"
