"""Releases: a state of the graph with a name. A release is never changed; a graph that has changed since is found out.

A release holds the version of the signatures, a hash of every node and relationship (``graph_version``: all but
releases, curations, reviews and atlases, and without ``run``, so that the same data loaded again are the same), and a
stamp of what was loaded (``stamp``), which is cheap enough to be compared in every answer.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString, cast

from kg.curie import local
from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.read.stream import Row, edge_rows, node_rows
from kg.schema.edges import EDGES
from kg.schema.nodes import NODE_BY_LABEL, NODES
from kg.schema.spec import EdgeSpec, NodeSpec
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import write_nodes

SOURCE, RUN = "release", "orthokg:run/release"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)
_LONGEST_NOTE = 500
_RELEASES: LiteralString = "MATCH (r:Release) RETURN r {.*} AS release ORDER BY r.when, r.id"
_LOADED: LiteralString = "MATCH (s:Source) RETURN s.id AS id, s.run AS run"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Release:
    """``state`` is filled by :func:`releases`: current, or what has changed since."""

    id: str
    label: str
    data_version: str
    graph_version: str
    stamp: str
    nodes: int
    edges: int
    note: str
    when: str
    state: str = ""


@dataclass(frozen=True)
class Fingerprint:
    data_version: str
    graph_version: str
    nodes: int
    edges: int


class Fingerprinter:
    """A fingerprint in the making, row after row, nodes before relationships, in the schema's order."""

    def __init__(self) -> None:
        self._digest, self._nodes, self._edges = hashlib.sha256(), 0, 0

    def add(self, spec: NodeSpec | EdgeSpec, ends: tuple[str, str] | None, row: Row) -> None:
        """``row`` as :mod:`kg.read.stream` gives it."""
        what = f"{ends[0]} {spec.type} {ends[1]}" if isinstance(spec, EdgeSpec) and ends else cast(NodeSpec, spec).label
        row = {name: value for name, value in row.items() if name != "run"}
        self._digest.update(json.dumps([what, row], sort_keys=True, ensure_ascii=False).encode())
        if isinstance(spec, EdgeSpec):
            self._edges += 1
        else:
            self._nodes += 1

    def made(self, data_version: str) -> Fingerprint:
        return Fingerprint(data_version, self._digest.hexdigest()[:12], self._nodes, self._edges)


def is_data(spec: NodeSpec | EdgeSpec, ends: tuple[str, str] | None) -> bool:
    """Whether these rows are part of what a release names: not what people said, releases, atlases, and runs."""
    if isinstance(spec, EdgeSpec):
        return ends is not None and not NODE_BY_LABEL[ends[0]].kept and ends[1] != "Run"
    return not spec.kept and spec.label != "Run"


def fingerprint(store: Store, signatures: SignatureStore, progress: Progress = lambda _: None) -> Fingerprint:
    """Content hashes of the graph as it is; reads all of it (316,000 rows in about 40 s of one core)."""
    made = Fingerprinter()
    for spec in NODES:
        if is_data(spec, None):
            progress(spec.label)
            for row in node_rows(store, spec):
                made.add(spec, None, row)
    for spec in EDGES:
        for pair in spec.pairs:
            if is_data(spec, pair):
                progress(f"{pair[0]} {spec.type} {pair[1]}")
                for row in edge_rows(store, spec, pair):
                    made.add(spec, pair, row)
    return made.made(signatures.version)


def stamp(store: Store) -> str:
    """Hash of the sources and the runs that wrote them: another load of other data gives another."""
    return stamp_of((row["id"], row["run"]) for row in store.read(_LOADED))


def stamp_of(runs: Iterable[tuple[str, str | None]]) -> str:
    """The stamp of (source, run) of all sources."""
    rows = sorted(f"{source}\t{run or ''}" for source, run in runs)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:12]


