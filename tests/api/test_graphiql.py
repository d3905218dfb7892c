"""GraphiQL in a browser that has no network."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from api.app import create_app
from tests.api.browser import chromium


@contextmanager
def serving(app) -> Iterator[str]:
    """The address of a real server while the block runs."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def test_it_asks_and_shows_the_schema_without_a_network(graph):
    with serving(create_app(graph.store, graph.signatures)) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        asked, wrong = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        page.goto(f"{address}/graphiql")
        page.locator(".graphiql-execute-button").click()
        page.locator(".result-window").get_by_text('"embedded"').wait_for()
        page.get_by_label("Show Documentation Explorer").click()
        page.get_by_role("link", name="Query", exact=True).click()
        page.get_by_role("link", name="matches", exact=True).wait_for()
        browser.close()
    assert wrong == []
    assert len(asked) >= 7
    assert [url for url in asked if not url.startswith(address)] == []


@pytest.mark.parametrize("name", ["graphql-ws.min.js", "style.css", "..%2f..%2fviews.py", "__init__.py", "page.html"])
def test_no_other_file_is_served(client, name):
    assert client.get(f"/graphiql/{name}").status_code == 404


def test_its_page_loads_only_files_that_are_served(client):
    wanted = re.findall(r'(?:src|href)="(graphiql/[^"]+)"', client.get("/graphiql").text)
    assert len(wanted) == 5
    for name in wanted:
        assert client.get(f"/{name}").status_code == 200
