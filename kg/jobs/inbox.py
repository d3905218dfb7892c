"""Requests to the process that holds the embedded store: only that process may write, and its worker handles them.

``<home>/spaces/inbox/<32 hex>.json`` is a request, ``.taken`` one that a worker is processing, ``.answer`` its
response. Whoever may write there may write the whole home.
"""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kg.errors import ContractError, Issue, KgError
from kg.files.whole import not_writable, replace
from kg.jobs.space import fresh, spaces

_PATIENCE_SECONDS = 20.0
_TAKEN_SECONDS = 300.0
_STALE_SECONDS = 3600.0
_POLL_SECONDS = 0.05


def ask(home: Path, request: Mapping[str, Any], *, patience: float = _PATIENCE_SECONDS) -> Any:
    """Sends a request and returns the worker's answer. Raises the worker's KgError; KgError NO_WORKER if no worker
    takes the request within ``patience`` seconds, which is then withdrawn."""
    name = fresh()
    left = _folder(home) / f"{name}.json"
    try:
        left.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace(left, json.dumps(request).encode())
    except OSError as error:
        raise not_writable(str(left), error) from error
    answer, until = left.with_suffix(".answer"), time.monotonic() + patience
    while not answer.exists():
        if time.monotonic() > until + _TAKEN_SECONDS:
            raise KgError(
                "The process that holds the graph took the request but did not answer: `orthokg jobs` shows whether"
                " it was carried out.",
                code="NO_WORKER",
            )
        if time.monotonic() > until and _withdrawn(left):
            raise KgError(
                "The graph is in use by a process that runs no jobs (an ingest, or a server with"
                " ORTHOKG_JOB_SLOTS=0): wait until it ends, or run `orthokg jobs work` instead.",
                code="NO_WORKER",
            )
        time.sleep(_POLL_SECONDS)
    told = json.loads(answer.read_bytes())
    answer.unlink(missing_ok=True)
    if "error" in told:
        raise _error(told["error"])
    return told["made"]


def take(home: Path, do: Callable[[dict[str, Any]], Any]) -> None:
    """Carries out and answers all pending requests; a request whose worker was killed is repeated."""
    folder = _folder(home)
    for path in sorted(folder.glob("*.json")) + sorted(folder.glob("*.taken")):
        taken = path.with_suffix(".taken")
        try:
            path.rename(taken)
            request = json.loads(taken.read_bytes())
        except FileNotFoundError:
            continue  # withdrawn
        except ValueError:
            taken.unlink(missing_ok=True)
            continue
        try:
            told: dict[str, Any] = {"made": do(request)}
        except KgError as error:
            told = {"error": _plain(error)}
        replace(path.with_suffix(".answer"), json.dumps(told).encode())
        taken.unlink(missing_ok=True)


def sweep(home: Path) -> None:
    """Removes answers that nobody waits for any more."""
    for path in _folder(home).glob("*.answer"):
        try:
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue


def _folder(home: Path) -> Path:
    return spaces(home) / "inbox"


def _withdrawn(left: Path) -> bool:
    try:
        left.unlink()
    except FileNotFoundError:
        return False
    return True


def _plain(error: KgError) -> dict[str, Any]:
    issues = [vars(each) for each in error.issues] if isinstance(error, ContractError) else []
    return {"code": error.code, "message": str(error), "issues": issues}


def _error(told: dict[str, Any]) -> KgError:
    if told["issues"]:
        return ContractError([Issue(**each) for each in told["issues"]], code=told["code"])
    return KgError(told["message"], code=told["code"])
