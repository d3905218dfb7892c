"""Submissions to atlases: the report of their gates, their reviews, and the mutation that reviews them."""

from enum import Enum
from typing import Annotated, ClassVar

import strawberry

from api.graphql.derived import Derived
from api.graphql.node import Node
from api.graphql.reading import Info, by_id
from api.types.curation import curator
from api.types.link import many, one
from kg.atlas import report as reports
from kg.atlas import submissions as records
from kg.atlas.review import needs
from kg.atlas.review import review as say
from kg.atlas.version import Author


@strawberry.enum(description="Status of a submission; with the first three it is open.")
class SubmissionStatus(Enum):
    failed = strawberry.enum_value("failed", description="A gate stops it.")
    underpowered = strawberry.enum_value("underpowered", description="It has too few donors for a gate to judge.")
    passed = strawberry.enum_value("passed", description="It passed every gate.")
    accepted = strawberry.enum_value("accepted", description="It became a version of the atlas.")
    refused = strawberry.enum_value("refused", description="A reviewer refused it.")
    withdrawn = strawberry.enum_value("withdrawn", description="Its author withdrew it.")


@strawberry.enum(description="Outcome of a gate.")
class GateOutcome(Enum):
    passed = "passed"
    failed = strawberry.enum_value("failed", description="It stops the submission.")
    underpowered = strawberry.enum_value("underpowered", description="Too few donors to judge.")
    not_applicable = strawberry.enum_value("not applicable", description="The gate does not apply.")
    shown = strawberry.enum_value("shown", description="Measured only; never stops a submission.")


@strawberry.enum(description="How well a new cell type is confirmed.")
class TypeStanding(Enum):
    single_study = strawberry.enum_value("single-study", description="Found in one study only.")
    confirmed = strawberry.enum_value("confirmed", description="Found in another study too.")
    provisional = strawberry.enum_value("provisional", description="Found in too few donors.")


_REPORT = Derived(
    __name__,
    {
        reports.Report: (
            "SubmissionReport",
            "What a submission would change in the version it was checked against; base: curie of that version.",
        ),
        reports.Gate: ("Gate", "A gate and its outcome."),
        reports.GateLine: (
            "GateLine",
            "One check of a gate; value is compared with limit; old, new: measured on the version and on the"
            " candidate; stops: whether this check blocks the submission.",
        ),
        reports.NewType: (
            "NewCellType",
            "A cell type that the version lacks; parentCl: the Cell Ontology term above it.",
        ),
        reports.Marker: (
            "NewTypeMarker",
            "A marker gene of a new type; effect: log2 fold change against all other cells.",
        ),
    },
    {reports.Outcome: GateOutcome, reports.Standing: TypeStanding},
)
SubmissionReport = _REPORT.type(reports.Report)
_REVIEW = Derived(
    __name__,
    {
        records.Review: (
            "SubmissionReview",
            "A curator's review of a submission; decision: accept or refuse; verified: whether the reviewer was"
            " authenticated by a token; own: whether the reviewer is its author.",
        )
    },
)
SubmissionReview = _REVIEW.type(records.Review)


@strawberry.type(description="Studies proposed for an atlas, checked against one of its versions.")
class Submission(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}
    NEEDS: ClassVar = {
        "report": ("report",),
        "earlier_reports": ("earlier",),
        "reviews": ("number",),
        "reviewers_due": ("number",),
    }
    ENUMS: ClassVar = {"status": SubmissionStatus}

    number: int | None = strawberry.field(description="consecutive number over all atlases, from 1")
    label: str = strawberry.field(description="its number and its studies")
    atlas: str = strawberry.field(description="name of the atlas")
    branch: str = strawberry.field(description="target line or view")
    taxon: str
    status: SubmissionStatus
    author: str
    orcid: str = strawberry.field(description="ORCID iD of the author, or empty")
    verified: bool | None = strawberry.field(description="whether the author was authenticated by a token")
    message: str = strawberry.field(description="what is new in it")
    when: str = strawberry.field(description="ISO 8601, UTC")
    closed: str = strawberry.field(description="ISO 8601, UTC; empty while it is open")
    donors: int | None
    cells: int | None
    rechecked: list[str] = strawberry.field(
        description="times of the checks after the first, ISO 8601, UTC; reviews before the last no longer count"
    )
    base = one("bases", "AtlasVersion", "The version that it was checked against.")
    version = one("versions", "AtlasVersion", "The version it became; null before that.")
    datasets = many("datasets", "Dataset", "Its studies that are in the graph, sorted by curie.")

    @strawberry.field(description="What each gate checked and found, before and after, and which types are new.")
    async def report(self, info: Info) -> SubmissionReport:  # type: ignore[valid-type]
        sha = self.__dict__["report"]
        found = await info.context.ask(lambda backend: reports.Report.unpack(backend.objects.read(sha)))
        return _REPORT.of(found)

    @strawberry.field(
        description="Reports of earlier checks, oldest first; each names the version it was checked against."
    )
    async def earlier_reports(self, info: Info) -> list[SubmissionReport]:  # type: ignore[valid-type]
        known = self.__dict__["earlier"] or []

        def ask(backend) -> list[reports.Report]:  # type: ignore[no-untyped-def]
            return [reports.Report.unpack(backend.objects.read(sha)) for sha in known]

        return [_REPORT.of(each) for each in await info.context.ask(ask)]

    @strawberry.field(description="Its reviews, in order.")
    async def reviews(self, info: Info) -> list[SubmissionReview]:  # type: ignore[valid-type]
        number = self.__dict__["number"]
        found = await info.context.ask(lambda backend: records.submission(backend.store, number))
        return [_REVIEW.of(each) for each in found.reviews]

    @strawberry.field(description="How many more reviewers have to accept it; 0 if it is closed.")
    async def reviewers_due(self, info: Info) -> int:
        number = self.__dict__["number"]

        def ask(backend) -> int:  # type: ignore[no-untyped-def]
            found = records.submission(backend.store, number)
            return needs(records.report_of(backend.objects, found), found) if found.open else 0

        return await info.context.ask(ask)


async def submission_by_number(info: Info, number: int) -> Submission:
    """Raises UnknownTermError."""
    found = await info.context.ask(lambda backend: records.submission(backend.store, number))
    made = await by_id(info, Submission, found.id)
    assert made is not None
    return made


@strawberry.type
class SubmissionMutation:
    @strawberry.mutation(
        description=(
            "Accept or refuse somebody else's submission, in the name of your token. The last review required merges"
            " it; an author who refuses withdraws it. Needs the scope curate."
        )
    )
    async def review_submission(
        self,
        info: Info,
        number: int,
        accept: bool,
        why: Annotated[str, strawberry.argument(description="your evidence or reasoning, 1 to 2,000 characters")],
        override: Annotated[
            list[str] | None,
            strawberry.argument(description="gates that stop it and that you override, by id, such as G5"),
        ] = None,
        orcid: Annotated[str, strawberry.argument(description="your ORCID iD, if you have one")] = "",
    ) -> Submission:
        reviewer = Author(
            curator(
                info, "a review", "orthokg atlas review --who NAME  (the embedded store: once this server has ended)"
            ),
            orcid,
        )
        await info.context.ask(
            lambda backend: say(
                backend.store, backend.objects, number, reviewer=reviewer, verified=True, accept=accept, why=why,
                override=override or (),
            )
        )  # fmt: skip
        return await submission_by_number(info, number)
