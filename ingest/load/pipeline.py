"""From manifests and sources to a graph with verdicts: read, load, clean up, derive. Resumable, idempotent.

Every source is one step. Its run is named by what went in (version, options, code), and the Source node gets that run
last of all: a step whose Source has it already is left alone, one that was killed half-way is done again.
"""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.load import simulated
from ingest.load.apart import kinds_in_graph, misplaced
from ingest.load.damage import Damage
from ingest.load.dataset import Mapped, batch_of
from ingest.load.ends import dangling, named_twice, once
from ingest.load.gaps import Gaps, Progress
from ingest.load.knowledge import Knowledge
from ingest.load.loader import Loader
from ingest.load.report import Report, Step
from ingest.manifest.manifest import BUNDLED
from kg.curie import former, marked
from kg.errors import KgError
from kg.integrity import ledger
from kg.match.compared import offered
from kg.read.contents import names as names_in_graph
from kg.read.lookup import name_of
from kg.sides.stored_tables import stored_columns
from kg.signatures.store import Reference, Signature, SignatureStore
from kg.store import home_format
from kg.store.driver import Store
from kg.store.write import ensure_schema
from kg.stored.changes import changes
from kg.stored.standing import Standing
from kg.verdict.carry import Made, carry
from kg.verdict.derive import derive


def bundled() -> list[Path]:
    """Manifests that ship with the package."""
    return sorted(BUNDLED.glob("*.yaml"))


