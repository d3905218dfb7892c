"""Jobs on both stores: each is run once, in turn, and goes on after any kill; whose it is not, knows nothing of it."""

import hashlib
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.backup.whole_graph import WholeGraph
from kg.errors import ContractError, KgError, UnknownTermError
from kg.export.selection import Selection
from kg.integrity import ledger
from kg.jobs import folder as kept
from kg.jobs import queue, rows, upload
from kg.jobs.limits import JobLimits
from kg.jobs.progress import events
from kg.jobs.record import JobDetail, State
from kg.jobs.space import Space, spaces
from kg.jobs.sweep import sweep
from kg.jobs.worker import Worker
from kg.release.releases import fingerprint
from kg.schema.nodes import NODE_BY_LABEL
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, open_store
from kg.store.embedded import lives
from tests.patience import until

pytestmark = pytest.mark.graph


@pytest.fixture(autouse=True)
def _promptly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs do not give way to other tests."""
    monkeypatch.setenv("ORTHOKG_JOB_NICE", "0")


@pytest.fixture
def home(store: Store, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    if store.dialect == "neo4j":  # what a worker hands on to its jobs
        for name, value in request.getfixturevalue("neo4j_settings").items():
            monkeypatch.setenv(name, value)
    yield store.home
    shutil.rmtree(spaces(store.home), ignore_errors=True)


@pytest.fixture
def ada(home: Path) -> Space:
    return Space.of("ada", home)


@pytest.fixture
def bob(home: Path) -> Space:
    return Space.of("bob", home)


def chain(steps: int, seed: int = 0) -> str:
    """What the self-check computes, by itself."""
    made = str(seed)
    for step in range(steps):
        made = hashlib.sha256(f"{made} {step}".encode()).hexdigest()
    return made


def quick(store: Store, space: Space, seed: int, steps: int = 1) -> str:
    return queue.submit(store, space, "bench", {"steps": steps, "seconds": 0, "mb": 0, "seed": seed}).id


def slow(store: Store, space: Space, steps: int = 50_000, **more: object) -> str:
    return queue.submit(store, space, "bench", {"steps": steps, "seconds": 0.05, **more}).id


def process_of(folder: Path) -> int:
    """Of the job that runs in it."""
    return next(
        int(p.name)
        for p in Path("/proc").glob("[0-9]*")
        if str(folder).encode() in _read(p / "cmdline") and b"child" in _read(p / "cmdline")
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def under_way(space: Space, job: str, steps: int = 1) -> bool:
    return any(line.get("done", 0) >= steps for _, line in events(space, job))


@pytest.fixture
def worker(store: Store, home: Path) -> Iterator[Callable[..., Worker]]:
    """Starts one, with bounds of its own; it is stopped at the end."""
    started: list[Worker] = []

    def start(**limits: int) -> Worker:
        started.append(Worker(store, home, limits=JobLimits(nice=0, **limits)).start())
        return started[-1]

    yield start
    for each in started:
        each.stop()


def ended(store: Store, space: Space, job: str) -> JobDetail:
    until(lambda: queue.job(store, space, job).job.state.ended)
    return queue.job(store, space, job)


def test_a_job_is_run_once_and_only_its_owner_knows_it(store: Store, home: Path, ada: Space, bob: Space) -> None:
    made = queue.submit(store, ada, "bench", {"steps": "3", "seconds": 0})
    assert (made.state, made.kind, made.attempt) == (State.QUEUED, "bench", 0)
    assert queue.submit(store, ada, "bench", {"seconds": 0, "steps": 3}) == made, "the same is the earlier one"
    other = queue.submit(store, bob, "bench", {"seconds": 0, "steps": 3})
    Worker(store, home).run_until_idle()
    found = queue.job(store, ada, made.id)
    assert (found.job.state, found.job.done, found.job.total, found.job.attempt) == (State.DONE, 3, 3, 1)
    assert (found.summary["chain"], found.summary["made"], found.error) == (chain(3), 3, None)
    assert [each.name for each in found.files] == ["bench.json"]
    path = queue.result_path(store, ada, made.id, "bench.json")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == found.files[0].sha256
    assert [line["state"] for _, line in events(ada, made.id) if "state" in line] == ["queued", "running", "done"]
    assert queue.submit(store, ada, "bench", {"seconds": 0, "steps": 3}).id == made.id, "and its result is the earlier"
    assert {each.name for each in ada.job_folder(made.id).iterdir()} == {
        "job.json", "progress.jsonl", "result", "result.json", "lock", "stderr.log",
    }  # fmt: skip
    said = set()
    for key in (other.id, "orthokg:job/" + "0" * 32):
        for ask in (queue.job, queue.cancel, queue.delete, lambda *a: queue.result_path(*a, "bench.json")):
            with pytest.raises(UnknownTermError) as unknown:
                ask(store, ada, key)
            said.add((unknown.value.code, str(unknown.value).replace(key, "ID")))
    assert len(said) == 1
    assert [each.id for each in queue.jobs(store, ada)] == [made.id]
    assert queue.job(store, bob, other.id).job.state is State.DONE


def test_the_graph_holds_nothing_of_what_was_sent(store: Store, home: Path, ada: Space) -> None:
    sent = upload.begin(ada, "secret-patients.csv", 4)
    upload.append(ada, sent.id, 0, [b"a,b\n"])
    with pytest.raises(ContractError) as wrong:
        queue.submit(store, ada, "inspect", {"cells": sent.id})
    assert wrong.value.code == "UPLOAD_TYPE"
    given = {"match": "orthokg:match/secret"}
    made = queue.submit(store, ada, "explain", given)
    Worker(store, home).run_until_idle()
    found = queue.job(store, ada, made.id)
    assert (found.job.state, found.job.code, found.arguments["match"]) == (State.FAILED, "UNKNOWN_TERM", given["match"])
    assert found.error
    assert given["match"] in found.error.message
    row = rows.row_of(store, made.id)
    assert row
    assert {*row} <= {"id", "source", "run", *(p.name for p in NODE_BY_LABEL["Job"].properties)}
    assert "secret" not in json.dumps(row)
    assert "ada" not in json.dumps(row)


def test_turns_are_those_of_owners(store: Store, home: Path, ada: Space, bob: Space) -> None:
    eve = Space.of("eve", home)
    many = [quick(store, ada, seed) for seed in range(4)]
    one, two = quick(store, bob, 0), quick(store, eve, 0)
    order = []
    while claimed := rows.claim(store, "elsewhere/1-1"):
        order.append(claimed.job.id)
        rows.finish(store, claimed, "elsewhere/1-1", State.DONE, "", (1, 1))
    assert order == [many[0], one, two, *many[1:]]


def test_of_workers_that_want_a_job_at_once_one_gets_it(store: Store, ada: Space) -> None:
    made = {quick(store, ada, seed) for seed in range(12)}
    got: list[str] = []

    def take(name: str) -> None:
        while claimed := rows.claim(store, name):
            got.append(claimed.job.id)

    threads = [threading.Thread(target=take, args=(f"elsewhere/{at}-1",)) for at in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(got) == sorted(made)


def test_a_lease_that_lapsed_or_whose_worker_is_dead_is_taken_over(store: Store, ada: Space) -> None:
    job = quick(store, ada, 0)
    first = rows.claim(store, "elsewhere/1-1")
    assert first
    assert rows.claim(store, "other/1-1") is None, "it is held"
    store.write("MATCH (j:Job {id: $id}) SET j.lease = $past", id=job, past=rows.later(-1))
    second = rows.claim(store, "other/1-1")
    assert second
    assert (second.job.id, second.job.attempt) == (job, 2)
    assert rows.beat(store, "elsewhere/1-1", {job: (1, 1)}) == set(), "the first is told that it is not its own"
    assert not rows.finish(store, first, "elsewhere/1-1", State.DONE, "", (1, 1))
    gone = rows.worker_name().rpartition("-")[0] + "-1"
    store.write("MATCH (j:Job {id: $id}) SET j.worker = $gone", id=job, gone=gone)
    third = rows.claim(store, "other/1-1")
    assert third
    assert third.job.attempt == 3


def test_a_job_that_is_lost_again_and_again_has_failed(store: Store, ada: Space) -> None:
    job = quick(store, ada, 0)
    for _ in range(3):
        claimed = rows.claim(store, "elsewhere/1-1")
        assert claimed
        left = rows.give_back(store, claimed, "elsewhere/1-1", rows.CHILD, (0, 0))
    assert left == "failed"
    found = queue.job(store, ada, job)
    assert (found.job.code, found.job.attempt) == ("JOB_LOST", 3)
    assert found.error
    assert queue.submit(store, ada, "bench", {"steps": 1, "seconds": 0, "mb": 0, "seed": 0}).id != job, (
        "it may try again"
    )


def test_progress_forgives_what_was_lost(store: Store, ada: Space) -> None:
    quick(store, ada, 0)
    for step in range(1, 8):
        claimed = rows.claim(store, "elsewhere/1-1")
        assert claimed
        assert rows.give_back(store, claimed, "elsewhere/1-1", rows.CHILD, (step, 9)) == "queued"


def test_a_killed_process_goes_on_at_its_checkpoint(store: Store, ada: Space, worker: Callable[..., Worker]) -> None:
    job = slow(store, ada, 80)
    worker()
    for attempt in (1, 2):
        until(lambda attempt=attempt: under_way(ada, job, 8 * attempt))
        os.kill(process_of(ada.job_folder(job)), signal.SIGKILL)
    found = ended(store, ada, job)
    assert (found.job.state, found.job.attempt, found.summary["chain"]) == (State.DONE, 3, chain(80))
    assert found.summary["made"] <= 80 - 16, "what was kept is not made again"


def test_cancelled_is_ended_and_nothing_is_left(store: Store, ada: Space, worker: Callable[..., Worker]) -> None:
    job, waits = slow(store, ada), quick(store, ada, 0)
    assert queue.cancel(store, ada, waits).state is State.CANCELLED
    worker()
    until(lambda: under_way(ada, job))
    process = process_of(ada.job_folder(job))
    assert queue.cancel(store, ada, job).state is State.CANCELLED
    until(lambda: not lives(process))
    until(lambda: not (ada.job_folder(job) / "checkpoint").exists())
    found = queue.job(store, ada, job)
    assert (found.job.state, found.job.code, found.files) == (State.CANCELLED, "JOB_CANCELLED", ())
    assert [line["state"] for _, line in events(ada, job) if "state" in line][-1] == "cancelled"
    assert queue.cancel(store, ada, job).state is State.CANCELLED, "again changes nothing"
    assert not {"result", "result.new", "input", "checkpoint"} & {p.name for p in ada.job_folder(job).iterdir()}


def test_deleted_is_gone_while_it_runs(store: Store, ada: Space, worker: Callable[..., Worker]) -> None:
    job = slow(store, ada)
    worker()
    until(lambda: under_way(ada, job))
    process = process_of(ada.job_folder(job))
    queue.delete(store, ada, job)
    assert not ada.job_folder(job).exists()
    assert list((ada.root / "jobs").iterdir()) == []
    assert rows.row_of(store, job) is None
    until(lambda: not lives(process))
    with pytest.raises(UnknownTermError):
        events(ada, job)


@pytest.mark.parametrize(
    ("limits", "given", "code"),
    [({"job_seconds": 2}, {}, "JOB_TIME"), ({"job_mb": 300}, {"mb": 2000}, "JOB_MEMORY")],
)
def test_a_job_that_breaks_its_bounds_is_ended(
    embedded_store: Store, limits: dict[str, int], given: dict[str, int], code: str
) -> None:
    space = Space.of("ada", embedded_store.home)
    job = slow(embedded_store, space, **given)
    Worker(embedded_store, limits=JobLimits(nice=0, **limits)).run_until_idle()
    found = queue.job(embedded_store, space, job)
    assert (found.job.state, found.job.code, found.files) == (State.FAILED, code, ())
    assert found.error
    assert found.error.fix
    shutil.rmtree(spaces(embedded_store.home))


def test_a_worker_that_stops_leaves_its_jobs_to_the_next(store: Store, home: Path, ada: Space) -> None:
    job = slow(store, ada, 60)
    first = Worker(store, home).start()
    until(lambda: under_way(ada, job, 3))
    first.stop()
    row = rows.row_of(store, job)
    assert row
    assert (row["state"], row["lost"], row["worker"]) == ("queued", 0, "")
    Worker(store, home).run_until_idle()
    assert queue.job(store, ada, job).summary["chain"] == chain(60)


def test_what_is_another_workers_now_is_dropped(store: Store, ada: Space, worker: Callable[..., Worker]) -> None:
    job = slow(store, ada)
    worker()
    until(lambda: under_way(ada, job))
    process = process_of(ada.job_folder(job))
    lease = rows.later(60)
    store.write("MATCH (j:Job {id: $id}) SET j.worker = 'elsewhere/1-1', j.lease = $lease", id=job, lease=lease)
    queue.ring(store.home)
    until(lambda: not lives(process))
    row = rows.row_of(store, job)
    assert row
    assert (row["state"], row["worker"]) == ("running", "elsewhere/1-1")
    assert (ada.job_folder(job) / "checkpoint").exists(), "it is the other's to go on from"


def test_quotas(store: Store, ada: Space) -> None:
    limits = JobLimits(waiting=2, space_mb=1)
    for seed in range(2):
        queue.submit(store, ada, "bench", {"seed": seed}, limits=limits)
    with pytest.raises(KgError) as full:
        queue.submit(store, ada, "bench", {"seed": 2}, limits=limits)
    assert full.value.code == "QUOTA"
    assert len(list((ada.root / "jobs").iterdir())) == 2, "what was refused leaves nothing"
    (ada.root / "large").write_bytes(b"0" * (1 << 20))
    with pytest.raises(KgError, match="delete"):
        queue.submit(store, ada, "bench", {"seed": 3}, limits=JobLimits(space_mb=1))


def test_pages_of_jobs(store: Store, ada: Space, bob: Space) -> None:
    made = [quick(store, ada, seed) for seed in range(5)]
    theirs = quick(store, bob, 0)
    found = [each.id for each in queue.jobs(store, ada)]
    assert found == sorted(made, key=made.index, reverse=True)
    assert [each.id for each in queue.jobs(store, ada, 2)] == found[:2]
    assert [each.id for each in queue.jobs(store, ada, 2, found[1])] == found[2:4]
    assert queue.jobs(store, ada, 0) == []
    with pytest.raises(UnknownTermError):
        queue.jobs(store, ada, 2, theirs)


def test_what_is_past_its_time_is_swept(store: Store, home: Path, ada: Space, bob: Space) -> None:
    old, new, waits = quick(store, ada, 0), quick(store, ada, 1), quick(store, bob, 2)
    for job in (old, new):
        store.write(
            "MATCH (j:Job {id: $id}) SET j.state = 'done', j.ended = $at",
            id=job,
            at=rows.later(-20 * 86_400 if job == old else -86_400),
        )
    sent = [upload.append(space, upload.begin(space, "a.csv", 1).id, 0, [b"1"]).id for space in (ada, ada, bob)]
    used = kept.read_task(bob.job_folder(waits))
    assert used
    kept.write_task(bob.job_folder(waits), kept.Task(used.kind, used.arguments, {"cells": sent[2]}))
    orphan = ada.make("jobs", "f" * 32)
    for path in (ada.upload_folder(sent[0]) / "facts.json", bob.upload_folder(sent[2]) / "facts.json", orphan):
        os.utime(path, (time.time() - 20 * 86_400,) * 2)
    assert sweep(store, home, 14) == 3
    assert {each.id for each in queue.jobs(store, ada)} == {new}
    assert [p.name for p in (ada.root / "jobs").iterdir()] == [new.rpartition("/")[2]]
    assert [each.id for each in upload.uploads(ada)] == [sent[1]]
    assert [each.id for each in upload.uploads(bob)] == [sent[2]], "a job that waits reads it"
    with pytest.raises(UnknownTermError):
        queue.job(store, ada, old)
    shutil.rmtree(ada.job_folder(new))
    sweep(store, home, 14)
    assert rows.row_of(store, new) is None


def test_it_is_no_part_of_what_was_loaded(embedded_store: Store, tmp_path: Path) -> None:
    signatures = SignatureStore(tmp_path / "signatures")
    embedded_store.write("MERGE (t:Tissue {id: 'UBERON:1'}) SET t.source = 'uberon', t.run = 'r'")

    def seen() -> tuple[object, ...]:
        whole, selection = WholeGraph(embedded_store), Selection(embedded_store)
        groups = [whole.group(*each) for each in whole.groups()]
        whole.count_outside(groups)
        licences = selection.licences, dict(selection.left_out)
        found = ledger.tallies(embedded_store), fingerprint(embedded_store, signatures)
        return (*found, ledger.strange(embedded_store), groups, whole.outside, licences)

    before = seen()
    quick(embedded_store, Space.of("ada", embedded_store.home), 0)
    assert seen() == before
    shutil.rmtree(spaces(embedded_store.home))


def test_a_process_that_only_reads_leaves_its_request_for_the_one_that_writes(
    served: Path, embedded_store: Store
) -> None:
    space = Space.of("ada", served)
    with open_store("embedded", read_only=True) as reader:
        assert not reader.writes
        worker = Worker(embedded_store, slots=0).start()
        made = queue.submit(reader, space, "bench", {"steps": 1})
        with pytest.raises(KgError) as wrong:
            queue.submit(reader, space, "bench", {"steps": -1})
        with pytest.raises(KgError, match="kind of job"):
            queue.submit(reader, space, "mine", {})
        assert isinstance(wrong.value, ContractError)
        assert wrong.value.issues[0].path == "steps"
        assert queue.job(reader, space, made.id).job.state is State.QUEUED
        assert queue.cancel(reader, space, made.id).state is State.CANCELLED
        queue.delete(reader, space, made.id)
        assert list((space.root / "jobs").iterdir()) == []
        assert rows.row_of(embedded_store, made.id) is None
        worker.stop()
        with pytest.raises(KgError) as nobody:
            queue.inbox.ask(served, {"do": "submit"}, patience=0.1)
    assert nobody.value.code == "NO_WORKER"
    assert list((spaces(served) / "inbox").iterdir()) == [], "it was withdrawn"
    shutil.rmtree(spaces(served))
