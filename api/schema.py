"""The questions, as one GraphQL schema. ``python -m api.schema`` prints what ``api/schema.graphql`` must hold."""

from typing import Annotated, Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from api.access.limits import Limits
from api.graphql.context import Backend
from api.graphql.cost import Bounds, Documents
from api.graphql.errors import ShowErrors
from api.graphql.node import Node, curie_of, parsed
from api.graphql.quick import PlainFields
from api.graphql.reading import Info, by_id, by_name, listed
from api.graphql.window import First, Window, paged
from api.types import upload
from api.types.atlas import Atlas, AtlasVersion, Mapping
from api.types.cell_population import CellPopulation, SimilarPopulations, similar
from api.types.contrast import Contrast
from api.types.curation import CurationMutation
from api.types.dataset import Dataset
from api.types.disease_model import DiseaseModel
from api.types.disease_state import DiseaseState
from api.types.drug import Drug, DrugCondition
from api.types.embedding import Embedding
from api.types.enums import ASKED_LEVEL, ASKED_POLICY, Level, MatchStatus, Policy, Specificity
from api.types.explanation import SCALARS
from api.types.gene import Gene
from api.types.job import SCALARS as JOB_SCALARS
from api.types.job import Job, JobMutation, JobState, job_by_id, job_or_none, job_space, listed_jobs
from api.types.job_kind import JobKind, KindForm, job_kinds
from api.types.job_upload import SpaceUse
from api.types.link import page_of
from api.types.match import Match
from api.types.matches import MatchConnection, answer, one_stored, several
from api.types.pairing import PairBy
from api.types.regulon import Regulon
from api.types.saved import SCALARS as SAVED_SCALARS
from api.types.saved import SavedQuery, saved_queries
from api.types.search import Kind, SearchResult, search
from api.types.species import Species
from api.types.status import GraphStatus, Release, Source
from api.types.term import CellType, Disease, Tissue
from api.types.upload import SignatureInput
from kg.ask import questions
from kg.ask.assemble import Found
from kg.atlas.versions import resolve
from kg.errors import ContractError, Issue
from kg.sides.workspace import Workspace
from kg.stored.pages import Only

Filter = Annotated[
    str | None, strawberry.argument(description="curie, name (case-insensitive) or global id; all if omitted")
]
Text = Annotated[str | None, strawberry.argument(description="exact match; all if omitted")]


def lookup(kind: type[Node], argument: str, description: str) -> Any:
    """A field that gives one node by what it is called."""

    async def resolver(self: None, info: Info, ref: Any) -> Any:  # noqa: ARG001
        return await by_name(info, kind, ref, argument)

    resolver.__annotations__ |= {
        "return": kind | None,
        "ref": Annotated[
            str, strawberry.argument(name=argument, description="curie, name (case-insensitive) or global id")
        ],
    }
    return strawberry.field(resolver, description=description)


_KINDS = {
    kind.__name__: kind
    for kind in (
        Species,
        Gene,
        CellType,
        Tissue,
        Disease,
        Dataset,
        Contrast,
        DiseaseModel,
        DiseaseState,
        Drug,
        DrugCondition,
        Regulon,
        Source,
        Release,
        CellPopulation,
        Embedding,
        Atlas,
        AtlasVersion,
        Mapping,
    )
}