class Pipeline:
    """One ingest into one graph and one signature store; ``everything`` loads what nothing
    refers to as well; ``with_modules`` the fold changes of the AMP-AD modules as contrasts;
    ``scheduler``: address of a Dask scheduler whose workers sum single cells;
    ``mapped``: gives the cells of the manifests their types by an atlas."""

    def __init__(
        self,
        store: Store,
        signatures: SignatureStore,
        cache: Cache,
        home: Path,
        *,
        everything: bool = False,
        with_modules: bool = False,
        scheduler: str = "",
        mapped: Mapped | None = None,
        levels: Iterable[str] = offered(),
        progress: Progress = lambda _: None,
    ):
        self.store, self.signatures, self.cache, self.home = store, signatures, cache, home
        self.levels, self.progress = tuple(levels), progress
        self.scheduler, self.mapped = scheduler, mapped
        self.genes, self.report = Genes(cache), Report()
        self._gaps = Gaps(self.report, progress)
        self.knowledge = Knowledge(store, signatures, cache, self.genes, self._gaps, everything, with_modules)
        self._batches: list[Batch] = []
        self._sources: dict[Path, str] = {}

    def run(self, manifests: list[Path]) -> Report:
        """Ingest the knowledge and these manifests, then derive. One bad manifest does not stop the others. A graph of
        the simulated study keeps its own knowledge."""
        self._begin()
        own_genes = simulated.is_in(self.store)
        if not own_genes:
            self._batches += self.knowledge.public()
        for path in once(manifests):
            self.load_manifest(path)
        self._apart()
        self._ends()
        if not own_genes:
            self._batches += self.knowledge.other_species(self._batches)
            self._batches += self.knowledge.drugs_of(self._batches)
            self._batches = [*self.knowledge.terms(self._batches), *self._batches]
        return self._finish()

    def load_manifest(self, path: Path) -> None:
        """Read one manifest into the batches of this run; what is wrong with it goes to the report."""
        self._gaps.attempt(f"dataset {path.stem}", lambda: self._dataset(path))

    def _apart(self) -> None:
        """A simulated study is not loaded beside measured ones, nor a measured one beside simulated ones."""
        self._leave_out(misplaced(self._batches, kinds_in_graph(self.store), self.home))

    def _ends(self) -> None:
        """A manifest that names a model or contrast that is nowhere is not loaded, nor are two of one dataset."""
        for path, error in named_twice(self._sources).items():
            self._gaps.add(f"dataset {path.stem}", "failed", error)
            self._batches = [batch for batch in self._batches if batch.source != self._sources[path]]
        own = [batch for batch in self._batches if batch.source.startswith("dataset/")]
        self._leave_out(dangling(own, lambda label: names_in_graph(self.store, label)))

    def _leave_out(self, wrong: Mapping[str, KgError]) -> None:
        for source, error in wrong.items():
            self._gaps.add(source.replace("/", " "), "failed", error)
        self._batches = [batch for batch in self._batches if batch.source not in wrong]

    def run_simulated(self) -> Report:
        """The simulated study with what it needs, in place of the sources.

        Raises:
            ContractError: SIMULATED_BESIDE_MEASURED, before anything is written.
        """
        ensure_schema(self.store)
        self._batches = simulated.batches()
        for error in misplaced(self._batches, kinds_in_graph(self.store), self.home).values():
            raise error
        self._begin()
        return self._finish()

    def _begin(self) -> None:
        if home_format.prepare(self.home):
            self.report.mended.append(f"{self.home / home_format.FILE}: rewritten")
        ensure_schema(self.store)
        self.signatures.mend()
        if not self.signatures.mended:  # of an index that begins again, no object has a name yet
            self.signatures.sweep()

    def _finish(self) -> Report:
        self.progress("comparing the graph with what the last ingest left")
        damage = Damage.read(self.store, self._batches)
        ledger.set_open(self.store, True)
        self._gaps.write(self.store)
        damage.take_out_computed(self.store)
        objects = self._objects()
        with self.signatures.batch():
            for batch in self._batches:
                self._keep_arrays(batch)
            self._drop_former()
        self._carry_over()
        renamed = {old: new for _, old, new in self.report.carried.changed}
        before = Standing.read(self.store, {renamed.get(key, key): sha for key, sha in objects.items()})
        self._load(self._batches, damage)
        self._gaps.write(self.store)
        self._gaps.forget(self.store)
        self.progress("cards, pools and matches")
        started = time.monotonic()
        derived = derive(self.store, self.signatures, levels=self.levels, progress=self.progress)
        self.report.matches = derived.matches
        seconds = time.monotonic() - started
        status = "loaded" if derived.changed else "unchanged"
        self.report.steps.append(Step("derived", status, derived.matches, derived.matches, seconds=seconds))
        if derived.changed:
            self.report.changes = changes(before, Standing.read(self.store, self._objects()))
        self.report.write_changes(self.home)
        self.report.write_quarantine(self.home)
        self.report.mended += [*self.signatures.mended, *damage.mended]
        if (
            damage.due is None
            or damage
            or derived.changed
            or any(s.status == "loaded" for s in self.report.steps)
            or self.report.carried.changed
        ):
            damage.write_down(self.store, self.signatures, self.progress)
        else:
            ledger.set_open(self.store, False)
        self.report.steps += [Step(source, "damaged", reason=why) for source, why in damage.left.items()]
        return self.report

    def _load(self, batches: Iterable[Batch], damage: Damage | None = None) -> None:
        """These batches, and relationships of any source whose ends they brought."""
        loader = Loader(self.store, self._gaps, damage.here if damage else ())
        loader.load(batches)
        loader.join_pending()

    def _objects(self) -> dict[str, str]:
        """Id of everything in the signature store -> hash of its content."""
        return {key: entry.sha for key, entry in self.signatures.index.items()}

    def _dataset(self, path: Path) -> None:
        made = batch_of(
            path,
            self.cache,
            self.genes,
            self._known,
            scheduler=self.scheduler,
            checkpoints=self.home / "checkpoints",
            mapped=self.mapped,
        )
        self._sources[path] = made.source
        self._batches.append(made)

    def _known(self) -> list[Batch]:
        """Of the batches, those of public knowledge: what a study gives depends on no other study."""
        return [batch for batch in self._batches if not batch.source.startswith("dataset/")]

    def _keep_arrays(self, batch: Batch) -> None:
        for key, item in batch.arrays.items():
            if isinstance(item, Signature):
                self.signatures.put(item)
            elif isinstance(item, Reference):
                self.signatures.put_reference(item)
            elif isinstance(item, dict):
                self.signatures.put_table(key, **item)
            elif key == "table":
                columns = stored_columns(item)
                self.signatures.put_table(f"orthologs/{item.source}", version=np.array([item.version]), **columns)

    def _drop_former(self) -> None:
        """Signatures under ids that are no more: nothing is matched by them."""
        kept = {key for batch in self._batches for key in batch.arrays}
        gone = {former(key) for key in kept if marked(key)} - kept
        if gone := sorted(gone & self.signatures.index.keys()):
            self.signatures.drop(gone)

    def _carry_over(self) -> None:
        """Nodes whose id has changed, renamed before they are written; each is told in a table of the home."""
        made: dict[str, list[Made]] = {}
        for batch in self._batches:
            for label, rows in batch.nodes.items():
                name = name_of(label)
                made.setdefault(label, []).extend(
                    Made(row["id"], str(row.get(name) or ""), batch.source) for row in rows
                )
        self.report.carried = carry(self.store, made)
        self.report.write_changed_ids(self.home)
