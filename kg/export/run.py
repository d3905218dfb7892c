"""One export: into a folder beside the wanted one, which it takes the place of when it is whole."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.errors import ContractError, Issue, KgError
from kg.export import contrasts, graphs, kgx, neo4j_csv, parquet, sssom
from kg.export.selection import Selection
from kg.export.tables import Tsv
from kg.read.stream import Row
from kg.release.releases import checked_release, fingerprint, release_text
from kg.schema.spec import EdgeSpec, NodeSpec
from kg.signatures.store import SignatureStore
from kg.store.driver import Store

MARK = "EXPORT.json"
FORMATS = ("kgx", "sssom", "graphml", "node-link", "neo4j-csv", "parquet", "contrasts")
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
    now = fingerprint(store, signatures, tell)
    if not now.nodes:
        raise KgError("The graph is empty: load the data with  orthokg ingest", code="EMPTY")
    if release:
        checked_release(store, release, now)
    facts = {
        "release": release_text(store, signatures),
        "data_version": now.data_version,
        "graph_version": now.graph_version,
    }
    selection = _Told(store, tell)
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        _write(selection, form, made, facts, signatures)
        left_out = tuple((*key, n) for key, n in sorted(selection.left_out.items()))
        _papers(selection, made, left_out)
        files = {path.name: _sha256(path) for path in sorted(made.iterdir())}
        mark = {"format": form, **facts, "rows": dict(selection.rows), "files": files}
        (made / MARK).write_text(json.dumps(mark, indent=1) + "\n", encoding="utf-8")
        made.chmod(0o755)
        _replace(made, out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return Exported(out, facts["release"], tuple(files), dict(selection.rows), left_out)


def _write(selection: Selection, form: str, folder: Path, facts: dict[str, str], signatures: SignatureStore) -> None:
    if form == "kgx":
        kgx.write(selection, folder)
    elif form == "sssom":
        sssom.write(selection, folder, facts["data_version"])
    elif form == "graphml":
        graphs.write_graphml(selection, folder, facts)
    elif form == "node-link":
        graphs.write_node_link(selection, folder, facts)
    elif form == "neo4j-csv":
        neo4j_csv.write(selection, folder)
    elif form == "contrasts":
        contrasts.write(selection, folder, facts, signatures)
    else:
        parquet.write(selection, folder, facts)


def _papers(selection: Selection, folder: Path, left_out: tuple[tuple[str, str, str, str, int], ...]) -> None:
    """Licences of all sources, and what was left out."""
    with Tsv(folder / "LEFT_OUT.tsv", ("source", "licence", "what", "why", "rows")) as out:
        for row in left_out:
            out.write(dict(zip(out.columns, row, strict=True)))
    with Tsv(folder / "LICENCES.tsv", ("source", "licence", "redistribute", "citation", "version")) as out:
        for _, each in sorted(selection.licences.items()):
            out.write(vars(each))


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
