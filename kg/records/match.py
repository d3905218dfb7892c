"""An answer: its matches, in their order, and what it does not know."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from kg.match.conjunction import burst_note
from kg.match.specificity import Role
from kg.match.verdict import Other, Status
from kg.records.pairing import Effect
from kg.schema.match import GivenState, MatchRecord

UPLOADED = "uploaded:"
"""How the id of what came with a question begins: nothing of it is stored."""


def other_of(g: GivenState) -> Other:
    """What the verdict is decided by."""
    return Other(g.disease, Role(g.role), g.explained, g.opposite)


_ORDER = {str(each): at for at, each in enumerate(Status)}


def place(status: str, p: float | None, score: float | None, match: str) -> tuple[int, float, float, str]:
    """Where a match stands in an answer: by status, most certain first, then by p, the size of the score, and the
    id."""
    return _ORDER[status], 1.0 if p is None else p, -abs(score or 0.0), match


@dataclass(frozen=True)
class Gap:
    """Something an answer does not know. ``kind``: missing (not there) or withheld (there, not shown)."""

    kind: str
    what: str
    why: str
    remedy: str = ""


@dataclass(frozen=True)
class Answer:
    question: str
    release: str
    family: str
    matches: Sequence[MatchRecord]
    gaps: tuple[Gap, ...] = field(default=())
    pairing: Effect | None = None

    def to_json(self) -> dict:
        matches = [match.to_json() for match in self.matches]
        changes = [{"match": m["id"], **change} for m in matches for change in m.pop("changes")]
        gaps = {kind: [asdict(g) for g in self.gaps if g.kind == kind] for kind in ("missing", "withheld")}
        told = {} if self.pairing is None else {"pairing": self.pairing.to_json()}
        notes = {level: burst_note(level) for level in sorted({m.level for m in self.matches})}
        return {
            "question": self.question,
            "release": self.release,
            "family": self.family,
            "matches": matches,
            "changes": changes,
            "changes_note": notes,
            **gaps,
            **told,
        }
