"""One uploaded signature against the graph: the family of a stored contrast, by the same functions, and nothing
stored."""

from collections.abc import Callable
from typing import TypeVar

from kg.ask.assemble import Found, assembled
from kg.ask.questions import choice_of, disease_term, holding, sets_left_out
from kg.ask.upload import Upload, check
from kg.ask.upload_contrast import bring, named_reference
from kg.ask.upload_material import material_of
from kg.curie import HUMAN
from kg.errors import ContractError, Issue, UnknownTermError
from kg.match.compared import BROUGHT
from kg.match.orthology import Policy
from kg.records.match import UPLOADED, Answer
from kg.sides.workspace import Workspace
from kg.store.driver import Store
from kg.tables.gene_sets import GeneSetFile
from kg.verdict.many import ranked_family, ranked_pairs
from kg.verdict.ranked import joined
from kg.verdict.record import family_text

T = TypeVar("T")


def signature_answer(
    store: Store,
    ws: Workspace,
    upload: Upload,
    *,
    disease: str | None = None,
    level: str = "gene",
    policy: str = "one2one",
    sets: GeneSetFile | None = None,
    every: bool = False,
) -> tuple[Answer, Workspace]:
    """Which human states under ``disease`` (MONDO id or label; None: all) an uploaded signature matches, best first;
    one of human samples is compared with the mouse models as well. ``sets``: compare these gene sets, whatever the
    level; ``every``: list all changes of each match. With the workspace that the signature visits, by which its
    matches are explained.

    Neither the graph nor the signature store is written. Ids of the matches and of the contrast start with
    ``uploaded:`` and are made of the content. Raises ContractError with every problem of the upload, and
    UnknownTermError.
    """
    ws, level = holding(ws, sets), BROUGHT if sets else level
    catalog, problems = ws.catalog, _Problems()
    choice: Policy | None = problems.of("level", lambda: choice_of(level, policy))
    term = problems.of("disease", lambda: disease_term(store, catalog, disease))
    reference = problems.of("reference", lambda: named_reference(ws, upload))
    material = problems.of(
        "cellType" if upload.cell_type else "tissue", lambda: material_of(store, ws, upload, reference)
    )
    checked = problems.of("signature", lambda: check(upload))
    problems.end()
    assert choice
    assert material
    assert checked
    brought = bring(ws, checked, material, reference, term)
    info, here = brought.guest.info, ws.visited(brought.guest)
    text = family_text(info, term, level, policy)
    # Among human samples no ortholog is asked for, so that no policy can move the score.
    parts = [ranked_family(here, info, disease=term, level=level, policy=choice, band=info.taxon != HUMAN)]
    if info.taxon == HUMAN:
        models = sorted((c for c in catalog.contrasts.values() if c.model), key=lambda c: c.id)
        against = ranked_pairs(here, info, models, level=level, policy=choice)
        parts.append(against)
        text = "; ".join([text, *dict.fromkeys(r.family for r in against[:1])])
    found = joined(parts, _unstored)
    question = (
        f"which {level}-level changes of {info.label} (uploaded, not stored) match human states under"
        f" {term or 'any disease'}"
    )
    left_out = (*brought.gaps, *sets_left_out(ws))
    return assembled(store, here, Found(question, text, found, left_out), every=every), here


def _unstored(match: str) -> str:
    return UPLOADED + match.rpartition("/")[2]


class _Problems:
    """What is wrong with a question, gathered, so that one answer names all of it."""

    def __init__(self) -> None:
        self._issues: list[Issue] = []
        self._unknown: list[UnknownTermError] = []

    def of(self, path: str, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except ContractError as error:
            self._issues += error.issues
        except UnknownTermError as error:
            self._unknown.append(error)
            self._issues.append(Issue(path, error.code, error.term, str(error)))
        return None

    def end(self) -> None:
        """Raises what was found: one unknown term as itself, all else as one ContractError."""
        if len(self._issues) == 1 and self._unknown:
            raise self._unknown[0]
        if self._issues:
            codes = {issue.rule.partition(":")[0] for issue in self._issues}
            raise ContractError(self._issues, code=codes.pop() if len(codes) == 1 else "CONTRACT")
