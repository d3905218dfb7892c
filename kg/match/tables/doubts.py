# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""Claims of a table that its own numbers do not bear out.

``n`` donors per arm give a gene whose arms lie ``d`` within-arm standard deviations apart a z near d / sqrt(1/n + 1/n).
A disease moves a few genes by several deviations and most by less than one; a table in which half of all genes move by
three, or one in twenty by fifteen, was tested on something more numerous than donors, as a rule on cells (Squair et al.
2021, doi 10.1038/s41467-021-25960-2). A table of cells with small p-values in few genes is not detected by this.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
HALF, TAIL = 3.0, 15.0  # deviations between the arms, of the median gene and of the gene at the 95th percentile
MANY = 50  # donors per arm where their number is not stated
LEAST = 30  # genes: fewer say nothing of a share
# how such flags begin
DOUBTS = (
    "p-doubted",
    "by-stated",
    "se-differs",
    "fdr-contradicts",
    "p-and-fdr-exchanged",
    "signs-differ",
    "sign-doubted",
)
OF_DONORS = ("donor", "unknown")


def p_doubt(p: Floats, n_case: int | None, n_control: int | None, level: str = "donor", cut: str = "") -> str:
    """Why p-values (two-sided, over genes, nan where there is none) cannot come from donors; empty where they may.
    Nothing is said of a level that is not donors, or of a table cut to its significant genes."""
    known = p[np.isfinite(p)]
    if level not in OF_DONORS or cut or len(known) < LEAST:
        return ""
    arms = [n or MANY for n in (n_case, n_control)]
    z = stats.norm.isf(np.clip(known, np.finfo(float).tiny, 1) / 2)
    median, high = np.quantile(z * np.sqrt(sum(1 / n for n in arms)), [0.5, 0.95])
    if median <= HALF and high <= TAIL:
        return ""
    share = 0.5 if median > HALF else 0.05
    limit = float(np.quantile(known, share))
    what = f"p below {limit:.0e}" if limit >= 1e-300 else "p below 1e-300"
    who = (
        f"{n_case} and {n_control} donors"
        if n_case and n_control
        else f"{MANY} donors per arm (their number is not stated)"
    )
    return (
        f"p-doubted: {share:.0%} of the genes have {what}, far smaller than {who} give where most genes change little;"
        " it looks like cells taken as replicates: say level: cell if they were, and sum the cells of each donor to"
        " test it"
    )
