"""Real servers for the tests: an embedded store and a Neo4j, one of each per test process, clean for every test."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema
from tests import java, kept
from tests.needs import lacking

ROOT = Path(__file__).parents[1]
NEO4J_SETTINGS = ("NEO4J_URI", "NEO4J_USER", "NEO4J_PASSWORD")
FOLDERS = ("e2e", "browser", "graph", "ingest", "api", "kg")
DATA = ROOT.parent / "shared" / "sources"


settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure() -> None:
    if "ORTHOKG_CACHE" not in os.environ and DATA.is_dir():
        os.environ["ORTHOKG_CACHE"] = str(DATA)
    os.environ.setdefault(java.OPTIONS, java.options())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders whose files take long go first, so that no worker is left with a long file at the end."""
    place = {folder: at for at, folder in enumerate(FOLDERS)}
    items.sort(key=lambda item: place.get(item.path.relative_to(ROOT / "tests").parts[0], -1))


@pytest.fixture(scope="session", autouse=True)
def _graphs_are_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    """In a folder of this run of the tests, which its workers share."""
    own = tmp_path_factory.getbasetemp()
    kept.FOLDER[:] = [(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "graphs"]


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the data of whoever runs it."""
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path / "home"))
    for name in NEO4J_SETTINGS:
        monkeypatch.delenv(name, raising=False)


def neo4j_local() -> ModuleType:
    """The launcher under docker/, which is no package."""
    spec = importlib.util.spec_from_file_location("neo4j_local", ROOT / "docker" / "neo4j-local" / "neo4j_local.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clean(store: Store) -> Store:
    store.write("MATCH (n) CALL (n) { DETACH DELETE n }")
    return store


@pytest.fixture(scope="session")
def neo4j_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Address, user and password of a Neo4j server; skipped aloud where there can be none, an error under CI."""
    launcher = neo4j_local()
    try:
        library = launcher.jars()
    except launcher.CannotStartError as error:
        lacking(f"no Neo4j: {error}")
    assert library.is_dir()
    with launcher.running(tmp_path_factory.mktemp("neo4j")) as settings:
        yield settings


@pytest.fixture(scope="session")
def _neo4j(neo4j_settings: dict[str, str]) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in neo4j_settings.items():
            patch.setenv(name, value)
        store = open_store("neo4j")
    with store:
        ensure_schema(store)
        yield store


@pytest.fixture(scope="session")
def _embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORTHOKG_HOME", str(tmp_path_factory.mktemp("embedded")))
        store = open_store("embedded")
    with store:
        ensure_schema(store)
        yield store


@pytest.fixture
def neo4j_store(_neo4j: Store) -> Store:
    return clean(_neo4j)


@pytest.fixture
def embedded_store(_embedded: Store) -> Store:
    return clean(_embedded)


@pytest.fixture(params=["embedded", "neo4j"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each test that takes it runs on both stores."""
    return request.getfixturevalue(f"{request.param}_store")
