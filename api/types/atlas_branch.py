"""Branches and tags of atlases, and differences between two versions."""

import json
from typing import Annotated, ClassVar

import strawberry

from api.graphql.derived import Derived
from api.graphql.node import Node
from api.graphql.reading import Info, by_id
from api.types.link import kind_of, lazy, one
from kg.atlas import diff as compared
from kg.atlas.versions import resolve


@strawberry.type(description="One filter of a view: it selects any of the values.")
class ViewFilter:
    by: str = strawberry.field(description="organ, type, genotype, disease, drug or species")
    values: list[str]


@strawberry.type(description="A line of versions other than main, or a view: a filtered part of an atlas.")
class AtlasBranch(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}
    NEEDS: ClassVar = {"filter": ("filter",)}

    label: str = strawberry.field(description="name of the atlas, a slash, and the name of the branch")
    taxon: str
    kind: str = strawberry.field(description="line or view")
    author: str = strawberry.field(description="who created it")
    when: str = strawberry.field(description="ISO 8601, UTC")
    atlas = one("atlases", "Atlas", "The atlas it belongs to.")
    head = one("heads", "AtlasVersion", "Its head version.")
    base = one("bases", "AtlasVersion", "The version it was created at; for a view, the version it is pinned to.")

    @strawberry.field(description="Filters of a view, all of which apply; empty for a line.")
    async def filter(self) -> list[ViewFilter]:
        chosen = json.loads(self.__dict__["filter"] or "{}")
        return [ViewFilter(by=by, values=list(values)) for by, values in chosen.items()]


@strawberry.type(description="A permanent name of a version of an atlas.")
class AtlasTag(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}

    label: str = strawberry.field(description="name of the atlas, an at sign, and the name of the tag")
    taxon: str
    author: str = strawberry.field(description="who created it")
    when: str = strawberry.field(description="ISO 8601, UTC")
    version = one("versions", "AtlasVersion", "The tagged version.")


_DIFF = Derived(
    __name__,
    {
        compared.Number: (
            "AtlasNumber",
            "A number that differs between two cards; of: all, study, type, coverage or measure; null if a version"
            " has none.",
        ),
        compared.Words: ("AtlasWords", "A text that differs between two cards; empty if a version has none."),
    },
)
AtlasNumber, AtlasWords = _DIFF.type(compared.Number), _DIFF.type(compared.Words)


@strawberry.type(description="An object that differs, by sha256; null if a version lacks it.")
class AtlasObjectChange:
    key: str = strawberry.field(description="key of the object, such as study/kang")
    old: str | None
    new: str | None


@strawberry.type(description="The differences between two versions.")
class AtlasDiff:
    same: bool = strawberry.field(description="whether both have the same content")
    objects: list[AtlasObjectChange]
    numbers: list[AtlasNumber] = strawberry.field(description="from both cards, studies before types")  # type: ignore[valid-type]
    words: list[AtlasWords]  # type: ignore[valid-type]
    ends: strawberry.Private[tuple[str, str]]

    @strawberry.field(description="The first version.")
    async def old(self, info: Info) -> lazy("AtlasVersion") | None:  # type: ignore[valid-type]
        return await by_id(info, kind_of("AtlasVersion"), self.ends[0])

    @strawberry.field(description="The second version.")
    async def new(self, info: Info) -> lazy("AtlasVersion") | None:  # type: ignore[valid-type]
        return await by_id(info, kind_of("AtlasVersion"), self.ends[1])


Compared = Annotated[
    str,
    strawberry.argument(description="as for atlasVersion: pbmc, pbmc/trial, pbmc@v1, pbmc@2026-11-29 or an id"),
]


async def difference(info: Info, old: str, new: str) -> AtlasDiff:
    """Raises as ``kg.atlas.versions.resolve`` and ``kg.atlas.diff.diff`` do."""
    found = await info.context.ask(
        lambda backend: compared.diff(backend.objects, resolve(backend.store, old), resolve(backend.store, new))
    )
    return AtlasDiff(
        same=found.same,
        objects=[
            AtlasObjectChange(key=each.key, old=each.old and each.old.sha256, new=each.new and each.new.sha256)
            for each in found.objects
        ],
        numbers=[_DIFF.of(each) for each in found.numbers],
        words=[_DIFF.of(each) for each in found.words],
        ends=(found.old.id, found.new.id),
    )
