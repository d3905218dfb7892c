"""Commands that look at the graph itself: status and cypher."""

import json
from dataclasses import asdict
from typing import Any

import click

from kg.ask.saved import Parameter, saved_queries, saved_query
from kg.cli.main import opened, print_rows
from kg.cli.rows import plain
from kg.errors import ContractError, Issue
from kg.read.contents import SourceState, read_status, rounded
from kg.store.guard import run_user_query

_FORMAT = click.Choice(["table", "json", "tsv"])


@click.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def status(ctx: click.Context, form: str) -> None:
    """What is in the graph, from which sources, and what is missing."""
    found = read_status(opened(ctx, read_only=True))
    if form == "json":
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


def _example(parameter: Parameter) -> str:
    value = parameter.example
    return f"--param {parameter.name}={value if isinstance(value, str) else json.dumps(value)}"


def _parameter(text: str) -> tuple[str, Any]:
    """``NAME=VALUE``; what is no JSON is text."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        issue = Issue("--param", "a name and a value", text, "write NAME=VALUE")
        raise ContractError([issue], code="ARGUMENT")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@click.command()
@click.argument("query", required=False)
@click.option("--saved", metavar="NAME", help="Name of a saved query.")
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE", help="Parameter of the query, as JSON or text.")
@click.option("--list", "listed", is_flag=True, help="List the saved queries and the question that each answers.")
@click.option("--format", "form", type=_FORMAT, default="table", show_default=True)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="Show at most this many rows.")
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.1), help="Seconds to wait.")
@click.pass_context
def cypher(
    ctx: click.Context,
    query: str | None,
    saved: str | None,
    given: tuple[str, ...],
    listed: bool,
    form: str,
    limit: int,
    timeout: float,
) -> None:
    """Query the graph in Cypher, for example:

    \b
      orthokg cypher "MATCH (m:DiseaseModel)-[:MODELS]->(d) RETURN m.label, d.label"
      orthokg cypher --list
      orthokg cypher --saved verdicts-of-a-model --param model=J20 --format tsv

    A query that would change the graph is refused before it runs. --timeout applies to Neo4j; the embedded store stops
    a user's query after 60 s. An answer is at most 16 MB.
    """
    if (query is not None) + (saved is not None) + listed != 1:
        fix = "a query, --saved NAME, or --list"
        raise ContractError([Issue("cypher", "one question at a time", "none or several", fix)], code="ARGUMENT")
    if listed:
        rows = [[each.name, each.question, " ".join(map(_example, each.parameters))] for each in saved_queries()]
        print_rows(["name", "question", "parameters"], rows, form)
        return
    parameters = dict(map(_parameter, given))
    if saved:
        chosen = saved_query(saved)
        query, parameters = chosen.text, chosen.filled(parameters)
        click.echo(f"{chosen.title}: {chosen.question}", err=True)
    found = run_user_query(opened(ctx, read_only=True), query or "", parameters, max_rows=limit, timeout=timeout)
    print_rows(found.columns, rounded(plain(found.rows)), form)
    if found.truncated:
        click.echo(f"only the first {limit} rows are shown: ask for more with --limit", err=True)
