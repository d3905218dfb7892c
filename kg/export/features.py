"""Every feature of one match, as TSV or Parquet, with what it is of and the licences that it is under.

The TSV begins with lines ``# name: value``, the first of them the verdict in plain words, each value as JSON, which
YAML reads as well; the Parquet file has the same in its metadata, as ``orthokg.<name>``. Columns are the fields of
``kg.verdict.features.Feature``, and after them ``licence``: all that the row rests on.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from io import BytesIO
from typing import Any, LiteralString

from kg.export.tables import cell
from kg.export.terms import NONE_STATED
from kg.release.releases import release_text
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.tables.gene_sets import GeneSetFile
from kg.tables.spreadsheet import quoted
from kg.verdict.features import Feature, Features, features

_LICENCES: LiteralString = """
MATCH (n:Dataset) WHERE n.id IN $datasets
RETURN n.id AS id, n.licence AS licence, n.redistribute AS redistribute
UNION ALL
MATCH (n:Source) WHERE n.id IN $sources
RETURN n.id AS id, n.licence AS licence, n.redistribute AS redistribute
"""
_GIVEN = ("state", "label", "role", "base_score", "score", "low", "high", "p", "power", "note")


@dataclass(frozen=True)
class FeatureTable:
    """``facts``: what stands in the head; ``licences``: distinct, of all datasets and sources that the rows rest on."""

    features: Features
    facts: dict[str, Any]
    licences: tuple[str, ...]

    @classmethod
    def of(
        cls, store: Store, signatures: SignatureStore, match: str, sets: GeneSetFile | None = None
    ) -> "FeatureTable":
        """Raises UnknownTermError, and MethodError with the code UNTESTABLE, as ``kg.verdict.explain.explain``."""
        found = features(store, signatures, match, sets)
        told, terms = found.explanation, terms_of(store, found)
        facts = {
            "sentence": told.sentence,
            "match": told.match,
            "status": told.status,
            "reason": told.reason,
            "level": told.level,
            "policy": told.policy,
            "score": told.score,
            "statistic": told.statistic,
            "df": told.df,
            "p": told.p,
            "null_model": told.null_mouse,
            "null_human": told.null_human,
            "features": len(found.rows),
            "alike": sum(row.alike for row in found.rows),
            "method": told.method,
            "data_version": told.data_version,
            "release": release_text(store, signatures),
            "contrasts": [
                {"side": _SIDES[e.side], "id": e.contrast, "label": e.label, "dataset": e.dataset, "doi": e.doi}
                for e in told.evidence
            ],
            "given": [{name: getattr(g, name) for name in _GIVEN} for g in found.given],
            "licences": terms,
        }
        return cls(found, facts, tuple(dict.fromkeys(each["licence"] for each in terms)))

    def tsv(self) -> str:
        lines = [line([*values_of(row), self.licences]) for row in self.features.rows]
        return "\n".join([*map(told_line, self.facts.items()), line([*COLUMNS, "licence"]), *lines, ""])

    def parquet(self) -> bytes:
        import pyarrow as pa
        from pyarrow import parquet

        kinds: dict[Any, pa.DataType] = {
            int: pa.int64(),
            str: pa.string(),
            float: pa.float64(),
            float | None: pa.float64(),
            bool: pa.bool_(),
            tuple[str, ...]: pa.list_(pa.string()),
            tuple[float, ...]: pa.list_(pa.float64()),
        }
        columns = [pa.field(f.name, kinds[f.type]) for f in fields(Feature)]
        columns.append(pa.field("licence", pa.list_(pa.string())))
        facts = {
            f"orthokg.{name}": value if isinstance(value, str) else _json(value) for name, value in self.facts.items()
        }
        rows = [{**asdict(row), "licence": self.licences} for row in self.features.rows]
        out = BytesIO()
        parquet.write_table(
            pa.Table.from_pylist(rows, schema=pa.schema(columns, metadata=facts)), out, compression="zstd"
        )
        return out.getvalue()


_SIDES = {"mouse": "model", "human": "human"}
COLUMNS = tuple(f.name for f in fields(Feature))


def values_of(row: Feature) -> list[Any]:
    """In the order of ``COLUMNS``."""
    return [getattr(row, name) for name in COLUMNS]


def terms_of(store: Store, found: Features) -> list[dict[str, Any]]:
    """The terms of each dataset and source that the features rest on; a signature that came with the question has
    none."""
    datasets = list(dict.fromkeys(e.dataset for e in found.explanation.evidence if e.dataset))
    asked = {"datasets": datasets, "sources": list(found.sources)}
    known = {row["id"]: row for row in store.read(_LICENCES, **asked)}
    return [_terms(key, known.get(key, {})) for key in (*datasets, *found.sources)]


def _terms(key: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"of": key, "licence": row.get("licence") or NONE_STATED, "redistribute": bool(row.get("redistribute"))}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def told_line(fact: tuple[str, Any]) -> str:
    """A fact in the head of a TSV."""
    return f"# {fact[0]}: {_json(fact[1])}"


def line(values: Sequence[Any]) -> str:
    return "\t".join(_cell(value) for value in values)


def _cell(value: Any) -> str:
    """No formula, and in quotes where a reader would take the sign of a comment or a quote for its own."""
    text = quoted(cell(value))
    return '"' + text.replace('"', '""') + '"' if '"' in text or "#" in text else text
