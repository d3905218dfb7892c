"""The index of the signature store: id -> hash, kind and facts of each object, under a checksum, with a copy beside it.

    {"format": 2, "sha256": "<of the format and all bytes of the entries>", "entries": {...}}

The copy (``index.json.copy``) is what an ingest makes the index of again when it is damaged. An index of format 1,
which has neither, is read as it is and rewritten by the next ingest.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg.files.whole import DamagedError, newer, replace

FORMAT = 2
_HEAD = re.compile(rb'\{"format": (\d{1,9}), "sha256": "([0-9a-f]{64})", "entries": ')
_LONGEST_HEAD = 120


@dataclass
class Entry:
    sha: str
    kind: str
    meta: dict[str, Any] = field(default_factory=dict[str, Any])


def copy_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.copy")


def read(path: Path) -> dict[str, Entry]:
    """Raises DamagedError for what is not an index or was altered, OSError where it cannot be read."""
    raw = path.read_bytes()
    try:
        rows = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{path}: {error}") from error
    if head := _HEAD.match(raw[:_LONGEST_HEAD]):
        if _sha256(int(head[1]), raw[head.end() : -1]) != head[2].decode() or raw[-1:] != b"}":
            raise DamagedError(f"{path}: its content is not what its checksum says")
        if int(head[1]) > FORMAT:
            raise newer(path, int(head[1]), FORMAT)
        rows = rows["entries"]
    try:
        return {key: Entry(**row) for key, row in rows.items()}
    except (TypeError, AttributeError) as error:
        raise DamagedError(f"{path}: no index of signatures: {error}") from error


def write(path: Path, index: dict[str, Entry]) -> None:
    """The copy first: of a kill between the two, the index is still the former one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {key: {"sha": entry.sha, "kind": entry.kind, "meta": entry.meta} for key, entry in sorted(index.items())}
    body = json.dumps(rows, indent=0).encode()
    head = f'{{"format": {FORMAT}, "sha256": "{_sha256(FORMAT, body)}", "entries": '
    for place in (copy_of(path), path):
        replace(place, head.encode() + body + b"}")


def _sha256(form: int, body: bytes) -> str:
    return hashlib.sha256(f"{form}\n".encode() + body).hexdigest()
