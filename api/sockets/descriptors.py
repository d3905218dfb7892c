"""How many connections the process has descriptors for, beside those of the store and of files."""

import os
import resource
from pathlib import Path

from kg.errors import KgError

KEPT = 64
"""At least so many descriptors are for the store, signatures and logs; of many descriptors it is half of them."""
FEWEST = 16
_OPEN = Path("/proc/self/fd")


def room(wanted: int) -> tuple[int, int]:
    """Connections that may be open at once, at most ``wanted``, and the descriptor above which none is taken.

    The soft limit is raised as far as the hard one lets it. Raises KgError TOO_FEW_DESCRIPTORS where there is room for
    fewer than ``FEWEST``.
    """
    opened = len(os.listdir(_OPEN)) if _OPEN.is_dir() else 32
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = opened + KEPT + 2 * wanted
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return wanted, needed
    most = soft - opened - max(KEPT, (soft - opened) // 2)
    if most < FEWEST:
        text = (
            f"{soft} files and sockets may be open at once, and {opened} are: too few to serve. Raise the limit (ulimit"
            " -n 1024)."
        )
        raise KgError(text, code="TOO_FEW_DESCRIPTORS")
    return min(wanted, most), soft - KEPT
