"""What a source's transform returns: rows for the graph, and every row it could not take, with the reason."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Row = dict[str, Any]


@dataclass(frozen=True)
class Quarantined:
    """A row that was read and not accepted. ``row`` counts from 1 at the first line of data; None: the whole file."""

    file: str
    row: int | None
    rule: str
    value: str
    remedy: str


@dataclass(frozen=True)
class CellTally:
    """Cells of a file: how many were ``read``, how many are in no sum for each reason (a cell has one), and of those
    that are used the ``donors`` and, of the file's ``genes``, those that a population expresses."""

    read: int
    left_out: Mapping[str, int]
    layer: str
    donors: int
    expressed: int
    genes: int

    @property
    def used(self) -> int:
        return self.read - sum(self.left_out.values())

    def __str__(self) -> str:
        out = {why: n for why, n in self.left_out.items() if n}
        told = f" ({', '.join(f'{n:,} {why}' for why, n in out.items())})" if out else ""
        return (
            f"{self.read:,} cells read from {self.layer} = {self.used:,} used + {sum(out.values()):,} left out{told}; "
            f"used: {self.donors:,} donors, {self.expressed:,} of {self.genes:,} genes"
        )


@dataclass
class Batch:
    """Rows of one source at one version. ``read = accepted + len(quarantined)`` holds or :meth:`check` raises.

    ``nodes``: label -> rows with ``id`` and the properties of that label in ``kg.schema``.
    ``edges``: (type, subject label, object label) -> rows with ``subject``, ``object`` (ids) and properties.
    ``cells``: of a file of single cells, those that were used.
    ``arrays``: name -> what goes to the signature store (feature maps, signatures), not to the graph.
    ``doubts``: what the numbers themselves make doubtful; it is loaded, and said on the screen.
    """

    source: str
    version: str
    read: int = 0
    accepted: int = 0
    nodes: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    edges: dict[tuple[str, str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))
    arrays: dict[str, Any] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    cells: CellTally | None = None

    @property
    def told(self) -> list[str]:
        """What is told of it beside its rows: the cells that it used, and all that is missing."""
        return [*([f"cells: {self.cells}"] if self.cells else []), *self.missing]

    doubts: list[str] = field(default_factory=list)

    def quarantine(self, file: str, row: int | None, rule: str, value: object, remedy: str) -> None:
        self.quarantined.append(Quarantined(file, row, rule, str(value)[:200], remedy))

    def check(self) -> "Batch":
        if self.read != self.accepted + len(self.quarantined):
            raise AssertionError(
                f"{self.source}: read {self.read} != accepted {self.accepted} + quarantined {len(self.quarantined)}"
            )
        return self


def set_table(edges: list[Row], factors: list[Row], label: dict[str, str]) -> dict[str, np.ndarray]:
    """Columns of regulons or modules for the signature store; genes without the prefix."""
    ids = sorted(label)
    return {
        "name": np.array([row["subject"] for row in edges], dtype=str),
        "gene": np.array([row["object"].removeprefix("ENSEMBL:") for row in edges], dtype=str),
        "sign": np.array([row["sign"] for row in edges], dtype=np.int64),
        "tf_name": np.array([row["subject"] for row in factors], dtype=str),
        "tf_gene": np.array([row["object"].removeprefix("ENSEMBL:") for row in factors], dtype=str),
        "set_id": np.array(ids, dtype=str),
        "set_label": np.array([label[key] for key in ids], dtype=str),
    }
