"""Thresholds of the gates, named as in a policy; a submission is judged by those of its base version."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """``lost``: share of a sample's cells; ``resolution``, ``of_type``: change of F1; ``biology``, ``scgraph``,
    ``unseen``: change of a measure; ``z``: disagreement with the mapping, in standard deviations over the parent's
    donors; ``sure``: minimum P of a confident mapping; ``coverage``: margin below 1 - alpha; ``share``: of a new type's
    cells from one donor; ``stable``: mean Jaccard index; ``shared``: share of barcodes; the others are counts."""

    lost: float = 0.5
    resolution: float = 0.02
    of_type: float = 0.05
    resolution_donors: int = 5
    biology: float = 0.02
    scgraph: float = 0.05
    z: float = 2.5
    sure: float = 0.8
    pair_cells: int = 15
    label_cells: int = 30
    coverage: float = 0.03
    label_donors: int = 4
    unseen: float = 0.05
    type_donors: int = 3
    share: float = 0.6
    stable: float = 0.6
    markers: int = 3
    shared: float = 0.2
