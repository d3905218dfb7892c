"""The explorer in a real browser, on a real server over the simulated study."""

import os
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from api.app import create_app
from api.auth import Tokens
from ingest.cache import Cache
from ingest.pipeline import Pipeline
from kg.signatures import SignatureStore
from kg.store import Store, open_store

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
AD = "MONDO:0004975"


@dataclass(frozen=True)
class Site:
    """A running server, its store and its signatures."""

    url: str
    store: Store
    signatures: Path


class Served:
    """The application in a thread of its own, on a free port of loopback."""

    def __init__(self, store: Store, signatures: Path, tokens: Tokens | None = None):
        app = create_app(store, signatures, tokens=tokens)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)

    def __enter__(self) -> "Served":
        self.thread.start()
        until = time.monotonic() + 30
        while not self.server.started and time.monotonic() < until:
            time.sleep(0.05)
        assert self.server.started, "the server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.socket.close()


@pytest.fixture(scope="package")
def chromium() -> str:
    """Path of an installed browser; skipped aloud where there is none, an error under CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        reason = f"no browser: none of {', '.join(NAMES)} is on the path (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        warnings.warn(f"BROWSER TESTS SKIPPED: {reason}", stacklevel=1)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("explorer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORTHOKG_HOME", str(folder))
        store = open_store("embedded")
    with store:
        store.ensure_schema()
        signatures = SignatureStore(folder / "signatures")
        assert Pipeline(store, signatures, Cache.open(), folder).run_simulated().exit_code == 0
        with Served(store, signatures.root) as served:
            yield Site(served.url, store, signatures.root)


@pytest.fixture
def page(browser, site: Site) -> Iterator:
    """A page of its own. At the end: no script failed, and nothing was asked of any other server."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 900})
    made = context.new_page()
    made.set_default_timeout(20_000)
    asked, failed = [], []
    context.on("request", lambda request: asked.append(request.url))
    made.on("pageerror", lambda error: failed.append(str(error)))
    yield made
    context.close()
    assert asked, "the page was not opened"
    assert not [url for url in asked if not url.startswith((site.url, "blob:", "data:"))]
    assert not failed
