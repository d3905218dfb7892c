"""The question of a drug across species: do an animal and human cells change alike?"""

from kg.ask.assemble import Found, assembled
from kg.ask.measured import or_not_measured
from kg.ask.questions import choice_of, holding, together
from kg.curie import HUMAN
from kg.errors import MethodError
from kg.match.compared import BROUGHT
from kg.names.species import name_of
from kg.records.match import Answer
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.tables.gene_sets import GeneSetFile
from kg.verdict.family import pairwise
from kg.verdict.many import ranked_pairs


def species_answer(
    store: Store,
    signatures: SignatureStore,
    *,
    drug: str,
    level: str = "gene",
    policy: str = "one2one",
    first: int | None = None,
    sets: GeneSetFile | None = None,
    every: bool = False,
) -> Answer:
    """Every condition of a drug in an animal against its conditions in human cells: the same change (score above 0),
    the opposite one, or none beyond noise. ``first``, ``sets`` and ``every`` as ``kg.ask.questions.compare_answer`` has
    them. Raises what :func:`across_species` does."""
    ws = holding(Workspace(Catalog.read(store), signatures), sets)
    level = BROUGHT if sets else level
    with or_not_measured(store):
        found = across_species(ws, drug=drug, level=level, policy=policy, ranked=first is not None)
    return assembled(store, ws, found, first=first, every=every)


def across_species(ws: Workspace, *, drug: str, level: str, policy: str, ranked: bool) -> Found:
    """``ranked`` as ``kg.ask.questions.compared`` has it. The family is that of each condition in an animal: all
    conditions of the drug in human cells.

    Raises UnknownTermError, ContractError, and MethodError ONE_SPECIES for a drug that is not measured in an animal and
    in human cells.
    """
    choice = choice_of(level, policy)
    contrasts = sorted(ws.catalog.of_drug(drug), key=lambda each: each.id)
    animals, human = ([c for c in contrasts if (c.taxon == HUMAN) == of] for of in (False, True))
    if not animals or not human:
        known = ", ".join(f"{c.label} ({name_of(c.taxon)})" for c in contrasts)
        side = "an animal" if human else "human cells"
        raise MethodError(
            f"{drug} is not measured in {side}: {known}. What to do: ingest a study of it in {side} by a manifest, with"
            " kind: drug",
            code="ONE_SPECIES",
        )
    ask = ranked_pairs if ranked else pairwise
    parts = [ask(ws, contrast, human, level=level, policy=choice) for contrast in animals]
    species = " and ".join(sorted({name_of(c.taxon) for c in animals}))
    return together(ws, f"does {drug} cause the same {level}-level changes in {species} and in human", parts, ranked)
