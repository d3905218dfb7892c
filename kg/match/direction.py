"""Genes known to move one way in a disease: where all that clearly move go the other way, the sign of a contrast is
doubted.

The case and control arms of a study are exchanged by one wrong letter, and nothing in the numbers shows it. A doubt is
a warning, never an error: a cohort may be unlike others.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]

ALZHEIMERS = "MONDO:0004975"
CORTEX = ("UBERON:0000956", "UBERON:0002421", "UBERON:0001954")  # cerebral cortex, hippocampal formation, Ammon's horn
CLEAR, ALONE = 0.05, 0.001  # p of a gene that moves; of one that may speak alone


@dataclass(frozen=True)
class Known:
    """``genes``: Ensembl ids of the human gene and its mouse ortholog; ``direction``: 1 up in the disease, -1 down, in
    bulk ``tissues`` and what is part of them; ``doi``: where it was shown."""

    symbol: str
    genes: tuple[str, str]
    direction: int
    disease: str
    tissues: tuple[str, ...]
    doi: str


KNOWN = (
    Known("GFAP", ("ENSG00000131095", "ENSMUSG00000020932"), 1, ALZHEIMERS, CORTEX, "10.1016/j.ajpath.2011.05.047"),
    Known("VGF", ("ENSG00000128564", "ENSMUSG00000037428"), -1, ALZHEIMERS, CORTEX, "10.1038/s41467-020-17405-z"),
    Known("SST", ("ENSG00000157005", "ENSMUSG00000004366"), -1, ALZHEIMERS, CORTEX, "10.1002/ana.410200408"),
)


def sign_doubt(genes: Strings, vector: Floats, p: Floats, diseases: Collection[str], tissues: Collection[str]) -> str:
    """In words, why the sign of a contrast is doubted; empty where it is not.

    ``genes``, ``vector``, ``p``: over genes; ``diseases`` and ``tissues``: what the contrast is of and in, each with
    what stands above it. All known genes that clearly move must go the wrong way: two at p <= .05, or one at p <= .001.
    """
    wrong: list[tuple[Known, float]] = []
    for known in KNOWN:
        at = np.flatnonzero(np.isin(genes, known.genes))
        if known.disease not in diseases or not set(known.tissues) & set(tissues) or len(at) != 1:
            continue
        if not p[at[0]] <= CLEAR or vector[at[0]] == 0:
            continue
        if np.sign(vector[at[0]]) == known.direction:
            return ""
        wrong.append((known, float(p[at[0]])))
    if len(wrong) < 2 and not any(each <= ALONE for _, each in wrong):
        return ""
    moved = ", ".join(
        f"{k.symbol} {'falls' if k.direction > 0 else 'rises'} (p {each:.2g}; doi {k.doi})" for k, each in wrong
    )
    return (
        f"sign-doubted: {moved}, against what is known of the disease in this tissue: check which arm is the case, "
        "and that a positive effect is up in it"
    )
