"""Labels of cell types: what is found, how, and what stays the authors' words; the mapping table holds what it must."""

import csv

import pytest

from ingest.fetch.cache import Cache
from ingest.fetch.curated import curated
from ingest.files.cells.labels import TABLE, label_types, mapped, term_of
from ingest.manifest import terms


@pytest.mark.parametrize(
    ("text", "term", "how"),
    [
        ("CL:0000127", "CL:0000127", "id"),
        ("Astrocyte", "CL:0000127", "label"),
        ("microglial_cell", "CL:0000129", "label"),
        ("VLMC", "CL:4023051", "synonym"),
        ("Oligo", "CL:0000128", "mapping"),
        ("L2/3 IT", "CL:4030059", "mapping"),
        ("L2.3.IT", "CL:4030059", "mapping"),
        ("Lamp5", "CL:4023011", "mapping"),
        ("Sst Chodl", "CL:4023121", "mapping"),
        ("Micro-PVM", "CL:0000878", "broad mapping"),
        ("Micro/PVM", "CL:0000878", "broad mapping"),
        ("Gamma (PP) cells", "CL:0002275", "mapping"),
        ("CL:9999999", "", "none"),
        ("Sst_1", "", "none"),
        ("Pvalb_Tacr3", "", "none"),
        ("hybrid", "", "none"),
    ],
)
def test_a_label_is_found_by_the_first_rule_that_knows_it(text: str, term: str, how: str):
    assert term_of(text) == (term, how)


def test_texts_of_one_term_are_one_population_and_those_of_a_wider_term_are_not():
    made = label_types(["Astro", "Ast", "CL:0000127", "DAM", "Homeostatic microglia", "Micro", "Sst_1"])
    assert [(m.name, m.exact, m.method) for m in made] == [
        ("DAM", "", "broad mapping"),
        ("Homeostatic microglia", "", "broad mapping"),
        ("Sst_1", "", "none"),
        ("astrocyte", "CL:0000127", "mapping"),
        ("microglial cell", "CL:0000129", "mapping"),
    ]
    assert made[3].texts == ("Ast", "Astro", "CL:0000127")


def test_every_row_of_the_table_is_a_current_term_under_its_own_label():
    rows = curated(TABLE)
    assert len(rows) > 250
    for row in rows.itertuples():
        assert terms.known(str(row.object_id)), row
        assert not terms.deprecated(str(row.object_id)), row
        assert terms.label(str(row.object_id)) == row.object_label
        assert row.predicate_id in ("skos:exactMatch", "skos:broadMatch")
        assert row.subject_type == "rdfs literal"
        assert row.mapping_justification == "semapv:ManualMappingCuration"
        assert row.author_label
        assert 0.5 <= float(str(row.confidence)) <= 1


def test_no_row_is_there_twice_or_says_other_than_the_ontology():
    rows = curated(TABLE)
    assert len(mapped()) == len(rows)
    for label, term in zip(rows["subject_label"], rows["object_id"], strict=True):
        assert term_of(label) == (term, mapped_how(rows, label))


def mapped_how(rows, label: str) -> str:
    predicate = rows.loc[rows["subject_label"] == label, "predicate_id"].item()
    return {"skos:exactMatch": "mapping", "skos:broadMatch": "broad mapping"}[predicate]


@pytest.mark.parametrize("species", ["human", "mouse"])
def test_the_subclasses_of_the_cortex_atlas_all_have_a_term(cache: Cache, species: str):
    with cache.get(f"biccn_m1_evo/Species_metadata_Cytosplore_-_{species}.csv").open(encoding="utf-8-sig") as opened:
        names = {row["subclass"] for row in csv.DictReader(opened)}
    assert len(names) >= 20
    assert [name for name in sorted(names) if not term_of(name)[0]] == []
