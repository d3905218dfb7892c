"""From what a table calls a gene to the gene: Ensembl ids (with or without version), symbols, NCBI gene ids.

A token is resolved by the first rule that speaks of it, and the rule is told:

    ensembl-id           a current Ensembl id
    version-cut          the same after its version was cut off
    symbol               current symbol, one gene
    symbol-coding        current symbol of several genes, one of them protein coding
    symbol-established   current symbol of several genes, one of which an older annotation calls so alone (CD99 on X)
    previous-symbol      symbol of exactly one current gene in an older annotation available
    ncbi-gene            NCBI gene id of exactly one gene
    not resolved: ambiguous-symbol, ambiguous-previous-symbol, ambiguous-ncbi-gene, other-species, retired-id,
                  excel-date, several-genes, unknown-symbol, no-gene, blank, number, ncbi-undeclared

In a column, a name that no rule speaks of is read as what it may have been before a tool rewrote it
(``kg.names.gene_spelling``), where one gene alone fits; how many were read so is told. Others: numbered-copy,
transcript-id, exon-id, protein-id, probe-id, database-id, regulon-name, region, spike-in, transgene, ncbi-unknown.

The names that an annotation gives are made where annotations are read; the signature store keeps them as the table
``gene-names/<taxon>``, so that a question that brings its own genes is read as an ingest would read them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kg.errors import ContractError, Issue
from kg.names.gene_spelling import ENSEMBL, STABLE, WORDS, genome, numbered, other_kind, readings
from kg.names.placeholders import is_name, is_summary
from kg.names.species import SPECIES, other_style

Texts = NDArray[np.object_]
# as spreadsheets of several languages shorten those that are symbols: MARCH1, SEPT2, OCT4, DEC1, and others
_MONTHS = "jan|feb|mar|mars|mär|marz|mrz|apr|avr|may|mai|jun|jul|aug|sep|sept|sett|set|oct|okt|ott|nov|dec|dez|déc|dic"
EXCEL = re.compile(
    rf"(\d{{1,2}}\.?[- ]({_MONTHS})\.?|({_MONTHS})\.?[- ]\d{{1,4}}|\d{{4}}-\d\d-\d\d(["
    r" T]00:00:00)?|\d{1,2}(?P<mark>[/.])\d{1,2}(?P=mark)\d{2,4})",
    re.IGNORECASE,
)
_SEVERAL = ("///", ";", ",", "|")
_BLANK = ("NA", "nan", "---", "-")
_HEAD, _FEW = re.compile(r"[^_:|.-]+[_:|.-]+(?=.)"), 20
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_AMBIGUOUS = "the name stands for several genes; give Ensembl ids"
REMEDY = {
    "blank": "the row has no gene; fill it in, or leave it out",
    "no-gene": (
        "a row that sums up reads of no gene (HTSeq, STAR, featureCounts), a spike-in or a control probe; nothing to do"
    ),
    "excel-date": "a spreadsheet turned this symbol into a date; export the column as text, or give Ensembl ids",
    "other-species": "a gene of another species; split the table by species",
    "numbered-copy": "a further row of a symbol, numbered by a tool; which gene it is cannot be told: give Ensembl ids",
    "exon-id": "a part of a gene (an exon of DEXSeq); give one row per gene",
    "region": "a place in the genome, such as a peak; give genes",
    "spike-in": "a control that was added to the samples (ERCC, SIRV); nothing to do",
    "transgene": "a reporter or a transgene, and no gene of the species; nothing to do",
    "transcript-id": "a transcript; sum transcripts by gene (tximport), or give the gene's id",
    "protein-id": "a protein; give the gene's id",
    "probe-id": "a probe of an array; give the column of gene symbols that its annotation has",
    "database-id": "an id of a database that is not read here; give Ensembl ids or symbols",
    "regulon-name": (
        "a regulon, whose activity is not its factor's expression; give tables of genes (a network belongs in"
        " `networks`)"
    ),
    "number": "a number that was measured, or that counts the rows, and no gene; name the column of genes",
    "ncbi-undeclared": (
        "a number where symbols or Ensembl ids are due; if these are NCBI gene ids, declare `gene_id: entrez`"
    ),
    "ncbi-unknown": "an NCBI gene id that is not known here; give Ensembl ids or symbols",
    "retired-id": "Ensembl has retired this id; give the current one",
    "several-genes": "a probe of several genes; it cannot be told which one changed",
    "unknown-symbol": "no current symbol of this species, nor a former one that is known here; give Ensembl ids",
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
        if text in self.current:
            return Resolved("ENSEMBL:" + text, "ensembl-id")
        stable = ENSEMBL.fullmatch(text)
        if stable:
            if not re.fullmatch(STABLE[self.taxon] + r"\d{11}", stable[1]):
                return Resolved(None, "other-species")
            if stable[1] not in self.current:
                return Resolved(None, "retired-id")
            return Resolved("ENSEMBL:" + stable[1], "version-cut")
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
    """``ids``: Ensembl ids without prefix, "" where there is none; ``rules``: why not, "" where there is one;
    ``reread``: in words, how many names were read otherwise than they stand."""

    ids: NDArray[np.str_]
    rules: Texts
    reread: tuple[str, ...] = ()

    @staticmethod
    def remedy(rule: str) -> str:
        return REMEDY.get(rule, _AMBIGUOUS)


@dataclass(frozen=True)
class Fixes:
    """What to do when most of a gene column is of no use: genes of another ``species``, or ``unknown`` ones;
    ``elsewhere`` looks whether another column has genes, and says which (empty: none)."""

    species: str
    unknown: str
    elsewhere: Callable[[], str] = str


def name_genes(
    tokens: np.ndarray, taxon: str, genes: Resolver, where: str, fixes: Fixes, *, numbered: bool = True
) -> Named:
    """Resolve a gene column; ``numbered``: it may hold NCBI gene ids. Raises ContractError MIXED_SPECIES or
    UNKNOWN_GENES when most of it is of no use."""
    text = np.where(np.isin(tokens, _BLANK), "", tokens)
    none = _no_ids(text, numbered=numbered)
    several = np.array([any(mark in t for mark in _SEVERAL) for t in text], dtype=bool)
    found, why = genes.resolve_many(text)
    ids = np.array([*("" if gene is None else str(gene).removeprefix("ENSEMBL:") for gene in found), ""], dtype=object)[
        :-1
    ]
    rules = np.where(ids != "", "", np.where(several, "several-genes", why.astype(object)))
    ids[none != ""], rules = "", np.where(none != "", none, rules)
    reread = _reread(text, taxon, genes, ids, rules)
    for at in np.flatnonzero(rules == "several-genes"):
        rules[at] = other_kind(str(text[at])) or rules[at]
    for at in np.flatnonzero(rules == "unknown-symbol"):
        if is_summary(str(text[at])):
            rules[at] = "no-gene"
        elif not is_name(str(text[at])):
            rules[at] = "blank"
        else:
            rules[at] = other_kind(str(text[at])) or "unknown-symbol"
    foreign, unknown = (rules == "other-species").sum(), (rules != "").sum()
    for code, n, share, what, fix in (
        ("MIXED_SPECIES", foreign, 0.5, "names are not", lambda: fixes.species),
        ("UNKNOWN_GENES", unknown, 0.9, "are not known", lambda: _unknown(text, rules, taxon, genes, fixes)),
    ):
        if n > share * len(ids):
            raise ContractError(
                [Issue(where, f"{code}: genes are of {taxon}", f"{n} of {len(ids)} {what}", fix())], code=code
            )
    return Named(ids.astype(str), rules, reread)


def _no_ids(text: np.ndarray, *, numbered: bool) -> Texts:
    """Why a cell of a column of numbers is not a gene, "" where it may be one: every number is the NCBI id of some
    gene,
    so that measurements and the numbers of rows would be read as genes."""
    why = np.full(len(text), "", dtype=object)
    number = np.array([bool(_NUMBER.fullmatch(str(t))) for t in text], dtype=bool)
    if number.sum() <= len(text) / 2:
        return why
    values = np.array([float(t) for t in text[number]])
    counted = len(values) > 1 and values[0] in (0, 1) and bool((np.diff(values) == 1).all())
    if counted or (values % 1 != 0).any() or (values < 0).any():
        why[number] = "number"
    elif not numbered:
        why[number] = "ncbi-undeclared"
    return why


def _reread(text: np.ndarray, taxon: str, genes: Resolver, ids: Texts, rules: Texts) -> tuple[str, ...]:
    """Gives names that were rewritten by a tool the one gene that fits them, in ``ids`` and ``rules``; says how
    many."""
    open_rows = np.flatnonzero((rules == "unknown-symbol") | (rules == "several-genes")).tolist()
    tried = [(at, rule, name) for at in open_rows for rule, name in readings(str(text[at]))]
    tried += [(at, "prefix-cut", name) for at, name in _without_shared(text, open_rows, genes)]
    copies = [(at, name) for at in open_rows if (name := numbered(str(text[at])))]
    found, why = genes.resolve_many([name for *_, name in tried] + [name for _, name in copies])
    fits: dict[int, dict[str, tuple[str, str]]] = {}
    for (at, rule, name), gene, reason in zip(tried, found, why, strict=False):
        # Names of two species look alike: what its genome says of a name goes before what the name fits.
        if ((of := genome(str(text[at]))[0]) and of != taxon) or (gene is None and reason == "other-species"):
            rules[at] = "other-species"
        elif gene is not None:
            fits.setdefault(at, {}).setdefault(str(gene), (rule, name))
        elif reason in ("retired-id", "ambiguous-symbol") and rules[at] == "unknown-symbol":
            rules[at] = reason
    copied = {at for (at, _), gene in zip(copies, found[len(tried) :], strict=True) if gene is not None}
    told: dict[str, tuple[int, str]] = {}
    for at in open_rows:
        if rules[at] == "other-species":
            continue
        if len(fits.get(at, ())) == 1 and at not in copied:
            ((gene, (rule, name)),) = fits[at].items()
            ids[at], rules[at] = gene.removeprefix("ENSEMBL:"), ""
            n, example = told.get(rule, (0, f"{text[at]} as {name}"))
            told[rule] = n + 1, example
        elif at in fits:
            rules[at] = "ambiguous-symbol"
        elif at in copied:
            rules[at] = "numbered-copy"
    return tuple(
        f"genes-reread: {n} of {len(text)} names are read {WORDS[rule]} ({example})"
        for rule, (n, example) in sorted(told.items())
    )


def _without_shared(text: np.ndarray, rows: list[int], genes: Resolver) -> list[tuple[int, str]]:
    """Names without a beginning that nearly all of them share, where most are genes then."""
    heads = {at: found[0] for at in rows if (found := _HEAD.match(str(text[at])))}
    if len(heads) < _FEW:
        return []
    head, n = Counter(heads.values()).most_common(1)[0]
    made = [(at, str(text[at])[len(head) :]) for at, own in heads.items() if own == head]
    if (
        n < 0.8 * len(rows)
        or np.mean([gene is not None for gene in genes.resolve_many([name for _, name in made])[0]]) < 0.5
    ):
        return []
    return made


def _unknown(text: np.ndarray, rules: Texts, taxon: str, genes: Resolver, fixes: Fixes) -> str:
    """What to do with a column of no use, after it was tried."""
    shown = f"the gene column holds {text[:3].tolist()}; "
    if better := fixes.elsewhere():
        return shown + better
    kinds, counts = np.unique(rules[rules != ""].astype(str), return_counts=True)
    if len(kinds) and (most := str(kinds[counts.argmax()])) != "unknown-symbol" and counts.max() > 0.5 * counts.sum():
        return shown + Named.remedy(most)
    # Symbols of rodents are human ones in small letters, and the other way round, for most genes.
    swapped = [SPECIES[taxon].written(str(t)) for t in text[:2000]]
    as_is = {str(t) for t in text}
    known = [
        gene is not None and name not in as_is
        for gene, name in zip(genes.resolve_many(swapped)[0], swapped, strict=True)
    ]
    if np.mean(known) > 0.5:
        if np.mean([str(t).islower() for t in text[:2000]]) > 0.5:
            return (
                shown
                + f"symbols in small letters are those of fish: {fixes.species}, or write them as {taxon} has them"
            )
        return shown + f"these are written as {other_style(taxon)} symbols: {fixes.species}"
    return shown + fixes.unknown
