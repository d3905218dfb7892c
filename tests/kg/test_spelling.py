"""One function reads every spelling of an id, and leaves names alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.ask.upload import Upload
from kg.curie import HUMAN, MOUSE, PREFIXES
from kg.names.ids import MODELLED, prefix_of, spelt, taxon, wanted

AD = "MONDO:0004975"


@pytest.mark.parametrize(
    "text",
    [
        AD,
        "mondo:0004975",
        "Mondo_0004975",
        "MONDO_0004975",
        " MONDO:0004975\t",
        "MONDO : 0004975",
        '"MONDO:0004975"',
        "http://purl.obolibrary.org/obo/MONDO_0004975",
        "https://purl.obolibrary.org/obo/MONDO_0004975",
        "<http://purl.obolibrary.org/obo/MONDO_0004975>",
        " < http://purl.obolibrary.org/obo/MONDO_0004975 > ",
        "HTTP://PURL.OBOLIBRARY.ORG/obo/MONDO_0004975",
        "https://monarchinitiative.org/MONDO:0004975",
        "https://identifiers.org/mondo/MONDO:0004975",
        "https://www.ebi.ac.uk/ols4/ontologies/mondo/terms?iri=http://purl.obolibrary.org/obo/MONDO_0004975",
    ],
)
def test_every_spelling_of_a_term_is_its_curie(text: str):
    assert spelt(text) == AD


@pytest.mark.parametrize(
    ("text", "curie"),
    [
        ("cl_0000127", "CL:0000127"),
        ("uberon:0000956", "UBERON:0000956"),
        ("http://www.ebi.ac.uk/efo/EFO_0000249", "EFO:0000249"),
        ("hsapdv_0000087", "HsapDv:0000087"),
        ("ncbitaxon_10090", MOUSE),
        ("doid_10652", "DOID:10652"),
        ("mesh:d000544", "MESH:D000544"),
        ("https://w3id.org/orthokg/model/rtg4510", "orthokg:model/rtg4510"),
        ("ORTHOKG:model/rtg4510", "orthokg:model/rtg4510"),
        ("ensembl:ENSG00000142192", "ENSEMBL:ENSG00000142192"),
        ("http://identifiers.org/ensembl/ENSG00000142192", "ENSEMBL:ENSG00000142192"),
    ],
)
def test_every_vocabulary(text: str, curie: str):
    assert spelt(text) == curie


@pytest.mark.parametrize(
    "name",
    [
        "rTg4510",
        "5xFAD",
        "Alzheimer disease",
        "MA1",
        "HLA-A",
        "CL",
        "Nkx2-1",
        "MONDO",
        "tau 8m",
        "",
        "http://example.org/x",
        "a:b",
    ],
)
def test_a_name_stays_as_it_is(name: str):
    assert spelt(f" {name} ") == name == spelt(name)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (text, MOUSE)
        for text in (
            "mouse",
            "Mouse",
            "Mus musculus",
            "mus_musculus",
            "M. musculus",
            "10090",
            " 10090 ",
            "NCBITaxon:10090",
            "ncbitaxon_10090",
            "http://purl.obolibrary.org/obo/NCBITaxon_10090",
        )
    ]
    + [(text, HUMAN) for text in ("human", "Homo sapiens", "homo  sapiens", "9606", "NCBITaxon_9606")]
    + [
        ("9483", "NCBITaxon:9483"),
        ("NCBITaxon:9483", "NCBITaxon:9483"),
        ("Marmoset", "NCBITaxon:9483"),
        ("R. norvegicus", "NCBITaxon:10116"),
        ("zebrafish", "zebrafish"),
    ],
)
def test_a_species_by_name_or_id(text: str, id: str):
    assert taxon(text) == id
    assert Upload(text, ("APP",), z=(1.0,)).taxon == id


def test_ids_of_other_vocabularies_are_suggestions():
    assert all(prefix_of(term) == "MONDO" for term in MODELLED)
    for other in ("DOID:10652", "MESH:D000544", "EFO:0000249"):
        assert (wanted(other), spelt(other)) == (AD, other)
    assert wanted("DOID:1") == wanted("x") == ""


@given(st.sampled_from(sorted(set(PREFIXES) - {"orthokg", "ENSEMBL", "GEO"})), st.integers(0, 9_999_999), st.booleans())
def test_what_is_spelt_stays_spelt(prefix: str, number: int, lower: bool):
    curie = f"{prefix}:{number:07d}"
    for text in (curie, curie.replace(":", "_"), PREFIXES[prefix] + f"{number:07d}"):
        assert spelt(text.lower() if lower and "//" not in text else text) == curie == spelt(spelt(text))