@strawberry.type
class Query:
    @strawberry.field(
        description=(
            "Which regulatory changes of a mouse model match which human disease states? Sorted by status (SUPPORTED,"
            " NONSPECIFIC, NOT_SUPPORTED, DISCORDANT, UNTESTABLE), then p, then the size of the score, then curie."
        )
    )
    @paged
    async def matches(
        self,
        info: Info,
        model: Annotated[str, strawberry.argument(description="name or id of a disease model, such as rTg4510")],
        disease: Annotated[
            str | None, strawberry.argument(description="MONDO id or name; all human states if omitted")
        ] = None,
        level: Level = ASKED_LEVEL,
        policy: Policy = ASKED_POLICY,
        cell_type: Annotated[
            str | None,
            strawberry.argument(description="CL id: only contrasts measured in this cell type; q is unchanged"),
        ] = None,
        status: Annotated[
            MatchStatus | None, strawberry.argument(description="only matches with this status; q is unchanged")
        ] = None,
        specificity: Annotated[
            Specificity | None,
            strawberry.argument(description="only matches with this specificity; q is unchanged"),
        ] = None,
        pair_by: PairBy = PairBy.all,
        *,
        window: Window,
    ) -> MatchConnection:
        only = Only(status.name if status else None, specificity.name if specificity else None)
        return await answer(
            info,
            curie_of("DiseaseModel", model, "model"),
            disease and curie_of("Disease", disease, "disease"),
            cell_type and curie_of("CellType", cell_type, "cellType"),
            level.value,
            policy.value,
            only,
            window,
            pair_by.value,
        )

    @strawberry.field(
        description=(
            "Which human states does your own signature match and, if it is human, which mouse models? Nothing is "
            "stored; ids that start with uploaded: are derived from its content. Sorted as matches."
        )
    )
    @paged
    async def match_signature(
        self,
        info: Info,
        signature: SignatureInput,
        disease: Annotated[
            str | None, strawberry.argument(description="MONDO id or name; all human states if omitted")
        ] = None,
        level: Level = ASKED_LEVEL,
        policy: Policy = ASKED_POLICY,
        *,
        window: Window,
    ) -> MatchConnection:
        term = disease and curie_of("Disease", disease, "disease")
        return await upload.answer(info, signature, term, level, policy, window)

    @strawberry.field(
        description=(
            "Do two models show the same changes? Every contrast of one is compared with every contrast of the "
            "other, as in `orthokg compare --first`; q is over the contrasts of the other model. Computed for this "
            "answer. Sorted as"
            " matches."
        )
    )
    @paged
    async def compare_models(
        self,
        info: Info,
        model: Annotated[str, strawberry.argument(description="name or id of a disease model, such as rTg4510")],
        other: Annotated[str, strawberry.argument(description="name or id of another, such as J20")],
        level: Level = ASKED_LEVEL,
        policy: Policy = ASKED_POLICY,
        *,
        window: Window,
    ) -> MatchConnection:
        words = {
            "model": curie_of("DiseaseModel", model, "model"),
            "other": curie_of("DiseaseModel", other, "other"),
            "level": level.value,
            "policy": policy.value,
        }
        return await several(
            info, ("compare", *words.values()), lambda _, ws: questions.compared(ws, **words, ranked=True), window
        )

    @strawberry.field(
        description=(
            "Which human states and models does a drug mimic (score above 0) or reverse (below 0)? Every measured "
            "condition of the drug, as in `orthokg match --drug --first`. Computed for this answer. Sorted as"
            " matches."
        )
    )
    @paged
    async def drug_matches(
        self,
        info: Info,
        drug: Annotated[str, strawberry.argument(description="name or id of a drug with a measured condition")],
        disease: Annotated[
            str | None, strawberry.argument(description="MONDO id or name; all human states if omitted")
        ] = None,
        level: Level = ASKED_LEVEL,
        policy: Policy = ASKED_POLICY,
        *,
        window: Window,
    ) -> MatchConnection:
        term = disease and curie_of("Disease", disease, "disease")
        words = {"drug": curie_of("Drug", drug, "drug"), "level": level.value, "policy": policy.value}

        def ask(backend: Backend, ws: Workspace) -> Found:
            within = questions.disease_term(backend.store, ws.catalog, term)
            return questions.of_drug(ws, **words, disease=within, ranked=True)

        return await several(info, ("drug", term, *words.values()), ask, window)

    @strawberry.field(
        description=(
            "One stored match by its id. Matches of policy one2one are stored, for the diseases of the model and the "
            "diseases below them."
        )
    )
    async def match(self, info: Info, id: strawberry.ID) -> Match | None:
        return await one_stored(info, curie_of("Match", id, "id"))

    @strawberry.field(description="Any object by its global id; null if it does not exist.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        found = parsed(id)
        if found is None:
            raise ContractError(
                [Issue("id", "is a global id", id[:60], "give an id returned by this server")], code="ARGUMENT"
            )
        if found[0] == "Match":
            return await one_stored(info, found[1])
        if found[0] == "Job":
            return await job_or_none(info, found[1])
        return await by_id(info, _KINDS[found[0]], found[1]) if found[0] in _KINDS else None

    @strawberry.field(description="Search names, synonyms and ids that contain a text, ignoring case.")
    async def search(
        self,
        info: Info,
        text: Annotated[str, strawberry.argument(description="with fewer than 3 characters: the start of a name")],
        kinds: list[Kind] | None = None,
        first: First = 20,
    ) -> SearchResult:
        return await search(info, text, kinds, first)

    @strawberry.field
    async def gene(
        self,
        info: Info,
        curie: Annotated[str | None, strawberry.argument(description="curie or global id")] = None,
        symbol: Annotated[str | None, strawberry.argument(description="HGNC or MGI symbol")] = None,
        taxon: Annotated[
            str | None,
            strawberry.argument(description="such as NCBITaxon:10090; needed where species share the symbol"),
        ] = None,
    ) -> Gene | None:
        if (curie is None) == (symbol is None):
            found = "both" if curie else "neither"
            raise ContractError(
                [Issue("curie", "one of curie and symbol is given", found, "give one")], code="ARGUMENT"
            )
        return await by_name(info, Gene, curie or symbol or "", "curie" if curie else "symbol", taxon)

    species = lookup(Species, "curie", "A species.")
    cell_type = lookup(CellType, "curie", "A cell type.")
    tissue = lookup(Tissue, "curie", "A tissue.")
    disease = lookup(Disease, "curie", "A disease.")
    disease_model = lookup(DiseaseModel, "curie", "A disease model, such as rTg4510.")
    disease_state = lookup(DiseaseState, "curie", "A human disease state.")
    drug = lookup(Drug, "curie", "A drug.")
    drug_condition = lookup(DrugCondition, "curie", "A drug condition.")
    regulon = lookup(Regulon, "curie", "A regulon.")
    dataset = lookup(Dataset, "curie", "A dataset.")
    contrast = lookup(Contrast, "curie", "A contrast.")
    cell_population = lookup(
        CellPopulation, "id", "Cells of one type in one dataset, and what corresponds to them in other species."
    )

    embedding = lookup(Embedding, "id", "An embedding shared by cells of several species, with the card of its run.")

    @strawberry.field(description="Embeddings shared by cells of several species, sorted by name.")
    @paged
    async def embeddings(self, info: Info, *, window: Window) -> page_of("Embedding"):  # type: ignore[valid-type]
        return await listed(info, Embedding, window)

    @strawberry.field(
        description="Populations of any species with the nearest centroids in the same embedding, by cosine."
    )
    async def similar_populations(
        self,
        info: Info,
        to: Annotated[str, strawberry.argument(description="a cell population: curie or global id")],
        first: First = 20,
    ) -> SimilarPopulations:
        return await similar(info, to, first)

    release = lookup(Release, "curie", "A release.")
    atlas = lookup(Atlas, "curie", "An atlas that small studies are mapped to.")

    @strawberry.field(description="Sorted by name.")
    @paged
    async def atlases(self, info: Info, taxon: Text = None, *, window: Window) -> page_of("Atlas"):  # type: ignore[valid-type]
        return await listed(info, Atlas, window, taxon=taxon)

    @strawberry.field(
        description="A version of an atlas: where it stands now, stood at a date, or the version of an id."
    )
    async def atlas_version(
        self,
        info: Info,
        curie: Annotated[
            str,
            strawberry.argument(
                description="curie or global id; pbmc, pbmc@2026-11-29 (where it stood when that day ended, UTC) or"
                " pbmc@3f9a01bc (its id or content id, or eight digits and more of one)"
            ),
        ],
    ) -> AtlasVersion | None:
        name = curie_of("AtlasVersion", curie, "curie")
        found = await info.context.ask(lambda backend: resolve(backend.store, name))
        return await by_id(info, AtlasVersion, found.id)

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

    @strawberry.field(description="Kinds of jobs, each with its arguments and files.")
    def job_kinds(self) -> list[KindForm]:
        return job_kinds()

    @strawberry.field(
        description="A job of yours; another's is unknown. Needs the scope jobs, as all that is about jobs."
    )
    async def job(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="curie or global id")]
    ) -> Job | None:
        return await job_by_id(info, id)

    @strawberry.field(description="Your jobs, newest first.")
    @paged
    async def jobs(
        self,
        info: Info,
        state: Annotated[JobState | None, strawberry.argument(description="only jobs in it")] = None,
        kind: Annotated[JobKind | None, strawberry.argument(description="only jobs of it")] = None,
        *,
        window: Window,
    ) -> page_of("Job"):  # type: ignore[valid-type]
        return await listed_jobs(info, window, state, kind)

    @strawberry.field(description="What you have sent, and the room that is taken.")
    async def job_space(self, info: Info) -> SpaceUse:
        return await job_space(info)

    @strawberry.field(description="What is in the graph, from which sources, and what is missing.")
    async def status(self, info: Info) -> GraphStatus:
        return GraphStatus(store=info.context.backend.store.dialect)


@strawberry.type
class Mutation(CurationMutation, JobMutation):
    """What changes something."""


class _Schema(strawberry.Schema):
    def process_errors(self, errors: object, execution_context: ExecutionContext | None = None) -> None:
        """Nothing: ``ShowErrors`` logs what it masks, under the id that the client is given."""


def build(limits: Limits, introspection: bool = True) -> strawberry.Schema:
    documents = Documents()
    return _Schema(
        Query,
        mutation=Mutation,
        config=StrawberryConfig(scalar_map={**SCALARS, **upload.SCALARS, **SAVED_SCALARS, **JOB_SCALARS}),
        execution_context_class=PlainFields,
        extensions=[lambda: ShowErrors(), lambda: Bounds(limits, introspection=introspection, documents=documents)],
    )


if __name__ == "__main__":
    print(build(Limits()).as_str())
