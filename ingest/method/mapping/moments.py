"""A reference from statistics by type only, without cells, as in a published taxonomy. Mean and variance of every gene
follow from the sums; the covariance within types does not, so genes are assumed independent within types. Without cells
nothing can be held out: the head is correlation, and nothing is guaranteed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import linalg

from ingest.method.mapping.calibration.calibrate import uncalibrated
from ingest.method.mapping.calibration.policy import VOTED, Policy
from ingest.method.mapping.engine import Built
from ingest.method.mapping.heads.correlation import TypeStatistics
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.space.geometry import Floats, Ints, signed, unit
from ingest.method.mapping.space.reference import CLIP, Reference, whitener
from kg.errors import MethodError
from kg.match.card import Card

CARD = Card(
    "reference-of-sums",
    "1",
    "axes of the differences between types, scaled by the spread within them, from sums by type and gene",
    (
        "genes are assumed independent within types, because the sums contain no covariance",
        "without cells and donors nothing is held out: no guaranteed coverage, no p, and controls are not testable",
    ),
    "10.1038/s41586-023-06812-z",
)
NOTHING_HELD_OUT = (
    "built from statistics by type: no donor was held out, so sets have no guaranteed coverage, outside scores have"
    " no p, and controls are not testable"
)


def built_of(
    found: TypeStatistics, parents: Mapping[str, str], policy: Policy, taxon: str, studies: Sequence[str]
) -> Built:
    """Builds a reference. ``found``: statistics of at least two types with cells; the head is the policy's first voting
    head, otherwise ``hierarchical``. Raises MethodError FEW_TYPES, ContractError TREE_CYCLE."""
    some = np.flatnonzero(found.n_cells > 0)
    lookup, found = found.lookup, found.of(some)
    found = replace(found, lookup=lookup)
    if len(found.types) < 2:
        raise MethodError(f"a reference needs two types or more with cells, not {len(found.types)}", code="FEW_TYPES")
    head = next((each for each in policy.engines if each in VOTED), "hierarchical")
    policy = replace(policy, engines=(head,), calibrate=False, normalisation="log")
    tree = Tree.of(parents, found.types)
    found = replace(found.of(np.array([found.types.index(name) for name in tree.types])), lookup=lookup)
    cells = found.n_cells
    quality: dict[str, Any] = {
        "studies": list(studies),
        "types": {name: {"cells": int(n), "donors": 0} for name, n in zip(found.types, cells, strict=True)},
        "cells": int(cells.sum()),
        "unlabelled": 0,
        "donors": 0,
        "sisters": [list(pair) for pair in tree.sisters()],
        "held_out": {},
        "limits": [NOTHING_HELD_OUT],
    }
    calibration = uncalibrated(len(found.types), policy)
    return Built(_reference(found, policy), found, tree, calibration, policy, taxon, quality)


def _reference(found: TypeStatistics, policy: Policy) -> Reference:
    """A reference in which each type is represented by its mean."""
    n, total = found.n_cells[:, None], found.n_cells.sum()
    mean = found.sum.sum(axis=0) / total
    sd = np.sqrt(np.maximum(found.sumsq.sum(axis=0) / total - mean**2, 0)) + 1e-6
    within = np.maximum((found.sumsq - found.sum**2 / n).sum(axis=0), 0) / total / sd**2
    profile = np.clip((found.mean - mean) / sd, -CLIP, CLIP)
    used = _telling(profile, within, policy.genes)
    mean, sd, within, profile = mean[used], sd[used], within[used], profile[:, used]
    apart = profile - profile.mean(axis=0)
    between = apart.T @ apart / len(apart)
    axes = max(1, min(policy.axes, len(apart) - 1, len(used)))
    _, vector = linalg.eigh(between, subset_by_index=(len(used) - axes, len(used) - 1))
    loadings = signed(vector[:, ::-1])
    whitening = whitener(loadings.T @ (within[:, None] * loadings))
    points = (profile @ loadings @ whitening).astype(np.float32)
    every = np.arange(len(points), dtype=np.int32)
    mean, sd, loadings, whitening = (each.astype(np.float32) for each in (mean, sd, loadings, whitening))
    covariance = (between + np.diag(within)).astype(np.float32)
    return Reference(
        found.genes[used], found.genes, found.types, (), mean, sd, loadings, whitening, covariance, points,
        unit(points)[None], found.n_cells[None],
        (n * points)[None], points, every, np.zeros_like(every), profile.astype(np.float32),
        np.diag(within).astype(np.float32), "log2cpm",
    )  # fmt: skip


def _telling(profile: Floats, within: Floats, most: int) -> Ints:
    """Genes with the largest variance between types relative to that within, in the order of the file."""
    share = profile.var(axis=0) / (within + 0.05)
    return np.sort(np.argsort(-share, kind="stable")[: min(most, int((share > 0).sum()))])
