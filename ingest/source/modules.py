"""The 30 co-expression modules of AMP-AD in seven brain regions, and the fold change of their genes in AD.

Upstream: asliuyar/translational-omics-AD ``AMPAD_Module_Data.RData`` (CC BY 4.0), modules of Wan 2020 (doi
10.1016/j.celrep.2020.107908); R objects ``ampad_modules_fc`` (symbol, module, ampad_fc: human AD against control, log2)
and ``module_clusters`` (module, consensus cluster).
Traps: ``symbol`` is the MOUSE ortholog's symbol, although genes and fold changes are human. We go back to the human
gene by the one-to-one pairs of the main ortholog table; where there is none, it cannot be known, and the row is
quarantined. 519 rows repeat symbol and module with another fold change (several human genes behind one mouse symbol);
they name the same member and count as accepted here, and :func:`fold_changes` leaves out what they contradict.
The region is the head of the module's name: STGblue is superior temporal gyrus.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from ingest.batch import Batch
from ingest.fetch.genes_index import GeneIndex
from ingest.files.r_objects import read_r_objects
from kg.curie import HUMAN, listed
from kg.match.orthology import OrthologTable, pairs

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache

SOURCE = "ampad-modules"
PATH = "ampad_modules/AMPAD_Module_Data.RData"
REGIONS = {
    "CBE": ("cerebellum", "UBERON:0002037"),
    "DLPFC": ("dorsolateral prefrontal cortex", "UBERON:0009834"),
    "FP": ("frontal pole", "UBERON:0002795"),
    "IFG": ("inferior frontal gyrus", "UBERON:0002998"),
    "PHG": ("parahippocampal gyrus", "UBERON:0002973"),
    "STG": ("superior temporal gyrus", "UBERON:0002769"),
    "TCX": ("temporal cortex", "UBERON:0016538"),
}


class ModuleTables(NamedTuple):
    """``genes``: symbol (mouse), module, ampad_fc. ``clusters``: module, cluster."""

    genes: pd.DataFrame
    clusters: pd.DataFrame


def get(cache: "Cache") -> Path:
    return cache.get(PATH)


def read(path: Path) -> ModuleTables:
    found = read_r_objects(path)
    return ModuleTables(
        found["ampad_modules_fc"].reset_index(drop=True), found["module_clusters"].reset_index(drop=True)
    )


def module_id(module: str) -> str:
    return listed("module", "ampad", module)


def region(module: str) -> tuple[str, str]:
    """Name and UBERON id of the region that a module was found in; KeyError for an unknown head."""
    head = re.match(r"[A-Z]+", module)
    return REGIONS[head[0] if head else module]


def human_genes(tables: ModuleTables, mouse: GeneIndex, orthologs: OrthologTable) -> pd.DataFrame:
    """``tables.genes`` with columns mouse_gene and human_gene (ENSEMBL:…, None where not known) and rule."""
    pairing = pairs({orthologs.source: orthologs}, "one2one", main=orthologs.source)
    back = {f"ENSEMBL:{m}": f"ENSEMBL:{h}" for m, h in zip(pairing.model_genes, pairing.human_genes, strict=True)}
    ids, rules = mouse.resolve_many(tables.genes["symbol"])
    human = np.array([back.get(gene) for gene in ids] + [None], dtype=object)[:-1]
    lost = np.array([gene is not None and h is None for gene, h in zip(ids, human, strict=True)], bool)
    return tables.genes.assign(mouse_gene=ids, human_gene=human, rule=np.where(lost, "no-one2one-ortholog", rules))


def fold_changes(members: pd.DataFrame) -> pd.DataFrame:
    """module, human_gene, effect (log2 fold change, human AD against control), of what :func:`human_genes` returns.

    One row per module and gene; genes that a module lists with several values are left out (they cannot be told apart).
    """
    known = members[members["human_gene"].notna()]
    values = known.drop_duplicates(["module", "human_gene", "ampad_fc"])
    single = values[~values.duplicated(["module", "human_gene"], keep=False)]
    return single[["module", "human_gene", "ampad_fc"]].rename(columns={"ampad_fc": "effect"}).reset_index(drop=True)


def transform(tables: ModuleTables, mouse: GeneIndex, orthologs: OrthologTable) -> Batch:
    """GeneModule nodes, IN_TISSUE and MEMBER_OF edges; read = rows of genes."""
    members = human_genes(tables, mouse, orthologs)
    batch = Batch(SOURCE, "6c0ddc6", read=len(members))
    good = members["human_gene"].notna().to_numpy()
    for row in np.flatnonzero(~good):
        batch.quarantine(
            PATH,
            int(row) + 1,
            members["rule"].iloc[row],
            members["symbol"].iloc[row],
            "only a mouse symbol is given: take the human gene from the module's own publication",
        )
    batch.accepted = int(good.sum())
    kept = members[good].drop_duplicates(["module", "human_gene"])
    sizes = kept["module"].value_counts()
    for module, cluster in zip(tables.clusters["module"], tables.clusters["cluster"], strict=True):
        name, tissue = region(module)
        batch.nodes["GeneModule"].append(
            {
                "id": module_id(module),
                "label": module,
                "region": name,
                "cluster": cluster,
                "n_genes": int(sizes[module]),
                "in_taxon": HUMAN,
            }
        )
        batch.edges["IN_TISSUE", "GeneModule", "Tissue"].append({"subject": module_id(module), "object": tissue})
    batch.edges["MEMBER_OF", "Gene", "GeneModule"] = [
        {"subject": gene, "object": module_id(module)}
        for gene, module in zip(kept["human_gene"], kept["module"], strict=True)
    ]
    batch.arrays["members"] = members
    return batch.check()


def correlations_as_published(tables: ModuleTables, mouse_effects: pd.DataFrame) -> pd.DataFrame:
    """module, n, r, p: Pearson correlation of human and mouse log2 fold changes, joined as the authors join.

    ``mouse_effects``: columns symbol, log2FoldChange. They join by mouse symbol alone, keep the repeated rows, and take
    only genes significant in the mouse; p takes genes as independent. This is their arithmetic, not our verdict.
    """
    joined = tables.genes.merge(mouse_effects[["symbol", "log2FoldChange"]].dropna(), on="symbol")
    rows = []
    for module, part in joined.groupby("module"):
        if len(part) > 2:
            r, p = stats.pearsonr(part["ampad_fc"], part["log2FoldChange"])
            rows.append((module, len(part), r, p))
    return pd.DataFrame(rows, columns=["module", "n", "r", "p"])
