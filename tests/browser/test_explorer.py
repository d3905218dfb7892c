"""What a person does on the explorer page: choose, look, open, share, take along."""

import csv
import io
import json
import re
import urllib.request
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from api.access.auth import Tokens, new_token
from tests import patience
from tests.browser.conftest import AD, Site, drawn, saved, served, settled, visitor

LETTERS = {
    "simulated-specific": ("SUPPORTED", "S"),
    "simulated-shared": ("NONSPECIFIC", "N"),
    "simulated-none": ("NOT_SUPPORTED", "–"),
    "simulated-opposite": ("DISCORDANT", "D"),
    "simulated-cut": ("UNTESTABLE", "U"),
}


def asked(site: Site, query: str, **variables):
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{site.url}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=patience.SECONDS) as answer:
        found = json.load(answer)
    assert "errors" not in found, found
    return found["data"]


def cell(page, model: str):
    """The verdict of a model, in the table of all of them."""
    return (
        page.locator("tbody").filter(has=page.get_by_role("rowheader", name=model, exact=True)).locator("button.cell")
    )


def opened(page, model: str):
    page.goto(f"/?model={model}")
    page.locator("button.cell").click()
    expect(page.locator("#detail h2")).to_be_focused()
    return page.locator("#detail")


def downloaded(page, name: str) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download TSV of {name}").click()
    text = waiting.value.path().read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_all_five_verdicts_are_told_by_letter_colour_and_words(page):
    page.goto("/")
    expect(page.locator("button.cell")).to_have_count(5)
    for model, (status, letter) in LETTERS.items():
        found = cell(page, model)
        assert found.get_attribute("data-status") == status
        assert found.locator("b").inner_text() == letter
    expect(page.locator("#simulated")).to_be_visible()
    expect(page.locator("#release")).to_contain_text("data")
    expect(page.locator(".legend li")).to_have_count(5)
    expect(page.locator(".summary").first).to_have_text(re.compile("5 verdicts: 1 supported"))
    assert "Huntington" in cell(page, "simulated-shared").inner_text()


def test_why_it_cannot_be_tested_is_told_on_hover_and_on_focus(page):
    page.goto("/")
    found = cell(page, "simulated-cut")
    found.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("full table")
    page.mouse.move(2, 2)
    expect(page.get_by_role("tooltip")).to_be_hidden()
    found.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("full table")
    assert found.get_attribute("aria-describedby") == "tip"
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()


