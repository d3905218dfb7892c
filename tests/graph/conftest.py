"""A home for commands that read beside a server."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kg.cli.main import main
from kg.store.driver import Store
from tests.simulated import ingested


@pytest.fixture
def served(embedded_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of the embedded store, as the commands see it that read beside it."""
    assert embedded_store.server is not None
    home = embedded_store.server.folder.parent
    monkeypatch.setenv("ORTHOKG_HOME", str(home))
    yield home
    for name in ("signatures", "releases", "atlas"):
        shutil.rmtree(home / name, ignore_errors=True)


@pytest.fixture
def run(
    store: Store, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs ``orthokg`` on the store, with the signatures in the home that it reads."""
    if store.dialect == "neo4j":
        for name, value in request.getfixturevalue("neo4j_settings").items():
            monkeypatch.setenv(name, value)
        home = tmp_path
        monkeypatch.setenv("ORTHOKG_HOME", str(home))
    else:
        home = request.getfixturevalue("served")
    ingested(store, tmp_path)
    if home != tmp_path:
        shutil.copytree(tmp_path / "signatures", home / "signatures")
    return lambda *words: CliRunner().invoke(main, words)
