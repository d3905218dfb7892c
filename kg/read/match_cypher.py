"""Cypher that gives a match, or what it was made of, for ``orthokg cypher`` or Neo4j Browser."""

from enum import StrEnum
from typing import Self

from kg.records.match import UPLOADED
from kg.schema.match import MatchRecord


class Gives(StrEnum):
    """What the Cypher of a match gives; ``doc``: in a sentence."""

    doc: str

    def __new__(cls, value: str, doc: str) -> Self:
        made = str.__new__(cls, value)
        made._value_, made.doc = value, doc
        return made

    VERDICT = "VERDICT", "The match itself, as it is stored."
    PARTS = (
        "PARTS",
        (
            "It was computed for this answer and is not stored: the genes of its two sides that pass their threshold,"
            " joined by orthology."
        ),
    )
    ONE_SIDE = (
        "ONE_SIDE",
        "The genes of the one side that is in the graph: the other came with the question, or no cohort is available.",
    )
    NOTHING = "NOTHING", "No query: nothing of the match is in the graph."


_STORED = """MATCH (k:Match {{id: {match}}})
MATCH (k)-[:MATCH_OF {{side: 'mouse'}}]->(m:Contrast)
MATCH (k)-[:MATCH_OF {{side: 'human'}}]->(h:Contrast)
RETURN k.id AS id, m.label AS mouse, h.label AS human, k.level AS level, k.policy AS policy, k.status AS status,
  k.reason AS reason, k.score AS r, k.p AS p, k.q AS q, k.null_mouse AS null_mouse, k.null_human AS null_human"""
_PARTS = """MATCH (m:Contrast {{id: {mouse}}})-[x:CHANGES_GENE]->(a:Gene)
OPTIONAL MATCH (a)-[:ORTHOLOG_OF]-(b:Gene)<-[y:CHANGES_GENE]-(h:Contrast) WHERE h.id IN [{others}]
RETURN DISTINCT m.label AS mouse, a.symbol AS mouse_gene, x.effect AS mouse_effect, x.moderated AS mouse_moderated,
  h.label AS human,
  b.symbol AS human_gene, y.effect AS human_effect, y.moderated AS human_moderated, a.id AS mouse_id, b.id AS human_id
ORDER BY abs(mouse_moderated) DESC, mouse_id, human, human_id"""
_SIDE = """MATCH (c:Contrast)-[x:CHANGES_GENE]->(g:Gene) WHERE c.id IN [{sides}]
RETURN c.label AS contrast, g.symbol AS gene, x.effect AS effect, x.moderated AS moderated, g.id AS id
ORDER BY abs(moderated) DESC, contrast, id"""


def stored(match: str) -> str:
    """A query that gives one stored match."""
    return _STORED.format(match=_text(match))


def computed(match: MatchRecord) -> tuple[str | None, Gives]:
    """A query for the parts of a match that is not stored: the genes of both contrasts that pass their threshold,
    joined by orthology at every level; those of the one side that is in the graph where the other came with the
    question."""
    cohorts = [c.contrast for c in match.cohorts if not c.contrast.startswith(UPLOADED)]
    others = ", ".join(map(_text, cohorts))
    if match.mouse.startswith(UPLOADED):
        return (_SIDE.format(sides=others), Gives.ONE_SIDE) if cohorts else (None, Gives.NOTHING)
    if cohorts:
        return _PARTS.format(mouse=_text(match.mouse), others=others), Gives.PARTS
    return _SIDE.format(sides=_text(match.mouse)), Gives.ONE_SIDE


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
