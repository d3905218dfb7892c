"""Whole stored matches, by the same reading as pages of them: what cannot be read is withheld and said."""

from collections.abc import Sequence
from dataclasses import fields

from kg.read.nodes import read
from kg.records.match import Gap
from kg.schema.match import MatchRecord
from kg.store.driver import Store
from kg.stored.pages import MatchPageWant
from kg.stored.parts import PartsWant

_PARTS = ("changes", "cohorts", "given", "model_given")
_COLUMNS = tuple(f.name for f in fields(MatchRecord) if f.name not in (*_PARTS, "curations"))
_MOST = 100_000


def read_matches(
    store: Store, mice: Sequence[str], disease: str, level: str, policy: str
) -> tuple[list[MatchRecord], tuple[Gap, ...]]:
    """Stored matches of some mouse contrasts in the order of every answer, and what of them cannot be read."""
    (page,) = (
        found[""]
        for found in read(store, [(MatchPageWant(tuple(mice), disease, level, policy, _COLUMNS, _MOST), [""])])
    )
    rows = {row.key[-1]: row.node for row in page.rows}
    parts = read(store, [(PartsWant(kind), list(rows)) for kind in _PARTS]) if rows else []
    gaps = [*page.gaps, *(gap for found in parts for part in found.values() for gap in part.gaps)]
    records = [
        MatchRecord(**_tuples(node), **{kind: found[key].rows for kind, found in zip(_PARTS, parts, strict=True)})
        for key, node in rows.items()
    ]
    return records, tuple(gaps)


def _tuples(node: dict) -> dict:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in node.items() if name in _COLUMNS
    }
