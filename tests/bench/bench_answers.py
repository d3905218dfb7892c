"""The demonstration from an empty store, and the same question by the command line, Cypher and GraphQL: what README
shows.

    python tests/bench/bench_answers.py [HOME]

HOME: a folder that ``make demo`` has loaded, such as .orthokg; without it an empty one is loaded, and timed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.record import save

CYPHER = (
    "MATCH (k:Match {level: 'regulon', disease: 'MONDO:0004975'})-[:MATCH_OF]->(m:Contrast)-[:OF_MODEL]->"
    "(:DiseaseModel {label: 'rTg4510'}) RETURN m.label AS contrast, k.status_line AS verdict, k.score AS r, k.p AS p,"
    " k.q AS q, k.null_mouse AS null_model ORDER BY k.p"
)
GRAPHQL = (
    '{ matches(model: "rTg4510", disease: "MONDO:0004975", level: regulon) '
    "{ nodes { modelLabel status statusLine specificity reason score p q null { model human } } } }"
)


def orthokg(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "kg.cli.main", *words], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"orthokg {' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def graphql() -> str:
    """The answer of a served API, by its own route."""
    code = (
        "import json, sys; from starlette.testclient import TestClient; from api.http.app import create_app;from"
        " kg.cli.match import signatures; from kg.store.driver import open_store;store = open_store(read_only=True);"
        " client = TestClient(create_app(store, signatures().root), 'http://127.0.0.1', client=('127.0.0.1', 1));answer"
        " = client.post('/graphql', json={'query': sys.argv[1]}).json(); store.close();print(json.dumps(answer,"
        " indent=1, ensure_ascii=False))"
    )
    done = subprocess.run([sys.executable, "-c", code, GRAPHQL], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    if "errors" in json.loads(done.stdout):
        raise SystemExit(done.stdout)
    return done.stdout


def answers(home: str, *, load: bool) -> dict[str, Any]:
    os.environ["ORTHOKG_HOME"] = home
    facts: dict[str, Any] = {}
    started = time.monotonic()
    if load:
        orthokg("ingest", "--demo")
        facts["seconds to load"] = round(time.monotonic() - started)
    facts["match"] = orthokg("match", "--model", "rTg4510", "--disease", "MONDO:0004975", "--level", "regulon")
    if load:
        facts["seconds to the first answer"] = round(time.monotonic() - started)
    facts |= {
        "cypher query": CYPHER,
        "cypher": orthokg("cypher", "--format", "tsv", CYPHER),
        "graphql query": GRAPHQL,
        "fivexfad": orthokg("match", "--model", "5xFAD", "--disease", "MONDO:0004975"),
        "j20": orthokg("match", "--model", "J20", "--disease", "MONDO:0004975", "--format", "tsv"),
    }
    return facts | {"graphql": json.dumps(json.loads(graphql()), indent=1, ensure_ascii=False)}


def main() -> None:
    if len(sys.argv) > 1:
        facts = answers(sys.argv[1], load=False)
    else:
        with tempfile.TemporaryDirectory() as home:
            facts = answers(home, load=True)
    print(save("answers", " ".join(["python tests/bench/bench_answers.py", *sys.argv[1:]]), facts, seed=0))


if __name__ == "__main__":
    main()
