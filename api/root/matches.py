"""Matches: of a model, of an uploaded signature, of two models, of a drug; and one by its id."""

from typing import Annotated

import strawberry

from api.graphql.context import Backend
from api.graphql.node import curie_of
from api.graphql.reading import Info
from api.graphql.window import Window, paged
from api.types.enums import ASKED_LEVEL, ASKED_POLICY, Level, MatchStatus, Policy, Specificity
from api.types.matches import upload
from api.types.matches.connection import MatchConnection, answer, by_sets, one_stored, several
from api.types.matches.grid import After, First, ModelGrid, model_grid
from api.types.matches.match import Match
from api.types.matches.pairing import PairBy
from api.types.matches.sets import Sets, file_of
from api.types.matches.upload import SignatureInput
from kg.ask import questions
from kg.ask.assemble import Found
from kg.ask.measured import or_not_measured
from kg.ask.species import across_species
from kg.sides.workspace import Workspace
from kg.stored.pages import Only


@strawberry.type
class Matches:
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
        sets: Sets = None,
        *,
        window: Window,
    ) -> MatchConnection:
        only = Only(status.name if status else None, specificity.name if specificity else None)
        read, of = file_of(sets, level), curie_of("DiseaseModel", model, "model")
        words = {
            "disease": disease and curie_of("Disease", disease, "disease"),
            "cell_type": cell_type and curie_of("CellType", cell_type, "cellType"),
            "policy": policy.value,
            "pair_by": pair_by.value,
        }
        if sets:
            return await by_sets(info, of, only, window, read, **words)
        return await answer(info, of, level=level.value, only=only, window=window, **words)

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
        sets: Sets = None,
        *,
        window: Window,
    ) -> MatchConnection:
        term = disease and curie_of("Disease", disease, "disease")
        return await upload.answer(info, signature, term, level, policy, window, sets)

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

        def ask(backend: Backend, ws: Workspace) -> Found:
            with or_not_measured(backend.store):
                return questions.compared(ws, **words, ranked=True)

        return await several(info, ("compare", *words.values()), ask, window)

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
            with or_not_measured(backend.store):
                return questions.of_drug(ws, **words, disease=within, ranked=True)

        return await several(info, ("drug", term, *words.values()), ask, window)

    @strawberry.field(
        description=(
            "Does a drug cause the same changes in an animal and in human cells? Every condition in an animal against"
            " every one in human cells, by the null of all matches, as in `orthokg compare --drug --first`: score above"
            " 0 alike, below 0 opposite; q is over the conditions in human cells. Computed for this answer. Sorted as"
            " matches. Error: ONE_SPECIES."
        )
    )
    @paged
    async def drug_across_species(
        self,
        info: Info,
        drug: Annotated[str, strawberry.argument(description="name or id of a drug with measured conditions")],
        level: Level = ASKED_LEVEL,
        policy: Policy = ASKED_POLICY,
        *,
        window: Window,
    ) -> MatchConnection:
        words = {"drug": curie_of("Drug", drug, "drug"), "level": level.value, "policy": policy.value}

        def ask(backend: Backend, ws: Workspace) -> Found:
            with or_not_measured(backend.store):
                return across_species(ws, **words, ranked=True)

        return await several(info, ("species", *words.values()), ask, window)

    @strawberry.field(
        description=(
            "One stored match by its id. Matches of policy one2one are stored, for the diseases of the model and the "
            "diseases below them."
        )
    )
    async def match(self, info: Info, id: strawberry.ID) -> Match | None:
        return await one_stored(info, curie_of("Match", id, "id"))

    @strawberry.field(
        description=(
            "Every model against every disease, from stored matches (policy one2one). Models are sorted by curie,"
            " diseases by name, the first 200."
        )
    )
    async def model_grid(
        self, info: Info, level: Level = ASKED_LEVEL, first: First = 100, after: After = None
    ) -> ModelGrid:  # type: ignore[valid-type]
        return await model_grid(info, level, first, after)
