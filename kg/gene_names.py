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
                  excel-date, several-genes, unknown-symbol, no-gene, blank

The names that an annotation gives are made where annotations are read; the signature store keeps them as the table
``gene-names/<taxon>``, so that a question that brings its own genes is read as an ingest would read them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError, Issue
from kg.placeholders import is_name, is_summary

Texts = NDArray[np.object_]
STABLE = {HUMAN: "ENSG", MOUSE: "ENSMUSG"}
_ENSEMBL = re.compile(r"(ENS[A-Z]*G\d{11})(\.\d+)?(_PAR_Y)?")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
EXCEL = re.compile(rf"(\d{{1,2}}-({_MONTHS})|({_MONTHS})-\d{{1,4}}|\d{{4}}-\d\d-\d\d( 00:00:00)?)", re.IGNORECASE)
_SEVERAL = ("///", ";", ",", "|")
_BLANK = ("NA", "nan", "---", "-")
_AMBIGUOUS = "the name stands for several genes; give Ensembl ids"
REMEDY = {
    "blank": "the row has no gene; fill it in, or leave it out",
    "no-gene": "a row that sums up reads of no gene (HTSeq, STAR, featureCounts); nothing to do",
    "excel-date": "a spreadsheet turned this symbol into a date; export the column as text, or give Ensembl ids",
    "other-species": "an Ensembl id of another species; split the table by species",
    "retired-id": "Ensembl has retired this id; give the current one",
    "several-genes": "a probe of several genes; it cannot be told which one changed",
    "unknown-symbol": "not a current or previous symbol of this species; give Ensembl ids",
}


class Resolved(NamedTuple):
    """``id`` is ENSEMBL:<stable id>, or None with the rule that says why not."""

    id: str | None
    rule: str


class Resolver(Protocol):
    """What is asked of :class:`GeneNames`, and of a larger index."""

    def resolve_many(self, tokens: Iterable[object], /) -> tuple[Any, Any]: ...


@dataclass(frozen=True)
class GeneNames:
    """``current``: stable ids of the species; ``names``: symbol or NCBI gene id -> gene, or why it tells none."""

    taxon: str
    current: frozenset[str]
    names: Mapping[str, Resolved]

    @classmethod
    def of_symbols(cls, taxon: str, ids: Iterable[str], symbols: Iterable[str]) -> "GeneNames":
        """By current symbols alone, one gene each; any other stands for several."""
        found: dict[str, Resolved] = {}
        known = dict(zip(map(str, ids), map(str, symbols), strict=True))
        for gene, symbol in known.items():
            twice = symbol in found
            found[symbol] = Resolved(None, "ambiguous-symbol") if twice else Resolved(f"ENSEMBL:{gene}", "symbol")
        return cls(taxon, frozenset(known), found)

    @classmethod
    def of_table(cls, taxon: str, ids: Iterable[str], table: Mapping[str, np.ndarray]) -> "GeneNames":
        """From the columns that :meth:`table` made."""
        rules = [text.decode() for text in np.asarray(table["rules"]).tolist()]
        columns = (np.asarray(table[c]).tolist() for c in ("name", "gene", "rule"))
        names = {
            name.decode(): Resolved(f"ENSEMBL:{gene.decode()}" if gene else None, rules[rule])
            for name, gene, rule in zip(*columns, strict=True)
        }
        return cls(taxon, frozenset(map(str, ids)), names)

    def table(self) -> dict[str, np.ndarray]:
        """Columns for the signature store, UTF-8: ``name``, ``gene`` (empty where it tells none) and ``rule``, a place
        among the ``rules``."""
        rules = sorted({hit.rule for hit in self.names.values()})
        rows = sorted(self.names.items())
        return {
            "name": np.array([name.encode() for name, _ in rows], dtype=bytes),
            "gene": np.array([(hit.id or "").removeprefix("ENSEMBL:").encode() for _, hit in rows], dtype=bytes),
            "rule": np.array([rules.index(hit.rule) for _, hit in rows], dtype=np.int8),
            "rules": np.array([rule.encode() for rule in rules], dtype=bytes),
        }

    def resolve(self, token: object) -> Resolved:
        """One token; see the rules at the top of this file. Never raises: what is not resolved says why."""
        text = "" if token is None or token != token else str(token).strip().removeprefix("ENSEMBL:")
        if not text:
            return Resolved(None, "blank")
        stable = _ENSEMBL.fullmatch(text)
        if stable:
            if not re.fullmatch(STABLE[self.taxon] + r"\d{11}", stable[1]):
                return Resolved(None, "other-species")
            if stable[1] not in self.current:
                return Resolved(None, "retired-id")
            return Resolved("ENSEMBL:" + stable[1], "ensembl-id" if stable[1] == text else "version-cut")
        if text in self.names:
            return self.names[text]
        return Resolved(None, "excel-date" if EXCEL.fullmatch(text) else "unknown-symbol")

    def resolve_many(self, tokens: Iterable[object]) -> tuple[Texts, Texts]:
        """Ids (ENSEMBL:… or None) and rules, an entry a token."""
        found = [self.resolve(token) for token in tokens]
        ids = np.array([hit.id for hit in found] + [None], dtype=object)[:-1]
        return ids, np.array([hit.rule for hit in found], dtype=object)


@dataclass(frozen=True)
class Named:
    """``ids``: Ensembl ids without prefix, "" where there is none; ``rules``: why not, "" where there is one."""

    ids: NDArray[np.str_]
    rules: Texts

    @staticmethod
    def remedy(rule: str) -> str:
        return REMEDY.get(rule, _AMBIGUOUS)


@dataclass(frozen=True)
class Fixes:
    """What to do when most of a gene column is of no use: genes of another ``species``, or ``unknown`` ones."""

    species: str
    unknown: str


def name_genes(tokens: np.ndarray, taxon: str, genes: Resolver, where: str, fixes: Fixes) -> Named:
    """Resolve a gene column. Raises ContractError MIXED_SPECIES or UNKNOWN_GENES when most of it is of no use."""
    text = np.where(np.isin(tokens, _BLANK), "", tokens)
    several = np.array([any(mark in t for mark in _SEVERAL) for t in text], dtype=bool)
    found, why = genes.resolve_many(text)
    ids = np.array([*("" if gene is None else str(gene).removeprefix("ENSEMBL:") for gene in found), ""])[:-1]
    rules = np.where(ids != "", "", np.where(several, "several-genes", why.astype(object)))
    for at in np.flatnonzero(rules == "unknown-symbol"):
        if is_summary(str(text[at])):
            rules[at] = "no-gene"
        elif not is_name(str(text[at])):
            rules[at] = "blank"
    foreign, unknown = (rules == "other-species").sum(), (rules != "").sum()
    for code, n, share, what, fix in (
        ("MIXED_SPECIES", foreign, 0.5, "ids are not", fixes.species),
        ("UNKNOWN_GENES", unknown, 0.9, "are not known", f"the gene column holds {text[:3].tolist()}; {fixes.unknown}"),
    ):
        if n > share * len(ids):
            raise ContractError([Issue(where, f"{code}: genes are of {taxon}", f"{n} of {len(ids)} {what}", fix)], code=code)  # fmt: skip
    return Named(ids, rules)
