"""Your own table in the explorer: dropped, its columns chosen, answered in words, or as a job with a report."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kg.curie import MOUSE
from kg.jobs.limits import JobLimits
from kg.jobs.space import spaces
from kg.jobs.worker import Worker
from kg.store.driver import open_store
from tests.browser.conftest import Site, saved, served, settled
from tests.e2e.lab import CORTEX, Lab


@pytest.fixture(scope="module")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The simulated study, and healthy animals whose noise a table may borrow."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORTHOKG_HOME", str(folder))
        store = open_store("embedded")
    with store:
        made = Lab(store, folder)
        made.load_reference(MOUSE)
        yield made


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    with served(lab.store, lab.signatures.root) as url:
        yield Site(url, lab.store, lab.signatures.root)


@pytest.fixture(scope="module")
def table(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a tool wrote it: names of rows without a head."""
    made = lab.table(MOUSE).drop_duplicates("gene").set_index("gene")[["effect", "se"]]
    path = tmp_path_factory.mktemp("table") / "<b>mine.tsv"
    text = made.rename(columns={"effect": "log2FoldChange", "se": "lfcSE"}).to_csv(sep="\t", na_rep="NA")
    path.write_text(text.removeprefix("gene\t"), encoding="utf-8")
    return path


@pytest.fixture
def worker(site: Site) -> Iterator[Worker]:
    made = Worker(site.store, slots=1, limits=JobLimits(nice=0)).start()
    yield made
    made.stop()
    shutil.rmtree(spaces(site.store.home), ignore_errors=True)


def fill(page, table: Path) -> None:
    page.goto("/?view=signature")
    settled(page)
    page.get_by_label(re.compile("Drop a table here")).set_input_files(table)
    expect(page.get_by_text(re.compile("check the columns below"))).to_be_visible()
    page.get_by_label("Species").select_option(label="mouse")
    page.get_by_label("Tissue measured").fill(CORTEX)


@pytest.mark.parametrize("width", [1440, 400])
def test_a_table_is_answered_in_words_and_nothing_is_stored(page, site, table, width):
    page.set_viewport_size({"width": width, "height": 900})
    fill(page, table)
    expect(page.get_by_label(re.compile("^Effect"))).to_have_value("1")
    expect(page.get_by_label(re.compile("^Standard error"))).to_have_value("2")
    before = site.store.read("MATCH (n) RETURN count(n) AS n")
    page.get_by_role("button", name="Match it").click()
    head = page.locator(".answer h2").first
    expect(head).to_be_focused()
    expect(head).to_contain_text("<b>mine")
    expect(head).to_contain_text("changes like")
    saved(page, f"signature-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("Download TSV of which gene-level changes")).click()
    assert "SUPPORTED" in waiting.value.path().read_text(encoding="utf-8")
    assert site.store.read("MATCH (n) RETURN count(n) AS n") == before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("gene\tlogFC\tpvalue\nTrem2\t1\t0.1\nGfap\t1\n", "RAGGED"),
        ("gene\n1\n", "NOT_TABULAR"),
        ("gene;logFC;pvalue\nTrem2;1,5;0,1\n", "DECIMAL_MARK"),
        ("gene\tlogFC\tpvalue\nTrem2\t1\t0.1\nGfap\t1\t0.2\n", "UNKNOWN_GENES"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(page, tmp_path, text, code):
    path = tmp_path / "bad.tsv"
    path.write_text(text)
    page.goto("/?view=signature")
    settled(page)
    page.get_by_label(re.compile("Drop a table here")).set_input_files(path)
    if code not in ("RAGGED", "NOT_TABULAR"):
        page.get_by_label("Species").select_option(label="mouse")
        page.get_by_label("Tissue measured").fill(CORTEX)
        page.get_by_role("button", name="Match it").click()
    expect(page.get_by_role("alert")).to_contain_text(code)


def test_as_a_job_it_has_a_report(page, worker, table):
    fill(page, table)
    page.get_by_role("button", name="As a job, with a report").click()
    expect(page.get_by_text("changes like").first).to_be_visible()
    settled(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download report.html").click()
    assert "changes like" in waiting.value.path().read_text(encoding="utf-8").partition("</h1>")[0]
