"""The command ``orthokg``. Each room keeps its own commands; a room is imported when a command of it is asked for."""

import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO

import click

from kg.errors import KgError
from kg.terminal.escapes import shielded

if TYPE_CHECKING:
    from kg.store.driver import Store

# command -> (module:function, what it does); a module is imported when its command runs, or is asked for its help.
COMMANDS = {
    "match": ("kg.cli.match:match", "Which regulatory changes of a mouse model match which human disease states?"),
    "match-signature": (
        "kg.cli.signature:match_signature",
        "Which human states does your own table or count matrix match?",
    ),
    "explain": (
        "kg.cli.match:explain",
        "Explain one match: what each feature contributes, and the evidence behind it.",
    ),
    "report": (
        "kg.cli.report:report",
        "Write an answer as one HTML file: verdict, figures, evidence, methods, citations.",
    ),
    "plan": ("kg.cli.plan:plan", "How many animals would a match take, and what keeps its power low?"),
    "stages": ("kg.cli.stages:stages", "Does a model match a late stage of a disease better than an early one?"),
    "compare": (
        "kg.cli.match:compare",
        "Do two disease models show the same changes? Does a drug, in an animal and in human cells?",
    ),
    "correspond": (
        "kg.cli.correspond:correspond",
        "Which cell populations of different species correspond, and which have no counterpart.",
    ),
    "network": (
        "kg.cli.network:network",
        "How nodes are connected: paths, neighbourhoods, communities of a network of regulons.",
    ),
    "status": ("kg.cli.graph:status", "What is in the graph, from which sources, and what is missing."),
    "cypher": ("kg.cli.graph:cypher", "Query the graph in Cypher (read-only)."),
    "release": (
        "kg.cli.release:release",
        "Name and keep the current state of the graph; list, compare and delete releases.",
    ),
    "verify": (
        "kg.cli.verify:verify",
        "Check the graph and its signatures for anything damaged, missing or unexpected.",
    ),
    "export": ("kg.cli.export:export", "Export the graph to standard file formats, each row under its licence."),
    "load": ("kg.cli.export:load", "Load an export of format neo4j-csv into an empty store."),
    "backup": (
        "kg.cli.backup:backup",
        "Back up the graph, signatures, curations, releases and token hashes, even while serving.",
    ),
    "restore": ("kg.cli.backup:restore", "Restore a graph and its home from a backup or a kept release."),
    "atlas": ("kg.cli.atlas:atlas", "Atlases that small studies are mapped to: their versions, each with its card."),
    "jobs": ("kg.cli.jobs:jobs", "Long questions as jobs: submit, watch, cancel, fetch what they made, work."),
    "curate": ("kg.cli.curate:curate", "Give your verdict on a match or a mapping; a second curator reviews it."),
    "ingest": ("ingest.cli.ingest:ingest", "Load the public sources, or your own study from its manifest."),
    "cells": ("ingest.cli.cells:cells", "Check a single-cell file: what it contains, and what prevents its use."),
    "embed": ("ingest.cli.embed:embed", "Embed cells of several species in one space."),
    "serve": ("api.cli:serve", "Serve the graph over HTTP: GraphQL, explorer and documentation."),
    "token": ("api.cli:token", "Make an access token for the server."),
}


def _store_option() -> click.Option:
    """``--store``, before or after the command's name."""
    return click.Option(
        ["--store", "choice"],
        metavar="STORE",
        help=(
            "Where the graph is: 'embedded' (a local database, nothing to install), 'neo4j', or a bolt address. "
            "Default: Neo4j if NEO4J_URI is set, else embedded."
        ),
        expose_value=False,
        callback=_choose,
    )


def _choose(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().obj = value


class Named(click.Group):
    """Commands by ``table``, each imported when it is asked for; one without words is for this program itself."""

    def __init__(self, *given: Any, table: dict[str, tuple[str, str]] = COMMANDS, **more: Any):
        super().__init__(*given, **more)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self.table:
            return None
        module, _, name = self.table[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        for each in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
            if all(option.name != "choice" for option in each.params):
                each.params.append(_store_option())
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, doc) for name, (_, doc) in self.table.items() if doc])


class Rooms(Named):
    """The whole command line: what goes wrong is told in a line, and text cannot steer the terminal."""

    def invoke(self, ctx: click.Context) -> Any:
        with shielded():
            try:
                return super().invoke(ctx)
            except KgError as error:
                click.echo(f"error: {_told(error)}", err=True)
                ctx.exit(1)


def _told(error: KgError) -> str:
    """With its code, by which the reference of errors lists it."""
    text = str(error)
    return text if error.code in text or error.code == type(error).code else f"{text} ({error.code})"


@click.group(
    cls=Rooms,
    params=[_store_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="orthokg", prog_name="orthokg")
def main() -> None:
    """OrthoKG: which regulatory changes in a mouse model of a disease match human disease, how sure are we, and why?

    \b
    First load the data, then ask:
      orthokg ingest
      orthokg match --model rTg4510 --disease MONDO:0004975

    Settings by environment: NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD (a Neo4j server), ORTHOKG_HOME (where the embedded
    graph and its data are kept), ORTHOKG_CACHE (a folder of source files that are already downloaded).
    """


def opened(ctx: click.Context, *, read_only: bool = False, yields: bool = True) -> "Store":
    """The store that this command line chose; says which on standard error, and closes it when the command ends. Who
    only reads gives way to a writer (``yields``)."""
    from kg.store.driver import (
        open_store,  # brings the driver, which brings pandas: help and version are told without them
    )

    store = open_store(ctx.find_root().obj, read_only=read_only, yields=read_only and yields)
    click.echo(f"store: {store.describe()}", err=True)
    return ctx.with_resource(store)


def writing(ctx: click.Context) -> "Store":
    """The store for a small write. Where another process holds it, the store is read through that process, and what is
    written goes to it through its inbox (``kg.jobs.inbox``)."""
    from kg.errors import StoreError
    from kg.store.driver import open_store

    try:
        return ctx.with_resource(open_store(ctx.find_root().obj))
    except StoreError as error:
        if error.code != "STORE_LOCKED":
            raise
        return ctx.with_resource(open_store(ctx.find_root().obj, read_only=True))


def print_rows(columns: list[str], rows: list[list[Any]], form: str, out: TextIO | None = None) -> None:
    """``form``: json (a list of objects), tsv (with a header line), or table."""
    from kg.cli.rows import flat, write_tsv

    stream: TextIO = sys.stdout if out is None else out
    if form == "json":
        made = [dict(zip(columns, row, strict=True)) for row in rows]
        stream.write(json.dumps(made, indent=2, ensure_ascii=False, default=str) + "\n")
    elif form == "tsv":
        write_tsv(columns, rows, stream)
    else:
        from rich.table import Table

        from kg.terminal.console import Console

        table = Table(*columns, header_style="bold", box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(flat(value) for value in row))
        Console(file=stream).print(table)


if __name__ == "__main__":
    main()
