"""The command ``orthokg atlas export``: a version as a folder."""

from pathlib import Path

import click

from kg.cli.main import opened


@click.command()
@click.argument("version", metavar="NAME[@DATE|@TAG|@ID]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="A folder, new or empty.")
@click.option(
    "--closed", is_flag=True, help="Include objects of single studies whose licence does not allow redistribution."
)
@click.pass_context
def export(ctx: click.Context, version: str, out: Path, closed: bool) -> None:
    """Write a version as a folder: its objects by name, manifest.json, card.json, version.json and licences.tsv.

    Objects of single studies whose licence does not allow redistribution are left out, and listed in licences.tsv.
    """
    from kg.atlas.export import export as write
    from kg.atlas.objects import ObjectStore
    from kg.atlas.versions import resolve

    made = write(ObjectStore.of(), resolve(opened(ctx, read_only=True), version), out, closed=closed)
    click.echo(f"{len(made.written)} objects, {made.bytes:,} bytes: {out}")
    for key in made.left_out:
        click.echo(f"  left out: {key} (its licence does not allow redistribution; --closed includes it)")
