"""Branches and tags of atlases, and what differs between two versions."""

import json
from typing import Annotated, ClassVar

import strawberry

from api.graphql.derived import Derived
from api.graphql.node import Node
from api.graphql.reading import Info, by_id
from api.types.link import kind_of, lazy, one
from kg.atlas import diff as compared
from kg.atlas.versions import resolve


@strawberry.type(description="What a view selects by: any of the values.")
class ViewFilter:
    by: str = strawberry.field(description="organ, type, genotype, disease, drug or species")
    values: list[str]


@strawberry.type(description="A line of versions beside main, or a view: a part of an atlas by a filter.")
class AtlasBranch(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}
    NEEDS: ClassVar = {"filter": ("filter",)}

    label: str = strawberry.field(description="name of the atlas, a slash, and its own")
    taxon: str
    kind: str = strawberry.field(description="line, which grows, or view")
    author: str = strawberry.field(description="who cut it")
    when: str = strawberry.field(description="ISO 8601, UTC")
    atlas = one("atlases", "Atlas", "The atlas that it is a branch of.")
    head = one("heads", "AtlasVersion", "The version that it stands at.")
    base = one("bases", "AtlasVersion", "The version that it was cut at; of a view its pinned parent.")

    @strawberry.field(description="Of a view; all of them together. Empty of a line.")
    async def filter(self) -> list[ViewFilter]:
        chosen = json.loads(self.__dict__["filter"] or "{}")
        return [ViewFilter(by=by, values=list(values)) for by, values in chosen.items()]


@strawberry.type(description="A name of a version of an atlas, never moved.")
class AtlasTag(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}

    label: str = strawberry.field(description="name of the atlas, an at sign, and its own")
    taxon: str
    author: str = strawberry.field(description="who gave it")
    when: str = strawberry.field(description="ISO 8601, UTC")
    version = one("versions", "AtlasVersion", "The version that it names.")


_DIFF = Derived(
    __name__,
    {
        compared.Number: (
            "AtlasNumber",
            "A number of two cards; of: all, study, type, coverage or measure; null where a version has none.",
        ),
        compared.Words: ("AtlasWords", "What two cards say in words, empty where a version says nothing of it."),
    },
)
AtlasNumber, AtlasWords = _DIFF.type(compared.Number), _DIFF.type(compared.Words)


@strawberry.type(description="An object that differs, by its sha256; null where a version lacks it.")
class AtlasObjectChange:
    key: str = strawberry.field(description="what it is, such as study/kang")
    old: str | None
    new: str | None


@strawberry.type(description="What differs from one version to another, and nothing that is the same.")
class AtlasDiff:
    same: bool = strawberry.field(description="both hold the same content")
    objects: list[AtlasObjectChange]
    numbers: list[AtlasNumber] = strawberry.field(description="of both cards, studies before types")  # type: ignore[valid-type]
    words: list[AtlasWords]  # type: ignore[valid-type]
    ends: strawberry.Private[tuple[str, str]]

    @strawberry.field(description="The version that is compared.")
    async def old(self, info: Info) -> lazy("AtlasVersion") | None:  # type: ignore[valid-type]
        return await by_id(info, kind_of("AtlasVersion"), self.ends[0])

    @strawberry.field(description="The version that it is compared with.")
    async def new(self, info: Info) -> lazy("AtlasVersion") | None:  # type: ignore[valid-type]
        return await by_id(info, kind_of("AtlasVersion"), self.ends[1])


Compared = Annotated[
    str,
    strawberry.argument(description="as atlasVersion takes it: pbmc, pbmc/trial, pbmc@v1, pbmc@2026-11-29 or an id"),
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
