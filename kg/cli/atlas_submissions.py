"""The commands of ``orthokg atlas`` about submissions: ``submissions``, ``submission`` and ``review``."""

import json
from dataclasses import asdict

import click

from kg.cli.main import opened, print_rows


@click.command()
@click.argument("atlas", required=False)
@click.option("--status", help="open, failed, underpowered, passed, accepted, refused or withdrawn. Default: all.")
@click.option("--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True)
@click.pass_context
def submissions(ctx: click.Context, atlas: str | None, status: str | None, form: str) -> None:
    """Submissions to ATLAS, or to all atlases, by number."""
    from kg.atlas.submissions import submissions as listed

    found = listed(opened(ctx, read_only=True), atlas, status)
    if not found and form == "table":
        click.echo("no submissions: create one with  orthokg atlas submit")
        return
    columns = ["number", "to", "status", "author", "message", "donors", "cells", "when"]
    rows = [[e.number, e.place, e.status, e.author, e.message, e.donors, e.cells, e.when] for e in found]
    print_rows(columns, rows, form)


@click.command()
@click.argument("number", type=int)
@click.option("--check", type=int, help="Report of an earlier check: 1 is the first. Default: the last.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def submission(ctx: click.Context, number: int, check: int | None, form: str) -> None:
    """One submission: what each gate checked and found, before and after, and its reviews."""
    from kg.atlas.objects import ObjectStore
    from kg.atlas.submissions import report_of
    from kg.atlas.submissions import submission as one
    from kg.cli.atlas_report import report_text, submission_text

    found = one(opened(ctx, read_only=True), number)
    objects = ObjectStore.of()
    last = report_of(objects, found)
    report = last if check is None else report_of(objects, found, check)
    if form == "json":
        click.echo(json.dumps({"submission": asdict(found), "report": asdict(report)}, indent=1, ensure_ascii=False))
    else:
        click.echo(f"{submission_text(found, last)}\n\n{report_text(report)}", nl=False)


@click.command()
@click.argument("number", type=int)
@click.option(
    "--accept",
    "accept",
    flag_value=True,
    type=bool,
    default=None,
    help="Accept: the submission is merged, or a second reviewer is needed.",
)
@click.option(
    "--refuse", "accept", flag_value=False, type=bool, help="Refuse: the submission is closed; its author withdraws it."
)
@click.option("--why", required=True, help="Your evidence or reasoning.")
@click.option("--override", multiple=True, metavar="GATE", help="A gate that stops it, to override; may be repeated.")
@click.option(
    "--who", envvar=["ORTHOKG_CURATOR", "ORTHOKG_AUTHOR"], required=True, help="Your name, or ORTHOKG_CURATOR."
)
@click.option("--orcid", envvar="ORTHOKG_ORCID", default="", help="Your ORCID, or ORTHOKG_ORCID.")
@click.pass_context
def review(
    ctx: click.Context, number: int, accept: bool | None, why: str, override: tuple[str, ...], who: str, orcid: str
) -> None:
    """Accept or refuse somebody else's submission. Your name is recorded as unverified.

    \b
      orthokg atlas review 7 --accept --why "labels agree with our own staining" --who bob

    A submission that passed needs one reviewer, an underpowered one two. Gates that stop it are overridden by name, and
    a second reviewer has to accept it as well.
    """
    from kg.atlas.objects import ObjectStore
    from kg.atlas.review import needs
    from kg.atlas.review import review as say
    from kg.atlas.submissions import report_of
    from kg.atlas.version import Author

    if accept is None:
        raise click.UsageError("Give one of --accept and --refuse.")
    objects = ObjectStore.of()
    found = say(
        opened(ctx), objects, number, reviewer=Author(who, orcid), verified=False, accept=accept, why=why,
        override=override,
    )  # fmt: skip
    if found.version:
        click.echo(f"submission {number} is accepted: {found.place}@{found.version.rpartition('/')[2][:12]}")
    elif found.open:
        due = needs(report_of(objects, found), found)
        click.echo(f"submission {number}: {due} more reviewer{'s' * (due > 1)} to accept it")
    else:
        click.echo(f"submission {number} is {found.status}")
