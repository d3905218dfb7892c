"""What others' readers say of the exports: KGX and Biolink, SSSOM, Frictionless, Croissant and LinkML.

    python -m tests.bench.bench_export_oracles [KGX_FOLDER ...]

Makes environments of their own with these readers, and wants the package index for that alone: KGX validates by the
model and the prefixes of the package ``biolink-model``. Every word of ``kg.export.biolink`` is looked up in the model;
the small graph of the tests is exported in every format, and validated; so is each further KGX_FOLDER, such as an
export of the demonstration. Writes ``results/export_oracles.json``; exit 1 where a word is unknown or a file is not
valid.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from kg.export.biolink import CATEGORY, INFERRED, MEANING, VERSION
from kg.export.run import FORMATS, export
from kg.signatures.store import SignatureStore
from kg.store.driver import open_store
from kg.store.write import ensure_schema
from tests.bench.record import save
from tests.graph.test_export import close, fill

WORDS = {
    "predicate": sorted({m.predicate for m in MEANING.values()}),
    "category": sorted({*CATEGORY.values(), *(m.category for m in MEANING.values())}),
    "knowledge level": sorted({m.knowledge_level for m in (*MEANING.values(), INFERRED)}),
    "agent": sorted({m.agent_type for m in (*MEANING.values(), INFERRED)}),
}
ORACLE = Path(__file__).with_name("export_oracle.py")
PACKAGES = {
    "kgx": ("kgx==2.7.0", f"biolink-model=={VERSION}", "bmt==1.4.8", "linkml==1.10.0"),
    "metadata": ("frictionless[parquet]", "mlcroissant", "linkml", "pyarrow"),
    "sssom": ("sssom",),
}


def environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """Its Python. A folder that ORTHOKG_ORACLES names keeps the environments for the next time."""
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", *packages], check=True)
    return python


def exported(folder: Path) -> Path:
    """The small graph in every format, from an embedded store in the folder."""
    os.environ["ORTHOKG_HOME"] = str(folder / "home")
    with open_store("embedded") as store:
        ensure_schema(store)
        close(fill(store))
        for form in FORMATS:
            export(store, SignatureStore(folder / "signatures"), form, folder / "out" / form)
    return folder / "out"


def main() -> None:
    results: dict[str, Any] = {"versions": {}}
    with tempfile.TemporaryDirectory(prefix="export-oracles-") as made:
        folder = Path(made)
        asked = json.dumps({"words": WORDS, "folder": str(exported(folder)), "more": sys.argv[1:]})
        kept = Path(os.environ.get("ORTHOKG_ORACLES", folder / "oracles"))
        for reader, packages in PACKAGES.items():
            names = [re.split(r"[=\[]", name)[0] for name in packages]
            python = environment(kept / reader, packages)
            told = subprocess.run(
                [python, ORACLE, reader, *names], input=asked, stdout=subprocess.PIPE, text=True, check=True
            )
            found = json.loads(told.stdout.strip().splitlines()[-1])
            results["versions"] |= found.pop("versions")
            results |= found
    save("export_oracles", "python -m tests.bench.bench_export_oracles", results)
    rows = (*results["biolink"], *results["kgx"], results["stated"], *results["metadata"], *results["sssom"])
    wrong = [row for row in rows if not row.get("known", row.get("valid"))]
    print(results["versions"], *(wrong or ["every word is known, every file is valid"]), sep="\n")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
