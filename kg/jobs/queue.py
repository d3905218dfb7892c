"""What an owner does with jobs: submit, read, cancel, delete. Other owners' jobs are treated as unknown.

If this process may only read the store, requests are passed to the process that writes it (``inbox``).
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kg.atlas.versions import resolve
from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.jobs import folder as kept
from kg.jobs import inbox, rows
from kg.jobs.arguments import Kind, checked
from kg.jobs.kinds import kind_of
from kg.jobs.limits import JobLimits
from kg.jobs.progress import last, tell
from kg.jobs.record import ENDED, Job, JobDetail, JobError, State, job_id, job_of
from kg.jobs.space import Space, fresh, remove, spaces
from kg.jobs.upload import Upload, suffix_of, upload_of
from kg.release.releases import stamp
from kg.store.driver import Store

_ENDING_SECONDS = 3.0
_MOST_LISTED = 1000


def submit(
    store: Store, space: Space, kind: str, arguments: Mapping[str, Any], *, limits: JobLimits | None = None
) -> Job:
    """Submits a job. If the same owner has already asked the same of the same data, the earlier job is returned. Raises
    KgError JOB_KIND, QUOTA, NO_WORKER; ContractError ARGUMENT with every issue, UPLOAD_TYPE; UnknownTermError for an
    upload or an atlas; StoreError."""
    if not store.writes:
        request = {"do": "submit", "owner": space.owner, "kind": kind, "arguments": dict(arguments)}
        return job_of(inbox.ask(spaces_home(space), request))
    bounds = limits or JobLimits.read(os.environ)
    declared = kind_of(kind)
    given = checked(declared, arguments)
    files = _files(space, declared, given)
    answers = _version(store, declared, given)
    key = _key(space, declared, given, files, answers)
    if (earlier := rows.same(store, space.owner, key)) and _stands(space, earlier):
        return earlier
    space.need_room(0, bounds.space_mb)
    name = fresh()
    ids = {argument: each.id for argument, each in files.items()}
    names = {argument: each.name for argument, each in files.items()}
    folder = space.make("jobs", name)
    kept.write_task(folder, kept.Task(kind, given, ids, names, answers))
    for each in files.values():  # counts as used now, which extends its retention
        os.utime(space.upload_folder(each.id) / "facts.json")
    try:
        row = {"id": job_id(name), "kind": kind, "owner": space.owner, "version": answers, "key": key}
        made = rows.submit(store, row, bounds.waiting)
    except BaseException:
        remove(folder)
        raise
    if made.hex != name:
        remove(folder)
    else:
        tell(folder, {"state": "queued"})
    ring(spaces_home(space))
    return made


def _stands(space: Space, job: Job) -> bool:
    """Whether the earlier result still exists."""
    folder = space.job_folder(job.id)
    return (folder / kept.TASK).exists() and (job.state is not State.DONE or (folder / kept.RESULT).exists())


def _files(space: Space, kind: Kind, given: Mapping[str, Any]) -> dict[str, Upload]:
    found, issues = {}, []
    for file in kind.files:
        if file.name in given:
            upload = upload_of(space, str(given[file.name]))
            if suffix_of(upload.name) not in file.suffixes:
                rule, fix = f"UPLOAD_TYPE: {file.name} is one of", f"send {', '.join(file.suffixes)}"
                issues.append(Issue(file.name, f"{rule} {', '.join(file.suffixes)}", upload.name, fix))
            if not upload.complete:
                rule = "ARGUMENT: a file must be uploaded completely"
                fix = f"resume the upload at byte {upload.received}"
                issues.append(Issue(file.name, rule, f"{upload.received:,} of {upload.size:,} bytes", fix))
            found[file.name] = upload
    if issues:
        codes = {issue.rule.partition(":")[0] for issue in issues}
        raise ContractError(issues, code=codes.pop() if len(codes) == 1 else "ARGUMENT")
    return found


def _version(store: Store, kind: Kind, given: Mapping[str, Any]) -> str:
    if kind.answers == "atlas":
        return resolve(store, str(given["atlas"])).id
    return stamp(store) if kind.answers == "graph" else ""


def _key(space: Space, kind: Kind, given: Mapping[str, Any], files: Mapping[str, Upload], answers: str) -> str:
    told = {name: value for name, value in given.items() if not (name == "atlas" and kind.answers == "atlas")}
    told |= {name: [each.sha256, each.name] for name, each in files.items()}
    text = json.dumps([space.owner, kind.name, told, answers, version("orthokg")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def job(store: Store, space: Space, key: str) -> JobDetail:
    """One job of the owner. Raises UnknownTermError, also for another owner's job."""
    folder, found = _own(store, space, key)
    task = kept.read_task(folder)
    if task is None:
        raise UnknownTermError(key[:80], "job")
    if found.state is State.RUNNING:  # the folder is more recent than the graph
        done, total, message = last(folder)
        found = replace(found, done=done, total=total)
    else:
        message = ""
    files, summary = (kept.read_result(folder) if found.state is State.DONE else None) or ((), {})
    error = (kept.read_error(folder) if found.state is State.FAILED else None) or ENDED.get(found.code)
    if found.code and error is None:
        error = JobError(found.code, "It failed.", "submit it again")
    return JobDetail(found, {**task.arguments, **task.files}, message, error, files, summary, task.names)


