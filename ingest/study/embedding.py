"""A space that cells of several species share -> cell populations with their place in it, and which correspond.

Of each two species every pair of populations is scored (``kg.match.correspond``) and becomes an edge with its verdict.
The card of the run stands on the Embedding, and in a line on every edge.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ingest.batch import Batch, Row
from ingest.fetch.genes_index import TABLES
from ingest.files.cells.labels import Label, label_types
from ingest.files.cells.run_card import RunCard, run_card
from ingest.files.cells.space import Space, read_space
from ingest.files.frames import broken
from ingest.manifest.cell_blocks import EmbeddingSpec
from ingest.manifest.manifest import Manifest
from ingest.study.published_types import Published
from kg.curie import local
from kg.match.correspond import ALPHA, CARD, FEWEST, NULL, Correspondence, Pair, Status, correspond
from kg.names.placeholders import is_name, no_names
from kg.names.species import node_of
from kg.read.similar import place
from kg.signatures.store import Strings

_ITSELF = "the embedding itself: no independent measure"
_NO_CONTROL = (
    "missing: no control run; `orthokg embed saturn --control shuffled` makes them, embedding.controls names them"
)
LAYOUT_CELLS = 40


def embedding_rows(
    m: Manifest, spec: EmbeddingSpec, paths: Mapping[str, Path], batch: Batch, published: Published | None = None
) -> None:
    """Nodes and edges of one embedding. ``paths``: of each file that the manifest names; ``published``: what a table of
    the authors says of the same populations.

    Raises:
        ContractError: what :func:`read_space` and :func:`run_card` find, or NO_CELLS where a species has no cell with a
        label.
    """
    path = paths[spec.file]
    space = read_space(path, spec, [paths[name] for name in spec.controls])
    card = run_card(spec, space.card, paths[spec.card] if spec.card else None)
    labels, names = _named(space, m.keep)
    if unlabelled := int((names == "").sum()):
        batch.missing.append(
            f"{m.dataset.id}: {unlabelled} cells of {spec.id} name no cell type and are in no population"
        )
    for taxon in sorted(set(spec.taxa.values())):
        if not (names[space.taxa == taxon] != "").any():
            fix = f"fill {spec.label_column}, or leave the species out"
            raise broken("NO_CELLS", path.name, f"cells of {taxon} have a label", "none", fix)
    if not spec.controls:
        batch.missing.append(f"{m.dataset.id}: null of shuffled gene embeddings of {spec.id} is {_NO_CONTROL}")
    found = correspond(
        space.embedding,
        space.taxa,
        names,
        expression=space.expression,
        base=space.base,
        controls=space.controls,
        rows=space.rows if space.controls else None,
        draws=spec.draws,
        seed=spec.seed,
    )
    name = f"{m.dataset.id}/{spec.id}"
    ids = [
        local("population", m.dataset.id, spec.id, p.species.replace(":", " ").lower(), p.label)
        for p in found.populations
    ]
    batch.read += len(ids)
    batch.accepted += len(ids)
    embedding = _embedding(m, spec, space, card, found, batch)
    same = _datasets(m, spec)
    nobody = {"", *no_names(map(str, space.donors) if space.donors is not None else (), m.keep)}
    for at, p in enumerate(found.populations):
        label = labels[p.species, p.label]
        own = (space.taxa == p.species) & (names == p.label)
        row: Row = {
            "id": ids[at],
            "label": p.label,
            "author_labels": list(label.texts),
            "in_taxon": p.species,
            "n_cells": p.n_cells,
            "embedding": name,
            "centroid": p.centroid.tolist(),
            "spread": p.spread,
            "counterpart": "; ".join(
                counterpart(found, at, taxon) for taxon in sorted(set(spec.taxa.values()) - {p.species})
            ),
        }
        if (padded := place(p.centroid)) is not None:
            row["place"] = padded
        if space.donors is not None:
            row["n_donors"] = len(set(space.donors[own]) - nobody)
        if space.layout is not None:
            drawn = space.layout[own]
            drawn = drawn[np.isfinite(drawn).all(axis=1)]
            kept = np.random.default_rng([spec.seed, at]).permutation(len(drawn))[:LAYOUT_CELLS]
            row["layout"] = drawn[np.sort(kept)].astype(float).ravel().round(3).tolist()
        batch.nodes["CellPopulation"].append(row)
        batch.edges["FROM_DATASET", "CellPopulation", "Dataset"].append({"subject": ids[at], "object": m.dataset_id})
        batch.edges["IN_EMBEDDING", "CellPopulation", "Embedding"].append(
            {"subject": ids[at], "object": embedding["id"]}
        )
        if label.term:
            edge = {"subject": ids[at], "object": label.term, "method": label.method}
            batch.edges["OF_TYPE", "CellPopulation", "CellType"].append(edge)
        if p.species in same:
            other, basis = local("population", same[p.species], p.label), f"label, cells of dataset {same[p.species]}"
            edge = {"subject": ids[at], "object": other, "basis": basis}
            batch.edges["SAME_POPULATION", "CellPopulation", "CellPopulation"].append(edge)
        kind = published.type_of(p.species, (p.label, *label.texts)) if published else ""
        if published and kind:
            edge = {
                "subject": ids[at],
                "object": published.ids[p.species, kind],
                "basis": f"cluster or type of the table of {published.by}",
            }
            batch.edges["SAME_POPULATION", "CellPopulation", "CellPopulation"].append(edge)
    sides = [(p.species, (p.label, *labels[p.species, p.label].texts)) for p in found.populations]
    common: Row = {
        "null": embedding["null_labels"],
        "null_shuffled": embedding["null_shuffled"],
        "method": f"{card.method}; {CARD}",
        "embedding": name,
        "gene_embedding": card.gene_embedding,
        "auroc_of": embedding["auroc_of"],
        "card": card.text(),
    }
    batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"] += [
        {
            "subject": ids[pair.left],
            "object": ids[pair.right],
            **_scores(pair),
            **common,
            **_told(published, sides[pair.left], sides[pair.right]),
        }
        for pair in found.pairs
    ]
    _species(m, spec, batch)


def _embedding(
    m: Manifest, spec: EmbeddingSpec, space: Space, card: RunCard, found: Correspondence, batch: Batch
) -> Row:
    """The node of the space."""
    name = f"{m.dataset.id}/{spec.id}"
    tested = sum(pair.status is not Status.UNTESTABLE for pair in found.pairs)
    shuffled = (
        f"gene embeddings shuffled: {found.controls} control runs, rank among their reciprocal pairs in obsm"
        f" {space.base_of}"
        if found.controls
        else _NO_CONTROL
    )
    if found.least is not None and found.least > ALPHA:
        shuffled += f"; too few to tell: the smallest q that they could give is {found.least:.2g}"
    row: Row = {
        "id": local("embedding", m.dataset.id, spec.id),
        "label": name,
        **card.row(),
        "null_labels": f"{NULL}; {spec.draws} draws, seed {spec.seed}",
        "null_shuffled": shuffled,
        "n_controls": found.controls,
        "auroc_of": f"obsm {space.expression_of}" if space.expression_of else _ITSELF,
        "n_cells": sum(p.n_cells for p in found.populations),
        "n_pairs": tested,
        "taxa": sorted(set(spec.taxa.values())),
    }
    if spec.condition:
        row["condition"] = spec.condition
    batch.nodes["Embedding"].append(row)
    batch.edges["FROM_DATASET", "Embedding", "Dataset"].append({"subject": row["id"], "object": m.dataset_id})
    return row


def _datasets(m: Manifest, spec: EmbeddingSpec) -> dict[str, str]:
    """Taxon -> id of the dataset whose `cells:` are those of the embedding."""
    found = {spec.taxa[name]: dataset for name, dataset in spec.populations.items()}
    if m.cells is not None and m.dataset.taxon in spec.taxa.values():
        found.setdefault(m.dataset.taxon, m.dataset.id)
    return found


def _named(space: Space, keep: list[str]) -> tuple[dict[tuple[str, str], Label], Strings]:
    """Label by taxon and name, and the name of the population of each cell."""
    labels: dict[tuple[str, str], Label] = {}
    names = np.full(len(space.labels), "", dtype=object)
    for taxon in np.unique(space.taxa):
        own = space.taxa == taxon
        texts, code = np.unique(space.labels[own], return_inverse=True)
        made = label_types(text for text in texts if is_name(text, keep))
        name = {text: label.name for label in made for text in label.texts}
        labels |= {(str(taxon), label.name): label for label in made}
        names[own] = np.array([name.get(text, "") for text in texts], dtype=object)[code]
    return labels, names.astype(str)


def _scores(pair: Pair) -> Row:
    row: Row = {"status": str(pair.status), "called": pair.called, "score": pair.score, "reciprocal": pair.reciprocal}
    own = {name: getattr(pair, name) for name in ("p", "q", "p_shuffled", "q_shuffled", "auroc", "agrees")}
    return row | {name: value for name, value in own.items() if value is not None}


def _told(published: Published | None, left: tuple[str, tuple[str, ...]], right: tuple[str, tuple[str, ...]]) -> Row:
    said = published.said(left, right) if published else ""
    return {"published": said, "published_by": published.by} if published and said else {}


def counterpart(found: Correspondence, at: int, taxon: str) -> str:
    """What corresponds to a population in a species; or that none does, why, and what is nearest."""
    best = found.nearest(at, taxon)
    assert best is not None
    called = next(
        (p for p in found.pairs if p.called and at in (p.left, p.right) and _far(found, p, at)[0] == taxon), None
    )
    shown = called or best
    label = _far(found, shown, at)[1]
    doubt = ", though MetaNeighbor's AUROC says otherwise" if shown.agrees is False else ""
    if called:
        return f"{taxon}: {label} (score {shown.score:.2f}, {_chances(shown)}){doubt}"
    own = found.populations[at]
    if own.n_cells < FEWEST:
        return f"{taxon}: UNTESTABLE: {own.n_cells} cells, {FEWEST} are needed"
    if best.status is Status.UNTESTABLE:
        return f"{taxon}: UNTESTABLE: nearest is {label}, which has fewer than {FEWEST} cells"
    return (
        f"{taxon}: none at FDR {ALPHA:g}: {_why_none(best)}; nearest is {label} (score {best.score:.2f},"
        f" {_chances(best)}){doubt}"
    )


def _far(found: Correspondence, pair: Pair, at: int) -> tuple[str, str]:
    other = found.populations[pair.right if pair.left == at else pair.left]
    return other.species, other.label


def _chances(pair: Pair) -> str:
    shuffled = "" if pair.q_shuffled is None else f", q {pair.q_shuffled:.2g} by shuffled gene embeddings"
    return "no q" if pair.q is None else f"q {pair.q:.2g}{shuffled}"


def _why_none(best: Pair) -> str:
    if best.score == 0:
        return "no cell of it and of any population are each other's neighbours"
    if best.q is not None and best.q > ALPHA:
        return "not above permuted labels"
    if not best.reciprocal:
        return "the nearest is nearer to another"
    return "not above shuffled gene embeddings"


def _species(m: Manifest, spec: EmbeddingSpec, batch: Batch) -> None:
    """The dataset is of every species; one that no other source brings gets its node."""
    for name, taxon in spec.taxa.items():
        if taxon not in TABLES:
            batch.nodes["Species"].append(node_of(taxon, name))
        if taxon != m.dataset.taxon:
            batch.edges["IN_SPECIES", "Dataset", "Species"].append({"subject": m.dataset_id, "object": taxon})