def test_one_verdict_with_all_that_it_rests_on(page, site):
    detail = opened(page, "simulated-specific")
    drawn(page)
    match = asked(
        site,
        "query($m: String!, $d: String) { matches(model: $m, disease: $d) { nodes { p score cypher null { model human }"
        " nFeatures } } }",
        m="simulated-specific",
        d=AD,
    )["matches"]["nodes"][0]
    text = detail.inner_text()
    assert match["null"]["model"] in text
    assert match["null"]["human"] in text
    assert f"{match['score']:.2f}" in text
    assert match["cypher"] in detail.locator("pre").all_inner_texts()
    for heading in (
        "Model against human, every gene",
        "The score in its null",
        "Cohorts one by one",
        "Datasets and licences",
        "What curators said",
        "Is it this disease? Each other state by itself",
        "How it was asked",
    ):
        expect(detail.get_by_role("heading", name=heading)).to_be_visible()
    points = page.evaluate("document.querySelector('.chart').data.slice(0, 3).reduce((n, t) => n + t.x.length, 0)")
    assert points == match["nFeatures"]
    spread = page.evaluate("document.querySelectorAll('.chart')[1].data.find((t) => t.hovertemplate).y")
    assert max(spread) == pytest.approx(spread[len(spread) // 2])
    assert page.locator("button.cell[aria-pressed=true]").count() == 1


def test_the_address_restores_what_is_seen_and_back_goes_back(page, browser, site):
    opened(page, "simulated-shared")
    address, seen = page.url, page.locator("#detail h2").inner_text()
    with visitor(browser, base_url=site.url) as other:
        again = other.new_page()
        again.goto(address)
        expect(again.locator("#detail h2")).to_have_text(seen)
    page.go_back()
    expect(page.locator("#detail")).to_have_count(0)
    expect(page.locator("button.cell")).to_be_focused()
    page.go_forward()
    expect(page.locator("#detail h2")).to_have_text(seen)


def test_by_keyboard_alone(page):
    page.goto("/?model=simulated-shared")
    expect(page.locator("button.cell")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('cell')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_be_focused()
    expect(page.locator("#said")).to_contain_text("Details of")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#detail .close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_have_count(0)
    expect(page.locator("button.cell")).to_be_focused()


def test_no_supported_match_is_an_answer_with_its_reason(page):
    page.goto("/?model=simulated-none")
    expect(page.locator(".nothing")).to_contain_text("No supported match")
    page.goto("/?model=simulated-shared")
    expect(page.locator(".nothing")).to_contain_text("not told apart from Huntington disease")
    page.goto("/?model=simulated-cut")
    expect(page.locator(".nothing")).to_contain_text("None could be tested")
    page.locator("button.cell").click()
    expect(page.locator("#detail")).to_contain_text("No vectors to draw")
    expect(page.locator(".chart")).to_have_count(0)


def test_the_form_asks_anew(page):
    page.goto("/")
    page.get_by_label("Animal model").fill("simulated-specific")
    page.get_by_label("Level").select_option("regulon")
    page.get_by_role("button", name="Show verdicts").click()
    expect(page.locator("button.cell")).to_have_count(1)
    assert "level=regulon" in page.url
    expect(page.locator("h1")).to_contain_text("Which regulon-level changes of simulated-specific")


def test_verdicts_are_shown_by_their_specificity(page, site):
    shown = {
        each: [
            row["id"]
            for row in site.store.read(
                "MATCH (k:Match {level: 'gene', specificity: $each}) RETURN k.id AS id ORDER BY id", each=each
            )
        ]
        for each in ("tested", "untested")
    }
    assert all(shown.values())
    for each, ids in shown.items():
        page.goto("/")
        page.get_by_label("Specificity", exact=True).select_option(each)
        page.get_by_role("button", name="Show verdicts").click()
        expect(page.locator("button.cell")).to_have_count(len(ids))
        expect(page.locator(".summary")).to_contain_text(f"with {each} specificity")
        assert f"specificity={each}" in page.url
        found = [cell.get_attribute("data-match") for cell in page.locator("button.cell").all()]
        assert sorted(found) == ids
        page.locator("button.cell").last.click()
        expect(page.locator("#detail")).to_be_visible()
    page.goto("/?model=simulated-specific&specificity=untested")
    expect(page.locator(".summary")).to_contain_text("None of the verdicts has untested specificity")


def test_rows_stand_by_region_or_cell_type(page, site):
    (tissue,) = site.store.read(
        "MATCH (:DiseaseModel)<-[:OF_MODEL]-(:Contrast)-[:IN_TISSUE]->(t:Tissue) RETURN DISTINCT t.label AS label"
    )
    page.goto("/")
    expect(page.locator("tr.group")).to_have_count(5)
    for by, group in (("region", tissue["label"]), ("celltype", "bulk tissue")):
        page.get_by_label("Rows by").select_option(by)
        page.get_by_role("button", name="Show verdicts").click()
        expect(page.locator("tr.group")).to_have_text([group])
        expect(page.locator("button.cell")).to_have_count(5)
        assert f"by={by}" in page.url
        expect(page.get_by_label("Rows by")).to_have_value(by)


def test_a_verdict_that_is_not_stored_brings_its_parts(page):
    page.goto("/?model=simulated-specific&policy=all")
    page.locator("button.cell").click()
    made = page.locator("#detail .made")
    expect(made).to_contain_text("was computed for this answer and is not stored")
    made.get_by_role("link", name="Run it on the Cypher page").click()
    expect(page.locator(".summary")).to_have_text(re.compile(r"^\d\d+ rows"))


def test_unknown_names_lead_to_known_ones(page):
    page.goto("/?model=simulated-specifik")
    expect(page.get_by_role("alert")).to_contain_text("UNKNOWN_TERM")
    page.get_by_role("alert").get_by_role("link", name="simulated-specific", exact=True).click()
    expect(page.locator("button.cell")).to_have_count(1)


def test_tables_leave_as_they_are_shown(page, site):
    page.goto("/?model=simulated-shared")
    expect(page.locator("button.cell")).to_be_visible()
    (row,) = downloaded(page, "verdicts")
    want = asked(
        site,
        "query($m: String!, $d: String) { matches(model: $m, disease: $d) { nodes { curie status score p q } } }",
        m="simulated-shared",
        d=AD,
    )["matches"]["nodes"][0]
    assert [row["id"], row["status"]] == [want["curie"], want["status"]]
    assert [float(row[name]) for name in ("r", "p", "q")] == [want["score"], want["p"], want["q"]]
    page.locator("button.cell").click()
    page.locator("#detail details > summary").first.click()
    parts = downloaded(page, "parts of the score")
    assert len(parts) > 40
    assert page.locator("#detail figure details tbody tr").count() == 40
    assert sum(float(part["part of T"]) for part in parts) > 0


HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'"`{{7*7}}'


def test_hostile_names_are_shown_as_text(page, site):
    change = "MATCH (c:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: 'simulated-shared'}) "
    (before,) = site.store.read(change + "RETURN c.label AS label, c.id AS id")
    (gene,) = site.store.read("MATCH (g:Gene {symbol: 'SIM1'}) RETURN g.id AS id")
    try:
        site.store.write(change + "SET c.label = $label", label=HOSTILE)
        site.store.write("MATCH (g:Gene {id: $id}) SET g.symbol = $label", id=gene["id"], label=HOSTILE)
        page.goto("/?model=simulated-shared")
        expect(page.locator("tbody th").first).to_contain_text(HOSTILE)
        page.locator("button.cell").click()
        expect(page.locator("#detail h2")).to_contain_text(HOSTILE)
        page.goto(f"/?view=gene&id={gene['id']}")
        expect(page.locator("h1")).to_have_text(HOSTILE)
        page.goto(f"/?view=contrast&id={before['id']}")
        expect(page.locator("h1")).to_have_text(HOSTILE)
        page.goto(f"/?view=search&q={quote(HOSTILE)}")
        expect(page.locator("td, th").filter(has_text=HOSTILE).first).to_be_visible()
        page.goto(f"/?model={quote(HOSTILE)}&match={quote(HOSTILE)}")
        expect(page.get_by_role("alert").first).to_be_visible()
        assert page.evaluate("window.hacked") is None
        assert page.locator("main img, main script").count() == 0
    finally:
        site.store.write(change + "SET c.label = $label", label=before["label"])
        site.store.write("MATCH (g:Gene {id: $id}) SET g.symbol = 'SIM1'", id=gene["id"])


def test_charts_take_names_as_text(page):
    opened(page, "simulated-specific")
    drawn(page)
    shown = page.evaluate(
        """async (name) => {
          const address = [...document.querySelectorAll('link[rel=modulepreload]')].find((l) =>
            l.href.endsWith('/plot.js')).href;
          const { literal } = await import(address);
          const place = document.createElement('div');
          document.getElementById('main').append(place);
          await Plotly.newPlot(place, [{ type: 'scatter', mode: 'text', x: [0], y: [0], text: [literal(name)] }], {});
          const found = [place.querySelector('.textpoint, .text')?.textContent,
            place.querySelectorAll('.main-svg a, .main-svg image, b').length];
          place.remove();
          return found;
        }""",
        "<b>bold</b><a href='https://example.org'>x</a>",
    )
    assert shown == ["<b>bold</b><a href='https://example.org'>x</a>", 0]


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?model=simulated-specific",
        "/?view=search&q=SIM",
        "/?view=cypher",
        "/?view=regulon&id=orthokg:regulon/simulated-0",
        "/?view=dataset&id=orthokg:dataset/simulated-mouse",
        "/?view=cite",
    ],
)
def test_nothing_is_wider_than_a_phone(page, address):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address)
    settled(page)
    if "model=" in address:
        page.locator("button.cell").click()
        drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_server_with_tokens_asks_for_one(browser, site):
    token, entry = new_token("reader", frozenset({"read"}), None)
    with served(site.store, site.signatures, Tokens((entry,))) as locked, visitor(browser) as context:
        page = context.new_page()
        page.goto(f"{locked}/?model=simulated-none")
        expect(page.get_by_role("alert")).to_contain_text("needs an access token")
        page.get_by_label("Access token").fill(token)
        page.get_by_role("button", name="Use it").click()
        expect(page.locator("button.cell")).to_have_count(1)
        assert token not in page.url


