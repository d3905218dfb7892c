"""Real sources for the tests of ``ingest``, by the cache that users have; absent ones skip the test, and say so."""

import os
from pathlib import Path

import pytest

from ingest.cache import Cache
from ingest.genes_index import GeneIndex
from ingest.source import orthologs
from kg.curie import HUMAN, MOUSE
from kg.errors import SourceError
from kg.match.orthology import MAIN, OrthologTable


@pytest.fixture(scope="session")
def cache() -> Cache:
    if not os.environ.get("ORTHOKG_CACHE"):
        pytest.skip("needs the real sources: set ORTHOKG_CACHE to a folder that holds them")
    return Cache.open()


def _index(cache: Cache, taxon: str) -> GeneIndex:
    try:
        return GeneIndex.load(cache, taxon)
    except SourceError as error:
        pytest.skip(f"needs the gene table: {error}")


@pytest.fixture(scope="session")
def human(cache: Cache) -> GeneIndex:
    return _index(cache, HUMAN)


@pytest.fixture(scope="session")
def mouse(cache: Cache) -> GeneIndex:
    return _index(cache, MOUSE)


@pytest.fixture(scope="session")
def ortholog_file(cache: Cache) -> Path:
    try:
        return orthologs.get(cache, [MAIN])[MAIN]
    except SourceError as error:
        pytest.skip(f"needs the ortholog table: {error}")


@pytest.fixture(scope="session")
def main_table(ortholog_file: Path, human: GeneIndex, mouse: GeneIndex) -> OrthologTable:
    return orthologs.transform(MAIN, ortholog_file, human, mouse).arrays["table"]
