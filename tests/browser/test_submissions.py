"""A submission in the explorer: its gates, the history that it enters, and the two buttons of a curator."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from api.access.auth import Tokens, new_token
from kg.atlas import branches as cutting
from kg.atlas.again import renew
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.submissions import propose, submission
from kg.atlas.version import Author, Version
from kg.atlas.versions import manifest_of, resolve
from tests.browser.conftest import Site, drawn, saved, served, settled, visitor
from tests.kg.atlas_parts import ORCID, manifest, report, with_objects

ATLAS = "retina"


@pytest.fixture(scope="module")
def asked(site: Site) -> tuple[Version, int, int]:
    """The head of an atlas with a branch, a submission that a gate stops, and one that passed."""
    objects = ObjectStore(site.signatures.parent / "atlas")
    first = commit(site.store, objects, manifest(objects, ATLAS), Author("Ada", ORCID), "the first")
    cutting.cut(site.store, objects, ATLAS, "trial", Author("Bob"))
    trial = with_objects(objects, manifest_of(objects, first), study__t=b"t")
    commit(site.store, objects, trial, Author("Bob"), "tried", parent=first.id, branch="trial")
    numbers = []
    for name, outcomes in (("x", ("failed", "passed", "underpowered", "shown")), ("y", ("passed",))):
        made = with_objects(objects, manifest_of(objects, first), **{f"study__{name}": b"new"})
        told = report(first, *outcomes, flips=("a verdict that would change",))
        numbers.append(
            propose(
                site.store, objects, branch=ATLAS, base=first, manifest=made, report=told, author=Author("Ada", ORCID),
                verified=True, message=f"six <b>mice</b> of {name}",
            ).number
        )  # fmt: skip
    again = report(first, "failed", "passed", "underpowered", "shown", flips=("a verdict that would change",), donors=7)
    kept = submission(site.store, numbers[0])
    known = manifest_of(objects, first)
    renew(site.store, objects, kept, base=first, manifest=with_objects(objects, known, study__x=b"new"), report=again)
    return first, numbers[0], numbers[1]


@pytest.mark.parametrize("width", [1440, 400])
def test_gates_and_history_shut_nobody_out(page, asked, width):
    page.set_viewport_size({"width": width, "height": 900})
    for name, address in (
        ("submission", f"/?view=submission&id={asked[1]}"),
        ("history", f"/?view=atlases&id={ATLAS}"),
    ):
        page.goto(address)
        drawn(page)
        saved(page, f"{name}-{width}")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_gate_is_shown_old_beside_new(page, asked):
    page.goto(f"/?view=submission&id={asked[1]}")
    expect(page.locator("h1")).to_have_text(f"Submission {asked[1]}: six <b>mice</b> of x")
    settled(page)
    assert page.locator("details.gate").count() == 4
    assert page.locator("details.gate[open]").count() == 2, "those that have something to say"
    row = page.locator("details.gate").first.locator("tr", has_text="B cell")
    assert [text.strip() for text in row.locator("td").all_inner_texts()][:4] == ["0.91", "0.88", "−0.03", "−0.02"]
    expect(row).to_contain_text("blocks")
    text = page.locator("main").inner_text()
    for told in (
        "a verdict that would change",
        "Nobody has reviewed it yet",
        "2 reviewers",
        ORCID,
        "What to do: look at the labels",
        "checked 2 times as its branch moved",
    ):
        assert told in text, told


def test_history_is_a_picture_with_ways_to_parents(page, asked):
    page.goto(f"/?view=atlases&id={ATLAS}")
    drawn(page)
    history = page.get_by_role("region", name="2 versions")
    assert history.locator("circle").count() == 2
    assert history.locator("path").count() == 1
    expect(history.locator("li").first).to_contain_text("line trial")
    expect(history.locator("li").last).to_contain_text("main")
    page.get_by_role("region", name="2 submissions").get_by_role("link", name="of y").click()
    expect(page.locator("h1")).to_contain_text("of y")


def test_without_a_name_a_review_is_refused(page, asked):
    page.goto(f"/?view=submission&id={asked[2]}")
    settled(page)
    page.get_by_role("button", name="Accept").click()
    assert page.locator("#why").evaluate("field => !field.validity.valid"), "a reason is asked for first"
    page.get_by_label("Your evidence or reasoning").fill("fine")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("alert")).to_contain_text("UNAUTHENTICATED")


def test_a_curator_accepts_and_refuses(browser, site, asked):
    token, entry = new_token("carol", frozenset(("read", "curate")), None)
    with (
        served(site.store, site.signatures, Tokens((entry,))) as url,
        visitor(browser, base_url=url, viewport={"width": 1280, "height": 900}) as context,
    ):
        context.add_init_script(f"sessionStorage.setItem('token', '{token}')")
        page = context.new_page()
        page.goto(f"/?view=submission&id={asked[2]}")
        page.get_by_label("Your evidence or reasoning").fill("labels agree")
        page.get_by_role("button", name="Accept").click()
        expect(page.locator("[data-gate=accepted]")).to_be_visible()
        expect(page.get_by_role("button", name="Accept")).to_have_count(0)
        page.goto(f"/?view=submission&id={asked[1]}")
        page.get_by_label("Your evidence or reasoning").fill("wrong labels")
        page.get_by_role("checkbox", name="G1").check()
        page.get_by_role("button", name="Refuse").click()
        expect(page.locator("[data-gate=refused]")).to_be_visible()
        expect(page.locator("main")).to_contain_text("refuse by carol")
        page.goto(f"/?view=atlases&id={ATLAS}")
        expect(page.get_by_role("region", name="3 versions").locator("li").first).to_contain_text(
            f"submission {asked[2]}"
        )
    done, refused = submission(site.store, asked[2]), submission(site.store, asked[1])
    assert (done.version, done.reviews[0].reviewer) == (resolve(site.store, ATLAS).id, "carol")
    assert (done.reviews[0].verified, refused.status, refused.reviews[0].override) == (True, "refused", ())
