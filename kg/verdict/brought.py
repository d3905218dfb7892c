"""Matches at the level of gene sets that came with a question: what they are called, and what is said of the sets.

Nothing of them is stored. The id of such a match is that of the same pair at the level of genes, and which sets.
"""

from kg.errors import broken
from kg.match.compared import LEVELS
from kg.match.weights import MIN_MEMBERS
from kg.names.species import name_of
from kg.sides.brought import Brought
from kg.sides.catalog import ContrastInfo
from kg.verdict.score import Scored

_OF_SETS = "#sets-"
_SHOWN = 10


def with_sets(match: str, brought: Brought) -> str:
    """Id of a match at the level of the sets; ``match``: of the same pair at the level of genes."""
    return f"{match}{_OF_SETS}{brought.digest}"


def pair_of(match: str, brought: Brought | None) -> str:
    """Id of the stored match of the same pair. Raises ContractError ARGUMENT where the id is of other sets, or where
    sets are needed and none came."""
    pair, _, digest = match.partition(_OF_SETS)
    if digest and (brought is None or brought.digest != digest):
        found = "no file" if brought is None else f"{brought.file}, which holds other sets"
        raise broken("ARGUMENT", "sets", f"{match} is of gene sets of a file", found, "name that file: --sets FILE")
    return pair


def said_of(brought: Brought, level: str, contrast: ContrastInfo, s: Scored, policy: str) -> list[str]:
    """Flags of a match at the level of the sets: which they are, how their genes meet those of the two sides, and which
    sets are not measured. None at any other level."""
    if not LEVELS[level].brought:
        return []
    told = f"gene-sets: {brought.text}"
    if others := sorted({contrast.taxon, s.side.taxon} - {brought.taxon}):
        told += f", carried to {' and '.join(map(name_of, others))} by {policy} orthologs"
    made = [told]
    if s.result is not None:
        there = set(map(str, s.result.names))
        if lacking := sorted(set(brought.table.labels) - there):
            shown = ", ".join(lacking[:_SHOWN]) + (" …" if len(lacking) > _SHOWN else "")
            made.append(
                f"sets-not-measured: {len(lacking)} have fewer than {MIN_MEMBERS} genes among those compared: {shown}"
            )
    return made
