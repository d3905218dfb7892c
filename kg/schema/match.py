"""A match, declared once: the fields that the command line, GraphQL and the graph share, and beside each what it is
called in the graph, its place in the table and what it is in words (``kg.schema.told``). A new field of one value is
one entry here."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from kg.schema.told import Told

_Z_MODEL = "centred effect of the model side over its own noise"


@dataclass(frozen=True)
class Change:
    """A feature that changes alike on both sides. ``measured``: the regulon's factor is itself measured;
    ``left_given``: other states given which it still does. ``contribution`` is its part of T."""

    feature: Annotated[str, Told(shown="ID")]
    label: str
    direction: Annotated[str, Told("up or down")]
    contribution: Annotated[float, Told("its part of T; the parts of all features sum to T")]
    z_mouse: Annotated[float, Told(_Z_MODEL, now=("z_model", _Z_MODEL))]
    z_human: Annotated[float, Told("centred effect of the human side over its own noise")]
    p: Annotated[float, Told("the larger one-sided p in the shared direction")]
    q: float
    measured: Annotated[bool, Told("false: a regulon whose factor is not measured in the tissue")] = True
    left_given: Annotated[tuple[str, ...], Told("states that take part, given which it still changes alike")] = ()
    leading: Annotated[
        tuple[str, ...], Told("symbols of the genes that carry a regulon, module or gene set on both sides, up to 5")
    ] = ()


@dataclass(frozen=True)
class Cohort:
    """A cohort of the human side, alone. ``status``: pooled, or why not."""

    contrast: Annotated[str, Told(shown="ID")]
    label: str
    region: str
    n_case: int
    n_control: int
    status: Annotated[str, Told("pooled, or why not")]
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
    ``reliability``: share of its squared length that is not noise, 0 to 1. ``base_*``: the match itself on these
    features; ``other_*``: the other one with the model side; ``human_*``: with the human side. ``score``, ``low``,
    ``high``: r of what is left given it, with its 95% interval, on the scale of ``base_score``; ``p``: two-sided, 1
    where nothing is left in the direction of the match. ``power``: probability that a state which carried the whole
    match would be found to take part. ``back_*``: what is left of the other one given this. ``n_changes``: features
    that still change alike given it, of one that takes part.
    """

    state: Annotated[str, Told("curie of the state, or of the model's contrast", shown="ID")]
    label: str
    disease: str
    role: Annotated[str, Told("left, not told apart (both take part), unlike, too weak to tell, or not tested")]
    n_features: int
    reliability: Annotated[float | None, Told("share of its squared length that is not noise, 0 to 1")] = None
    base_score: Annotated[float | None, Told("r of the match itself on these features")] = None
    base_p: float | None = None
    other_score: Annotated[float | None, Told("r of it with the model side")] = None
    other_p: float | None = None
    human_score: Annotated[float | None, Told("r of it with the human side")] = None
    human_p: float | None = None
    score: Annotated[float | None, Told("r of what is left, on the scale of baseScore")] = None
    low: Annotated[float | None, Told("lower end of its 95% interval")] = None
    high: float | None = None
    p: Annotated[
        float | None, Told("of what is left, two-sided; 1 where nothing is left in the direction of the match")
    ] = None
    power: Annotated[
        float | None, Told("probability that a state which carried the whole match would be found to take part")
    ] = None
    left: bool = False
    explained: Annotated[bool, Told("the interval of what is left lies below half of the match")] = False
    opposite: Annotated[bool, Told("it moves against both sides, along the same axis")] = False
    back_score: Annotated[float | None, Told("r of what is left of it with the model side, given this state")] = None
    back_p: float | None = None
    n_changes: Annotated[
        int | None, Told("features that still change alike given it; {none} where it takes no part")
    ] = None
    note: str = ""


