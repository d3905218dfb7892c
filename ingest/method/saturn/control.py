"""Control runs: the same command with gene embeddings whose vectors are shuffled among the genes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np

from ingest.method.saturn.finish import facts
from ingest.method.saturn.genes.vectors import GeneEmbedding
from ingest.method.saturn.output import CELLS
from ingest.method.saturn.run_file import RunFile

RANKED = 50
MOST = 10


def shuffled(embedding: GeneEmbedding, control: int, species: int) -> GeneEmbedding:
    """The vectors of an embedding dealt to its genes at random, as determined by ``control`` (from 1) and the place of
    the species."""
    order = np.random.default_rng([control, species]).permutation(len(embedding.vectors))
    return replace(
        embedding,
        vectors=embedding.vectors[order],
        kind=f"{embedding.kind}, shuffled (control {control})",
        sha256=f"{embedding.sha256}, shuffled {control}",
    )


def wanted(labels: Sequence[set[str]]) -> int:
    """How many control runs are enough, 2 to 10: each gives n types (of the species with the fewest) to rank against,
    and 50 in all give a smallest p of .02."""
    fewest = min((len(each) for each in labels if each), default=1)
    return int(np.clip(np.ceil(RANKED / fewest), 2, MOST))


def run_controls(run: RunFile, folder: Path, count: int | None, embed: Callable[[RunFile, Path], object]) -> list[Path]:
    """Makes ``count`` control runs (None: as many as are enough) beside the run in ``folder``; returns
    ``shuffled-1.h5ad`` and so on.

    ``embed(run, folder)`` makes one; its other files stay in ``folder/shuffled-1``.
    """
    if count is None:
        told = facts(anndata.read_h5ad(folder / CELLS, backed="r"))
        count = wanted([set(own["label"]) - {""} for _, own in told.groupby("species")])
    made = []
    for control in range(1, count + 1):
        own = folder / f"shuffled-{control}"
        embed(replace(run, control=control), own)
        made.append(folder / f"{own.name}.h5ad")
        (own / CELLS).replace(made[-1])
    return made
