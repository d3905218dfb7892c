"""What curators say of a match or a mapping, and the two mutations that say it."""

from enum import Enum
from typing import Annotated, Any

import strawberry

from api.access.auth import ANONYMOUS
from api.graphql.connection import Connection, filled, newest
from api.graphql.context import Backend
from api.graphql.node import Node, curie_of
from api.graphql.reading import Info
from api.graphql.record import typed
from api.graphql.selection import Asked
from api.graphql.window import Window
from api.types.enums import MatchStatus
from kg.curate.curation import curations
from kg.curate.stored import CurationsWant
from kg.errors import ContractError, Issue, KgError
from kg.jobs.curations import propose, review
from kg.read.nodes import Row
from kg.release.releases import release_text
from kg.schema import match as records


@strawberry.enum(description="A curator's verdict on a match or a mapping.")
class CurationVerdict(Enum):
    accept = "accept"
    reject = "reject"
    comment = "comment"


@strawberry.enum(description="superseded: accepted, and replaced by a later one that was also accepted.")
class CurationState(Enum):
    proposed = "proposed"
    accepted = "accepted"
    declined = "declined"
    superseded = "superseded"


@strawberry.type(description="A curator's statement, kept apart from what was computed.")
class Curation:
    id: strawberry.ID
    about: str = strawberry.field(description="curie of the match, or subject, predicate and object of the mapping")
    kind: str = strawberry.field(description="match, ortholog or term mapping")
    verdict: CurationVerdict
    why: str
    who: str
    when: str = strawberry.field(description="ISO 8601, UTC")
    state: CurationState
    reviewer: str = strawberry.field(description="empty while it is proposed")
    reviewed: str
    review_why: str
    supersedes: str
    superseded_by: str
    data_version: str = strawberry.field(description="version of the data that it refers to")
    release: str
    match_status: MatchStatus | None = strawberry.field(
        description="verdict of the match that it refers to; null for a mapping"
    )
    status: str = strawberry.field(
        description="verdict of the match that it refers to", deprecation_reason="use matchStatus, an enum or null"
    )
    note: str = strawberry.field(description="what has changed, if the match or its verdict is no longer the same")

    @classmethod
    def of(cls, record: records.Curation) -> "Curation":
        return typed(
            cls,
            record,
            verdict=CurationVerdict[record.verdict],
            state=CurationState[record.state],
            match_status=MatchStatus[record.status] if record.status else None,
            id=strawberry.ID(record.id),
        )


def of_mappings(label: str) -> Any:
    """A field of a type: what was said of the mappings that its node is an end of."""

    async def resolver(self: Node, info: Info) -> list[Curation]:
        return [Curation.of(each) for each in await info.context.load(CurationsWant(label), self.curie)]

    text = "Curations of its mappings, in order; the mappings themselves are those of their sources."
    return strawberry.field(resolver, description=text)


async def listed_curations(info: Info, window: Window, state: CurationState | None) -> Any:
    """By page, newest first."""
    found = await info.context.ask(lambda backend: curations(backend.store))
    rows = [
        Row((each.when, each.id), {"said": each})
        for each in reversed(found)
        if state is None or each.state == state.value
    ]
    edges = "edges" in Asked.of(info)
    return filled(
        Connection, newest(rows, window), lambda row: Curation.of(row.node["said"]), window=window, edges=edges
    )


@strawberry.type
class CurationMutation:
    @strawberry.mutation(
        description=(
            "Propose a verdict on a stored match, or on a mapping by its two ends. Needs the scope curate; another "
            "curator reviews it. Nothing that was computed changes."
        )
    )
    async def propose_curation(
        self,
        info: Info,
        verdict: CurationVerdict,
        why: Annotated[str, strawberry.argument(description="its evidence or reasoning, 1 to 2,000 characters")],
        match: Annotated[
            strawberry.ID | None, strawberry.argument(description="curie or global id of a stored match")
        ] = None,
        ends: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="curies of the two ends of a mapping")
        ] = None,
        supersedes: Annotated[
            strawberry.ID | None, strawberry.argument(description="an earlier curation of the same match or mapping")
        ] = None,
    ) -> Curation:
        who = curator(info, "a curation", "orthokg curate --who NAME  (also while this server runs)")
        if (match is None) == (ends is None):
            raise ContractError(
                [Issue("match", "a match or the ends of a mapping", "both or none", "give one")], code="ARGUMENT"
            )
        about = (curie_of("Match", match, "match"),) if match else tuple(map(str, ends or ()))

        def work(backend: Backend) -> records.Curation:
            return propose(
                backend.store,
                about=about,
                verdict=verdict.value,
                why=why,
                who=who,
                supersedes=supersedes,
                release=release_text(backend.store, backend.signatures),
            )

        return Curation.of(await info.context.ask(work))

    @strawberry.mutation(description="Accept or decline what another curator proposed, once. Needs the scope curate.")
    async def review_curation(self, info: Info, id: strawberry.ID, accept: bool, why: str = "") -> Curation:
        who = curator(info, "a curation", "orthokg curate --who NAME  (also while this server runs)")
        return Curation.of(
            await info.context.ask(lambda backend: review(backend.store, id, accept=accept, who=who, why=why))
        )


def curator(info: Info, what: str, command: str) -> str:
    """The name that stands under ``what`` a curator says; ``command``: that says it without a server. Raises KgError
    FORBIDDEN or UNAUTHENTICATED."""
    principal = info.context.principal
    if principal == ANONYMOUS:
        remedy = f"start the server with ORTHOKG_TOKENS, or use  {command}"
        raise KgError(f"{what[:1].upper()}{what[1:]} names its curator: {remedy}.", code="UNAUTHENTICATED")
    principal.require("curate")
    return principal.name
