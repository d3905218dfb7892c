"""Search by name."""

from enum import Enum

import strawberry

from api.graphql.connection import Gap, gap
from api.graphql.node import Node
from api.graphql.reading import Info, by_id
from api.graphql.selection import Asked
from api.graphql.window import size
from api.types.link import kind_of
from kg.errors import ContractError, Issue
from kg.read.lookup import PLACES, SEARCHED, Found, SearchWant
from kg.sides.snapshot import StampWant, missing_of

LONGEST = 200


@strawberry.enum(description="What to search among.")
class Kind(Enum):
    Gene = "Gene"
    CellType = "CellType"
    Tissue = "Tissue"
    Disease = "Disease"
    DiseaseModel = "DiseaseModel"
    DiseaseState = "DiseaseState"
    Drug = "Drug"
    Regulon = "Regulon"
    Dataset = "Dataset"


@strawberry.enum(description="How a text matches a name.")
class Fit(Enum):
    EXACT = "EXACT"
    PREFIX = "PREFIX"
    CONTAINED = "CONTAINED"


@strawberry.type(description="Something whose name, synonym or id contains the text.")
class Hit:
    curie: strawberry.ID
    kind: Kind
    label: str = strawberry.field(description="its name")
    matched: str = strawberry.field(description="the name, synonym or id that matches")
    fit: Fit = strawberry.field(description="EXACT, PREFIX or CONTAINED")

    @strawberry.field(description="The object itself: select fields with fragments, such as ... on Gene { symbol }.")
    async def node(self, info: Info) -> Node | None:
        return await by_id(info, kind_of(self.kind.value), self.curie)


@strawberry.type(description="What was found.")
class SearchResult:
    nodes: list[Hit] = strawberry.field(
        description="exact before prefix before contained; then by length of the name, by name, and in the order of "
        "Kind"
    )
    known: int = strawberry.field(description="total number of rows")
    missing: list[Gap] = strawberry.field(description="sources of these labels that are not loaded")


async def search(info: Info, text: str, kinds: list[Kind] | None, first: int) -> SearchResult:
    """Raises ContractError for a text that is empty or too long."""
    if not 1 <= len(text.strip()) <= LONGEST:
        raise ContractError(
            [
                Issue(
                    "text",
                    f"has 1 to {LONGEST} characters",
                    f"{len(text.strip())} characters",
                    "give a name or a part of it",
                )
            ],
            code="ARGUMENT",
        )
    labels = tuple(dict.fromkeys(kind.value for kind in kinds)) if kinds else SEARCHED
    asked = Asked.of(info)
    found: Found = await info.context.load(SearchWant(text, labels, size(first), "known" in asked))
    hits = [
        Hit(
            curie=strawberry.ID(h.id),
            kind=Kind(h.label),
            label=h.name or h.id,
            matched=h.matched,
            fit=Fit(PLACES[h.place]),
        )
        for h in found.hits
    ]
    missing = missing_of(await info.context.load(StampWant()), labels) if "missing" in asked else []
    return SearchResult(nodes=hits, known=found.known, missing=[gap(each) for each in missing])
