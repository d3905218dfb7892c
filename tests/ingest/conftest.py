"""Real sources for the tests of ``ingest``, by the cache that users have; what an absent one does:
``tests/needs.py``."""

from pathlib import Path

import pytest

from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex
from ingest.source import orthologs
from kg.curie import HUMAN, MOUSE
from kg.match.orthology import MAIN, OrthologTable
from tests.needs import Sources, sources


@pytest.fixture(scope="session")
def cache() -> Sources:
    return sources()


def _index(cache: Cache, taxon: str) -> GeneIndex:
    return GeneIndex.load(cache, taxon)


@pytest.fixture(scope="session")
def human(cache: Cache) -> GeneIndex:
    return _index(cache, HUMAN)


@pytest.fixture(scope="session")
def mouse(cache: Cache) -> GeneIndex:
    return _index(cache, MOUSE)


@pytest.fixture(scope="session")
def ortholog_file(cache: Cache) -> Path:
    return orthologs.get(cache, [MAIN])[MAIN]


@pytest.fixture(scope="session")
def main_table(ortholog_file: Path, human: GeneIndex, mouse: GeneIndex) -> OrthologTable:
    return orthologs.transform(MAIN, ortholog_file, human, mouse).arrays["table"]
