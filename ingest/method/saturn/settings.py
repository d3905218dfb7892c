"""Settings of a SATURN run."""

from dataclasses import asdict, dataclass
from typing import Any

from kg.errors import MethodError


@dataclass(frozen=True)
class Settings:
    """``genes``: variable genes of each species (counterparts of those of the others are added); ``macrogenes``: how
    many at most; ``near``: macrogenes that a gene has weights on; ``latent``: dimensions of the embedding; ``epochs``
    and ``metric_epochs``: how many at most, since both stop early; ``coverage``: smallest share of expressed genes with
    an embedding, 0..1; ``threads``: of torch; 1 is fastest beside other work.
    """

    seed: int = 0
    genes: int = 3_000
    macrogenes: int = 2_000
    near: int = 5
    latent: int = 32
    hidden: int = 128
    epochs: int = 8
    metric_epochs: int = 20
    batch_size: int = 256
    learning_rate: float = 2e-3
    coverage: float = 0.3
    threads: int = 1

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 0 or (value == 0 and name not in ("seed", "coverage", "epochs", "metric_epochs")):
                raise MethodError(f"{name} is {value}: give a number above 0")

    def facts(self) -> dict[str, Any]:
        return asdict(self)
