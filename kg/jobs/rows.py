"""Jobs in the graph: every change of a job is one transaction, serialised by one lock.

If two workers claim a job at once, the second finds it taken; a worker whose lease has expired finds that it has lost
the job, and discards its output.
"""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString
from weakref import WeakSet

from kg.errors import KgError
from kg.jobs.progress import now
from kg.jobs.record import Job, State, job_of
from kg.jobs.turns import next_turn
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store, Transaction
from kg.store.embedded import lives
from kg.store.write import ensure_schema

SOURCE, RUN = "jobs", "orthokg:run/jobs"
LEASE_SECONDS = 30.0
# Failures allowed without progress: three silent ends of its process, or thirty of its worker.
CHILD, WORKER, MOST_LOST = 10, 1, 30
_LOCK: LiteralString = "MERGE (l:WriteLock {id: 'jobs'}) SET l.taken = $when"
_ONE: LiteralString = "MATCH (j:Job {id: $id}) RETURN j {.*} AS job"
_SAME: LiteralString = """
MATCH (j:Job {key: $key}) WHERE j.owner = $owner AND j.state IN ['queued', 'running', 'done']
RETURN j {.*} AS job ORDER BY j.submitted LIMIT 1
"""
_WAITING: LiteralString = """
MATCH (j:Job {owner: $owner}) WHERE j.state IN ['queued', 'running'] RETURN count(j) AS n
"""
_CREATE: LiteralString = "CREATE (j:Job {id: $id}) SET j = $row"
_SET: LiteralString = "MATCH (j:Job {id: $id}) SET j += $change"
_DELETE: LiteralString = "MATCH (j:Job {id: $id}) DELETE j"
_OPEN: LiteralString = "MATCH (j:Job) WHERE j.state IN ['queued', 'running'] RETURN j {.*} AS job"
_OTHERS: LiteralString = """
MATCH (j:Job) WHERE j.state IN ['queued', 'running'] AND j.worker <> $worker
RETURN j.state AS state, j.lease AS lease, j.worker AS worker LIMIT 100
"""
_SERVED: LiteralString = """
MATCH (j:Job) WHERE j.owner IN $owners AND j.started <> '' RETURN j.owner AS owner, max(j.started) AS at
"""
_OF_OWNER: LiteralString = """
MATCH (j:Job {owner: $owner}) WHERE $before = '' OR j.submitted < $before OR (j.submitted = $before AND j.id < $id)
RETURN j {.*} AS job ORDER BY j.submitted DESC, j.id DESC LIMIT $first
"""
_MINE: LiteralString = "MATCH (j:Job) WHERE j.worker = $worker AND j.state = 'running' RETURN j {.*} AS job"
_ENDED: LiteralString = """
MATCH (j:Job) WHERE j.ended <> '' AND j.ended < $before RETURN j.id AS id, j.owner AS owner
"""
_ALL: LiteralString = "MATCH (j:Job {owner: $owner}) RETURN j.id AS id, j.state AS state"
_prepared: "WeakSet[Store]" = WeakSet()


@dataclass(frozen=True)
class Claim:
    """A job claimed by a worker until its lease expires."""

    job: Job
    owner: str


def prepare(store: Store) -> None:
    """Ensures that the label has its index, once per store and process."""
    if store not in _prepared:
        ensure_schema(store)
        _prepared.add(store)


def worker_name() -> str:
    """Name of this process: host, process id and start time (process ids are reused)."""
    return f"{socket.gethostname()}/{os.getpid()}-{_began(os.getpid())}"


def is_dead(worker: str) -> bool:
    """Whether a worker on this machine has died. For other machines only the lease shows it."""
    host, _, rest = worker.rpartition("/")
    pid, _, began = rest.partition("-")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return not lives(int(pid)) or _began(int(pid)) != began


