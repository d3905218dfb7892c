"""One manifest -> one batch, the same way for an ingest and for its check; whatever goes wrong with it, the others go
on."""

import contextlib
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ingest.batch import Batch, set_table
from ingest.fetch.cache import MEMORY, Cache
from ingest.fetch.genes_index import GeneIndex, Genes, need_species
from ingest.load.apart import misplaced
from ingest.load.ends import InGraph, dangling, named_twice, once
from ingest.manifest.manifest import read
from ingest.source import networks, orthologs
from ingest.study import datasets
from ingest.study.factors import known_factors
from ingest.study.given_types import GivenTypes
from ingest.study.own_genes import read_own_genes, united
from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError, Issue, KgError, SourceError, StoreError
from kg.match.orthology import MAIN

T = TypeVar("T")
Mapped = Callable[[Path, Cache, Genes], GivenTypes]
"""A manifest of cells -> the types that an atlas gives them."""
NETWORKS = ("collectri", "trrust/human", "trrust/mouse")


def batch_of(
    path: Path,
    cache: Cache,
    genes: Genes,
    before: Callable[[], Iterable[Batch]],
    *,
    scheduler: str = "",
    checkpoints: Path | None = None,
    mapped: Mapped | None = None,
) -> Batch:
    """``before``: the batches of the knowledge, from which transcription factors are known (no other manifest's: what a
    study gives depends on no order);
    ``checkpoints``: folder in which half-done sums of cells are kept, or None; ``mapped``: gives its cells their types,
    None where its file has them.

    Raises:
        KgError: what keeps the manifest or its files from being read.
    """
    manifest = read(path, cells_alone=mapped is not None)
    spec, taxon = manifest.genes, need_species(manifest.dataset.taxon)
    brought = Batch("", "")
    # A species whose genes are not known is refused before its files are looked for.
    own = GeneIndex(taxon, united([])) if spec or not manifest.reads_genes else genes(taxon)
    files = datasets.get(cache, manifest)
    if spec is not None:
        own = read_own_genes(spec, taxon, files.paths[spec.file], brought)

    given = None if mapped is None else mapped(path, cache, genes)

    def paired() -> Iterator[Batch]:
        """Orthologs by which the factors of a species without a table of genes are known."""
        for name in orthologs.of_species(taxon)[: spec is not None]:
            if isinstance(
                found := guarded(name, lambda name=name: ortholog_batch(name, cache, genes(HUMAN), own)), Batch
            ):
                yield found

    made = datasets.transform(
        manifest,
        files,
        own,
        factors=lambda: known_factors([*before(), *paired()], own.symbols),
        scheduler=scheduler,
        checkpoints=checkpoints,
        given=given,
    )
    made.read, made.accepted = made.read + brought.read, made.accepted + brought.accepted
    made.quarantined += brought.quarantined
    made.arrays |= brought.arrays
    return made.check()


def guarded(what: str, work: Callable[[], T]) -> T | KgError:
    """What the work gives, or what went wrong; an exception that none of us raised becomes a ContractError UNEXPECTED.

    Raises:
        StoreError: the graph is down, for all.
    """
    try:
        return work()
    except StoreError:
        raise
    except KgError as error:
        return error
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        found = f"{type(error).__name__}: {' '.join(str(error).split())[:200]} at {Path(at.filename).name}:{at.lineno}"
        fix = "this is a fault of OrthoKG, not of yours: report it with the manifest and the first lines of its files"
        return ContractError(
            [Issue(what, "UNEXPECTED: what a manifest names can be read, or is refused by a rule", found, fix)],
            code="UNEXPECTED",
        )


def ortholog_batch(name: str, cache: Cache, human: GeneIndex, model: GeneIndex) -> Batch:
    return orthologs.transform(name, orthologs.get(cache, (name,))[name], human, model)


def network_batch(name: str, cache: Cache, genes: Genes) -> Batch:
    """A curated network; its regulons for the signature store are among the arrays."""
    batch = networks.transform(name, networks.get(cache, name), genes(networks.NETWORKS[name].taxon))
    edges, factors = batch.edges["REGULATES", "Regulon", "Gene"], batch.edges["HAS_TF", "Regulon", "Gene"]
    label = {row["id"]: row["tf"] for row in batch.nodes["Regulon"]}
    batch.arrays[f"regulons/{name.replace('/', '-')}"] = set_table(edges, factors, label)
    return batch


@dataclass(frozen=True)
class Checked:
    """A manifest that was checked: its ``batch``, or the ``error``."""

    path: Path
    batch: Batch | None
    error: KgError | None

    @property
    def status(self) -> str:
        """As an ingest has it: loaded, missing or failed."""
        return "loaded" if self.error is None else "missing" if isinstance(self.error, SourceError) else "failed"


def check(
    paths: Iterable[Path],
    cache: Cache,
    in_graph: InGraph,
    kinds: Callable[[], dict[bool, str]],
    home: Path,
    mapped: Mapped | None = None,
) -> Iterator[Checked]:
    """Reads every manifest with all its files as an ingest does, and writes nothing. At the end comes a second word on
    each that is not of the graph's kind (``ingest.load.apart``), or names what neither the manifests nor the graph
    hold."""
    with _scratch(cache) as own:
        genes = Genes(own)
        known: list[Batch] = []
        made: list[Batch] = []
        path_of: dict[str, Path] = {}
        by_path: dict[Path, str] = {}

        def before() -> list[Batch]:
            if not known:
                known.extend(_knowledge(own, genes))
            return known

        for path in once(paths):
            found = guarded(path.name, lambda path=path: batch_of(path, own, genes, before, mapped=mapped))
            if isinstance(found, KgError):
                yield Checked(path, None, found)
            else:
                made.append(found)
                path_of[found.source] = path
                by_path[path] = found.source
                yield Checked(path, found, None)
        for path, error in named_twice(by_path).items():
            yield Checked(path, None, error)
        apart = misplaced(made, kinds(), home)
        kept = [batch for batch in made if batch.source not in apart]
        for source, error in (apart | dangling(kept, in_graph)).items():
            yield Checked(path_of[source], None, error)


def _knowledge(cache: Cache, genes: Genes) -> Iterator[Batch]:
    """What an ingest knows of transcription factors; what is not available is left out there as well."""
    works: list[Callable[[], Batch]] = [lambda: ortholog_batch(MAIN, cache, genes(HUMAN), genes(MOUSE))]
    works += [lambda name=name: network_batch(name, cache, genes) for name in NETWORKS]
    for work in works:
        if isinstance(found := guarded("knowledge", work), Batch):
            yield found


@contextlib.contextmanager
def _scratch(cache: Cache) -> Iterator[Cache]:
    """The cache, with a folder that goes for what it fetches and remembers."""
    with tempfile.TemporaryDirectory() as folder:
        if (cache.own / MEMORY).is_file():
            shutil.copy(cache.own / MEMORY, folder)
        seeds = (*cache.seeds, cache.own) if cache.own.is_dir() else cache.seeds
        yield replace(cache, seeds=seeds, own=Path(folder))
