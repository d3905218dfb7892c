"""Drugs with their targets: the Broad's Drug Repurposing Hub, and the compounds of the DRIAD screen.

Upstream: Repurposing Hub 2020-03-24 (Corsello 2017, doi 10.1038/nm.4306), ``!`` comment lines, then pert_iname,
clinical_phase, moa, target (symbols with |), disease_area, indication. The file itself restricts it to non-commercial
use, whatever a catalogue says. DRIAD: ``DGE-composite.csv`` (Rodriguez 2021, doi 10.1038/s41467-021-21330-0, MIT), one
row per drug and plate, with one target as named by the lab. Traps: DRIAD's targets mix symbols, protein names and
families (VGFR1, c-Kit, p38 MAPK, AURKA/B-JAK2); they are mapped by ``ontologies/drug_targets.tsv``. PDK1 there is
PDPK1, not the gene that now bears the symbol PDK1. 2,416 hub drugs have no target: they are drugs all the same.
"""

import re
import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ingest.batch import Batch
from ingest.fetch.curated import curated
from ingest.fetch.genes_index import GeneIndex
from kg.curie import local

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache

SOURCE = "drugs"
_ROTATION = re.compile(r"\((?:\+/-|\+|-)\)")
HUB = "repurposing_hub/repurposing_drugs_20200324.txt"
DRIAD = "drug_neural/DGE-composite.csv"


@dataclass(frozen=True)
class DrugFiles:
    hub: Path
    driad: Path


def get(cache: "Cache") -> DrugFiles:
    return DrugFiles(cache.get(HUB), cache.get(DRIAD))


def drug_id(name: str) -> str:
    """Id of a drug by its name; case and punctuation do not matter, the sign of an enantiomer does."""
    return local("drug", drug_name(name))


def registry_ids(name: str) -> dict[str, list[str]]:
    """``xrefs`` of a drug by its name: nothing where ``ontologies/drug_ids.tsv`` has none."""
    found = _registry_ids().get(drug_id(name))
    return {"xrefs": found} if found else {}


@cache
def _registry_ids() -> dict[str, list[str]]:
    return {drug_id(name): ids.split("|") for name, ids in curated("drug_ids.tsv").itertuples(index=False)}


def drug_name(name: str) -> str:
    """A name without what does not matter: ``(+)-JQ1`` and ``JQ1-(+)`` are ``jq1 (+)``."""
    text = unicodedata.normalize("NFC", name).lower().replace("±", "+/-")
    words = re.sub(r"[^a-z0-9.\u0080-\U0010ffff]+", " ", _ROTATION.sub(" ", text)).split()
    return " ".join([*words, *_ROTATION.findall(text)]) or text


def read_hub(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", comment="!", dtype=str, keep_default_na=False)


def read_driad(path: Path) -> pd.DataFrame:
    """Columns Drug, Target and Approval; Target as the Hub writes it, symbols with |."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=["NA"]).fillna("")
    symbols = dict(curated("drug_targets.tsv").itertuples(index=False))
    return raw.assign(Target=[symbols.get(t, t).replace(";", "|") for t in raw["Target"]])


def transform(files: DrugFiles, genes: GeneIndex, used: Set[str] | None = None) -> Batch:
    """Drug nodes and TARGETS edges; read = rows of both files + target symbols.

    ``used``: ids of the drugs to keep in the graph (those of DRIAD stay); None keeps all. A target symbol that is no
    current gene is quarantined, its drug stays.
    """
    hub, driad = read_hub(files.hub), read_driad(files.driad)
    batch = Batch(SOURCE, "Repurposing Hub 2020-03-24, DRIAD 5c43e0c", read=len(hub) + len(driad))
    batch.accepted = batch.read
    nodes: dict[str, dict[str, object]] = {}
    claims: dict[tuple[str, str], None] = {}
    wanted = None if used is None else used | {drug_id(name) for name in driad["Drug"]}
    for name, phase, moa, _, _, indication in hub.itertuples(index=False):
        key = drug_id(name)
        if wanted is None or key in wanted:
            facts = {"clinical_phase": phase, "moa": [m for m in moa.split("|") if m], "indication": indication}
            nodes[key] = {"id": key, "label": name, **registry_ids(name), **facts}
    for name, approval in zip(driad["Drug"], driad["Approval"], strict=True):
        facts = {"clinical_phase": approval, "moa": [], "indication": ""}
        fallback = {"id": drug_id(name), "label": name, **registry_ids(name), **facts}
        nodes.setdefault(drug_id(name), fallback)
    for path, names, targets in ((HUB, hub["pert_iname"], hub["target"]), (DRIAD, driad["Drug"], driad["Target"])):
        listed = [
            (row + 1, n, s) for row, (n, t) in enumerate(zip(names, targets, strict=True)) for s in t.split("|") if s
        ]
        ids, rules = genes.resolve_many([symbol for _, _, symbol in listed])
        batch.read += len(listed)
        for (row, name, symbol), gene, rule in zip(listed, ids, rules, strict=True):
            if gene is None:
                batch.quarantine(path, row, rule, symbol, "the target's symbol is no current gene: correct it upstream")
            else:
                batch.accepted += 1
                if drug_id(name) in nodes:
                    claims[drug_id(name), gene] = None
    batch.nodes["Drug"] = list(nodes.values())
    batch.edges["TARGETS", "Drug", "Gene"] = [{"subject": drug, "object": gene} for drug, gene in claims]
    left_out = hub["pert_iname"].nunique() - sum(drug_id(n) in nodes for n in hub["pert_iname"])
    if left_out:
        batch.missing.append(f"{left_out:,} drugs that no condition available uses: ingest --all loads them")
    return batch.check()
