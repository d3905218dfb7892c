"""The commands ``orthokg network``: paths, neighbourhoods and communities."""

import json
from typing import TYPE_CHECKING, Any

import click

from kg.cli.main import opened, print_rows

if TYPE_CHECKING:
    from kg.network.links import Link

_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "tsv", "json"]), default="text", show_default=True
)
_BY = click.option("--by", multiple=True, metavar="TYPE", help="Follow this type of relationship; may be repeated.")
_HUB = click.option("--hub", default=1000, show_default=True, help="Pass no node with more relationships than this.")
_TAXON = click.option("--taxon", metavar="TAXON", help="Species of genes given by a symbol: mouse, NCBITaxon:10090.")


@click.group()
def network() -> None:
    """How nodes of the graph are connected: paths between two, the neighbourhood of one, communities of regulons."""


@network.command()
@click.argument("start")
@click.argument("end")
@click.option("--longest", default=4, show_default=True, help="Number of steps, 1 to 6.")
@click.option("--first", default=10, show_default=True, help="Number of paths, 1 to 100.")
@_BY
@_HUB
@_TAXON
@_FORMAT
@click.pass_context
def paths(
    ctx: click.Context,
    start: str,
    end: str,
    longest: int,
    first: int,
    by: tuple[str, ...],
    hub: int,
    taxon: str | None,
    form: str,
) -> None:
    """The shortest paths between two nodes, each step with its evidence.

    \b
      orthokg network paths APP MAPT
      orthokg network paths donepezil MAPT --longest 3
      orthokg network paths TREM2 microglia --by HAS_MARKER --by ORTHOLOG_OF
    """
    from kg.network.paths import paths as ask

    found = ask(
        opened(ctx, read_only=True), start, end, by=by, longest=longest, first=first, hub=hub, taxon=_species(taxon)
    )
    if form == "json":
        click.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    if form == "tsv":
        rows = [
            [
                at + 1,
                path.length,
                number + 1,
                step.start.id,
                step.start.name,
                step.end.id,
                step.end.name,
                *_columns(link),
            ]
            for at, path in enumerate(found.paths)
            for number, step in enumerate(path.steps)
            for link in step.links
        ]
        print_rows(["path", "steps", "step", "from", "from_name", "to", "to_name", *_LINK], rows, form)
        return
    click.echo(f"{found.start.name} ({found.start.id}) to {found.end.name} ({found.end.id})")
    if not found.paths:
        click.echo(f"no path of up to {longest} steps by {', '.join(found.types)}")
    for path in found.paths:
        click.echo(f"\n{' - '.join([path.steps[0].start.name, *(step.end.name for step in path.steps)])}")
        for step in path.steps:
            for link in step.links:
                click.echo(f"  {_arrow(step.start.id, step.start.name, step.end.name, link)}")
    _limits(found.hubs, found.reason)


@network.command()
@click.argument("node")
@click.option("--radius", default=1, show_default=True, help="Number of steps, 1 to 3.")
@click.option("--first", default=100, show_default=True, help="Number of neighbours, 1 to 1,000.")
@_BY
@_HUB
@_TAXON
@_FORMAT
@click.pass_context
def around(
    ctx: click.Context, node: str, radius: int, first: int, by: tuple[str, ...], hub: int, taxon: str | None, form: str
) -> None:
    """The nodes near one node, nearest first.

    \b
      orthokg network around TREM2
      orthokg network around SPI1 --radius 2 --by REGULATES --by HAS_TF
    """
    from kg.network.paths import neighbourhood

    found = neighbourhood(
        opened(ctx, read_only=True), node, by=by, radius=radius, first=first, hub=hub, taxon=_species(taxon)
    )
    if form == "json":
        click.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    rows = [
        [each.distance, each.node.label, each.node.id, each.node.name, *_columns(link)]
        for each in found.neighbours
        for link in each.links
    ]
    if form == "tsv":
        print_rows(["distance", "label", "id", "name", *_LINK], rows, form)
        return
    click.echo(f"around {found.node.name} ({found.node.id}): {found.known:,} nodes by {', '.join(found.types)}")
    print_rows(
        ["steps", "what", "name", "by", "evidence"],
        [[*row[:2], row[3], row[4], row[8]] for row in rows],
        "table",
    )
    _limits(found.hubs, found.reason)


@network.command()
@click.option("--network", "name", default="collectri", show_default=True, help="Network of the regulons.")
@click.option("--taxon", default="human", show_default=True, help="Species of its genes.")
@click.option("--first", default=10, show_default=True, help="Number of communities, 1 to 100.")
@click.option("--shuffles", default=3, show_default=True, help="Networks without structure to compare with, 0 to 20.")
@_FORMAT
@click.pass_context
def communities(ctx: click.Context, name: str, taxon: str, first: int, shuffles: int, form: str) -> None:
    """Groups of genes that the factors of a network connect densely (Louvain), largest first.

    \b
      orthokg network communities --network collectri --taxon human
    """
    from kg.network.communities import communities as ask

    species = _species(taxon)
    assert species
    found = ask(opened(ctx, read_only=True), name, species, first=first, shuffles=shuffles)
    if form == "json":
        click.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    if form == "tsv":
        rows = [[each.rank, gene.id, gene.name] for each in found.communities for gene in each.genes]
        print_rows(["community", "gene", "symbol"], rows, form)
        return
    click.echo(
        f"{found.network} of {found.taxon}: {found.factors:,} factors, {found.targets:,} targets,"
        f" {found.edges:,} relationships; {found.known:,} communities"
    )
    beside = ", ".join(f"{each:.3f}" for each in found.shuffled) or "not computed"
    click.echo(f"modularity {found.modularity:.3f}; of networks of the same degrees without structure: {beside}")
    print_rows(
        ["community", "factors", "targets", "inside", "leading factors (targets within)"],
        [
            [c.rank, c.factors, c.targets, f"{c.inside:.2f}", ", ".join(f"{h.node.name} ({h.n})" for h in c.leading)]
            for c in found.communities
        ],
        "table",
    )


_SHOWN = 60
_LINK = ["type", "subject", "object", "source", "evidence"]


def _columns(link: "Link") -> list[str]:
    return [link.type, link.subject, link.object, link.source, "; ".join(link.evidence)]


def _arrow(start: str, name: str, end: str, link: "Link") -> str:
    told = "; ".join([link.source, *(each if len(each) <= _SHOWN else f"{each[:_SHOWN]}…" for each in link.evidence)])
    one, two = (name, end) if link.subject == start else (end, name)
    return f"{one} -{link.type}-> {two}  ({told})"


def _limits(hubs: tuple[Any, ...], reason: str) -> None:
    if hubs:
        named = ", ".join(f"{hub.node.name} ({hub.n:,})" for hub in hubs[:10])
        more = f" and {len(hubs) - 10:,} more" if len(hubs) > 10 else ""
        click.echo(f"\nnot followed, for they have too many relationships (--hub): {named}{more}")
    if reason:
        click.echo(f"not all: {reason}")


def _species(text: str | None) -> str | None:
    from kg.names.ids import taxon

    return taxon(text) if text else None
