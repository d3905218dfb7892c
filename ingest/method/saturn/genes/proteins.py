"""Protein sequences of a FASTA file, and the gene that each header names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.files.frames import broken, read_frame, text_of
from kg.errors import Issue

# what proteins are written in, with ambiguous residues and the rare ones
RESIDUES = frozenset("ACDEFGHIKLMNPQRSTVWYXBUZO")
_BASES = frozenset("ACGTUN")
_SYMBOL = (r"\bgene_symbol:(\S+)", r"\bGN=(\S+)", r"\[gene=([^\]]+)\]")
_ID = (r"\bgene:(\S+)", r"\|(ENS[A-Z]*G\d+(?:\.\d+)?)")
NAMES = ("symbol", "id")
_FIX = "headers of Ensembl, GENCODE, UniProt and NCBI are read; for others give --genes, a table protein,gene"


@dataclass(frozen=True)
class Proteins:
    """``sequences``: gene -> its proteins, in capital letters; ``unnamed``: number of headers that name no gene;
    ``faults``: records that are not proteins and were left out."""

    sequences: dict[str, list[str]]
    unnamed: int
    faults: tuple[Issue, ...]

    def __len__(self) -> int:
        return sum(map(len, self.sequences.values()))


def read_proteins(path: Path, name: str = "symbol", genes: Path | None = None) -> Proteins:
    """Read a FASTA file, gzipped or plain. ``name``: genes are named by ``symbol`` or Ensembl ``id`` (by the other if
    it is missing); ``genes``: a table ``protein,gene`` that takes precedence over the headers. A stop at the end is
    removed; one inside (in a pseudogene) is an unknown residue.

    Raises:
        ContractError: MISSING_FILE, NOT_GZIP, ENCODING, WRONG_COLUMNS, BAD_FASTA (no FASTA, or DNA), or NO_GENES.
    """
    told = _table(genes) if genes else {}
    found: dict[str, list[str]] = {}
    unnamed, faults, letters = 0, [], set[str]()
    for line, header, text in _records(path):
        sequence = text.upper().rstrip("*").replace("*", "X")
        where = f"{path.name}: record of line {line}"
        if not sequence:
            faults.append(Issue(where, "NO_RESIDUES: a record has a sequence", "none", "add it, or remove the record"))
            continue
        if strange := sorted(set(sequence) - RESIDUES):
            rule = "NOT_A_PROTEIN: a protein is written in the letters of amino acids"
            faults.append(Issue(where, rule, " ".join(strange), "is it an alignment? give plain proteins"))
            continue
        letters |= set(sequence)
        protein = header.split()[0] if header.split() else ""
        gene = told.get(protein) or told.get(protein.split(".")[0]) or gene_of(header, name)
        if not gene:
            unnamed += 1
            continue
        found.setdefault(gene, []).append(sequence)
    if letters and letters <= _BASES:
        fix = "give the translated sequences (pep, translations or faa)"
        raise broken("BAD_FASTA", path.name, "sequences are proteins", f"bases alone: {''.join(sorted(letters))}", fix)
    if not found:
        raise broken("NO_GENES", path.name, "a protein's header names its gene", f"none of {unnamed} does", _FIX)
    return Proteins(found, unnamed, tuple(faults))


def gene_of(header: str, name: str = "symbol") -> str:
    """The gene that a FASTA header names, "" if none; an Ensembl id without its version."""
    pipes = header.split("|")
    symbol = pipes[6] if len(pipes) >= 8 and pipes[0].startswith("ENS") else _first(_SYMBOL, header)
    ids = _first(_ID, header).split(".")[0]
    return (symbol or ids) if name == "symbol" else (ids or symbol)


def _first(patterns: tuple[str, ...], header: str) -> str:
    return next((m[1].strip() for p in patterns if (m := re.search(p, header))), "")


def _table(path: Path) -> dict[str, str]:
    frame = read_frame(path)
    if missing := [c for c in ("protein", "gene") if c not in frame]:
        rule = "a table of proteins has protein,gene"
        raise broken("WRONG_COLUMNS", path.name, rule, list(frame.columns), f"add {', '.join(missing)}")
    rows = frame[["protein", "gene"]].dropna().astype(str)
    return dict(zip(rows["protein"].str.strip(), rows["gene"].str.strip(), strict=True))


def _records(path: Path) -> Iterator[tuple[int, str, str]]:
    """(line of the header, header, sequence)."""
    header, started, parts = "", 0, []
    for n, line in enumerate([*text_of(path).split("\n"), ">"], start=1):
        line = line.strip()
        if line.startswith(">"):
            if started:
                yield started, header, "".join(parts)
            header, started, parts = line[1:], n, []
        elif line and not started:
            raise broken("BAD_FASTA", f"{path.name}: line {n}", "a FASTA file begins with >", line[:40], _FIX)
        else:
            parts.append(line)
