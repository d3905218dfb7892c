"""Pages of a regulon, contrast, data set and gene; About and how to cite; addresses that lead nowhere; print."""

import csv
import io
import re
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from kg.curie import listed
from tests.browser.conftest import drawn, saved, settled

REGULON = listed("regulon", "simulated", 0)
GENE = "ENSEMBL:ENSG90000000001"
PAPER = (794, 1123)  # A4 in CSS pixels


def rows_of(waiting) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8")), delimiter="\t"))


def test_a_regulon_is_found_and_its_targets_leave_whole(page, site):
    (factor,) = site.store.read("MATCH (r:Regulon {id: $id}) RETURN r.tf AS tf, r.label AS label", id=REGULON)
    page.goto(f"/?view=search&kind=Regulon&q={factor['tf']}")
    page.get_by_role("link", name=factor["label"], exact=True).click()
    expect(page.locator("h1")).to_have_text(factor["label"])
    for said in ("simulated here", "CC0"):  # its source, with the licence
        expect(page.locator(".facts")).to_contain_text(said)
    targets = page.get_by_role("region", name="20 targets").get_by_role("row")
    expect(targets).to_have_count(21)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download TSV of targets").click()
    found = rows_of(waiting)
    held = site.store.read("MATCH (:Regulon {id: $id})-[r:REGULATES]->(g:Gene) RETURN g.id AS id, r.sign AS sign",
                           id=REGULON)  # fmt: skip
    assert {(row["id"], row["sign"]) for row in found} == {(row["id"], str(row["sign"])) for row in held}


def test_a_list_longer_than_a_page_is_shown_by_page_and_leaves_whole(page, site):
    genes = [row["id"] for row in site.store.read("MATCH (g:Gene) RETURN g.id AS id ORDER BY id LIMIT 170")]
    site.store.write(
        "MATCH (r:Regulon {id: $id}) UNWIND $genes AS gene MATCH (g:Gene {id: gene}) WHERE NOT (r)-[:REGULATES]->(g) "
        "CREATE (r)-[:REGULATES {sign: -1, extra: true}]->(g)",
        id=REGULON,
        genes=genes,
    )
    try:
        page.goto(f"/?view=regulon&id={REGULON}")
        block = page.locator("section.block", has=page.get_by_role("heading", name=re.compile(r"^\d+ targets$")))
        total = int(block.get_by_role("heading").inner_text().split()[0])
        assert total > 150
        expect(block.locator("tbody tr")).to_have_count(50)
        block.get_by_role("button", name="Show more").click()
        expect(block.locator("tbody tr")).to_have_count(150)
        with page.expect_download() as waiting:
            block.get_by_role("button", name=f"All {total} targets").click()
        found = rows_of(waiting)
        assert len({row["id"] for row in found}) == len(found) == total
        block.get_by_role("button", name="Show more").click()
        expect(block.locator("tbody tr")).to_have_count(total)
        expect(block.get_by_role("button", name="Show more")).to_be_hidden()
    finally:
        site.store.write("MATCH (:Regulon)-[r:REGULATES {extra: true}]->() DELETE r")


def test_a_regulon_that_leads_a_verdict_leads_back_to_it(page, site):
    (best,) = site.store.read(
        "MATCH (k:Match {level: 'regulon'})-[s:SUPPORTED_BY]->(r:Regulon) RETURN r.label AS label, k.id AS match"
        " ORDER BY s.rank, r.id LIMIT 1"
    )
    page.goto(f"/?level=regulon&match={best['match']}")
    page.locator("#detail").get_by_role("link", name=best["label"].split()[0]).first.click()
    expect(page.locator("h1")).to_have_text(best["label"])
    page.get_by_role("region", name=re.compile("it leads$")).get_by_role("link").first.click()
    expect(page.locator("#detail")).to_be_visible()
    assert "level=regulon" in page.url


def test_a_verdict_leads_to_its_contrasts_and_their_data_set(page, site):
    page.goto("/?model=simulated-specific")
    page.locator("button.cell").click()
    (told,) = site.store.read(
        "MATCH (:DiseaseModel {label: 'simulated-specific'})<-[:OF_MODEL]-(c:Contrast)-[:FROM_DATASET]->(d:Dataset)"
        " RETURN c.label AS label, c.n_case AS cases, c.n_control AS controls, d.title AS title, d.id AS study"
    )
    page.locator("#detail .nulls").get_by_role("link", name=told["label"], exact=True).click()
    expect(page.locator("h1")).to_have_text(told["label"])
    facts = page.locator(".facts").first
    for said in (f"n = {told['cases']}", f"n = {told['controls']}", "donor or animal", "residuals of its own samples"):
        expect(facts).to_contain_text(said)
    stored = page.get_by_role("region", name=re.compile("stored match"))
    expect(stored.locator(".pill").first).to_be_visible()
    page.get_by_role("link", name=told["title"], exact=True).click()
    expect(page.locator("h1")).to_have_text(told["title"])
    expect(page.locator(".facts")).to_contain_text("licence")
    n = site.store.read("MATCH (c:Contrast)-[:FROM_DATASET]->(:Dataset {id: $id}) RETURN count(c) AS n",
                        id=told["study"])[0]["n"]  # fmt: skip
    expect(page.get_by_role("heading", name=f"{n} contrasts")).to_be_visible()
    page.get_by_role("link", name=told["label"], exact=True).click()
    expect(page.locator("h1")).to_be_focused()
    stored.get_by_role("link").first.click()
    expect(page.locator("#detail")).to_be_visible()