def _began(pid: int) -> str:
    """Start time of a process in ticks since boot, if the system reports it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def submit(store: Store, row: Mapping[str, Any], waiting: int) -> Job:
    """Stores a new job, or returns the earlier one with the same owner and key. Raises KgError QUOTA."""
    prepare(store)
    made = {**_empty(), **row, "state": "queued", "submitted": now(), "source": SOURCE, "run": RUN}
    assert made.keys() == {"id", "source", "run", *(each.name for each in NODE_BY_LABEL["Job"].properties)}

    def work(tx: Transaction) -> dict[str, Any]:
        tx.run(_LOCK, when=made["submitted"]).consume()
        if found := tx.run(_SAME, key=made["key"], owner=made["owner"]).data():
            return found[0]["job"]
        if tx.run(_WAITING, owner=made["owner"]).single(strict=True)["n"] >= waiting:
            raise KgError(
                f"You already have {waiting} waiting or running jobs: wait for them, or cancel some.", code="QUOTA"
            )
        tx.run(_CREATE, id=made["id"], row=made).consume()
        return made

    return job_of(store.transact(work))


def _empty() -> dict[str, Any]:
    kinds = {each.name: each.kind for each in NODE_BY_LABEL["Job"].properties}
    return {name: 0 if kind == "integer" else "" for name, kind in kinds.items()}


def row_of(store: Store, key: str) -> dict[str, Any] | None:
    found = store.read(_ONE, id=key)
    return found[0]["job"] if found else None


def same(store: Store, owner: str, key: str) -> Job | None:
    found = store.read(_SAME, owner=owner, key=key)
    return job_of(found[0]["job"]) if found else None


def of_owner(store: Store, owner: str, first: int, before: str, key: str) -> list[Job]:
    """Jobs of an owner submitted before ``before``, newest first."""
    rows = store.read(_OF_OWNER, owner=owner, first=first, before=before, id=key)
    return [job_of(row["job"]) for row in rows]


def is_due(store: Store, worker: str) -> bool:
    """Whether a job is waiting or lost, so that there may be one to claim. Read-only."""
    at = now()
    return any(row["state"] == "queued" or _lapsed(row, at) for row in store.read(_OTHERS, worker=worker))


def claim(store: Store, worker: str) -> Claim | None:
    """Claims the next job for this worker; lost jobs are requeued or marked as failed."""
    prepare(store)

    def work(tx: Transaction) -> dict[str, Any] | None:
        at = now()
        tx.run(_LOCK, when=at).consume()
        rows = [row["job"] for row in tx.run(_OPEN).data()]
        lost = [row for row in rows if row["state"] == "running" and _lapsed(row, at)]
        for row in lost:
            change = _lost(row, WORKER, at)
            tx.run(_SET, id=row["id"], change=change).consume()
            row.update(change)
        waiting = [row for row in rows if row["state"] == "queued"]
        running = [row for row in rows if row["state"] == "running"]
        owners = sorted({row["owner"] for row in waiting})
        served = {row["owner"]: row["at"] for row in tx.run(_SERVED, owners=owners).data()} if len(owners) > 1 else {}
        found = next_turn(waiting, running, served)
        if found is None:
            return None
        change = {
            "state": "running",
            "worker": worker,
            "lease": later(LEASE_SECONDS),
            "attempt": found["attempt"] + 1,
            "started": at,
        }
        tx.run(_SET, id=found["id"], change=change).consume()
        return {**found, **change}

    row = store.transact(work)
    return Claim(job_of(row), row["owner"]) if row else None


def _lapsed(row: Mapping[str, Any], at: str) -> bool:
    return row["lease"] < at or is_dead(row["worker"])


def _lost(row: Mapping[str, Any], weight: int, at: str) -> dict[str, Any]:
    lost = row["lost"] + weight
    if lost >= MOST_LOST:
        return {"state": "failed", "code": "JOB_LOST", "ended": at, "lost": lost, "worker": "", "lease": ""}
    return {"state": "queued", "lost": lost, "worker": "", "lease": ""}


def beat(store: Store, worker: str, steps: Mapping[str, tuple[int, int]]) -> set[str]:
    """Renews the leases of this worker's jobs and stores their progress (``steps``: id -> done, total). Returns the ids
    of the jobs that it still owns."""

    def work(tx: Transaction) -> set[str]:
        tx.run(_LOCK, when=now()).consume()
        mine = {row["job"]["id"]: row["job"] for row in tx.run(_MINE, worker=worker).data()}
        for key in steps.keys() & mine.keys():
            done, total = steps[key]
            ahead = {"lost": 0} if done > mine[key]["done"] else {}
            change = {"lease": later(LEASE_SECONDS), "done": done, "total": total, **ahead}
            tx.run(_SET, id=key, change=change).consume()
        return {*mine}

    return store.transact(work)


def mine(store: Store, worker: str) -> set[str]:
    """Ids of the jobs owned by this worker."""
    return {row["job"]["id"] for row in store.read(_MINE, worker=worker)}


def finish(store: Store, claimed: Claim, worker: str, state: State, code: str, steps: tuple[int, int]) -> bool:
    """Records that a job has ended. False if this worker no longer owns it: cancelled, deleted, or taken over."""
    change = {
        "state": str(state),
        "code": code,
        "ended": now(),
        "worker": "",
        "lease": "",
        "done": steps[0],
        "total": steps[1],
    }
    return _own(store, claimed, worker, lambda _: change) is not None


def give_back(store: Store, claimed: Claim, worker: str, weight: int, steps: tuple[int, int]) -> str | None:
    """Requeues a job, or marks it as failed (JOB_LOST), and returns its state; None if this worker no longer owns it.
    ``weight``: how much this failure counts; 0 if the job did not cause it."""

    def change(row: Mapping[str, Any]) -> dict[str, Any]:
        ahead = {"lost": 0} if steps[0] > row["done"] else {}
        made = _lost({**row, **ahead}, weight, now())
        return {**made, "done": steps[0], "total": steps[1]}

    made = _own(store, claimed, worker, change)
    return made["state"] if made else None


def _own(
    store: Store, claimed: Claim, worker: str, change: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> dict[str, Any] | None:
    """Applies a change and returns it; None if this worker no longer owns the job."""
    tried: list[dict[str, Any]] = []

    def work(tx: Transaction) -> dict[str, Any] | None:
        tx.run(_LOCK, when=now()).consume()
        found = tx.run(_ONE, id=claimed.job.id).data()
        row = found[0]["job"] if found else {}
        if tried and all(row.get(name) == value for name, value in tried[-1].items()):
            return tried[-1]  # the response was lost: the change was already made
        if (row.get("state"), row.get("worker"), row.get("attempt")) != ("running", worker, claimed.job.attempt):
            return None
        tried.append(change(row))
        tx.run(_SET, id=claimed.job.id, change=tried[-1]).consume()
        return tried[-1]

    return store.transact(work)


def cancel(store: Store, key: str, owner: str) -> dict[str, Any] | None:
    """Cancels a job, unless it has ended, and returns its row. None for an unknown job or another owner's."""

    def work(tx: Transaction) -> dict[str, Any] | None:
        at = now()
        tx.run(_LOCK, when=at).consume()
        found = tx.run(_ONE, id=key).data()
        row = found[0]["job"] if found else {}
        if row.get("owner") != owner:
            return None
        if row["state"] not in ("queued", "running"):
            return row
        change = {"state": "cancelled", "code": "JOB_CANCELLED", "ended": at, "worker": "", "lease": ""}
        tx.run(_SET, id=key, change=change).consume()
        return {**row, **change}

    return store.transact(work)


def delete(store: Store, keys: Sequence[str]) -> None:
    def work(tx: Transaction) -> None:
        tx.run(_LOCK, when=now()).consume()
        for key in keys:
            tx.run(_DELETE, id=key).consume()

    store.transact(work)


def ended_before(store: Store, when: str) -> list[tuple[str, str]]:
    """(id, owner)."""
    return [(row["id"], row["owner"]) for row in store.read(_ENDED, before=when)]


def states_of(store: Store, owner: str) -> dict[str, str]:
    """Id -> state of all jobs of an owner."""
    return {row["id"]: row["state"] for row in store.read(_ALL, owner=owner)}


def later(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
