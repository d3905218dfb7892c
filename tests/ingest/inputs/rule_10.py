"""Rule 10: a check says what the ingest does and writes nothing; a species that is not known is one named error. That
they agree is asked of the inputs of every rule; here are those that one of the two might stumble over."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import yaml

from tests.ingest import make_formats
from tests.ingest.inputs.case import GENES, Case, Read, Refused, disease, facts, write_manifest
from tests.ingest.inputs.cells import DONOR, SAME, TYPE, Build, Change, lab, of_study
from tests.ingest.make_cells import study as many

GRN = {"bootstraps": 2, "min_cells": 5, "min_targets": 3, "tfs": "tfs.txt"}


def of_species(taxon: object, names: list[str] | None = None) -> Build:
    """A table of a species, however it is written."""

    def build(folder: Path) -> Path:
        lines = [f"{gene},{1.5 if at % 2 else -1.5},{(at + 1) / 50:.6g}" for at, gene in enumerate(names or GENES)]
        (folder / "t.csv").write_text("\n".join(["g,e,p", *lines]) + "\n")
        table = {"file": "t.csv", "gene_id": "symbol", "columns": {"gene": "g", "effect": "e", "p": "p"}}
        return write_manifest(folder, facts(folder, taxon=taxon) | {"table": table, "contrasts": [disease()]})

    return build


def in_manifest(change: Callable[[dict[str, Any]], object], **cells: object) -> Build:
    def build(folder: Path) -> Path:
        path = lab(**cells)(folder)
        made = yaml.safe_load(path.read_text())
        change(made)
        path.write_text(yaml.safe_dump(made))
        return path

    return build


def of_organism(*names: str) -> Change:
    return lambda made: made.obs.__setitem__("organism_ontology_term_id", (list(names) * len(made))[: len(made)])


def factors(folder: Path) -> None:
    (folder / "tfs.txt").write_text("SOX2\nSTAT3\nREST\nSPI1\n")


def checksum(change: Callable[[str], str]) -> Build:
    def build(folder: Path) -> Path:
        path = lab()(folder)
        made = yaml.safe_load(path.read_text())
        made["checksums"] = {"cells.h5ad": change(hashlib.sha256((folder / "cells.h5ad").read_bytes()).hexdigest())}
        path.write_text(yaml.safe_dump(made))
        return path

    return build


def in_both_arms(made: anndata.AnnData) -> None:
    made.obs["disease"] = [("case", "normal")[at % 2] for at in range(made.n_obs)]


def two_donors(made: anndata.AnnData) -> None:
    made._init_as_actual(made[made.obs[DONOR].isin(["d0", "d1"])].copy())


TWO_TYPES = many(list(GENES), donors=6, cells=12, changed=5, types=("CL:0000127", "CL:0000129"))
OF_TWO = {
    f"a.{name}": of_study(TWO_TYPES[TWO_TYPES.obs[TYPE] == term].copy())
    for name, term in (("astrocyte", "CL:0000127"), ("microglial-cell", "CL:0000129"))
}
TABLE = {"a": {gene: 1.5 if at % 2 else -1.5 for at, gene in enumerate(GENES)}}
MOUSE = [gene.capitalize() for gene in GENES]
OF_MOUSE = {"a": {gene.capitalize(): effect for gene, effect in TABLE["a"].items()}}
CASES = [
    *(
        Case(f"human as {taxon}", 10, of_species(taxon), Read(TABLE))
        for taxon in ("NCBITaxon:9606", 9606, "Homo sapiens", "human")
    ),
    Case("human as text of a number", 10, of_species("9606"), Read(TABLE)),
    *(
        Case(f"mouse as {taxon}", 10, of_species(taxon, MOUSE), Read(OF_MOUSE))
        for taxon in ("Mus musculus", "NCBITaxon:10090")
    ),
    *(
        Case(f"the species {taxon}", 10, of_species(taxon), Refused(code, words))
        for taxon, code, words in (
            ("NCBITaxon:7955", "UNKNOWN_SPECIES", ("NCBITaxon:7955",)),
            (7227, "UNKNOWN_SPECIES", ("NCBITaxon:7227",)),
            ("zebrafish", "MANIFEST", ("taxon",)),
            ("Rattus norvegicus", "UNKNOWN_SPECIES", ("NCBITaxon:10116", "genes: {file")),
            ("Drosophila melanogaster", "MANIFEST", ("taxon",)),
            ("NCBITaxon:99999999999999999999", "UNKNOWN_SPECIES", ()),
            ("", "MANIFEST", ("taxon",)),
            (True, "MANIFEST", ("taxon",)),
        )
    ),
    Case(
        "cells of a species that is not known",
        10,
        in_manifest(lambda m: m["dataset"].update(taxon="NCBITaxon:7955")),
        Refused("UNKNOWN_SPECIES"),
    ),
    Case("cells of the species that they name", 10, lab(of_organism("NCBITaxon:9606")), SAME),
    Case("cells of a species by its name", 10, lab(of_organism("Homo sapiens")), SAME),
    Case(
        "cells of another species",
        10,
        lab(of_organism("NCBITaxon:10090")),
        Refused("WRONG_SPECIES", ("NCBITaxon:10090",)),
    ),
    Case(
        "cells of two species",
        10,
        lab(of_organism("NCBITaxon:9606", "NCBITaxon:10090")),
        Refused("MIXED_SPECIES", ("split the file",)),
    ),
    Case("a network of a study", 10, lab(edit=factors, grn=GRN), SAME),
    Case("a network without its factors' file", 10, lab(grn=GRN), Refused("MISSING_FILE", ("tfs.txt",))),
    Case(
        "a network of rankings without motifs",
        10,
        lab(grn={"rankings": ["r.feather"]}),
        Refused("MANIFEST", ("rankings and motifs",)),
    ),
    Case(
        "two populations",
        10,
        lab(made=TWO_TYPES.copy),
        Read(OF_TWO, nodes={"CellPopulation": {"astrocyte", "microglial cell"}}),
    ),
    Case(
        "a file that is not there",
        10,
        in_manifest(lambda m: m["cells"].update(file="gone.h5ad")),
        Refused("MISSING_FILE", ("gone.h5ad",)),
    ),
    Case(
        "a sheet that is not there",
        10,
        in_manifest(lambda m: m["cells"].update(obs="gone.csv")),
        Refused("MISSING_FILE", ("gone.csv",)),
    ),
    Case("a checksum that holds", 10, checksum(str), SAME),
    Case("a checksum of another file", 10, checksum(lambda told: told[::-1]), Refused("CHECKSUM", ("cells.h5ad",))),
    Case(
        "a column of donors that is not there",
        10,
        lab(donor="mouse"),
        Refused("WRONG_COLUMNS", ("'mouse'", "donor_id")),
    ),
    Case("an arm that nobody is in", 10, lab(contrast={"case": {"disease": "AD"}}), Refused("EMPTY_ARM", ("AD",))),
    Case(
        "an arm by a column that is not there",
        10,
        lab(contrast={"case": {"diagnosis": "AD"}}),
        Refused("WRONG_COLUMNS", ("diagnosis",)),
    ),
    Case("arms that overlap", 10, lab(contrast={"case": {"disease": ["case", "normal"]}}), Refused("ARMS_OVERLAP")),
    Case("donors in both arms", 10, lab(in_both_arms), Refused("DONOR_IN_BOTH_ARMS", ("d0: case, normal",))),
    Case("one donor an arm", 10, lab(two_donors), Read({"a.astrocyte": {}})),
    Case(
        "a contrast twice",
        10,
        in_manifest(lambda m: m["contrasts"].append(m["contrasts"][0])),
        Refused("MANIFEST", ("contrasts",)),
    ),
    Case(
        "a word that is no field",
        10,
        in_manifest(lambda m: m["cells"].update(donor_column="x")),
        Refused("MANIFEST", ("donor_column",)),
    ),
    Case(
        "counts and cells",
        10,
        in_manifest(
            lambda m: m.update(
                counts={
                    "matrix": "c.csv",
                    "samples": "s.csv",
                    "gene_id": "symbol",
                    "scale": "counts",
                    "sample_column": "s",
                }
            )
        ),
        Refused("MANIFEST"),
    ),
    Case(
        "nothing but a dataset",
        10,
        in_manifest(lambda m: m.update(contrasts=[])),
        Refused("MANIFEST", ("a manifest brings",)),
    ),
    Case("symbols as ids", 10, lab(gene_id="ensembl"), Refused("WRONG_GENE_ID", ("gene_id: symbol",))),
    Case(
        "mtx that is cut short",
        10,
        lab(edit=lambda d: _cut(d / "GSE1_matrix.mtx"), form=make_formats.cell_ranger_2),
        Refused("CUT_SHORT"),
    ),
    Case("a fault in the last block", 10, lab(lambda m: m.X.data.__setitem__(-1, 0.5)), Refused("FRACTIONAL_COUNTS")),
]


def _cut(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-3]))