def jobs(store: Store, space: Space, first: int = 50, after: str = "") -> list[Job]:
    """Up to ``first`` jobs of the owner, newest first; ``after``: id of the last job of the previous page. Raises
    UnknownTermError for an unknown ``after``."""
    before, key = "", ""
    if after:
        _, seen = _own(store, space, after)
        before, key = seen.submitted, seen.id
    return rows.of_owner(store, space.owner, max(0, min(first, _MOST_LISTED)), before, key)


def cancel(store: Store, space: Space, key: str) -> Job:
    """Cancels a job, unless it has ended, and returns it. Its process is stopped within two seconds, and its output is
    deleted. Raises UnknownTermError; KgError NO_WORKER."""
    folder, _ = _own(store, space, key)
    if not store.writes:
        request = {"do": "cancel", "owner": space.owner, "job": job_id(folder.name)}
        return job_of(inbox.ask(spaces_home(space), request))
    row = rows.cancel(store, job_id(folder.name), space.owner)
    if row is None:
        raise UnknownTermError(key[:80], "job")
    ring(spaces_home(space))
    if row["state"] == State.CANCELLED:
        tell(folder, {"state": "cancelled"})
        with kept.alone(folder, 0) as mine:  # not running; otherwise its worker clears it
            if mine:
                kept.clear_made(folder)
    return job_of(row)


def delete(store: Store, space: Space, key: str) -> None:
    """Deletes a job and its output from the graph and from disk; a running job is stopped first. Raises
    UnknownTermError; KgError NO_WORKER."""
    folder, _ = _own(store, space, key)
    if not store.writes:
        inbox.ask(spaces_home(space), {"do": "delete", "owner": space.owner, "job": job_id(folder.name)})
    else:
        rows.cancel(store, job_id(folder.name), space.owner)
        ring(spaces_home(space))
    with kept.alone(folder, _ENDING_SECONDS):
        remove(folder)
    if store.writes:
        rows.delete(store, [job_id(folder.name)])


def result_path(store: Store, space: Space, key: str, name: str) -> Path:
    """Path of a result file of a finished job. Raises UnknownTermError."""
    found = job(store, space, key)
    if name not in {each.name for each in found.files}:
        raise UnknownTermError(name[:80], "file of the job", suggestions=tuple(each.name for each in found.files))
    return space.job_folder(key) / "result" / name


def answer(store: Store, request: Mapping[str, Any], home: Path) -> Any:
    """Carries out a request from the inbox. Raises KgError."""
    space = Space.owned_by(request["owner"], home)
    if request["do"] == "submit":
        return asdict(submit(store, space, request["kind"], request["arguments"]))
    if request["do"] == "cancel":
        return asdict(cancel(store, space, request["job"]))
    if request["do"] == "delete":
        row = rows.cancel(store, request["job"], space.owner)
        if row is None:
            raise UnknownTermError(request["job"][:80], "job")
        rows.delete(store, [request["job"]])
        return None
    raise KgError(f"{str(request['do'])[:80]!r} is not a valid request.", code="ARGUMENT")


def _own(store: Store, space: Space, key: str) -> tuple[Path, Job]:
    folder = space.job_folder(key)
    row = rows.row_of(store, job_id(folder.name))
    if row is None or row["owner"] != space.owner:
        raise UnknownTermError(key[:80], "job")
    return folder, job_of(row)


def spaces_home(space: Space) -> Path:
    return space.root.parent.parent


def ring(home: Path) -> None:
    """Wakes the workers of this home."""
    bell = spaces(home) / "bell"
    try:
        bell.touch(mode=0o600)
        os.utime(bell)
    except OSError:
        return  # they poll every second anyway
