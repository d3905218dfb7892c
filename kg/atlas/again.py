"""An open submission is checked once more, where its branch stands by then: the same number, another base and report.

The reports of earlier checks stay, and so do reviews, which count for the check that they are of.
"""

from typing import LiteralString

from kg.atlas.commit import OWNED, lock
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Report
from kg.atlas.submissions import OPEN, Submission, closed, put_check, submission
from kg.atlas.version import Manifest, Version
from kg.atlas.versions import after
from kg.errors import KgError
from kg.store.driver import Store, Transaction

_STANDS: LiteralString = "MATCH (s:Submission {id: $id}) RETURN s {.status, .report, .content} AS stands"
_LEAVE: LiteralString = "MATCH (:Submission {id: $id})-[r:PROPOSED_FOR]->(:AtlasVersion) DELETE r"
_MOVE: LiteralString = """
MATCH (s:Submission {id: $id}) MATCH (v:AtlasVersion {id: $base})
CREATE (s)-[:PROPOSED_FOR {source: $source, run: $run}]->(v)
SET s.base = $base, s.content = $content, s.report = $report, s.status = $status, s.donors = $donors,
  s.cells = $cells, s.datasets = $datasets, s.rechecked = $rechecked, s.earlier = $earlier
"""


def renew(
    store: Store, objects: ObjectStore, found: Submission, *, base: Version, manifest: Manifest, report: Report
) -> Submission:
    """``found``: as it was read before the check; ``base``: what the check was against. A check that found what is
    known already writes nothing.

    Raises ContractError MANIFEST, CARD, REPORT, NOTHING_NEW; KgError CLOSED_SUBMISSION, and ATLAS_MOVED where somebody
    else checked it meanwhile.
    """
    if not found.open:
        raise closed(found)
    row = put_check(objects, found.atlas, base, manifest, report)
    times = [found.when, base.when, *found.rechecked, *(each.when for each in found.reviews)]
    when = after(max(times))
    rechecked, earlier = [*found.rechecked, when], [*found.earlier, found.report]
    moved = {"id": found.id, **row, "rechecked": rechecked, "earlier": earlier, **OWNED}

    def work(tx: Transaction) -> None:
        lock(tx, when)
        stands = tx.run(_STANDS, id=found.id).single(strict=True)["stands"]
        if stands["status"] not in OPEN or all(stands[fact] == row[fact] for fact in ("report", "content")):
            return
        if stands["report"] != found.report:
            raise KgError(
                f"submission {found.number} was checked by somebody else meanwhile: look at it, and check it again"
                " where that is still due",
                code="ATLAS_MOVED",
            )
        tx.run(_LEAVE, id=found.id).consume()
        tx.run(_MOVE, moved).consume()

    store.transact(work)
    made = submission(store, found.number)
    if not made.open:
        raise closed(made)
    return made
