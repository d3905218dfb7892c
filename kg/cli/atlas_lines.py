"""The commands of ``orthokg atlas`` that read and write branches: ``log``, ``diff``, ``branch``, ``merge``, ``revert``
and ``tag``."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from kg.cli.main import opened, print_rows

_BY = ("organ", "type", "genotype", "disease", "drug", "species")
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_TABLE = click.option(
    "--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True
)


def authored(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options for name and ORCID of the author."""
    name = click.option("--author", envvar="ORTHOKG_AUTHOR", required=True, help="Your name, or ORTHOKG_AUTHOR.")
    orcid = click.option("--orcid", envvar="ORTHOKG_ORCID", default="", help="Your ORCID, or ORTHOKG_ORCID.")
    return name(orcid(command))


@click.command()
@click.argument("atlas", metavar="ATLAS[/BRANCH]")
@click.option("--all", "every", is_flag=True, help="Show versions of all branches of the atlas.")
@_FORMAT
@click.pass_context
def log(ctx: click.Context, atlas: str, every: bool, form: str) -> None:
    """The history of an atlas or one of its branches, newest first, as a graph of versions and their parents."""
    from kg.atlas import versions
    from kg.cli.atlas_log import drawn

    store = opened(ctx, read_only=True)
    branch = versions.branch_named(store, atlas)
    known = versions.branches(store, branch.atlas)
    heads = [each.head for each in known] if every else [branch.head]
    made = versions.newest_first(
        versions.ancestors(
            versions.by_id(each for each in versions.versions(store) if each.atlas == branch.atlas), *heads
        )
    )
    if form == "json":
        click.echo(json.dumps([asdict(each) for each in made], indent=1, ensure_ascii=False))
        return
    names: dict[str, list[str]] = {}
    for each in known:
        names.setdefault(each.head, []).append(each.name)
    for tag in versions.tags(store, branch.atlas):
        names.setdefault(tag.version, []).append(f"tag {tag.name}")
    for line in drawn(made, names):
        click.echo(line)


@click.command()
@click.argument("old")
@click.argument("new")
@_FORMAT
@click.pass_context
def diff(ctx: click.Context, old: str, new: str, form: str) -> None:
    """The differences between the versions OLD and NEW: objects, studies, types, donors and the numbers of both
    cards."""
    from kg.atlas.diff import diff as compare
    from kg.atlas.objects import ObjectStore
    from kg.atlas.versions import resolve
    from kg.cli.atlas_log import diff_text

    store = opened(ctx, read_only=True)
    found = compare(ObjectStore.of(), resolve(store, old), resolve(store, new))
    click.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False) if form == "json" else diff_text(found))


@click.command()
@click.argument("atlas", metavar="ATLAS[/BRANCH][@VERSION]")
@click.argument("name", required=False)
@click.option("--organ", multiple=True, help="A view: studies of a tissue or organ, by name or UBERON id.")
@click.option("--type", "kind", multiple=True, help="A view: a cell type and its descendants, by name or CL id.")
@click.option("--genotype", multiple=True, help="A view: studies of a model, by its name, genotype or strain.")
@click.option("--disease", multiple=True, help="A view: studies of a disease or state, by name or MONDO id.")
@click.option("--drug", multiple=True, help="A view: studies of a drug, by name or ChEMBL id.")
@click.option("--species", multiple=True, help="A view: of a species, by name or NCBITaxon id.")
@click.option("--author", envvar="ORTHOKG_AUTHOR", help="Your name, or ORTHOKG_AUTHOR; needed to create one.")
@_TABLE
@click.pass_context
def branch(ctx: click.Context, atlas: str, name: str | None, author: str | None, form: str, **chosen: Any) -> None:
    """List the branches of ATLAS, or create its branch NAME.

    \b
      orthokg atlas branch pbmc
      orthokg atlas branch pbmc trial                        a line, which grows beside main
      orthokg atlas branch brain microglia --type microglia  a view: a part by a filter
      orthokg atlas branch brain/microglia ad --disease "Alzheimer disease"

    A view selects any of the values of an option, and combines all options. The parent branch does not change. A view
    begins with the model of its parent; orthokg atlas create brain/microglia STUDIES gives it one of its own.
    """
    from kg.atlas import branches, versions
    from kg.atlas.objects import ObjectStore
    from kg.atlas.version import Author

    if name is None:
        store = opened(ctx, read_only=True)
        rows = [
            [each.place, each.kind, each.head.removeprefix(versions.VERSION)[:12],
             each.base.removeprefix(versions.VERSION)[:12], _filter(each.filter), each.author, each.when]
            for each in versions.branches(store, versions.branch_named(store, atlas.partition("@")[0]).atlas)
        ]  # fmt: skip
        print_rows(["branch", "kind", "version", "cut at", "selects", "author", "when"], rows, form)
        return
    if not author:
        raise click.UsageError("Missing option '--author': say who you are, or set ORTHOKG_AUTHOR.")
    view = {by: chosen["kind" if by == "type" else by] for by in _BY}
    view = {by: values for by, values in view.items() if values}
    made = branches.cut(opened(ctx), ObjectStore.of(), atlas, name, Author(author), chosen=view or None)
    click.echo(f"{made.place}: a {made.kind} at {made.head.removeprefix(versions.VERSION)[:12]}{_selects(made.filter)}")


