"""From manifests and sources to a graph with verdicts: read, load, clean up, derive. Resumable, idempotent.

Every source is one step. Its run is named by what went in (version, options, code), and the Source node gets that run
last of all: a step whose Source has it already is left alone, one that was killed half-way is done again.
"""

import csv
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field, fields, replace
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ingest.batch import Batch, Quarantined, set_table
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import TABLES, GeneIndex, Genes, Table
from ingest.load import simulated
from ingest.load.apart import kinds_in_graph, misplaced
from ingest.load.damage import Damage
from ingest.load.dataset import NETWORKS, Mapped, batch_of, guarded, network_batch, ortholog_batch
from ingest.load.ends import dangling, named_twice, once
from ingest.load.licences import licence_of
from ingest.manifest.manifest import BUNDLED
from ingest.source import drugs, genes, models, modules, networks, ontologies, orthologs, published
from ingest.study import module_contrasts
from ingest.study.own_genes import TABLE as OWN
from ingest.study.own_genes import united
from kg.curie import HUMAN, MOUSE, former, marked
from kg.errors import KgError, SourceError, StoreError
from kg.files.whole import not_writable
from kg.files.whole import replace as replace_file
from kg.integrity import ledger
from kg.match.compared import LEVELS
from kg.match.orthology import MAIN
from kg.names.species import SPECIES
from kg.read.contents import ids as ids_in_graph
from kg.read.contents import names as names_in_graph
from kg.read.lookup import name_of
from kg.read.similar import ensure_place_index
from kg.sides.workspace import stored_columns
from kg.signatures.store import Reference, Signature, SignatureStore
from kg.store import home_format
from kg.store.driver import Store
from kg.store.write import cleanup, ensure_schema, write_edges, write_nodes
from kg.stored.changes import Changes, changes
from kg.stored.standing import Standing
from kg.tables.spreadsheet import quoted
from kg.verdict.carry import Carried, Made, carry
from kg.verdict.derive import derive

VERSION = "3"
MENDING = "orthokg:run/mending"
MOST_PENDING = 500
Progress = Callable[[str], None]


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


