"""Curating in the explorer: one proposes on a verdict's page, another reviews; without a name nobody does."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from api.access.auth import Tokens, new_token
from kg.curate.curation import curations
from tests.browser.conftest import Site, drawn, saved, served, settled, visitor


@pytest.fixture
def people(browser, site: Site) -> Iterator[dict[str, Page]]:
    """A page of each: ada and bob may curate, eve may only read."""
    made = {
        name: new_token(name, frozenset(scopes), None)
        for name, scopes in (("ada", ("read", "curate")), ("bob", ("read", "curate")), ("eve", ("read",)))
    }
    tokens = Tokens(tuple(entry for _, entry in made.values()))
    with (
        served(site.store, site.signatures, tokens) as url,
        visitor(browser, base_url=url) as one,
        visitor(browser, base_url=url, viewport={"width": 400, "height": 900}) as two,
        visitor(browser, base_url=url) as three,
    ):
        pages = dict(zip(made, (one.new_page(), two.new_page(), three.new_page()), strict=True))
        for name, page in pages.items():
            page.add_init_script(f"sessionStorage.setItem('token', '{made[name][0]}')")
        yield pages


def test_one_proposes_and_another_reviews(people: dict[str, Page], site: Site) -> None:
    ada, bob, eve = people["ada"], people["bob"], people["eve"]
    ada.goto("/?model=simulated-specific")
    ada.locator("button.cell").first.click()
    drawn(ada)
    said = ada.get_by_role("region", name="Curations")
    said.get_by_text("Propose a curation").click()
    said.get_by_label("Your verdict").select_option("accept")
    said.get_by_label("Your evidence or reasoning").fill("<img src=x onerror=alert(1)> seen")
    said.get_by_role("button", name="Propose").click()
    expect(said.locator("li")).to_contain_text("proposed accept: <img src=x onerror=alert(1)> seen")
    expect(said).to_contain_text("somebody else reviews it")
    expect(said.get_by_text("Review it")).to_have_count(0)
    (made,) = [each for each in curations(site.store) if "onerror" in each.why]
    assert (made.who, made.state) == ("ada", "proposed")

    bob.goto("/?view=curations")
    settled(bob)
    mine = bob.locator(f'li[data-curation="{made.id}"]')
    mine.get_by_text("Review it").click()
    saved(bob, "curations-400")
    assert bob.evaluate("document.documentElement.scrollWidth") <= 400
    found = Axe().run(bob)
    assert found.violations_count == 0, found.generate_report()
    mine.get_by_label("Why (optional)").fill("agreed")
    mine.get_by_role("button", name="Accept").click()
    expect(bob.locator(f'li[data-curation="{made.id}"]')).to_contain_text("reviewed by bob: agreed")
    (now,) = [each for each in curations(site.store) if each.id == made.id]
    assert (now.state, now.reviewer) == ("accepted", "bob")

    eve.goto("/?view=curations")
    settled(eve)
    expect(eve.locator(f'li[data-curation="{made.id}"]')).to_contain_text("accepted")
    expect(eve.get_by_text("Your token (eve) may not curate")).to_be_visible()
    assert eve.get_by_role("button", name="Propose").count() == 0


def test_a_server_without_tokens_says_how_to_curate(page) -> None:
    page.goto("/?view=curations")
    settled(page)
    expect(page.get_by_text("orthokg curate propose ID")).to_be_visible()
    assert page.get_by_role("button", name="Propose").count() == 0
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
