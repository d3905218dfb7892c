"""What could not be read in an ingest: told in its report and, of a source that is missing, in the graph."""

from collections.abc import Callable
from typing import Any

from ingest.load.dataset import guarded
from ingest.load.report import Report, Step
from kg.errors import KgError, SourceError
from kg.store.driver import Store
from kg.store.write import write_nodes

Progress = Callable[[str], None]


class Gaps:
    """Every source is attempted here: where one fails, the others go on."""

    def __init__(self, report: Report, progress: Progress):
        self.report, self.progress = report, progress
        self._tried: set[str] = set()
        self._found: set[str] = set()
        self._missing: list[dict[str, Any]] = []

    def attempt(self, what: str, work: Callable[[], None]) -> None:
        self.progress(what)
        self._tried.add(what)
        if isinstance(error := guarded(what, work), KgError):
            self.add(what, "missing" if isinstance(error, SourceError) else "failed", error)

    def add(self, what: str, status: str, error: KgError) -> None:
        """A source that is missing is known to the graph; an input that breaks its contract leaves no trace there."""
        reason = f"[{error.code}] {error}"
        self.report.steps.append(Step(what, status, reason=reason))
        self._found.add(what)
        if status == "missing":
            self._missing.append({"id": what, "label": what, "status": status, "reason": reason[:2000]})

    def write(self, store: Store) -> None:
        for fact in self._missing:
            write_nodes(store, "Source", [fact], source=fact["id"], run="orthokg:run/missing")
        self._missing.clear()

    def forget(self, store: Store) -> None:
        """What was missing once and is not any more."""
        for row in store.read("MATCH (s:Source {status: 'missing'}) RETURN s.id AS id"):
            if row["id"] in self._tried - self._found:
                store.write("MATCH (s:Source {id: $id, status: 'missing'}) DETACH DELETE s", id=row["id"])
