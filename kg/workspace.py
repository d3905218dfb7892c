"""Signatures made ready for matching: projected to a feature space, with the noise of their own donors or a reference.

Tables in the signature store that matching reads: ``genes/<taxon>`` (id, symbol), ``orthologs/<source>``,
``regulons/<network>`` and ``modules/<set>`` (name, tf, gene, sign; genes are human Ensembl ids).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from kg.catalog import Catalog, ContrastInfo, ReferenceInfo
from kg.errors import MethodError
from kg.match.axes import moderated_rows
from kg.match.combine import Component
from kg.match.contrast import indicators, noise_rows
from kg.match.orthology import OrthologTable, Policy, pairs
from kg.match.pair import Axes, Projected
from kg.match.weights import GeneSets
from kg.signatures import SignatureStore, Strings
from kg.space import SPECIES, Space, between_species, within_species

Floats = NDArray[np.float64]
LEVELS = ("gene", "module", "regulon")
DEFAULT_NETWORK = "collectri"
DEFAULT_MODULES = "ampad"


@dataclass(frozen=True)
class SetTable:
    """Regulons or modules: edges (name, gene, sign); for regulons also the genes of each factor (several in a complex)."""

    names: Strings
    genes: Strings
    signs: NDArray[np.int64]
    tf_names: Strings
    tf_genes: Strings
    labels: dict[str, str]


class Workspace:
    """Catalogue and signatures of one graph, with what was projected kept for the next pair."""

    def __init__(self, catalog: Catalog, signatures: SignatureStore):
        self.catalog, self.signatures = catalog, signatures
        self._projected: dict[tuple[str, str, str], Projected] = {}
        self._vectors: dict[tuple[str, str], tuple[Floats, NDArray[np.bool_]]] = {}
        self._sets: dict[tuple[str, str], GeneSets] = {}
        self._axes: dict[tuple[str, str], Axes] = {}
        self._reference = lru_cache(maxsize=16)(self._reference_rows)

    @cached_property
    def orthologs(self) -> dict[str, OrthologTable]:
        found = {}
        for key in self.signatures.ids("table"):
            if key.startswith("orthologs/"):
                columns = {name: np.asarray(values) for name, values in self.signatures.get_table(key).items()}
                source, version = key.removeprefix("orthologs/"), str(columns.pop("version")[0])
                found[source] = OrthologTable(source, version, **columns)
        if not found:
            raise MethodError("no ortholog table is loaded: run `orthokg ingest`", code="NO_ORTHOLOGS")
        return found

    @lru_cache(maxsize=8)  # noqa: B019  one workspace a process or request; freed with it
    def space(self, policy: Policy) -> Space:
        return between_species(pairs(self.orthologs, policy))

    @lru_cache(maxsize=2)  # noqa: B019
    def space_within(self, taxon: str) -> Space:
        genes = [
            self.signatures.get(c.id).genes
            for c in self.catalog.contrasts.values()
            if c.taxon == taxon and self.has(c.id)
        ]
        return within_species(taxon, np.unique(np.concatenate(genes)), pairs(self.orthologs, "one2one"))

    @lru_cache(maxsize=4)  # noqa: B019
    def symbols(self, taxon: str) -> dict[str, str]:
        """Ensembl id -> symbol."""
        table = self.signatures.get_table(f"genes/{taxon}")
        return dict(zip(map(str, table["id"]), map(str, table["symbol"]), strict=True))

    def has(self, contrast: str) -> bool:
        return contrast in self.signatures.index

    def vector(self, info: ContrastInfo, space: Space) -> tuple[Floats, NDArray[np.bool_]]:
        key = (space.key, info.id)
        if key not in self._vectors:
            signature = self.signatures.get(info.id)
            self._vectors[key] = space.project(info.taxon, signature.genes, signature.vector)
        return self._vectors[key]

    def projected(self, info: ContrastInfo, space: Space, reference: ReferenceInfo | None = None) -> Projected:
        """The contrast with its noise. Raises MethodError NO_NOISE where it has neither own factor nor reference."""
        key = (space.key, info.id, reference.id if reference else "")
        if key not in self._projected:
            self._projected[key] = self._project(info, space, reference)
        return self._projected[key]

    def _project(self, info: ContrastInfo, space: Space, reference: ReferenceInfo | None) -> Projected:
        signature = self.signatures.get(info.id)
        vector, measured = self.vector(info, space)
        donors = frozenset(signature.donors)
        if signature.factor is not None:
            factor, _ = space.project(info.taxon, signature.genes, signature.factor)
            return Projected(Component(info.id, vector, factor, signature.df, info.id, donors, donors), measured)
        if reference is None:
            raise MethodError(info.noise_reason or f"{info.label} has no noise factor", code="NO_NOISE")
        genes, rows, lenders = self._reference(reference.id)
        factor, known = space.project(info.taxon, genes, rows)
        part = Component(info.id, vector, factor, len(rows), reference.id, donors, frozenset(lenders))
        return Projected(part, measured & known)

    def _reference_rows(self, key: str) -> tuple[Strings, Floats, tuple[str, ...]]:
        """Noise rows of a reference in units of each gene's own noise; genes that do not vary there are left out."""
        reference = self.signatures.get_reference(key)
        rows, spread = noise_rows(reference.expression, indicators(reference.groups))
        varies = spread > 0
        return reference.genes[varies], rows[:, varies] / spread[varies], reference.donors

    def references_for(self, info: ContrastInfo) -> list[ReferenceInfo]:
        """Healthy references of the same species and material, calibrated ones and larger ones first."""
        fits = [
            r
            for r in self.catalog.references.values()
            if r.role == "reference" and r.taxon == info.taxon and r.material == info.material
        ]
        return sorted(fits, key=lambda r: (r.status == "uncalibrated", -r.df, r.id))

    def lends_to_itself(self, info: ContrastInfo) -> bool:
        """The reference that lends a table its noise was made of samples that stand in the table too."""
        donors = set(self.signatures.get(info.id).donors)
        return any(donors & set(self.signatures.get_reference(r.id).donors) for r in self.references_for(info)[:1])

    def axes_for(self, info: ContrastInfo, space: Space, banned: frozenset[str] = frozenset()) -> Axes | None:
        """Axes from other samples of the same species and material; ``banned``: datasets that lend a covariance."""
        fits = [
            r
            for r in self.catalog.references.values()
            if r.role == "axes" and r.taxon == info.taxon and r.material == info.material and r.n_axes > 0
            and r.dataset != info.dataset and r.dataset not in banned
        ]  # fmt: skip
        if not fits:
            return None
        best = min(fits, key=lambda r: (-r.df, r.id))
        key = (space.key, best.id)
        if key not in self._axes:
            reference = self.signatures.get_reference(best.id)
            rows = moderated_rows(reference.expression, indicators(reference.groups))
            made, measured = space.project(reference.taxon, reference.genes, rows)
            self._axes[key] = Axes(best.id, made, measured, best.n_axes)
        return self._axes[key]

    @lru_cache(maxsize=4)  # noqa: B019
    def set_table(self, level: str) -> SetTable:
        key = f"regulons/{DEFAULT_NETWORK}" if level == "regulon" else f"modules/{DEFAULT_MODULES}"
        t = self.signatures.get_table(key)
        labels = dict(zip(map(str, t["set_id"]), map(str, t["set_label"]), strict=True))
        return SetTable(t["name"], t["gene"], t["sign"], t["tf_name"], t["tf_gene"], labels)

    def set_labels(self, level: str) -> dict[str, str]:
        """Id of a regulon or module -> its factor's symbol or its name."""
        return self.set_table(level).labels

    def sets(self, level: str, space: Space) -> GeneSets | None:
        """Regulons or modules over a space; None at gene level."""
        if level == "gene":
            return None
        key = (space.key, level)
        if key not in self._sets:
            table = self.set_table(level)
            self._sets[key] = GeneSets.build(table.names, table.genes, table.signs, space.human)
        return self._sets[key]

    def measured_factors(self, space: Space, rows: NDArray) -> frozenset[str]:
        """Regulons with a factor that is itself among the features ``rows``."""
        table = self.set_table("regulon")
        here = np.isin(table.tf_genes, space.human[rows])
        return frozenset(map(str, table.tf_names[here]))

    def allowed(self, space: Space, engineered: tuple[str, ...]) -> NDArray[np.bool_]:
        """False for features that hold an engineered gene, named by its human or mouse symbol."""
        wanted = {symbol.upper() for symbol in engineered}
        genes = [
            g for taxon in SPECIES if wanted for g, symbol in self.symbols(taxon).items() if symbol.upper() in wanted
        ]
        return ~space.holding(frozenset(genes))
