"""An input and what is right of it; and the parts that most inputs are made of."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

_SYMBOLS = (
    "APP MAPT GFAP TREM2 TYROBP CTSB CTSD AIF1 CX3CR1 P2RY12 TMEM119 CSF1R SPI1 IRF8 STAT3 REST SOX2 PAX6 NES AQP4"
    " SLC1A2 SLC1A3 MBP PLP1 MOG OLIG2 PDGFRA SST PVALB VIP GAD1 SLC17A7 CALB1 CCKBR BDNF FOS EGR1 JUN CLU APOE BIN1"
    " PICALM SORL1 ABCA7 INPP5D CD33"
)
GENES = _SYMBOLS.split()
"""Human symbols that stand for one gene; capitalised, symbols of the mouse."""

Truth = Mapping[str, float]


@dataclass(frozen=True)
class Read:
    """It is read. ``truth``: contrast (what follows the dataset in its id) -> gene (symbol, or Ensembl id without
    prefix) -> effect; those contrasts with those genes and no others. ``vector``: the same, of the effect in units of
    its noise, where it is known.
    ``quarantined``: rows, of which any makes the exit 3; ``words``: told on the screen. ``nodes``: label -> the names
    that stand in the graph; ``n``: label -> how many. ``float32``: the file holds its numbers so."""

    truth: Mapping[str, Truth]
    quarantined: int = 0
    words: tuple[str, ...] = ()
    nodes: Mapping[str, set[str]] = field(default_factory=dict)
    n: Mapping[str, int] = field(default_factory=dict)
    vector: Mapping[str, Truth] = field(default_factory=dict)
    float32: bool = False


@dataclass(frozen=True)
class Refused:
    """It is refused, exit 1: the ``code``, and ``words`` that the error holds, case aside."""

    code: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """``build`` writes the files into a folder and gives the path of the manifest, whose dataset is called as the
    folder."""

    name: str
    rule: int
    build: Callable[[Path], Path]
    outcome: Read | Refused

    @property
    def slug(self) -> str:
        return f"r{self.rule}-{re.sub('[^a-z0-9]+', '-', self.name.lower()).strip('-')}"


def facts(folder: Path, **changed: Any) -> dict[str, Any]:
    """The head of a manifest: a human dataset called as the folder."""
    own = {
        "id": folder.name,
        "title": "t",
        "taxon": "NCBITaxon:9606",
        "licence": "CC0",
        "redistribute": True,
        "citation": "us",
    }
    return {"schema": 1, "dataset": own | changed, "material": {"tissue": "UBERON:0000956"}}


def write_manifest(folder: Path, made: dict[str, Any] | str) -> Path:
    path = folder / "m.yaml"
    path.write_text(made if isinstance(made, str) else yaml.safe_dump(made, allow_unicode=True), encoding="utf-8")
    return path


def disease(name: str = "a", /, **changed: Any) -> dict[str, Any]:
    return {"id": name, "label": name.upper(), "kind": "disease", "disease": "MONDO:0004975"} | changed


def effects(genes: Sequence[str] = GENES, seed: int = 1) -> dict[str, float]:
    """Made fold changes of six digits, half of them below 0."""
    drawn = np.random.default_rng(seed).normal(0, 1.5, len(genes)).round(6)
    return dict(zip(genes, (float(x) for x in drawn), strict=True))
