"""All models against all diseases in the explorer: a no, an untestable pair and what was not tested are told apart, and
each cell leads to its verdict."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import drawn, saved, settled
from tests.browser.test_species import told


@pytest.mark.parametrize("width", [1440, 400])
def test_every_cell_says_what_it_is_and_leads_to_its_verdict(page, site, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/?view=grid")
    settled(page)
    saved(page, f"grid-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    answers = {
        row["match"]: row["answer"]
        for row in site.store.read(
            "MATCH (k:Match {level: 'gene', policy: 'one2one'}) RETURN k.id AS match, CASE WHEN k.status = 'UNTESTABLE'"
            " THEN 'untestable' WHEN k.status <> 'NOT_SUPPORTED' THEN 'found' WHEN k.power >= 0.8 THEN 'no'"
            " ELSE 'weak_no' END AS answer"
        )
    }
    seen = {}
    for cell in page.locator("a.cell.mini").all():
        match = (cell.get_attribute("href") or "").rpartition("match=")[2]
        seen[match if "match=" in (cell.get_attribute("href") or "") else ""] = cell.get_attribute("data-answer")
    assert seen.pop("") == "none", "some model and disease were not asked about"
    assert {answers[match] for match in seen} >= {"found", "untestable"}
    assert seen == {match: answers[match] for match in seen}


def test_the_reason_stands_beside_a_cell_and_the_verdict_behind_it(page):
    page.goto("/?view=grid")
    settled(page)
    cell = page.get_by_role("link", name="simulated-cut against Alzheimer disease")
    cell.focus()
    expect(page.locator("#tip")).to_contain_text("Nothing is claimed")
    expect(cell).to_contain_text("untestable")
    none = page.locator('a.cell.mini[data-answer="none"]').first
    none.focus()
    expect(page.locator("#tip")).to_contain_text("Not tested")
    cell.click()
    expect(page.locator("#detail h2")).to_be_focused()
    drawn(page)
    assert "model=simulated-cut" in page.url
    page.goto("/?view=grid")
    settled(page)
    rows = told(page, "models and diseases")
    (row,) = [each for each in rows if each["model"] == "simulated-cut" and each["match"]]
    assert (row["answer"], row["status"]) == ("untestable", "UNTESTABLE")
    assert {each["answer"] for each in rows} >= {"found", "untestable", "not tested"}
