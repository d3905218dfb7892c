"""Which rows may leave: each under the licence of its source, and what may not be passed on is left out and counted.

Three rules (``decisions/0021``):

- All rows of a source whose licence does not let others pass them on, or that states none, are left out.
- Of such a *dataset* only the values are: its donors, and what its contrasts change gene by gene, also where a match
  repeats it. That the dataset and its contrasts exist, and the verdicts computed here, are no part of its data.
- A relationship goes with either of its ends.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import LiteralString, cast

from kg.export.terms import NONE_STATED, OWN, Terms
from kg.read.stream import Row, edge_rows, node_rows
from kg.release.releases import Fingerprinter, is_data
from kg.schema.nodes import LASTING
from kg.schema.spec import EdgeSpec, NodeSpec
from kg.store.driver import Store

VALUES = frozenset({"Donor", "USES_DONOR", "CHANGES_GENE", "CHANGES_REGULON"})
LICENSE = "license"
"""What the licence of a row is called in every row; a Dataset and a Source have a ``licence`` of their own."""
_SIDES: LiteralString = """
MATCH (k:Match)-[:MATCH_OF]->(c:Contrast)
OPTIONAL MATCH (c)-[:POOLS]->(cohort:Contrast)
WITH k, c, collect(cohort) AS cohorts
UNWIND [c] + cohorts AS side
MATCH (side)-[:FROM_DATASET]->(d:Dataset) WHERE d.id IN $datasets
RETURN DISTINCT k.id AS match, d.source AS source ORDER BY match, source
"""


class Selection:
    """The rows that may leave, each with its licence as ``license``. Of what has been asked for: ``left_out`` counts
    (source, licence, label or type, why); ``used`` are the sources that the rows rest on, ``types`` those of each type
    of relationship; ``fingerprinter`` has seen every row, also those left out, and knows the graph when each label and
    pair has been asked for once, in the schema's order."""

    def __init__(self, store: Store):
        self.store = store
        self.fingerprinter = Fingerprinter()
        self.used: set[str] = set()
        self.types: dict[str, set[str]] = {}
        self.terms = Terms(store)
        self.licences = self.terms.licences
        self.left_out: Counter[tuple[str, str, str, str]] = Counter()
        self.rows: Counter[str] = Counter()
        owners = set(self.terms.datasets.values())
        self._closed = {each.source for each in self.licences.values() if not each.redistribute} | self._unknown()
        self._only_values = self._closed & owners
        self._gone = self._gone_nodes()
        closed = [key for key, source in self.terms.datasets.items() if source in self._closed]
        self._repeats = (
            {row["match"]: row["source"] for row in reversed(store.read(_SIDES, datasets=closed))} if closed else {}
        )

    def nodes(self, spec: NodeSpec) -> Iterator[Row]:
        data = is_data(spec, None)
        for row in node_rows(self.store, spec):
            if data:
                self.fingerprinter.add(spec, None, row)
            if row["id"] in self._gone:
                self._leave(row.get("source", ""), spec.label)
            else:
                self.rows[spec.label] += 1
                yield self._licensed(row)

    def edges(self, spec: EdgeSpec, pair: tuple[str, str]) -> Iterator[Row]:
        data = is_data(spec, pair)
        for row in edge_rows(self.store, spec, pair):
            if data:
                self.fingerprinter.add(spec, pair, row)
            source = row.get("source", "")
            if source in self._closed and (source not in self._only_values or spec.type in VALUES):
                self._leave(source, spec.type)
            elif ends := [self._gone[row[end]] for end in ("subject", "object") if row[end] in self._gone]:
                self._leave(ends[0], spec.type, "one of its ends is left out")
            elif (spec.type, pair[1]) == ("SUPPORTED_BY", "Gene") and row["subject"] in self._repeats:
                self._leave(self._repeats[row["subject"]], spec.type, "repeats values of the dataset gene by gene")
            else:
                self.rows[spec.type] += 1
                self.types.setdefault(spec.type, set()).add(source)
                yield self._licensed(row)

    def values(self, sources: Collection[str], what: str, n: int) -> bool:
        """Whether ``n`` values of a contrast that belongs to these sources may leave; they are counted either way."""
        for source in sources:
            if source in self._closed:
                self._leave(source, what, n=n)
                return False
        self.rows[what] += n
        self.used.update(sources)
        return True

    def _licensed(self, row: Row) -> Row:
        row[LICENSE], on = self.terms.of(row)
        self.used.update(on)
        return row

    def licence(self, source: str) -> str:
        return self.terms.licence(source)

    def _leave(self, source: str, what: str, why: str = "", n: int = 1) -> None:
        licence = self.licence(source)
        stated = "its source is not marked as redistributable"
        reason = "no licence is stated" if licence.startswith(NONE_STATED) else stated
        self.left_out[source, licence, what, why or reason] += n

    def _unknown(self) -> set[str]:
        """Owners of rows without a Source of their own."""
        found: set[str] = set()
        for spec in LASTING:
            rows = self.store.read(cast(LiteralString, f"MATCH (n:{spec.label}) RETURN DISTINCT n.source AS source"))
            found |= {row["source"] or "" for row in rows}
        return found - set(self.licences) - OWN

    def _gone_nodes(self) -> dict[str, str]:
        """Id -> source of the nodes that are left out."""
        gone: dict[str, str] = {}
        for spec in LASTING:
            if spec.label in ("Source", "Run"):
                continue
            closed = sorted(self._closed if spec.label in VALUES else self._closed - self._only_values)
            query = cast(
                LiteralString, f"MATCH (n:{spec.label}) WHERE n.source IN $closed RETURN n.id AS id, n.source AS s"
            )
            gone |= {row["id"]: row["s"] for row in self.store.read(query, closed=closed)}
        return gone
