"""What a stranger with a token, or with a socket, and a careless colleague can do: each kind tried, and what held.

    python -m tests.bench.bench_attack PART ...

Parts: ``queries-embedded``, ``queries-neo4j`` (100 queries drawn from Cypher's grammar), ``load-embedded``,
``load-neo4j`` (200 clients of the main question beside eight hostile queries), ``files`` (60 hostile files),
``sockets`` (20 ways with sockets and bodies), ``memory`` (50 clients that upload). A part that was interrupted goes on
after the case that it kept last, in a folder of temporary files; ``--anew`` forgets it, and ``--most=20`` queries are
tried in one run. Simulated data.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import attack_files, attack_memory, attack_queries, attack_sockets
from tests.bench.record import FOLDER, load, measured_now, save
from tests.bench.served import each_store

KEPT = Path(tempfile.gettempdir()) / "orthokg-attack"
LOAD_SECONDS = 60.0


def _cases(part: str) -> tuple[list[dict[str, Any]], Callable[[dict[str, Any]], None]]:
    """What a part has kept, and what keeps one more."""
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{part}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def keep(row: dict[str, Any]) -> None:
        rows.append(row)
        with path.open("a") as out:
            out.write(json.dumps(row) + "\n")
        print(len(rows), {name: each for name, each in row.items() if name != "plain"}, flush=True)

    return rows, keep


def run(part: str, most: int) -> Any:
    name, _, store = part.partition("-")
    kept, keep = _cases(part)
    if name == "files":
        attack_files.each_file(kept, keep)
        return attack_files.summary(kept)
    for _, scratch in each_store([store or "embedded"]):
        if name == "queries":
            attack_queries.each_query(scratch, kept, keep, most)
            return attack_queries.summary(kept)
        if name == "load":
            return attack_queries.under_load(scratch, LOAD_SECONDS)
        if name == "sockets":
            attack_sockets.each_way(scratch, kept, keep)
            return attack_sockets.summary(kept)
        if name == "memory":
            return attack_memory.measure(scratch)
    raise SystemExit(__doc__)


def main() -> None:
    parts = [each for each in sys.argv[1:] if not each.startswith("--")]
    most = next((int(each[7:]) for each in sys.argv if each.startswith("--most=")), attack_queries.MANY)
    for part in parts:
        if "--anew" in sys.argv:
            (KEPT / f"{part}.jsonl").unlink(missing_ok=True)
        found = run(part, most)
        earlier = load("attack")["results"] if (FOLDER / "attack.json").exists() else {"data": "simulated"}
        save(
            "attack",
            "python -m tests.bench.bench_attack queries-embedded queries-neo4j load-embedded load-neo4j files sockets"
            " memory",
            measured_now(earlier | {part: found}, part),
            seed=attack_queries.SEED,
        )
        print(json.dumps(found, indent=1), flush=True)


if __name__ == "__main__":
    main()
