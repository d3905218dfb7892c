"""Small tables that we curate ourselves, shipped with the code: ``ontologies/*.tsv``."""

import io
from importlib import resources
from itertools import dropwhile
from pathlib import Path

import pandas as pd


def curated(name: str) -> pd.DataFrame:
    """A curated table by file name; all columns are text, "" where empty. Lines before the header may start with #."""
    shipped = resources.files("ingest") / "ontologies" / name
    file = shipped if shipped.is_file() else Path(__file__).parents[2] / "ontologies" / name
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    table = "".join(dropwhile(lambda line: line.startswith("#"), lines))
    return pd.read_csv(io.StringIO(table), sep="\t", dtype=str, keep_default_na=False)
