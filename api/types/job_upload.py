"""Files that were sent for jobs, and the room that they take."""

import os

import strawberry

from kg.jobs import upload
from kg.jobs.limits import MB, JobLimits
from kg.jobs.space import Space


@strawberry.type(description="A file that was sent, in whole or in part, by POST and PATCH at /uploads.")
class Upload:
    id: strawberry.ID
    name: str
    size: float = strawberry.field(description="bytes, as announced")
    received: float = strawberry.field(description="bytes that have come: the upload goes on there")
    sha256: str = strawberry.field(description="as announced, or found once it is complete; else empty")
    complete: bool
    when: str = strawberry.field(description="it was announced; ISO 8601, UTC")


@strawberry.type(description="What a token has on the disk of the server.")
class SpaceUse:
    used: float = strawberry.field(description="bytes, of uploads and of what jobs made")
    most: float = strawberry.field(description="bytes that it may have")
    largest: float = strawberry.field(description="bytes of one upload")
    days: int = strawberry.field(
        description="so long what a job made is kept after its end, and a file that no job uses"
    )
    uploads: list[Upload] = strawberry.field(description="oldest first")


def space_use(space: Space) -> SpaceUse:
    limits = JobLimits.read(os.environ)
    kept = [
        Upload(
            id=strawberry.ID(each.id),
            name=each.name,
            size=each.size,
            received=each.received,
            sha256=each.sha256,
            complete=each.complete,
            when=each.when,
        )
        for each in upload.uploads(space)
    ]
    return SpaceUse(
        used=space.used(), most=limits.space_mb * MB, largest=limits.upload_mb * MB, days=limits.days, uploads=kept
    )
