"""A stand-in for protein embeddings, made from orthology: genes of one orthogroup lie as close as their proteins are
similar.

Pairs of human and mouse genes from Ensembl (percent identity both ways) and their score by a protein language model, as
collected at github.com/KKzhongyi/pLLM-cross-species-integration (no licence stated: downloaded, never shipped). Genes
of different orthogroups are unrelated here, unlike in a real model: two proteins of one family look as different as any
two.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ingest.fetch.cache import Cache
from ingest.method.saturn.genes.vectors import GeneEmbedding, write_embedding
from kg.errors import MethodError

STANDIN = "orthology stand-in (not a protein language model)"
DIMENSIONS = 256
FILES = tuple(f"pllm_cross_species/{name}" for name in ("human_mice_ENS_M2M.txt", "human_mice_LM_O2O.csv"))
_LARGEST = 400


def read_pairs(cache: Cache) -> pd.DataFrame:
    """Columns ``human``, ``mouse`` (symbols) and ``score`` (0..1): the mean of identity and model score if both are
    known."""
    homology = pd.read_csv(cache.get(FILES[0]), sep="\t")
    human, mouse, there, back = (
        homology[c] for c in (homology.columns[0], homology.columns[1], *homology.columns[3:5])
    )
    first = pd.DataFrame({"human": human, "mouse": mouse, "identity": (there + back) / 200}).dropna()
    model = pd.read_csv(cache.get(FILES[1])).set_axis(["human", "mouse", "model"], axis=1).dropna()
    both = first.merge(model, on=["human", "mouse"], how="outer")
    both["score"] = both[["identity", "model"]].mean(axis=1).clip(0, 1)
    return pd.DataFrame(both.groupby(["human", "mouse"])["score"].max()).reset_index()


def standin(pairs: pd.DataFrame, dimensions: int = DIMENSIONS) -> dict[str, GeneEmbedding]:
    """``pairs``: two columns of gene names, one for each species, then ``score`` (0..1). Returns an embedding for each
    species.

    Cosines within an orthogroup are the scores of the pairs (as closely as one space allows), and about 0 elsewhere.
    The same pairs in any order give the same vectors. Orthogroups of more than 400 genes are cut to the pairs with a
    score above the median, repeatedly, until they are smaller.
    """
    if not len(pairs):
        raise MethodError("no pairs of orthologs: a stand-in cannot be made")
    a, b = (str(c) for c in pairs.columns[:2])
    rows = pairs.sort_values([a, b]).reset_index(drop=True)
    names = [np.unique(rows[c].to_numpy(str)) for c in (a, b)]
    left, right = (np.searchsorted(n, rows[c].to_numpy(str)) for n, c in zip(names, (a, b), strict=True))
    right = right + len(names[0])
    total = len(names[0]) + len(names[1])
    score = rows["score"].to_numpy(float)
    group = _groups(left, right, score, total)
    kept = group[left] == group[right]
    edges: dict[int, list[int]] = {}
    for i in np.flatnonzero(kept):
        edges.setdefault(int(group[left[i]]), []).append(int(i))
    every = np.concatenate(names)
    vectors = np.zeros((total, dimensions), np.float32)
    for number, members in _members(group).items():
        at = edges.get(number, [])
        vectors[members] = _place(members, every, left[at], right[at], score[at], dimensions)
    split = len(names[0])
    return {a: GeneEmbedding(names[0], vectors[:split], STANDIN), b: GeneEmbedding(names[1], vectors[split:], STANDIN)}


def _groups(left: NDArray, right: NDArray, score: NDArray, n: int) -> NDArray:
    """Orthogroup of each gene: the connected components of the pairs; a huge one is cut at ever higher scores."""
    kept = np.ones(len(left), bool)
    while True:
        graph = coo_matrix((np.ones(int(kept.sum())), (left[kept], right[kept])), shape=(n, n))
        group = connected_components(graph, directed=False)[1]
        large = np.bincount(group)[group] > _LARGEST
        inside = kept & large[left]
        if not inside.any():
            return group
        kept &= ~(inside & (score <= np.median(score[inside])))


def _members(group: NDArray) -> Mapping[int, NDArray]:
    order = np.argsort(group, kind="stable")
    ends = np.flatnonzero(np.diff(group[order])) + 1
    return {int(group[part[0]]): part for part in np.split(order, ends)}


def _place(members: NDArray, names: NDArray, left: NDArray, right: NDArray, score: NDArray, dimensions: int) -> NDArray:
    """Vectors of one orthogroup: its matrix of scores factorised, in random directions seeded by its names."""
    n = len(members)
    where = {int(m): i for i, m in enumerate(members)}
    cross = np.zeros((n, n))
    for i, j, s in zip(left, right, score, strict=True):
        cross[where[int(i)], where[int(j)]] = cross[where[int(j)], where[int(i)]] = s
    shared = np.max(cross[:, :, None] * cross[None, :, :], axis=1) if n <= 60 else cross @ cross / max(1, n)
    alike = np.where(cross > 0, cross, np.minimum(shared, 0.99))
    np.fill_diagonal(alike, 1.0)
    values, axes = np.linalg.eigh(alike)
    factor = axes * np.sqrt(np.clip(values, 0, None))
    seed = hashlib.sha256("\n".join(sorted(map(str, names[members]))).encode()).digest()
    directions = np.random.default_rng(list(seed[:16])).normal(0, dimensions**-0.5, (n, dimensions))
    made = factor @ directions
    return (made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def write_standin(folder: Path, made: Mapping[str, GeneEmbedding]) -> list[Path]:
    """Writes one npz for each species, which says what it is."""
    folder.mkdir(parents=True, exist_ok=True)
    return [write_embedding(folder / f"{species}.npz", embedding) for species, embedding in made.items()]


def write_orthologs(folder: Path, pairs: pd.DataFrame) -> Path:
    """Writes ``orthologs.csv``: the pairs whose genes occur in no other pair, in columns ``<species>_gene``, for the
    second score and the baselines."""
    folder.mkdir(parents=True, exist_ok=True)
    names = list(pairs.columns[:2])
    alone = pairs[~pairs[names[0]].duplicated(keep=False) & ~pairs[names[1]].duplicated(keep=False)]
    path = folder / "orthologs.csv"
    alone[names].sort_values(names).set_axis([f"{n}_gene" for n in names], axis=1).to_csv(path, index=False)
    return path
