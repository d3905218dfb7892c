"""What curators said of matches and of mappings, read with the rest of a level of a question (``kg.read.nodes``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kg.curate.curation import curation_of
from kg.read.nodes import Branch
from kg.schema.match import Curation


@dataclass(frozen=True)
class CurationsWant:
    """Curations of matches, in the order in which they were said. ``end``: of the mappings that a node of this label is
    an end of, instead."""

    end: str = ""

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:
        about = f"(:{self.end} {{id: parent}})<-[:ABOUT]-(c:Curation)" if self.end else "(c:Curation {about: parent})"
        text = (
            f"UNWIND $ids{tag} AS parent MATCH {about} OPTIONAL MATCH (r:Review {{curation: c.id}}) OPTIONAL MATCH"
            " (k:Match {id: parent}) OPTIONAL MATCH (s:Curation {supersedes: c.id}) OPTIONAL MATCH (v:Review"
            f" {{curation: s.id, verdict: 'accept'}}) RETURN '{tag}' AS tag, parent, c {{.*}} AS node, {{who: r.who,"
            " reviewed: r.when, why: r.why, verdict: r.verdict, status: k.status, version: k.data_version, by: s.id,"
            " by_when: v.when} AS edge, [c.when, c.id] AS key"
        )
        return [Branch(text, {f"ids{tag}": list(ids)})]

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        made: dict[str, dict[str, Curation]] = {key: {} for key in ids}
        # Of those that supersede one the first accepted comes first; one that nobody accepted supersedes nothing.
        for row in sorted(rows, key=lambda row: (row["key"], row["edge"]["by_when"] or "9", row["edge"]["by"] or "")):
            c, e = row["node"], row["edge"]
            review = (
                {"who": e["who"], "when": e["reviewed"], "why": e["why"], "verdict": e["verdict"]} if e["who"] else None
            )
            facts = {"curation": c, "review": review, "status": e["status"], "version": e["version"]}
            made[row["parent"]].setdefault(c["id"], curation_of(facts, e["by"] if e["by_when"] else ""))
        return {key: tuple(found.values()) for key, found in made.items()}
