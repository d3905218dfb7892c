"""The command ``orthokg verify``."""

import json
from dataclasses import asdict

import click

from kg.cli.main import opened
from kg.integrity.verify import verify as findings_of
from kg.store.driver import home
from kg.terminal.console import Console


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def verify(ctx: click.Context, form: str) -> None:
    """Is anything damaged, lacking, or more than it should be? Reads every file of the signatures and all of the graph.

    \b
    A line for each: where, what was found, what is due, and what makes it whole again, which is most often
      orthokg ingest

    Exit: 0 whole, 1 something is not as it should be.
    """
    store = opened(ctx, read_only=True)
    with Console(stderr=True).status("reading") as status:
        found = list(findings_of(store, home(), status.update))
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
