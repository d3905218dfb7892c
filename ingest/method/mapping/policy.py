"""What is chosen once for a reference, and applied to its studies and to every query."""

from dataclasses import dataclass
from typing import Literal, get_args

from ingest.method.normalise import Normalisation
from kg.errors import broken

Engine = Literal["means", "neighbours", "both", "correlation", "hierarchical"]
NORMALISATIONS: tuple[Normalisation, ...] = get_args(Normalisation)
ENGINES: tuple[Engine, ...] = ("means", "neighbours", "both", "correlation", "hierarchical")
VOTED: tuple[Engine, ...] = ("correlation", "hierarchical")
"""Engines that ask the sums by type, and no coordinates."""


@dataclass(frozen=True)
class Policy:
    """``normalisation``: of ``values``; ``genes``, ``axes``, ``centroids``: of the space; ``wide``: genes kept for what
    lies outside; ``alpha``: of the sets, above 0, below 1; ``outside_p``: p at or below which a cell is past;
    ``least_use``: weight of the genes present, 0 to 1; ``least_detected``: genes of the space seen in a cell, else low
    quality; ``engines``: compared on what is held out; ``folds``: of donors held out, at most; ``calibrate``: without
    it nothing is promised; ``join``: several studies are laid over each other (``harmony``).

    Raises ContractError POLICY where it forbids all or a number is out of range.
    """

    genes: int = 500
    axes: int = 50
    centroids: int = 50
    wide: int = 2000
    alpha: float = 0.1
    outside_p: float = 0.05
    least_use: float = 0.8
    least_detected: int = 10
    engines: tuple[Engine, ...] = ("means", "neighbours", "both")
    folds: int = 12
    calibrate: bool = True
    normalisation: Normalisation = "log"
    join: bool = True

    def __post_init__(self) -> None:
        for name, least, most in (
            ("genes", 2, 100_000), ("axes", 1, 1000), ("centroids", 2, 10_000), ("wide", 2, 100_000),
            ("folds", 2, 1000),
            ("least_detected", 0, self.genes), ("least_use", 0, 1), ("alpha", 1e-6, 1 - 1e-6), ("outside_p", 0, 1),
        ):  # fmt: skip
            value = getattr(self, name)
            if not least <= value <= most:
                raise broken(
                    "POLICY", f"policy, {name}", f"{least:g} to {most:g}", value, "give a number in that range"
                )
        if self.normalisation not in NORMALISATIONS:
            rule = f"one of {', '.join(NORMALISATIONS)}"
            raise broken("POLICY", "policy, normalisation", rule, self.normalisation, "name one of them")
        unknown = [each for each in self.engines if each not in ENGINES]
        if unknown or not self.engines:
            raise broken(
                "POLICY",
                "policy, engines",
                f"at least one of {', '.join(ENGINES)}",
                ", ".join(unknown) or "none",
                "name the engines that may be chosen",
            )
