"""Contrasts: case against control in one dataset."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node
from api.graphql.reading import Info, linked
from api.graphql.window import Window, paged
from api.types.curation import of_mappings
from api.types.enums import Unit
from api.types.knowledge.gene import Gene, GeneChange
from api.types.link import many, one, page_of
from kg.records.match import Gap

_WITHHELD = "edges-withheld"


@strawberry.type(description="Case against control in one dataset; or the pool of a state's cohorts.")
class Contrast(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}
    NEEDS: ClassVar = {"changes": ("flags",), "replicate": ("level",)}
    NONE: ClassVar = {"universe": 0}

    label: str
    taxon: str
    kind: str = strawberry.field(description="disease, model, drug, ageing, or pool")
    measure: str = strawberry.field(
        description="composition (cell-type proportions, never matched with expression); empty: expression"
    )
    level: str = strawberry.field(
        description="what a replicate is: donor, pool, well, culture, lane or cell (both pseudoreplicated), or unknown",
        deprecation_reason="use replicate, an enum",
    )
    case_arm: str
    control_arm: str
    design: str = strawberry.field(description="strata or formula")
    engine: str = strawberry.field(
        description=("source of effect, p and FDR of its changes; empty: the linear model of its vector, or a table")
    )
    n_case: int | None = strawberry.field(description="replicates of the case arm")
    n_control: int | None = strawberry.field(description="replicates of the control arm")
    noise: str = strawberry.field(
        description="kind of its noise factor: donors, pools, wells or cultures (samples of its own), reference or none"
    )
    noise_reason: str = strawberry.field(description="why there is no noise factor, and what would provide one")
    df: int | None = strawberry.field(description="residual degrees of freedom of a noise factor from its own samples")
    material: str = strawberry.field(description="bulk tissue or cell type measured")
    age: str
    sex: str
    strain: str
    cut: str = strawberry.field(description="rule by which the table was cut to some of the genes; empty if complete")
    universe: int | None = strawberry.field(description="genes tested before the cut; null when unknown")
    n_genes: int | None = strawberry.field(description="genes with a value")
    flags: list[str] = strawberry.field(description="caveats repeated in every answer")
    sha256: str = strawberry.field(description="of vector and factor")
    dataset = one("datasets", "Dataset", "Where it was measured; none for a pool.")
    cell_type = one("cell_types", "CellType", "Cell type measured; none for bulk tissue.")
    tissue = one("tissues", "Tissue", "Where the samples come from.")
    model = one("models", "DiseaseModel", "The animal model, for a contrast of a model.")
    state = one("states", "DiseaseState", "The human state, for a cohort or a pool.")
    drug_condition = one("conditions", "DrugCondition", "The drug condition, for a contrast of a drug.")
    population = one("populations", "CellPopulation", "The cells that it compares, for a contrast of single cells.")
    regulon_changes = many(
        "regulon_changes",
        "Regulon",
        "Regulons whose activity or targets change; the largest effect in units of noise first.",
        through=("RegulonChange", "regulon"),
    )
    proportions = many(
        "proportions",
        "CellPopulation",
        "For a composition contrast: every population tested; the largest effect in units of noise first.",
        through=("ProportionChange", "population"),
    )
    curations = of_mappings("Contrast")
    cohorts = many("cohorts", "Contrast", "Cohorts in a pool, sorted by curie.")
    pools = many("pools", "Contrast", "Pools that it is a cohort of, sorted by curie.")
    matches = many(
        "matches",
        "Match",
        "Stored matches that it is a side of, sorted by p; those without a test last.",
        through=("MatchOfContrast", "found"),
    )

    @strawberry.field(description="What a replicate is; null for a pool, and if not stated.")
    def replicate(self) -> Unit | None:
        return Unit[self.level] if self.level in Unit.__members__ else None

    @strawberry.field(description="Genes that pass its threshold; the largest effect in units of noise first.")
    @paged
    async def changes(self, info: Info, *, window: Window) -> page_of("GeneChange"):  # type: ignore[valid-type]
        found = [flag.partition(": ") for flag in self.flags if flag.startswith(_WITHHELD)]
        gaps = [Gap("withheld", "changes of genes", why, "all are in the signature store") for _, _, why in found]
        return await linked(info, self, "changes", Gene, window, through=(GeneChange, "gene"), withheld=gaps)
