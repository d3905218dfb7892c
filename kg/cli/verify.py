"""The command ``orthokg verify``."""

import json
from dataclasses import asdict

import click

from kg.backup.kept import damage
from kg.cli.main import opened
from kg.integrity.verify import verify as findings_of
from kg.store.driver import home
from kg.terminal.console import Console


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def verify(ctx: click.Context, form: str) -> None:
    """Check for anything damaged, missing or unexpected. Reads every signature file, the whole graph, objects of
    atlases, kept releases and checkpoints.

    \b
    Prints one line per problem: where it is, what was found, what was expected, and how to repair it, usually with
      orthokg ingest

    Exit: 0 everything is intact, 1 a problem was found.
    """
    store = opened(ctx, read_only=True)
    with Console(stderr=True).status("reading") as status:
        found = [*findings_of(store, home(), status.update), *damage(home(), status.update)]
    if form == "json":
        click.echo(json.dumps([asdict(each) for each in found], indent=1, ensure_ascii=False))
    else:
        for each in found:
            click.echo(str(each))
        click.echo(
            f"{len(found)} not as they should be"
            if found
            else "whole: every file and every row is as the last ingest left it"
        )
    ctx.exit(1 if found else 0)
