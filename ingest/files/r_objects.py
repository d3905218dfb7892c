"""Read what R saved (.rda, .RData) without R."""

import warnings
from pathlib import Path
from typing import Any

import rdata


def read_r_objects(path: Path) -> dict[str, Any]:
    """The objects of an R file by name; data frames come as pandas frames.

    Tibbles come as plain data frames, which is what they are to us: rdata's warning about it is silenced.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Missing constructor for R class", category=UserWarning)
        return rdata.read_rda(path)
