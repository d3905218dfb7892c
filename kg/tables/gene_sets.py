"""Gene sets of a user, as text: GMT, the format of GO, Reactome, Hallmark and Enrichr. A line is the name of a set, a
description and its genes, separated by tabs."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.errors import broken
from kg.tables.content import text_of

MOST_SETS, MOST_BYTES, LONGEST_NAME = 20_000, 32 << 20, 300
_WEIGHT = re.compile(r",[-+.\deE]+$")
"""What Enrichr writes after a gene."""


@dataclass(frozen=True)
class GeneSet:
    """``genes``: as they stand in the file, each once; ``line``: from 1."""

    name: str
    about: str
    genes: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class GeneSetFile:
    """``digest``: twelve hexadecimal digits of the names and genes."""

    name: str
    sets: tuple[GeneSet, ...]
    digest: str


def read_gmt(path: Path) -> GeneSetFile:
    """All sets of a file, plain or gzipped.

    Raises:
        ContractError: EMPTY_FILE, NOT_GMT, DUPLICATE_SETS (one name for two sets), TOO_LARGE (above 20,000 sets or
            32 MB), or what ``kg.tables.content`` says of a file that is no text.
    """
    return gmt(path.name, text_of(path), MOST_SETS, MOST_BYTES)


def gmt(name: str, text: str, most_sets: int, most_bytes: int) -> GeneSetFile:
    """:func:`read_gmt` of a text with line ends as ``\\n``; ``name``: what it is called in errors and answers."""
    if len(text) > most_bytes:
        fix = "keep the sets that you ask about"
        found = f"{len(text) / (1 << 20):.1f} MB"
        raise broken("TOO_LARGE", name, f"gene sets have at most {most_bytes >> 20} MB", found, fix)
    lines = [(at, line) for at, line in enumerate(text.split("\n"), 1) if line.strip() and not line.startswith("#")]
    if not lines:
        raise broken(
            "EMPTY_FILE", name, "there is a gene set", "no line", "write a set a line: name, description, genes"
        )
    if not any(line.count("\t") >= 2 for _, line in lines):
        fix = "write a set a line: its name, a description and its genes, separated by tabs"
        raise broken("NOT_GMT", name, "a line is name, description and genes with tabs", lines[0][1][:80], fix)
    if len(lines) > most_sets:
        fix = "keep the sets that you ask about"
        raise broken("TOO_LARGE", name, f"there are at most {most_sets:,} gene sets", f"{len(lines):,}", fix)
    sets = tuple(_sets(lines))
    seen: dict[str, int] = {}
    for each in sets:
        if each.name in seen:
            found = f"{each.name[:80]} in lines {seen[each.name]} and {each.line}"
            raise broken("DUPLICATE_SETS", name, "a name stands for one set", found, "rename or remove one of them")
        seen[each.name] = each.line
    told = "\n".join("\t".join((each.name, *each.genes)) for each in sets)
    return GeneSetFile(name, sets, hashlib.sha256(told.encode()).hexdigest()[:12])


def _sets(lines: list[tuple[int, str]]) -> Iterator[GeneSet]:
    for at, line in lines:
        name, about, *genes = (*(cell.strip() for cell in line.split("\t")), "", "")
        kept = dict.fromkeys(_WEIGHT.sub("", gene) for gene in genes if gene)
        yield GeneSet(name, about, tuple(kept), at)
