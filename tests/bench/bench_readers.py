"""Damaged files of every format that is read: what comes of each, how long it takes and how much memory.

    python -m tests.bench.bench_readers [FILES]

Of FILES (10,000) each is made of a small good one by its number alone, half by bytes, half by structure. A run that was
stopped goes on where it was: what is done stands in a file beside the scratch folder until the last is read, with the
commit at which it began; a change of the commit in between is said.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from tests.bench.record import save
from tests.ingest.fuzz.child import MEGABYTES, SECONDS
from tests.ingest.fuzz.parent import Outcome, outcomes

STATE = Path(tempfile.gettempdir()) / "orthokg-bench-readers.jsonl"


def commit() -> str:
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()


def done() -> list[dict[str, Any]]:
    return [json.loads(line) for line in STATE.read_text().splitlines()] if STATE.exists() else []


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    readers: dict[str, Counter[str]] = defaultdict(Counter)
    codes: Counter[str] = Counter()
    for row in rows:
        readers[row["reader"]][row["kind"]] += 1
        if row["kind"] == "refused":
            codes[row["told"].partition(":")[0]] += 1
    outs = [Outcome(*(row[name] for name in Outcome._fields)) for row in rows]
    slowest, largest = (max(outs, key=lambda each, name=name: getattr(each, name)) for name in ("seconds", "megabytes"))
    return {
        "files": len(rows),
        "limits": {"seconds": SECONDS, "megabytes": MEGABYTES},
        "commits": dict(Counter(row["commit"] for row in rows)),
        "kinds": dict(Counter(each.kind for each in outs)),
        "readers": {name: dict(kinds) for name, kinds in readers.items()},
        "refused_by": dict(codes.most_common()),
        "slowest": slowest._asdict(),
        "largest": largest._asdict(),
        "not_held": [each._asdict() for each in outs if not each.held],
    }


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    at = commit()
    with tempfile.TemporaryDirectory() as folder, STATE.open("a") as out:
        for each in outcomes(Path(folder), len(done()), files):
            out.write(json.dumps(each._asdict() | {"commit": at}) + "\n")
            out.flush()
            if not each.held:
                print(*each, sep=" | ", flush=True)
    results = summed(done()[:files])
    print(json.dumps({name: results[name] for name in ("files", "kinds", "commits")}), flush=True)
    if files >= 1000:
        save("readers", " ".join(["python -m tests.bench.bench_readers", *sys.argv[1:]]), results)
        STATE.unlink()


if __name__ == "__main__":
    main()
