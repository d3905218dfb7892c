"""Labels and donors that differ in a sign alone are told apart, from the file to the graph's rows."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest

from ingest.fetch.curated import curated
from ingest.fetch.genes_index import GeneIndex
from ingest.files.cells.labels import label_types, term_of
from ingest.source.drugs import drug_id
from ingest.source.models import model_id
from ingest.source.modules import REGIONS, module_id
from kg.errors import ContractError
from tests.ingest.make_cells import CASE_CONTROL, study, write
from tests.ingest.test_cells import read

TYPES = ("TREM2+ cell", "TREM2- cell", "α zell", "β zell", "小胶质细胞", "星形胶质细胞", "CD4+ X", "CD4− X")
DONORS = ("P-1", "P+1", "P 1", "P_1", "P1", "p1", "患者甲", "患者乙")


@pytest.fixture(scope="module")
def genes(mouse: GeneIndex) -> list[str]:
    return [g.removeprefix("ENSEMBL:") for g in sorted(mouse.symbols)[:40]]


def test_eight_types_and_eight_donors_are_eight_nodes_each(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    made = study(genes, cells=12, types=TYPES)
    made.obs["donor_id"] = made.obs["donor_id"].map({f"d{at}": name for at, name in enumerate(DONORS)})
    write(made, tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse, CASE_CONTROL.replace("cells.h5ad}", "cells.h5ad, composition: true}"))
    for label, n in (("CellPopulation", 8), ("Donor", 8), ("Contrast", 9), ("DiseaseState", 8)):
        ids = [row["id"] for row in batch.nodes[label]]
        assert len(ids) == len(set(ids)) == n, label
    assert {row["label"] for row in batch.nodes["CellPopulation"]} == set(TYPES)
    changed = {row["label"]: batch.arrays[row["id"]] for row in batch.nodes["Contrast"] if row["id"] in batch.arrays}
    effects = {label: signature.effect[:20].mean() for label, signature in changed.items()}
    assert effects["case against normal, TREM2+ cell"] > 0.5, "what was planted in the first type"
    assert abs(effects["case against normal, TREM2- cell"]) < 0.3


def test_a_contrast_named_like_one_of_a_population_is_refused(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    write(study(genes, cells=12), tmp_path / "cells.h5ad")
    (tmp_path / "t.csv").write_text("gene,lfc,p\n" + "".join(f"{g},{at},0.5\n" for at, g in enumerate(genes)))
    table = "table: {file: t.csv, columns: {gene: gene, effect: lfc, p: p}, gene_id: ensembl}"
    for name in ("case.astrocyte", "case.composition"):
        more = (
            f'  - {{id: {name}, label: x, kind: disease, disease: "MONDO:0004975", material: {{cell_type:'
            f' "CL:0000127"}}, {table}}}\n'
        )
        facts = CASE_CONTROL.replace("cells.h5ad}", "cells.h5ad, composition: true}") + more
        with pytest.raises(ContractError, match=f"differ in name.*{name}") as error:
            read(tmp_path, mouse, facts)
        assert error.value.code == "DUPLICATE_NAME"


def test_spaces_at_the_ends_make_no_other_donor(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    made = study(genes, cells=12)
    made.obs["donor_id"] = np.where(made.obs["donor_id"] == "d2", "d0 ", made.obs["donor_id"])
    write(made, tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse)
    assert len({row["id"] for row in batch.nodes["Donor"]}) == len(batch.nodes["Donor"]) == 7


def test_forms_of_unicode_in_a_sheet_are_refused(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    made = study(genes, cells=12)
    made.obs["donor_id"] = made.obs["donor_id"].replace({"d0": "é", "d2": unicodedata.normalize("NFD", "é")})
    write(made, tmp_path / "cells.h5ad")
    with pytest.raises(ContractError, match="forms of Unicode") as error:
        read(tmp_path, mouse)
    assert error.value.code == "DUPLICATE_DONOR"


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("CD4- T cells", ""),
        ("γδ T cells", ""),
        ("α Neurons", ""),
        ("Micro-PVM", "CL:0000878"),
        ("Micro–PVM", "CL:0000878"),
        ("T cells", "CL:0000084"),
        ("T_cells", "CL:0000084"),
    ],
)
def test_a_mapping_is_of_the_whole_label(text: str, term: str):
    assert term_of(text)[0] == term


def test_kinds_of_dash_are_one_and_signs_are_not():
    made = label_types(["Zell - L2/3", "Zell – L2/3", "Zell  — L2/3", "Zell + L2/3", "zell - L2/3"])
    assert sorted(len(label.texts) for label in made) == [1, 1, 3]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("BX-912", "bx 912", True),
        ("(+)-JQ1", "JQ1-(+)", True),
        ("atenolol-(+)", "atenolol-(-)", False),
        ("JQ1", "(-)-JQ1", False),
        ("α-x", "β-x", False),
        ("atenolol-(+/-)", "atenolol-(±)", True),
    ],
)
def test_a_drug_is_its_name_and_its_rotation(one: str, other: str, same: bool):
    assert (drug_id(one) == drug_id(other)) is same


def test_the_slugs_of_closed_lists_differ():
    rows = {(row.name, row.centre) for row in curated("models.tsv").itertuples()}
    assert len({model_id(str(name), str(centre)) for name, centre in rows}) == len(rows) == len(curated("models.tsv"))
    heads = [*REGIONS, *(f"{head}turquoise" for head in REGIONS)]
    assert len({module_id(head) for head in heads}) == len(heads)
