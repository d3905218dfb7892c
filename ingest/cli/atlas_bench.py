"""The command ``orthokg atlas bench``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kg.cli.main import opened, print_rows

if TYPE_CHECKING:
    from ingest.atlas.bench import Bench


@click.command("bench")
@click.argument("atlas")
@click.argument("studies", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--methods",
    default="",
    metavar="A,B",
    help="pca, harmony, scvi, scanorama, fastmnn, 'closed form', scanvi. Default: all that are installed.",
)
@click.option("--cells", "most", type=click.IntRange(100), default=6_000, show_default=True, help="Measured at most.")
@click.option("--format", "form", type=click.Choice(["text", "tsv", "json"]), default="text", show_default=True)
@click.option("--report", "to", type=click.Path(path_type=Path, dir_okay=False), help="Also write all folds (JSON).")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--objects", help="Folder or URL of the objects. Default: ORTHOKG_ATLAS, else the home.")
@click.option(
    "--allow-path", "allowed", multiple=True, type=click.Path(path_type=Path), help="A folder that manifests may read."
)
@click.pass_context
def bench(
    ctx: click.Context,
    atlas: str,
    studies: tuple[Path, ...],
    methods: str,
    most: int,
    form: str,
    to: Path | None,
    seed: int,
    objects: str | None,
    allowed: tuple[Path, ...],
) -> None:
    """Measure ways to bring the STUDIES of ATLAS together (the manifests that it was made of; it keeps no counts).

    \b
      orthokg atlas bench pbmc kang.yaml other.yaml
      orthokg atlas bench pbmc kang.yaml other.yaml --methods pca,harmony,fastmnn

    Donors are dealt into folds; the labels of a fold are hidden from every method, and its cells are measured. Numbers
    are means over the folds, from 0 to 1 (scGraph and ARI from -1), higher is better; kBET and silhouettes are shown
    only. Methods that saw labels of other donors stand apart. Nothing is stored. scvi and scanvi need the extra
    [models].
    """
    from ingest.atlas.bench import COLUMNS, bench_of
    from ingest.fetch.cache import Cache
    from ingest.fetch.genes_index import Genes
    from ingest.progress import console
    from kg.atlas.objects import ObjectStore
    from kg.atlas.versions import resolve
    from kg.files.whole import replace

    store, cache = opened(ctx, read_only=True), Cache.open(allowed=allowed)
    asked = [name.strip() for name in methods.split(",") if name.strip()]
    with console.status("reads the studies") as status:
        found = bench_of(
            ObjectStore.of(objects), resolve(store, atlas), studies, cache=cache, genes=Genes(cache), methods=asked,
            most=most, seed=seed, progress=lambda name: status.update(f"brings batches together: {name}"),
        )  # fmt: skip
    if to:
        replace(to, json.dumps(found.to_json(), indent=1, ensure_ascii=False).encode())
    if form == "json":
        click.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    if form == "tsv":
        print_rows(list(COLUMNS), [list(row.values()) for row in found.table()], "tsv")
        return
    click.echo("\n".join(text(found)))


def text(found: "Bench") -> list[str]:
    """Measures down, methods across; what saw labels below the others; then what each method may serve."""
    v, rows = found.version, found.table()
    made = [
        f"{v.atlas}@{v.commit[:12]}: {found.cells:,} cells of {found.donors} donors in {found.folds} folds;"
        f" {found.left_out:,} cells are not measured"
    ]
    if found.absent:
        made.append(f"not given, and not measured: {', '.join(found.absent)}")
    for seen, title in (("not seen", "without labels"), ("seen", "with labels of other donors")):
        if own := [row for row in rows if row["labels"] == seen]:
            made += ["", title, *_measured([row for row in own if row["biology"] is not None])]
            made += [f"  {row['method']}: {row['note']}" for row in own]
    heads = [row["method"] for row in rows if row["may serve a head"] == "yes"]
    return [*made, "", f"may serve a head: {', '.join(heads) or 'none of these'}"]


def _measured(rows: list[dict[str, Any]]) -> list[str]:
    from ingest.atlas.bench import MEASURES
    from ingest.method.integration.measures import SHOWN

    if not rows:
        return []
    names = {name: f"{name} (shown only)" if name in SHOWN else name for name in (*MEASURES, "seconds")}
    wide = max(map(len, names.values()))
    made = [" " * wide + "".join(f"  {row['method']:>11}" for row in rows)]
    for name, told in names.items():
        values = ("-" if row[name] is None else f"{row[name]:.{1 if name == 'seconds' else 3}f}" for row in rows)
        made.append(f"{told:{wide}}" + "".join(f"  {value:>11}" for value in values))
    return made
