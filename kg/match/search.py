# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""One signature against many contrasts: the joint null of all pairs, in one matrix product per block.

The contrasts are stored as blocks of one factor: tables that borrow it from one reference (a vector each), or one
contrast with its own. With Q the mouse vector on top of its factor, the products of a block's rows with Q' hold T, the
terms of V and nothing else, so that the time is that of reading the block once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.match.joint import Side, joint_variance

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Block:
    """``ids``: contrasts; ``vectors``: contrasts x features, each centred; ``length``: of each vector; ``factors``:
    rows x features, centred, over the same features. Rows belong to all contrasts of the block (``shared``: they borrow
    one reference of ``df`` degrees of freedom), or ``df`` of them in turn to each contrast. Arrays may be
    memory-mapped."""

    ids: NDArray[np.str_]
    vectors: Singles
    length: Floats
    factors: Singles
    df: int
    shared: bool

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.vectors) or len(self.ids) != len(self.length):
            raise ValueError(f"{len(self.ids)} ids for {len(self.vectors)} vectors of {len(self.length)} lengths")
        if self.vectors.shape[1] != self.factors.shape[1]:
            raise ValueError(f"vectors of {self.vectors.shape[1]} features, factors of {self.factors.shape[1]}")
        if not self.shared and len(self.factors) != self.df * len(self.ids):
            raise ValueError(f"{len(self.factors)} factor rows are not {self.df} for each of {len(self.ids)} contrasts")

    @classmethod
    def of(cls, ids: Sequence[str], sides: Sequence[Side], *, shared: bool) -> "Block":
        """From sides of equal df; of ``shared`` sides the first one's factor is that of all."""
        centred = [side.centred() for side in sides]
        if len({side.df for side in centred}) != 1:
            raise ValueError("the sides of a block have equal degrees of freedom")
        vectors = np.array([side.vector for side in centred])
        factors = centred[0].factor if shared else np.vstack([side.factor for side in centred])
        return cls(
            np.array(ids),
            vectors.astype(np.float32),
            np.linalg.norm(vectors, axis=1),
            factors.astype(np.float32),
            centred[0].df,
            shared,
        )


@dataclass(frozen=True)
class Hits:
    """Arrays over all contrasts of the blocks, in their order (signatures x contrasts when many were asked)."""

    ids: NDArray[np.str_]
    score: Floats
    statistic: Floats
    variance: Floats
    df: NDArray[np.int64]
    p: Floats


def search(blocks: Sequence[Block], mouse: Side) -> Hits:
    """Joint test of a side against every contrast, over the same features."""
    return next(iter(search_many(blocks, [mouse])))


def search_many(blocks: Sequence[Block], mice: Sequence[Side]) -> Iterator[Hits]:
    """The same for many sides at once: each block is read once, one matrix product for all of them."""
    centred = [mouse.centred() for mouse in mice]
    rows = np.vstack([np.vstack([side.vector, side.factor]) for side in centred]).astype(np.float32).T
    starts = np.cumsum([0, *(1 + len(side.factor) for side in centred)])
    products = [(block, block.vectors @ rows, block.factors @ rows) for block in blocks]
    ids = np.concatenate([block.ids for block in blocks])
    lengths = np.concatenate([block.length for block in blocks])
    for side, start, stop in zip(centred, starts[:-1], starts[1:], strict=True):
        terms = [_terms(block, vectors[:, start:stop], factors[:, start:stop]) for block, vectors, factors in products]
        statistic, a, b, c = (np.concatenate(part) for part in zip(*terms, strict=True))
        variance = joint_variance(a, b, c)
        df = np.minimum(np.concatenate([np.full(len(block.ids), block.df) for block in blocks]), side.df)
        p = 2 * stats.t.sf(np.abs(statistic) / np.sqrt(variance), df)
        score = statistic / (lengths * np.linalg.norm(side.vector))
        yield Hits(ids, score, statistic, variance, df, p)


def _terms(block: Block, vectors: Singles, factors: Singles) -> tuple[Floats, Floats, Floats, Floats]:
    """T, |L h|^2, |K m|^2 and |L K'|^2 of each contrast."""
    human = (factors[:, 0].astype(float) ** 2, (factors[:, 1:].astype(float) ** 2).sum(axis=1))
    if block.shared:
        noise, both = (np.full(len(block.ids), part.sum()) for part in human)
    else:
        noise, both = (part.reshape(-1, block.df).sum(axis=1) for part in human)
    return vectors[:, 0].astype(float), (vectors[:, 1:].astype(float) ** 2).sum(axis=1), noise, both
