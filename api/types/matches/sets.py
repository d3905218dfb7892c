"""Gene sets that come with a question, as text."""

from collections.abc import Callable
from typing import Annotated

import strawberry

from api.types.enums import Level
from kg.errors import ContractError, Issue
from kg.match.compared import LEVELS, MAIN
from kg.tables.gene_sets import GeneSetFile, gmt

MOST_SETS, MOST_BYTES = 10_000, 3 << 20


@strawberry.input(
    description=(
        "Gene sets of your own, compared in place of a level by the same null: a GMT file as text, in symbols of human"
        f" or of the animal. At most {MOST_SETS:,} sets and {MOST_BYTES >> 20} MB. Nothing is stored."
    )
)
class GeneSetsInput:
    text: str = strawberry.field(description="a set a line: its name, a description and its genes, separated by tabs")
    name: str = strawberry.field(default="sets", description="what the answer calls them")


Sets = Annotated[GeneSetsInput | None, strawberry.argument(description="gene sets of your own, in place of a level")]


def file_of(sets: GeneSetsInput | None, level: Level) -> Callable[[], GeneSetFile | None]:
    """Reads the gene sets of a question, in a thread. Raises ContractError ARGUMENT where a level is named beside them,
    or their level without them; what it returns raises what ``kg.tables.gene_sets`` does."""
    if sets is None and LEVELS[level.value].brought:
        raise _wrong("gene sets are compared", "none", "give sets, or another level")
    if sets is not None and level.value != MAIN:
        raise _wrong("gene sets are a level", level.value, "leave level away")
    return lambda: sets and gmt(sets.name, sets.text.replace("\r\n", "\n").replace("\r", "\n"), MOST_SETS, MOST_BYTES)


def _wrong(rule: str, found: str, fix: str) -> ContractError:
    return ContractError([Issue("level", rule, found, fix)], code="ARGUMENT")
