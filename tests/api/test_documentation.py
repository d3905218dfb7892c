"""The documentation at /docs: what is served, under which policy, and that no address leads out of the folder."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.access.auth import is_open
from api.http.documentation import NOT_BUILT, allowed, router

SCRIPT = "__md_scope = new URL('.', location)"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """As it is built, but small."""
    made = tmp_path / "site"
    (made / "how-to").mkdir(parents=True)
    (made / "assets").mkdir()
    (made / "index.html").write_text(f"<script>{SCRIPT}</script><script src='assets/a.js'></script>first page")
    (made / "how-to" / "index.html").write_text("second page")
    (made / "assets" / "a.js").write_text("let a = 1")
    (made / "assets" / "a.js.map").write_text("{}")
    (tmp_path / "secret.html").write_text("not part of it")
    return made


@pytest.fixture
def client(site: Path) -> TestClient:
    return served(site)


def served(site: Path) -> TestClient:
    app = FastAPI(docs_url=None)
    app.include_router(router(site))
    return TestClient(app, follow_redirects=False)


def test_pages_are_served_by_their_folders(client: TestClient) -> None:
    assert client.get("/docs").headers["location"] == "/docs/"
    assert "first page" in client.get("/docs/").text
    assert client.get("/docs/how-to").headers["location"] == "/docs/how-to/"
    assert "second page" in client.get("/docs/how-to/").text
    answer = client.get("/docs/assets/a.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert client.get("/docs/assets/a.js", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("path", [
    "../secret.html", "%2e%2e/secret.html", "..%2fsecret.html",
    "how-to/../../secret.html", "/etc/passwd", "%2fetc%2fpasswd",
    "assets/a.js.map", "none/",
    "..%5csecret.html", "how-to/%00",
])  # fmt: skip
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    answer = client.get(f"/docs/{path}")
    assert answer.status_code == 404
    assert "not part of it" not in answer.text


def test_a_page_runs_its_own_lines_of_script_and_files_of_this_server_alone(client: TestClient) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in client.get("/docs/").headers["content-security-policy"].split(";")
    )
    hashed = b64encode(sha256(SCRIPT.encode()).digest()).decode()
    assert policy["script-src"] == f"'self' 'sha256-{hashed}'"
    assert policy["default-src"] == "'none'"
    assert not [value for value in policy.values() if re.search(r"https?:|\*", value)]
    assert "script-src 'self';" in client.get("/docs/how-to/").headers["content-security-policy"]


def test_where_it_is_not_built_one_line_says_how(tmp_path: Path) -> None:
    for path in ("/docs", "/docs/", "/docs/how-to/"):
        answer = served(tmp_path / "nothing").get(path)
        assert (answer.status_code, answer.text) == (404, NOT_BUILT)
    assert "make docs" in NOT_BUILT


def test_it_needs_no_token() -> None:
    assert is_open("/docs")
    assert is_open("/docs/how-to/own-table/")
    assert not is_open("/docs/../graphql")


def test_hashes_are_of_lines_of_script_and_not_of_data() -> None:
    assert allowed(b'<script src="a.js"></script><script id="c" type="application/json">{}</script>') == ""
