"""The documentation in a real browser: its own policy lets it work, no other server is asked, and it fits a phone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.access.shields import Shields
from api.http.documentation import router
from tests.browser.conftest import visitor
from tests.docs.test_site import CONFIG
from tests.serving import serving


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made = tmp_path_factory.mktemp("docs") / "site"
    words = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--quiet",
        "--strict",
        "--config-file",
        str(CONFIG),
        "--site-dir",
        str(made),
    ]
    subprocess.run(words, check=True, capture_output=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    app = FastAPI(docs_url=None)
    app.include_router(router(Path(made)))
    app.add_middleware(Shields, origins=())
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("width", [1440, 400])
def test_pages_are_read_and_searched(browser, docs: str, width: int) -> None:
    from playwright.sync_api import expect

    asked, said = [], []
    with visitor(browser, base_url=docs, viewport={"width": width, "height": 900}) as context:
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        for path in ("", "tutorials/biologist/", "reference/errors/", "evidence/statistics/"):
            page.goto(f"/docs/{path}")
            expect(page.locator("h1")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.goto("/docs/")
        if width < 1000:
            page.locator("label[for=__search]").first.click()
        box = page.get_by_placeholder("Search")
        box.click()
        box.press_sequentially("rewiring")  # the page listens to keys: a value that is set without any may go unread
        expect(page.locator(".md-search-result__item").first).to_be_visible()
    assert not [url for url in asked if not url.startswith((docs, "blob:", "data:"))]
    assert said == []
