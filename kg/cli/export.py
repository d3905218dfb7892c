"""The commands ``orthokg export`` and ``orthokg load``."""

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from kg.cli.main import opened
from kg.cli.match import signatures
from kg.errors import KgError, UnknownTermError
from kg.store.driver import home
from kg.terminal.console import Console


@click.command()
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(
        ["kgx", "sssom", "graphml", "node-link", "neo4j-csv", "graph-parquet", "parquet", "contrasts", "linkml", "h5ad"]
    ),
    help="File format.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="A new folder, or an earlier export."
)
@click.option("--release", help="Export this release: the graph if it has not changed since, else the kept copy.")
@click.pass_context
def export(ctx: click.Context, form: str, out: Path, release: str | None) -> None:
    """Write the graph to files, each row under the licence of its source.

    \b
      kgx        nodes.tsv and edges.tsv with Biolink categories and predicates
      sssom      orthologs.sssom.tsv and terms.sssom.tsv
      graphml    graph.graphml, for networkx and others
      node-link  graph.json, for networkx and others
      neo4j-csv  files for neo4j-admin database import, with the command; `orthokg load` reads them as well
      graph-parquet
                 one Parquet file per label and per type of relationship
      parquet    matches.parquet
      contrasts  contrasts.parquet: effect, z, p and q of every gene of every contrast; activity.parquet: of regulons
                 and modules
      h5ad       contrasts.h5ad: contrasts by genes for scanpy, orthologs in one column
      linkml     orthokg.linkml.yaml: the schema, with the sources of each type of relationship

    Rows that may not be redistributed are left out, counted here and listed in LEFT_OUT.tsv; LICENCES.tsv gives the
    terms of every source.
    """
    from kg.backup.kept import kept
    from kg.backup.kept import opened as at_release
    from kg.export.run import export as run

    store = opened(ctx, read_only=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def tell(what: str) -> None:
            bar.update(task, description=what, advance=1)

        try:
            done = run(store, signatures(), form, out, release=release, tell=tell)
        except KgError as error:
            if release is None or error.code not in ("RELEASE_CHANGED", UnknownTermError.code):
                raise
            if release not in kept(home()):
                raise KgError(f"{error} It is not kept in {home()} either.", code=error.code) from error
            with at_release(home(), release, tell) as (then, its_signatures):
                done = run(then, its_signatures, form, out, release=release, tell=tell)
    click.echo(f"{sum(done.rows.values()):,} rows of {done.release} in {done.folder}")
    if done.left_out:
        total = sum(n for *_, n in done.left_out)
        click.echo(f"{total:,} rows are left out (LEFT_OUT.tsv):")
        sums: dict[tuple[str, str], int] = {}
        for source, licence, _, _, n in done.left_out:
            sums[source, licence] = sums.get((source, licence), 0) + n
        for (source, licence), n in sums.items():
            click.echo(f"  {source}: {n:,} rows; licence: {licence}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.pass_context
def load(ctx: click.Context, folder: Path) -> None:
    """Load an export made by `orthokg export --format neo4j-csv` into an empty store."""
    from kg.export.neo4j_csv_load import load as run

    nodes, edges = run(opened(ctx), folder)
    click.echo(f"{nodes:,} nodes and {edges:,} relationships")
