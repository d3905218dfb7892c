"""Any animal in the explorer: a rat model among the verdicts, marmoset cells in a shared space; two models compared,
and what a drug mimics."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from kg.store.driver import open_store
from kg.store.write import write_edges, write_nodes
from tests.browser.conftest import Site, drawn, served, settled
from tests.e2e.marmoset import MARMOSET, load_marmoset
from tests.e2e.test_rat import loaded as load_rat
from tests.ingest.test_embedding import TAXA
from tests.simulated import ingested

OWNER = {"source": "test", "run": "orthokg:run/test"}


@pytest.fixture(scope="module")
def site(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The simulated study with a rat, a drug given to the animals of two contrasts, and cells of three species."""
    folder = tmp_path_factory.mktemp("species")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORTHOKG_HOME", str(folder))
        store = open_store("embedded")
    with store:
        signatures = ingested(store, folder)
        load_rat(store, folder, signatures, orthologs=True)
        write_nodes(store, "Drug", [{"id": "CHEMBL:TEST", "label": "Testdrug"}], **OWNER)
        condition = "orthokg:condition/test"
        write_nodes(store, "DrugCondition", [{"id": condition, "label": "Testdrug, 10 uM"}], **OWNER)
        write_edges(
            store, "USES_DRUG", "DrugCondition", "Drug", [{"subject": condition, "object": "CHEMBL:TEST"}], **OWNER
        )
        given = [
            {"subject": f"orthokg:contrast/simulated/{name}", "object": condition} for name in ("opposite", "specific")
        ]
        write_edges(store, "OF_CONDITION", "Contrast", "DrugCondition", given, **OWNER)
        space = folder / "space"
        space.mkdir()
        load_marmoset(store, space)
        with served(store, signatures.root) as url:
            yield Site(url, store, signatures.root)


def told(page, name: str) -> list[dict[str, str]]:
    """Rows of a table of the page, by its download."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download TSV of {name}").click()
    return list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8")), delimiter="\t"))


def shuts_nobody_out(page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_rat_is_found_and_its_verdict_is_that_of_any_model(page, site):
    page.goto("/?view=search&q=TgF344")
    settled(page)
    page.get_by_role("link", name="TgF344", exact=True).click()
    expect(page.locator("h1")).to_have_text("TgF344")
    page.goto("/")
    page.get_by_label("Animal model").fill("TgF344")
    page.get_by_role("button", name="Show verdicts").click()
    settled(page)
    (cell,) = page.locator("button.cell").all()
    assert cell.get_attribute("data-status") == "SUPPORTED"
    (row,) = told(page, "verdicts")
    assert row["model_contrast"] == "TgF344"
    cell.click()
    drawn(page)
    detail = page.locator("#detail")
    expect(detail).to_contain_text("Noise: model from donors (8 v 8")
    expect(detail.get_by_role("heading", name="Model against human, every gene")).to_be_visible()
    expect(detail).to_contain_text("no other rat disease available")
    shuts_nobody_out(page)


def test_a_rat_and_a_mouse_are_compared(page, site):
    page.goto("/?view=compare")
    settled(page)
    page.get_by_label("Model", exact=True).fill("simulated-specific")
    page.get_by_label("Other model").fill("simulated-shared")
    page.get_by_role("button", name="Show matches").click()
    settled(page)
    expect(page.locator("h1")).to_have_text("Do simulated-specific and simulated-shared change alike?")
    expect(page.locator(".summary")).to_have_text(re.compile(r"^\d+ match(es)?: "))
    own = page.locator("main table").first
    assert own.get_by_role("row").count() > 1
    shuts_nobody_out(page)
    page.goto("/?view=compare&model=TgF344&other=simulated-specific")
    settled(page)
    expect(page.locator("main")).to_contain_text("orthologs of mouse and rat are not available")


def test_what_a_drug_mimics_and_reverses(page, site):
    page.goto("/?view=drug&id=Testdrug")
    settled(page)
    page.get_by_role("link", name=re.compile("Which states and")).click()
    expect(page.locator("h1")).to_have_text("Which states and models does Testdrug mimic or reverse?")
    settled(page)
    expect(page.locator(".summary")).to_have_text(re.compile(r"^\d+ matches: "))
    question = page.locator("main caption").first.inner_text()
    rows = told(page, question)
    decided = [row for row in rows if row["status"] not in ("NOT_SUPPORTED", "UNTESTABLE")]
    assert decided
    for row in rows:
        way = "" if row not in decided else "mimics" if float(row["r"]) > 0 else "reverses"
        assert row["way"] == way, row
    assert {row["way"] for row in decided} == {"mimics", "reverses"}
    shuts_nobody_out(page)


def test_marmoset_cells_stand_beside_human_ones(page, site):
    page.goto(f"/?view=space&id=lab/space&rows={MARMOSET}&columns={TAXA['human']}")
    drawn(page)
    grid = page.get_by_role(
        "grid", name="Correspondence of marmoset populations in rows and human populations in columns"
    )
    cell = grid.get_by_role("gridcell", name=re.compile("^microglial cell and microglial cell:"))
    assert cell.get_attribute("data-state") == "COUNTERPART"
    assert (cell.get_attribute("data-tip") or "").endswith("A. 2020: the same type: Micro")
    other = grid.get_by_role("gridcell", name=re.compile("^microglial cell and astrocyte:"))
    assert (other.get_attribute("data-tip") or "").endswith("A. 2020: different types: Micro, Astro")
    expect(page.locator(".lead")).to_have_text(re.compile("Which populations of .*marmoset.* correspond in one space"))
    shuts_nobody_out(page)
