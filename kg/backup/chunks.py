"""Rows as JSON lines in packed pieces whose borders depend on the rows themselves: one row more rewrites one piece."""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from kg.backup.manifest import Group, Kept
from kg.backup.objects import Objects, damaged
from kg.errors import Issue

LEAST, MOST, MOST_BYTES = 500, 20_000, 8 << 20
_BORDER = 4096  # one row of so many ends a piece
_LEVEL = 4
_LONGEST = 256 << 20  # bytes of a piece; what is written stays below 8 MB and one row
Row = list[Any]


def line(row: Row) -> bytes:
    """One row: ``[properties]`` of a node, ``[subject, object, properties]`` of a relationship."""
    return json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def key_of(row: Row) -> str:
    return f"{row[0]}\t{row[1]}" if len(row) == 3 else str(row[0].get("id"))


def grouped(what: str, ends: tuple[str, str] | None, rows: Iterable[Row], objects: Objects | None) -> Group:
    """All rows of a label or type; they are kept in ``objects``, or only counted and hashed."""
    digest, count, chunks = hashlib.sha256(), 0, []
    for lines in _pieces(rows):
        count += len(lines)
        data = b"".join(lines)
        digest.update(data)
        if objects is not None:
            packed = gzip.compress(data, _LEVEL, mtime=0)
            chunks.append(Kept(objects.put(packed), len(packed)))
    return Group(what, ends, count, digest.hexdigest(), tuple(chunks))


def _pieces(rows: Iterable[Row]) -> Iterator[list[bytes]]:
    made: list[bytes] = []
    size = 0
    for row in rows:
        made.append(line(row))
        size += len(made[-1])
        border = zlib.crc32(key_of(row).encode()) % _BORDER == 0
        if (border and len(made) >= LEAST) or len(made) >= MOST or size >= MOST_BYTES:
            yield made
            made, size = [], 0
    if made:
        yield made


def rows_of(group: Group, objects: Objects) -> Iterator[Row]:
    """The rows again, in order. Raises ContractError BACKUP_DAMAGED for an invalid piece."""
    width = 3 if group.ends else 1
    for chunk in group.chunks:
        packed = objects.get(chunk.sha256, chunk.bytes)
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
                data = file.read(_LONGEST + 1)
            if len(data) > _LONGEST:
                raise ValueError(f"more than {_LONGEST:,} bytes")
            made = [json.loads(one) for one in data.split(b"\n") if one]
            if not all(isinstance(row, list) and len(row) == width and isinstance(row[-1], dict) for row in made):
                raise ValueError(f"rows of another form than {group.name} has")
        except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
            path = objects.path(chunk.sha256)
            raise damaged(
                [Issue(str(path), "BACKUP_DAMAGED: rows of a graph, packed", str(error), "take another backup")]
            ) from None
        yield from made
