"""What one ingest did: a step for each source, and the tables that it leaves in the home."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, field, fields
from io import StringIO
from pathlib import Path
from typing import TextIO

from ingest.batch import Quarantined
from kg.files.whole import not_writable
from kg.files.whole import replace as replace_file
from kg.stored.changes import Changes
from kg.tables.spreadsheet import quoted
from kg.verdict.carry import Carried


@dataclass
class Step:
    """One source or dataset. ``status``: loaded, unchanged, missing, failed, or damaged (and not of this run);
    ``told``: what it used of its cells, and all that is missing of it."""

    source: str
    status: str
    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    dangling: int = 0
    reason: str = ""
    seconds: float = 0.0
    told: list[str] = field(default_factory=list)
    doubts: tuple[str, ...] = ()


@dataclass
class Report:
    steps: list[Step] = field(default_factory=list)
    quarantined: dict[str, list[Quarantined]] = field(default_factory=dict)
    matches: int = 0
    quarantine: Path | None = None
    carried: Carried = field(default_factory=Carried)
    changed_ids: Path | None = None
    changes: Changes = field(default_factory=Changes)
    changes_table: Path | None = None
    mended: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 complete, 3 with rows in quarantine, 1 when something failed, or is damaged and was not of this run."""
        if any(step.status in ("failed", "damaged") for step in self.steps):
            return 1
        return 3 if any(step.quarantined for step in self.steps) else 0

    def write_quarantine(self, home: Path) -> None:
        """All quarantined rows of this ingest, one table."""
        if any(self.quarantined.values()):
            self.quarantine = home / "quarantine.tsv"
            rows = ((source, *astuple(row)) for source, own in self.quarantined.items() for row in own)
            _write_rows(self.quarantine, ("source", *(f.name for f in fields(Quarantined))), rows)

    def write_changed_ids(self, home: Path) -> None:
        """Former and new id of each node whose id has changed."""
        if self.carried.changed:
            self.changed_ids = home / "changed-ids.tsv"
            _write_rows(self.changed_ids, ("label", "former", "new"), self.carried.changed)

    def write_changes(self, home: Path) -> None:
        """Each verdict that this ingest changed, and why."""
        self.changes_table = home / "changes.tsv"
        _write_table(self.changes_table, self.changes.write)


def _write_rows(path: Path, header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    def write(out: TextIO) -> None:
        table = csv.writer(out, delimiter="\t")
        table.writerow(header)
        table.writerows([quoted(str(cell)) for cell in row] for row in rows)

    _write_table(path, write)


def _write_table(path: Path, write: Callable[[TextIO], None]) -> None:
    """A table of the home, whole or not at all."""
    text = StringIO(newline="")
    write(text)
    try:
        replace_file(path, text.getvalue().encode())
    except OSError as error:
        raise not_writable(str(path), error) from error
