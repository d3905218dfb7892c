"""Rule 1: one reader for all text tables."""

from pathlib import Path

from tests.ingest.inputs.case import Case, Read, Refused, disease, effects, facts, write_manifest

TRUTH = effects()


def plain(folder: Path) -> Path:
    (folder / "t.csv").write_text("\n".join(["g,e,p", *(f"{g},{e},0.01" for g, e in TRUTH.items())]) + "\n")
    table = {"file": "t.csv", "gene_id": "symbol", "columns": {"gene": "g", "effect": "e", "p": "p"}}
    return write_manifest(folder, facts(folder) | {"table": table, "contrasts": [disease()]})


def short(folder: Path) -> Path:
    path = plain(folder)
    (folder / "t.csv").write_text((folder / "t.csv").read_text().replace("TREM2,", "TREM2\nTREM2,"))
    return path


CASES = [
    Case("plain", 1, plain, Read({"a": TRUTH})),
    Case("a short row", 1, short, Refused("BAD_ROWS", ("line 5", "1 cells"))),
]
