"""The card of a version: what it is made of, how reliable its answers are, what it cannot say, and whom to cite.

Its JSON is the object ``quality`` of a version. It says nothing of who put the version there, so that the same studies
give the same card.
"""

import math
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from kg.atlas.version import canonical, parsed, wrong_orcid
from kg.errors import ContractError, Issue

FORMAT = 1
_DIGITS = 6
_SHARES = frozenset({"coverage", "low", "high", "said", "observed", "share", "alpha"})
_RULES: dict[type, str] = {str: "a text", int: "a count", bool: "true or false"}
T = TypeVar("T")


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
    """``of``: what it was measured on; ``lowest``, ``highest``: over that."""

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
        """Of the studies, each once."""
        return tuple(dict.fromkeys(each.licence for each in self.studies))

    def pack(self) -> bytes:
        """Canonical JSON, floats with six digits behind the point. Raises ContractError CARD for anything but a
        card."""
        made = _checked(_plain(asdict(self)))
        return canonical({**_plain(asdict(made)), "format": FORMAT})

    @classmethod
    def unpack(cls, data: bytes) -> "Card":
        """Raises ContractError CARD with each field that is none, StoreError STORE_NEWER."""
        body = parsed(data, FORMAT, "a card of an atlas", "CARD")
        return _checked({name: value for name, value in body.items() if name != "format"})


def _checked(body: dict[str, Any]) -> Card:
    issues: list[Issue] = []
    made = _made(Card, body, "card", issues)
    for at, each in enumerate(body["contributors"] if not issues else ()):
        if each["orcid"] and (wrong := wrong_orcid(each["orcid"])):
            issues.append(_issue(f"card.contributors[{at}].{wrong.path}", wrong.rule, wrong.found))
    if issues or made is None:
        raise ContractError(issues, code="CARD")
    return made


def _made(kind: type[T], body: Any, path: str, issues: list[Issue]) -> T | None:
    """A dataclass from a JSON object with its fields; what is missing or of another kind is an issue."""
    if not isinstance(body, dict):
        issues.append(_issue(path, "an object", type(body).__name__))
        return None
    before, hints = len(issues), get_type_hints(kind)
    given = {}
    for each in fields(kind):  # type: ignore[arg-type]
        if each.name in body:
            given[each.name] = _value(hints[each.name], body[each.name], f"{path}.{each.name}", issues)
        elif each.default is MISSING:
            issues.append(_issue(f"{path}.{each.name}", "is given", "nothing"))
    issues += [_issue(f"{path}.{name}", "a field of a card", "another") for name in body.keys() - hints.keys()]
    return kind(**given) if len(issues) == before else None


def _value(hint: Any, value: Any, path: str, issues: list[Issue]) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            issues.append(_issue(path, "a list", type(value).__name__))
            return ()
        return tuple(_value(get_args(hint)[0], each, f"{path}[{at}]", issues) for at, each in enumerate(value))
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is None and type(None) in kinds:
        return None
    if float in kinds and isinstance(value, int | float) and not isinstance(value, bool):
        name = path.rpartition(".")[2]
        if not math.isfinite(value) or (name in _SHARES and not 0 <= value <= 1):
            issues.append(_issue(path, "a share from 0 to 1" if name in _SHARES else "a finite number", str(value)))
        return float(value)
    if is_dataclass(hint):
        return _made(cast(type[Any], hint), value, path, issues)
    if type(value) not in kinds or (isinstance(value, int) and value < 0):
        issues.append(_issue(path, _RULES.get(kinds[0], "a number"), str(value)[:80]))
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    value = value.item() if hasattr(value, "item") else value  # a number of NumPy
    return round(value, _DIGITS) + 0.0 if isinstance(value, float) else value


def _issue(path: str, rule: str, found: str) -> Issue:
    return Issue(path, f"CARD: {rule}", found, "make the version again of the same studies")
