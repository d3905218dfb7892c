"""Cleans up: expired jobs and uploads, and leftovers of killed processes."""

import shutil
import time
from pathlib import Path

from kg.jobs import folder as kept
from kg.jobs import inbox, rows
from kg.jobs.arguments import UPLOAD
from kg.jobs.record import State, job_id
from kg.jobs.space import Space, remove, remove_left, spaces
from kg.store.driver import Store

_DAY = 86_400.0


def sweep(store: Store, home: Path, days: float) -> int:
    """Deletes jobs that ended, and uploads that were last used, more than ``days`` ago. Returns their number."""
    gone = 0
    inbox.sweep(home)
    for root in sorted(spaces(home).glob("[0-9a-f]*")):
        if root.is_dir() and len(root.name) == 16:
            gone += _sweep(store, Space.owned_by(root.name, home), days)
    late = rows.ended_before(store, rows.later(-days * _DAY))
    for key, owner in late:
        gone += remove(Space.owned_by(owner, home).job_folder(key))
    if late:
        rows.delete(store, [key for key, _ in late])
    return gone


def _sweep(store: Store, space: Space, days: float) -> int:
    gone, used = 0, set[str]()
    states = rows.states_of(store, space.owner)
    there = set()
    for folder in (space.root / "jobs").glob("*"):
        if not UPLOAD.fullmatch(folder.name):
            continue
        key = job_id(folder.name)
        there.add(key)
        if key not in states:  # left by a killed submission or a restored graph
            gone += _age(folder) > days * _DAY and remove(folder)
        elif not State(states[key]).ended and (task := kept.read_task(folder)):
            used |= {*task.files.values()}
    rows.delete(store, [key for key, state in states.items() if State(state).ended and key not in there])
    for folder in (space.root / "uploads").glob("*"):
        if UPLOAD.fullmatch(folder.name) and folder.name not in used:
            gone += _age(folder / "facts.json") > days * _DAY and remove(folder)
    for name in ("jobs", "uploads"):
        remove_left(space.root / name)
    if not any(path.is_file() for path in space.root.rglob("*")) and _age(space.root) > _DAY:
        shutil.rmtree(space.root, ignore_errors=True)
    return gone


def _age(path: Path) -> float:
    """Seconds since it was written; for a missing file, the age of its folder."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return _age(path.parent) if path.parent.exists() else 0.0
