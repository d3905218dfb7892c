"""A match as it is answered: plain dataclasses that the command line, GraphQL and the graph share."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from kg.match.conjunction import burst_note
from kg.match.specificity import Role
from kg.match.verdict import Other, Status
from kg.records.pairing import Effect

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
    """Another state in the match (or a model of another disease), on the features that all three share.

    ``role``: left, not told apart, unlike, too weak to tell, or not tested (``note`` says why, and numbers are None).
    ``reliability``: share of its squared length that is no noise, 0 to 1. ``base_*``: the match itself on these
    features; ``other_*``: the other one with the model side; ``human_*``: with the human side. ``score``, ``low``,
    ``high``: r of what is left given it, with its 95% interval, on the scale of ``base_score``; ``p``: two-sided, 1
    where nothing is left in the direction of the match. ``power``: chance that a state which carried the whole match
    would be seen to take part. ``back_*``: what is left of the other one given this. ``n_changes``: features that still
    change alike given it, of one that takes part.
    """

    state: str
    label: str
    disease: str
    role: str
    n_features: int
    reliability: float | None = None
    base_score: float | None = None
    base_p: float | None = None
    other_score: float | None = None
    other_p: float | None = None
    human_score: float | None = None
    human_p: float | None = None
    score: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    power: float | None = None
    left: bool = False
    explained: bool = False
    opposite: bool = False
    back_score: float | None = None
    back_p: float | None = None
    n_changes: int | None = None
    note: str = ""


def other_of(g: GivenState) -> Other:
    """What the verdict is decided by."""
    return Other(g.disease, Role(g.role), g.explained, g.opposite)


@dataclass(frozen=True)
class AllGiven:
    """What is left of T given all states that take part together: shown, and decides nothing. ``share`` of T with its
    95% interval (a direction that the others lack to .6 of its length leaves .36 of T); ``states``: those given, the
    best measured first; ``left_out``: those that these cannot be told from."""

    share: float
    low: float
    high: float
    states: tuple[str, ...]
    left_out: tuple[str, ...]


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
    """The score with the common noise axes of other samples taken out. None where no such samples are available."""

    score: float
    p: float
    axes: int
    source: str


@dataclass(frozen=True)
class Curation:
    """What a curator said of a match or a mapping, and whether another one has agreed.

    ``kind``: match, ortholog or term mapping; ``about``: the match's id, or subject, predicate and object of the
    mapping.
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
    mouse_taxon: str
    human_taxon: str
    state: str
    disease: str
    level: str
    policy: str
    status: str
    reason: str
    score: float | None
    statistic: float | None
    interval: tuple[float, float] | None
    null: Null
    p: float | None
    q: float | None
    family: str
    family_size: int
    other_families: tuple[str, ...]
    naive_p: float | None
    exploratory_p: float | None
    n_features: int
    effective_n: float | None
    df: int | None
    axes_out: AxesOut | None
    ceiling: float | None
    corrected_score: float | None
    specificity: str
    status_line: str
    given: tuple[GivenState, ...]
    all_given: AllGiven | None
    model_specificity: str
    model_given: tuple[GivenState, ...]
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


def place(status: str, p: float | None, score: float | None, match: str) -> tuple[int, float, float, str]:
    """Where a match stands in an answer: by status, surest first, then by p, the size of the score, and the id."""
    return [str(each) for each in Status].index(status), 1.0 if p is None else p, -abs(score or 0.0), match


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
