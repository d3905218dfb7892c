"""Parameters chosen once for a reference, and applied to its studies and to every query."""

from dataclasses import dataclass
from typing import Literal, get_args

from ingest.method.normalise import Normalisation
from kg.errors import broken

Engine = Literal["means", "neighbours", "both", "correlation", "hierarchical"]
NORMALISATIONS: tuple[Normalisation, ...] = get_args(Normalisation)
ENGINES: tuple[Engine, ...] = ("means", "neighbours", "both", "correlation", "hierarchical")
VOTED: tuple[Engine, ...] = ("correlation", "hierarchical")
"""Engines that use the sums by type instead of coordinates."""


@dataclass(frozen=True)
class Policy:
    """``normalisation``: see ``values``; ``genes``, ``axes``, ``centroids``: numbers in the space; ``wide``: number of
    genes kept for the test for outside; ``alpha``: error rate of the sets, between 0 and 1; ``outside_p``: p at or
    below which a cell is past the limit; ``least_use``: minimum weight of the measured genes, 0 to 1;
    ``least_detected``: minimum number of genes of the space detected in a cell, below which it is of low quality;
    ``engines``: compared on held-out data; ``folds``: maximum number of folds of donors; ``calibrate``: without it,
    nothing is guaranteed; ``join``: integrate several studies (``harmony``). Raises ContractError POLICY if a number is
    out of range or no engine is allowed."""

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
                "name the engines to choose from",
            )