@dataclass(frozen=True)
class AllGiven:
    """What is left of T given all states that take part together: shown, and decides nothing. ``share`` of T with its
    95% interval (a direction that the others lack to .6 of its length leaves .36 of T); ``states``: those given, the
    best measured first; ``left_out``: those that these cannot be told from."""

    share: Annotated[
        float,
        Told(
            "share of T that is left given all states that take part together; decides nothing",
            graphql="of T",
            stored="all_given_share",
            column=27,
        ),
    ]
    low: Annotated[float, Told("lower end of its 95% interval", stored="all_given_low", column=28)]
    high: Annotated[float, Told("upper end", graphql="", stored="all_given_high", column=29)]
    states: Annotated[
        tuple[str, ...],
        Told(
            "those states, the best measured first",
            graphql="those given, the best measured first",
            stored="all_given_states",
        ),
    ]
    left_out: Annotated[
        tuple[str, ...],
        Told("states that take part and cannot be distinguished from these", stored="all_given_left_out"),
    ]


@dataclass(frozen=True)
class Band:
    policy: Annotated[
        str, Told("orthology policies", graphql="", stored="band_policies", shown="Policy", now=("orthology", ""))
    ]
    score: Annotated[float, Told("score under each", graphql="", stored="band_scores")]
    p: Annotated[float | None, Told("p under each; -1 where not tested", graphql="", stored="band_p")]
    status: Annotated[
        str,
        Told("status under each", graphql="", stored="band_statuses", shown="MatchStatus", now=("match_status", "")),
    ]


@dataclass(frozen=True)
class ReferenceVerdict:
    """The same pair with the noise of another reference."""

    reference: Annotated[str, Told("further references that fit", graphql="", stored="reference_ids")]
    label: Annotated[str, Told("their names", graphql="", stored="reference_labels")]
    p: Annotated[float, Told("p of the match with the noise of each", graphql="", stored="reference_p")]


@dataclass(frozen=True)
class Null:
    """Kinds of the null on both sides: donors, reference, or none."""

    mouse: Annotated[
        str,
        Told(
            "kind of the null on the mouse side",
            graphql="",
            stored="null_mouse",
            column=21,
            now=("model", "of the side in question"),
        ),
    ]
    human: Annotated[str, Told("kind of the null on the human side", graphql="", stored="null_human", column=22)]


