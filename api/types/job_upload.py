"""Files uploaded for jobs, and the space they use."""

import os

import strawberry

from kg.jobs import upload
from kg.jobs.limits import MB, JobLimits
from kg.jobs.space import Space


@strawberry.type(description="A file uploaded completely or in part, by POST and PATCH at /uploads.")
class Upload:
    id: strawberry.ID
    name: str
    size: float = strawberry.field(description="bytes, as announced")
    received: float = strawberry.field(description="bytes received: the upload continues from there")
    sha256: str = strawberry.field(description="as announced, or computed once it is complete; otherwise empty")
    complete: bool
    when: str = strawberry.field(description="time of the announcement; ISO 8601, UTC")


@strawberry.type(description="A token's use of disk space on the server.")
class SpaceUse:
    used: float = strawberry.field(description="bytes used by uploads and output of jobs")
    most: float = strawberry.field(description="maximum number of bytes")
    largest: float = strawberry.field(description="maximum bytes of one upload")
    days: int = strawberry.field(
        description="days that the output of a job is kept after its end, and an upload after its last use"
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
