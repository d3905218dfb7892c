"""The question of stages: how a model's match moves along the stages of a disease, or over regions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kg.ask.questions import holding, planned, sets_left_out
from kg.errors import ContractError, Issue, MethodError
from kg.match.compared import BROUGHT
from kg.match.stages import CARD
from kg.records.match import Gap
from kg.release.releases import release_text
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.tables.gene_sets import GeneSetFile
from kg.verdict.stages import BY, Stages, stages_of


@dataclass(frozen=True)
class StagesAnswer:
    """``contrasts``: of the model, each with its stages; ``gaps``: what is not compared, and why."""

    question: str
    release: str
    method: str
    contrasts: tuple[Stages, ...]
    gaps: tuple[Gap, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def stages_answer(
    store: Store,
    signatures: SignatureStore,
    *,
    model: str,
    disease: str,
    level: str = "gene",
    policy: str = "one2one",
    by: str = "stage",
    order: Sequence[str] = (),
    sets: GeneSetFile | None = None,
) -> StagesAnswer:
    """How each contrast of ``model`` matches the stages under ``disease`` (MONDO id or label), and the difference of
    each two. ``by``: stage or region; ``order``: stages, the earliest first; ``sets``: compare these gene sets.

    Raises UnknownTermError and ContractError as the question of a match does, and MethodError NO_STAGES where no two
    stages can be compared.
    """
    ws = holding(Workspace(Catalog.read(store), signatures), sets)
    level = BROUGHT if sets else level
    return stages_in(store, ws, model=model, disease=disease, level=level, policy=policy, by=by, order=order)


def stages_in(
    store: Store, ws: Workspace, *, model: str, disease: str, level: str, policy: str, by: str, order: Sequence[str]
) -> StagesAnswer:
    """:func:`stages_answer` over a given workspace, which holds the gene sets of the question."""
    if by not in BY:
        issue = Issue("by", "what is compared is a stage or a region", by, f"use one of {', '.join(BY)}")
        raise ContractError([issue], code="ARGUMENT")
    plan = planned(store, ws.catalog, model=model, disease=disease, cell_type=None, level=level, policy=policy)
    asked = {"disease": plan.disease, "level": level, "policy": plan.policy, "by": by, "order": order}
    found = tuple(stages_of(ws, contrast, **asked) for contrast in plan.contrasts)
    if not any(each.rows for each in found):
        told = "; ".join(dict.fromkeys(f"{gap.what}: {gap.why}" for each in found for gap in each.gaps))
        remedy = f"ingest cohorts of two or more {by}s of one material, each with `{by}` in its manifest"
        raise MethodError(f"no two {by}s of {plan.disease} can be compared: {told or 'none is loaded'}. {remedy}",
                          code="NO_STAGES")  # fmt: skip
    question = f"how {level}-level matches of {model} move along the {by}s of {plan.disease}"
    return StagesAnswer(question, release_text(store, ws.signatures), str(CARD), found, sets_left_out(ws))
