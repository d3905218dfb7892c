"""GraphiQL in a browser that has no network."""

from tests.browser.conftest import visitor


def test_it_asks_and_shows_the_schema_without_a_network(site, browser) -> None:
    asked, wrong = [], []
    with visitor(browser) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        page.goto(f"{site.url}/graphiql")
        page.locator(".graphiql-execute-button").click()
        page.locator(".result-window").get_by_text('"embedded"').wait_for()
        page.get_by_label("Show Documentation Explorer").click()
        page.get_by_role("link", name="Query", exact=True).click()
        page.get_by_role("link", name="matches", exact=True).wait_for()
    assert wrong == []
    assert len(asked) >= 7
    assert [url for url in asked if not url.startswith(site.url)] == []