@click.command()
@click.argument("source", metavar="ATLAS/BRANCH[@VERSION]")
@click.argument("into", metavar="ATLAS[/BRANCH]")
@click.option("-m", "--message", default="", help="Description of this version. Default: that of the merged version.")
@authored
@click.pass_context
def merge(ctx: click.Context, source: str, into: str, message: str, author: str, orcid: str) -> None:
    """Merge another branch: creates a version of INTO with the changes of both. If both changed the same object, an
    error shows both changes; models are never merged."""
    from kg.atlas import lines
    from kg.atlas.objects import ObjectStore
    from kg.atlas.version import Author
    from kg.cli.atlas_card import version_text

    click.echo(version_text(lines.merge(opened(ctx), ObjectStore.of(), source, into, Author(author, orcid), message)))


@click.command()
@click.argument("version", metavar="NAME[@DATE|@TAG|@ID]")
@click.option("--why", required=True, help="Why the version is reverted.")
@authored
@click.pass_context
def revert(ctx: click.Context, version: str, why: str, author: str, orcid: str) -> None:
    """Revert a version: a new version after it has the content from before it. No version is deleted."""
    from kg.atlas import lines
    from kg.atlas.objects import ObjectStore
    from kg.atlas.version import Author
    from kg.cli.atlas_card import version_text

    click.echo(version_text(lines.revert(opened(ctx), ObjectStore.of(), version, Author(author, orcid), why)))


@click.command()
@click.argument("atlas")
@click.argument("name", required=False)
@click.argument("version", required=False, default="")
@click.option("--author", envvar="ORTHOKG_AUTHOR", help="Your name, or ORTHOKG_AUTHOR; needed to give one.")
@_TABLE
@click.pass_context
def tag(ctx: click.Context, atlas: str, name: str | None, version: str, author: str | None, form: str) -> None:
    """List the tags of ATLAS, or tag VERSION (default: the current one) as NAME. A tag never moves.

    \b
      orthokg atlas tag pbmc v1
      orthokg atlas show pbmc@v1
    """
    from kg.atlas import branches, versions
    from kg.atlas.version import Author

    if name is None:
        rows = [
            [f"{each.atlas}@{each.name}", each.version.removeprefix(versions.VERSION)[:12], each.author, each.when]
            for each in versions.tags(opened(ctx, read_only=True), atlas)
        ]
        print_rows(["tag", "version", "author", "when"], rows, form)
        return
    if not author:
        raise click.UsageError("Missing option '--author': say who you are, or set ORTHOKG_AUTHOR.")
    made = branches.tagged(opened(ctx), atlas, name, version, Author(author))
    click.echo(f"{made.atlas}@{made.name}: {made.version.removeprefix(versions.VERSION)[:12]}")


def _filter(chosen: Any) -> str:
    return "; ".join(f"{by} {' or '.join(values)}" for by, values in chosen.items())


def _selects(chosen: Any) -> str:
    return f", of {_filter(chosen)}" if chosen else ""
