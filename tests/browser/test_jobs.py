"""Jobs in the explorer: a file is dropped, its columns are chosen, progress is seen, the answer is opened."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from ingest.atlas.create import create
from ingest.atlas.policy import policy_of
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author
from kg.jobs.limits import JobLimits
from kg.jobs.space import spaces
from kg.jobs.worker import Worker
from tests.browser.conftest import Site, drawn, saved, settled
from tests.ingest.atlas_cells import POLICY, write_study
from tests.ingest.conftest import *  # noqa: F403  (cache, human)
from tests.patience import until

ATLAS, LARGE = "simulated-blood", 9 * 1024 * 1024


@pytest.fixture(scope="module")
def worker(site: Site) -> Iterator[Worker]:
    made = Worker(site.store, slots=2, limits=JobLimits(nice=0)).start()
    yield made
    made.stop()
    shutil.rmtree(spaces(site.store.home), ignore_errors=True)


@pytest.fixture(scope="module")
def study(site: Site, cache: Cache, human: GeneIndex, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cells to be read against the atlas, which is in the graph: four donors, two of them cases."""
    folder, names = tmp_path_factory.mktemp("cells"), sorted(human.symbols)[1000:1240]
    paths = [write_study(folder, name, names, seed=at) for at, name in enumerate(("one", "two"))]
    objects = ObjectStore.of(home_folder=site.store.home)
    create(
        site.store, objects, ATLAS, paths, policy_of(POLICY), Author("Ada"), "the first", cache=cache,
        genes=Genes(cache),
    )  # fmt: skip
    return write_study(folder, "asked", names, donors=4, seed=9, cases=True).with_suffix(".h5ad")


@pytest.fixture(scope="module")
def mapped(browser, site: Site, worker: Worker, study: Path) -> str:
    """Address of the answer, from the form on."""
    with browser.new_context(base_url=site.url) as context:
        page = context.new_page()
        page.goto(f"/?view=jobs&atlas={ATLAS}")
        page.get_by_label(re.compile("Drop a file here")).set_input_files(study)
        expect(page.get_by_text("240 cells, 240 genes, counts in X")).to_be_visible()
        expect(page.get_by_label("Donor", exact=True)).to_have_value("donor")
        page.get_by_label("Type", exact=True).fill("type")
        page.get_by_label("Condition", exact=True).fill("arm")
        page.get_by_label("Condition", exact=True).press("Tab")
        page.get_by_role("group", name="Control: values of arm").get_by_label("control (120 cells)").check()
        page.get_by_role("button", name="Submit").click()
        expect(page.locator("h1")).to_have_text("Map cells to a version of an atlas: asked.h5ad")
        expect(page.get_by_role("heading", name="The cells on their atlas")).to_be_visible()
        return page.url


@pytest.mark.parametrize("width", [1440, 400])
def test_the_answer_shuts_nobody_out_at_any_width(page, mapped, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(mapped)
    drawn(page)
    saved(page, f"mapped-{width}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").count() == 1


def test_the_answer_tells_outcomes_cells_and_populations(page, mapped):
    page.goto(mapped)
    drawn(page)
    tiles = page.locator(".outcomes .value").all_inner_texts()
    assert sum(map(int, tiles)) == 240
    expect(page.get_by_text(re.compile("asked mapped to simulated-blood@"))).to_be_visible()
    traces = page.evaluate("document.querySelector('.chart').data.map((t) => [t.name, t.x.length, t.marker.symbol])")
    assert traces[0][:2] == ["the atlas", 720]
    assert sum(n for _, n, _ in traces[1:]) == 240
    open_signs = sum(n for _, n, sign in traces if sign and sign.endswith("-open"))
    assert open_signs == sum(map(int, tiles[2:]))
    assert traces[1][0] in {"B", "CD4 T", "CD8 T", "Mono", "NK", "plasmacytoid dendritic cell"}
    page.get_by_label("Highlight", exact=True).select_option("uncertain cells")
    drawn(page)
    assert page.evaluate("document.querySelector('.chart').data[1].marker.opacity") < 0.5
    assert "show=uncertain" in page.url
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download TSV of populations").click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8")), delimiter="\t"))
    assert sum(int(row["cells"]) for row in rows) == 240
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download mapped.tsv").click()
    assert len(waiting.value.path().read_text().splitlines()) == 241
    expect(page.get_by_role("table", name="4 files").locator("tbody tr")).to_have_count(4)


