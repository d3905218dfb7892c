"""The numbers of the gates, as a policy names them; a submission is judged by those of the version it was made from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """``lost``: share of a sample's cells; ``resolution``, ``of_type``: change of F1; ``biology``, ``scgraph``,
    ``unseen``: change of a measure; ``z``: of disagreements with the parent's mapping, in standard deviations of
    its donors; ``sure``: P from which the mapping is; ``coverage``: below 1 - alpha; ``share``: of a new type's cells
    from one donor; the rest are counts."""

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
