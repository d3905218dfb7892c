"""Cell types that are not of a study's own file: an atlas gave them, and everything made from them says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.batch import Batch, Row
from ingest.manifest.manifest import Manifest
from kg.signatures.store import Strings


@dataclass(frozen=True)
class GivenTypes:
    """``texts``: type of each cell in the order of the file, "" for none; ``flags``: of every contrast made by them;
    ``row``: node of the mapping; ``version``: curie of the version of the atlas that gave them."""

    texts: Strings
    flags: Sequence[str]
    row: Row
    version: str


def flagged(m: Manifest, given: GivenTypes | None) -> Manifest:
    """Sets the flags on its contrasts of cells."""
    if given is None:
        return m
    contrasts = [
        c if m.table_of(c) is not None else c.model_copy(update={"flags": [*c.flags, *given.flags]})
        for c in m.contrasts
    ]
    return m.model_copy(update={"contrasts": contrasts})


def mapping_rows(m: Manifest, given: GivenTypes, batch: Batch) -> None:
    batch.nodes["Mapping"].append(given.row)
    for kind, label, target in (
        ("FROM_DATASET", "Dataset", m.dataset_id),
        ("MAPPED_TO", "AtlasVersion", given.version),
    ):
        batch.edges[kind, "Mapping", label].append({"subject": given.row["id"], "object": target})
    batch.missing += [f"{m.dataset.id}: {reason}" for reason in given.row["reasons"]]
