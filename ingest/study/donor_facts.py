"""Facts of donors by the columns that a manifest names, and what a contrast has of those of its donors."""

from collections.abc import Iterable

import pandas as pd

from ingest.manifest.blocks import ContrastSpec
from ingest.manifest.manifest import Manifest
from ingest.study.fits import donor_id

FACTS = ("sex", "age", "region", "strain")
MOST = 4


def columns_of(m: Manifest) -> dict[str, str]:
    """Fact -> column of the sheet of donors, for those that the manifest names."""
    spec = m.counts or m.cells
    named = {fact: getattr(spec, f"{fact}_column") for fact in FACTS} if spec else {}
    return {fact: column for fact, column in named.items() if column}


def stated(m: Manifest, c: ContrastSpec, sheet: pd.DataFrame | None, donors: Iterable[str]) -> dict[str, str]:
    """Age, sex and strain of a contrast: as the manifest says, or else those of its ``donors`` (ids), rows of the
    ``sheet``."""
    wanted = set(donors)
    own = pd.DataFrame() if sheet is None else sheet[[donor_id(m, str(name)) in wanted for name in sheet.index]]
    columns = columns_of(m)
    made = {}
    for fact in ("age", "sex", "strain"):
        said = getattr(m, fact) if getattr(c, fact) is None else getattr(c, fact)
        column = columns.get(fact)
        made[fact] = said or (_together(own[column]) if column in own else "")
    return made


def _together(values: pd.Series) -> str:
    """All different values, the commonest first, where they are few; else how many there are."""
    known = values.astype(str)
    counts = known[known != ""].value_counts()
    names = sorted(counts.index, key=lambda name: (-counts[name], name))
    return ", ".join(names) if len(names) <= MOST else f"{len(names)} values"
