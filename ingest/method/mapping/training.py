"""The labelled cells of all studies as one, and a reference fitted to any part of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.mapping.cells import Strings, StudyCells, log_norm
from ingest.method.mapping.correlation import TypeStatistics, statistics
from ingest.method.mapping.gates import check_counts, check_species
from ingest.method.mapping.genes import places, variable_genes
from ingest.method.mapping.geometry import Ints
from ingest.method.mapping.policy import Policy
from ingest.method.mapping.reference import Reference, fit
from kg.errors import broken


@dataclass(frozen=True)
class Training:
    """``counts``: labelled cells x genes that all studies have; ``code``: type; ``donor``: place in ``donors``, -1
    where not known; ``healthy``; ``study``: (cells,) each. ``unlabelled``: cells left out."""

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


def joined(studies: Sequence[StudyCells]) -> Training:
    """Raises ContractError: NO_STUDIES, what ``gates`` asks of counts and species, NO_LABELS, NO_COMMON_GENES."""
    if not studies:
        raise broken("NO_STUDIES", "atlas", "a reference is made of one study or more", "none", "name a study")
    taxon = next((each.taxon for each in studies if each.taxon), "")
    for each in studies:
        check_counts(each.counts, each.genes, each.study)
        check_species(each.taxon, taxon)
    genes = studies[0].genes
    for each in studies[1:]:
        genes = genes[np.isin(genes, each.genes)]
    if len(genes) < 2:
        raise broken(
            "NO_COMMON_GENES", "atlas", "studies have genes in common", f"{len(genes)} of {len(studies)} studies",
            "name genes by the same ids in every study",
        )  # fmt: skip
    genes = np.sort(genes)
    kept = [np.flatnonzero(each.labels != "") for each in studies]
    for each, rows in zip(studies, kept, strict=True):
        if not len(rows):
            raise broken(
                "NO_LABELS", each.study, "a study of a reference has labelled cells", "none",
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
    return Training(
        sparse.csr_matrix(counts), genes, tuple(map(str, types)), code, tuple(map(str, donors)), donor, healthy, study,
        taxon, unlabelled,
    )  # fmt: skip


@dataclass(frozen=True)
class Fitted:
    """A reference of some cells, its sums for correlation, and the place of its types among all types."""

    reference: Reference
    statistics: TypeStatistics
    types: Ints


def fitted(training: Training, rows: Ints, policy: Policy, seed: int) -> Fitted:
    """Everything from these cells alone, genes included."""
    counts, code, study = training.counts[rows], training.code[rows], training.study[rows]
    present, own_code = np.unique(code, return_inverse=True)
    parts = [sparse.csr_matrix(counts[study == each]) for each in np.unique(study)]
    columns = variable_genes(parts, max(policy.wide, policy.genes))
    depth = np.asarray(counts.sum(axis=1), float).ravel()
    types = tuple(training.types[at] for at in present)
    reference = fit(
        log_norm(sparse.csr_matrix(counts[:, columns]), depth),
        own_code,
        training.donor[rows] + 1,
        own=min(policy.genes, len(columns)),
        genes=training.genes[columns],
        universe=training.genes,
        types=types,
        donors=training.donors,
        axes=policy.axes,
        centroids=policy.centroids,
        seed=seed,
    )
    names = np.array(training.types)[code]
    found = statistics(counts, training.genes, names) if "correlation" in policy.engines else empty(types)
    return Fitted(reference, found, present)


def empty(types: tuple[str, ...]) -> TypeStatistics:
    """Sums over no genes, where no engine asks for them."""
    nothing = np.zeros((len(types), 0))
    return TypeStatistics(types, np.zeros(0, dtype="<U1"), np.zeros(len(types)), *(nothing,) * 5)
