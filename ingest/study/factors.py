"""Which genes are transcription factors: a list that a manifest names, or what the loaded networks have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.batch import Batch
from ingest.files.frames import broken, text_of
from ingest.files.tokens import Genes, name_genes, quarantine, told
from kg.signatures.store import Strings


@dataclass(frozen=True)
class Factors:
    """Transcription factors of a species: ``ids`` without prefix; ``symbols``: id -> symbol, of any gene."""

    ids: Strings
    symbols: Mapping[str, str]

    def symbol(self, gene: str) -> str:
        return self.symbols.get(gene) or gene


def read_factors(path: Path, taxon: str, genes: Genes, batch: Batch) -> Strings:
    """A text file with one factor per line, by symbol or Ensembl id; a name of no gene is quarantined."""
    tokens = np.array([line.strip() for line in text_of(path).split("\n") if line.strip()], dtype=str)
    if not len(tokens):
        raise broken(
            "NO_FACTORS", path.name, "a list of factors has one name per line", "an empty file", "export it again"
        )
    batch.read += len(tokens)
    named = name_genes(tokens, taxon, genes, path)
    told(named, batch, path.name)
    quarantine(named, batch, path.name, np.arange(1, len(tokens) + 1), tokens)
    batch.accepted += int((named.rules == "").sum())
    return np.unique(named.ids[named.rules == ""].astype(str))


def known_factors(batches: Iterable[Batch], symbols: Mapping[str, str]) -> Factors:
    """Factors of the networks among the batches; those of the other species by one-to-one orthologs.

    ``symbols``: id without prefix -> symbol of every gene of the species wanted.
    """
    factors: set[str] = set()
    pairs: list[tuple[str, str]] = []
    for batch in batches:
        factors |= {row["object"] for row in batch.edges.get(("HAS_TF", "Regulon", "Gene"), [])}
        rows = batch.edges.get(("ORTHOLOG_OF", "Gene", "Gene"), [])
        pairs += [(row["subject"], row["object"]) for row in rows if row["cardinality"] == "one2one"]
    factors |= {two for a, b in pairs for one, two in ((a, b), (b, a)) if one in factors}
    ids = (factor.removeprefix("ENSEMBL:") for factor in factors)
    return Factors(np.array(sorted(gene for gene in ids if gene in symbols), dtype=str), symbols)
