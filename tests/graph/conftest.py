"""A home for commands that read beside a server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.store.driver import Store


@pytest.fixture
def served(embedded_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of the embedded store, as the commands see it that read beside it."""
    assert embedded_store.server is not None
    home = embedded_store.server.folder.parent
    monkeypatch.setenv("ORTHOKG_HOME", str(home))
    yield home
    for name in ("signatures", "releases", "atlas"):
        shutil.rmtree(home / name, ignore_errors=True)
