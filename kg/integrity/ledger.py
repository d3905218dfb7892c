"""What the graph holds, written down at the end of an ingest: of each label and type of relationship, and of each
source, how many rows, and a hash of all their properties. What a later look finds otherwise was not written by an
ingest.

The hash of a set of rows is the sum of the rows' own, so that no order matters and the graph is read once, as it comes.
What curators say, releases and atlases are written beside ingests and stand in no ledger.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString, cast

from kg.files.whole import DamagedError
from kg.schema.edges import EDGES
from kg.schema.nodes import NODES
from kg.schema.spec import Property
from kg.signatures.store import SignatureStore
from kg.store.driver import Store

LABEL = "Ledger"
OUTSIDE = frozenset({LABEL, "WriteLock", *(spec.label for spec in NODES if spec.passing)})
"""Labels of nodes that are no part of what the graph says."""
SIGNATURES = ("signatures", "")
_MODULUS = 1 << 128
_KEPT = frozenset(spec.label for spec in NODES if spec.kept)
_READ: LiteralString = "MATCH (l:Ledger) RETURN l.rows AS rows, l.sha256 AS sha256"
_WRITE: LiteralString = "MERGE (l:Ledger {id: 'orthokg:ledger'}) SET l.rows = $rows, l.sha256 = $sha256, l.open = false"
_OPEN: LiteralString = "MATCH (l:Ledger) SET l.open = $open"
_LABELS: LiteralString = "MATCH (n) UNWIND labels(n) AS label RETURN label, count(*) AS n"
Key = tuple[str, str]
"""Label, or ``subject label TYPE object label``; and the source."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Tally:
    """``n`` rows and the 32 hexadecimal digits of their ``hash``."""

    n: int
    hash: str

    def __str__(self) -> str:
        return f"{self.n:,} rows, hash {self.hash[:12]}"


NOTHING = Tally(0, "0" * 32)
Tallies = dict[Key, Tally]


def of_signatures(signatures: SignatureStore) -> Tallies:
    return {SIGNATURES: Tally(len(signatures.index), signatures.version.ljust(32, "0"))}


def tallies(store: Store, progress: Progress = lambda _: None) -> Tallies:
    """Of the graph as it is; reads all of it."""
    n: dict[Key, int] = defaultdict(int)
    sums: dict[Key, int] = defaultdict(int)
    for what, row in _rows(store, progress):
        key = (what, str(row[-1].get("source") or ""))
        text = json.dumps([what, *row], sort_keys=True, ensure_ascii=False, default=str)
        n[key] += 1
        sums[key] = (sums[key] + int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")) % _MODULUS
    return {key: Tally(n[key], f"{sums[key]:032x}") for key in n}


def _rows(store: Store, progress: Progress) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for spec in (node for node in NODES if not node.kept):
        progress(f"reading {spec.label}")
        query = cast(LiteralString, f"MATCH (n:{spec.label}) RETURN properties(n) AS p")
        kinds = _floats(spec.properties)
        for row in store.stream(query):
            yield spec.label, (_plain(row["p"], kinds),)
    for spec in EDGES:
        progress(f"reading {spec.type}")
        kinds = _floats(spec.properties)
        for a, b in (pair for pair in spec.pairs if pair[0] not in _KEPT):
            query = cast(
                LiteralString, f"MATCH (a:{a})-[r:{spec.type}]->(b:{b}) RETURN a.id AS a, b.id AS b, properties(r) AS p"
            )
            for row in store.stream(query):
                yield f"{a} {spec.type} {b}", (row["a"], row["b"], _plain(row["p"], kinds))


def _floats(properties: tuple[Property, ...]) -> dict[str, bool]:
    return {p.name: p.kind == "floats" for p in properties if p.kind in ("float", "floats")}


def _plain(row: dict[str, Any], floats: Mapping[str, bool]) -> dict[str, Any]:
    """A float is one even where a store gives it back as an integer; what is not a number stays as it is, and so
    differs."""
    made = dict(row)
    for name in floats.keys() & row.keys():
        value = row[name]
        if floats[name] and isinstance(value, list):
            made[name] = [float(each) if isinstance(each, int) else each for each in value]
        elif isinstance(value, int):
            made[name] = float(value)
    return made


def strange(store: Store) -> dict[str, int]:
    """Labels that nothing of this project writes, and how many nodes have them."""
    known = {spec.label for spec in NODES} | OUTSIDE
    return {row["label"]: row["n"] for row in store.read(_LABELS) if row["label"] not in known}


def record(store: Store, found: Mapping[Key, Tally]) -> None:
    rows = [json.dumps([*key, each.n, each.hash], ensure_ascii=False) for key, each in sorted(found.items()) if each.n]
    store.write(_WRITE, rows=rows, sha256=_sha256(rows))


def recorded(store: Store) -> Tallies | None:
    """What the last ingest wrote down; None where none has. Raises DamagedError."""
    rows = store.read(_READ)
    if not rows:
        return None
    if len(rows) > 1 or not rows[0]["rows"] or _sha256(rows[0]["rows"]) != rows[0]["sha256"]:
        raise DamagedError("the ledger of the graph is not what its checksum says")
    return {(what, source): Tally(n, digest) for what, source, n, digest in map(json.loads, rows[0]["rows"])}


def is_open(store: Store) -> bool:
    """An ingest has begun and has not come to its end: it runs, or was interrupted."""
    return any(row["open"] for row in store.read("MATCH (l:Ledger) RETURN l.open AS open"))


def set_open(store: Store, value: bool) -> None:
    """Says of a ledger that is there that the graph is being written, or is as it says."""
    store.write(_OPEN, open=value)


def _sha256(rows: list[str]) -> str:
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def differing(due: Mapping[Key, Tally], found: Mapping[Key, Tally]) -> list[Key]:
    return sorted(key for key in due.keys() | found.keys() if due.get(key, NOTHING) != found.get(key, NOTHING))
