"""The commands ``orthokg backup`` and ``orthokg restore``."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.main import opened
from kg.errors import ContractError, Issue
from kg.store.driver import home
from kg.terminal.console import Console

if TYPE_CHECKING:
    from kg.backup.manifest import Manifest
    from kg.backup.repository import Repository


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--keep",
    default=0,
    type=click.IntRange(0),
    help="Number of backups to keep; older ones are deleted. 0 keeps all.  [default: 0]",
)
@click.option("--verify", is_flag=True, help="Also read the files already in FOLDER, and rewrite any that are damaged.")
@click.option(
    "--wait",
    default=900.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds to wait until nothing is writing to the graph.",
)
@click.option("--list", "listed", is_flag=True, help="List the backups in FOLDER.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def backup(ctx: click.Context, folder: Path, keep: int, verify: bool, wait: float, listed: bool, form: str) -> None:
    """Back up everything into FOLDER: graph, signatures, curations, kept releases and token hashes (ORTHOKG_TOKENS).

    \b
      orthokg backup /backups/orthokg --keep 30
      orthokg restore /backups/orthokg --to /srv/orthokg-again

    It can run while the graph is being served or written. Files already in FOLDER are not written again. Only the
    owner can read FOLDER, because it holds data whose licences forbid redistribution; `orthokg export` writes what may
    be redistributed.
    """
    from kg.backup.repository import Repository
    from kg.backup.save import backup as run

    if listed:
        _list(Repository.open(folder), form)
        return
    kept = home() / "releases"
    store = opened(ctx, read_only=True)
    with _Told() as told:
        done = run(
            store,
            home(),
            folder,
            tokens=_tokens(),
            kept=kept if kept.exists() else None,
            keep=keep,
            verify=verify,
            wait=wait,
            tell=told,
        )
    made = done.manifest
    if form == "json":
        facts = {name: value for name, value in asdict(made).items() if name not in ("graph", "files", "releases")}
        wrote = {
            "name": done.name,
            "new": done.new,
            "readings": done.readings,
            "objects_written": done.objects,
            "bytes_written": done.bytes,
        }
        click.echo(json.dumps({**wrote, **facts, "releases": sorted(made.releases)}, indent=1, ensure_ascii=False))
        return
    said = (
        f"{done.objects:,} objects, {done.bytes:,} bytes written"
        if done.new
        else "unchanged since then, nothing written"
    )
    click.echo(f"{done.name}: {said}\n{_contents(made)}")
    for name, n in made.outside.items():
        click.echo(f"not in the backup, as kg/schema does not declare it: {name}: {n:,}", err=True)


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--snapshot",
    metavar="NAME",
    help="One of the backups in FOLDER (orthokg backup FOLDER --list).  [default: the newest]",
)
@click.option("--release", metavar="NAME", help="Instead of FOLDER: a release kept in this home.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, file_okay=False),
    help="The home to restore into.  [default: ORTHOKG_HOME]",
)
@click.option("--replace", is_flag=True, help="Delete the existing data and restore in their place.")
@click.option("--check", is_flag=True, help="Check every file of the backup against its hash; write nothing.")
@click.pass_context
def restore(
    ctx: click.Context,
    folder: Path | None,
    snapshot: str | None,
    release: str | None,
    target: Path | None,
    replace: bool,
    check: bool,
) -> None:
    """Restore a graph and its home from a backup, into either store, or from a kept release.

    \b
      orthokg restore /backups/orthokg                         into ORTHOKG_HOME, on a fresh machine
      orthokg --store bolt://db:7687 restore /backups/orthokg  the graph into Neo4j
      orthokg restore --release 2026.11 --to /srv/2026.11      answers as it did

    Existing data are left alone unless --replace is given. Files are checked before the restore and the graph after
    it. An interrupted restore has either changed nothing or is completed by running it again.
    """
    from kg.backup.kept import repository_of
    from kg.backup.repository import Repository
    from kg.backup.restore import restore as run

    if (folder is None) == (release is None):
        found = "neither" if folder is None else "both"
        raise ContractError(
            [Issue("restore", "a folder of backups, or --release", found, "give one of them")], code="ARGUMENT"
        )
    if folder is not None:
        repository = Repository.open(folder)
        manifest = repository.manifest(snapshot)
        name = snapshot or repository.names()[-1]
    else:
        name = release or ""
        repository, manifest = repository_of(home(), name)
    if check:
        if issues := repository.damage(manifest):
            raise ContractError(issues, code="BACKUP_DAMAGED")
        click.echo(f"{name}: every file is whole\n{_contents(manifest)}")
        return
    place = (target or home()).absolute()
    with _Told() as told:
        done = run(repository, manifest, repository.path(name), place, ctx.find_root().obj, replace=replace, tell=told)
    said = "was there already" if done.same else "restored and compared"
    click.echo(f"{name}: {said}: home {done.home}, graph {done.store}\n{_contents(manifest)}")
    if target:
        click.echo(f"to use it: ORTHOKG_HOME={place}")
    if done.tokens:
        click.echo(f"tokens that the server took: ORTHOKG_TOKENS={done.tokens}")


def _contents(manifest: "Manifest") -> str:
    parts = [
        f"data {manifest.data_version}, graph {manifest.graph_version}: {manifest.nodes:,} nodes, {manifest.edges:,}"
        " relationships"
    ]
    if manifest.releases:
        parts.append(f"kept releases: {', '.join(sorted(manifest.releases))}")
    if manifest.simulated:
        parts.append("SIMULATED data are part of it")
    return "\n".join(parts)


def _list(repository: "Repository", form: str) -> None:
    rows = []
    for name in repository.names():
        made = repository.manifest(name)
        size = sum({each.sha256: each.bytes for each in repository.everything(made)}.values())
        rows.append(
            {
                "name": name,
                "when": made.when,
                "data": made.data_version,
                "graph": made.graph_version,
                "nodes": made.nodes,
                "relationships": made.edges,
                "releases": ", ".join(sorted(made.releases)),
                "bytes": size,
            }
        )
    if form == "json":
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    from kg.cli.main import print_rows

    columns = ["name", "when", "data", "graph", "nodes", "relationships", "releases", "bytes"]
    print_rows(columns, [[row[name] for name in columns] for row in rows], "table")


def _tokens() -> str:
    """Entries of ``ORTHOKG_TOKENS``, which may name a file of them."""
    text = os.environ.get("ORTHOKG_TOKENS", "").strip()
    if not text or ":" in text or text == "-":
        return text.strip("-")
    try:
        return Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        fix = "name a readable file, or give the entries themselves"
        raise ContractError([Issue("ORTHOKG_TOKENS", "entries, or a file of them", "no such file", fix)]) from None


class _Told:
    """Where it is: on a terminal a line that changes, otherwise only long or repeated steps."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._status = self._console.status("starting")

    def __enter__(self) -> "_Told":
        self._status.__enter__()
        return self

    def __exit__(self, *given: object) -> None:
        self._status.__exit__(None, None, None)

    def __call__(self, what: str) -> None:
        if self._console.is_terminal and what.startswith(("reading ", "comparing ", "writing ")):
            self._status.update(what)
        elif not what.startswith(("reading ", "comparing ", "writing ")):
            click.echo(f"  {what}", err=True)
