"""The atlases: a version's card, its history, and what is told where it has none."""

from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kg.atlas.card import StudyLine
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Version
from tests.browser.conftest import Site, drawn, saved, settled
from tests.kg.atlas_parts import ORCID, manifest

ADDRESS = "/?view=atlases&id=pbmc"


@pytest.fixture(scope="module")
def versions(site: Site) -> tuple[Version, Version]:
    """Of the atlas pbmc: the first, and where it stands."""
    objects = ObjectStore(site.signatures.parent / "atlas")
    study = site.store.read("MATCH (d:Dataset) RETURN d.id AS id ORDER BY id")[0]["id"]
    lines = (StudyLine("kang", "<b>PBMC</b> of lupus", study, "CC BY 4.0", "Kang 2018", 8, 1200, 2),)
    first = commit(site.store, objects, manifest(objects, studies=lines), Author("Ada", ORCID), "the first")
    other = manifest(objects, studies=lines, cite="Kang 2018, again")
    return first, commit(site.store, objects, other, Author("Ada", ORCID), "the second", parent=first.id)


@pytest.mark.parametrize("width", [1440, 400])
def test_the_card_of_a_version_shuts_nobody_out(page, versions, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(ADDRESS)
    drawn(page)
    page.get_by_text("The numbers").click()
    saved(page, f"atlas-{width}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto("/?view=atlases")
    expect(page.locator("h1")).to_have_text(f"pbmc@{versions[1].commit[:12]}")


def test_the_card_tells_what_it_was_written_as(page, versions):
    page.goto(ADDRESS)
    drawn(page)
    text = page.locator("main").inner_text()
    for told in (
        "held-out donors: macro-F1 .80", "200 genes and more", "megakaryocyte: three donors calibrate no p",
        "<b>PBMC</b> of lupus", "CC BY 4.0; its cells may not be passed on", "Kang 2018, again", ORCID,
    ):  # fmt: skip
        assert told in text
    points = page.evaluate("document.querySelector('.chart').data[1].x.length")
    assert points == 1, "a bin without cells has no point"
    row = page.get_by_role("region", name="Coverage of the prediction sets").locator("tr", has_text="megakaryocyte")
    expect(row.locator("td.number").first).to_have_text("–")
    page.get_by_role("region", name="2 types").get_by_role("link", name="CL:0000236").click()
    expect(page.get_by_role("alert")).to_contain_text("CL:0000236")  # not in the simulated graph


def test_a_version_is_chosen_by_its_list_and_by_the_keyboard(page, versions):
    first, second = versions
    page.goto(ADDRESS)
    drawn(page)
    chosen = page.get_by_label("Version", exact=True)
    expect(chosen).to_have_value(second.id)
    chosen.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("h1")).to_have_text(f"pbmc@{first.commit[:12]}")
    drawn(page)
    assert "Kang 2018, again" not in page.locator("main").inner_text()
    page.get_by_role("region", name="2 versions").get_by_role("link", name=second.commit[:12]).click()
    expect(page.locator("h1")).to_have_text(f"pbmc@{second.commit[:12]}")


def test_what_is_wrong_is_said(page, site, versions):
    page.goto("/?view=atlases&id=nosuch")
    expect(page.get_by_role("alert")).to_contain_text("nosuch")
    objects = ObjectStore(site.signatures.parent / "atlas")
    lying = objects.place.find(versions[0].content_id)
    assert lying is not None
    with objects.place.open(lying.name) as file:
        kept = BytesIO(file.read())
    objects.place.remove(lying)
    try:
        page.goto(f"/?view=atlases&id={versions[0].id}")
        expect(page.get_by_role("alert")).to_contain_text("STORE_CORRUPT")
        expect(page.get_by_role("region", name="2 versions")).to_be_visible()
        settled(page)
    finally:
        objects.place.write(lying.name, kept)
