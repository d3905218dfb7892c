"""The explorer in a real browser, on a real server over the simulated study."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.access.auth import Tokens
from api.http.app import create_app
from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema
from tests import patience
from tests.needs import lacking
from tests.serving import serving
from tests.simulated import ingested

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
AD = "MONDO:0004975"
MILLISECONDS = 1000 * patience.SECONDS


@dataclass(frozen=True)
class Site:
    """A running server, its store and its signatures."""

    url: str
    store: Store
    signatures: Path


@contextmanager
def served(store: Store, signatures: Path, tokens: Tokens | None = None) -> Iterator[str]:
    """Address of the explorer over a store."""
    with serving(create_app(store, signatures, tokens=tokens)) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def visitor(browser, **options) -> Iterator:
    """A browser context that nobody has used, as patient as every test."""
    with browser.new_context(**options) as context:
        context.set_default_timeout(MILLISECONDS)
        yield context


def settled(page) -> None:
    """The page says that nothing is being asked or drawn any more."""
    from playwright.sync_api import expect

    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[aria-busy]")).to_have_count(0)


def drawn(page) -> None:
    """Every chart of the page stands, and none has failed."""
    from playwright.sync_api import expect

    settled(page)
    for chart in page.locator(".chart").all():
        expect(chart).to_have_attribute("data-drawn", "true")


def saved(page, name: str) -> None:
    """A picture to be looked at, where a folder for them is named."""
    if folder := os.environ.get("ORTHOKG_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture(scope="package")
def chromium() -> str:
    """Path of an installed browser; skipped aloud where there is none, an error under CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        lacking(f"no browser: none of {', '.join(NAMES)} is on the path (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=MILLISECONDS)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("explorer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORTHOKG_HOME", str(folder))
        store = open_store("embedded")
    with store:
        ensure_schema(store)
        signatures = ingested(store, folder)
        with served(store, signatures.root) as url:
            yield Site(url, store, signatures.root)


@pytest.fixture
def page(browser, site: Site) -> Iterator:
    """A page of its own. At the end: no script failed, and nothing was asked of any other server."""
    asked, failed = [], []
    with visitor(browser, base_url=site.url, viewport={"width": 1280, "height": 900}) as context:
        made = context.new_page()
        context.on("request", lambda request: asked.append(request.url))
        made.on("pageerror", lambda error: failed.append(str(error)))
        yield made
    assert asked, "the page was not opened"
    assert not [url for url in asked if not url.startswith((site.url, "blob:", "data:"))]
    assert not failed
