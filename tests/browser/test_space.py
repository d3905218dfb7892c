"""The shared space of several species: its picture, the heat map of correspondences, by mouse, by keyboard and by
ear."""

import csv
import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from ingest.fetch.cache import Cache
from kg.store.driver import Store
from tests.browser.conftest import drawn
from tests.ingest.test_embedding import CARD, loaded, written

ADDRESS = "/?view=space&id=lab/space"


@pytest.fixture(scope="module")
def space(site, tmp_path_factory) -> Store:
    folder = tmp_path_factory.mktemp("space")
    told = CARD | {"gene embedding": "orthology stand-in (not a protein language model)"}
    written(folder, card=told, gene_embedding=None, controls=8, swapped=True, few=True)
    loaded(site.store, folder, Cache.open())
    return site.store


@pytest.mark.parametrize(
    "address", [ADDRESS, f"{ADDRESS}&colour=type", f"{ADDRESS}&rows=NCBITaxon:9606&columns=NCBITaxon:10090"]
)
def test_no_view_of_a_space_shuts_anyone_out(page, space, address):
    page.goto(address)
    drawn(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator("h1").count() == 1


def test_the_heat_map_tells_status_both_scores_and_where_they_disagree(page, space):
    page.goto(ADDRESS)
    drawn(page)
    grid = page.get_by_role("grid", name="Correspondence of mouse populations in rows and human populations in columns")
    cell = lambda row, column: grid.get_by_role("gridcell", name=re.compile(f"^{row} and {column}:"))  # noqa: E731
    rows = space.read(
        "MATCH (m:CellPopulation {in_taxon: 'NCBITaxon:10090'})-[r:CORRESPONDS_TO {embedding:"
        " 'lab/space'}]-(h:CellPopulation) RETURN m.label AS mouse, h.label AS human, r {.*} AS pair"
    )
    assert len(rows) == grid.get_by_role("gridcell").count() - 1 == 16, "a cell for each pair, and the corner"
    for row in rows:
        own, pair = cell(row["mouse"], row["human"]), row["pair"]
        assert own.get_attribute("data-state") == pair["status"]
        told = own.get_attribute("data-tip")
        assert f"score {pair['score']:.2f}" in told
        assert f"AUROC {pair['auroc']:.2f} (obsm X_orthologs)" in told
        assert ("THE TWO SCORES DISAGREE" in told) == (pair.get("agrees") is False)
        assert own.locator(".doubt").count() == (pair.get("agrees") is False)
        assert ("untestable" in told) == (row["mouse"] == "pericyte")
        assert (own.get_attribute("data-step") is None) == (row["mouse"] == "pericyte"), (
            "no colour where nothing was tested"
        )
    cell("neuron", "neuron").hover()
    expect(page.locator("#tip")).to_contain_text("counterparts; score")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download TSV of correspondences").click()
    table = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8")), delimiter="\t"))
    assert len(table) == 16
    assert sum(row["status"] == "COUNTERPART" for row in table) == 3


def test_it_can_be_read_by_keyboard(page, space):
    page.goto(ADDRESS)
    drawn(page)
    grid = page.get_by_role("grid")
    assert grid.locator('td[tabindex="0"]').count() == 1
    grid.locator('td[tabindex="0"]').focus()
    first = page.evaluate("document.activeElement.dataset.tip")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    moved = page.evaluate("document.activeElement.dataset.tip")
    assert moved.split(":")[0] != first.split(":")[0]
    expect(page.locator("#tip")).to_be_visible()
    expect(page.locator("#tip")).to_have_text(moved)
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "tip"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.dataset.tip") == first
    assert grid.locator('td[tabindex="0"]').count() == 1


def test_the_address_is_the_state_and_the_card_is_told(page, space):
    page.goto("/")
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Species").click()
    drawn(page)
    expect(page.locator("h1")).to_have_text("Cells of several species")
    page.get_by_label("Colour by").select_option("type")
    expect(page).to_have_url(re.compile("colour=type"))
    page.get_by_label("Rows", exact=True).select_option("NCBITaxon:9606")
    expect(page).to_have_url(
        re.compile(r"rows=NCBITaxon:9606.*columns=NCBITaxon:10090|columns=NCBITaxon:10090.*rows=NCBITaxon:9606")
    )
    drawn(page)
    expect(page.get_by_role("grid")).to_have_attribute(
        "aria-label", re.compile("of human populations in rows and mouse")
    )
    page.reload()
    drawn(page)
    expect(page.get_by_label("Colour by")).to_have_value("type")
    expect(page.locator("main")).to_contain_text("saturn 1; seed 7; gene embedding: orthology stand-in")
    expect(page.locator(".flags")).to_contain_text("stand-in")
    expect(page.locator(".chart")).to_have_attribute(
        "aria-label", re.compile("UMAP.*astrocyte, microglial cell, neuron")
    )
    page.go_back()
    expect(page.get_by_label("Rows", exact=True)).to_have_value("NCBITaxon:10090")
