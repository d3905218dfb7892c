"""A match as it is answered: plain dataclasses that the command line, GraphQL and the graph share."""

from dataclasses import asdict, dataclass, field

from kg.match.verdict import Status
from kg.pair_records import Effect

UPLOADED = "uploaded:"
"""How the id of what came with a question begins: nothing of it is stored."""


@dataclass(frozen=True)
class Change:
    """A feature that changes alike on both sides. ``measured``: the regulon's factor is itself measured;
    ``left_given``: other states given which it still does. ``contribution`` is its part of T."""

    feature: str
    label: str
    direction: str
    contribution: float
    z_mouse: float
    z_human: float
    p: float
    q: float
    measured: bool = True
    left_given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cohort:
    """A cohort of the human side, alone. ``status``: pooled, or why not."""

    contrast: str
    label: str
    region: str
    n_case: int
    n_control: int
    status: str
    null: str
    score: float | None
    p: float | None
    flags: tuple[str, ...] = ()
    licence: str = ""
    dataset: str = ""


@dataclass(frozen=True)
class GivenState:
    """What is left given another state, and the other way round, on the features that all three share."""

    state: str
    label: str
    n_features: int
    base_score: float
    base_p: float
    other_score: float
    other_p: float
    score: float
    p: float
    back_score: float | None
    back_p: float | None
    left: bool
    n_changes: int
    note: str = ""


@dataclass(frozen=True)
class Band:
    policy: str
    score: float
    p: float | None
    status: str


@dataclass(frozen=True)
class ReferenceVerdict:
    """The same pair with another reference's noise."""

    reference: str
    label: str
    p: float


@dataclass(frozen=True)
class Null:
    """Kinds of the null on both sides: donors, reference, or none."""

    mouse: str
    human: str


@dataclass(frozen=True)
class AxesOut:
    """The score with the common noise axes of other samples taken out. None where no such samples are at hand."""

    score: float
    p: float
    axes: int
    source: str


@dataclass(frozen=True)
class Curation:
    """What a curator said of a match or a mapping, and whether another one has agreed.

    ``kind``: match, ortholog or term mapping; ``about``: the match's id, or subject, predicate and object of the mapping.
    ``state``: proposed, accepted or declined by the reviewer, or superseded by a later one that was accepted.
    ``status`` and ``data_version``: the verdict that it was said of; ``note`` tells when that is no longer the case.
    Times are ISO 8601 in UTC; what there is none of is empty.
    """

    id: str
    about: str
    kind: str
    verdict: str
    why: str
    who: str
    when: str
    state: str
    reviewer: str
    reviewed: str
    review_why: str
    supersedes: str
    superseded_by: str
    data_version: str
    release: str
    status: str
    note: str
    subject: str
    predicate: str
    object: str

    def text(self) -> str:
        """One line for people."""
        review = f", {self.state} by {self.reviewer} on {self.reviewed[:10]}" if self.reviewer else ""
        if self.state == "superseded":
            review = f", accepted by {self.reviewer} on {self.reviewed[:10]}, superseded by {self.superseded_by}"
        reviewer = f" ({self.review_why})" if self.review_why else ""
        note = f" [{self.note}]" if self.note else ""
        state = self.state if self.state == "proposed" else "curated"
        return f"{state}: {self.verdict} by {self.who} on {self.when[:10]}: {self.why}{review}{reviewer}{note}"


@dataclass(frozen=True)
class MatchRecord:
    id: str
    mouse: str
    mouse_label: str
    human: str
    human_label: str
    state: str
    disease: str
    level: str
    policy: str
    status: str
    reason: str
    score: float
    statistic: float
    interval: tuple[float, float] | None
    null: Null
    p: float | None
    q: float | None
    family: str
    family_size: int
    naive_p: float
    exploratory_p: float | None
    n_features: int
    effective_n: float | None
    df: int | None
    axes_out: AxesOut | None
    ceiling: float | None
    corrected_score: float | None
    specificity: str
    given: tuple[GivenState, ...]
    cohorts: tuple[Cohort, ...]
    policy_band: tuple[Band, ...]
    references: tuple[ReferenceVerdict, ...]
    changes: tuple[Change, ...]
    n_changes: int
    flags: tuple[str, ...]
    engineered: tuple[str, ...]
    method: str
    data_version: str
    curations: tuple[Curation, ...] = ()

    def to_json(self) -> dict:
        return asdict(self)


def place(status: str, p: float | None, score: float, match: str) -> tuple[int, float, float, str]:
    """Where a match stands in an answer: by status, surest first, then by p, the size of the score, and the id."""
    return [str(each) for each in Status].index(status), 1.0 if p is None else p, -abs(score), match


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
    matches: tuple[MatchRecord, ...]
    gaps: tuple[Gap, ...] = field(default=())
    pairing: Effect | None = None

    def to_json(self) -> dict:
        matches = [match.to_json() for match in self.matches]
        changes = [{"match": m["id"], **change} for m in matches for change in m.pop("changes")]
        gaps = {kind: [asdict(g) for g in self.gaps if g.kind == kind] for kind in ("missing", "withheld")}
        told = {} if self.pairing is None else {"pairing": self.pairing.to_json()}
        return {"question": self.question, "release": self.release, "family": self.family, "matches": matches,
                "changes": changes, **gaps, **told}  # fmt: skip
