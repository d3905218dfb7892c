"""The commands ``orthokg atlas import-statistics`` and ``export-statistics``."""

from pathlib import Path

import click

from kg.cli.main import opened

_FILE = click.Path(path_type=Path, dir_okay=False)
_OBJECTS = click.option("--objects", help="Folder or URL of the objects. Default: ORTHOKG_ATLAS, else the home.")


@click.command("import-statistics")
@click.argument("name")
@click.argument("file", type=_FILE)
@click.option("--markers", type=_FILE, help="Marker genes by node (JSON). Default: selected from the statistics.")
@click.option("--taxon", required=True, help="NCBITaxon of its cells, such as NCBITaxon:10090.")
@click.option("--title", required=True, help="Title, as shown on the card.")
@click.option("--licence", required=True, help="Licence of the file.")
@click.option("--citation", required=True, help="How to cite it.")
@click.option("--doi", default="", help="DOI of its publication.")
@click.option("--policy", type=_FILE, help="Policy for mappings; heads: correlation or hierarchical.")
@click.option("--author", envvar="ORTHOKG_AUTHOR", required=True, help="Your name, or ORTHOKG_AUTHOR.")
@click.option("--orcid", envvar="ORTHOKG_ORCID", default="", help="Your ORCID, or ORTHOKG_ORCID.")
@click.option("-m", "--message", default="", help="Description of this version. Default: the name of the file.")
@click.option("--replace", is_flag=True, help="The atlas exists: make this its next version.")
@_OBJECTS
@click.pass_context
def import_statistics(
    ctx: click.Context,
    name: str,
    file: Path,
    markers: Path | None,
    taxon: str,
    title: str,
    licence: str,
    citation: str,
    doi: str,
    policy: Path | None,
    author: str,
    orcid: str,
    message: str,
    replace: bool,
    objects: str | None,
) -> None:
    """Create a version of the atlas NAME from FILE, statistics by type as written by cell_type_mapper
    (precomputed_stats.h5).

    \b
      orthokg atlas import-statistics brain precomputed_stats.h5 --markers markers.json --taxon NCBITaxon:10090 \\
          --title "Whole mouse brain" --licence CC-BY-4.0 --citation "Yao 2023" --author "A. Lab"

    Without cells and donors, studies are mapped by correlation down its tree, and coverage is not guaranteed.
    """
    from ingest.atlas.of_statistics import Published, create_of_statistics
    from ingest.atlas.policy import read_policy
    from ingest.fetch.cache import Cache
    from ingest.fetch.genes_index import Genes
    from kg.atlas.objects import ObjectStore
    from kg.atlas.version import Author
    from kg.atlas.versions import resolve

    store, who, rules = opened(ctx), Author(author, orcid), read_policy(policy)
    parent = resolve(store, name).id if replace else ""
    source = Published(taxon, title, licence, citation, doi)
    version, notes = create_of_statistics(
        store, ObjectStore.of(objects), name, file, markers, source, rules, who, message or file.name,
        genes=Genes(Cache.open()), parent=parent,
    )  # fmt: skip
    for note in notes:
        click.echo(note)
    click.echo(
        f"{version.atlas}@{version.commit[:12]}: {version.n_cells:,} cells as statistics, {version.n_types:,} types"
    )
    click.echo(f"card: orthokg atlas show {name}")


@click.command("export-statistics")
@click.argument("atlas")
@click.option("--out", type=_FILE, required=True, help="The file to write (.h5).")
@click.option("--markers", type=_FILE, help="Also the marker genes by node (JSON).")
@_OBJECTS
@click.pass_context
def export_statistics(ctx: click.Context, atlas: str, out: Path, markers: Path | None, objects: str | None) -> None:
    """Write the statistics by type of ATLAS (NAME, NAME@DATE or NAME@VERSION) in the layout of cell_type_mapper.

    \b
      orthokg atlas export-statistics pbmc --out precomputed_stats.h5 --markers markers.json

    The version must have correlation or hierarchical among the heads of its policy.
    """
    from ingest.atlas.of_statistics import export_statistics as write
    from kg.atlas.objects import ObjectStore
    from kg.atlas.versions import resolve

    types = write(ObjectStore.of(objects), resolve(opened(ctx, read_only=True), atlas), out, markers)
    click.echo(f"written: {types:,} types to {', '.join(str(each) for each in (out, markers) if each)}")
