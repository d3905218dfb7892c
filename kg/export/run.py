"""One export: into a folder beside the wanted one, which it takes the place of when it is whole."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from kg.errors import ContractError, Issue, KgError
from kg.export import activity, contrasts, graph_parquet, graphs, kgx, linkml, metadata, neo4j_csv, parquet, sssom
from kg.export.biolink import infores
from kg.export.graphs import Facts
from kg.export.selection import Selection
from kg.export.tables import Tsv
from kg.export.terms import OWN
from kg.read.stream import Row
from kg.release.releases import Fingerprint, checked_release, fingerprint, release_text
from kg.schema.spec import EdgeSpec, NodeSpec
from kg.signatures.store import SignatureStore
from kg.store.driver import Store

MARK = "EXPORT.json"
WHOLE = ("kgx", "graphml", "node-link", "neo4j-csv", "graph-parquet")
"""Formats of the whole graph: it is read once, for the rows and for its fingerprint."""
ELSEWHERE = {"h5ad": "ingest.export.h5ad:write"}
"""Formats that need a library which ``kg`` does without; loaded when they are asked for."""
FORMATS = (*WHOLE, "sssom", "parquet", "contrasts", "linkml", *ELSEWHERE)
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Exported:
    """``rows`` by label and type; ``left_out``: (source, licence, label or type, why, rows)."""

    folder: Path
    release: str
    files: tuple[str, ...]
    rows: dict[str, int]
    left_out: tuple[tuple[str, str, str, str, int], ...]


class _Told(Selection):
    """A selection that says where it is."""

    def __init__(self, store: Store, tell: Progress):
        super().__init__(store)
        self._tell = tell

    def nodes(self, spec: NodeSpec) -> Iterator[Row]:
        self._tell(spec.label)
        return super().nodes(spec)

    def edges(self, spec: EdgeSpec, pair: tuple[str, str]) -> Iterator[Row]:
        self._tell(f"{pair[0]} {spec.type} {pair[1]}")
        return super().edges(spec, pair)


def export(
    store: Store,
    signatures: SignatureStore,
    form: str,
    out: Path,
    *,
    release: str | None = None,
    tell: Progress = lambda _: None,
) -> Exported:
    """Write the graph to the folder ``out``; the same graph gives the same bytes, and an earlier export is replaced
    whole.

    ``release``: only if the graph still is what this name stands for. Raises ContractError (ARGUMENT) for a folder that
    holds something else, UnknownTermError and KgError RELEASE_CHANGED for the release.
    """
    if form not in FORMATS:
        raise ContractError(
            [Issue("format", "a known format", form, f"use one of {', '.join(FORMATS)}")], code="ARGUMENT"
        )
    out = out.absolute()
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).exists())):
        fix = "name a new folder, or an earlier export"
        raise ContractError([Issue("out", "a folder of an export, or none yet", str(out), fix)], code="ARGUMENT")
    now = None if form in WHOLE else _checked(store, fingerprint(store, signatures, tell), release)
    selection = _Told(store, tell)
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        facts = {"release": release_text(store, signatures), "data_version": signatures.version}

        def all_facts() -> dict[str, str]:
            """Known when the last row has been read, in a format that holds the whole graph."""
            nonlocal now
            now = now or _checked(store, selection.fingerprinter.made(signatures.version), release)
            return {**facts, "graph_version": now.graph_version}

        _write(selection, form, made, all_facts, signatures)
        facts = all_facts()
        left_out = tuple((*key, n) for key, n in sorted(selection.left_out.items()))
        _papers(selection, made, left_out)
        sums = {path.name: _sha256(path) for path in sorted(made.iterdir())}
        used = [each for key, each in selection.licences.items() if key in selection.used - OWN]
        metadata.write(made, form, sums, facts, used)
        files = {path.name: _sha256(path) for path in sorted(made.iterdir())}
        mark = {"format": form, **facts, "rows": dict(selection.rows), "files": files}
        (made / MARK).write_text(json.dumps(mark, indent=1) + "\n", encoding="utf-8")
        made.chmod(0o755)
        _replace(made, out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return Exported(out, facts["release"], tuple(files), dict(selection.rows), left_out)


def _checked(store: Store, now: Fingerprint, release: str | None) -> Fingerprint:
    if not now.nodes:
        raise KgError("The graph is empty: load the data with  orthokg ingest", code="EMPTY")
    if release:
        checked_release(store, release, now)
    return now


def _write(selection: Selection, form: str, folder: Path, facts: Facts, signatures: SignatureStore) -> None:
    version = signatures.version
    if form == "kgx":
        kgx.write(selection, folder)
    elif form == "sssom":
        sssom.write(selection, folder, version)
    elif form == "graphml":
        graphs.write_graphml(selection, folder, facts)
    elif form == "node-link":
        graphs.write_node_link(selection, folder, facts)
    elif form == "neo4j-csv":
        neo4j_csv.write(selection, folder)
    elif form == "graph-parquet":
        graph_parquet.write(selection, folder)
    elif form == "contrasts":
        contrasts.write(selection, folder, facts(), signatures)
        activity.write(selection, folder, facts(), signatures)
    elif form == "parquet":
        parquet.write(selection, folder, facts())
    elif form in ELSEWHERE:
        module, _, name = ELSEWHERE[form].partition(":")
        getattr(import_module(module), name)(selection, folder, facts(), signatures)
    if form in WHOLE or form == "linkml":
        linkml.write(folder, selection.types if form in WHOLE else linkml.sources_of(selection.store), version)


def _papers(selection: Selection, folder: Path, left_out: tuple[tuple[str, str, str, str, int], ...]) -> None:
    """Licences of all sources, and what was left out."""
    with Tsv(folder / "LEFT_OUT.tsv", ("source", "licence", "what", "why", "rows")) as out:
        for row in left_out:
            out.write(dict(zip(out.columns, row, strict=True)))
    columns = ("source", "infores", "licence", "redistribute", "citation", "version", "url")
    with Tsv(folder / "LICENCES.tsv", columns) as out:
        for key, each in sorted(selection.licences.items()):
            out.write({**vars(each), "infores": infores(key)})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(made: Path, out: Path) -> None:
    old = None
    if out.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent)) / "export"
        out.rename(old)
    os.replace(made, out)
    if old:
        shutil.rmtree(old.parent)
