"""What one request may ask for: bounds on its text, its shape, its time, and how much work runs at once."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

from kg.errors import ContractError, Issue, KgError
from kg.settings import numbers

LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
PAGE = 100
PREFIX = "ORTHOKG_LIMIT_"
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """``depth``, ``fields``, ``aliases``, ``directives`` and ``cost`` are counted with fragments written out;
    ``tokens`` and ``query_characters`` in the text as sent; ``body_bytes`` with the variables, where an uploaded
    signature is. ``bytes_in_flight`` is what all bodies have together, until they are answered. ``seconds`` a request
    may take; ``workers`` questions run at once and ``waiting`` more may stand in line. ``rate`` is requests a second of
    one token, ``burst`` how many at once after a pause. ``computing`` questions that compute (verdicts that are not
    stored, explanations, uploads) run at once in threads of their own and ``computing_waiting`` more wait; as many
    large bodies are unpacked at once. ``connections`` are open at once, ``connections_each`` of one address (through a
    declared proxy: requests at once). A head comes whole in ``head_seconds``, has ``head_bytes`` and ``head_lines`` at
    most; a kept connection is silent for ``idle_seconds``, a client takes 64 KiB of its answer in ``taking_seconds``,
    and ``bytes_unread`` is what all answers have together that were not taken yet. ``log_bytes`` a log file has,
    ``log_files`` are kept. ``cypher_rows`` and ``cypher_seconds`` bound a curator's Cypher query; of these
    ``cypher_workers`` run at once (two, and one where the machine has but two processors: the other answers everybody
    else), ``cypher_waiting`` more may stand in line, and one token has at most ``cypher_each``
    of them. ``uploads`` files are sent at once, ``uploads_each`` of one token, and 64 KiB of each come within
    ``upload_seconds``; one token has ``uploads_kept`` of them on the disk. ``listeners`` follow jobs at once,
    ``listeners_each`` of one token, each for ``listening_seconds`` at most."""

    body_bytes: int = 4 * 1024 * 1024
    bytes_in_flight: int = 32 * 1024 * 1024
    query_characters: int = 64 * 1024
    tokens: int = 1000
    depth: int = 15
    fields: int = 500
    aliases: int = 15
    directives: int = 50
    cost: int = 50_000
    seconds: float = 30.0
    workers: int = 4
    waiting: int = 1000
    rate: float = 50.0
    burst: int = 200
    computing: int = 2
    computing_waiting: int = 100
    connections: int = 1000
    connections_each: int = 300
    head_seconds: float = 10.0
    head_bytes: int = 32 * 1024
    head_lines: int = 100
    idle_seconds: float = 10.0
    taking_seconds: float = 10.0
    bytes_unread: int = 64 * 1024 * 1024
    log_bytes: int = 16 * 1024 * 1024
    log_files: int = 4
    cypher_rows: int = 1000
    cypher_seconds: float = 20.0
    cypher_workers: int = 1 if (os.cpu_count() or 1) <= 2 else 2
    cypher_waiting: int = 20
    cypher_each: int = 4
    uploads: int = 8
    uploads_each: int = 3
    uploads_kept: int = 200
    upload_seconds: float = 30.0
    listeners: int = 100
    listeners_each: int = 8
    listening_seconds: float = 600.0

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Limits":
        """Each as ``ORTHOKG_LIMIT_`` and its name. Raises ContractError, code SETTING, for what is not a number above
        0, or not a limit."""
        names = {each.name: PREFIX + each.name.upper() for each in fields(cls)}
        return cls(**numbers(fields(cls), environ, names, prefix=PREFIX))


def exceeded(what: str, limit: float, remedy: str) -> KgError:
    return KgError(f"{what}: at most {limit:g} here. {remedy}", code=LIMIT_EXCEEDED)


def page(rows: Sequence[T], key: Callable[[T], str], first: int, after: str | None) -> list[T]:
    """``first`` rows (1 to 100) that follow the row whose key is ``after``."""
    if first > PAGE:
        raise exceeded(f"first: {first}", PAGE, "Ask for the next page with after.")
    if first < 1:
        raise ContractError([Issue("first", "a page has rows", str(first), f"use 1 to {PAGE}")], code="ARGUMENT")
    if after is None:
        return list(rows[:first])
    for at, row in enumerate(rows):
        if key(row) == after:
            return list(rows[at + 1 : at + 1 + first])
    fix = "use the key of the last row that you have"
    raise ContractError([Issue("after", "names a row of this list", after, fix)], code="ARGUMENT")
