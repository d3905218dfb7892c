"""What changes between the arms of a contrast beside genes: regulons, and the shares of cell populations."""

import strawberry

from api.types.link import lazy

_KIND = (
    "activity, or rewiring: then effect is the distance of its targets, and z how far that lies above two groups of"
    " controls"
)
_CASE, _CONTROL = "mean share of all cells in the case arm, 0 to 1", "mean share in the control arm"


@strawberry.interface(description="A change and its uncertainty.")
class Tested:
    effect: float | None = strawberry.field(description="of a share: log2 change of its centred log-ratio")
    z: float | None = strawberry.field(description="effect in units of its noise")
    p: float | None = strawberry.field(description="two-sided p")
    fdr: float | None = strawberry.field(description="Benjamini-Hochberg")


@strawberry.type(description="A regulon that changes in a contrast.")
class RegulonChange(Tested):
    regulon: lazy("Regulon")  # type: ignore[valid-type]
    kind: str = strawberry.field(description=_KIND)


@strawberry.type(description="A contrast in which a regulon changes.")
class ContrastOfRegulon(Tested):
    contrast: lazy("Contrast")  # type: ignore[valid-type]
    kind: str = strawberry.field(description=_KIND)


@strawberry.type(description="A population whose proportion is tested by a composition contrast.")
class ProportionChange(Tested):
    population: lazy("CellPopulation")  # type: ignore[valid-type]
    share_case: float | None = strawberry.field(description=_CASE)
    share_control: float | None = strawberry.field(description=_CONTROL)


@strawberry.type(description="A composition contrast that tests the proportion of a population.")
class ContrastOfProportion(Tested):
    contrast: lazy("Contrast")  # type: ignore[valid-type]
    share_case: float | None = strawberry.field(description=_CASE)
    share_control: float | None = strawberry.field(description=_CONTROL)
