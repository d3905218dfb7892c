"""A space that cells of several species share -> cell populations with their place in it, and which correspond.

Of each two species every pair of populations is scored (``kg.match.correspond``). The graph gets the pairs that one of the
two scores calls counterparts, so also where they disagree, and of each population the nearest in each other species.
"""

from pathlib import Path

import numpy as np

from ingest.batch import Batch, Row
from ingest.cells.labels import Label, is_type, label_types
from ingest.cells.space import Space, read_space
from ingest.manifest import EmbeddingSpec, Manifest
from ingest.source.frames import broken
from kg.curie import HUMAN, MOUSE, local
from kg.match.correspond import ALPHA, CARD, NULL, Correspondence, Pair, correspond
from kg.signatures import Strings
from kg.similar import place

_ITSELF = "the embedding itself: no independent measure"


def embedding_rows(m: Manifest, spec: EmbeddingSpec, path: Path, batch: Batch) -> None:
    """Nodes and edges of one embedding.

    Raises:
        ContractError: what :func:`read_space` finds, or NO_CELLS where a species has no cell with a label.
    """
    space = read_space(path, spec)
    labels, names = _named(space)
    if unlabelled := int((names == "").sum()):
        batch.missing.append(
            f"{m.dataset.id}: {unlabelled} cells of {spec.id} name no cell type and are in no population"
        )
    for taxon in sorted(set(spec.taxa.values())):
        if not (names[space.taxa == taxon] != "").any():
            fix = f"fill {spec.label_column}, or leave the species out"
            raise broken("NO_CELLS", path.name, f"cells of {taxon} have a label", "none", fix)
    found = correspond(
        space.embedding, space.taxa, names, expression=space.expression, draws=spec.draws, seed=spec.seed
    )
    name = f"{m.dataset.id}/{spec.id}"
    ids = [local("population", name, p.species, p.label) for p in found.populations]
    batch.read += len(ids)
    batch.accepted += len(ids)
    for at, p in enumerate(found.populations):
        label = labels[p.species, p.label]
        row: Row = {
            "id": ids[at], "label": p.label, "author_labels": list(label.texts), "in_taxon": p.species,
            "n_cells": p.n_cells, "embedding": name, "centroid": p.centroid.tolist(), "spread": p.spread,
            "counterpart": "; ".join(_counterpart(found, at, taxon) for taxon in sorted(set(spec.taxa.values()) - {p.species})),
        }  # fmt: skip
        if (padded := place(p.centroid)) is not None:
            row["place"] = padded
        if space.donors is not None:
            own = space.donors[(space.taxa == p.species) & (names == p.label)]
            row["n_donors"] = len(set(own) - {""})
        batch.nodes["CellPopulation"].append(row)
        batch.edges["FROM_DATASET", "CellPopulation", "Dataset"].append({"subject": ids[at], "object": m.dataset_id})
        if label.term:
            edge = {"subject": ids[at], "object": label.term, "method": label.method}
            batch.edges["OF_TYPE", "CellPopulation", "CellType"].append(edge)
    common: Row = {
        "null": f"{NULL}; {spec.draws} draws, seed {spec.seed}", "method": f"{spec.method}; {CARD}", "embedding": name,
        "gene_embedding": spec.gene_embedding, "auroc_of": spec.expression or _ITSELF,
    }  # fmt: skip
    batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"] += [
        {"subject": ids[pair.left], "object": ids[pair.right], **_scores(pair), **common} for pair in _told(found)
    ]
    _species(m, spec, batch)


def _named(space: Space) -> tuple[dict[tuple[str, str], Label], Strings]:
    """Label by taxon and name, and the name of the population of each cell."""
    labels: dict[tuple[str, str], Label] = {}
    names = np.full(len(space.labels), "", dtype=object)
    for taxon in np.unique(space.taxa):
        own = space.taxa == taxon
        texts, code = np.unique(space.labels[own], return_inverse=True)
        made = label_types(text for text in texts if is_type(text))
        name = {text: label.name for label in made for text in label.texts}
        labels |= {(str(taxon), label.name): label for label in made}
        names[own] = np.array([name.get(text, "") for text in texts], dtype=object)[code]
    return labels, names.astype(str)


def _told(found: Correspondence) -> list[Pair]:
    taxa = {p.species for p in found.populations}
    nearest = {found.nearest(at, taxon) for at, p in enumerate(found.populations) for taxon in taxa - {p.species}}
    return [pair for pair in found.pairs if pair.called or not pair.agrees or pair in nearest]


def _scores(pair: Pair) -> Row:
    row: Row = {"score": pair.score, "p": pair.p, "q": pair.q, "reciprocal": pair.reciprocal, "called": pair.called,
                "agrees": pair.agrees}  # fmt: skip
    return row if pair.auroc is None else row | {"auroc": pair.auroc}


def _counterpart(found: Correspondence, at: int, taxon: str) -> str:
    best = found.nearest(at, taxon)
    assert best is not None
    called = [p for p in found.pairs if p.called and at in (p.left, p.right)]
    called = [p for p in called if found.populations[p.right if p.left == at else p.left].species == taxon]
    shown = called[0] if called else best
    other = found.populations[shown.right if shown.left == at else shown.left].label
    doubt = "" if shown.agrees else ", though MetaNeighbor's AUROC says otherwise"
    if called:
        return f"{taxon}: {other} (score {shown.score:.2f}, q {shown.q:.2g}){doubt}"
    return f"{taxon}: none at FDR {ALPHA:g}; nearest is {other} (score {shown.score:.2f}, q {shown.q:.2g}){doubt}"


def _species(m: Manifest, spec: EmbeddingSpec, batch: Batch) -> None:
    """The dataset is of every species; one that no other source brings gets its node."""
    for name, taxon in spec.taxa.items():
        if taxon not in (HUMAN, MOUSE):
            batch.nodes["Species"].append({"id": taxon, "label": name, "common_name": name})
        if taxon != m.dataset.taxon:
            batch.edges["IN_SPECIES", "Dataset", "Species"].append({"subject": m.dataset_id, "object": taxon})
