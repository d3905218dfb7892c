"""Feature spaces of one graph: genes that species share, and the regulons and modules over them."""

import hashlib
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kg.curie import HUMAN
from kg.errors import MethodError
from kg.match.compared import BY_GENE, LEVELS
from kg.match.orthology import OrthologTable, Policy, pairs
from kg.match.space import Space, between_species, nothing, within_species
from kg.match.weights import GeneSets
from kg.names.genes import GeneNames
from kg.names.species import MODELS, SPECIES, name_of
from kg.sides.brought import Brought
from kg.sides.catalog import Catalog
from kg.sides.kept import LIMIT, Kept
from kg.sides.stored_tables import SetTable, ortholog_table
from kg.signatures.store import SignatureStore, Strings

T = TypeVar("T")


class Spaces:
    """What is made of tables is kept for the next question, up to ``limit`` bytes. Threads may share one: what two of
    them make at once is the same."""

    def __init__(self, catalog: Catalog, signatures: SignatureStore, limit: int = LIMIT):
        self.catalog, self.signatures = catalog, signatures
        self.brought: Brought | None = None
        self._kept = Kept(limit)
        self._told: dict[Hashable, Any] = {}

    @property
    def kept_bytes(self) -> int:
        """Of the arrays and texts kept for the next pair, without those of a guest."""
        return self._kept.bytes

    def _keep(self, key: Hashable, make: Callable[[], T], *, own: bool = False) -> T:
        """``own``: of this question alone."""
        return make() if own else self._kept.of(key, make)

    def tell(self, key: Hashable, make: Callable[[], T]) -> T:
        """Like what is kept, but a few bytes per contrast or state, for as long as this object lives."""
        if key not in self._told:
            self._told[key] = make()
        return self._told[key]

    @property
    def orthologs(self) -> dict[str, OrthologTable]:
        return self._keep("orthologs", self._orthologs)

    def _orthologs(self) -> dict[str, OrthologTable]:
        found = {}
        for key in self.signatures.ids("table"):
            if key.startswith("orthologs/"):
                columns = {name: np.asarray(values) for name, values in self.signatures.get_table(key).items()}
                source, version = key.removeprefix("orthologs/"), str(columns.pop("version")[0])
                found[source] = ortholog_table(source, version, columns)
        if not found:
            raise MethodError("no ortholog table is loaded: run `orthokg ingest`", code="NO_ORTHOLOGS")
        return found

    def paired_with(self, taxon: str) -> dict[str, OrthologTable]:
        """Ortholog tables of human and one model species."""
        return {source: table for source, table in self.orthologs.items() if table.taxon == taxon}

    @property
    def models(self) -> tuple[str, ...]:
        """Model species of which orthologs are loaded, in the order of their declaration."""
        return self._keep("models", lambda: tuple(taxon for taxon in MODELS if self.paired_with(taxon)))

    def space(self, policy: Policy, taxon: str = HUMAN) -> Space:
        """Where contrasts of a model species meet those of human. Of human itself: the first model species available,
        over whose orthologs cohorts and what lends them noise are weighed."""
        model = self.models[0] if taxon == HUMAN else taxon
        return self._keep(("space", policy, model), lambda: self._between(policy, model))

    def space_between(self, one: str, other: str, policy: Policy) -> Space:
        """Where contrasts of two species meet, or of one. Two model species have no orthologs with one another here."""
        if one == other:
            return self.space_within(one)
        if HUMAN in (one, other):
            return self.space(policy, other if one == HUMAN else one)
        names = " and ".join(sorted(map(name_of, (one, other))))
        return nothing(
            f"between {names}", f"orthologs of {names} are not available: each has those it shares with human"
        )

    def _between(self, policy: Policy, model: str) -> Space:
        if tables := self.paired_with(model):
            return between_species(pairs(tables, policy, main=SPECIES[model].orthologs))
        name = name_of(model)
        return nothing(
            f"{policy} {model}", f"no orthologs of human and {name} are loaded: ingest a source of {name} orthologs"
        )

    def space_within(self, taxon: str) -> Space:
        """All genes that a stored contrast of the species has."""
        return self._keep(("within", taxon), lambda: self._within(taxon))

    def _within(self, taxon: str) -> Space:
        return within_species(taxon, self.genes_within(taxon), self.space("one2one", taxon).map)

    def genes_within(self, taxon: str) -> Strings:
        """All genes that a stored contrast of the species has, sorted."""
        return self.tell(("genes within", taxon), lambda: self.genes_of_all(taxon))

    def genes_of_all(self, taxon: str) -> Strings:
        """The same, read again."""
        genes, seen = np.zeros(0, "U1"), set[bytes]()
        for c in self.catalog.contrasts.values():
            if c.taxon == taxon and c.id in self.signatures.index:
                own = np.asarray(self.signatures.get(c.id).genes)
                if (name := hashlib.sha256(own.tobytes()).digest()) not in seen:
                    seen.add(name)
                    genes = np.union1d(genes, own)
        return genes

    def symbols(self, taxon: str) -> dict[str, str]:
        """Ensembl id -> symbol."""
        return self._keep(("symbols", taxon), lambda: self._symbols(taxon))

    def _symbols(self, taxon: str) -> dict[str, str]:
        table = self.signatures.get_table(f"genes/{taxon}")
        return dict(zip(map(str, table["id"]), map(str, table["symbol"]), strict=True))

    def gene_names(self, taxon: str) -> GeneNames:
        """What a table may call the genes of a species. A store from before names were kept knows current symbols only.

        Raises UnknownTermError for a species whose genes are not loaded.
        """
        return self._keep(("names", taxon), lambda: self._names(taxon))

    def _names(self, taxon: str) -> GeneNames:
        key, symbols = f"gene-names/{taxon}", self.symbols(taxon)
        if key in self.signatures.index:
            return GeneNames.of_table(taxon, symbols, self.signatures.get_table(key))
        return GeneNames.of_symbols(taxon, symbols, symbols.values())

    @property
    def known_species(self) -> tuple[str, ...]:
        """Species whose genes are loaded, in the order of their declaration."""
        return tuple(taxon for taxon in SPECIES if f"genes/{taxon}" in self.signatures.index)

    def lacks_sets(self, level: str) -> str:
        """Why there is nothing to compare at a level of sets; empty where there is."""
        sets = LEVELS[level].sets
        if LEVELS[level].brought:
            return "" if self.brought else f"the {level} level compares the gene sets of a file: name one"
        return (
            f"the {level} level compares {sets}, which is not loaded: ingest that source"
            if sets and sets not in self.signatures.index
            else ""
        )

    def set_table(self, level: str) -> SetTable:
        if LEVELS[level].brought and self.brought:
            return self.brought.table
        return self._keep(("set table", level), lambda: self._set_table(level))

    def _set_table(self, level: str) -> SetTable:
        t = self.signatures.get_table(LEVELS[level].sets)
        labels = dict(zip(map(str, t["set_id"]), map(str, t["set_label"]), strict=True))
        return SetTable(t["name"], t["gene"], t["sign"], t["tf_name"], t["tf_gene"], labels)

    def set_labels(self, level: str) -> dict[str, str]:
        """Id of a regulon or module -> its factor's symbol or its name."""
        return self.set_table(level).labels

    def sets(self, level: str, space: Space) -> GeneSets | None:
        """Sets of genes over a space; None where the features are genes."""
        if level in BY_GENE:
            return None

        def make() -> GeneSets:
            table = self.set_table(level)
            if table.taxon in (HUMAN, space.model_taxon):
                genes = space.human if table.taxon == HUMAN else space.model
                return GeneSets.build(table.names, table.genes, table.signs, genes)
            carried, known = self._in_human(table.taxon, table.genes)
            return GeneSets.build(table.names[known], carried[known], table.signs[known], space.human)

        digest = self.brought.digest if LEVELS[level].brought and self.brought else ""
        return self._keep(("sets", space.key, level, digest), make, own=bool(digest))

    def _in_human(self, taxon: str, genes: Strings) -> tuple[Strings, NDArray[np.bool_]]:
        """One-to-one orthologs in human, and which genes have one."""
        pairing = self.space("one2one", taxon).map
        back = {} if pairing is None else dict(zip(pairing.model_genes, pairing.human_genes, strict=True))
        carried = np.array([back.get(gene, "") for gene in genes], dtype=str)
        return carried, carried != ""

    def measured_factors(self, level: str, space: Space, rows: NDArray[np.intp]) -> frozenset[str]:
        """Regulons with a factor that is itself among the features ``rows``."""
        table = self.set_table(level)
        here = np.isin(table.tf_genes, space.human[rows])
        return frozenset(map(str, table.tf_names[here]))

    def free_of(self, space: Space, symbols: tuple[str, ...]) -> NDArray[np.bool_]:
        """False for features that hold one of these genes, named by its symbol in human or a model species."""
        genes: set[str] = set()
        for taxon in self.known_species if symbols else ():
            named = self._keep(("genes by symbol", taxon), lambda taxon=taxon: self._by_symbol(taxon))
            genes.update(gene for symbol in symbols for gene in named.get(symbol.upper(), ()))
        return ~space.holding(frozenset(genes))

    def _by_symbol(self, taxon: str) -> dict[str, list[str]]:
        """Symbol in capitals -> genes."""
        found: dict[str, list[str]] = {}
        for gene, symbol in self.symbols(taxon).items():
            found.setdefault(symbol.upper(), []).append(gene)
        return found
