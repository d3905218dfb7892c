"""The commands ``orthokg atlas create`` and ``orthokg atlas map``; subcommands that only read are in
``kg.cli.atlas``."""

import json
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kg.cli.main import opened


@click.command()
@click.argument("name", metavar="NAME[/VIEW]")
@click.argument("studies", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="How cells are processed. Default: no filters, default settings; of a view, as in its parent.",
)
@click.option("--author", envvar="ORTHOKG_AUTHOR", required=True, help="Your name, or ORTHOKG_AUTHOR.")
@click.option("--orcid", envvar="ORTHOKG_ORCID", default="", help="Your ORCID, or ORTHOKG_ORCID.")
@click.option("-m", "--message", default="", help="Description of this version. Default: the names of its studies.")
@click.option("--replace", is_flag=True, help="The atlas exists: make these studies its next version.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--objects", help="Folder or URL of the objects (s3://bucket/prefix). Default: ORTHOKG_ATLAS, otherwise the home."
)
@click.option(
    "--allow-path", "allowed", multiple=True, type=click.Path(path_type=Path), help="A folder that manifests may read."
)
@click.pass_context
def create(
    ctx: click.Context,
    name: str,
    studies: tuple[Path, ...],
    policy: Path | None,
    author: str,
    orcid: str,
    message: str,
    replace: bool,
    seed: int,
    objects: str | None,
    allowed: tuple[Path, ...],
) -> None:
    """Create a version of the atlas NAME from STUDIES, manifests of files of cells.

    \b
      orthokg atlas create pbmc kang.yaml other.yaml --policy policy.yaml --author "A. Lab"
      orthokg atlas create brain/microglia one.yaml two.yaml --author "A. Lab"

    Held-out donors are used to choose the classifier head and calibrate its probabilities. Counts are not copied. A
    view (orthokg atlas branch) gets a model of its own from the cells it selects: name the studies that it selects.
    """
    from ingest.atlas.create import create as make
    from ingest.atlas.of_view import create_of_view
    from ingest.atlas.policy import read_policy
    from ingest.fetch.cache import Cache
    from ingest.fetch.genes_index import Genes
    from ingest.progress import console
    from kg.atlas.objects import ObjectStore
    from kg.atlas.version import Author
    from kg.atlas.versions import resolve

    of_view = "/" in name
    if of_view and policy:
        raise click.UsageError(f"{name} has the policy of the version that it is pinned to: leave out --policy")
    store, who, rules = opened(ctx), Author(author, orcid), read_policy(policy)
    parent = resolve(store, name).id if replace and not of_view else ""
    cache = Cache.open(allowed=allowed)
    where, text = ObjectStore.of(objects), message or ", ".join(path.stem for path in studies)
    shown = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*shown, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("held out", total=None)
        told: dict[str, Any] = {
            "cache": cache,
            "genes": Genes(cache),
            "seed": seed,
            "progress": lambda done, total: bar.update(task, completed=done, total=total),
        }
        if of_view:
            made = create_of_view(store, where, name, studies, who, text, again=replace, **told)
        else:
            made = make(store, where, name, studies, rules, who, text, parent=parent, **told)
    for each in made.reads:
        rows = each.of_reference
        click.echo(f"{each.name}: {int(rows.sum()):,} of {len(rows):,} cells used; healthy: {each.by}")
        for note in each.notes:
            click.echo(f"  {note}")
    v = made.version
    click.echo(
        f"{v.place}@{v.commit[:12]}: {v.n_studies} studies, {v.n_donors:,} donors, {v.n_cells:,} cells,"
        f" {v.n_types} types"
    )
    for line in made.built.quality["limits"]:
        click.echo(f"  {line}")
    click.echo(f"card: orthokg atlas show {name}")


@click.command("map")
@click.argument("atlas")
@click.argument("study", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The AnnData to write (.h5ad)."
)
@click.option("--tsv", type=click.Path(path_type=Path, dir_okay=False), help="Also a table, one row per cell.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Also an HTML page with a plot.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--objects", help="Folder or URL of the objects. Default: ORTHOKG_ATLAS, else the home.")
@click.option(
    "--allow-path",
    "allowed",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A folder that the manifest may read.",
)
@click.pass_context
def map_cells(
    ctx: click.Context,
    atlas: str,
    study: Path,
    out: Path,
    tsv: Path | None,
    html: Path | None,
    form: str,
    seed: int,
    objects: str | None,
    allowed: tuple[Path, ...],
) -> None:
    """Map STUDY (a manifest) to ATLAS: NAME, NAME@DATE or NAME@VERSION. Nothing is stored in the graph.

    \b
      orthokg atlas map pbmc my-study.yaml --out mapped.h5ad --html mapped.html

    Each cell is assigned a type or an ancestor, or called ambiguous, unknown or of low quality, with a probability, a
    prediction set and an outside score. The study needs no cell types of its own.
    """
    from ingest.atlas.files import facts, write_h5ad, write_table
    from ingest.atlas.mapped import populations, read_against, summary
    from ingest.atlas.page import write_page
    from ingest.fetch.cache import Cache
    from ingest.fetch.genes_index import Genes
    from kg.atlas.objects import ObjectStore
    from kg.atlas.versions import resolve

    store, cache = opened(ctx, read_only=True), Cache.open(allowed=allowed)
    version = resolve(store, atlas)
    found = read_against(ObjectStore.of(objects), version, study, cache=cache, genes=Genes(cache), seed=seed)
    write_h5ad(found, out)
    if tsv:
        write_table(found, tsv)
    if html:
        write_page(found, html)
    if form == "json":
        click.echo(json.dumps(facts(found), ensure_ascii=False))
        return
    for line in summary(found):
        click.echo(line)
    click.echo("outcome\tlabel\tterm\tcells\tdonors\tof controls\tmean P")
    for p in populations(found):
        shown = "" if p.probability is None else f"{p.probability:.2f}"
        click.echo(f"{p.outcome}\t{p.label}\t{p.cl}\t{p.cells}\t{p.donors}\t{p.controls}\t{shown}")
    click.echo(f"written: {', '.join(str(each) for each in (out, tsv, html) if each)}")
