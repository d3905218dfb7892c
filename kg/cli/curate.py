"""The command ``orthokg curate``: propose, review, list."""

import json
from dataclasses import asdict

import click

from kg.cli.main import opened, print_rows, writing
from kg.cli.match import signatures
from kg.curate.curation import curations
from kg.jobs import curations as by_the_writer
from kg.release.releases import release_text
from kg.store.write import ensure_schema

_WHO = click.option(
    "--who", envvar="ORTHOKG_CURATOR", required=True, help="Your name; set ORTHOKG_CURATOR to avoid repeating it."
)
_COLUMNS = ("id", "state", "verdict", "who", "when", "reviewer", "about", "why", "note")


@click.group()
def curate() -> None:
    """Give your verdict on a match or a mapping; another curator reviews it.

    \b
      orthokg curate propose orthokg:match/2ef658c5e92a --accept --why "seen in our own mice, doi:..." --who ada
      orthokg curate propose ENSEMBL:ENSG00000142192 ENSEMBL:ENSMUSG00000022892 --reject --why "..." --who ada
      orthokg curate review orthokg:curation/1f0c6d2b9a44 --accept --who bob
      orthokg curate list

    The computed result does not change; your verdict is shown beside it in every answer, marked as proposed until it
    is reviewed.
    """


@curate.command()
@click.argument("about", nargs=-1, required=True)
@click.option("--accept", "verdict", flag_value="accept", help="You think it is right.")
@click.option("--reject", "verdict", flag_value="reject", help="You think it is wrong.")
@click.option("--comment", "verdict", flag_value="comment", default=True, help="You only comment on it (the default).")
@click.option("--why", required=True, help="Your evidence or reasoning.")
@click.option(
    "--supersedes",
    help="Id of an earlier curation of the same match or mapping, which this one replaces once reviewed.",
)
@_WHO
@click.pass_context
def propose(
    ctx: click.Context, about: tuple[str, ...], verdict: str, why: str, supersedes: str | None, who: str
) -> None:
    """Propose a verdict on one stored match (its id), or on a mapping (the ids of its two ends)."""
    store = writing(ctx)
    if store.writes:
        ensure_schema(store)
    made = by_the_writer.propose(
        store,
        about=about,
        verdict=verdict,
        why=why,
        who=who,
        supersedes=supersedes,
        release=release_text(store, signatures()),
    )
    click.echo(
        f"{made.id}\n{made.text()}\nanother curator reviews it:  orthokg curate review {made.id} --accept --who NAME"
    )


@curate.command()
@click.argument("id")
@click.option("--accept/--reject", "accept", required=True, default=None)
@click.option("--why", default="", help="Your evidence or reasoning.")
@_WHO
@click.pass_context
def review(ctx: click.Context, id: str, accept: bool, why: str, who: str) -> None:
    """Accept or decline what another curator proposed."""
    click.echo(by_the_writer.review(writing(ctx), id, accept=accept, who=who, why=why).text())


@curate.command("list")
@click.option("--about", multiple=True, help="Only curations of this match; may be repeated.")
@click.option("--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True)
@click.pass_context
def list_(ctx: click.Context, about: tuple[str, ...], form: str) -> None:
    """List all curations, oldest first."""
    found = curations(opened(ctx, read_only=True), about or None)
    if form == "json":
        click.echo(json.dumps([asdict(each) for each in found], indent=1, ensure_ascii=False))
    elif found or form == "tsv":
        print_rows(list(_COLUMNS), [[getattr(each, name) for name in _COLUMNS] for each in found], form)
    else:
        click.echo("nothing has been curated yet")
