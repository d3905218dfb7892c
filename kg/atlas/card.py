"""The card of a version: what it was built from, how reliable its answers are, what it cannot resolve, and whom to
cite.

It is stored as JSON, the object ``quality`` of the version. It does not name the author of the version, so that the
same studies give the same card.
"""

from dataclasses import asdict, dataclass
from typing import Any

from kg.atlas.form import Form, plain
from kg.atlas.version import canonical, parsed, wrong_orcid
from kg.errors import ContractError

FORMAT = 1
_FORM = Form(
    "CARD",
    "a card",
    "rebuild the version from the same studies",
    frozenset({"coverage", "low", "high", "said", "observed", "share", "alpha"}),
)


@dataclass(frozen=True)
class EngineLine:
    """The mapping engine. ``chosen_by``: why it was chosen, such as ``held-out donors: macro-F1 .91, MapMyCells' rule
    .89``."""

    name: str
    version: str
    chosen_by: str
    doi: str = ""


@dataclass(frozen=True)
class StudyLine:
    """One study. ``name``: as in the keys of its objects in the manifest; ``dataset``: curie; ``types``: number of cell
    types with cells from it; ``redistribute``: whether its licence lets others pass the data on."""

    name: str
    title: str
    dataset: str
    licence: str
    citation: str
    donors: int
    cells: int
    types: int = 0
    redistribute: bool = False
    doi: str = ""
    note: str = ""


@dataclass(frozen=True)
class TypeLine:
    """One cell type. ``donors``: 0 if unknown; ``cl``: Cell Ontology term; ``limit``: the threshold of its conformal
    set, a nonconformity score; ``provisional``: why its labels are provisional, or empty."""

    label: str
    donors: int
    cells: int
    cl: str = ""
    limit: float | None = None
    provisional: str = ""


@dataclass(frozen=True)
class CoverageLine:
    """``coverage``: share of held-out cells whose prediction set contains their type, 0 to 1, None if not measured;
    ``of``: all, donor or type; ``label``: which donor or type."""

    of: str
    label: str
    coverage: float | None
    cells: int
    donors: int = 0


@dataclass(frozen=True)
class ReliabilityBin:
    """Held-out cells with a predicted probability from ``low`` to ``high``: their mean predicted probability (``said``)
    and the share that was correct (``observed``); all from 0 to 1, None in an empty bin."""

    low: float
    high: float
    said: float | None
    observed: float | None
    cells: int


@dataclass(frozen=True)
class ConfusionLine:
    """``share``: fraction (0 to 1) of the held-out ``cells`` of a type that were assigned to its sister type
    ``called``."""

    type: str
    called: str
    share: float
    cells: int


@dataclass(frozen=True)
class MeasureLine:
    """One measure of quality. ``of``: what it was measured on; ``lowest``, ``highest``: its range over these."""

    name: str
    value: float | None
    of: str
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True)
class Contributor:
    name: str
    orcid: str = ""
    role: str = ""


@dataclass(frozen=True)
class Card:
    """``head``: the classifier head that gives the probabilities; ``alpha``: error rate of the conformal sets, 0 to 1;
    ``forbidden``: analyses ruled out by too few donors, in words; ``limits``: other known limitations; ``policy``:
    preprocessing, in one line; ``donors``, ``cells``: totals (donors 0 if no study records them)."""

    engine: EngineLine
    head: str
    policy: str
    cite: str
    donors: int
    cells: int
    alpha: float
    studies: tuple[StudyLine, ...]
    types: tuple[TypeLine, ...]
    coverage: tuple[CoverageLine, ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()
    confusion: tuple[ConfusionLine, ...] = ()
    measures: tuple[MeasureLine, ...] = ()
    forbidden: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    contributors: tuple[Contributor, ...] = ()

    @property
    def licences(self) -> tuple[str, ...]:
        """Curies of the studies' datasets, without duplicates."""
        return tuple(dict.fromkeys(each.licence for each in self.studies))

    def pack(self) -> bytes:
        """Canonical JSON, floats with six decimal places. Raises ContractError CARD if a field is invalid."""
        made = _checked(plain(asdict(self)))
        return canonical({**plain(asdict(made)), "format": FORMAT})

    @classmethod
    def unpack(cls, data: bytes) -> "Card":
        """Raises ContractError CARD with each field that is wrong, StoreError STORE_NEWER."""
        body = parsed(data, FORMAT, "a card of an atlas", "CARD")
        return _checked({name: value for name, value in body.items() if name != "format"})


def _checked(body: dict[str, Any]) -> Card:
    made = _FORM.made(Card, body, "card")
    issues = [
        _FORM.issue(f"card.contributors[{at}].{wrong.path}", wrong.rule, wrong.found)
        for at, each in enumerate(made.contributors)
        if each.orcid and (wrong := wrong_orcid(each.orcid))
    ]
    if issues:
        raise ContractError(issues, code="CARD")
    return made
