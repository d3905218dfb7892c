"""A first manifest for a file of single cells. The names of CELLxGENE are the defaults of a manifest and are not
repeated; columns of other files are recognised by the names that people give them, and asked for where none is there.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from ingest.draft.table import from_folder, pooled
from ingest.files.cells.contract import contract
from ingest.files.cells.contract_check import ORGANISM
from ingest.files.cells.matrix import CellMatrix, open_cells, told_format
from ingest.files.cells.names import stable_share
from ingest.manifest import terms
from ingest.manifest.cell_blocks import Cells
from ingest.manifest.manifest import FILL
from kg.curie import slug
from kg.names.gene_spelling import bare
from kg.names.species import MODELS, SPECIES
from kg.names.species import told as names_of_species

_ORGAN = "UBERON id of the organ, such as UBERON:0000956 (cerebral cortex)"
COLUMNS = {
    "donor": ("donor_id", "donor", "donor_label", "individual", "individualID", "subject", "subject_id", "patient",
              "patient_id", "projid", "animal", "animal_id", "mouse", "mouse_id", "sample_id", "sample", "orig.ident"),
    "cell_type": ("cell_type_ontology_term_id", "cell_type", "celltype", "subclass", "subclass_label", "Subclass",
                  "cell_type__ontology_label", "CellType", "cell type", "class_label", "cluster_label", "label"),
    "sex_column": ("sex", "Sex", "gender", "donor_sex"),
    "age_column": ("age", "Age", "donor_age", "development_stage"),
    "strain_column": ("strain", "Strain", "genetic_background"),
}  # fmt: skip
ARMS = ("disease", "diagnosis", "condition", "group", "genotype", "status", "treatment", "case")
NORMAL, DISEASE = "PATO:0000461", "disease_ontology_term_id"
_FORMS = ("h5ad", "zarr", "mtx", "h5", "loom")


def is_cells(path: Path) -> bool:
    """By its name: formats that hold cells and nothing else; a table of text may be anything."""
    return told_format(path) in _FORMS


def draft_cells(path: Path, folder: Path | None = None) -> str:
    """The text of a manifest for a file of cells. ``folder``: where it will lie; None: beside the file.

    Raises:
        ContractError: what keeps the file from being read.
    """
    spec = Cells.model_validate({"file": path.name})
    cells = open_cells(path, spec)
    kind = "ensembl" if stable_share(cells.genes) > 0.5 else "symbol"
    lines = [
        "schema: 1",
        "dataset:",
        f"  id: {slug(path.name.split('.')[0]) or 'my-study'}",
        f"  title: {_told(cells, 'title') or _fill('one line that says what was compared, where and how')}",
        f"  taxon: {_taxon(cells)}",
        f"  licence: {_fill('as the authors state it, or: none stated')}",
        f"  redistribute: {_fill('true or false: does the licence let others pass it on?')}",
        f"  citation: {_told(cells, 'citation') or _fill('how to cite it')}",
        "material:",
        "  kind: cell type",
        (f"  tissue: {_one(cells, 'tissue_ontology_term_id', _ORGAN)}"),
        *([] if (assay := _only(cells, "assay_ontology_term_id")) is None else [f"  assay: {_quote(assay)}"]),
        "cells:",
        f"  file: {_quote(from_folder(path, folder))}",
        *(
            []
            if len(cells.obs.columns)
            else [f"  obs: {_fill('a table with one row per cell: its donor, cell type and arm')}"]
        ),
        f"  # counts are in {cells.layer}: {cells.n_cells} cells x {len(cells.genes)} genes",
        *(f"  # {note}" for note in cells.notes),
        *([f"  gene_id: {kind}"] if kind != spec.gene_id else []),
        *_columns(cells, spec),
        "contrasts:",
        *_contrasts(cells),
    ]
    return "\n".join(lines) + "\n"


def _columns(cells: CellMatrix, spec: Cells) -> list[str]:
    there = set(map(str, cells.obs.columns))
    made = []
    for field, names in COLUMNS.items():
        default, found = getattr(spec, field), next((name for name in names if name in there), None)
        if default in there and default is not None:
            continue
        if found is not None:
            made.append(f"  {field}: {_quote(found)}")
        elif default is not None:
            what = {"donor": "the animal or person of a cell", "cell_type": "the type of a cell"}[field]
            made.append(f"  {field}: {_fill(f'column of {what}; there are {_list(sorted(there))}')}")
    return made


def _contrasts(cells: CellMatrix) -> list[str]:
    """One for each disease that a file of CELLxGENE tells beside the healthy; else the values are shown and asked."""
    values = _values(cells, DISEASE)
    diseases = [value for value in values if value != NORMAL and " || " not in value]
    if NORMAL in values and diseases:
        made = []
        for term in diseases:
            name = terms.label(term)
            made += [
                f"  - id: {slug(name)}",
                f"    label: {_quote(f'{name} against healthy')}",
                *_kind(cells, term),
                f"    case: {{{DISEASE}: {_quote(term)}}}",
                f"    control: {{{DISEASE}: {_quote(NORMAL)}}}",
            ]
        return made
    arm = next((str(c) for name in ARMS for c in cells.obs.columns if str(c).lower() == name), None)
    has = (
        f"; {arm} has {_list(_values(cells, arm))}"
        if arm
        else f"; there are {_list(list(map(str, cells.obs.columns)))}"
    )
    return [
        "  - id: case-control",
        f"    label: {_fill('readable name of the contrast')}",
        (
            "    kind:"
            f" {_fill('disease, model, drug or ageing; then add disease: MONDO:…, model: orthokg:model/… or drug: …')}"
        ),
        *pooled(),
        f"    case: {{{_quote(arm or 'column')}: {_fill(f'value of the case arm{has}')}}}",
        f"    control: {{{_quote(arm or 'column')}: {_fill('value of the control arm')}}}",
    ]


def _kind(cells: CellMatrix, term: str) -> list[str]:
    if _taxon(cells) in map(_quote, MODELS):
        return [
            "    kind: model",
            f"    model: {_fill('orthokg:model/… of the animals, or a model of your own under models:')}",
        ]
    return ["    kind: disease", f"    disease: {_quote(term)}", *pooled()]


def _taxon(cells: CellMatrix) -> str:
    told = _values(cells, ORGANISM) or [cells.facts.get(ORGANISM, "")]
    species = {contract().species(taxon) for taxon in told if taxon}
    for taxon, each in SPECIES.items():
        if not species and sum(bare(str(g)).startswith(each.ensembl) for g in cells.genes) > len(cells.genes) / 2:
            species = {taxon}
    return _quote(species.pop()) if len(species) == 1 else _fill(names_of_species())


def _told(cells: CellMatrix, fact: str) -> str:
    return _quote(" ".join(cells.facts[fact].split())) if fact in cells.facts else ""


def _values(cells: CellMatrix, column: str) -> list[str]:
    return sorted(set(cells.texts(column, column)) - {""}) if column in cells.obs else []


def _only(cells: CellMatrix, column: str) -> str | None:
    values = _values(cells, column)
    return values[0] if len(values) == 1 else None


def _one(cells: CellMatrix, column: str, what: str) -> str:
    only, values = _only(cells, column), _values(cells, column)
    return _quote(only) if only else _fill(what + (f"; the file has {_list(values)}" if values else ""))


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")


def _fill(what: str) -> str:
    return _quote(f"{FILL} {what}")


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
