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
    "map": ("ingest.cli.atlas:map_cells", "Read a study against an atlas; nothing is stored."),
    "list": ("kg.cli.atlas:listed", "All atlases, with the current version of each."),
    "show": ("kg.cli.atlas:show", "The card of a version: what it is made of, how sure it is, what it cannot say."),
    "sweep": ("kg.cli.atlas:sweep", "Remove objects that no version names, and what killed writers left."),
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
@click.argument("version", metavar="NAME[@DATE|@ID]")
@click.option("--history", is_flag=True, help="All versions of the atlas up to this one, newest first.")
@_FORMAT
@click.pass_context
def show(ctx: click.Context, version: str, history: bool, form: str) -> None:
    """The card of a version: where the atlas stands now, stood when a day ended (UTC), or the version of an id, of
    which eight digits do."""
    from kg.atlas import versions
    from kg.atlas.objects import ObjectStore
    from kg.cli.atlas_card import card_text, version_text

    store = opened(ctx, read_only=True)
    found = versions.resolve(store, version)
    if history:
        made = [each for each in versions.history(store, found.atlas) if each.when <= found.when]
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
    """Remove objects that no version names, and what killed writers left. In a place that ORTHOKG_ATLAS names, which
    other graphs may share, only the latter."""
    from kg.atlas.objects import DAY_SECONDS, ObjectStore
    from kg.atlas.versions import named

    objects = ObjectStore.of()
    freed = objects.sweep(named(opened(ctx, read_only=True), objects), older=max(days, 0) * DAY_SECONDS)
    click.echo(f"{freed:,} bytes are free")
