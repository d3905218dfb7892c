"""What a stored match is made of, in its order: the changes that lead it, its cohorts, what is left given other
states."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from kg.read.nodes import Branch, shaped
from kg.records.match import Gap
from kg.schema.edges import EDGE_BY_TYPE
from kg.schema.match import Change, Cohort, GivenState
from kg.stored.form import CHANGE, COHORT, GIVEN, as_kept

Part = Change | Cohort | GivenState
_PARTS = {
    "changes": ("SUPPORTED_BY", "(o)", "o {.id}"),
    "cohorts": (
        "COHORT",
        "(o:Contrast)",
        (
            "o {.id, .label, .n_case, .n_control, .flags, region: [(o)-[:IN_TISSUE]->(t:Tissue) | t.label][0], dataset:"
            " [(o)-[:FROM_DATASET]->(d:Dataset) | d.id][0], licence: [(o)-[:FROM_DATASET]->(d:Dataset) | d.licence][0]}"
        ),
    ),
    "given": (
        "GIVEN",
        "(o:DiseaseState)",
        "o {.id}",
    ),
    "model_given": ("GIVEN_MODEL", "(o:Contrast)", "o {.id}"),
}
_NUMBERS = {f.name for f in fields(GivenState) if f.default is None}
_MAY_LACK = {
    "cohorts": {"score", "p", "n_case", "n_control"},
    "given": _NUMBERS,
    "model_given": _NUMBERS,
    "changes": set(),
}


@dataclass(frozen=True)
class Parts:
    """``gaps``: those that are there and cannot be read."""

    rows: tuple[Any, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class PartsWant:
    """The changes, cohorts or given states of several stored matches, each as :class:`Parts`; ``take``: at most so
    many."""

    kind: str
    take: int | None = None

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:
        edge, target, node = _PARTS[self.kind]
        limit = f"LIMIT $take{tag}" if self.take else ""
        text = (
            f"UNWIND $ids{tag} AS parent MATCH (k:Match {{id: parent}}) CALL (k) {{ MATCH (k)-[r:{edge}]->{target} "
            f"RETURN o, r, coalesce(toFloatOrNull(r.rank), 0.0) AS rank ORDER BY rank {limit} }} "
            f"RETURN '{tag}' AS tag, parent, {node} AS node, r {{.*}} AS edge, [rank] AS key"
        )
        return [Branch(text, {f"ids{tag}": list(ids), **({f"take{tag}": self.take} if self.take else {})})]

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        good: dict[str, list[Part]] = {key: [] for key in ids}
        gaps: dict[str, list[Gap]] = {key: [] for key in ids}
        for row in sorted(rows, key=lambda row: row["key"][0]):
            try:
                good[row["parent"]].append(self._part(row["node"], row["edge"]))
            except ValueError as error:
                what = f"1 of {self.kind} ({row['node']['id']})"
                why = f"its row cannot be read: {error}"
                gaps[row["parent"]].append(Gap("withheld", what, why, "orthokg ingest rewrites it"))
        return {key: Parts(tuple(good[key]), tuple(gaps[key])) for key in ids}

    def _part(self, node: dict[str, Any], edge: dict[str, Any]) -> Part:
        """Raises ValueError that names what it lacks or has of another kind."""
        properties = EDGE_BY_TYPE[_PARTS[self.kind][0]].properties
        r = shaped("", {p.name: edge.get(p.name) for p in properties}, properties)
        o = shaped("Contrast" if self.kind == "cohorts" else "DiseaseState", node)
        for name, value in (*r.items(), *o.items()):
            if value is None and name not in _MAY_LACK[self.kind]:
                raise ValueError(f"{name} is not there")
        if self.kind == "changes":
            return _change(o["id"], r)
        return _cohort(o, r) if self.kind == "cohorts" else _given(o["id"], r)


def _change(feature: str, c: dict[str, Any]) -> Change:
    """A change from its relationship's properties."""
    values: dict[str, Any] = {name: as_kept(c.get(name)) for name in CHANGE}
    return Change(feature, **values)


def _cohort(o: dict[str, Any], c: dict[str, Any]) -> Cohort:
    """A cohort from its contrast (with region, licence and dataset) and its relationship."""
    values: dict[str, Any] = {name: c.get(name) for name in COHORT}
    return Cohort(
        o["id"],
        o["label"],
        o["region"] or "",
        o.get("n_case") or 0,
        o.get("n_control") or 0,
        flags=tuple(o.get("flags") or ()),
        licence=o["licence"] or "",
        dataset=o["dataset"] or "",
        **values,
    )


def _given(state: str, g: dict[str, Any]) -> GivenState:
    """Another state or model in a match, from its relationship's properties."""
    values: dict[str, Any] = {name: g.get(name) for name in GIVEN}
    return GivenState(state, **values)