def make_release(
    store: Store, signatures: SignatureStore, name: str, *, note: str = "", progress: Progress = lambda _: None
) -> tuple[Release, bool]:
    """Name the present state; (the release, whether it is new). The same name for the same state changes nothing.

    Raises ContractError (ARGUMENT) for a bad name, KgError RELEASE_FROZEN when the name stands for another state, EMPTY
    when there is nothing to release.
    """
    issues = []
    if not _NAME.fullmatch(name):
        fix = "1 to 64 letters, digits and . _ - such as 2026.11"
        issues.append(Issue("name", "a release has a plain name", name[:80], fix))
    if len(note) > _LONGEST_NOTE:
        issues.append(Issue("note", f"at most {_LONGEST_NOTE} letters", str(len(note)), "shorten it"))
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    key = local("release", name)
    found = fingerprint(store, signatures, progress)
    if not found.nodes:
        raise KgError("The graph is empty: load the data with  orthokg ingest", code="EMPTY")
    known = next((each for each in _read(store) if name == each.label or key == each.id), None)
    if known:
        if (known.data_version, known.graph_version) != (found.data_version, found.graph_version):
            raise KgError(
                f"{known.label} is data {known.data_version}, graph {known.graph_version}, named {known.when}; the"
                f" graph now is data {found.data_version}, graph {found.graph_version}. A release does not change:"
                " choose another name.",
                code="RELEASE_FROZEN",
            )
        return known, False
    row = {
        "id": key,
        "label": name,
        "data_version": found.data_version,
        "graph_version": found.graph_version,
        "stamp": stamp(store),
        "nodes": found.nodes,
        "edges": found.edges,
        "note": note,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_nodes(store, "Release", [row], source=SOURCE, run=RUN)
    return next(each for each in _read(store) if each.id == key), True


def releases(store: Store, signatures: SignatureStore, progress: Progress = lambda _: None) -> list[Release]:
    """All of them, oldest first, each compared with the graph as it is."""
    known = _read(store)
    return _held(known, fingerprint(store, signatures, progress)) if known else []


def _held(known: list[Release], now: Fingerprint) -> list[Release]:
    """Each against the graph as it is."""
    made = []
    for each in known:
        changed = [
            what
            for what, then, at_hand in (
                ("signatures", each.data_version, now.data_version),
                ("graph", each.graph_version, now.graph_version),
            )
            if then != at_hand
        ]
        state = f"{' and '.join(changed)} changed since" if changed else "current"
        made.append(Release(**{**vars(each), "state": state}))
    return made


def checked_release(store: Store, name: str, now: Fingerprint) -> Release:
    """The release of that name, if the graph still is what it names. Raises UnknownTermError, KgError
    RELEASE_CHANGED."""
    known = {each.label: each for each in _held(_read(store), now)}
    if name not in known:
        raise UnknownTermError(name, "release", suggestions=tuple(known))
    if known[name].state != "current":
        raise KgError(f"This graph is not {name} any more: {known[name].state}.", code="RELEASE_CHANGED")
    return known[name]


def release_text(store: Store, signatures: SignatureStore) -> str:
    """What every answer carries: the name of the release that the data are, or that they are none."""
    known = [(each.label, each.data_version, each.stamp) for each in _read(store)]
    return release_named(known, signatures.version, stamp(store) if known else "")


def release_named(known: Iterable[tuple[str, str, str]], version: str, now: str) -> str:
    """The latest of (name, data version, stamp) that fits, with the version of the data; ``now``: their stamp."""
    names = [name for name, data, loaded in known if data == version and loaded in ("", now)]
    return f"{names[-1] if names else 'unreleased'} (data {version})"


def _read(store: Store) -> list[Release]:
    rows = [row["release"] for row in store.read(_RELEASES)]
    return [
        Release(
            row["id"],
            row.get("label") or row["id"],
            row.get("data_version", ""),
            row.get("graph_version", ""),
            row.get("stamp", ""),
            row.get("nodes", 0),
            row.get("edges", 0),
            row.get("note", ""),
            row.get("when", ""),
        )
        for row in rows
    ]
