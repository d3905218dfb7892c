"""Search, the pages of one thing, the Cypher page, and what a screen reader needs on every view."""

import csv
import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kg.curate.curation import propose
from tests.browser.conftest import drawn, settled
from tests.patience import until

VIEWS = {
    "verdicts": "/",
    "one verdict": "/?model=simulated-shared",
    "untestable": "/?model=simulated-cut",
    "regulons": "/?model=simulated-specific&level=regulon",
    "search": "/?view=search&q=SIM1",
    "nothing found": "/?view=search&q=nosuchname",
    "model": "/?view=model&id=simulated-shared",
    "gene": "/?view=gene&id=ENSEMBL:ENSG90000000001",
    "regulon": "/?view=regulon&id=orthokg:regulon/simulated-0",
    "data set": "/?view=dataset&id=orthokg:dataset/simulated-mouse",
    "about": "/?view=about",
    "cite": "/?view=cite",
    "no such view": "/?view=nosuchview",
    "error": "/?model=nosuchmodel",
    "grid": "/?view=grid",
    "signature": "/?view=signature",
    "curations": "/?view=curations",
    "atlases": "/?view=atlases",
    "jobs": "/?view=jobs",
    "cypher": "/?view=cypher&query=MATCH (m:DiseaseModel)-[r:MODELS]->(d:Disease) RETURN m, r, d, 1 AS n",
    "refused": "/?view=cypher&query=MATCH (n) DELETE n",
}


@pytest.mark.parametrize("address", VIEWS.values(), ids=VIEWS.keys())
def test_no_view_shuts_anyone_out(page, address):
    page.goto(address)
    settled(page)
    if "model=simulated" in address:
        page.locator("button.cell").click()
        expect(page.locator("#detail")).to_be_visible()
        drawn(page)
        for summary in page.locator("summary").all():
            summary.click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator("h1").count() == 1


def test_search_leads_to_a_gene_and_to_the_matches_that_it_leads(page, site):
    (best,) = site.store.read(
        "MATCH (k:Match {level: 'gene'})-[s:SUPPORTED_BY]->(g:Gene) RETURN g.symbol AS symbol ORDER BY s.rank, g.id"
        " LIMIT 1"
    )
    page.goto("/")
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Search").click()
    expect(page.locator("h1")).to_be_focused()
    page.get_by_label("Name").fill(best["symbol"])
    page.get_by_label("Kind").select_option("Gene")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=best["symbol"], exact=True).first.click()
    expect(page.locator("h1")).to_have_text(best["symbol"])
    page.get_by_role("region", name="matches that it leads").get_by_role("link").first.click()
    expect(page.locator("#detail")).to_be_visible()
    expect(page.locator("#detail")).to_contain_text(best["symbol"])


def test_a_view_that_was_left_does_not_come_back(page):
    held, hold = [], True
    page.route("**/graphql", lambda route: held.append(route) if hold else route.continue_())
    page.goto("/")
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Search").click()
    expect(page.locator("h1")).to_be_focused()
    heading = page.locator("h1").inner_text()
    assert held, "the verdicts were asked for"
    hold = False
    for route in held:
        route.continue_()
    expect(page.locator("#release")).to_contain_text("data")  # told as the verdicts are drawn
    settled(page)
    assert page.locator("h1").all_inner_texts() == [heading]


@pytest.mark.parametrize("answer", ["abort", "empty", "no JSON"])
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?view=search&q=SIM1",
        "/?view=gene&id=ENSEMBL:ENSG90000000001",
        "/?view=space",
        "/?view=atlases",
        "/?view=jobs",
    ],
)
def test_a_view_says_that_it_failed_and_waits_no_more(page, address, answer):
    bodies = {"empty": '{"data": null}', "no JSON": "<html>"}
    page.route(
        "**/graphql",
        lambda route: route.abort() if answer == "abort" else route.fulfill(status=502, body=bodies[answer]),
    )
    page.goto(address)
    expect(page.get_by_role("alert")).to_be_visible()
    settled(page)


@pytest.mark.parametrize("script", ["not there", "broken", "fails to draw"])
def test_without_charts_the_numbers_are_there_and_nothing_is_waited_for(page, script):
    bodies = {
        "broken": "window.Plotly = null",
        "fails to draw": "window.Plotly = {newPlot: () => Promise.reject(new Error('no room'))}",
    }
    answer = {"status": 404} if script == "not there" else {"body": bodies[script], "content_type": "text/javascript"}
    page.route("**/plotly-*", lambda route: route.fulfill(**answer))
    page.goto("/?model=simulated-specific")
    page.locator("button.cell").click()
    expect(page.locator("#detail h2")).to_be_focused()
    settled(page)
    assert page.locator('.chart[data-drawn="false"]').count() == page.locator(".chart").count() == 2
    expect(page.locator(".chart").first).to_contain_text("its numbers are in the tables")
    page.locator("#detail details > summary").first.click()
    assert page.locator("#detail figure details tbody tr").count() == 40


