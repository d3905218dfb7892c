"""The command ``orthokg correspond``: which cell populations of different species correspond."""

import json
import sys

import click
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from kg.cli.main import opened, print_rows
from kg.read.correspondences import Correspondences, Pair, correspondences
from kg.records.words import number
from kg.terminal.console import Console

_COLUMNS = [
    "embedding",
    "a",
    "species",
    "b",
    "species_b",
    "status",
    "score",
    "q_labels",
    "q_shuffled",
    "auroc",
    "scores",
    "published",
]


@click.command()
@click.option("--embedding", help="Name of an embedding, <dataset>/<id>. Default: all.")
@click.option("--population", help="Id or label of a population. Default: all.")
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Show every pair, not only counterparts and pairs on which the scores disagree.",
)
@click.option("--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True)
@click.pass_context
def correspond(ctx: click.Context, embedding: str | None, population: str | None, every: bool, form: str) -> None:
    """Which cell populations of different species correspond, how certain that is, and which have no counterpart.

    \b
      orthokg correspond --embedding my-study/space
    """
    found = correspondences(opened(ctx, read_only=True), embedding=embedding, population=population, every=every)
    if form == "json":
        click.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
    elif form == "tsv":
        print_rows(_COLUMNS, [_row(pair) for pair in found.pairs], form)
    else:
        _table(found)


def _row(p: Pair) -> list[str]:
    scores = {None: "-", True: "agree", False: "DISAGREE"}[p.agrees]
    published = f"{p.published} ({p.published_by})" if p.published else ""
    return [
        p.embedding,
        p.left_label,
        p.left_taxon,
        p.right_label,
        p.right_taxon,
        p.status,
        number(p.score),
        number(p.q),
        number(p.q_shuffled),
        number(p.auroc),
        scores,
        published,
    ]


def _table(found: Correspondences) -> None:
    console = Console(width=None if sys.stdout.isatty() else 200)
    for space in found.spaces:
        console.print(Text(space["label"], style="bold"))
        console.print(Text(f"  run: {space['card']}"))
        for what, name in (("null", "null_labels"), ("null", "null_shuffled"), ("AUROC of", "auroc_of")):
            console.print(Text(f"  {what}: {space[name]}"))
    made = Table(*_COLUMNS, header_style="bold", box=None, pad_edge=False)
    for pair in found.pairs:
        made.add_row(*map(escape, _row(pair)))
    console.print(made)
    if found.alone:
        console.print(Text("without a counterpart", style="bold"))
    for row in found.alone:
        console.print(Text(f"  {row['taxon']} {row['label']}: {row['why']}"))
