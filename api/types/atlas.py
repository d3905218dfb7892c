"""Atlases to which small studies are mapped, and their versions, each with its card."""

from typing import ClassVar

import strawberry

from api.graphql.derived import Derived
from api.graphql.node import Node
from api.graphql.reading import Info, by_id
from api.types.link import kind_of, lazy, many, one
from kg.atlas import card as records
from kg.atlas.version import MAIN
from kg.atlas.versions import card_at

_CARD = Derived(
    __name__,
    {
        records.Card: (
            "AtlasCard",
            "What a version was built from, how reliable its answers are, what it cannot resolve, and who contributed.",
        ),
        records.EngineLine: ("AtlasEngine", "The engine that maps cells to it; chosenBy: why it was chosen."),
        records.StudyLine: (
            "AtlasStudy",
            "A study of the version and its licence; dataset: curie; donors: 0 if unknown.",
        ),
        records.TypeLine: (
            "AtlasType",
            "A cell type; cl: Cell Ontology term; limit: the threshold of its conformal set; provisional: why its"
            " labels are provisional, or empty.",
        ),
        records.CoverageLine: (
            "AtlasCoverage",
            "Share of held-out cells whose prediction set contains their type, 0 to 1; null if not measured.",
        ),
        records.ReliabilityBin: (
            "AtlasReliability",
            "Held-out cells binned by predicted probability; said: their mean probability; observed: the share that"
            " was correct.",
        ),
        records.ConfusionLine: (
            "AtlasConfusion",
            "Share of a type's held-out cells that were assigned to its sister type, 0 to 1.",
        ),
        records.MeasureLine: (
            "AtlasMeasure",
            "A measure of quality; of: what it was measured on; lowest, highest: its range over these.",
        ),
        records.Contributor: ("AtlasContributor", "A contributor, with ORCID iD."),
    },
)
AtlasCard = _CARD.type(records.Card, licences=list[str])


@strawberry.type(description="A reference built from studies, to which small studies are mapped.")
class Atlas(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}
    NEEDS: ClassVar = {"head": ("head",)}

    label: str = strawberry.field(description="name")
    taxon: str
    moved: str = strawberry.field(description="when its current version became the head; ISO 8601, UTC")
    versions = many("versions", "AtlasVersion", "Versions of all its branches, oldest first.")
    branches = many("branches", "AtlasBranch", "Lines and views other than its main line, sorted by name.")

    @strawberry.field(description="Its current version.")
    async def head(self, info: Info) -> lazy("AtlasVersion") | None:  # type: ignore[valid-type]
        return await by_id(info, kind_of("AtlasVersion"), self.__dict__["head"])


@strawberry.type(description="One state of an atlas, never changed.")
class AtlasVersion(Node):
    STORED: ClassVar = {"taxon": "in_taxon", "content_id": "content"}
    NEEDS: ClassVar = {"card": ("content",), "branch": ("branch",), "parent": ("parent",)}

    label: str = strawberry.field(description="name of the atlas, and the first twelve digits of the id")
    taxon: str
    content_id: str = strawberry.field(description="hash of its manifest: equal for versions with the same objects")
    author: str
    orcid: str = strawberry.field(description="ORCID iD of the author, or empty")
    message: str = strawberry.field(description="what is new in it")
    when: str = strawberry.field(description="ISO 8601, UTC")
    engine: str = strawberry.field(description="mapping engine and its version")
    n_studies: int | None
    n_donors: int | None = strawberry.field(description="total; 0 if no study names its donors")
    n_cells: int | None
    n_types: int | None
    atlas = one("atlases", "Atlas", "The atlas it belongs to.")
    caveats: list[str] = strawberry.field(
        description="notes shown with every answer: reviewed by its author, overridden gates, provisional types"
    )
    parents = many("parents", "AtlasVersion", "Its parents: one, two for a merge, none for the first version.")
    branches = many("branches", "AtlasBranch", "Lines and views other than main whose head it is.")
    tags = many("tags", "AtlasTag", "Its names.")
    submission = one("submissions", "Submission", "The submission that it accepted; null if none.")
    datasets = many("datasets", "Dataset", "Its studies that are in the graph, sorted by curie.")
    mappings = many("mappings", "Mapping", "Studies whose cell types were assigned by it, sorted by curie.")

    @strawberry.field(description="The version before it; null for the first.")
    async def parent(self, info: Info) -> lazy("AtlasVersion") | None:  # type: ignore[valid-type]
        key = self.__dict__["parent"]
        return await by_id(info, kind_of("AtlasVersion"), key) if key else None

    @strawberry.field(description="Name of the line or view it was committed to; every atlas has the line main.")
    async def branch(self) -> str:
        return self.__dict__["branch"] or MAIN

    @strawberry.field(description="What it was built from, how reliable its answers are, and what it cannot resolve.")
    async def card(self, info: Info) -> AtlasCard:  # type: ignore[valid-type]
        content = self.__dict__["content"]
        found = await info.context.ask(lambda backend: card_at(backend.objects, content))
        return _CARD.of(found, licences=list(found.licences))


@strawberry.type(description="A study mapped to a version of an atlas, with the verdict on the study.")
class Mapping(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}

    label: str
    taxon: str
    controls: str = strawberry.field(
        description="near, far or not testable: whether its controls are in the range of the atlas's healthy donors"
    )
    provisional: bool | None = strawberry.field(
        description="whether its labels are provisional, because its controls are far"
    )
    gene_weight: float | None = strawberry.field(
        description="share of the space's gene weights that the study measured, 0 to 1"
    )
    n_cells: int | None
    n_type: int | None = strawberry.field(description="cells assigned one type")
    n_ancestor: int | None = strawberry.field(description="cells assigned a node above the types")
    n_ambiguous: int | None = strawberry.field(description="cells whose possible types share no node")
    n_unknown: int | None = strawberry.field(description="cells outside the reference, together with their neighbours")
    n_low_quality: int | None = strawberry.field(description="cells excluded by the policy of the atlas")
    reasons: list[str] = strawberry.field(description="the verdict on the study, in words")
    version = one("versions", "AtlasVersion", "The version that assigned the types.")
    dataset = one("datasets", "Dataset", "The study.")
