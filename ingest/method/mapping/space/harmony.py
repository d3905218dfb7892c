"""Integrates studies: study effects are removed, cluster by cluster.

Harmony (Korsunsky 2019, doi 10.1038/s41592-019-0619-0), with known types. Clusters are drawn towards the mix of studies
of their types rather than that of all cells, and in each cluster studies are regressed together with types: a type
found in only one study contributes no shift and is not drawn onto another type.
"""

import numpy as np

from ingest.method.mapping.space.correct import soft
from ingest.method.mapping.space.geometry import TINY, Floats, Ints, group_sums, unit
from kg.match.card import Card

CARD = Card(
    "harmony-of-studies",
    "1",
    "cells of several studies with study effects regressed out of soft clusters, adjusted for types",
    (
        "for a type found in one study only, study and type cannot be separated: it is moved like the study's other"
        " types",
        "types are assumed to be labelled consistently: one name for two types draws them together",
        "everything that all cells of a study share is removed, be it chemistry, tissue or disease",
    ),
    "10.1038/s41592-019-0619-0",
)
ROUNDS, BLOCKS = 10, 20
THETA = 2.0  # how strongly clusters are drawn towards the mix of studies
RIDGE = 1.0  # in cells


def joined(
    points: Floats,
    study: Ints,
    code: Ints,
    centroids: Floats,
    rng: np.random.Generator,
    *,
    theta: float = THETA,
    ridge: float = RIDGE,
    rounds: int = ROUNDS,
) -> Floats:
    """Integrated coordinates (cells, d). ``points`` (cells, d); ``study``, ``code`` (cells,): study and type, 0, 1,
    ...; ``centroids`` (k, d): initial clusters of ``shifted`` points, of length 1."""
    start = shifted(points, study, code, ridge=ridge)
    made, centre = start, centroids
    for _ in range(rounds):
        member = mixed(made, centre, study, code, rng, theta=theta)
        made = start - added(start, member, study, code, ridge=ridge)
        centre = unit(member.T @ unit(made))
    return made


def shifted(points: Floats, study: Ints, code: Ints, *, ridge: float = RIDGE) -> Floats:
    """Coordinates (cells, d) without the effect shared by all types of a study: one cluster of all cells."""
    return points - added(points, np.ones((len(points), 1), points.dtype), study, code, ridge=ridge)


def mixed(
    points: Floats, centroids: Floats, study: Ints, code: Ints, rng: np.random.Generator, *, theta: float = THETA
) -> Floats:
    """Membership (cells, k), rows sum to 1: by angle, times (expected / found) ** theta of the cell's study in the
    cluster; expected is the mix of studies of the cluster's types. Cells are updated in blocks, each given the
    others."""
    near = soft(points, centroids)
    types, studies = int(code.max()) + 1, int(study.max()) + 1
    share = np.zeros((types, studies))
    np.add.at(share, (code, study), 1)
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1)
    member = near.copy()
    kinds, found = group_sums(member, code, types).astype(float), group_sums(member, study, studies).astype(float)
    for rows in np.array_split(rng.permutation(len(points)), min(BLOCKS, len(points))):
        kinds -= group_sums(member[rows], code[rows], types)
        found -= group_sums(member[rows], study[rows], studies)
        pull = ((share.T @ kinds + 1) / (np.maximum(found, 0) + 1)) ** theta
        drawn = near[rows] * pull[study[rows]]
        member[rows] = drawn / np.maximum(drawn.sum(axis=1, keepdims=True), TINY)
        kinds += group_sums(member[rows], code[rows], types)
        found += group_sums(member[rows], study[rows], studies)
    return member


def added(points: Floats, member: Floats, study: Ints, code: Ints, *, ridge: float = RIDGE) -> Floats:
    """Study effect of each cell (cells, d), from its clusters: in each a weighted regression on types and studies, with
    a ridge penalty on the studies only."""
    types, studies = int(code.max()) + 1, int(study.max()) + 1
    pair = code.astype(np.int64) * studies + study
    weight = group_sums(member, pair, types * studies).astype(float).reshape(types, studies, -1)
    made = np.zeros_like(points)
    t, s = np.arange(types), types + np.arange(studies)
    for k in range(member.shape[1]):
        own = member[:, [k]]
        total = group_sums(own * points, pair, types * studies).astype(float).reshape(types, studies, -1)
        left = np.zeros((types + studies,) * 2)
        left[t, t] = weight[:, :, k].sum(axis=1) + TINY
        left[:types, types:] = weight[:, :, k]
        left[types:, :types] = weight[:, :, k].T
        left[s, s] = weight[:, :, k].sum(axis=0) + ridge
        shift = np.linalg.solve(left, np.concatenate([total.sum(axis=1), total.sum(axis=0)]))[types:]
        made += own * shift[study].astype(points.dtype)
    return made
