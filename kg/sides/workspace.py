"""Signatures made ready for matching: projected to a feature space, with the noise of their own donors or a reference.

Tables in the signature store that matching reads: ``genes/<taxon>`` (id, symbol), ``gene-names/<taxon>``
(``kg.names.genes``), ``orthologs/<source>``, ``regulons/<network>`` and ``modules/<set>`` (name, tf, gene, sign; genes
are human Ensembl ids).
"""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kg.curie import HUMAN
from kg.errors import MethodError
from kg.match.axes import moderated_rows
from kg.match.combine import Component
from kg.match.compared import BY_GENE, LEVELS, MAIN, part_of
from kg.match.contrast import indicators, noise_rows
from kg.match.levels import may_lend
from kg.match.orthology import OrthologTable, Policy, pairs
from kg.match.pair import Axes, Projected
from kg.match.space import Space, between_species, nothing, within_species
from kg.match.weights import GeneSets
from kg.names.genes import GeneNames
from kg.names.species import MODELS, SPECIES, name_of
from kg.sides.catalog import Catalog, ContrastInfo, ReferenceInfo
from kg.sides.kept import LIMIT, Kept
from kg.signatures.store import Signature, SignatureStore, Strings

T = TypeVar("T")
Floats = NDArray[np.float64]
MOST_LOST = 0.05
"""Share of the features of a pool that one cohort may cost, and of a table that one lender of noise may."""


@dataclass(frozen=True)
class SetTable:
    """Regulons or modules: edges (name, gene, sign); for regulons also the genes of each factor (several in a
    complex)."""

    names: Strings
    genes: Strings
    signs: NDArray[np.int64]
    tf_names: Strings
    tf_genes: Strings
    labels: dict[str, str]


@dataclass(frozen=True)
class Guest:
    """A contrast that came with a question and is stored nowhere; ``reference``: the one that lends it its noise,
    where the question names it."""

    info: ContrastInfo
    signature: Signature
    reference: ReferenceInfo | None = None


def ortholog_table(source: str, version: str, columns: dict[str, Any]) -> OrthologTable:
    """A table as it is stored, where the columns of the model species carry its name.

    Raises MethodError NO_ORTHOLOGS where they are of no species that is declared.
    """
    taxon = next((taxon for taxon in MODELS if SPECIES[taxon].name in columns), None)
    if taxon is None:
        raise MethodError(
            f"the ortholog table {source} is of no species that is known here: {', '.join(columns)}",
            code="NO_ORTHOLOGS",
        )
    own = {stored: field for field, stored in _columns(taxon).items()}
    return OrthologTable(source, version, taxon=taxon, **{own.get(key, key): values for key, values in columns.items()})


def stored_columns(table: OrthologTable) -> dict[str, Any]:
    """The columns of a table as it is stored, beside its version."""
    names, apart = _columns(table.taxon), ("source", "version", "taxon")
    return {names.get(f.name, f.name): getattr(table, f.name) for f in fields(table) if f.name not in apart}


def _columns(taxon: str) -> dict[str, str]:
    """Fields of the model species -> their columns in the store."""
    return {"model": SPECIES[taxon].name, "model_symbol": f"{SPECIES[taxon].name}_symbol"}


