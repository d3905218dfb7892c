"""The command ``orthokg atlas``: what reads versions is here; what makes them, and maps, in the rooms of cells."""

import json
from dataclasses import asdict

import click

from kg.cli.main import Named, opened, print_rows

ATLAS_COMMANDS = {
    "create": ("ingest.cli.atlas:create", "Make a version of an atlas of studies, each a manifest of single cells."),
    "import-statistics": (
        "ingest.cli.atlas_statistics:import_statistics",
        "Make a version of a published file of sums by type (MapMyCells' layout), without cells.",
    ),
    "export-statistics": (
        "ingest.cli.atlas_statistics:export_statistics",
        "Write the sums by type of a version, in MapMyCells' layout.",
    ),
    "submit": (
        "ingest.cli.atlas_submit:submit",
        "Submit studies to an atlas: its gates say what they would do to it, then a curator decides.",
    ),
    "bench": (
        "ingest.cli.atlas_bench:bench",
        "Measure ways to bring the studies of an atlas together, on donors whose labels are hidden.",
    ),
    "map": ("ingest.cli.atlas:map_cells", "Read a study against an atlas; nothing is stored."),
    "list": ("kg.cli.atlas:listed", "All atlases, with the current version of each."),
    "show": ("kg.cli.atlas:show", "The card of a version: what it is made of, how sure it is, what it cannot say."),
    "log": ("kg.cli.atlas_lines:log", "The versions that an atlas or a branch is made of, as a picture."),
    "diff": ("kg.cli.atlas_lines:diff", "What differs between two versions: objects, studies, types, donors, numbers."),
    "counterparts": (
        "kg.cli.atlas_counterparts:counterparts",
        "Which types of an atlas correspond to which of an atlas of another species, at a level.",
    ),
    "submissions": ("kg.cli.atlas_submissions:submissions", "Studies that somebody wants in an atlas."),
    "submission": ("kg.cli.atlas_submissions:submission", "One submission, with what each of its gates found."),
    "review": ("kg.cli.atlas_submissions:review", "Accept or refuse a submission; the last review merges it."),
    "branch": ("kg.cli.atlas_lines:branch", "List branches, or cut one: a line that grows, or a view of a part."),
    "merge": ("kg.cli.atlas_lines:merge", "Take up in one branch what another has."),
    "revert": ("kg.cli.atlas_lines:revert", "Take a version back, by a new one after it."),
    "tag": ("kg.cli.atlas_lines:tag", "List tags, or give a version a name that never moves."),
    "export": ("kg.cli.atlas_export:export", "Write a version as a folder of its objects, under their licences."),
    "sweep": ("kg.cli.atlas:sweep", "Remove objects that nothing in the graph names, and what killed writers left."),
}
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.group(cls=Named, table=ATLAS_COMMANDS)
def atlas() -> None:
    """Atlases: references made of studies, that small studies are mapped to. A version never changes.

    \b
      orthokg atlas list
      orthokg atlas show pbmc
      orthokg atlas show pbmc@2026-11-29
      orthokg atlas show pbmc@3f9a01bc
      orthokg atlas log pbmc
      orthokg atlas submission 7
    """


@click.command("list")
@click.option("--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True)
@click.pass_context
def listed(ctx: click.Context, form: str) -> None:
    """All atlases, with the current version of each."""
    from kg.atlas.versions import VERSION, atlases

    columns = ["atlas", "species", "version", "versions", "when"]
    rows = [
        [each.label, each.in_taxon, each.head.removeprefix(VERSION)[:12], each.n_versions, each.when]
        for each in atlases(opened(ctx, read_only=True))
    ]
    if not rows and form == "table":
        click.echo("no atlas: make one with  orthokg atlas create")
        return
    print_rows(columns, rows, form)


@click.command()
@click.argument("version", metavar="NAME[/BRANCH][@DATE|@TAG|@ID]")
@click.option("--history", is_flag=True, help="All versions of the atlas up to this one, newest first.")
@_FORMAT
@click.pass_context
def show(ctx: click.Context, version: str, history: bool, form: str) -> None:
    """The card of a version: where the atlas stands now, stood when a day ended (UTC), or the version of a tag
    or of an id, of which eight digits do."""
    from kg.atlas import versions
    from kg.atlas.objects import ObjectStore
    from kg.cli.atlas_card import card_text, version_text

    store = opened(ctx, read_only=True)
    found = versions.resolve(store, version)
    if history:
        known = versions.by_id(versions.versions(store))
        made = versions.newest_first(versions.ancestors(known, found.id))
        if form == "json":
            click.echo(json.dumps([asdict(each) for each in made], indent=1, ensure_ascii=False))
        else:
            click.echo("\n".join(map(version_text, made)))
        return
    card = versions.card_of(ObjectStore.of(), found)
    if form == "json":
        made = {"version": asdict(found), "card": asdict(card), "licences": card.licences}
        click.echo(json.dumps(made, indent=1, ensure_ascii=False))
    else:
        click.echo(card_text(found, card), nl=False)


@click.command()
@click.option(
    "--days", default=1.0, show_default=True, help="Only what is older: a writer may be about to name the rest."
)
@click.pass_context
def sweep(ctx: click.Context, days: float) -> None:
    """Remove objects that no version or submission names, and what killed writers left. In a place that ORTHOKG_ATLAS
    names, which other graphs may share, only the latter."""
    from kg.atlas.kept import named
    from kg.atlas.objects import DAY_SECONDS, ObjectStore

    objects = ObjectStore.of()
    freed = objects.sweep(named(opened(ctx, read_only=True), objects), older=max(days, 0) * DAY_SECONDS)
    click.echo(f"{freed:,} bytes are free")
