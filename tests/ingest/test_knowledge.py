"""Models, modules and drugs on the real files."""

from collections import Counter

import pytest

from ingest.fetch.curated import curated
from ingest.source import drugs, models, modules, ontologies


def test_models_by_name_and_centre(cache):
    batch = models.transform(models.get(cache))
    assert (batch.read, batch.accepted) == (22, 22)
    rows = {row["id"]: row for row in batch.nodes["DiseaseModel"]}
    assert len(rows) == 22
    assert {i for i, row in rows.items() if row["label"] == "5xFAD"} == {
        "orthokg:model/5xfad-uci",
        "orthokg:model/5xfad-iu-jax-pitt",
        "orthokg:model/5xfad",
    }
    assert set(rows["orthokg:model/rtg4510"]["engineered_genes"]) == {"MAPT", "PRNP", "FGF14"}
    assert rows["orthokg:model/j20"]["engineered_genes"] == ["APP"]
    assert {"APP", "PSEN1"} <= set(rows["orthokg:model/5xfad-uci"]["engineered_genes"])
    assert rows["orthokg:model/5xfad-uci"]["control"] == "C57BL6J"
    assert all(row["control"] and row["form"] and row["url"] for row in rows.values())


def test_every_curated_disease_and_gene_is_current(cache, human):
    mondo = ontologies.load("MONDO")
    table = curated("models.tsv")
    for disease in ";".join(table["models"]).split(";"):
        assert mondo.is_within(mondo.check(disease), "MONDO:0005071")
    for gene in ";".join(table["engineered_genes"]).split(";"):
        assert human.resolve(gene).rule == "symbol"
    for symbols in curated("drug_targets.tsv")["symbols"]:
        assert all(human.resolve(symbol).rule == "symbol" for symbol in symbols.split(";"))


@pytest.mark.parametrize(
    ("name", "centre", "found"),
    [
        ("LOAD1.Abca7A1527G", "", "orthokg:model/load1.abca7a1527g-iu-jax-pitt"),
        ("tg4510", "", "orthokg:model/rtg4510"),
        ("5xFAD", "UCI", "orthokg:model/5xfad-uci"),
        ("5xFAD", "", None),
        ("", "", None),
        ("PS19", "", None),
    ],
)
def test_find_a_model(name, centre, found):
    assert models.find(name, centre) == found


def test_modules_go_back_to_human_genes_and_say_which_cannot(cache, mouse, main_table):
    tables = modules.read(modules.get(cache))
    batch = modules.transform(tables, mouse, main_table)
    assert batch.read == 54_437
    assert Counter(q.rule for q in batch.quarantined)["no-one2one-ortholog"] > 0
    assert batch.accepted > 0.9 * batch.read
    assert len(batch.nodes["GeneModule"]) == 30
    assert Counter(row["region"] for row in batch.nodes["GeneModule"]) == {
        "cerebellum": 4,
        "dorsolateral prefrontal cortex": 4,
        "frontal pole": 4,
        "inferior frontal gyrus": 4,
        "parahippocampal gyrus": 5,
        "superior temporal gyrus": 4,
        "temporal cortex": 5,
    }
    uberon = ontologies.load("UBERON")
    for name, term in modules.REGIONS.values():
        assert uberon.label(term) == name
    members = batch.edges["MEMBER_OF", "Gene", "GeneModule"]
    assert len({(m["subject"], m["object"]) for m in members}) == len(members)
    assert sum(row["n_genes"] for row in batch.nodes["GeneModule"]) == len(members)
    changes = modules.fold_changes(batch.arrays["members"])
    assert not changes.duplicated(["module", "human_gene"]).any()
    assert changes["effect"].notna().all()


def test_drugs_and_targets(cache, human):
    files = drugs.get(cache)
    batch = drugs.transform(files, human)
    assert len(drugs.read_hub(files.hub)) == 6_798
    assert {q.value for q in batch.quarantined} == {"GSTT1", "CDO-1", "PGCP", "C22orf28"}
    rows = {row["id"]: row for row in batch.nodes["Drug"]}
    assert rows["orthokg:drug/tofacitinib"]["clinical_phase"] == "Launched"
    assert "JAK inhibitor" in rows["orthokg:drug/tofacitinib"]["moa"]
    targets = {(e["subject"], human.symbol_of(e["object"])) for e in batch.edges["TARGETS", "Drug", "Gene"]}
    assert ("orthokg:drug/bx-912", "PDPK1") in targets
    screen = drugs.read_driad(files.driad).set_index("Drug")["Target"]
    assert screen["bx-912"] == "PDPK1"
    assert "" in set(screen)
    assert {s for d, s in targets if d == drugs.drug_id("sb202190")} >= {"MAPK11", "MAPK14"}
    assert {e["subject"] for e in batch.edges["TARGETS", "Drug", "Gene"]} <= set(rows)


def test_only_used_drugs_stay_and_those_of_the_screen(cache, human):
    batch = drugs.transform(drugs.get(cache), human, {drugs.drug_id("vorinostat")})
    assert drugs.drug_id("vorinostat") in {row["id"] for row in batch.nodes["Drug"]}
    assert len(batch.nodes["Drug"]) < 100
    assert "ingest --all" in batch.missing[0]
    assert {e["subject"] for e in batch.edges["TARGETS", "Drug", "Gene"]} <= {row["id"] for row in batch.nodes["Drug"]}