class Workspace:
    """Catalogue and signatures of one graph, with what was projected kept for the next pair, up to ``limit`` bytes.
    Threads may share one: what two of them make at once is the same."""

    def __init__(self, catalog: Catalog, signatures: SignatureStore, limit: int = LIMIT):
        self.catalog, self.signatures, self.part = catalog, signatures, ""
        self.guest: Guest | None = None
        self._kept, self._own = Kept(limit), Kept(limit)
        self._told: dict[Hashable, Any] = {}

    @property
    def kept_bytes(self) -> int:
        """Of arrays and texts kept for the next pair; those of a guest apart."""
        return self._kept.bytes

    def visited(self, guest: Guest) -> "Workspace":
        """This workspace with one contrast more. All that is of the graph is shared; what is of the guest goes with
        it."""
        made = Workspace(self.catalog, self.signatures)
        made.guest, made._kept, made._told = guest, self._kept, self._told
        return made

    def at(self, level: str) -> "Workspace":
        """This workspace with the vectors that a level compares: of genes, or the part of each contrast that was made
        of its single cells."""
        part = part_of("", level)
        if part == self.part:
            return self
        made = self.visited(self.guest) if self.guest is not None else Workspace(self.catalog, self.signatures)
        made._kept, made._own, made._told, made.part = self._kept, self._own, self._told, part
        return made

    def _keep(self, key: Hashable, make: Callable[[], T], *, own: bool = False) -> T:
        return (self._own if own else self._kept).of(key, make)

    def tell(self, key: Hashable, make: Callable[[], T]) -> T:
        """Like what is kept, of a few bytes for each contrast or state, and for as long as the workspace lives."""
        if key not in self._told:
            self._told[key] = make()
        return self._told[key]

    def _is_guest(self, contrast: str) -> bool:
        return self.guest is not None and self.guest.info.id == contrast

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

        Raises UnknownTermError for a species whose genes are not loaded."""
        return self._keep(("names", taxon), lambda: self._names(taxon))

    def _names(self, taxon: str) -> GeneNames:
        key, symbols = f"gene-names/{taxon}", self.symbols(taxon)
        if key in self.signatures.index:
            return GeneNames.of_table(taxon, symbols, self.signatures.get_table(key))
        return GeneNames.of_symbols(taxon, symbols, symbols.values())

    def has(self, contrast: str) -> bool:
        return (self._is_guest(contrast) and not self.part) or contrast + self.part in self.signatures.index

    def contrast(self, contrast: str) -> ContrastInfo | None:
        if self.guest is not None and self.guest.info.id == contrast:
            return self.guest.info
        return self.catalog.contrasts.get(contrast)

    def signature(self, contrast: str) -> Signature:
        if self.guest is not None and self.guest.info.id == contrast:
            return self.guest.signature
        return self.signatures.get(contrast + self.part)

    def size(self, contrast: str) -> int:
        """Genes with a value; factors, over factors."""
        if self._is_guest(contrast):
            return len(self.signature(contrast).genes)
        return self.tell(("size", contrast, self.part), lambda: len(self.signature(contrast).genes))

    def pool_of(self, state: str, skip: str, make: Callable[[], T]) -> T:
        """What ``make`` says of the cohorts of a state, made once for each level of measurement."""
        here = any(cohort.id == skip for cohort in self.catalog.cohorts.get(state, ()))
        return self.tell(("pool", state, skip if here else "", self.part), make)

    def measured(self, info: ContrastInfo, reference: ReferenceInfo | None = None) -> NDArray[np.bool_]:
        """Features of the one-to-one orthologs that a contrast has, and the reference that lends it noise."""
        space = self.space("one2one", info.taxon)
        own = self.vector(info, space)[1]
        return own if reference is None else own & self._covered(reference, space)

    def _covered(self, reference: ReferenceInfo, space: Space) -> NDArray[np.bool_]:
        if reference.role == "reference":
            return self._keep(("lent", space.key, reference.id), lambda: self._lent(reference, space))[1]

        def make() -> NDArray[np.bool_]:
            stored = self.signatures.get_reference(reference.id)
            return space.project(reference.taxon, stored.genes, np.zeros(len(stored.genes)))[1]

        return self._keep(("covered", space.key, reference.id), make)

    def _costs(self, info: ContrastInfo, reference: ReferenceInfo) -> bool:
        """The contrast would lose more of its features by this lender than it may."""
        if not self.has(info.id):
            return False
        own = self.measured(info)
        return bool((own & ~self.measured(info, reference)).sum() > MOST_LOST * own.sum())

    def _lenders(self, role: str, info: ContrastInfo) -> list[ReferenceInfo]:
        """Of the same species and material, of enough genes. What is simulated lends nothing to what is measured; to a
        guest only where nothing measured is available."""
        fits = [
            r
            for r in self.catalog.references.values()
            if r.role == role and r.taxon == info.taxon and r.material == info.material and self._is_large(r)
        ]
        measured = [r for r in fits if not r.simulated]
        return fits if info.simulated or (self._is_guest(info.id) and not measured) else measured

    def _is_large(self, reference: ReferenceInfo) -> bool:
        if reference.id not in self.signatures.index:
            return False
        key = ("size", reference.id)
        return self.tell(key, lambda: len(self.signatures.get_reference(reference.id).genes)) >= LEVELS[MAIN].least

    def vector(self, info: ContrastInfo, space: Space) -> tuple[Floats, NDArray[np.bool_]]:
        def make() -> tuple[Floats, NDArray[np.bool_]]:
            signature = self.signature(info.id)
            return space.project(info.taxon, signature.genes, signature.vector)

        return self._keep(("vector", space.key, info.id, self.part), make, own=self._is_guest(info.id))

    def projected(self, info: ContrastInfo, space: Space, reference: ReferenceInfo | None = None) -> Projected:
        """The contrast with its noise. Raises MethodError NO_NOISE where it has neither own factor nor reference."""
        key = ("projected", space.key, info.id, self.part, reference.id if reference else "")
        return self._keep(key, lambda: self._project(info, space, reference), own=self._is_guest(info.id))

    def _project(self, info: ContrastInfo, space: Space, reference: ReferenceInfo | None) -> Projected:
        signature = self.signature(info.id)
        vector, measured = self.vector(info, space)
        donors = frozenset(signature.donors)
        if signature.factor is not None:
            factor, _ = space.project(info.taxon, signature.genes, signature.factor)
            return Projected(Component(info.id, vector, factor, signature.df, info.id, donors, donors), measured)
        if reference is None:
            raise MethodError(info.noise_reason or f"{info.label} has no noise factor", code="NO_NOISE")
        factor, known, lenders = self._keep(("lent", space.key, reference.id), lambda: self._lent(reference, space))
        part = Component(info.id, vector, factor, len(factor), reference.id, donors, lenders)
        return Projected(part, measured & known)

    def _lent(self, info: ReferenceInfo, space: Space) -> tuple[Floats, NDArray[np.bool_], frozenset[str]]:
        """Noise rows of a reference in units of each gene's own noise; genes that do not vary there are left out."""
        reference = self.signatures.get_reference(info.id)
        rows, spread = noise_rows(reference.expression, indicators(reference.groups))
        varies = spread > 0
        factor, known = space.project(info.taxon, reference.genes[varies], rows[:, varies] / spread[varies])
        return factor, known, frozenset(reference.donors)

    def references_for(self, info: ContrastInfo) -> list[ReferenceInfo]:
        """Healthy references of the same species and material. The one that a guest's question names goes before all;
        those that leave the contrast its features before those that cost more than 5% of them; then calibrated and
        larger ones."""
        if self._is_guest(info.id):
            return self._fitting(info)
        return list(self.tell(("references", *self._asked_as(info)), lambda: tuple(self._fitting(info))))

    def _asked_as(self, info: ContrastInfo) -> tuple[Hashable, ...]:
        """What its lenders hang on."""
        return info.id, info.level, info.material, info.simulated, self.part

    def _fitting(self, info: ContrastInfo) -> list[ReferenceInfo]:
        fits = [r for r in self._lenders("reference", info) if may_lend(r.level, info.level)]
        named = self.guest.reference if self.guest is not None and self._is_guest(info.id) else None
        cost = {r.id: len(fits) > 1 and self._costs(info, r) for r in fits}
        return sorted(
            fits,
            key=lambda r: (
                r != named,
                cost[r.id],
                r.simulated != info.simulated,
                r.status == "uncalibrated",
                -r.df,
                r.id,
            ),
        )

    def lends_to_itself(self, info: ContrastInfo) -> bool:
        """The reference that lends a table its noise was made of samples that stand in the table too."""
        if not self.has(info.id):
            return False

        def found() -> bool:
            donors = set(self.signature(info.id).donors)
            return any(donors & set(self.signatures.get_reference(r.id).donors) for r in self.references_for(info)[:1])

        return found() if self._is_guest(info.id) else self.tell(("lends to itself", *self._asked_as(info)), found)

    def axes_for(self, info: ContrastInfo, space: Space, banned: frozenset[str] = frozenset()) -> Axes | None:
        """Axes from other samples of the same species and material; ``banned``: datasets that lend a covariance. None
        over factors: the axes are of genes."""
        if self.part:
            return None
        fits = [
            r
            for r in self._lenders("axes", info)
            if r.n_axes > 0 and r.dataset != info.dataset and r.dataset not in banned
        ]
        if not fits:
            return None
        best = min(fits, key=lambda r: (len(fits) > 1 and self._costs(info, r), -r.df, r.id))
        return self._keep(("axes", space.key, best.id), lambda: self._axes(best, space))

    def _axes(self, best: ReferenceInfo, space: Space) -> Axes:
        reference = self.signatures.get_reference(best.id)
        rows = moderated_rows(reference.expression, indicators(reference.groups))
        made, measured = space.project(reference.taxon, reference.genes, rows)
        return Axes(best.id, made, measured, best.n_axes)

    def lacks_sets(self, level: str) -> str:
        """Why there is nothing to compare at a level of sets; empty where there is."""
        sets = LEVELS[level].sets
        return (
            f"the {level} level compares {sets}, which is not loaded: ingest that source"
            if sets and sets not in self.signatures.index
            else ""
        )

    def set_table(self, level: str) -> SetTable:
        return self._keep(("set table", level), lambda: self._set_table(level))

    def _set_table(self, level: str) -> SetTable:
        t = self.signatures.get_table(LEVELS[level].sets)
        labels = dict(zip(map(str, t["set_id"]), map(str, t["set_label"]), strict=True))
        return SetTable(t["name"], t["gene"], t["sign"], t["tf_name"], t["tf_gene"], labels)

    def set_labels(self, level: str) -> dict[str, str]:
        """Id of a regulon or module -> its factor's symbol or its name."""
        return self.set_table(level).labels

    def sets(self, level: str, space: Space) -> GeneSets | None:
        """Regulons or modules over a space; None where the features are genes."""
        if level in BY_GENE:
            return None

        def make() -> GeneSets:
            table = self.set_table(level)
            return GeneSets.build(table.names, table.genes, table.signs, space.human)

        return self._keep(("sets", space.key, level), make)

    def measured_factors(self, level: str, space: Space, rows: NDArray[np.intp]) -> frozenset[str]:
        """Regulons with a factor that is itself among the features ``rows``."""
        table = self.set_table(level)
        here = np.isin(table.tf_genes, space.human[rows])
        return frozenset(map(str, table.tf_names[here]))

    def allowed(self, space: Space, engineered: tuple[str, ...]) -> NDArray[np.bool_]:
        """False for features that hold an engineered gene, named by its symbol in human or a model species."""
        own = self.guest is not None and not {*self.guest.info.engineered}.isdisjoint(engineered)
        return self._keep(("allowed", space.key, engineered), lambda: self._allowed(space, engineered), own=own)

    def _allowed(self, space: Space, engineered: tuple[str, ...]) -> NDArray[np.bool_]:
        genes: set[str] = set()
        known = (taxon for taxon in SPECIES if f"genes/{taxon}" in self.signatures.index)
        for taxon in known if engineered else ():
            named = self._keep(("genes by symbol", taxon), lambda taxon=taxon: self._by_symbol(taxon))
            genes.update(gene for symbol in engineered for gene in named.get(symbol.upper(), ()))
        return ~space.holding(frozenset(genes))

    def _by_symbol(self, taxon: str) -> dict[str, list[str]]:
        """Symbol in capitals -> genes."""
        found: dict[str, list[str]] = {}
        for gene, symbol in self.symbols(taxon).items():
            found.setdefault(symbol.upper(), []).append(gene)
        return found
