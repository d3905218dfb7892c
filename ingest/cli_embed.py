"""The command ``orthokg embed``: cells of several species in one space."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, TextColumn


@click.group()
def embed() -> None:
    """Put cells of several species into one space."""


@embed.command()
@click.argument("run", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--labels", help="Column of obs with each species' own cell types; without it, clusters guide.")
@click.option("--batch", help="Column of obs with the technical batch.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write into.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--genes", type=int, default=3_000, show_default=True, help="Variable genes of each species.")
@click.option("--macrogenes", type=int, default=2_000, show_default=True, help="At most so many.")
@click.option("--epochs", type=int, default=8, show_default=True, help="Of the autoencoder, at most.")
@click.option("--metric-epochs", type=int, default=20, show_default=True, help="Of metric learning, at most.")
@click.option(
    "--coverage", type=float, default=0.3, show_default=True, help="Least share of expressed genes with an embedding."
)
@click.option("--threads", type=int, default=1, show_default=True, help="Of torch.")
def saturn(run: Path, labels: str | None, batch: str | None, out: Path, **chosen: int | float) -> None:
    """SATURN: RUN is a table path,species,embedding_path with a row a species, or the same in YAML.

    \b
      orthokg embed saturn run.csv --labels cell_type --out space

    Writes saturn.h5ad (all cells; obsm X_saturn and X_macrogenes), gene_weights.npz, curves.svg and card.yaml. A run that
    was broken off goes on when it is given again.
    """
    from dataclasses import replace

    from ingest.method.saturn import extra

    extra.torch()
    from ingest.method.saturn.run import embed as run_saturn
    from ingest.method.saturn.run_file import read_run
    from ingest.method.saturn.settings import Settings

    told = read_run(run)
    told = replace(told, labels=labels or told.labels, batch=batch or told.batch)
    settings = Settings(**chosen)  # pyright: ignore[reportArgumentType]
    console = Console(stderr=True, highlight=False)
    bar = Progress(
        *Progress.get_default_columns(), TextColumn("held-out loss {task.fields[loss]:.4f}"), console=console
    )
    tasks = {}
    with bar:

        def tell(stage: str, done: int, most: int, loss: float) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=most, loss=loss)
            bar.update(tasks[stage], completed=done, loss=loss)

        card = run_saturn(told, out, settings, tell)
    for s in card["species"]:
        click.echo(
            f"{s['species']}: {s['cells']:,} cells, {s['coverage']:.1%} of {s['expressed genes']:,} genes have an embedding ({s['embedding']}), guide: {s['guide']}"
        )
    click.echo(
        f"{card['macrogenes']:,} macrogenes; {len(card['links'])} links between types; without a counterpart: {', '.join(card['without a counterpart']) or 'none'}"
    )
    click.echo(f"written: {out / 'saturn.h5ad'}")
