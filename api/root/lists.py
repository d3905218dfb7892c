"""Everything of one kind, filtered and by page; and the saved queries."""

import strawberry

from api.graphql.reading import Info, listed
from api.graphql.window import Window, paged
from api.root.fields import Filter, Text
from api.types.cells.cell_population import CellPopulation
from api.types.knowledge.regulon import Regulon
from api.types.link import page_of
from api.types.saved import SavedQuery, saved_queries
from api.types.status import Release, Source
from api.types.studies.contrast import Contrast
from api.types.studies.dataset import Dataset
from api.types.studies.disease_model import DiseaseModel
from api.types.studies.disease_state import DiseaseState
from api.types.studies.drug import Drug, DrugCondition


@strawberry.type
class Lists:
    @strawberry.field(description="Sorted by curie.")
    @paged
    async def contrasts(
        self, info: Info, model: Filter = None, state: Filter = None, cell_type: Filter = None, tissue: Filter = None,
        dataset: Filter = None, taxon: Text = None, kind: Text = None, noise: Text = None, measure: Text = None,
        *, window: Window,
    ) -> page_of("Contrast"):  # type: ignore[valid-type]  # fmt: skip
        return await listed(
            info, Contrast, window, model=model, state=state, cell_type=cell_type, tissue=tissue, dataset=dataset,
            taxon=taxon, kind=kind, noise=noise, measure=measure,
        )  # fmt: skip

    @strawberry.field(description="Sorted by name.")
    @paged
    async def cell_populations(
        self, info: Info, cell_type: Filter = None, dataset: Filter = None, taxon: Text = None, *, window: Window
    ) -> page_of("CellPopulation"):  # type: ignore[valid-type]
        return await listed(info, CellPopulation, window, cell_type=cell_type, dataset=dataset, taxon=taxon)

    @strawberry.field(description="Sorted by curie.")
    @paged
    async def datasets(self, info: Info, taxon: Text = None, *, window: Window) -> page_of("Dataset"):  # type: ignore[valid-type]
        return await listed(info, Dataset, window, taxon=taxon)

    @strawberry.field(description="Sorted by name. disease: models of exactly this disease.")
    @paged
    async def disease_models(
        self, info: Info, disease: Filter = None, taxon: Text = None, *, window: Window
    ) -> page_of("DiseaseModel"):  # type: ignore[valid-type]
        return await listed(info, DiseaseModel, window, disease=disease, taxon=taxon)

    @strawberry.field(description="Sorted by name. disease: states of exactly this disease.")
    @paged
    async def disease_states(self, info: Info, disease: Filter = None, *, window: Window) -> page_of("DiseaseState"):  # type: ignore[valid-type]
        return await listed(info, DiseaseState, window, disease=disease)

    @strawberry.field(description="Sorted by name.")
    @paged
    async def drugs(self, info: Info, *, window: Window) -> page_of("Drug"):  # type: ignore[valid-type]
        return await listed(info, Drug, window)

    @strawberry.field(description="Sorted by name.")
    @paged
    async def drug_conditions(self, info: Info, drug: Filter = None, *, window: Window) -> page_of("DrugCondition"):  # type: ignore[valid-type]
        return await listed(info, DrugCondition, window, drug=drug)

    @strawberry.field(description="Sorted by name.")
    @paged
    async def regulons(
        self,
        info: Info,
        tf: Text = None,
        network: Text = None,
        taxon: Text = None,
        *,
        window: Window,
    ) -> page_of("Regulon"):  # type: ignore[valid-type]
        return await listed(info, Regulon, window, tf=tf, network=network, taxon=taxon)

    @strawberry.field(description="Sorted by curie. status: loaded or missing.")
    @paged
    async def sources(self, info: Info, status: Text = None, *, window: Window) -> page_of("Source"):  # type: ignore[valid-type]
        return await listed(info, Source, window, status=status)

    @strawberry.field(description="Sorted by curie.")
    @paged
    async def releases(self, info: Info, *, window: Window) -> page_of("Release"):  # type: ignore[valid-type]
        return await listed(info, Release, window)

    @strawberry.field(description="Queries in Cypher that ship with OrthoKG, by name.")
    def saved_queries(self) -> list[SavedQuery]:
        return saved_queries()
