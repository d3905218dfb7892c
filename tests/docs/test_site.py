"""The built documentation: whole, offline, and in the wheel."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from api.http.documentation import allowed, read_pages
from tests.needs import lacking

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "api" / "docs" / "mkdocs.yml"
LOADED = re.compile(r"""<(?:script|img|link|iframe|source)\b[^>]*?(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)""")
STYLE = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` does, elsewhere; a broken link or a page that is not in the navigation fails it."""
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
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert LOADED.findall(text) == [], page
        assert not re.search(r"\son\w+=[\"']", text), page
    for sheet in site.rglob("*.css"):
        assert not STYLE.search(sheet.read_text(encoding="utf-8")), sheet


def test_every_line_of_script_in_a_page_is_allowed_by_its_hash(site: Path) -> None:
    for path, page in read_pages(site).items():
        if path.endswith(".html"):
            inline = re.findall(rb"<script(?![^>]*(?:src=|application/json))[^>]*>", page.body)
            assert set(inline) <= {b"<script>"}, path
            assert bool(inline) == bool(allowed(page.body)), path


def test_it_is_searched_without_a_network(site: Path) -> None:
    found = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    texts = " ".join(each["text"] for each in found["docs"])
    assert all(word in texts for word in ("SIMULATED_BESIDE_MEASURED", "joint null", "match-signature"))


def test_the_wheel_holds_it(tmp_path: Path) -> None:
    built = ROOT / "api" / "docs" / "site"
    if not built.is_dir():
        lacking("the documentation: run  make docs")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"api/docs/site/{path.relative_to(built)}" for path in built.rglob("*") if path.is_file()} <= names
    assert not [name for name in names if name.startswith(("api/docs/pages", "api/docs/mkdocs"))]
