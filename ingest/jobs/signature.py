"""Matches a user's table of differential expression with the human states of the graph. Nothing is stored in the
graph."""

from collections.abc import Mapping
from typing import Any

from ingest.jobs.match import answers
from kg.cli.match import read_sets
from kg.cli.signature import read_upload
from kg.jobs.child import Work
from kg.jobs.kinds import COLUMNS


def run(work: Work) -> Mapping[str, Any]:
    """:func:`ingest.jobs.match.answers` of a table, read as by `orthokg match-signature`. Raises ContractError."""
    given, file = work.arguments, work.files["table"]
    sets = read_sets(work.files.get("sets"), given["level"])
    facts = {
        **{name: given.get(name) for name in ("taxon", "cell_type", "tissue", "label")},
        **{name: given.get(name, "") for name in ("drug", "cut")},
        **{name: given[name] for name in ("duplicates", "unit")},
        "engineered": tuple(given.get("engineered", ())),
        "reference": None,
        "scale": "counts",
    }
    chosen = tuple(f"{what}={given[what]}" for what in COLUMNS if given.get(what))
    upload = read_upload(file, None, chosen, facts)
    return answers(work, [(upload.label, upload)], sets, alone=True)
