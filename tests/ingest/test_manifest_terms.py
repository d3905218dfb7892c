"""Terms of a manifest are read however they are spelt, are of the ontology of their field, and what is named beside it
exists."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from ingest.batch import Batch
from ingest.files.cells.labels import label_types
from ingest.load.ends import dangling
from ingest.manifest import manifest, terms
from kg.cli.main import main
from kg.errors import ContractError
from tests.ingest.test_manifest import GOOD, refused, write

AD, CORTEX, GLIA = "MONDO:0004975", "UBERON:0000956", "CL:0000129"
OBO = "http://purl.obolibrary.org/obo/"


def made(**contrast: Any) -> dict[str, Any]:
    own = {"id": "a", "label": "A", "kind": "disease", "disease": AD} | contrast
    return GOOD | {"contrasts": [own]}


@pytest.mark.parametrize(
    "disease", ["mondo:0004975", "MONDO_0004975", f"{OBO}MONDO_0004975", f"<{OBO}MONDO_0004975>", " MONDO:0004975 "]
)
def test_spellings_of_a_disease_are_one(tmp_path: Path, disease: str):
    facts = made(disease=disease) | {"models": [{"id": "ORTHOKG:model/x", "label": "x", "disease": disease}]}
    read = manifest.read(write(tmp_path, facts))
    assert (read.contrasts[0].disease, read.models[0].disease, read.models[0].id) == (AD, AD, "orthokg:model/x")


def test_spellings_of_material_and_model(tmp_path: Path):
    material = {
        "kind": "cell type",
        "tissue": "uberon_0000956",
        "region": f"{OBO}UBERON_0002728",
        "cell_type": "cl:0000129",
        "assay": "http://www.ebi.ac.uk/efo/EFO_0009899",
    }
    facts = made(kind="model", model="https://w3id.org/orthokg/model/j20") | {"material": material}
    read = manifest.read(write(tmp_path, facts))
    m = read.material
    assert (m.tissue, m.region, m.cell_type, m.assay) == (CORTEX, "UBERON:0002728", GLIA, "EFO:0009899")
    assert read.contrasts[0].model == "orthokg:model/j20"


@pytest.mark.parametrize("taxon", ["mouse", "Mus musculus", "10090", 10090, "NCBITaxon_10090", f"{OBO}NCBITaxon_10090"])
def test_a_species_by_name_or_number(tmp_path: Path, taxon: str | int):
    read = manifest.read(write(tmp_path, GOOD | {"dataset": GOOD["dataset"] | {"taxon": taxon}}))
    assert read.dataset.taxon == "NCBITaxon:10090"


@pytest.mark.parametrize(
    ("field", "value", "fix"),
    [
        ("disease", "EFO_0000249", "EFO:0000249 is no MONDO term; did you mean MONDO:0004975 (Alzheimer disease)?"),
        ("disease", "DOID:10652", "no MONDO term; did you mean MONDO:0004975 (Alzheimer disease)?"),
        ("disease", "MESH:D000544", "no MONDO term; did you mean MONDO:0004975 (Alzheimer disease)?"),
        ("disease", GLIA, "CL:0000129 is no MONDO term"),
        ("disease", "Alzheimer disease", "did you mean MONDO:0004975 (Alzheimer disease)?"),
        ("disease", "MONDO_4975", "did you mean MONDO:0004975 (Alzheimer disease)?"),
        ("disease", "MONDO:9999999", "look the term up"),
        ("material.cell_type", CORTEX, "is no CL term"),
        ("material.cell_type", "microglia", "microglia is no CL term; did you mean CL:0000129 (microglial cell)"),
        ("material.tissue", GLIA, "is no UBERON term"),
        ("material.tissue", "cerebral cortex", "did you mean UBERON:0000956 (cerebral cortex)?"),
        ("material.region", AD, "is no UBERON term"),
        ("material.assay", CORTEX, "is no EFO term"),
    ],
)
def test_a_term_that_is_not_of_its_field_is_told_with_the_nearest(tmp_path: Path, field: str, value: str, fix: str):
    block, _, name = field.rpartition(".")
    facts = made(material={"kind": "cell type", "cell_type": GLIA, name: value}) if block else made(disease=value)
    error = refused(tmp_path, facts)
    assert error.code == "UNKNOWN_TERM"
    assert [(i.path, i.found) for i in error.issues] == [(f"m.yaml: contrasts.0.{field}", value)]
    assert fix in error.issues[0].fix


def test_an_obsolete_term_says_what_replaces_it_or_that_nothing_does(tmp_path: Path):
    retired = [t for t in terms.all_terms("MONDO") if terms.deprecated(t)]
    old, new = next((t, n) for t in retired if (n := terms.replacement(t)))
    gone = next(t for t in retired if not terms.replacement(t))
    for term, fix in ((old, f"use {new}"), (gone, "obsolete and no term replaces it")):
        error = refused(tmp_path, made(disease=term.replace(":", "_")))
        assert error.code == "OBSOLETE_TERM"
        assert fix in error.issues[0].fix


def test_a_column_of_terms_is_read_in_every_spelling():
    found = label_types(["CL_0000127", "cl:0000540", f"{OBO}CL_0000129", "CL:0000129", "CL_9999999"])
    assert {label.name: label.term for label in found} == {
        "astrocyte": "CL:0000127",
        "neuron": "CL:0000540",
        "microglial cell": GLIA,
        "CL_9999999": "",
    }


def batch(
    name: str,
    *,
    models: tuple[str, ...] = (),
    brings: tuple[str, ...] = (),
    shares: tuple[str, ...] = (),
    own: tuple[str, ...] = ("a",),
) -> Batch:
    found = Batch(f"dataset/{name}", "1")
    found.nodes["Contrast"] = [{"id": f"orthokg:contrast/{name}/{each}", "label": each} for each in own]
    found.nodes["DiseaseModel"] = [{"id": f"orthokg:model/{each}", "label": each.upper()} for each in brings]
    subject = f"orthokg:contrast/{name}/a"
    found.edges["OF_MODEL", "Contrast", "DiseaseModel"] = [{"subject": subject, "object": each} for each in models]
    found.edges["SHARES_SAMPLES", "Contrast", "Contrast"] = [
        {"subject": subject, "object": f"orthokg:contrast/{s}"} for s in shares
    ]
    return found


@pytest.mark.parametrize(
    ("one", "fix"),
    [
        (
            batch(
                "x",
                models=("orthokg:model/j20", "orthokg:model/mine", "orthokg:model/graph"),
                shares=("y/b", "g/x", "rosmap-fl/ad"),
            ),
            None,
        ),
        (batch("x", models=("orthokg:model/j2",)), "did you mean orthokg:model/j20 (J20)?"),
        (batch("x", models=("rTg4510",)), "did you mean orthokg:model/rtg4510 (rTg4510)?"),
        (batch("x", models=("orthokg:model/nothing-like-it-at-all",)), "check its id"),
        (batch("x", shares=("y/bb",)), "did you mean orthokg:contrast/y/b (b)?"),
        (batch("x", shares=("rosmap/ad",)), "orthokg:contrast/rosmap-fl/ad"),
    ],
)
def test_what_a_manifest_names_beside_its_own_exists(one: Batch, fix: str | None):
    others = batch("y", brings=("mine",), own=("a", "b"))
    graph = {"DiseaseModel": {"orthokg:model/graph": "graph"}, "Contrast": {"orthokg:contrast/g/x": "x"}}
    found = dangling([one, others], lambda label: graph[label])
    assert set(found) == (set() if fix is None else {"dataset/x"})
    if fix:
        assert found["dataset/x"].code == "UNKNOWN_TERM"
        assert fix in found["dataset/x"].issues[0].fix


def test_what_a_refused_manifest_would_have_brought_is_not_there():
    one, two = batch("x", models=("orthokg:model/none",), brings=("mine",)), batch("y", models=("orthokg:model/mine",))
    assert set(dangling([one, two], lambda _: {})) == {"dataset/x", "dataset/y"}


def test_a_check_fails_by_name_and_makes_no_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path / "none"))
    rows = "".join(f"ENSMUSG{n:011d},{n % 7 - 3},0.5\n" for n in (51951, 25902, 33845, 28184, 2459, 104217))
    (tmp_path / "t.csv").write_text("g,e,p\n" + rows)
    facts = GOOD | {"table": {**GOOD["table"], "gene_id": "ensembl"}}
    (tmp_path / "m.yaml").write_text(
        yaml.safe_dump(facts | {"contrasts": [{**GOOD["contrasts"][0], "model": "orthokg:model/j21"}]})
    )
    found = CliRunner().invoke(main, ["ingest", "--check", str(tmp_path / "m.yaml")])
    assert found.exit_code == 1
    assert "FAILED [UNKNOWN_TERM]" in found.output
    assert "did you mean orthokg:model/j20 (J20)?" in found.output
    assert not (tmp_path / "none" / "graph").exists()


def test_an_error_of_a_contract_is_raised_for_a_name_that_is_no_id(tmp_path: Path):
    with pytest.raises(ContractError, match="NCBITaxon"):
        manifest.read(write(tmp_path, GOOD | {"dataset": GOOD["dataset"] | {"taxon": "mousse"}}))
