"""What a submission does to an atlas: what each gate asked of it and found, old beside new, and which types are new.

Its JSON is an object beside the candidate's manifest. It says nothing of who submitted, so that the same studies on the
same version give the same report.
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
    """One thing that a gate looked at. ``of``: a node of the tree, a donor, a pair of types or a measure; ``value``:
    what was compared with ``limit``; ``old``, ``new``: on the parent and on the candidate, of the same cells;
    ``lowest``, ``highest``: bounds of the value; ``stops``: it is what blocks. None where there is no such number."""

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
    """``id``: such as ``G5``; ``reason``: of the outcome, in words; ``fix``: what to do about it."""

    id: str
    name: str
    outcome: Outcome
    lines: tuple[GateLine, ...] = ()
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Marker:
    """``effect``: log2 fold change against the rest; ``donors``: in how many it was found."""

    gene: str
    effect: float
    donors: int


@dataclass(frozen=True)
class NewType:
    """A cell type that the parent lacks. ``id``: stays the same whatever it is called later; ``parent_cl``: Cell
    Ontology term that it stands under."""

    id: str
    label: str
    parent_cl: str
    markers: tuple[Marker, ...]
    cells: int
    donors: int
    standing: Standing


@dataclass(frozen=True)
class Report:
    """``base``: curie of the version that it was checked against; ``studies``: that are new, by name; ``donors``,
    ``cells``: of them; ``affected``, ``untouched``: nodes of the tree; ``flips``: verdicts that would change, in
    words."""

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
        """Canonical JSON, floats with six digits behind the point. Raises ContractError REPORT for anything but a
        report."""
        made = _FORM.made(Report, plain(asdict(self)), "report")
        return canonical({**plain(asdict(made)), "format": FORMAT})

    @classmethod
    def unpack(cls, data: bytes) -> "Report":
        """Raises ContractError REPORT with each field that is none, StoreError STORE_NEWER."""
        body = parsed(data, FORMAT, "a report of a submission", "REPORT")
        return _FORM.made(cls, {name: value for name, value in body.items() if name != "format"}, "report")
