"""The command ``orthokg release``."""

import json
from dataclasses import asdict, fields

import click

from kg.cli import opened, print_rows
from kg.cli_match import signatures
from kg.console import Console
from kg.errors import ContractError, Issue
from kg.release import Release, make_release, releases


@click.command()
@click.argument("name", required=False)
@click.option("--note", default="", help="What it is for.")
@click.option("--list", "listed", is_flag=True, help="All releases, each held against the graph as it is.")
@click.option("--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True)
@click.pass_context
def release(ctx: click.Context, name: str | None, note: str, listed: bool, form: str) -> None:
    """Name the present state of graph and signatures, so that every answer can say which it is of.

    \b
      orthokg release 2026.11 --note "the demonstration's eight studies"
      orthokg release --list

    A release does not change: the same name for another state is refused, and --list tells what has changed since.
    """
    if (name is None) != listed:
        found = "both" if name else "neither"
        raise ContractError(
            [Issue("release", "a name, or --list", found, "orthokg release NAME, or --list")], code="ARGUMENT"
        )
    store = opened(ctx, read_only=listed)
    console = Console(stderr=True)
    with console.status("reading the graph") as status:

        def tell(what: str) -> None:
            status.update(f"reading {what}")

        if listed or name is None:
            made, new = releases(store, signatures(), tell), False
        else:
            store.ensure_schema()
            one, new = make_release(store, signatures(), name, note=note, progress=tell)
            made = [one]
    if form == "json":
        click.echo(json.dumps([asdict(each) for each in made], indent=1, ensure_ascii=False))
    elif listed:
        columns = [f.name for f in fields(Release) if f.name not in ("id", "stamp")]
        print_rows(columns, [[getattr(each, name) for name in columns] for each in made], form)
    else:
        (one,) = made
        said = "released" if new else "already released, and unchanged"
        click.echo(
            f"{one.label}: {said}\ndata {one.data_version}, graph {one.graph_version}: {one.nodes:,} nodes, {one.edges:,} "
            f"relationships, named {one.when}"
        )
