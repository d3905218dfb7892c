"""Gene sets that come with a question: their names read as genes of one species, what is left out and why.

The species is the one that knows most of the names; where two know as many, the first that is declared.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kg.errors import broken
from kg.match.weights import MIN_MEMBERS
from kg.names.genes import REMEDY, GeneNames
from kg.names.species import name_of
from kg.records.match import Gap
from kg.sides.stored_tables import SetTable
from kg.tables.gene_sets import LONGEST_NAME, GeneSet, GeneSetFile

_SHOWN = 5


class Named(Protocol):
    """What knows the names of genes: ``kg.sides.spaces.Spaces``."""

    @property
    def known_species(self) -> tuple[str, ...]: ...

    def gene_names(self, taxon: str) -> GeneNames: ...


@dataclass(frozen=True)
class Brought:
    """``table``: the sets that can be compared, of genes of the species ``taxon``; ``genes``: how many different ones;
    ``gaps``: sets that are left out, and names that are no gene, each with the reason. ``digest`` is of the file."""

    file: str
    digest: str
    taxon: str
    table: SetTable
    genes: int
    gaps: tuple[Gap, ...]

    @property
    def count(self) -> int:
        return len(self.table.labels)

    @property
    def text(self) -> str:
        return f"{self.count} gene sets of {self.file} ({self.genes:,} {name_of(self.taxon)} genes)"


def bring_sets(known: Named, file: GeneSetFile) -> Brought:
    """The sets of a file as a table that matching reads.

    Raises:
        ContractError: UNKNOWN_GENES where no name is a gene of a species whose genes are loaded; NO_SETS where no set
            has enough genes.
    """
    tokens = list(dict.fromkeys(gene for each in file.sets for gene in each.genes))
    read = {taxon: known.gene_names(taxon).resolve_many(tokens) for taxon in known.known_species}
    taxon = max(read, key=lambda each: sum(gene is not None for gene in read[each][0]), default="")
    ids, rules = read[taxon] if taxon else ([], [])
    of = {
        token: str(gene).removeprefix("ENSEMBL:") for token, gene in zip(tokens, ids, strict=False) if gene is not None
    }
    if not of:
        loaded = " or ".join(map(name_of, read)) or "any species (no genes are loaded: run `orthokg ingest`)"
        fix = "write current symbols, Ensembl ids or NCBI gene ids"
        found = f"{len(tokens):,} names, such as {', '.join(tokens[:_SHOWN]) or 'none'}"
        raise broken("UNKNOWN_GENES", file.name, f"a name is a gene of {loaded}", found, fix)
    why = {each.line: _objection(each, of) for each in file.sets}
    kept = [each for each in file.sets if not why[each.line]]
    gaps = tuple(_left_out(file, why))
    if not kept:
        told = "; ".join(f"{gap.what}: {gap.why}" for gap in gaps[:_SHOWN])
        fix = f"give sets with at least {MIN_MEMBERS} genes that are known"
        raise broken("NO_SETS", file.name, "a set can be compared", f"none of {len(file.sets)}: {told}", fix)
    if strange := [token for token in tokens if token not in of]:
        rule_of = dict(zip(tokens, rules, strict=True))
        most = Counter(rule_of[token] for token in strange).most_common(1)[0][0]
        told = f"{len(strange):,} of {len(tokens):,} names are no {name_of(taxon)} gene that is known here"
        shown = f"{', '.join(strange[:_SHOWN])}{' …' if len(strange) > _SHOWN else ''}"
        gaps += (Gap("withheld", f"genes of {file.name}", f"{told}: {shown}", REMEDY.get(most, "give Ensembl ids")),)
    edges = [(each.name, gene) for each in kept for gene in dict.fromkeys(of[g] for g in each.genes if g in of)]
    none = np.zeros(0, dtype=str)
    names, genes = (np.array(column, dtype=str) for column in zip(*edges, strict=True))
    labels = {each.name: each.name for each in kept}
    table = SetTable(names, genes, np.ones(len(edges), dtype=np.int64), none, none, labels, taxon)
    return Brought(file.name, file.digest, taxon, table, len(set(genes.tolist())), gaps)


def _objection(each: GeneSet, of: dict[str, str]) -> str:
    n, known = len(each.genes), len({of[gene] for gene in each.genes if gene in of})
    if not each.name:
        return "it has no name"
    if len(each.name) > LONGEST_NAME:
        return f"its name has {len(each.name)} characters; {LONGEST_NAME} are allowed"
    if n <= 1:
        return "a set of one gene is that gene: ask at the gene level" if n else "it has no gene"
    if known < MIN_MEMBERS:
        return f"{known} of its {n} genes are known; at least {MIN_MEMBERS} are needed"
    return ""


def _left_out(file: GeneSetFile, why: dict[int, str]) -> Iterator[Gap]:
    for each in file.sets:
        if reason := why[each.line]:
            yield Gap("withheld", f"{each.name[:80] or 'a set'} (line {each.line} of {file.name})", reason)
