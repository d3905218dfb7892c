"""The command ``orthokg embed``: cells of several species in one space."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import Progress, TextColumn

from kg.terminal.console import Console

if TYPE_CHECKING:
    from ingest.method.saturn.run_file import RunFile
    from ingest.method.saturn.settings import Settings

METHODS = ("saturn", "pca", "harmony", "scvi", "scanvi", "sysvi")


@click.group()
def embed() -> None:
    """Embed cells of several species in one space."""


@embed.command()
@click.argument("run", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--labels", help="Column of obs with each species' own cell types. Default: clusters are used.")
@click.option("--batch", help="Column of obs with the technical batch.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write into.")
@click.option("--method", type=click.Choice(METHODS), default="saturn", show_default=True)
@click.option(
    "--orthologs",
    type=click.Path(path_type=Path, dir_okay=False),
    help=(
        "A table with a column <species>_gene for each species: obsm X_orthologs, for a second score (`embed standin`"
        " writes that of human and mouse); methods other than saturn embed by it."
    ),
)
@click.option(
    "--control",
    type=click.Choice(["shuffled"]),
    help="Also run with shuffled gene embeddings: shuffled-1.h5ad and so on.",
)
@click.option(
    "--controls", type=click.IntRange(1, 100), help="Number of control runs. Default: as many as the test needs."
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--genes", type=int, default=3_000, show_default=True, help="Variable genes of each species.")
@click.option("--macrogenes", type=int, default=2_000, show_default=True, help="Maximum number of macrogenes.")
@click.option("--epochs", type=int, default=8, show_default=True, help="Maximum epochs of the autoencoder.")
@click.option("--metric-epochs", type=int, default=20, show_default=True, help="Maximum epochs of metric learning.")
@click.option(
    "--coverage", type=float, default=0.3, show_default=True, help="Minimum share of expressed genes with an embedding."
)
@click.option("--threads", type=int, default=1, show_default=True, help="Threads for torch.")
def saturn(
    run: Path,
    labels: str | None,
    batch: str | None,
    out: Path,
    method: str,
    orthologs: Path | None,
    control: str | None,
    controls: int | None,
    **chosen: Any,
) -> None:
    """Run SATURN. RUN is a table path,species,embedding_path with one row per species, or the same in YAML.

    \b
      orthokg embed saturn run.csv --labels cell_type --out space

    Writes saturn.h5ad (all cells; obsm X_saturn, X_macrogenes, and X_umap of a sample of cells for plotting),
    gene_weights.npz, curves.svg and card.yaml. An interrupted run continues when the command is repeated. --method
    chooses a baseline on one-to-one orthologs instead.
    """
    from ingest.method.extra import package
    from ingest.method.saturn.run_file import read_run
    from ingest.method.saturn.settings import Settings

    if control and method != "saturn":
        raise click.BadOptionUsage("control", f"--control shuffles gene embeddings, and {method} has none")
    if controls and not control:
        raise click.BadOptionUsage("controls", "--controls says how many: add --control shuffled")
    package("torch")
    told = read_run(run)
    told = replace(told, labels=labels or told.labels, batch=batch or told.batch)
    settings = Settings(**chosen)
    if method == "saturn":
        card = _saturn(told, out, settings)
    else:
        from ingest.method.saturn.baselines import embed_baseline

        card = embed_baseline(method, told, orthologs, out, settings)
    for s in card["species"]:
        share = f"{s['coverage']:.1%} of {s['expressed genes']:,} expressed genes covered ({s['embedding']})"
        click.echo(f"{s['species']}: {s['cells']:,} cells; {share}; guide: {s['guide']}")
    if method == "saturn":
        alone = ", ".join(card["without a counterpart"]) or "none"
        click.echo(f"{card['macrogenes']:,} macrogenes; {len(card['links'])} links of types; alone: {alone}")
    path = out / f"{method}.h5ad"
    _finish(path, f"X_{method}", told, orthologs, settings)
    click.echo(f"written: {path}")
    if control:
        from ingest.method.saturn.control import run_controls

        for each in run_controls(told, out, controls, lambda run, folder: _saturn(run, folder, settings)):
            click.echo(f"written: {each} (control: gene embeddings shuffled)")


def _finish(path: Path, obsm: str, told: "RunFile", orthologs: Path | None, settings: "Settings") -> None:
    from ingest.method.saturn.finish import add_layout, add_shared

    click.echo(f"X_umap: {add_layout(path, obsm, settings.seed):,} cells drawn")
    if orthologs is None:
        click.echo("X_orthologs: none; --orthologs names a table of one-to-one orthologs for the second score")
    else:
        click.echo(
            f"X_orthologs: {add_shared(path, told, orthologs, settings.genes):,} one-to-one orthologs vary in every"
            " species"
        )


def _saturn(told: "RunFile", out: Path, settings: "Settings") -> dict[str, Any]:
    from ingest.method.saturn.run import embed as run_saturn

    console = Console(stderr=True)
    bar = Progress(
        *Progress.get_default_columns(), TextColumn("held-out loss {task.fields[loss]:.4f}"), console=console
    )
    tasks = {}
    with bar:

        def tell(stage: str, done: int, most: int, loss: float) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=most, loss=loss)
            bar.update(tasks[stage], completed=done, loss=loss)

        return run_saturn(told, out, settings, tell)


@embed.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write into.")
def standin(out: Path) -> None:
    """Make gene embeddings of human and mouse from orthology, as a stand-in for a protein language model; and
    orthologs.csv, their one-to-one orthologs, for --orthologs."""
    from ingest.fetch.cache import Cache
    from ingest.method.saturn.genes.standin import STANDIN, read_pairs, write_orthologs, write_standin
    from ingest.method.saturn.genes.standin import standin as made

    pairs = read_pairs(Cache.open())
    for path in write_standin(out, made(pairs)):
        click.echo(f"written: {path} ({STANDIN})")
    click.echo(f"written: {write_orthologs(out, pairs)} (one-to-one orthologs)")


@embed.command()
@click.argument("proteins", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--weights",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder with the model's weights.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="npz file to write.")
@click.option(
    "--name",
    type=click.Choice(("symbol", "id")),
    default="symbol",
    show_default=True,
    help="Name genes by symbol or Ensembl id.",
)
@click.option(
    "--genes", type=click.Path(path_type=Path, dir_okay=False), help="A table protein,gene, for headers without genes."
)
@click.option("--threads", type=int, default=1, show_default=True, help="Threads for torch.")
def esm2(proteins: Path, weights: Path, out: Path, name: str, genes: Path | None, threads: int) -> None:
    """Embed genes from PROTEINS (FASTA) by ESM2, with weights that you supply.

    \b
      orthokg embed esm2 Mus_musculus.GRCm39.pep.all.fa.gz --weights esm2_t33_650M_UR50D --out mouse.npz

    The weights are a folder with config.json, vocab.txt and model.safetensors, as transformers saves them. A protein
    is the mean of its residues in the last layer, a gene the mean of its proteins; only the first 1,022 residues of a
    longer protein are used.
    """
    from ingest.method.extra import package

    package("torch", extra="esm")
    from ingest.method.saturn.genes.esm2 import LONGEST, Esm2, embed_proteins
    from ingest.method.saturn.genes.proteins import read_proteins
    from ingest.method.saturn.genes.vectors import write_embedding

    if out.suffix != ".npz":
        raise click.BadParameter("the file that is written ends in .npz", param_hint="--out")
    found = read_proteins(proteins, name, genes)
    model = Esm2(weights, threads)
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("proteins", total=None)
        made, cut = embed_proteins(model, found, lambda done, most: bar.update(task, completed=done, total=most))
    for fault in found.faults:
        click.echo(f"left out: {fault}", err=True)
    click.echo(
        f"{len(made.names):,} genes of {len(found):,} proteins by {made.kind}; {found.unnamed:,} proteins name no gene"
    )
    click.echo(f"{cut:,} proteins are longer than {LONGEST:,} residues: their first {LONGEST:,} were read")
    click.echo(f"written: {write_embedding(out, made)}")
