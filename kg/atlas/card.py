"""The card of a version: what it is made of, how reliable its answers are, what it cannot tell, and whom to cite.

Its JSON is the object ``quality`` of a version. It does not say who made the version, so that the same studies give the
same card.
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
    "make the version again from the same studies",
    frozenset({"coverage", "low", "high", "said", "observed", "share", "alpha"}),
)


@dataclass(frozen=True)
class EngineLine:
    """``chosen_by``: why this one, such as ``held-out donors: macro-F1 .91, MapMyCells' rule .89``."""

    name: str
    version: str
    chosen_by: str
    doi: str = ""


@dataclass(frozen=True)
class StudyLine:
    """``name``: of its objects in the manifest; ``dataset``: curie; ``types``: how many it has cells of."""

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
    """``donors``: 0 where they are not known; ``cl``: Cell Ontology term; ``limit``: of its conformal set, a
    nonconformity score; ``provisional``: why its labels are provisional, or empty."""

    label: str
    donors: int
    cells: int
    cl: str = ""
    limit: float | None = None
    provisional: str = ""


@dataclass(frozen=True)
class CoverageLine:
    """``coverage``: share of held-out cells whose type is in their set, 0 to 1, None where it was not measured; ``of``:
    all, donor or type; ``label``: which."""

    of: str
    label: str
    coverage: float | None
    cells: int
    donors: int = 0


@dataclass(frozen=True)
class ReliabilityBin:
    """Held-out cells whose probability is from ``low`` to ``high``: the mean of it that was ``said``, and the share
    ``observed`` to be right; all 0 to 1, None in an empty bin."""

    low: float
    high: float
    said: float | None
    observed: float | None
    cells: int


@dataclass(frozen=True)
class ConfusionLine:
    """``share``: of the held-out ``cells`` of a type that were called its sister ``called``."""

    type: str
    called: str
    share: float
    cells: int


@dataclass(frozen=True)
class MeasureLine:
    """``of``: what it was measured on; ``lowest``, ``highest``: range over these."""

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
    """``head``: which head gives the probabilities; ``alpha``: of the conformal sets, 0 to 1; ``forbidden``: what too
    few donors forbid, in words; ``limits``: what else is to be known; ``policy``: of preprocessing, in a line;
    ``donors``, ``cells``: in all, donors 0 where no study knows them."""

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
        """Datasets of the studies, each once."""
        return tuple(dict.fromkeys(each.licence for each in self.studies))

    def pack(self) -> bytes:
        """Canonical JSON, floats with six decimal places. Raises ContractError CARD for anything but a card."""
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
