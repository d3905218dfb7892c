"""Counts of donors and a design -> log2 fold changes and p of PyDESeq2 (extra [models]).

A negative binomial model per gene, dispersions shrunk towards their trend, a Wald test; fold changes as they are, or
shrunken by the apeGLM prior. These numbers are shown for a contrast; its vector and noise factor are still those of the
linear model (``kg.match.contrast``), which alone estimates how genes covary.
"""

import contextlib
import hashlib
import io
import warnings
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ingest.method.extra import package
from kg.errors import MethodError
from kg.match.card import Card
from kg.signatures.store import Floats, Strings

if TYPE_CHECKING:
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.ds import DeseqStats

CARD = Card(
    "pydeseq2",
    "1",
    "negative binomial fold changes with shrunken dispersions, and their Wald p",
    (
        "the Wald test is a little liberal below six donors per arm",
        "counts with fractions (corrected for ambient RNA) are rounded",
        "genes with an outlier (Cook's distance) have no p; faint genes have no FDR",
        "no noise factor comes of it: it takes genes as independent",
    ),
    "10.1093/bioinformatics/btad547",
)


@dataclass(frozen=True)
class Tested:
    """Arrays over genes. ``effect``: log2 fold change; ``p``: two-sided Wald; ``fdr``: Benjamini-Hochberg after
    independent filtering; both nan where PyDESeq2 gives none."""

    effect: Floats
    p: Floats
    fdr: Floats


class PyDESeq2:
    """Keeps each fit, so that the contrasts of one model share it."""

    def __init__(self) -> None:
        self._fits: dict[str, DeseqDataSet] = {}

    @property
    def name(self) -> str:
        package("pydeseq2", "`engine: linear` works without")
        return f"PyDESeq2 {metadata.version('pydeseq2')}"

    def test(
        self, counts: Floats, genes: Strings, design: Floats, combination: Floats, *, shrink: bool = False
    ) -> Tested:
        """``counts``: donors x genes; ``design``: donors x coefficients, of any rank; ``combination``: one weight per
        coefficient, estimable (``kg.match.contrast.sample_weights`` says).

        Raises:
            MethodError: NEEDS_MODELS without the package, NO_REPLICATES where no donor is left over for the
            dispersions.
        """
        package("pydeseq2", "`engine: linear` works without")
        from pydeseq2.ds import DeseqStats

        kept = independent_columns(design)
        matrix, weights = design[:, kept], combination[kept]
        if len(matrix) <= matrix.shape[1]:
            told = f"{len(matrix)} samples and {matrix.shape[1]} coefficients leave nothing to estimate dispersion from"
            raise MethodError(told, code="NO_REPLICATES")
        fitted = self._fit(np.rint(counts).astype(int), genes, matrix)
        with _quiet():
            made = DeseqStats(fitted, contrast=weights, n_cpus=1, quiet=True)
            made.summary()
            effect = made.results_df["log2FoldChange"]
            if shrink:
                effect = _shrunken(made, matrix, weights)
        return Tested(*(np.asarray(x, float) for x in (effect, made.results_df["pvalue"], made.results_df["padj"])))

    def _fit(self, counts: np.ndarray, genes: Strings, matrix: Floats) -> "DeseqDataSet":
        from pydeseq2.dds import DeseqDataSet

        key = hashlib.sha256(counts.tobytes() + matrix.tobytes()).hexdigest()
        if key not in self._fits:
            rows = [f"d{i}" for i in range(len(counts))]
            design = pd.DataFrame(matrix, rows, [f"b{i}" for i in range(matrix.shape[1])])
            frame = pd.DataFrame(counts, rows, genes)
            with _quiet():
                made = DeseqDataSet(
                    counts=frame,
                    metadata=pd.DataFrame(index=rows),
                    design=design,
                    n_cpus=1,
                    quiet=True,
                    low_memory=True,
                )
                made.deseq2()
            self._fits[key] = made
        return self._fits[key]


def _shrunken(made: "DeseqStats", matrix: Floats, weights: Floats) -> pd.Series:
    """One coefficient is shrunken: the model is rewritten so that its first one is the contrast."""
    turn, before = first_is(weights), pd.DataFrame(made.LFC)
    names = [f"c{i}" for i in range(len(weights))]
    made.design_matrix = pd.DataFrame(matrix @ np.linalg.inv(turn), pd.DataFrame(made.design_matrix).index, names)
    made.LFC = pd.DataFrame(before.to_numpy() @ turn.T, before.index, names)
    made.lfc_shrink(names[0])
    return made.LFC[names[0]] / np.log(2)


def independent_columns(design: Floats) -> np.ndarray:
    """Positions of the first columns that span the same space as all; an estimable combination keeps its value on
    them."""
    kept: list[int] = []
    for at in range(design.shape[1]):
        if np.linalg.matrix_rank(design[:, [*kept, at]]) > len(kept):
            kept.append(at)
    return np.array(kept)


def first_is(combination: Floats) -> Floats:
    """A square matrix of full rank with the combination as its first row, and rows orthogonal to it below."""
    basis = np.linalg.svd(combination[None, :])[2]
    return np.vstack([combination, basis[1:]])


@contextlib.contextmanager
def _quiet():
    """The package prints and warns at each gene that it treats apart."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
