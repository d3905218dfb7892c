"""Atlases that small studies are mapped to, and their versions, each with its card."""

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
            "What a version is made of, how sure its answers are, what it cannot say, and whom to thank.",
        ),
        records.EngineLine: ("AtlasEngine", "What maps cells to it; chosenBy: why this one."),
        records.StudyLine: (
            "AtlasStudy",
            "A study in it, under its licence; dataset: curie; donors: 0 where they are not known.",
        ),
        records.TypeLine: (
            "AtlasType",
            "A cell type; cl: Cell Ontology term; limit: of its conformal set; provisional: why its labels are.",
        ),
        records.CoverageLine: (
            "AtlasCoverage",
            "Share of held-out cells whose type is in their set; null where not measured.",
        ),
        records.ReliabilityBin: (
            "AtlasReliability",
            "Held-out cells by their probability: what was said, and the share observed to be right.",
        ),
        records.ConfusionLine: (
            "AtlasConfusion",
            "Share of the held-out cells of a type that were called its sister.",
        ),
        records.MeasureLine: ("AtlasMeasure", "A measure; of: what it was measured on; lowest, highest: over that."),
        records.Contributor: ("AtlasContributor", "Who has a part in it, with an ORCID iD."),
    },
)
AtlasCard = _CARD.type(records.Card, licences=list[str])


@strawberry.type(description="A reference made of studies, that small studies are mapped to.")
class Atlas(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}
    NEEDS: ClassVar = {"head": ("head",)}

    label: str = strawberry.field(description="name")
    taxon: str
    moved: str = strawberry.field(description="when it moved to its current version; ISO 8601, UTC")
    versions = many("versions", "AtlasVersion", "Of all its branches, oldest first.")
    branches = many("branches", "AtlasBranch", "Lines and views beside its main line, sorted by name.")

    @strawberry.field(description="Its current version.")
    async def head(self, info: Info) -> lazy("AtlasVersion") | None:  # type: ignore[valid-type]
        return await by_id(info, kind_of("AtlasVersion"), self.__dict__["head"])


@strawberry.type(description="One state of an atlas, never changed.")
class AtlasVersion(Node):
    STORED: ClassVar = {"taxon": "in_taxon", "content_id": "content"}
    NEEDS: ClassVar = {"card": ("content",), "branch": ("branch",), "parent": ("parent",)}

    label: str = strawberry.field(description="name of the atlas, and the first twelve digits of the id")
    taxon: str
    content_id: str = strawberry.field(description="hash of its manifest: the same objects are the same content")
    author: str
    orcid: str = strawberry.field(description="ORCID iD of the author, or empty")
    message: str = strawberry.field(description="what is new in it")
    when: str = strawberry.field(description="ISO 8601, UTC")
    engine: str = strawberry.field(description="engine of its mapping, and the version of that")
    n_studies: int | None
    n_donors: int | None = strawberry.field(description="in all; 0 where no study names them")
    n_cells: int | None
    n_types: int | None
    atlas = one("atlases", "Atlas", "The atlas that it is a version of.")
    caveats: list[str] = strawberry.field(
        description="what every answer of it has to say: reviewed by its author, gates overridden, provisional types"
    )
    parents = many("parents", "AtlasVersion", "What it was made of: one, two of a merge, none of the first.")
    branches = many("branches", "AtlasBranch", "Lines and views beside main that stand at it.")
    tags = many("tags", "AtlasTag", "Its names.")
    submission = one("submissions", "Submission", "The submission that it accepted; null of those that accepted none.")
    datasets = many("datasets", "Dataset", "Its studies that are in the graph, sorted by curie.")
    mappings = many("mappings", "Mapping", "Studies whose cells have their types by it, sorted by curie.")

    @strawberry.field(description="The version that it took the place of; null of the first.")
    async def parent(self, info: Info) -> lazy("AtlasVersion") | None:  # type: ignore[valid-type]
        key = self.__dict__["parent"]
        return await by_id(info, kind_of("AtlasVersion"), key) if key else None

    @strawberry.field(description="Name of the line or view that it was put on; main is the line that every atlas has.")
    async def branch(self) -> str:
        return self.__dict__["branch"] or MAIN

    @strawberry.field(description="What it is made of, how sure its answers are, and what it cannot say.")
    async def card(self, info: Info) -> AtlasCard:  # type: ignore[valid-type]
        content = self.__dict__["content"]
        found = await info.context.ask(lambda backend: card_at(backend.objects, content))
        return _CARD.of(found, licences=list(found.licences))


@strawberry.type(
    description="A study whose cells got their types from a version of an atlas, with the verdict on the study."
)
class Mapping(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}

    label: str
    taxon: str
    controls: str = strawberry.field(
        description="near, far or not testable: whether its healthy controls are near the healthy donors of the atlas"
    )
    provisional: bool | None = strawberry.field(description="its labels are: its controls lie far")
    gene_weight: float | None = strawberry.field(
        description="share of the weight of the space's genes that the study measured, 0 to 1"
    )
    n_cells: int | None
    n_type: int | None = strawberry.field(description="cells with one type")
    n_ancestor: int | None = strawberry.field(description="cells with a node above types")
    n_ambiguous: int | None = strawberry.field(description="cells whose set of types fits under no one node")
    n_unknown: int | None = strawberry.field(description="cells that lie outside together")
    n_low_quality: int | None = strawberry.field(description="cells left out by the policy of the atlas")
    reasons: list[str] = strawberry.field(description="the verdict on the study, in words")
    version = one("versions", "AtlasVersion", "The version that gave the types.")
    dataset = one("datasets", "Dataset", "The study.")
