"""The command ``orthokg atlas``: subcommands that read versions; those that create versions and map studies are in
``ingest.cli``."""

import json
from dataclasses import asdict

import click

from kg.cli.main import Named, opened, print_rows

ATLAS_COMMANDS = {
    "create": ("ingest.cli.atlas:create", "Create a version of an atlas from studies of single cells."),
    "import-statistics": (
        "ingest.cli.atlas_statistics:import_statistics",
        "Create a version from published statistics by type (MapMyCells), without cells.",
    ),
    "export-statistics": (
        "ingest.cli.atlas_statistics:export_statistics",
        "Export the statistics by type of a version, in MapMyCells' layout.",
    ),
    "submit": (
        "ingest.cli.atlas_submit:submit",
        "Submit studies to an atlas: gates check their effect, then a curator decides.",
    ),
    "bench": (
        "ingest.cli.atlas_bench:bench",
        "Compare methods to integrate the studies of an atlas, on donors whose labels are hidden.",
    ),
    "map": ("ingest.cli.atlas:map_cells", "Map a study to an atlas; nothing is stored in the graph."),
    "list": ("kg.cli.atlas:listed", "All atlases, with the current version of each."),
    "show": ("kg.cli.atlas:show", "The card of a version: its contents, reliability and limitations."),
    "log": ("kg.cli.atlas_lines:log", "The history of an atlas or a branch, as a graph."),
    "diff": ("kg.cli.atlas_lines:diff", "What differs between two versions: objects, studies, types, donors, numbers."),
    "counterparts": (
        "kg.cli.atlas_counterparts:counterparts",
        "Which types of an atlas correspond to which of an atlas of another species, at a level.",
    ),
    "submissions": ("kg.cli.atlas_submissions:submissions", "Submissions to atlases."),
    "submission": ("kg.cli.atlas_submissions:submission", "One submission, with the results of its gates."),
    "review": ("kg.cli.atlas_submissions:review", "Accept or refuse a submission; the last review merges it."),
    "branch": ("kg.cli.atlas_lines:branch", "List branches, or create one: a line, or a view of part of an atlas."),
    "merge": ("kg.cli.atlas_lines:merge", "Merge one branch into another."),
    "revert": ("kg.cli.atlas_lines:revert", "Revert a version, by a new version after it."),
    "tag": ("kg.cli.atlas_lines:tag", "List tags, or tag a version with a permanent name."),
    "export": ("kg.cli.atlas_export:export", "Export a version as a folder of its objects, with their licences."),
    "sweep": ("kg.cli.atlas:sweep", "Remove unreferenced objects and leftovers of killed writers."),
}
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.group(cls=Named, table=ATLAS_COMMANDS)
def atlas() -> None:
    """Atlases: references built from studies, to which small studies are mapped. A version never changes.

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
        click.echo("no atlas: create one with  orthokg atlas create")
        return
    print_rows(columns, rows, form)


@click.command()
@click.argument("version", metavar="NAME[/BRANCH][@DATE|@TAG|@ID]")
@click.option("--history", is_flag=True, help="All versions of the atlas up to this one, newest first.")
@_FORMAT
@click.pass_context
def show(ctx: click.Context, version: str, history: bool, form: str) -> None:
    """The card of a version: the current one, the one at the end of a day (UTC), or the one of a tag or id (eight
    digits are enough)."""
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
    "--days",
    default=1.0,
    show_default=True,
    help="Only objects older than this: a writer may be about to refer to newer ones.",
)
@click.pass_context
def sweep(ctx: click.Context, days: float) -> None:
    """Remove objects that no version or submission refers to, and leftovers of killed writers. At ORTHOKG_ATLAS, which
    other graphs may share, only the latter."""
    from kg.atlas.kept import named
    from kg.atlas.objects import DAY_SECONDS, ObjectStore

    objects = ObjectStore.of()
    freed = objects.sweep(named(opened(ctx, read_only=True), objects), older=max(days, 0) * DAY_SECONDS)
    click.echo(f"{freed:,} bytes freed")
