"""One SATURN run: from files to one space for all cells."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ingest.files.frames import broken
from ingest.method.saturn import output
from ingest.method.saturn.autoencoder import train_autoencoder
from ingest.method.saturn.card import run_card
from ingest.method.saturn.cells import SpeciesCells, read_chosen
from ingest.method.saturn.choose import survey, with_counterparts
from ingest.method.saturn.control import shuffled
from ingest.method.saturn.genes.vectors import GeneEmbedding, read_embedding
from ingest.method.saturn.loop import Checkpoint, Curves, Progress, one_thread
from ingest.method.saturn.macrogenes import macrogenes
from ingest.method.saturn.metric import Activities, MetricModel, train_metric
from ingest.method.saturn.model import SaturnModel
from ingest.method.saturn.run_file import RunFile
from ingest.method.saturn.settings import Settings
from ingest.method.saturn.start import first_model
from ingest.method.saturn.types import find_types

CHECKPOINT = "checkpoint.pt"
LENGTH = 10.0
_ON_DISK = 200_000


def read_inputs(run: RunFile, settings: Settings, folder: Path) -> tuple[list[SpeciesCells], list[GeneEmbedding]]:
    """Cells and gene embedding of each species. Raises ContractError if a file is wrong or none has the labels."""
    embeddings = [read_embedding(source.embedding) for source in run.sources]
    if run.control:
        embeddings = [shuffled(each, run.control, at) for at, each in enumerate(embeddings)]
    surveys = [
        survey(s.species, s.path, e, settings.genes, settings.coverage, s.scale)
        for s, e in zip(run.sources, embeddings, strict=True)
    ]
    species = [
        read_chosen(each, chosen, run.labels, run.batch, _on_disk(folder / f"counts-{i}", each.matrix.path))
        for i, (each, chosen) in enumerate(zip(surveys, with_counterparts(surveys), strict=True))
    ]
    if run.labels and not any((cells.labels != "").any() for cells in species):
        fix = "correct --labels, or leave it out to go without labels"
        raise broken("NO_LABELS", "the run", "labels are a column of obs in one species at least", run.labels, fix)
    return species, embeddings


def _on_disk(folder: Path, cells: Path) -> Path | None:
    """Folder for counts that are too large for memory."""
    return folder if cells.stat().st_size > _ON_DISK * 1_000 else None


def embed(run: RunFile, folder: Path, settings: Settings, progress: Progress) -> dict:
    """Embed all cells of a run and write the files of :mod:`output` into ``folder``; returns the card."""
    folder.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with one_thread(settings.threads):
        species, embeddings = read_inputs(run, settings, folder)
        macro = macrogenes([c.vectors for c in species], settings.macrogenes, settings.near, settings.seed)
        curves = Curves()
        checkpoint = Checkpoint(folder / CHECKPOINT, fingerprint(run, settings, species, embeddings))
        model, codes = first_model(species, macro, settings.latent, settings.hidden, settings.seed)
        model.to(device)
        train_autoencoder(model, species, codes, macro, settings, checkpoint, progress, curves, device)
        activities = Activities(model, species, device)
        types = find_types(species, macro, latents(model, activities, species), settings.seed)
        metric = train_metric(model, activities, types, settings, checkpoint, progress, curves, device)
        matrices = {
            "X_saturn": final(metric, activities, species),
            "X_macrogenes": [
                np.concatenate([a.cpu().numpy() for a in activities.blocks(s)]) for s in range(len(species))
            ],
        }
        weights = [_weights(model, s) for s in range(len(species))]
    card = run_card(species, embeddings, settings, types, len(macro), curves.values, str(device))
    output.write_cells(folder, species, matrices, card)
    output.write_weights(folder, species, macro, weights)
    output.write_card(folder, card)
    return card


def fingerprint(
    run: RunFile, settings: Settings, species: Sequence[SpeciesCells], embeddings: Sequence[GeneEmbedding]
) -> str:
    """Hash of everything that determines the result."""
    facts = [
        settings.facts(),
        run.labels,
        run.batch,
        [(c.name, c.sha256) for c in species],
        [e.sha256 for e in embeddings],
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@torch.no_grad()
def latents(model: SaturnModel, activities: Activities, species: Sequence[SpeciesCells]) -> list[NDArray[np.float32]]:
    """Latent space of the first stage, cells x latent for each species."""
    return [np.concatenate([model.embed(a).cpu().numpy() for a in activities.blocks(s)]) for s in range(len(species))]


@torch.no_grad()
def final(metric: MetricModel, activities: Activities, species: Sequence[SpeciesCells]) -> list[NDArray[np.float32]]:
    """The embedding: points on a sphere of radius ``LENGTH``."""
    return [
        np.concatenate([LENGTH * metric(a, s).cpu().numpy() for a in activities.blocks(s)]) for s in range(len(species))
    ]


def _weights(model: SaturnModel, s: int) -> NDArray[np.float32]:
    part = model.part(s)
    return part.weight.detach().cpu().numpy().reshape(part.n_genes, -1)
