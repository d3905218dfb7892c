"""What one backup holds, as JSON under its own checksum: the graph by label and type, files of the home, kept
releases."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

from kg.backup.objects import damaged
from kg.errors import Issue, KgError
from kg.files.synced import write_whole

FORMAT = 1
_SHA = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)
TOKENS = "tokens"
ATLAS = "atlas/objects/"
TABLES = ("quarantine.tsv", "changes.tsv", "changed-ids.tsv")
_PLACES = re.compile(
    rf"signatures/index\.json(?:\.copy)?|signatures/objects/[0-9a-f]{{8,64}}/[\w.-]+|"
    rf"{ATLAS}[0-9a-f]{{2}}/[0-9a-f]{{64}}|{TOKENS}|" + "|".join(map(re.escape, TABLES)),
    re.ASCII,
)


@dataclass(frozen=True)
class Kept:
    """An object: its sha256 and bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Group:
    """All nodes of a label, or all relationships of a type between two labels (``ends``). ``sha256``: of the rows as
    JSON lines, in order; ``chunks``: the same, in objects that gzip has packed."""

    what: str
    ends: tuple[str, str] | None
    rows: int
    sha256: str
    chunks: tuple[Kept, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.ends[0]} {self.what} {self.ends[1]}" if self.ends else self.what


@dataclass(frozen=True)
class Manifest:
    """``files``: path below the home -> object; ``releases``: kept release -> object that is its manifest; ``outside``:
    what the graph holds and no backup does, with numbers; ``release``: the name of the release that this is one of."""

    when: str
    data_version: str
    graph_version: str
    nodes: int
    edges: int
    simulated: bool
    graph: tuple[Group, ...]
    files: dict[str, Kept]
    releases: dict[str, Kept] = field(default_factory=dict)
    outside: dict[str, int] = field(default_factory=dict)
    release: str = ""
    format: int = FORMAT

    def objects(self) -> Iterator[Kept]:
        for group in self.graph:
            yield from group.chunks
        yield from self.files.values()
        yield from self.releases.values()

    @property
    def content(self) -> str:
        """Hash of all but when it was made."""
        return hashlib.sha256(_text({**asdict(self), "when": ""})).hexdigest()

    def pack(self) -> bytes:
        body = asdict(self)
        return _text({"sha256": hashlib.sha256(_text(body)).hexdigest(), "backup": body}) + b"\n"

    def write(self, path: Path) -> None:
        write_whole(path, self.pack())

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        try:
            return cls.unpack(path.read_bytes(), path)
        except OSError as error:
            raise _broken(path, error.strerror or str(error)) from None

    @classmethod
    def unpack(cls, data: bytes, path: Path) -> "Manifest":
        """Raises ContractError BACKUP_DAMAGED for what was not written so, KgError BACKUP_FORMAT for a newer form."""
        try:
            told = json.loads(data)
            body = told["backup"]
            number = body["format"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise _broken(path, "not the manifest of a backup") from None
        check_format(number, path)
        if told.get("sha256") != hashlib.sha256(_text(body)).hexdigest():
            raise _broken(path, "a checksum that differs from the one it states")
        try:
            return cls._made(body)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _broken(path, f"{type(error).__name__}: {error}"[:200]) from None

    @classmethod
    def _made(cls, body: dict[str, Any]) -> "Manifest":
        if unknown := body.keys() - {f.name for f in fields(cls)}:
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        groups = tuple(
            Group(
                str(g["what"]),
                (str(g["ends"][0]), str(g["ends"][1])) if g["ends"] else None,
                int(g["rows"]),
                str(g["sha256"]),
                tuple(map(_kept, g["chunks"])),
            )
            for g in body["graph"]
        )
        files = {_place(path): _kept(one) for path, one in body["files"].items()}
        releases = {_named(name): _kept(one) for name, one in body["releases"].items()}
        return cls(**{**body, "graph": groups, "files": files, "releases": releases})


def check_format(number: object, path: Path) -> None:
    if not isinstance(number, int) or number > FORMAT:
        raise KgError(
            f"{path} is of a newer form ({str(number)[:20]}) than this version reads ({FORMAT}): restore it with a"
            " newer orthokg",
            code="BACKUP_FORMAT",
        )


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _named(text: str) -> str:
    if not is_name(text):
        raise ValueError(f"an invalid name: {text[:80]!r}")
    return text


def _place(text: str) -> str:
    """A path of a file that a home has: nothing leads out of it."""
    if not _PLACES.fullmatch(text) or ".." in PurePosixPath(text).parts:
        raise ValueError(f"a path that does not occur in a home: {text[:80]!r}")
    return text


def _kept(row: dict[str, Any]) -> Kept:
    if not _SHA.fullmatch(row["sha256"]) or not isinstance(row["bytes"], int):
        raise ValueError("an object without sha256 and bytes")
    return Kept(row["sha256"], row["bytes"])


def _text(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _broken(path: Path, found: str) -> Exception:
    fix = "take this file from another copy of the backup, or restore an earlier one (--snapshot)"
    return damaged([Issue(str(path), "BACKUP_DAMAGED: a manifest is whole, as its checksum says", found, fix)])
