"""How mouse and human contrasts were paired, and what each way of it would give: what an answer tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Paired:
    """Why a contrast and a state are a pair; "" where that way does not pair them."""

    contrast: str
    state: str
    by_cl: str
    by_correspondence: str

    def by(self, pair_by: str) -> bool:
        return {
            "all": True,
            "cl": bool(self.by_cl),
            "correspondence": bool(self.by_correspondence),
            "both": bool(self.by_cl and self.by_correspondence),
            "either": bool(self.by_cl or self.by_correspondence),
        }[pair_by]


@dataclass(frozen=True)
class Way:
    """What a setting gives: pairs, how many can be tested (the family of q), and verdicts by status."""

    by: str
    pairs: int
    tested: int
    statuses: Mapping[str, int]


@dataclass(frozen=True)
class Changed:
    """A verdict that is another one than without a rule, because its family is another one."""

    by: str
    mouse: str
    mouse_label: str
    state: str
    human_label: str
    was: str
    now: str
    q_was: float
    q_now: float


@dataclass(frozen=True)
class Effect:
    """What each setting would give for one question; ``cards``: runs behind the correspondences."""

    ways: tuple[Way, ...]
    changed: tuple[Changed, ...]
    pairs: tuple[Paired, ...]
    cards: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "ways": [
                {"by": w.by, "pairs": w.pairs, "tested": w.tested, "statuses": dict(w.statuses)} for w in self.ways
            ],
            "changed": [vars(c) for c in self.changed],
            "pairs": [vars(p) for p in self.pairs if p.by("either")],
            "cards": list(self.cards),
        }