@pytest.mark.parametrize("width", [1440, 400])
def test_the_form_and_the_list_shut_nobody_out(page, mapped, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/?view=jobs")
    settled(page)
    for summary in page.locator("summary").all():
        summary.click()
    saved(page, f"jobs-{width}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    row = page.get_by_role("region", name="Your jobs").locator("tr", has_text="asked.h5ad").first
    expect(row).to_contain_text("done")
    expect(page.get_by_label("or one that you sent before")).to_contain_text("asked.h5ad")


def test_a_job_is_followed_cancelled_and_deleted_by_keyboard(page, worker):
    page.goto("/?view=jobs&kind=bench")
    settled(page)
    page.locator("summary", has_text="more setting").focus()
    page.keyboard.press("Enter")
    for name, value in (("Steps", "2000"), ("Seconds", "0.05"), ("Seed", "11")):
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_role("button", name="Submit").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Self-check of the machine")
    expect(page.locator("[data-job=RUNNING]")).to_be_visible()
    bar = page.get_by_label("Progress of the job")
    first = until(lambda: bar.evaluate("(bar) => bar.value") or None)
    until(lambda: bar.evaluate("(bar) => bar.value") > first)
    saved(page, "running")
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-job=CANCELLED]")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("It was cancelled")
    page.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    sure = page.get_by_role("button", name="Yes, delete it and its output")
    expect(sure).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Jobs")


def test_a_job_is_followed_where_its_events_do_not_come(page, worker):
    page.route("**/events", lambda route: route.abort())
    page.goto("/?view=jobs&kind=bench&seed=12&steps=60")
    settled(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("[data-job=DONE]")).to_be_visible()
    expect(page.get_by_role("heading", name="What it found")).to_be_visible()


def test_an_upload_that_is_cut_goes_on_and_is_not_sent_again(page, site, tmp_path):
    path = tmp_path / "counts.csv"
    path.write_bytes(b"gene,a,b\n" + b"x,1,2\n" * (LARGE // 6))
    offsets, cut = [], [2]

    def sent(route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        offsets.append(int(route.request.headers["upload-offset"]))
        if len(offsets) in cut:
            return route.abort()
        return route.continue_()

    page.route("**/uploads/*", sent)
    page.goto("/?view=jobs&kind=match")
    settled(page)
    place = page.get_by_role("group", name="File: counts")
    place.locator("input").set_input_files(path)
    expect(place).to_contain_text("has come whole")
    part = 4 * 1024 * 1024
    assert offsets == [0, part, part, 2 * part]
    page.reload()
    settled(page)
    place.locator("input").set_input_files(path)
    expect(place).to_contain_text("has come whole")
    assert len(offsets) == 4, "it is there already"
    page.get_by_role("button", name="Delete counts.csv").click()
    expect(page.get_by_role("button", name="Delete counts.csv")).to_have_count(0)


def test_what_is_wrong_with_a_job_is_said(page, site, worker, tmp_path):
    page.goto("/?view=jobs&kind=map")
    settled(page)
    page.get_by_label("Atlas", exact=True).fill("nosuch")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file")
    broken = tmp_path / "broken.h5ad"
    broken.write_bytes(b"no cells")
    page.get_by_label(re.compile("Drop a file here")).set_input_files(broken)
    expect(page.get_by_text("Its columns could not be read")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("nosuch")
    saved(page, "wrong")
    wrong = tmp_path / "cells.zip"
    wrong.write_bytes(b"PK")
    page.get_by_label(re.compile("Drop a file here")).set_input_files(wrong)
    expect(page.get_by_text("UPLOAD_TYPE")).to_be_visible()
    page.goto(f"/?view=jobs&id={'0' * 32}")
    expect(page.get_by_role("alert")).to_contain_text("UNKNOWN_TERM")
    assert json.loads(page.request.get("/health").text()) == {"status": "alive"}
