"""Inferred networks -> Regulon nodes with what they regulate, how they were found and how sure that is.

They come from a file made elsewhere (``scenic_files``); those of the manifest's own cells are in ``regulatory``,
curated ones in ``networks``. Weights are as their engine has them and compare within one network only.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.batch import Batch
from ingest.files.tokens import Genes, name_genes, told
from ingest.manifest.cell_blocks import NetworkSpec
from ingest.manifest.manifest import Manifest
from ingest.study.scenic_files import read_edges
from kg.curie import local
from kg.names.genes import Named

NOT_ASKED = -1.0
_WORD = {1: "activates", -1: "represses", 0: ""}
_MARK = {1: "(+)", -1: "(-)", 0: ""}


@dataclass(frozen=True)
class Network:
    """``name``: <dataset>/<network>; ``table``: tf, target, weight, sign, support (-1 not asked) and row, where it was
    read; ``place``: label and id of what it was inferred in, a Dataset or CellPopulation."""

    name: str
    taxon: str
    engine: str
    pruned: bool
    table: pd.DataFrame
    place: tuple[str, str]
    context: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)


def read_network(m: Manifest, spec: NetworkSpec, path: Path, genes: Genes, batch: Batch) -> None:
    """The rows of a network that was inferred elsewhere; of an unpruned one, the best targets of each factor.

    Raises:
        ContractError: as :func:`read_edges` and :func:`network_rows`.
    """
    found = read_edges(path, spec.format)
    batch.quarantined += found.bad
    batch.read += len(found.bad)
    table = found.table
    if not found.pruned:
        table = table.sort_values("weight", ascending=False, kind="stable")
        table = table[table.groupby(["tf", "sign"], sort=False).cumcount() < spec.top_targets]
        if below := len(found.table) - len(table):
            batch.missing.append(f"{spec.file}: {below} edges are below the {spec.top_targets} best of their factor")
    pruned = found.pruned if spec.pruned is None else spec.pruned
    network = Network(
        f"{m.dataset.id}/{spec.id}",
        m.dataset.taxon,
        spec.engine or found.engine,
        pruned,
        table.assign(support=NOT_ASKED),
        ("Dataset", m.dataset_id),
        found.context,
    )
    network_rows(network, path, genes, batch)


def network_rows(network: Network, file: Path, genes: Genes, batch: Batch) -> None:
    """Nodes and edges of a network; an edge whose factor or target is no current gene is quarantined.

    Raises:
        ContractError: MIXED_SPECIES or UNKNOWN_GENES when most names are of no use.
    """
    table = network.table.reset_index(drop=True)
    tokens = np.unique(np.concatenate([table["tf"], table["target"]]).astype(str))
    named = name_genes(tokens, network.taxon, genes, file)
    told(named, batch, file.name)
    ids, rules = dict(zip(tokens, named.ids, strict=True)), dict(zip(tokens, named.rules, strict=True))
    batch.read += len(table)
    table["gene"], table["factor"] = table["target"].map(ids), table["tf"].map(ids)
    kept = ((table["gene"] != "") & (table["factor"] != "")).to_numpy(bool)
    for tf, target, row in table.loc[~kept, ["tf", "target", "row"]].itertuples(index=False):
        side = tf if ids[tf] == "" else target
        batch.quarantine(file.name, int(row), rules[side], side, Named.remedy(rules[side]))
    batch.accepted += int(kept.sum())
    table = table[kept].sort_values("weight", ascending=False, kind="stable")
    taken: dict[str, str] = {}
    for _, part in table.drop_duplicates(["factor", "sign", "gene"]).groupby(["factor", "sign"], sort=True):
        _regulon(network, part, taken, batch)


def _regulon(network: Network, part: pd.DataFrame, taken: dict[str, str], batch: Batch) -> None:
    tf, factor, sign = str(part["tf"].iloc[0]), str(part["factor"].iloc[0]), int(part["sign"].iloc[0])
    of, word = network.name.split("/"), [_WORD[sign]] if sign else []
    made = local("regulon", *of, tf.lower(), *word)
    if taken.setdefault(made, factor) != factor:
        made = local("regulon", *of, tf.lower(), factor, *word)
    support = part["support"].to_numpy(float)
    batch.nodes["Regulon"].append(
        {
            "id": made,
            "label": f"{tf}{_MARK[sign]} ({network.name})",
            "tf": tf,
            "network": network.name,
            "engine": network.engine,
            "in_taxon": network.taxon,
            "n_targets": len(part),
            "derived_by_orthology": False,
            "pruned": network.pruned,
            "support": float(support.mean()),
            "context": list(network.context.get((tf, sign), ())),
        }
    )
    label, place = network.place
    batch.edges["HAS_TF", "Regulon", "Gene"].append({"subject": made, "object": f"ENSEMBL:{factor}"})
    batch.edges["INFERRED_IN", "Regulon", label].append({"subject": made, "object": place})
    batch.edges["REGULATES", "Regulon", "Gene"] += [
        {
            "subject": made,
            "object": f"ENSEMBL:{gene}",
            "weight": float(weight),
            "sign": sign,
            "support": 0,
            "found_in": float(found),
            "confidence": "",
            "pmids": [],
        }
        for gene, weight, found in zip(part["gene"], part["weight"], support, strict=True)
    ]
