"""Two atlases of two species beside one another: which nodes correspond, and which have no counterpart."""

from enum import Enum
from typing import Annotated

import strawberry

from api.graphql.derived import Derived
from api.graphql.node import curie_of
from api.graphql.reading import Info
from kg.read import counterparts as records


@strawberry.enum(description="How far down the trees of two atlases are compared.")
class AtlasLevel(Enum):
    whole = strawberry.enum_value("whole", description="All of an atlas, or of a view of it.")
    classes = strawberry.enum_value("class", name="class", description="Nodes below the root of the tree.")
    subclass = strawberry.enum_value("subclass", description="Nodes below these; a type that lies higher stands there.")
    type = strawberry.enum_value("type", description="Its cell types.")


_BESIDE = Derived(
    __name__,
    {
        records.AtlasCounterparts: (
            "AtlasCounterparts",
            "Nodes of two atlases, each with its counterparts or the reason why it has none; a, b: the versions;"
            " embeddings: those that both species share.",
        ),
        records.AtlasNode: (
            "AtlasNode",
            "A node of one atlas under one condition: PATO:0000461 (healthy), a disease, or empty where the cells of"
            " the embedding are not told apart; reason: why it has no counterpart.",
        ),
        records.NodeCounterpart: (
            "NodeCounterpart",
            "A node of the other atlas; share: of the node's tested populations those with a counterpart there, 0 to 1;"
            " shareBack: the other way round; reciprocal: neither has a larger share elsewhere.",
        ),
        records.PopulationPair: (
            "PopulationPair",
            "Two populations that are counterparts in an embedding; agrees: both scores say so, null where one says"
            " nothing; published: what a table of the authors says; card: of the run.",
        ),
        records.Score: (
            "CorrespondenceScore",
            "What was measured of a pair; p, q: null where the score has none; null: what they are against.",
        ),
    },
)
AtlasCounterparts = _BESIDE.type(records.AtlasCounterparts)
Beside = Annotated[str, strawberry.argument(description="atlas, branch or version: as atlasVersion takes it")]


async def beside(info: Info, a: str, b: str, level: AtlasLevel) -> AtlasCounterparts:  # type: ignore[valid-type]
    one, two = curie_of("AtlasVersion", a, "a"), curie_of("AtlasVersion", b, "b")
    found = await info.context.ask(
        lambda backend: records.counterparts(backend.store, backend.objects, one, two, level=str(level.value))
    )
    return _BESIDE.of(found)
