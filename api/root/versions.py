"""States that keep a name: releases of the graph, and atlases with their versions."""

from typing import Annotated

import strawberry

from api.graphql.node import curie_of
from api.graphql.reading import Info, by_id, listed
from api.graphql.window import Window, paged
from api.root.fields import Text, lookup
from api.types.atlas import Atlas, AtlasVersion
from api.types.atlas_branch import AtlasDiff, Compared, difference
from api.types.atlas_counterparts import AtlasCounterparts, AtlasLevel, Beside, beside
from api.types.link import page_of
from api.types.status import Release
from api.types.submission import Submission, SubmissionStatus, submission_by_number
from kg.atlas.versions import resolve


@strawberry.type
class Versions:
    release = lookup(Release, "curie", "A release.")
    atlas = lookup(Atlas, "curie", "An atlas that small studies are mapped to.")

    @strawberry.field(description="Sorted by name.")
    @paged
    async def atlases(self, info: Info, taxon: Text = None, *, window: Window) -> page_of("Atlas"):  # type: ignore[valid-type]
        return await listed(info, Atlas, window, taxon=taxon)

    @strawberry.field(description="A version of an atlas: the current one, the one at a date, or the one with an id.")
    async def atlas_version(
        self,
        info: Info,
        curie: Annotated[
            str,
            strawberry.argument(
                description="curie or global id; pbmc, pbmc/trial (a branch), pbmc@2026-11-29 (where it stood when that"
                " day ended, UTC), pbmc@v1 (a tag) or pbmc@3f9a01bc (its id or content id, or eight digits and more of"
                " one)"
            ),
        ],
    ) -> AtlasVersion | None:
        name = curie_of("AtlasVersion", curie, "curie")
        found = await info.context.ask(lambda backend: resolve(backend.store, name))
        return await by_id(info, AtlasVersion, found.id)

    @strawberry.field(description="The differences between two versions of an atlas.")
    async def atlas_diff(self, info: Info, old: Compared, new: Compared) -> AtlasDiff:
        return await difference(info, curie_of("AtlasVersion", old, "old"), curie_of("AtlasVersion", new, "new"))

    @strawberry.field(
        description="Which types of an atlas correspond to which of an atlas of another species, and which to none."
    )
    async def atlas_counterparts(
        self, info: Info, a: Beside, b: Beside, level: AtlasLevel = AtlasLevel.classes
    ) -> AtlasCounterparts:  # type: ignore[valid-type]
        return await beside(info, a, b, level)

    @strawberry.field(description="Submissions to atlases, newest first.")
    @paged
    async def submissions(
        self,
        info: Info,
        atlas: Annotated[str | None, strawberry.argument(description="name of the atlas; all if omitted")] = None,
        status: Annotated[
            SubmissionStatus | None, strawberry.argument(description="only submissions with this status")
        ] = None,
        *,
        window: Window,
    ) -> page_of("Submission"):  # type: ignore[valid-type]
        return await listed(info, Submission, window, atlas=atlas, status=status.name if status else None)

    @strawberry.field(description="A submission by its number.")
    async def submission(self, info: Info, number: int) -> Submission | None:
        return await submission_by_number(info, number)
