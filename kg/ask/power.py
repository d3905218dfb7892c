"""The question of a plan: how many animals would it take, at which power of each status."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kg.ask.questions import planned
from kg.errors import ContractError, Issue, MethodError
from kg.match.power import CARD, DRAWS
from kg.records.match import Gap
from kg.release.releases import release_text
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.verdict.power import PlannedPair, power_of_family

LARGEST = 1000
_REMEDY = "ingest counts of the samples (donors, animals) of that side, or a full table and a healthy reference for it"


@dataclass(frozen=True)
class PowerAnswer:
    """``pairs``: by contrast and state; ``gaps``: pairs without a plan, and what they lack."""

    question: str
    release: str
    method: str
    draws: int
    pairs: tuple[PlannedPair, ...]
    gaps: tuple[Gap, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def power_answer(
    store: Store,
    signatures: SignatureStore,
    *,
    model: str,
    disease: str,
    level: str = "gene",
    policy: str = "one2one",
    animals: Sequence[int] = tuple(range(3, 16)),
) -> PowerAnswer:
    """The power of every match of ``model`` with the states under ``disease`` (MONDO id or label), for each of
    ``animals`` in an arm (2 to 1,000), by contrast and state.

    Raises UnknownTermError and ContractError as the question of a match does; ARGUMENT for a number of animals; and
    MethodError where no pair has a plan: NO_FACTOR where a side has no noise factor, NO_SIGNAL where the model or the
    state has no effect above its noise.
    """
    return power_in(
        store,
        Workspace(Catalog.read(store), signatures),
        model=model,
        disease=disease,
        level=level,
        policy=policy,
        animals=animals,
    )


def power_in(
    store: Store, ws: Workspace, *, model: str, disease: str, level: str, policy: str, animals: Sequence[int]
) -> PowerAnswer:
    """:func:`power_answer` over a given workspace."""
    bad = [n for n in animals if not 2 <= n <= LARGEST]
    if bad or not animals:
        fix = "write a range such as 3..15"
        issue = Issue("animals", f"each arm has 2 to {LARGEST:,} animals", str(bad[0] if bad else "none"), fix)
        raise ContractError([issue], code="ARGUMENT")
    plan = planned(store, ws.catalog, model=model, disease=disease, cell_type=None, level=level, policy=policy)
    pairs: list[PlannedPair] = []
    gaps: list[Gap] = []
    for contrast in plan.contrasts:
        made, lacking = power_of_family(
            ws, contrast, disease=plan.disease, level=level, policy=plan.policy, animals=animals
        )
        pairs += made
        gaps += lacking
    if not pairs:
        told = "; ".join(dict.fromkeys(f"{gap.what}: {gap.why}" for gap in gaps))
        if all("no effect above its noise" in gap.why for gap in gaps):
            raise MethodError(f"{told}. What to do: plan for a model with a measured effect", code="NO_SIGNAL")
        raise MethodError(f"no noise to plan with: {told}. What to do: {_REMEDY}", code="NO_FACTOR")
    question = f"how many animals it takes for {level}-level matches of {model} with human states under {plan.disease}"
    return PowerAnswer(question, release_text(store, ws.signatures), str(CARD), DRAWS, tuple(pairs), tuple(gaps))
