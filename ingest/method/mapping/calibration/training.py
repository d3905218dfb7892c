"""Combines the labelled cells of all studies, and fits a reference to any subset of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.mapping.calibration.policy import VOTED, Policy
from ingest.method.mapping.heads.correlation import TypeStatistics, statistics
from ingest.method.mapping.query.gates import check_counts, check_species
from ingest.method.mapping.space.cells import Strings, StudyCells
from ingest.method.mapping.space.genes import places, variable_genes
from ingest.method.mapping.space.geometry import Floats, Ints
from ingest.method.mapping.space.latent import Embedded, Space
from ingest.method.mapping.space.reference import Reference, fit
from ingest.method.mapping.space.values import depths, valued
from ingest.method.normalise import Normalisation
from kg.errors import ContractError, Issue, broken


@dataclass(frozen=True)
class Training:
    """``counts``: labelled cells x common genes; (cells,) each: ``code``: type; ``donor``: index into ``donors``, -1 if
    unknown; ``healthy``; ``study``; ``depth``: see ``values``. ``unlabelled``: number of cells left out;
    ``by_library``: number of cells without pooled size factors."""

    counts: sparse.csr_matrix
    genes: Strings
    types: tuple[str, ...]
    code: Ints
    donors: tuple[str, ...]
    donor: Ints
    healthy: NDArray[np.bool_]
    study: Ints
    taxon: str
    unlabelled: int
    depth: Floats
    by_library: int = 0

    def embedded(self, space: Space, rows: Ints, reference: Reference, seed: int) -> Embedded:
        """Fits a space to some cells, with the genes of their reference; each donor is a batch, or each study without
        donors."""
        own = reference.genes[: reference.own]
        counts = sparse.csr_matrix(self.counts[rows][:, places(own, self.genes)])
        sample = np.where(self.donor < 0, -1 - self.study, self.donor)[rows]
        names = np.array(self.types)[self.code[rows]]
        return space.fit(counts, own, names, np.unique(sample, return_inverse=True)[1], seed)


def joined(studies: Sequence[StudyCells], how: Normalisation = "log") -> Training:
    """Combines studies. Raises ContractError NO_STUDIES, NO_LABELS, NO_COMMON_GENES, the errors of ``gates`` for counts
    and species, and POLICY_NOT_FOLLOWED listing all studies that cannot be normalised as chosen."""
    if not studies:
        raise broken("NO_STUDIES", "atlas", "a reference needs at least one study", "none", "give a study")
    taxon = next((each.taxon for each in studies if each.taxon), "")
    for each in studies:
        check_counts(each.counts, each.genes, each.study)
        check_species(each.taxon, taxon)
    genes = studies[0].genes
    for each in studies[1:]:
        genes = genes[np.isin(genes, each.genes)]
    if len(genes) < 2:
        raise broken(
            "NO_COMMON_GENES", "atlas", "studies must have common genes", f"{len(genes)} of {len(studies)} studies",
            "use the same gene ids in every study",
        )  # fmt: skip
    genes = np.sort(genes)
    kept = [np.flatnonzero(each.labels != "") for each in studies]
    for each, rows in zip(studies, kept, strict=True):
        if not len(rows):
            raise broken(
                "NO_LABELS", each.study, "a study of a reference must have labelled cells", "none",
                "name the column of cell types, or map the study instead",
            )  # fmt: skip
    pairs = list(zip(studies, kept, strict=True))
    counts = sparse.vstack([sparse.csr_matrix(each.counts[rows][:, places(genes, each.genes)]) for each, rows in pairs])
    types, code = np.unique(np.concatenate([each.labels[rows] for each, rows in pairs]), return_inverse=True)
    names = np.concatenate(
        [np.full(len(rows), "") if each.donors is None else each.donors[rows] for each, rows in pairs]
    )
    donors = np.unique(names[names != ""])
    donor = np.where(names == "", -1, np.searchsorted(donors, names))
    healthy = np.concatenate(
        [np.ones(len(rows), bool) if each.healthy is None else each.healthy[rows] for each, rows in pairs]
    )
    study = np.repeat(np.arange(len(studies)), [len(rows) for rows in kept])
    unlabelled = sum(len(each.labels) - len(rows) for each, rows in zip(studies, kept, strict=True))
    counts = sparse.csr_matrix(counts)
    depth, by_library = _depth(counts, study, donor, [each.study for each in studies], how)
    return Training(
        counts, genes, tuple(map(str, types)), code, tuple(map(str, donors)), donor, healthy, study, taxon, unlabelled,
        depth, by_library,
    )  # fmt: skip


def _depth(
    counts: sparse.csr_matrix, study: Ints, donor: Ints, names: Sequence[str], how: Normalisation
) -> tuple[Floats, int]:
    """Depth of every cell (cells,), computed within donors; and the number of cells without pooled size factors."""
    made, by_library, issues = np.zeros(len(study)), 0, list[Issue]()
    for at, name in enumerate(names):
        rows = np.flatnonzero(study == at)
        try:
            found = depths(sparse.csr_matrix(counts[rows]), donor[rows], how, name)
        except ContractError as error:
            issues += error.issues
        else:
            made[rows], by_library = found.of, by_library + found.by_library
    if issues:
        raise ContractError(issues, code="POLICY_NOT_FOLLOWED")
    return made, by_library


@dataclass(frozen=True)
class Fitted:
    """A reference fitted to some cells, its sums for correlation, and the indices of its types among all types."""

    reference: Reference
    statistics: TypeStatistics
    types: Ints


def fitted(training: Training, rows: Ints, policy: Policy, seed: int) -> Fitted:
    """Fits a reference to these cells only, gene selection included."""
    counts, code, study = training.counts[rows], training.code[rows], training.study[rows]
    present, own_code = np.unique(code, return_inverse=True)
    parts = [sparse.csr_matrix(counts[study == each]) for each in np.unique(study)]
    columns = variable_genes(parts, max(policy.wide, policy.genes))
    share = np.zeros(0, np.float32)
    if policy.normalisation == "pearson":
        share = (np.asarray(counts.sum(axis=0), float).ravel() / max(counts.sum(), 1)).astype(np.float32)
    types = tuple(training.types[at] for at in present)
    reference = fit(
        valued(
            sparse.csr_matrix(counts[:, columns]),
            training.depth[rows],
            policy.normalisation,
            share[columns] if len(share) else share,
            len(rows),
        ),
        own_code,
        training.donor[rows] + 1,
        own=min(policy.genes, len(columns)),
        genes=training.genes[columns],
        universe=training.genes,
        types=types,
        donors=training.donors,
        axes=policy.axes,
        centroids=policy.centroids,
        normalisation=policy.normalisation,
        share=share,
        study=np.unique(study, return_inverse=True)[1] if policy.join and len(parts) > 1 else None,
        seed=seed,
    )
    names = np.array(training.types)[code]
    found = statistics(counts, training.genes, names) if set(VOTED) & set(policy.engines) else empty(types)
    return Fitted(reference, found, present)


def empty(types: tuple[str, ...]) -> TypeStatistics:
    """Statistics without genes, for policies whose engines need none."""
    nothing = np.zeros((len(types), 0))
    return TypeStatistics(types, np.zeros(0, dtype="<U1"), np.zeros(len(types)), *(nothing,) * 5)
