"""What curators have said, to be read and reviewed; and who asks."""

from typing import Annotated

import strawberry

from api.graphql.reading import Info
from api.graphql.window import Window, paged
from api.types.curation import CurationState, listed_curations
from api.types.link import page_of


@strawberry.type(description="Who asks: the name and the scopes of the token; anonymous on a server without tokens.")
class Viewer:
    name: str
    scopes: list[str]


@strawberry.type
class Curations:
    @strawberry.field(description="Curations of matches and mappings, newest first.")
    @paged
    async def curations(
        self,
        info: Info,
        state: Annotated[CurationState | None, strawberry.argument(description="only those with this state")] = None,
        *,
        window: Window,
    ) -> page_of("Curation"):  # type: ignore[valid-type]
        return await listed_curations(info, window, state)

    @strawberry.field(description="Who asks, and what the token allows.")
    def viewer(self, info: Info) -> Viewer:
        principal = info.context.principal
        return Viewer(name=principal.name, scopes=sorted(principal.scopes))
