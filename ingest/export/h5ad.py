"""``contrasts.h5ad``: contrasts by genes as AnnData, for scanpy and whoever reads the same.

``obs``: contrasts, with what the graph knows of each, the names of its dataset, model, state, disease, cell type and
tissue, and its licence. ``var``: genes; a gene of a model species that has a one-to-one ortholog shares the column of
the human gene, so that contrasts of two species can be compared; the others have columns of their own. ``layers``:
``effect`` (log2 fold change), ``moderated``, ``z``, ``p`` and ``q`` as in ``contrasts.parquet``, NaN where a contrast
has no value; ``X`` is z. ``uns["orthokg"]``: release and versions. Genes only: activity of factors is in
``contrasts.parquet``.
"""

from pathlib import Path
from typing import Any, LiteralString

import numpy as np
import pandas as pd

from kg.curie import HUMAN
from kg.export.contrasts import NUMBERS, Values, values
from kg.export.selection import Selection
from kg.names.species import name_of
from kg.schema.nodes import NODE_BY_LABEL
from kg.schema.spec import Property
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore

_NAMES: LiteralString = """
MATCH (c:Contrast)-[:{type}]->(n:{label}) RETURN c.id AS id, n.{name} AS name ORDER BY id, name
"""
_LINKS = {
    "dataset": ("FROM_DATASET", "Dataset", "id"),
    "dataset_title": ("FROM_DATASET", "Dataset", "title"),
    "doi": ("FROM_DATASET", "Dataset", "doi"),
    "model": ("OF_MODEL", "DiseaseModel", "label"),
    "state": ("OF_STATE", "DiseaseState", "label"),
    "disease": ("OF_STATE", "DiseaseState", "disease"),
    "drug_condition": ("OF_CONDITION", "DrugCondition", "label"),
    "cell_type": ("OF_TYPE", "CellType", "label"),
    "tissue": ("IN_TISSUE", "Tissue", "label"),
}


def write(selection: Selection, folder: Path, facts: dict[str, str], signatures: SignatureStore) -> None:
    """Without rows where no values may leave: LEFT_OUT.tsv says why."""
    import anndata

    found = [each for each in values(selection, signatures) if each.level == "gene"]
    orthologs = _orthologs(selection, signatures, {each.taxon for each in found})
    var, places = _genes(found, orthologs)
    layers = {name: np.full((len(found), len(var)), np.nan) for name in NUMBERS}
    for row, each in enumerate(found):
        at = [places[key] for key in _keys(each, orthologs)]
        for name, numbers in each.numbers:
            layers[name][row, at] = numbers
    data = anndata.AnnData(layers["z"].copy(), obs=_obs(selection, found), var=var, layers=layers)
    data.uns["orthokg"] = dict(facts)
    data.write_h5ad(folder / "contrasts.h5ad", compression="gzip")


def _orthologs(selection: Selection, signatures: SignatureStore, taxa: set[str]) -> dict[str, dict[str, str]]:
    """Model species -> gene -> its human one-to-one ortholog."""
    made: dict[str, dict[str, str]] = {}
    if not taxa:
        return made
    ws = Workspace(Catalog.read(selection.store), signatures)
    for taxon in sorted(taxa & set(ws.models)):
        if (pairs := ws.space("one2one", taxon).map) is None:
            continue
        made[taxon] = dict(zip(map(str, pairs.model_genes), map(str, pairs.human_genes), strict=True))
    return made


def _keys(each: Values, orthologs: dict[str, dict[str, str]]) -> list[str]:
    to_human = orthologs.get(each.taxon, {})
    return [to_human.get(gene, gene) for gene in each.genes]


def _genes(found: list[Values], orthologs: dict[str, dict[str, str]]) -> tuple[pd.DataFrame, dict[str, int]]:
    """The table of genes, human ids first and each sorted, and the place of each column."""
    rows: dict[str, dict[str, str]] = {}
    for each in found:
        species = "human" if each.taxon == HUMAN else name_of(each.taxon)
        for key, gene, symbol in zip(_keys(each, orthologs), each.genes, each.symbols, strict=True):
            row = rows.setdefault(key, {})
            row[f"{species}_gene"], row[f"{species}_symbol"] = gene, symbol or ""
    names = sorted({name for row in rows.values() for name in row})
    var = pd.DataFrame(list(rows.values()), index=list(rows), columns=names).fillna("").sort_index()
    symbols = [name for name in ("human_symbol", *names) if name in names and name.endswith("_symbol")]
    if not rows:
        return pd.DataFrame(index=pd.Index([], dtype=object, name="gene")), {}
    var.insert(0, "symbol", var[symbols].replace("", np.nan).bfill(axis=1).iloc[:, 0].fillna("").astype(object))
    var["one2one"] = (var[[name for name in names if name.endswith("_gene")]] != "").sum(axis=1) > 1
    var.index = var.index.astype(object)
    var.index.name = "gene"
    return var, {key: place for place, key in enumerate(var.index)}


def _obs(selection: Selection, found: list[Values]) -> pd.DataFrame:
    spec = NODE_BY_LABEL["Contrast"]
    columns: dict[str, Any] = {p.name: [_cell(p, each.row.get(p.name)) for each in found] for p in spec.properties}
    for column, (kind, label, name) in _LINKS.items():
        query = _NAMES.format(type=kind, label=label, name=name)
        linked: dict[str, list[str]] = {}
        for row in selection.store.read(query):  # pyright: ignore[reportArgumentType]  names of kg.schema
            linked.setdefault(row["id"], []).append(row["name"] or "")
        columns[column] = ["|".join(dict.fromkeys(linked.get(each.contrast, ()))) for each in found]
    columns["source"] = [each.source for each in found]
    columns["licence"] = [selection.licence(each.source) for each in found]
    return pd.DataFrame(columns, index=pd.Index([each.contrast for each in found], dtype=object, name="contrast"))


def _cell(p: Property, value: Any) -> Any:
    if p.kind in ("integer", "float"):
        return np.nan if value is None else float(value)
    if p.kind == "boolean":
        return bool(value)
    return "|".join(map(str, value or ())) if p.kind in ("strings", "floats") else value or ""