def test_of_two_answers_the_one_that_was_asked_last_stays(page):
    held, hold = [], True
    page.goto("/")
    settled(page)
    page.route("**/graphql", lambda route: held.append(route) if hold else route.continue_())
    cells = page.locator("button.cell")
    for at in (0, 1):
        cells.nth(at).click()
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    until(lambda: page.evaluate("1") and len(held) == 2)
    hold = False
    first, last = held
    last.continue_()
    expect(page.locator("#detail")).to_have_attribute("data-match", str(cells.nth(1).get_attribute("data-match")))
    first.continue_()
    settled(page)
    expect(page.locator("#detail")).to_have_attribute("data-match", str(cells.nth(1).get_attribute("data-match")))
    expect(cells.nth(1)).to_have_attribute("aria-pressed", "true")


def test_a_query_gives_rows_a_picture_and_a_file(page):
    page.goto("/?view=cypher")
    page.get_by_label("Query (Ctrl+Enter runs it)").fill(
        "MATCH (m:DiseaseModel)-[r:MODELS]->(d:Disease) WHERE m.label = $model RETURN m, r, d, m.label AS name"
    )
    page.get_by_label("Parameters, as JSON").fill('{"model": "simulated-none"}')
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".summary")).to_have_text("1 row.")
    picture = page.locator(".picture svg")
    expect(picture.locator("circle")).to_have_count(2)
    expect(picture.locator("line.edge")).to_have_count(1)
    assert "2 nodes and 1 relationship (MODELS)" in (picture.get_attribute("aria-label") or "")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download TSV of cypher rows").click()
    (row,) = csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8")), delimiter="\t")
    assert row["name"] == "simulated-none"
    page.reload()
    expect(page.locator(".summary")).to_have_text("1 row.")


def test_a_saved_query_is_picked_and_answers(page):
    page.goto("/?view=cypher")
    page.get_by_role("navigation", name="Saved queries").get_by_role("link", name="Datasets and licences").click()
    expect(page.locator(".summary")).to_contain_text("row")
    expect(page.get_by_label("Query (Ctrl+Enter runs it)")).to_have_value(re.compile("MATCH"))
    assert page.locator(".shelf li").count() >= 12


def test_what_a_curator_said_stands_beside_the_verdict(page, site):
    (row,) = site.store.read(
        "MATCH (k:Match {level: 'gene'})-[:MATCH_OF {side: 'mouse'}]->(:Contrast)-[:OF_MODEL]->(:DiseaseModel {label:"
        " 'simulated-none'}) RETURN k.id AS id"
    )
    propose(site.store, about=(row["id"],), verdict="comment", why="<b>seen</b> in our mice", who="ada")
    page.goto("/?model=simulated-none")
    page.locator("button.cell").click()
    said = page.locator(".curations")
    expect(said).to_contain_text("proposed comment: <b>seen</b> in our mice")
    expect(said).to_contain_text("ada")


def test_what_a_curator_said_of_a_mapping_stands_on_its_gene(page, site):
    (pair,) = site.store.read(
        "MATCH (h:Gene)-[:ORTHOLOG_OF]->(m:Gene) RETURN h.id AS human, m.id AS mouse ORDER BY h.id LIMIT 1"
    )
    propose(site.store, about=(pair["human"], pair["mouse"]), verdict="reject", why="paralogs", who="ada")
    for gene in pair.values():
        page.goto(f"/?view=gene&id={gene}")
        said = page.locator(".curations")
        expect(said).to_contain_text("reject (proposed): paralogs")
        expect(said).to_contain_text(f"{pair['human']} ORTHOLOG_OF {pair['mouse']}")


def test_a_query_that_writes_is_refused_in_words(page, site):
    page.goto("/?view=cypher")
    page.get_by_label("Query (Ctrl+Enter runs it)").fill("MATCH (m:Match) DETACH DELETE m")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("DETACH is refused")
    assert site.store.read("MATCH (m:Match) RETURN count(m) AS n")[0]["n"] > 0


def test_a_query_opens_from_a_verdict(page):
    page.goto("/?model=simulated-specific")
    page.locator("button.cell").click()
    page.get_by_role("link", name="Run it on the Cypher page").click()
    expect(page.locator(".summary")).to_contain_text("row")
    expect(page.locator("h1")).to_have_text("Query the graph in Cypher")


def test_a_contrast_that_took_cells_as_replicates_says_so_wherever_it_stands(page, site):
    (told,) = site.store.read(
        "MATCH (c:Contrast)-[:OF_MODEL]->(m:DiseaseModel), (c)-[:CHANGES_GENE]->(g:Gene) "
        "RETURN c.id AS id, c.level AS level, m.id AS model, g.id AS gene ORDER BY c.id, g.id LIMIT 1"
    )
    site.store.write("MATCH (c:Contrast {id: $id}) SET c.level = 'cell'", id=told["id"])
    try:
        for address in (f"/?view=model&id={told['model']}", f"/?view=gene&id={told['gene']}"):
            page.goto(address)
            expect(page.get_by_text("cell-level test").first).to_be_visible()
    finally:
        site.store.write("MATCH (c:Contrast {id: $id}) SET c.level = $level", id=told["id"], level=told["level"])
    page.goto(f"/?view=model&id={told['model']}")
    settled(page)
    expect(page.get_by_text("cell-level test")).to_have_count(0)
