"""Files of GraphiQL; that it works is seen in tests/browser."""

import re

import pytest


@pytest.mark.parametrize("name", ["graphql-ws.min.js", "style.css", "..%2f..%2fviews.py", "__init__.py", "page.html"])
def test_no_other_file_is_served(client, name):
    assert client.get(f"/graphiql/{name}").status_code == 404


def test_its_page_loads_only_files_that_are_served(client):
    wanted = re.findall(r'(?:src|href)="(graphiql/[^"]+)"', client.get("/graphiql").text)
    assert len(wanted) == 5
    for name in wanted:
        assert client.get(f"/{name}").status_code == 200