@dataclass(frozen=True)
class AxesOut:
    """The score with the common noise axes of other samples taken out. None where no such samples are available."""

    score: Annotated[
        float,
        Told("score with the common noise axes taken out", graphql="", stored="axes_out_score", column=23),
    ]
    p: Annotated[float, Told("its joint p", graphql="", stored="axes_out_p", column=24)]
    axes: Annotated[int, Told("number of axes taken out", graphql="", stored="axes")]
    source: Annotated[str, Told("samples that the axes come from", graphql="", stored="axes_source")]


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
    """One contrast against one human state or another contrast, with its verdict and all that it rests on."""

    id: Annotated[str, Told(column=0)]
    mouse: Annotated[
        str,
        Told(
            "curie of the mouse contrast",
            lent=("m", "id"),
            shown="ID",
            now=("model", "curie of the contrast in question, usually of an animal model"),
        ),
    ]
    mouse_label: Annotated[str, Told(lent=("m", "label"), column=2, now=("model_label", ""))]
    human: Annotated[
        str,
        Told("curie of the human contrast, a pool of cohorts; or of the other contrast", lent=("h", "id"), shown="ID"),
    ]
    human_label: Annotated[str, Told(lent=("h", "label"), column=3)]
    mouse_taxon: Annotated[
        str,
        Told(
            "curie of the species of the first side",
            lent=("m", "in_taxon"),
            now=("model_taxon", "curie of its species"),
        ),
    ]
    human_taxon: Annotated[str, Told("curie of its species", lent=("h", "in_taxon"))]
    state: Annotated[str, Told("curie of the human state", lent=("s", "id"), shown="ID")]
    disease: Annotated[str, Told("disease asked for", index=True)]
    level: Annotated[
        str,
        Told(
            "gene, module, regulon, activity or rewiring",
            graphql="",
            column=4,
            index=True,
            shown="Level",
            now=("match_level", "what is compared"),
        ),
    ]
    policy: Annotated[
        str,
        Told(
            "orthology policy",
            graphql="",
            column=5,
            index=True,
            shown="Policy",
            now=("orthology", "how genes of the two species are paired"),
        ),
    ]
    status: Annotated[
        str,
        Told(
            "SUPPORTED, NONSPECIFIC, NOT_SUPPORTED, DISCORDANT or UNTESTABLE",
            graphql="",
            column=1,
            index=True,
            shown="MatchStatus",
        ),
    ]
    reason: Annotated[str, Told("why this status", graphql="", column=19)]
    score: Annotated[
        float | None, Told("correlation r of the two vectors; {none} where nothing could be scored", column=6)
    ]
    statistic: Annotated[float | None, Told("T, their inner product")]
    interval: Annotated[
        tuple[float, float] | None,
        Told(ends=(("low", "lower end of the 95% interval of the score"), ("high", "upper end"))),
    ]
    null: Null
    p: Annotated[float | None, Told("joint two-sided p; {none} when UNTESTABLE", column=7)]
    q: Annotated[float | None, Told("Benjamini-Hochberg over the family", column=8)]
    family: Annotated[str, Told("what the family is", graphql="")]
    family_size: Annotated[int, Told("members tested", graphql="")]
    other_families: Annotated[
        tuple[str, ...],
        Told(
            "the same pair asked under another disease: its q there, and the size of that family",
            graphql="the same pair asked under another disease: its q is of another family",
        ),
    ]
    naive_p: Annotated[
        float | None,
        Told(
            "gene-independent p, for comparison only",
            graphql="p as if genes were independent: far too small, for comparison only; never a verdict",
            column=9,
        ),
    ]
    exploratory_p: Annotated[
        float | None,
        Told(
            "one-sided p given one side; only for UNTESTABLE",
            graphql="one-sided p given one side; only when UNTESTABLE",
            column=10,
        ),
    ]
    n_features: Annotated[int, Told("shared features", graphql="", column=11)]
    effective_n: Annotated[float | None, Told("equivalent number of independent features", column=12)]
    df: Annotated[int | None, Told("degrees of freedom", graphql="", column=13)]
    axes_out: AxesOut | None
    ceiling: Annotated[float | None, Told("highest score that the noise allows", column=14)]
    corrected_score: Annotated[
        float | None,
        Told(
            "score corrected for the noise of both sides; {none} where that cannot be measured",
            graphql="score without the attenuation by noise; {none} where it is not measurable: a side of too small a"
            " reliability",
            column=15,
        ),
    ]
    specificity: Annotated[
        str,
        Told(
            "tested (another state takes part, or is unlike) or untested",
            graphql="tested (another state takes part, or is unlike), or untested (none available, or all too weak to"
            " tell)",
            column=16,
            index=True,
            shown="Specificity",
            now=("among_states", "whether its specificity was tested against other states"),
        ),
    ]
    status_line: Annotated[str, Told("the status, with the basis of its specificity", column=20)]
    given: Annotated[tuple[GivenState, ...], Told(column=25)]
    all_given: AllGiven | None
    model_specificity: Annotated[
        str,
        Told(
            "tested or untested, by models of other diseases",
            graphql="tested or untested, by models of other diseases; it does not change the status",
            column=17,
            shown="Specificity",
            now=(
                "among_models",
                "whether it was tested against models of other diseases; does not change the status",
            ),
        ),
    ]
    model_given: Annotated[tuple[GivenState, ...], Told(column=26)]
    cohorts: tuple[Cohort, ...]
    policy_band: tuple[Band, ...]
    references: tuple[ReferenceVerdict, ...]
    changes: tuple[Change, ...]
    n_changes: Annotated[
        int,
        Told(
            "features that change alike at FDR .05",
            graphql="features that change alike; may be more than are listed",
            column=18,
        ),
    ]
    flags: Annotated[tuple[str, ...], Told("doubts", column=30)]
    engineered: Annotated[
        tuple[str, ...],
        Told(
            "symbols left out because a model of either side engineers them",
            graphql="genes engineered in a model of either side, left out of the score",
            line="engineered genes left out: {}",
        ),
    ]
    method: Annotated[str, Told("name and version of the method", graphql="")]
    data_version: Annotated[str, Told("version of the signature store", graphql="")]
    curations: Annotated[tuple[Curation, ...], Told(column=31)] = ()
    sentence: Annotated[
        str | None,
        Told("the verdict in one sentence of plain words; {none} of a match that an earlier version stored", column=32),
    ] = None
    power: Annotated[
        float | None,
        Told(
            "of NOT_SUPPORTED: the chance that this test would have found a true correlation of .3; {none} where a side"
            " has no effect above its noise, and for every other status",
            column=33,
        ),
    ] = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
