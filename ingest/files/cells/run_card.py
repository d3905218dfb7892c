"""The card of the run that made a space: read, compared with the manifest, and summarised in words."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.batch import Row
from ingest.files.frames import broken
from ingest.manifest.cell_blocks import EmbeddingSpec
from ingest.manifest.typed_yaml import read_yaml, resolved, text_of

STAND_IN = "stand-in"


@dataclass(frozen=True)
class RunCard:
    """``facts``: as in the file, {} without one; ``gene_embedding``: from the card, or from the manifest."""

    method: str
    version: str
    gene_embedding: str
    facts: dict[str, Any]

    @property
    def stand_in(self) -> bool:
        return STAND_IN in self.gene_embedding

    @property
    def seed(self) -> int:
        found = self._dict("settings").get("seed")
        return found if isinstance(found, int) else -1

    @property
    def species(self) -> list[dict[str, Any]]:
        found = self.facts.get("species")
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    @property
    def coverage(self) -> list[str]:
        """``mouse: 1,200 cells; 97.1% of 2,000 expressed genes``, one text per species."""
        return [
            f"{row['species']}: {row['cells']:,} cells; {row['coverage']:.1%} of {row['expressed genes']:,} expressed"
            " genes"
            for row in self.species
            if all(isinstance(row.get(k), (int, float)) for k in ("cells", "coverage", "expressed genes"))
            and "species" in row
        ]

    @property
    def inputs(self) -> list[str]:
        """``mouse: mouse.h5ad sha256 ab12…``, one text per species; with the gene embedding's checksum if the card has
        it."""
        made = []
        for row in self.species:
            text = f"{row.get('species')}: {row.get('file')} sha256 {row.get('sha256')}"
            own = row.get("embedding sha256")
            made.append(f"{text}; gene embedding sha256 {own}" if own else text)
        return made

    def text(self) -> str:
        """One line: method, version, seed, gene embedding, coverage and the first digits of the checksums."""
        if not self.facts:
            return f"{self.method}; gene embedding: {self.gene_embedding}; the run left no card"
        sums = ", ".join(f"{row.get('species')} {str(row.get('sha256'))[:12]}" for row in self.species)
        parts = (
            f"{self.method} {self.version}".strip(),
            f"seed {self.seed}" if self.seed >= 0 else "",
            f"gene embedding: {self.gene_embedding}",
            *self.coverage,
            f"sha256 of the cells: {sums}" if sums else "",
        )
        return "; ".join(filter(None, parts))

    def row(self) -> Row:
        """Properties of an Embedding node."""
        packages = self._dict("packages")
        limits = self.facts.get("limits")
        return {
            "method": self.method,
            "version": self.version,
            "doi": str(self.facts.get("doi") or ""),
            "seed": self.seed,
            "gene_embedding": self.gene_embedding,
            "stand_in": self.stand_in,
            "coverage": self.coverage,
            "inputs": self.inputs,
            "packages": [f"{name} {version}" for name, version in packages.items()],
            "settings": json.dumps(self._dict("settings"), sort_keys=True),
            "limits": [str(each) for each in limits] if isinstance(limits, list) else [],
            "card": self.text(),
        }

    def _dict(self, name: str) -> dict[str, Any]:
        found = self.facts.get(name)
        return found if isinstance(found, dict) else {}


def run_card(spec: EmbeddingSpec, inside: str, beside: Path | None) -> RunCard:
    """The card of a run. ``inside``: text of ``uns["card"]``, or ""; ``beside``: the file that the manifest names.

    Raises:
        ContractError: UNREADABLE_CARD; CARD_DIFFERS if manifest and card name different gene embeddings;
            NO_GENE_EMBEDDING if neither names one.
    """
    where = beside.name if beside else spec.file
    facts = _facts(where, text_of(beside, "a card", "UNREADABLE_CARD") if beside else inside)
    told = str(facts.get("gene embedding") or "")
    if not told:
        told = "; ".join(
            sorted(
                {str(r["embedding"]) for r in facts.get("species") or () if isinstance(r, dict) and r.get("embedding")}
            )
        )
    if told and spec.gene_embedding and STAND_IN in told and STAND_IN not in spec.gene_embedding:
        fix = "leave embedding.gene_embedding out: the card's words are used"
        raise broken("CARD_DIFFERS", where, f"a stand-in is named as such: {told}", repr(spec.gene_embedding), fix)
    if not (told or spec.gene_embedding):
        fix = "add embedding.gene_embedding"
        raise broken(
            "NO_GENE_EMBEDDING", where, "card or manifest names the source of the similarity of genes", "neither", fix
        )
    method = str(facts.get("method") or spec.method)
    gene_embedding = told if STAND_IN in told else spec.gene_embedding or told
    return RunCard(method, str(facts.get("version") or ""), gene_embedding, facts)


def _facts(where: str, text: str) -> dict[str, Any]:
    if not text:
        return {}
    found = resolved(read_yaml(text, where, "a card", "UNREADABLE_CARD"))  # JSON is YAML
    if not isinstance(found, dict):
        fix = "name the card.yaml that the run wrote, or leave embedding.card out"
        raise broken("UNREADABLE_CARD", where, "a card is a mapping", str(found)[:120], fix)
    return found