@dataclass(frozen=True)
class _Begun:
    """A batch whose nodes are in the graph. ``again``: an earlier run of it was; ``unchanged``: that run was this
    one."""

    batch: Batch
    run: str
    again: bool
    unchanged: bool
    seconds: float = 0.0


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
        levels: Iterable[str] = tuple(LEVELS),
        progress: Progress = lambda _: None,
    ):
        self.store, self.signatures, self.cache, self.home = store, signatures, cache, home
        self.everything, self.levels, self.progress = everything, tuple(levels), progress
        self.with_modules, self.scheduler, self.mapped = with_modules, scheduler, mapped
        self.genes, self.report = Genes(cache), Report()
        self._batches: list[Batch] = []
        self._quarantined: dict[str, list[Quarantined]] = {}
        self._sources: dict[Path, str] = {}
        self._tried: set[str] = set()
        self._gaps: set[str] = set()
        self._missing: list[dict[str, Any]] = []
        self._damage = Damage()

    def run(self, manifests: list[Path]) -> Report:
        """Ingest the knowledge and these manifests, then derive. One bad manifest does not stop the others. A graph of
        the simulated study keeps its own knowledge."""
        self._begin()
        own_genes = simulated.is_in(self.store)
        if not own_genes:
            self._knowledge()
        for path in once(manifests):
            self.load_manifest(path)
        self._apart()
        self._ends()
        if not own_genes:
            self._other_species()
            self._attempt(drugs.SOURCE, self._drugs)
            self._terms()
        return self._finish()

    def load_manifest(self, path: Path) -> None:
        """Read one manifest into the batches of this run; what is wrong with it goes to the report."""
        self._attempt(f"dataset {path.stem}", lambda: self._dataset(path))

    def _apart(self) -> None:
        """A simulated study is not loaded beside measured ones, nor a measured one beside simulated ones."""
        self._leave_out(misplaced(self._batches, kinds_in_graph(self.store), self.home))

    def _ends(self) -> None:
        """A manifest that names a model or contrast that is nowhere is not loaded, nor are two of one dataset."""
        for path, error in named_twice(self._sources).items():
            self._gap(f"dataset {path.stem}", "failed", error)
            self._batches = [batch for batch in self._batches if batch.source != self._sources[path]]
        own = [batch for batch in self._batches if batch.source.startswith("dataset/")]
        self._leave_out(dangling(own, lambda label: names_in_graph(self.store, label)))

    def _leave_out(self, wrong: Mapping[str, KgError]) -> None:
        for source, error in wrong.items():
            self._gap(source.replace("/", " "), "failed", error)
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
        self._damage = Damage.read(self.store, self._batches)
        ledger.set_open(self.store, True)
        self._write_gaps()
        self._damage.take_out_computed(self.store)
        objects = self._objects()
        with self.signatures.batch():
            for batch in self._batches:
                self._keep_arrays(batch)
            self._drop_former()
        self._carry_over()
        renamed = {old: new for _, old, new in self.report.carried.changed}
        before = Standing.read(self.store, {renamed.get(key, key): sha for key, sha in objects.items()})
        self._load(self._batches)
        self._join_pending()
        self._write_gaps()
        self._forget_gaps()
        self.progress("cards, pools and matches")
        started = time.monotonic()
        derived = derive(self.store, self.signatures, levels=self.levels, progress=self.progress)
        self.report.matches = derived.matches
        seconds = time.monotonic() - started
        status = "loaded" if derived.changed else "unchanged"
        self.report.steps.append(Step("derived", status, derived.matches, derived.matches, seconds=seconds))
        if derived.changed:
            self.report.changes = changes(before, Standing.read(self.store, self._objects()))
        self.report.changes_table = self.home / "changes.tsv"
        self._table(self.report.changes_table, self.report.changes.write)
        self.report.quarantine = self._write_quarantine()
        self.report.mended += [*self.signatures.mended, *self._damage.mended]
        if (
            self._damage.due is None
            or self._damage
            or derived.changed
            or any(s.status == "loaded" for s in self.report.steps)
            or self.report.carried.changed
        ):
            self._damage.write_down(self.store, self.signatures, self.progress)
        else:
            ledger.set_open(self.store, False)
        self.report.steps += [Step(source, "damaged", reason=why) for source, why in self._damage.left.items()]
        return self.report

    @staticmethod
    def _table(path: Path, write: Callable[[TextIO], None]) -> None:
        """A table of the home, whole or not at all."""
        text = StringIO(newline="")
        write(text)
        try:
            replace_file(path, text.getvalue().encode())
        except OSError as error:
            raise not_writable(str(path), error) from error

    def _objects(self) -> dict[str, str]:
        """Id of everything in the signature store -> hash of its content."""
        return {key: entry.sha for key, entry in self.signatures.index.items()}

    def _attempt(self, what: str, work: Callable[[], None]) -> None:
        self.progress(what)
        self._tried.add(what)
        if isinstance(error := guarded(what, work), KgError):
            self._gap(what, "missing" if isinstance(error, SourceError) else "failed", error)

    def _gap(self, what: str, status: str, error: KgError) -> None:
        """A source that is missing is known to the graph; an input that breaks its contract leaves no trace there."""
        reason = f"[{error.code}] {error}"
        self.report.steps.append(Step(what, status, reason=reason))
        self._gaps.add(what)
        if status == "missing":
            self._missing.append({"id": what, "label": what, "status": status, "reason": reason[:2000]})

    def _write_gaps(self) -> None:
        for fact in self._missing:
            write_nodes(self.store, "Source", [fact], source=fact["id"], run="orthokg:run/missing")
        self._missing.clear()

    def _forget_gaps(self) -> None:
        """What was missing once and is not any more."""
        for row in self.store.read("MATCH (s:Source {status: 'missing'}) RETURN s.id AS id"):
            if row["id"] in self._tried - self._gaps:
                self.store.write("MATCH (s:Source {id: $id, status: 'missing'}) DETACH DELETE s", id=row["id"])

    def _knowledge(self) -> None:
        human, mouse = self.genes(HUMAN), self.genes(MOUSE)
        tables = {}
        names = orthologs.FAST
        for name in names:

            def work(name: str = name) -> None:
                batch = ortholog_batch(name, self.cache, human, mouse)
                tables[name] = batch.arrays["table"]
                if name != MAIN and not self.everything:
                    batch.edges.clear()  # the policies need the table, the graph only the main source's pairs
                    batch.missing.append("its pairs are not in the graph: ingest --all loads them")
                self._batches.append(batch)

            self._attempt(f"orthologs/{name}", work)
        for name in networks.NETWORKS if self.everything else NETWORKS:
            self._attempt(name, lambda name=name: self._batches.append(network_batch(name, self.cache, self.genes)))
        self._attempt(models.SOURCE, lambda: self._batches.append(models.transform(models.get(self.cache))))
        if MAIN in tables:
            self._attempt(modules.SOURCE, lambda: self._modules(mouse, tables[MAIN]))
        self._attempt(published.SOURCE, lambda: self._batches.append(published.transform(published.get(self.cache))))

    def _other_species(self) -> None:
        """Genes of species that studies brought, those of earlier ingests among them, and their orthologs with human
        genes."""
        for taxon in SPECIES.keys() - TABLES.keys():
            tables = [
                batch.arrays[OWN]
                for batch in self._batches
                if OWN in batch.arrays and batch.source in self._of_species(taxon)
            ]
            if not tables:
                continue
            if (key := f"genes/{taxon}") in self.signatures.index:
                stored = self.signatures.get_table(key)
                named = np.where(stored["symbol"] == stored["id"], "", stored["symbol"])
                tables.append(
                    Table(stored["id"].astype(object), named.astype(object), np.full(len(named), "", dtype=object))
                )
            self.genes.add(GeneIndex(taxon, united(tables)))
            for name in orthologs.of_species(taxon):
                self._attempt(
                    f"orthologs/{name}",
                    lambda name=name, taxon=taxon: self._batches.append(
                        ortholog_batch(name, self.cache, self.genes(HUMAN), self.genes(taxon))
                    ),
                )

    def _of_species(self, taxon: str) -> set[str]:
        """Sources of this run that are of a species."""
        return {
            batch.source for batch in self._batches if any(row["in_taxon"] == taxon for row in batch.nodes["Dataset"])
        }

    def _modules(self, mouse: GeneIndex, table: Any) -> None:
        batch = modules.transform(modules.read(modules.get(self.cache)), mouse, table)
        rows = [
            {"subject": r["object"], "object": r["subject"], "sign": 1}
            for r in batch.edges["MEMBER_OF", "Gene", "GeneModule"]
        ]
        batch.arrays["modules/ampad"] = set_table(
            rows, [], {row["id"]: row["label"] for row in batch.nodes["GeneModule"]}
        )
        self._batches.append(batch)
        if self.with_modules:
            members = batch.arrays["members"]
            self._batches.append(module_contrasts.transform(members, modules.get(self.cache), self.genes(HUMAN)))

    def _drugs(self) -> None:
        used = {
            row["object"]
            for batch in self._batches
            for row in batch.edges.get(("USES_DRUG", "DrugCondition", "Drug"), [])
        }
        kept = None if self.everything else used | ids_in_graph(self.store, "Drug")
        made = drugs.transform(drugs.get(self.cache), self.genes(HUMAN), kept)
        self._batches.append(made)

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

    def _terms(self) -> None:
        """Genes and ontology terms that the batches refer to, with the terms' ancestors."""
        used: dict[str, set[str]] = {"Gene": set()} | {label: set() for label in ontologies.LABELS.values()}
        for batch in self._batches:
            for (_, subject, target), rows in batch.edges.items():
                for label, end in ((subject, "subject"), (target, "object")):
                    if label in used:
                        used[label].update(row[end] for row in rows)
        for signature in self._all_signatures():
            used["Gene"].update(f"ENSEMBL:{gene}" for gene in signature.genes)
        for label, ids in used.items():
            ids |= ids_in_graph(self.store, label)  # what an earlier ingest put there is still in use
        batches = []
        for ontology in ontologies.get():
            wanted = None if self.everything else used[ontologies.LABELS[ontology.name]]
            batches.append(ontologies.transform(ontology, wanted))
        batch = genes.transform(genes.get(self.cache), None if self.everything else used["Gene"])
        for taxon in self.genes.brought:
            files = genes.GeneFiles({taxon: self.genes(taxon).genes}, "of its studies")
            batches.append(
                genes.transform(files, None if self.everything else used["Gene"], f"genes/{SPECIES[taxon].name}")
            )
        for taxon in (*TABLES, *self.genes.brought):
            symbols = self.genes(taxon).symbols
            ids = np.array(sorted(symbols))
            short = np.array([key.removeprefix("ENSEMBL:") for key in ids])
            batch.arrays[f"genes/{taxon}"] = {
                "id": short,
                "symbol": np.array([symbols[key] or key for key in ids], dtype=str),
            }
            batch.arrays[f"gene-names/{taxon}"] = self.genes(taxon).names.table()
        self._batches = [*batches, batch, *self._batches]

    def _all_signatures(self) -> Iterator[Signature]:
        """Those of this run, and those that were stored before. One that is damaged, and not of this run, is told."""
        made = {
            item.id: item for batch in self._batches for item in batch.arrays.values() if isinstance(item, Signature)
        }
        yield from made.values()
        for key in sorted({*self.signatures.ids("signature")} - made.keys()):
            try:
                yield self.signatures.get(key)
            except StoreError as error:
                self._gap(key, "failed", error)

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
        if self.report.carried.changed:
            self.report.changed_ids = self.home / "changed-ids.tsv"

            def write(out: TextIO) -> None:
                table = csv.writer(out, delimiter="\t")
                table.writerow(("label", "former", "new"))
                table.writerows(map(quoted, row) for row in self.report.carried.changed)

            self._table(self.report.changed_ids, write)

    def _load(self, batches: Iterable[Batch]) -> None:
        """Nodes of all before the relationships of any, which may lead from one batch to another, whichever comes
        first."""
        begun: list[_Begun] = []
        for batch in batches:
            self._attempt(batch.source, lambda batch=batch: begun.append(self._place(batch)))
        for each in begun:
            self._attempt(each.batch.source, lambda each=each: self._relate(each))

    def _place(self, batch: Batch) -> "_Begun":
        """The nodes of a batch, unless the graph has all of it."""
        started, run = time.monotonic(), _run(batch)
        self._quarantined[batch.source] = batch.quarantined
        done = self.store.read(
            "MATCH (s:Source {id: $id}) RETURN s.run AS run, s.status AS status, s.pending AS pending", id=batch.source
        )
        same = bool(done) and (done[0]["run"], done[0]["status"]) == (run, "loaded")
        whole = batch.source not in self._damage.here
        begun = _Begun(
            batch, run, bool(done) or not whole, same and whole and len(done[0]["pending"] or ()) <= MOST_PENDING
        )
        if not whole:
            self._rewrite(batch)
        if not begun.unchanged:
            own = {"id": run, "label": f"ingest {batch.source}", "method": f"ingest {VERSION}"}
            for label, rows in [("Run", [own]), *batch.nodes.items()]:
                write_nodes(self.store, label, rows, source=batch.source, run=run)
            if any("place" in row for row in batch.nodes.get("CellPopulation", ())):
                ensure_place_index(self.store)
        return replace(begun, seconds=time.monotonic() - started)

    def _rewrite(self, batch: Batch) -> None:
        """All of a source whose rows are not what they were: as they are to be, under a run that is nobody's, and what
        else bears its name goes. Then it is loaded as ever."""
        source, run = batch.source, MENDING
        for label, rows in batch.nodes.items():
            write_nodes(self.store, label, rows, source=source, run=run, exact=True)
        for key, rows in batch.edges.items():
            write_edges(self.store, *key, rows, source=source, run=run, exact=True)
        cleanup(self.store, source=source, run=run)

    def _relate(self, begun: "_Begun") -> None:
        """The relationships of a batch, what it had and has no more, and last of all that the graph has it."""
        batch, started = begun.batch, time.monotonic()
        step = Step(
            batch.source,
            "unchanged" if begun.unchanged else "loaded",
            batch.read,
            batch.accepted,
            len(batch.quarantined),
            doubts=tuple(batch.doubts),
        )
        waiting: list[str] = []
        if not begun.unchanged:
            source, run = batch.source, begun.run
            for key, rows in batch.edges.items():
                count = write_edges(self.store, *key, rows, source=source, run=run)
                step.dangling += len(count.dangling)
                if some := [f"{one} -> {two}" for one, two in count.dangling[:3]]:
                    step.told.append(
                        f"{key[0]}: an end of {len(count.dangling)} is not in the graph: {', '.join(some)}"
                    )
                    waiting += _waiting(key, rows, count.dangling)
            if begun.again:
                cleanup(self.store, source=source, run=run)
            write_nodes(self.store, "Source", [self._source_row(batch, waiting)], source=source, run=run)
        step.seconds, step.told = begun.seconds + time.monotonic() - started, [*batch.told, *step.told]
        self.report.steps.append(step)

    def _join_pending(self) -> None:
        """Relationships of any source whose ends have come since, whichever manifest brought them."""
        for row in self.store.read(
            "MATCH (s:Source) WHERE s.pending IS NOT NULL RETURN s.id AS id, s.run AS run, s.pending AS pending"
        ):
            if not 0 < len(row["pending"]) <= MOST_PENDING:
                continue
            by_key: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
            for kind, subject, target, edge in map(json.loads, row["pending"]):
                by_key.setdefault((kind, subject, target), []).append(edge)
            left: list[str] = []
            for key, edges in by_key.items():
                count = write_edges(self.store, *key, edges, source=row["id"], run=row["run"])
                left += _waiting(key, edges, count.dangling)
            if sorted(left) != row["pending"]:
                self.store.write("MATCH (s:Source {id: $id}) SET s.pending = $left", id=row["id"], left=sorted(left))

    def _source_row(self, batch: Batch, waiting: list[str]) -> dict[str, Any]:
        return {
            "id": batch.source,
            "label": batch.source,
            "version": batch.version,
            "status": "loaded",
            "reason": _cut("; ".join(batch.told)),
            "pending": sorted(waiting)[: MOST_PENDING + 1],
            "read_rows": batch.read,
            "accepted": batch.accepted,
            "quarantined": len(batch.quarantined),
            **licence_of(batch),
        }

    def _write_quarantine(self) -> Path | None:
        """All quarantined rows of this ingest, one table."""
        if not any(self._quarantined.values()):
            return None
        path = self.home / "quarantine.tsv"

        def write(out: TextIO) -> None:
            table = csv.writer(out, delimiter="\t")
            table.writerow(["source", *(f.name for f in fields(Quarantined))])
            for source, rows in self._quarantined.items():
                table.writerows([quoted(str(cell)) for cell in (source, *astuple(row))] for row in rows)

        self._table(path, write)
        return path


def _waiting(key: tuple[str, str, str], rows: list[dict[str, Any]], dangling: list[tuple[str, str]]) -> list[str]:
    """Rows without an end, as the graph keeps them; no more than it keeps."""
    ends = set(dangling)
    some = [row for row in rows if (row["subject"], row["object"]) in ends][: MOST_PENDING + 1]
    return [json.dumps([*key, row], sort_keys=True, default=lambda value: value.item()) for row in some]


def _cut(text: str, most: int = 2000) -> str:
    """As much as the graph keeps; what is cut off was on the screen."""
    return text if len(text) <= most else f"{text[: most - 60]} ... and more, told by the ingest"


def _run(batch: Batch) -> str:
    """Named by everything that the batch would write."""
    digest = hashlib.sha256(f"{VERSION}\n{batch.source}\n{batch.version}\n{batch.read}\n{batch.accepted}".encode())
    for name, rows in [*batch.nodes.items(), *((str(k), v) for k, v in batch.edges.items())]:
        digest.update(f"\n{name} {len(rows)}".encode())
        for row in rows:
            digest.update(repr(row).encode())
    return f"orthokg:run/{digest.hexdigest()[:12]}"
