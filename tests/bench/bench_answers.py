"""The demonstration from an empty store, and the same question by the command line, Cypher and GraphQL: what README shows.

    python tests/bench/bench_answers.py
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.record import save

CYPHER = (
    "MATCH (k:Match {level: 'regulon'})-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: 'rTg4510'}) "
    "RETURN m.label AS contrast, k.status AS status, k.score AS r, k.p AS p, k.q AS q, k.null_mouse AS null_mouse ORDER BY k.p"
)
GRAPHQL = (
    '{ matches(model: "rTg4510", disease: "MONDO:0004975", level: regulon) '
    "{ nodes { mouseLabel status reason score p q null { mouse human } } } }"
)


def orthokg(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "kg.cli", *words], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"orthokg {' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def graphql() -> str:
    """The answer of a served API, by its own route."""
    code = (
        "import json, sys; from starlette.testclient import TestClient; from api.app import create_app;"
        "from kg.cli_match import signatures; from kg.store import open_store;"
        "store = open_store(read_only=True); client = TestClient(create_app(store, signatures().root, hosts=('*',)));"
        "answer = client.post('/graphql', json={'query': sys.argv[1]}).json(); store.close();"
        "print(json.dumps(answer, indent=1, ensure_ascii=False))"
    )
    done = subprocess.run([sys.executable, "-c", code, GRAPHQL], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["ORTHOKG_HOME"] = home
        started = time.monotonic()
        orthokg("ingest", "--demo")
        loaded = time.monotonic() - started
        match = orthokg("match", "--model", "rTg4510", "--disease", "MONDO:0004975", "--level", "regulon")
        first = time.monotonic() - started
        facts = {
            "seconds to load": round(loaded), "seconds to the first answer": round(first), "match": match,
            "cypher query": CYPHER, "cypher": orthokg("cypher", "--format", "tsv", CYPHER), "graphql query": GRAPHQL,
            "fivexfad": orthokg("match", "--model", "5xFAD", "--disease", "MONDO:0004975"),
            "j20": orthokg("match", "--model", "J20", "--disease", "MONDO:0004975", "--format", "tsv"),
        }  # fmt: skip
        facts["graphql"] = json.dumps(json.loads(graphql()), indent=1, ensure_ascii=False)
    print(save("answers", "python tests/bench/bench_answers.py", facts, seed=0))


if __name__ == "__main__":
    main()
