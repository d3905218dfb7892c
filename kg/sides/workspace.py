"""Signatures made ready for matching: projected to a feature space, with the noise of their donors or a reference."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kg.errors import MethodError
from kg.match.axes import moderated_rows
from kg.match.combine import Component
from kg.match.compared import LEVELS, MAIN, part_of
from kg.match.contrast import indicators, noise_rows
from kg.match.levels import may_lend
from kg.match.pair import Axes, Projected
from kg.match.space import Space
from kg.sides.brought import Brought
from kg.sides.catalog import Catalog, ContrastInfo, ReferenceInfo
from kg.sides.kept import LIMIT, Kept
from kg.sides.spaces import Spaces
from kg.signatures.store import Signature, SignatureStore

T = TypeVar("T")
Floats = NDArray[np.float64]
MOST_LOST = 0.05
"""Share of the features of a pool that one cohort may cost, and of a table that one lender of noise may."""


@dataclass(frozen=True)
class Guest:
    """A contrast that came with a question and is stored nowhere; ``reference``: the one that lends it its noise,
    where the question names it."""

    info: ContrastInfo
    signature: Signature
    reference: ReferenceInfo | None = None


class Workspace(Spaces):
    """Catalogue, signatures and feature spaces of one graph, with what was projected kept for the next pair."""

    def __init__(self, catalog: Catalog, signatures: SignatureStore, limit: int = LIMIT):
        super().__init__(catalog, signatures, limit)
        self.part = ""
        self.guest: Guest | None = None
        self._own = Kept(limit)

    def visited(self, guest: Guest) -> "Workspace":
        """This workspace with one contrast more. All that is of the graph is shared; what is of the guest goes with
        it."""
        made = self._beside()
        made.guest = guest
        return made

    def with_sets(self, brought: Brought | None) -> "Workspace":
        """This workspace with gene sets that came with a question, which go with it; None: itself."""
        if brought is None:
            return self
        made = self._beside()
        made.brought, made.guest = brought, self.guest
        return made

    def _beside(self) -> "Workspace":
        """Another one of the same graph, of what is kept, and of the sets that came."""
        made = Workspace(self.catalog, self.signatures)
        made._kept, made._told, made.brought = self._kept, self._told, self.brought
        return made

    def at(self, level: str) -> "Workspace":
        """This workspace with the vectors that a level compares: of genes, or the part of each contrast that was made
        of its single cells."""
        part = part_of("", level)
        if part == self.part:
            return self
        made = self._beside()
        made.guest, made._own, made.part = self.guest, self._own, part
        return made

    def _keep(self, key: Hashable, make: Callable[[], T], *, own: bool = False) -> T:
        return self._own.of(key, make) if own else super()._keep(key, make)

    def _is_guest(self, contrast: str) -> bool:
        return self.guest is not None and self.guest.info.id == contrast

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

    def allowed(self, space: Space, engineered: tuple[str, ...]) -> NDArray[np.bool_]:
        """False for features that hold an engineered gene, named by its symbol in human or a model species."""
        own = self.guest is not None and not {*self.guest.info.engineered}.isdisjoint(engineered)
        return self._keep(("allowed", space.key, engineered), lambda: self.free_of(space, engineered), own=own)