def test_links_out_are_of_ids_that_the_graph_has_and_of_no_others(page, site):
    made = {
        "ENSEMBL:ENSG00000095970": ("TREM2", "NCBITaxon:9606"),
        "ENSEMBL:ENSMUSG00000023992": ("Trem2", "NCBITaxon:10090"),
        "ENSEMBL:ENSG00000000001": ("A' onclick='window.hacked=1", "NCBITaxon:9606"),
        "javascript:alert(1)": ("none", "NCBITaxon:9606"),
    }
    rows = [{"id": gene, "symbol": symbol, "in_taxon": taxon} for gene, (symbol, taxon) in made.items()]
    site.store.write("UNWIND $rows AS row CREATE (g:Gene {source: 'none'}) SET g += row", rows=rows)
    found = {}
    try:
        for gene in (*made, GENE):
            page.goto(f"/?view=gene&id={gene}")
            settled(page)
            links = page.locator(".facts a.out").all()
            assert all("noopener" in (link.get_attribute("rel") or "").split() for link in links)
            found[gene] = {link.inner_text(): link.get_attribute("href") for link in links}
    finally:
        site.store.write("MATCH (g:Gene) WHERE g.id IN $ids DELETE g", ids=[*made])
    human, mouse, hostile, none, simulated = found.values()
    assert human == {
        "Ensembl": "https://www.ensembl.org/id/ENSG00000095970",
        "NCBI Gene": "https://www.ncbi.nlm.nih.gov/gene/?term=ENSG00000095970",
        "Open Targets": "https://platform.opentargets.org/target/ENSG00000095970",
        "HGNC": "https://www.genenames.org/data/gene-symbol-report/#!/symbol/TREM2",
    }
    assert mouse["MGI"] == "https://www.informatics.jax.org/marker/summary?nomen=Trem2"
    assert set(mouse) == {"Ensembl", "NCBI Gene", "MGI"}
    assert set(hostile) == {"Ensembl", "NCBI Gene", "Open Targets"}
    assert none == simulated == {}


def test_about_and_how_to_cite(page, site):
    cited = yaml.safe_load((Path(__file__).parents[2] / "CITATION.cff").read_text(encoding="utf-8"))
    page.goto("/?view=about")
    expect(page.locator(".facts")).to_contain_text(f"OrthoKG {cited['version']}")
    (row,) = site.store.read("MATCH (s:Source) WHERE NOT s.id STARTS WITH 'dataset/' RETURN count(s) AS n")
    held = row["n"]
    expect(page.get_by_role("region", name=f"{held} sources").locator("tbody tr")).to_have_count(held)
    page.get_by_role("contentinfo").get_by_role("link", name="How to cite").click()
    expect(page.locator("h1")).to_be_focused()
    text = " ".join(page.locator("pre").all_inner_texts())
    for said in (cited["references"][0]["doi"], cited["references"][0]["title"], cited["authors"][0]["name"]):
        assert said in text
    assert "http" not in text


@pytest.mark.parametrize("name", ["nosuchview", "toString", "<b>bold</b>"])
def test_a_view_that_does_not_exist_says_so(page, name):
    page.goto(f"/?view={name}")
    expect(page.get_by_role("alert")).to_contain_text(f'the view "{name}", and there is none')
    expect(page.locator("button.cell")).to_have_count(0)


def test_on_paper_nothing_is_cut_off_and_nothing_is_to_be_clicked(page, site):
    page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
    for name, address in (
        ("verdict", "/?model=simulated-shared"),
        ("regulon", f"/?view=regulon&id={REGULON}"),
        ("about", "/?view=about"),
    ):
        page.emulate_media(media="screen")
        page.goto(address)
        settled(page)
        if name == "verdict":
            page.locator("button.cell").click()
            drawn(page)
        page.emulate_media(media="print")
        expect(page.get_by_role("navigation")).to_have_count(0)
        expect(page.get_by_role("button", name=re.compile("TSV|Report"))).to_have_count(0)
        cut = page.evaluate(
            "[...document.querySelectorAll('.scroll, pre')].filter((e) => e.checkVisibility()"
            " && (getComputedStyle(e).overflowY !== 'visible' || e.scrollHeight > e.clientHeight + 2)).length"
        )
        assert cut == 0, name
        assert page.evaluate("document.documentElement.scrollWidth") <= PAPER[0], name
        hidden = page.evaluate(
            "[...document.querySelectorAll('details > :not(summary)')].filter((e) => !e.closest('figure')"
            " && !e.checkVisibility()).length"
        )
        assert hidden == 0, name
        saved(page, f"print-{name}")
