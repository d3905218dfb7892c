"""Pictures of the explorer over the graph at ORTHOKG_HOME, as the README shows them; the space of two species over one
of simulated cells, which is made for it (extra [models]).

    ORTHOKG_HOME=.orthokg python -m tests.bench.screenshots [graph] [space]
"""

import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.http.app import create_app
from kg.store.driver import Store, open_store
from tests.e2e.embedded_species import embed_species, load_space

FOLDER = Path(__file__).parents[2] / "api" / "explorer" / "screenshots"
WIDE, PHONE = (1280, 900), (390, 844)
COHORTS = "#detail section.block:has-text('Cohorts one by one')"
GIVEN = "#detail section.block:has-text('Is it this disease')"
RTG = "/?model=rTg4510"
QUERY = "/?view=cypher&query=MATCH (m:DiseaseModel)-[r:MODELS]->(d:Disease) RETURN m, r, d LIMIT 40"


def settled(page: Page) -> None:
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[aria-busy]")).to_have_count(0, timeout=90_000)
    for chart in page.locator(".chart").all():
        expect(chart).to_have_attribute("data-drawn", "true", timeout=60_000)


def shot(page: Page, name: str, *, top: str = "", until: str = "", least: int = 0) -> None:
    """From the element ``top`` (the page's top when left out) to the end of ``until`` (of the page)."""
    page.mouse.move(0, 0)
    height = page.evaluate("document.documentElement.scrollHeight")
    width = (page.viewport_size or {"width": WIDE[0]})["width"]
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(600)
    begin = page.locator(top).first.bounding_box() if top else None
    last = page.locator(until).last.bounding_box() if until else None
    y = max(0, begin["y"] - 16) if begin else 0
    end = min(height, max(last["y"] + last["height"] + 16 if last else height, y + least))
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": y, "width": width, "height": end - y})
    print(f"{path.name}: {width} x {end - y:.0f}, {path.stat().st_size / 1024:.0f} kB")


def verdict(page: Page) -> None:
    """The most certain verdict of the table, opened."""
    page.locator("button.cell").first.click()
    expect(page.locator("#detail h2")).to_be_visible(timeout=90_000)
    settled(page)


def take(page: Page, address: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    settled(page)


def pictures(page: Page) -> None:
    take(page, "/", WIDE)
    shot(page, "verdicts", until=".more")
    take(page, RTG, WIDE)
    verdict(page)
    shot(page, "verdict", top="#detail", until="#detail .pair >> nth=0")
    shot(page, "evidence", top=COHORTS, until=GIVEN)
    take(page, QUERY, WIDE)
    shot(page, "cypher", until=".picture")
    take(page, RTG, PHONE)
    shot(page, "phone", until=".legend")


def space(page: Page) -> None:
    take(page, "/?view=space&colour=type", WIDE)
    shot(page, "space", until=".scale")


def simulated_space(store: Store, home: Path) -> None:
    """Two simulated species in one space, with its controls."""
    out = embed_species(home / "species", controls=6, cells=400)
    controls = [f"shuffled-{n}.h5ad" for n in range(1, 7)]
    load_space(
        store, out, home, file="saturn.h5ad", controls=controls, species=("human", "mouse"), name="simulated-two"
    )


def photograph(chromium: Browser, store: Store, home: Path, pictures: Callable[[Page], None]) -> None:
    """Serve a store and take the pictures."""
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(store, home / "signatures"), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    page = chromium.new_page(
        base_url=f"http://127.0.0.1:{door.getsockname()[1]}", reduced_motion="reduce", device_scale_factor=1
    )
    page.set_default_timeout(90_000)
    try:
        pictures(page)
    finally:
        page.close()
        server.should_exit = True
        thread.join(20)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        raise SystemExit("no browser: install chromium (Debian: apt-get install chromium)")
    only = set(sys.argv[1:])
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        if not only or "graph" in only:
            with open_store() as store:
                photograph(chromium, store, Path(os.environ["ORTHOKG_HOME"]), pictures)
        if not only or "space" in only:
            with tempfile.TemporaryDirectory() as folder:
                os.environ["ORTHOKG_HOME"] = folder
                with open_store("embedded") as store:
                    simulated_space(store, Path(folder))
                    photograph(chromium, store, Path(folder), space)
        chromium.close()


if __name__ == "__main__":
    main()
