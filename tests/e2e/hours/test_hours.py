"""Each hour on the simulated study, by the command line beside a server."""

import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.cli.main import main
from kg.jobs.worker import Worker
from kg.store.driver import Store
from tests.e2e.hours.__main__ import HOURS
from tests.e2e.hours.hour import Done, Hour, know
from tests.simulated import ingested

pytestmark = pytest.mark.graph


@pytest.fixture
def hour(embedded_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hour]:
    assert embedded_store.server is not None
    home = embedded_store.server.folder.parent
    monkeypatch.setenv("ORTHOKG_HOME", str(home))
    ingested(embedded_store, home)
    know(embedded_store)

    def command(*words: str) -> Done:
        done = CliRunner().invoke(main, words)
        return Done(done.exit_code, done.stdout, done.stderr)

    app, worker = create_app(embedded_store, home / "signatures"), Worker(embedded_store, slots=0).start()
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as http:
        yield Hour(tmp_path, command, http)
    worker.stop()
    shutil.rmtree(home / "signatures", ignore_errors=True)


@pytest.mark.parametrize("name", HOURS)
def test_an_hour_is_well_spent(hour: Hour, name: str) -> None:
    for need in import_module(f"tests.e2e.hours.{name}").NEEDS:
        need(hour)
