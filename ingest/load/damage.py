"""What of the graph is not as the last ingest left it: what a run makes again, and what it has to leave to another."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ingest.batch import Batch
from kg.files.whole import DamagedError
from kg.integrity import ledger
from kg.integrity.ledger import NOTHING, SIGNATURES, Key, Tallies
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import cleanup
from kg.verdict import derive
from kg.verdict import shared_samples as alike

COMPUTED = frozenset({derive.SOURCE, alike.SOURCE})
_NOBODY = "orthokg:run/none"


@dataclass
class Damage:
    """``due``: of the last ingest, None where it left no word; ``here``: sources that this run brings and has to write
    again;
    ``left``: sources that it does not bring -> what is wrong; ``mended``: lines for people."""

    due: Tallies | None = None
    here: frozenset[str] = frozenset()
    left: dict[str, str] = field(default_factory=dict)
    mended: list[str] = field(default_factory=list)
    _kept: frozenset[Key] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.here or self.left or self._kept)

    @classmethod
    def read(cls, store: Store, batches: Iterable[Batch]) -> "Damage":
        own = {batch.source for batch in batches}
        try:
            due = ledger.recorded(store)
        except DamagedError as error:
            return cls(None, frozenset(own | COMPUTED), mended=[f"{error}: all that this run brings is written again"])
        if due is None:
            return cls()
        found = ledger.tallies(store)
        differing = [key for key in ledger.differing(due, found) if key != SIGNATURES]
        known = {source for _, source in due}
        here = {source for _, source in differing if source in own | COMPUTED}
        broken_off = ledger.is_open(store)
        left: dict[str, str] = {}
        mended = ["the last ingest was interrupted: what it had begun is written again"] if broken_off and here else []
        for key in differing:
            what, source = key
            said = f"{what} of {source or 'no source'}: found {found.get(key, NOTHING)}; due {due.get(key, NOTHING)}"
            if source in here:
                mended += [] if broken_off else [f"{said}; written again"]
            elif source in known:
                left[source] = f"{said}. Run  orthokg ingest  with its manifest: it is written again"
        return cls(due, frozenset(here), left, mended, frozenset(key for key in differing if key[1] not in here))

    def take_out_computed(self, store: Store) -> None:
        """What is computed here is computed again."""
        for source in sorted(COMPUTED & self.here):
            cleanup(store, source=source, run=_NOBODY)

    def write_down(self, store: Store, signatures: SignatureStore, progress: Callable[[str], None]) -> None:
        """Records the graph as it is; what is still damaged keeps the record of the ingest that last saw it intact. A
        row of an unknown source is reported and left alone, because no ingest would rewrite it."""
        found = ledger.tallies(store, progress)
        sources = {row["id"] for row in store.read("MATCH (s:Source) RETURN s.id AS id")}
        strange = {key for key in found if key[1] not in sources}
        for what, source in sorted(strange):
            told = f"{what} of {source or 'no source'}: found {found[what, source]}; due {NOTHING}"
            self.left[source or "no source"] = f"{told}. No ingest wrote them: take them out with your own tools"
        for key in self._kept | strange:
            found[key] = (self.due or {}).get(key, NOTHING)
        ledger.record(store, found | ledger.of_signatures(signatures))
