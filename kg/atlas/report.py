"""What a submission would change in an atlas: what each gate checked and found, before and after, and which types are
new.

It is stored as a JSON object alongside the candidate's manifest. It does not name the submitter, so that the same
studies on the same version give the same report.
"""

from dataclasses import asdict, dataclass
from typing import Literal

from kg.atlas.form import Form, plain
from kg.atlas.version import canonical, parsed

Outcome = Literal["passed", "failed", "underpowered", "not applicable", "shown"]
Standing = Literal["single-study", "confirmed", "provisional"]
Judged = Literal["failed", "underpowered", "passed"]
FORMAT = 1
_FORM = Form("REPORT", "a report", "submit the same studies again")


@dataclass(frozen=True)
class GateLine:
    """One check of a gate. ``of``: a node of the tree, a donor, a pair of types or a measure; ``value``: the number
    compared with ``limit``; ``old``, ``new``: the measure on the parent and on the candidate, for the same cells;
    ``lowest``, ``highest``: bounds of the value; ``stops``: whether this check blocks the submission. None where a
    number does not apply."""

    of: str
    value: float | None
    limit: float | None
    old: float | None = None
    new: float | None = None
    lowest: float | None = None
    highest: float | None = None
    note: str = ""
    stops: bool = False


@dataclass(frozen=True)
class Gate:
    """One gate. ``id``: such as ``G5``; ``reason``: the reason for the outcome, in words; ``fix``: what to do about
    it."""

    id: str
    name: str
    outcome: Outcome
    lines: tuple[GateLine, ...] = ()
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Marker:
    """A marker gene. ``effect``: log2 fold change against all other cells; ``donors``: number of donors in which it was
    found."""

    gene: str
    effect: float
    donors: int


@dataclass(frozen=True)
class NewType:
    """A cell type that the parent lacks. ``id``: permanent, even if the type is renamed; ``parent_cl``: the Cell
    Ontology term above it."""

    id: str
    label: str
    parent_cl: str
    markers: tuple[Marker, ...]
    cells: int
    donors: int
    standing: Standing


@dataclass(frozen=True)
class Report:
    """``base``: curie of the version that the submission was checked against; ``studies``: names of the new studies;
    ``donors``, ``cells``: their totals; ``affected``, ``untouched``: nodes of the tree; ``flips``: verdicts that would
    change, in words."""

    base: str
    atlas: str
    studies: tuple[str, ...]
    donors: int
    cells: int
    affected: tuple[str, ...]
    untouched: tuple[str, ...]
    gates: tuple[Gate, ...]
    new_types: tuple[NewType, ...] = ()
    flips: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """Ids of the gates that block."""
        return tuple(each.id for each in self.gates if each.outcome == "failed")

    @property
    def underpowered(self) -> tuple[str, ...]:
        """Ids of the gates that had too few donors to judge."""
        return tuple(each.id for each in self.gates if each.outcome == "underpowered")

    @property
    def status(self) -> Judged:
        return "failed" if self.failed else "underpowered" if self.underpowered else "passed"

    def pack(self) -> bytes:
        """Canonical JSON, floats with six decimal places. Raises ContractError REPORT if a field is invalid."""
        made = _FORM.made(Report, plain(asdict(self)), "report")
        return canonical({**plain(asdict(made)), "format": FORMAT})

    @classmethod
    def unpack(cls, data: bytes) -> "Report":
        """Raises ContractError REPORT listing each field that is wrong; StoreError STORE_NEWER."""
        body = parsed(data, FORMAT, "a report of a submission", "REPORT")
        return _FORM.made(cls, {name: value for name, value in body.items() if name != "format"}, "report")