def test_a_figure_leaves_as_svg_and_as_png(page):
    detail = opened(page, "simulated-specific")
    drawn(page)
    made = {}
    for name in ("SVG", "PNG"):
        with page.expect_download() as waiting:
            detail.get_by_role("button", name=f"Save the image of The score in its null as {name}").click()
        assert waiting.value.suggested_filename == f"The_score_in_its_null.{name.lower()}"
        made[name] = waiting.value.path().read_bytes()
    assert made["SVG"].startswith(b"<svg")
    assert made["PNG"].startswith(b"\x89PNG")
    width, height = (int.from_bytes(made["PNG"][at : at + 4]) for at in (16, 20))
    assert (width, height) == (2700, 1920)


def test_all_features_of_a_match_leave_as_one_file(page):
    detail = opened(page, "simulated-specific")
    with page.expect_download() as waiting:
        detail.get_by_role("button", name=re.compile("^All [0-9,]+ genes, TSV")).click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8")), delimiter="\t"))
    assert len(rows) > 200
    assert {"human_gene", "model_gene", "q_model", "q_human", "left_given"} <= set(rows[0])
    assert 0 < sum(row["alike"] == "true" for row in rows) < len(rows)


def test_a_verdict_opens_in_plain_words_and_its_report_is_taken_along(page, browser):
    detail = opened(page, "simulated-shared")
    plain = detail.locator(".plain").inner_text()
    assert plain.startswith("Simulated data: simulated-shared")
    assert "no more like it than like Huntington disease" in plain or "do not tell it from Huntington" in plain
    with page.expect_download() as waiting:
        detail.get_by_role("button", name="Report").click()
    path = waiting.value.path()
    assert waiting.value.suggested_filename == "report.html"
    asked = []
    for width in (1440, 400):
        with visitor(browser, viewport={"width": width, "height": 900}) as context:
            alone = context.new_page()
            context.on("request", lambda request: asked.append(request.url))
            alone.set_content(path.read_text(encoding="utf-8"))
            expect(alone.locator("h1")).to_have_text(plain)
            assert alone.evaluate("document.documentElement.scrollWidth") <= width
            assert alone.locator("svg").count() == 2
            saved(alone, f"report-{width}")
    assert asked == []


def test_the_parts_of_a_verdict_are_listed_and_gone_to(page):
    detail = opened(page, "simulated-specific")
    drawn(page)
    parts = detail.get_by_role("navigation", name="Parts of this verdict").get_by_role("link")
    heads = detail.locator("h3")
    assert parts.count() == heads.count() > 5
    last = heads.last
    parts.last.click()
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    assert "#" not in page.url
