"""Commands that look at the graph itself: status and cypher."""

from dataclasses import asdict

import click

from kg.cli import opened, print_rows
from kg.guard import run_user_query
from kg.read import SourceState, read_status, rounded
from kg.rows import plain

_FORMAT = click.Choice(["table", "json", "tsv"])


@click.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def status(ctx: click.Context, form: str) -> None:
    """What is in the graph, from which sources, and what is missing."""
    found = read_status(opened(ctx, read_only=True))
    if form == "json":
        import json

        click.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    if not found.nodes:
        click.echo("The graph is empty: load the data with  orthokg ingest")
        return
    for release in found.releases:
        click.echo(f"release {release}")
    for what, counts in (("node", found.nodes), ("relationship", found.edges)):
        if counts:
            print_rows([what, "count"], [[name, f"{n:,}"] for name, n in counts.items()], "table")
            click.echo()
    loaded = [source for source in found.sources if source.status != "missing"]
    if loaded:
        print_rows(
            ["source", "version", "rows read", "= accepted", "+ quarantined"], [_row(each) for each in loaded], "table"
        )
    if found.missing:
        click.echo("\nmissing:")
        for source in found.missing:
            click.echo(f"  {source.id}: {source.reason}")


def _row(source: SourceState) -> list[str]:
    return [source.id, source.version, f"{source.read:,}", f"{source.accepted:,}", f"{source.quarantined:,}"]


@click.command()
@click.argument("query")
@click.option("--format", "form", type=_FORMAT, default="table", show_default=True)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="Most rows to show.")
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.1), help="Seconds to wait.")
@click.pass_context
def cypher(ctx: click.Context, query: str, form: str, limit: int, timeout: float) -> None:
    """Ask the graph in Cypher, for example:

    \b
      orthokg cypher "MATCH (m:DiseaseModel)-[:MODELS]->(d) RETURN m.label, d.label"

    A query that would change the graph is refused before it runs.
    """
    found = run_user_query(opened(ctx, read_only=True), query, max_rows=limit, timeout=timeout)
    print_rows(found.columns, rounded(plain(found.rows)), form)
    if found.truncated:
        click.echo(f"only the first {limit} rows are shown: ask for more with --limit", err=True)
