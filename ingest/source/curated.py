"""Small tables that we curate ourselves, shipped with the code: ``ontologies/*.tsv``."""

from importlib import resources
from pathlib import Path

import pandas as pd


def curated(name: str) -> pd.DataFrame:
    """A curated table by file name; all columns are text, "" where empty."""
    shipped = resources.files("ingest") / "ontologies" / name
    file = shipped if shipped.is_file() else Path(__file__).parents[2] / "ontologies" / name
    with file.open("rb") as opened:
        return pd.read_csv(opened, sep="\t", dtype=str, keep_default_na=False)
