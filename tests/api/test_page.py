"""The explorer's files: what is sent, how long it is kept, and what the page may load."""

import gzip
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.http.explorer import FOREVER, assets, router

ROOT = Path(__file__).parents[2]


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.include_router(router)
    return TestClient(app)


def addresses(client: TestClient) -> list[str]:
    return re.findall(r'(?:href|src|content)="(/explorer/[^"]+)"', client.get("/").text)


def test_every_file_that_the_page_names_is_there_and_kept_for_good(client):
    found = addresses(client)
    assert len(found) > 10
    for address in found:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == FOREVER
        assert client.get(address, headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_every_module_imports_what_is_there():
    held = {path.removeprefix("js/") for path in assets() if path.startswith("js/")}
    for name in held:
        named = set(re.findall(r'from "\./([^"]+)"', assets()[f"js/{name}"].body.decode()))
        assert named <= held, f"{name}: {named - held}"


def test_the_page_itself_is_asked_for_again_and_runs_only_files_of_this_server(client):
    answer = client.get("/")
    assert answer.headers["cache-control"] == "no-cache"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", answer.text)


def test_what_is_packed_unpacks_to_the_same(client):
    address = next(a for a in addresses(client) if a.endswith("base.css"))
    plain = client.get(address, headers={"accept-encoding": "identity"})
    packed = client.get(address, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert len(gzip.compress(plain.content)) < len(plain.content)


@pytest.mark.parametrize(
    "address",
    [
        "/explorer/0/base.css",
        "/explorer/plotly-0.min.js",
        "/explorer/{key}/../page.py",
        "/explorer/{key}/%2e%2e/page.py",
        "/explorer/{key}/js",
        "/explorer/{key}/",
    ],
)
def test_other_addresses_hold_nothing(client, address):
    key = addresses(client)[1].split("/")[2]
    assert client.get(address.format(key=key)).status_code == 404


def test_no_script_makes_markup_of_text_or_leaves_this_server():
    for path, asset in assets().items():
        if not path.endswith(".js"):
            continue
        text = asset.body.decode()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            path
        )
        outside = set(re.findall(r"https?://[\w.]+", text)) - {
            "http://www.w3.org",
            "https://doi.org",
            "https://orcid.org",
        }
        if path == "js/out.js":  # links that a reader follows, each in a tab of its own
            assert "fetch" not in text
            assert 'rel: "noopener noreferrer"' in text
            continue
        assert not outside, f"{path}: {outside}"


def test_the_wheel_holds_the_page(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"api/explorer/{path}" for path in assets()} - {"api/explorer/js/declared.js"} <= names
    assert not [name for name in names if name.startswith("api/explorer/screenshots/")]
