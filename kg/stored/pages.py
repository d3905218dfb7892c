"""Stored matches by page: only what is asked of each, sorted as every answer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kg.match.verdict import Status
from kg.read.nodes import Branch, Cursor, Page, Row, bad_row, fitting_cursor, later, projected, shaped
from kg.sides.plan import Plan
from kg.stored.form import LENT, MADE, MAY_LACK, value_of

_STATUSES = frozenset(map(str, Status))
_KEYS = ("k0", "k1", "k2", "k3")
_PLACE = " ".join(f"WHEN '{status}' THEN {at}" for at, status in enumerate(Status))
_KEY = (
    f"CASE k.status {_PLACE} ELSE {len(Status)} END AS k0, coalesce(toFloatOrNull(k.p), 1.0) AS k1, "
    "-abs(coalesce(toFloatOrNull(k.score), 0.0)) AS k2, coalesce(toStringOrNull(k.id), '') AS k3"
)
_HUMAN = "OPTIONAL MATCH (k)-[:MATCH_OF {side: 'human'}]->(h:Contrast) OPTIONAL MATCH (h)-[:POOL_OF]->(s:DiseaseState) "


@dataclass(frozen=True)
class MatchWant:
    """Stored matches by their ids; None where there is none. ``columns``: fields of a MatchRecord but for its lists."""

    columns: tuple[str, ...]

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:
        mouse = "OPTIONAL MATCH (k)-[:MATCH_OF {side: 'mouse'}]->(m:Contrast) " if _touches(self.columns, "m") else ""
        text = (
            f"UNWIND $ids{tag} AS parent MATCH (k:Match {{id: parent}}) {mouse}{_human(self.columns)}"
            f"RETURN '{tag}' AS tag, parent, {_node(self.columns)} AS node, NULL AS edge, [k.id] AS key"
        )
        return [Branch(text, {f"ids{tag}": list(ids)})]

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        found = {row["parent"]: facts(row["node"], self.columns) for row in rows}
        return {key: found.get(key) for key in ids}


@dataclass(frozen=True)
class Only:
    """What of an answer is shown; None: all."""

    status: str | None = None
    specificity: str | None = None

    def has(self, status: str, specificity: str) -> bool:
        return self.status in (None, status) and self.specificity in (None, specificity)

    @property
    def named(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class MatchPageWant:
    """A page of the stored matches that answer a question. The ids of ``read`` mean nothing."""

    mice: tuple[str, ...]
    disease: str
    level: str
    policy: str
    columns: tuple[str, ...]
    first: int
    after: Cursor | None = None
    only: Only = Only()
    back: bool = False

    @classmethod
    def of(
        cls, plan: Plan, columns: Sequence[str], first: int, after: Cursor | None, only: Only, back: bool = False
    ) -> "MatchPageWant":
        """``back``: the rows before ``after``, or the last ones."""
        mice = tuple(c.id for c in plan.contrasts)
        return cls(mice, plan.disease or "", plan.level, plan.policy, tuple(columns), first, checked(after), only, back)

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:  # noqa: ARG002  one list, no parents
        after = f"WHERE {later(_KEYS, [f'{key}_{tag}' for key in _KEYS], self.back)} " if self.after else ""
        text = (
            f"CALL () {{ {_of_question(tag)}{''.join(f'AND k.{name} = ${name}{tag} ' for name in self.only.named)}WITH"
            f" k, m, {_KEY} {after}RETURN k, m, {', '.join(_KEYS)} ORDER BY"
            f" {', '.join(f'{key} DESC' if self.back else key for key in _KEYS)} LIMIT $take{tag} }}"
            f" {_human(self.columns)}RETURN '{tag}' AS tag, '' AS parent, {_node(self.columns)} AS node, NULL AS edge,"
            f" [{', '.join(_KEYS)}] AS key"
        )
        values = dict(zip((f"{key}_{tag}" for key in _KEYS), self.after or (), strict=False))
        values |= {f"{name}{tag}": value for name, value in self.only.named.items()}
        return [Branch(text, {**_values(self, tag), f"take{tag}": self.first + 1, **values})]

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        rows.sort(key=lambda row: tuple(row["key"]), reverse=self.back)
        good, gaps = [], []
        for row in rows[: self.first]:
            try:
                good.append(Row(tuple(row["key"]), facts(row["node"], self.columns)))
            except ValueError as error:
                gaps.append(bad_row("Match", row["key"], error))
        end = tuple(rows[: self.first][-1]["key"]) if rows else None
        shown = tuple(reversed(good) if self.back else good)
        return dict.fromkeys(ids, Page(shown, len(rows) > self.first, None, tuple(gaps), end))


@dataclass(frozen=True)
class Told:
    """What is said of all stored matches of a question. ``found``: (mouse contrast, run that wrote it, status,
    specificity) of each;
    ``cohorts``: (label, why not pooled); ``left``: (changes not listed, mouse label, human label)."""

    found: tuple[tuple[str, str, str, str], ...]
    cohorts: tuple[tuple[str, str], ...]
    left: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class ToldWant:
    """:class:`Told` of a question; the ids of ``read`` mean nothing."""

    mice: tuple[str, ...]
    disease: str
    level: str
    policy: str

    @classmethod
    def of(cls, plan: Plan) -> "ToldWant":
        return cls(tuple(c.id for c in plan.contrasts), plan.disease or "", plan.level, plan.policy)

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:  # noqa: ARG002
        text = (
            f"{_of_question(tag)}{_HUMAN}WITH k, m, h, {_KEY} RETURN '{tag}' AS tag, '' AS parent, k {{.status,"
            " .specificity, .run, n_changes: coalesce(toFloatOrNull(k.n_changes), 0.0), mouse: m.id, mouse_label:"
            " toStringOrNull(m.label), human_label: toStringOrNull(h.label), listed: COUNT { (k)-[:SUPPORTED_BY]->()"
            " }, cohorts: [(k)-[r:COHORT]->(o:Contrast) | {label: o.label, status: r.status, rank:"
            f" coalesce(toFloatOrNull(r.rank), 0.0)}}]}} AS node, NULL AS edge, [{', '.join(_KEYS)}] AS key"
        )
        return [Branch(text, _values(self, tag))]

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        nodes = [row["node"] for row in sorted(rows, key=lambda row: tuple(row["key"]))]
        cohorts = [c for n in nodes for c in sorted(n["cohorts"], key=lambda c: c["rank"])]
        told = Told(
            tuple((n["mouse"], n["run"] or "", n["status"] or "", n["specificity"] or "") for n in nodes),
            tuple((c["label"] or "", c["status"] or "") for c in cohorts),
            tuple((int(n["n_changes"]) - n["listed"], n["mouse_label"] or "", n["human_label"] or "") for n in nodes),
        )
        return dict.fromkeys(ids, told)


def checked(after: Cursor | None) -> Cursor | None:
    """``after`` when it is a place among matches. Raises ContractError, code ARGUMENT."""
    return fitting_cursor(after, (float, float, float, str))


def facts(k: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """Fields of a MatchRecord from a stored match. Raises ValueError that names what it lacks or has of another
    kind."""
    row = shaped("Match", k)
    if None in k.values():
        for name, value in k.items():
            lacks = name in LENT or (row[name] is None and name not in MAY_LACK)
            if value is None and lacks:
                raise ValueError(f"{name} is not there")
    if "status" in row and row["status"] not in _STATUSES:
        raise ValueError(f"status is {row['status']!r}")
    if MADE.keys().isdisjoint(columns):
        return row
    return {name: value_of(name, row) for name in columns}


def _of_question(tag: str) -> str:
    return (
        f"UNWIND $mice{tag} AS mouse MATCH (m:Contrast {{id: mouse}})<-[:MATCH_OF {{side: 'mouse'}}]-(k:Match) "
        f"WHERE k.level = $level{tag} AND k.policy = $policy{tag} AND k.disease = $disease{tag} "
    )


def _values(want: MatchPageWant | ToldWant, tag: str) -> dict[str, Any]:
    return {
        f"mice{tag}": list(want.mice),
        f"disease{tag}": want.disease,
        f"level{tag}": want.level,
        f"policy{tag}": want.policy,
    }


def _touches(columns: Sequence[str], var: str) -> bool:
    return any(name in LENT and LENT[name][0] == var for name in columns)


def _human(columns: Sequence[str]) -> str:
    return _HUMAN if _touches(columns, "h") or _touches(columns, "s") else ""


def _node(columns: Sequence[str]) -> str:
    """The properties behind the columns, and what the sides lend."""
    own = [each for name in columns if name not in LENT for each in _properties(name)]
    sides = "".join(f", {name}: {LENT[name][0]}.{LENT[name][1]}" for name in columns if name in LENT)
    return projected("k", ["id", *(each for each in own if each != "id")])[:-1] + sides + "}"


def _properties(name: str) -> tuple[str, ...]:
    return tuple(p.name for p in MADE[name].properties) if name in MADE else (name,)
