"""How mouse and human contrasts are paired, and what each way would give."""

from enum import Enum

import strawberry

from api.graphql.window import First, size
from api.types.enums import MatchStatus
from kg.records import pairing as pair_records


@strawberry.enum(
    description=(
        "Which human states a mouse contrast is compared with: all under the disease; those measured on the same Cell"
        " Ontology term (cl); those whose cells correspond to its own in an embedding; both at once; or either. It"
        " changes no score and no p: it chooses the family, and so q. By all a contrast and its states are a family;"
        " else all pairs of the model are one."
    )
)
class PairBy(Enum):
    all = "all"
    cl = "cl"
    correspondence = "correspondence"
    both = "both"
    either = "either"


@strawberry.type(description="How many matches have a status.")
class StatusCount:
    status: MatchStatus
    count: int


@strawberry.type(description="Result of a way of pairing for all contrasts of the model.")
class PairingWay:
    by: PairBy
    pairs: int
    tested: int = strawberry.field(description="the family that q is adjusted over; of all: its families together")
    statuses: list[StatusCount]


@strawberry.type(description="A verdict that differs from that of pairing by all, because its family differs.")
class PairingChange:
    by: PairBy
    model: strawberry.ID = strawberry.field(description="curie of the contrast")
    model_label: str
    mouse: strawberry.ID = strawberry.field(deprecation_reason="use model")
    mouse_label: str = strawberry.field(deprecation_reason="use modelLabel")
    state: strawberry.ID
    human_label: str
    was: MatchStatus
    now: MatchStatus
    q_was: float
    q_now: float


@strawberry.type(
    description="Why a mouse contrast and a human state are paired; a text is empty if that way does not pair them."
)
class PairingReason:
    model: strawberry.ID = strawberry.field(description="curie of the contrast")
    mouse: strawberry.ID = strawberry.field(deprecation_reason="use model")
    state: strawberry.ID
    by_cl: str
    by_correspondence: str


@strawberry.type(description="The effect of how contrasts are paired.")
class Pairing:
    effect: strawberry.Private[pair_records.Effect]
    ways: list[PairingWay]
    cards: list[str] = strawberry.field(
        description="runs behind the correspondences: version, seed, coverage, checksums"
    )
    changes: int = strawberry.field(
        description="number of verdicts that differ from those of pairing by all, over all ways"
    )
    known: int = strawberry.field(description="pairs by term or by correspondence")

    @strawberry.field(description="Verdicts that differ from those of pairing by all, by way.")
    def changed(self, first: First = 20) -> list[PairingChange]:
        return [
            PairingChange(
                by=PairBy[c.by],
                model=strawberry.ID(c.mouse),
                model_label=c.mouse_label,
                mouse=strawberry.ID(c.mouse),
                mouse_label=c.mouse_label,
                state=strawberry.ID(c.state),
                human_label=c.human_label,
                was=MatchStatus[c.was],
                now=MatchStatus[c.now],
                q_was=c.q_was,
                q_now=c.q_now,
            )
            for c in self.effect.changed[: size(first)]
        ]

    @strawberry.field(description="Pairs by term or by correspondence, sorted by contrast and state.")
    def pairs(self, first: First = 20) -> list[PairingReason]:
        found = [p for p in self.effect.pairs if p.by("either")]
        return [
            PairingReason(
                model=strawberry.ID(p.contrast),
                mouse=strawberry.ID(p.contrast),
                state=strawberry.ID(p.state),
                by_cl=p.by_cl,
                by_correspondence=p.by_correspondence,
            )
            for p in found[: size(first)]
        ]


def shown(effect: pair_records.Effect) -> Pairing:
    ways = [
        PairingWay(
            by=PairBy[w.by],
            pairs=w.pairs,
            tested=w.tested,
            statuses=[StatusCount(status=MatchStatus[s], count=n) for s, n in w.statuses.items()],
        )
        for w in effect.ways
    ]
    known = sum(p.by("either") for p in effect.pairs)
    return Pairing(effect=effect, ways=ways, cards=list(effect.cards), changes=len(effect.changed), known=known)
