"""Public knowledge of one ingest: what is always loaded, and what its studies refer to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ingest.batch import Batch, set_table
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import TABLES, GeneIndex, Genes, Table
from ingest.load.dataset import NETWORKS, network_batch, ortholog_batch
from ingest.load.gaps import Gaps
from ingest.source import drugs, genes, models, modules, networks, ontologies, orthologs, published
from ingest.study import module_contrasts
from ingest.study.own_genes import TABLE as OWN
from ingest.study.own_genes import united
from kg.curie import HUMAN, MOUSE
from kg.errors import StoreError
from kg.match.orthology import MAIN
from kg.names.species import SPECIES
from kg.read.contents import ids as ids_in_graph
from kg.signatures.store import Signature, SignatureStore
from kg.store.driver import Store


@dataclass(frozen=True)
class Knowledge:
    """Each method gives the batches it could make; what it could not read is among the ``gaps``. ``everything``: what
    nothing refers to as well; ``with_modules``: the fold changes of the AMP-AD modules as contrasts."""

    store: Store
    signatures: SignatureStore
    cache: Cache
    genes: Genes
    gaps: Gaps
    everything: bool = False
    with_modules: bool = False

    def public(self) -> list[Batch]:
        """Orthologs, curated networks, disease models, modules and published results."""
        human, mouse = self.genes(HUMAN), self.genes(MOUSE)
        made: list[Batch] = []
        tables = {}
        for name in orthologs.FAST:

            def work(name: str = name) -> None:
                batch = ortholog_batch(name, self.cache, human, mouse)
                tables[name] = batch.arrays["table"]
                if name != MAIN and not self.everything:
                    batch.edges.clear()  # the policies need the table, the graph only the main source's pairs
                    batch.missing.append("its pairs are not in the graph: ingest --all loads them")
                made.append(batch)

            self.gaps.attempt(f"orthologs/{name}", work)
        for name in networks.NETWORKS if self.everything else NETWORKS:
            self.gaps.attempt(name, lambda name=name: made.append(network_batch(name, self.cache, self.genes)))
        self.gaps.attempt(models.SOURCE, lambda: made.append(models.transform(models.get(self.cache))))
        if MAIN in tables:
            self.gaps.attempt(modules.SOURCE, lambda: made.extend(self._modules(mouse, tables[MAIN])))
        self.gaps.attempt(published.SOURCE, lambda: made.append(published.transform(published.get(self.cache))))
        return made

    def _modules(self, mouse: GeneIndex, table: Any) -> Iterator[Batch]:
        batch = modules.transform(modules.read(modules.get(self.cache)), mouse, table)
        rows = [
            {"subject": r["object"], "object": r["subject"], "sign": 1}
            for r in batch.edges["MEMBER_OF", "Gene", "GeneModule"]
        ]
        batch.arrays["modules/ampad"] = set_table(
            rows, [], {row["id"]: row["label"] for row in batch.nodes["GeneModule"]}
        )
        yield batch
        if self.with_modules:
            members = batch.arrays["members"]
            yield module_contrasts.transform(members, modules.get(self.cache), self.genes(HUMAN))

    def other_species(self, studies: Iterable[Batch]) -> list[Batch]:
        """Orthologs, with human, of species whose genes these studies brought; genes that earlier ingests stored are
        among those of their species."""
        made: list[Batch] = []
        for taxon in SPECIES.keys() - TABLES.keys():
            tables = [batch.arrays[OWN] for batch in studies if OWN in batch.arrays and _is_of(batch, taxon)]
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
                self.gaps.attempt(
                    f"orthologs/{name}",
                    lambda name=name, taxon=taxon: made.append(
                        ortholog_batch(name, self.cache, self.genes(HUMAN), self.genes(taxon))
                    ),
                )
        return made

    def drugs_of(self, batches: Iterable[Batch]) -> list[Batch]:
        """Drugs that these batches or the graph use, with their targets."""
        made: list[Batch] = []

        def work() -> None:
            used = {
                row["object"]
                for batch in batches
                for row in batch.edges.get(("USES_DRUG", "DrugCondition", "Drug"), [])
            }
            kept = None if self.everything else used | ids_in_graph(self.store, "Drug")
            made.append(drugs.transform(drugs.get(self.cache), self.genes(HUMAN), kept))

        self.gaps.attempt(drugs.SOURCE, work)
        return made

    def terms(self, batches: Iterable[Batch]) -> list[Batch]:
        """Genes and ontology terms that these batches refer to, with the terms' ancestors."""
        used: dict[str, set[str]] = {"Gene": set()} | {label: set() for label in ontologies.LABELS.values()}
        for batch in batches:
            for (_, subject, target), rows in batch.edges.items():
                for label, end in ((subject, "subject"), (target, "object")):
                    if label in used:
                        used[label].update(row[end] for row in rows)
        for signature in self._all_signatures(batches):
            used["Gene"].update(f"ENSEMBL:{gene}" for gene in signature.genes)
        for label, ids in used.items():
            ids |= ids_in_graph(self.store, label)  # what an earlier ingest put there is still in use
        made = []
        for ontology in ontologies.get():
            wanted = None if self.everything else used[ontologies.LABELS[ontology.name]]
            made.append(ontologies.transform(ontology, wanted))
        wanted = None if self.everything else used["Gene"]
        batch = genes.transform(genes.get(self.cache), wanted)
        for taxon in self.genes.brought:
            files = genes.GeneFiles({taxon: self.genes(taxon).genes}, "of its studies")
            made.append(genes.transform(files, wanted, f"genes/{SPECIES[taxon].name}"))
        for taxon in (*TABLES, *self.genes.brought):
            batch.arrays |= self._names(taxon)
        return [*made, batch]

    def _names(self, taxon: str) -> dict[str, Any]:
        """What matching reads of the genes of a species: their symbols, and all that a table may call them."""
        symbols = self.genes(taxon).symbols
        ids = sorted(symbols)
        table = {
            "id": np.array([key.removeprefix("ENSEMBL:") for key in ids]),
            "symbol": np.array([symbols[key] or key for key in ids], dtype=str),
        }
        return {f"genes/{taxon}": table, f"gene-names/{taxon}": self.genes(taxon).names.table()}

    def _all_signatures(self, batches: Iterable[Batch]) -> Iterator[Signature]:
        """Those of this run and those stored before. A stored one that is damaged, and not of this run, is reported."""
        made = {item.id: item for batch in batches for item in batch.arrays.values() if isinstance(item, Signature)}
        yield from made.values()
        for key in sorted({*self.signatures.ids("signature")} - made.keys()):
            try:
                yield self.signatures.get(key)
            except StoreError as error:
                self.gaps.add(key, "failed", error)


def _is_of(batch: Batch, taxon: str) -> bool:
    return any(row["in_taxon"] == taxon for row in batch.nodes["Dataset"])
