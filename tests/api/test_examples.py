"""The example queries on both stores, and the example clients against a living server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.http.app import create_app
from kg.store.guard import run_user_query
from tests.api.ask import data
from tests.api.wide import HUMAN
from tests.needs import lacking
from tests.serving import serving

FOLDER = Path(__file__).parents[2] / "api" / "examples"
QUERIES = sorted(FOLDER.glob("*.graphql"))
COMPUTED = ("explain", "compare", "mimics", "plan", "stages", "gene_sets", "across_species")
"""What needs signatures; all but the first are asked of the simulated study."""
SMALL = {
    "model": "TauMouse",
    "match": "orthokg:match/ad",
    "status": "SUPPORTED",
    "level": "gene",
    "taxon": HUMAN,
    "disease": "MONDO:0004975",
    "symbol": "APP",
    "cellType": "microglial cell",
    "tf": "SPI1",
    "text": "app",
    "by": "all",
}
"""Names of the simulated graph for the variables whose defaults are those of the demonstration."""


@pytest.mark.parametrize("path", [p for p in QUERIES if p.stem not in COMPUTED], ids=lambda p: p.stem)
def test_every_example_answers(still_client, path):
    text = path.read_text()
    found = data(still_client, text, **{name: value for name, value in SMALL.items() if f"${name}:" in text})
    (answer,) = found.values()
    assert answer
    assert isinstance(answer, list) or answer.get("nodes", True)


def test_the_page_shows_every_example():
    page = (FOLDER / "README.md").read_text()
    assert len(QUERIES) >= 12
    for path in QUERIES:
        assert path.read_text().partition("\n")[0].removeprefix("# ") in page
        assert f"`{path.name}`" in page
    for name in ("ask.sh", "ask.py", "ask.mjs"):
        assert f"`{name}`" in page


def test_the_cypher_of_a_match_gives_that_match(wide_graph, wide_client):
    asked = (
        'query($after: String) { matches(model: "TauMouse", disease: "MONDO:0004975", first: 1, after: $after) {'
        " pageInfo { endCursor } nodes { curie status score p q null { mouse human } mouseLabel humanLabel level policy"
        " reason cypher } } }"
    )
    after = None
    for _ in wide_graph.records:
        page = data(wide_client, asked, after=after)["matches"]
        (match,) = page["nodes"]
        found = run_user_query(wide_graph.store, match["cypher"])
        (row,) = (dict(zip(found.columns, row, strict=True)) for row in found.rows)
        assert row == {
            "id": match["curie"],
            "mouse": match["mouseLabel"],
            "human": match["humanLabel"],
            "level": match["level"],
            "policy": match["policy"],
            "status": match["status"],
            "reason": match["reason"],
            "r": pytest.approx(match["score"], rel=1e-11),
            "p": match["p"],
            "q": match["q"],
            "null_mouse": match["null"]["mouse"],
            "null_human": match["null"]["human"],
        }
        after = page["pageInfo"]["endCursor"]


@pytest.fixture
def living(graph) -> Iterator[str]:
    with serving(create_app(graph.store, graph.signatures)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    "words", [["sh", "ask.sh"], [sys.executable, "ask.py"], ["node", "ask.mjs"]], ids=["curl", "gql", "fetch"]
)
def test_clients_get_the_answer(living, graph, words):
    if shutil.which(words[0]) is None:
        lacking(f"no {words[0]} on the path")
    environment = {**os.environ, "ORTHOKG_URL": living}
    done = subprocess.run(
        [*words, "TauMouse"], cwd=FOLDER, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["data"]["matches"]
    assert found["totalCount"] == len(graph.records)
    assert [node["status"] for node in found["nodes"]] == [str(record.status) for record in graph.records]
    assert found["nodes"][0]["p"] == graph.records[0].p
