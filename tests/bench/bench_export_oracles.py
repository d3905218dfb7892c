"""What Biolink and SSSOM themselves say of the exports.

    python -m tests.bench.bench_export_oracles

Makes an environment of its own with ``biolink-model`` (the model that KGX validates by; KGX itself asks the network for
it when it is imported) and ``sssom``, and wants the package index. Every word that ``kg.export.kgx`` uses is looked up
in the model; the small graph of the tests is exported, and sssom-py parses and validates both of its mapping sets.
Writes ``results/export_oracles.json``; exit 1 where a word is unknown or a mapping set is not valid.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from kg.export.kgx import CATEGORY, MEANING
from kg.export.run import export
from kg.signatures.store import SignatureStore
from kg.store.driver import open_store
from kg.store.write import ensure_schema
from tests.bench.record import save
from tests.graph.test_export import fill

WORDS = {
    "predicate": sorted({m.predicate for m in MEANING.values()}),
    "category": sorted({*CATEGORY.values(), *(m.category for m in MEANING.values())}),
    "knowledge level": sorted({m.knowledge_level for m in MEANING.values()}),
    "agent": sorted({m.agent_type for m in MEANING.values()}),
}
ORACLE = Path(__file__).with_name("export_oracle.py")


def environment(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin/pip", "install", "--quiet", "sssom", "biolink-model"], check=True)
    return folder / "bin/python"


def mapping_sets(folder: Path) -> list[Path]:
    """The small graph's mappings, from an embedded store in the folder."""
    os.environ["ORTHOKG_HOME"] = str(folder / "home")
    with open_store("embedded") as store:
        ensure_schema(store)
        export(fill(store), SignatureStore(folder / "signatures"), "sssom", folder / "out")
    return sorted((folder / "out").glob("*.sssom.tsv"))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="export-oracles-") as made:
        folder = Path(made)
        sets = mapping_sets(folder)
        asked = json.dumps({"words": WORDS, "sets": [str(path) for path in sets]})
        told = subprocess.run(
            [environment(folder / "oracles"), ORACLE], input=asked, capture_output=True, text=True, check=True
        )
    results: dict[str, Any] = json.loads(told.stdout.strip().splitlines()[-1])
    save("export_oracles", "python -m tests.bench.bench_export_oracles", results)
    wrong = [row for row in (*results["biolink"], *results["sssom"]) if not row.get("known", row.get("valid"))]
    print(results["versions"], *(wrong or ["every word is known, every mapping set is valid"]), sep="\n")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
