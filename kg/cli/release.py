"""The command ``orthokg release`` and what it does: name, list, diff, forget."""

import json
from dataclasses import asdict, fields
from typing import Any

import click

from kg.cli.main import opened, print_rows
from kg.cli.match import signatures
from kg.errors import ContractError, Issue
from kg.release.releases import Release, make_release, releases
from kg.store.driver import home
from kg.store.write import ensure_schema
from kg.terminal.console import Console

_FORMAT = click.option(
    "--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True
)
_NAMED = "name"


class _Releases(click.Group):
    """A first word that is not a command of it is the name of a release."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = [_NAMED, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in super().list_commands(ctx) if name != _NAMED]


@click.group(cls=_Releases, invoke_without_command=True)
@click.pass_context
def release(ctx: click.Context) -> None:
    """Name and keep the current state of the graph and signatures, so that every answer can say which state it comes
    from.

    \b
      orthokg release 2026.11 --note "the demonstration's eight studies"
      orthokg release list
      orthokg release diff 2026.10 2026.11
      orthokg restore --release 2026.11 --to FOLDER

    A release does not change: a name that is taken by another state is refused, and `list` shows what has changed
    since. It is kept in the home, so that it can be restored and exported; --no-keep records only the name and hashes.
    """
    if ctx.invoked_subcommand is None:
        raise ContractError(
            [Issue("release", "a name, or list", "neither", "orthokg release NAME, or orthokg release list")],
            code="ARGUMENT",
        )


@release.command(_NAMED)
@click.argument("name", required=False)
@click.option("--note", default="", help="What it is for.")
@click.option("--no-keep", is_flag=True, help="Record only the name and hashes, to save space.")
@click.option("--list", "listed", is_flag=True, help="As `orthokg release list`.")
@_FORMAT
@click.pass_context
def named(ctx: click.Context, name: str | None, note: str, no_keep: bool, listed: bool, form: str) -> None:
    """Name the current state and keep it."""
    if (name is None) != listed:
        found = "both" if name else "neither"
        raise ContractError(
            [Issue("release", "a name, or --list", found, "orthokg release NAME, or orthokg release list")],
            code="ARGUMENT",
        )
    if name is None:
        _list(ctx, form)
        return
    if name in release.commands:
        raise ContractError(
            [Issue("name", "is not a command of `orthokg release`", name, "choose another name")], code="ARGUMENT"
        )
    store = opened(ctx)
    console = Console(stderr=True)
    with console.status("reading the graph") as status:

        def tell(what: str) -> None:
            status.update(what)

        ensure_schema(store)
        one, new = make_release(store, signatures(), name, note=note, progress=tell)
        kept = not no_keep and _keep(store, one, tell)
    if form == "json":
        click.echo(json.dumps([asdict(one)], indent=1, ensure_ascii=False))
        return
    said = "released" if new else "already released and unchanged"
    click.echo(
        f"{one.label}: {said}\ndata {one.data_version}, graph {one.graph_version}: {one.nodes:,} nodes, {one.edges:,} "
        f"relationships, named {one.when}"
    )
    click.echo(f"kept: orthokg restore --release {one.label}" if kept else "not kept: it cannot be restored from here")


def _keep(store: Any, one: Release, tell: Any) -> bool:
    from kg.backup.kept import keep

    keep(store, home(), one, tell)
    return True


@release.command("list")
@_FORMAT
@click.pass_context
def listed_(ctx: click.Context, form: str) -> None:
    """List all releases: how each differs from the current graph, whether it is kept, and its size."""
    _list(ctx, form)


def _list(ctx: click.Context, form: str) -> None:
    from kg.backup.kept import kept, sizes

    store = opened(ctx, read_only=True)
    console = Console(stderr=True)
    with console.status("reading the graph") as status:
        made = releases(store, signatures(), lambda what: status.update(f"reading {what}"))
    held, size = kept(home()), sizes(home())
    columns = [f.name for f in fields(Release) if f.name not in ("id", "stamp")]
    rows = [{**asdict(each), **_kept_of(each.label, size)} for each in made]
    known = {each.label for each in made}
    for name, one in held.items():
        if name not in known:
            facts = {
                "label": name,
                "data_version": one.data_version,
                "graph_version": one.graph_version,
                "nodes": one.nodes,
                "edges": one.edges,
                "note": "",
                "when": one.when,
                "state": "of another graph than this",
            }
            rows.append({**facts, **_kept_of(name, size)})
    if form == "json":
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    if form == "table":
        for row in rows:
            held_ = f"kept, {row['bytes']:,} bytes, {row['own_bytes']:,} of them its own" if row["kept"] else "not kept"
            click.echo(f"{row['label']}: {row['state']}; {held_}")
            click.echo(
                f"  data {row['data_version']}, graph {row['graph_version']}: {row['nodes']:,} nodes, {row['edges']:,}"
                f" relationships, named {row['when']}{'; ' + row['note'] if row['note'] else ''}"
            )
        return
    columns += ["kept", "bytes", "own_bytes"]
    print_rows(columns, [[row[name] for name in columns] for row in rows], form)


def _kept_of(name: str, size: dict[str, Any]) -> dict[str, Any]:
    found = size.get(name)
    return {"kept": found is not None, "bytes": found.bytes if found else 0, "own_bytes": found.own if found else 0}


@release.command("forget")
@click.argument("name")
def forget_(name: str) -> None:
    """Delete the kept copy of a release. Its name and hashes stay in the graph."""
    from kg.backup.kept import forget

    click.echo(f"{name}: no longer kept; {forget(home(), name):,} bytes are free")


@release.command("diff")
@click.argument("one")
@click.argument("other")
@_FORMAT
def diff(one: str, other: str, form: str) -> None:
    """List matches whose status, p or changes differ between two kept releases, with the cause of each."""
    from kg.backup.diff import differences

    found = differences(home(), one, other)
    if form == "json":
        click.echo(json.dumps([asdict(each) for each in found], indent=1, ensure_ascii=False))
    elif form == "tsv":
        columns = ("match", "change", "mouse", "human", "level", "policy", "before", "after", "by")
        print_rows(
            list(columns),
            [
                [
                    each.match,
                    each.change,
                    each.mouse,
                    each.human,
                    each.level,
                    each.policy,
                    each.before,
                    each.after,
                    "; ".join(each.by),
                ]
                for each in found
            ],
            "tsv",
        )
    elif not found:
        click.echo(f"{one} and {other}: no match differs in status, p or changes")
    else:
        click.echo(f"{one} -> {other}: {len(found)} matches differ")
        for each in found:
            click.echo(
                f"{each.change}: {each.mouse} x {each.human} ({each.level} level, {each.policy}): {each.before} ->"
                f" {each.after}: by {'; '.join(each.by)}"
            )
