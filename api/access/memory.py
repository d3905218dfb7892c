"""Memory that a large request took is given back to the machine."""

import asyncio
import ctypes
import gc
import sys

# M_ARENA_MAX, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of glibc's malloc.h
_ARENAS, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
_LARGEST, _FREE = 2**25, 2**28
_SECONDS = 2.0
_due = False


def _glibc() -> ctypes.CDLL | None:
    """None where the C library is another: there is nothing to set then."""
    found = ctypes.CDLL(None) if sys.platform == "linux" else None
    return found if found is not None and hasattr(found, "malloc_trim") else None


def use_few_arenas() -> None:
    """Before threads begin. Each thread else has an arena of its own, which keeps what it once held. Arrays of one
    question reuse the pages of those of another: fresh pages would take longer than what is computed in them. What is
    free is given back by :func:`release_soon`."""
    if (libc := _glibc()) is not None:
        libc.mallopt(_ARENAS, 2)
        libc.mallopt(_MMAP_THRESHOLD, _LARGEST)
        libc.mallopt(_TRIM_THRESHOLD, _FREE)


def release_soon() -> None:
    """What large requests of these two seconds leave behind, back to the machine: once for all of them, from the
    running loop."""
    global _due
    if not _due:
        _due = True
        asyncio.get_running_loop().call_later(_SECONDS, _release)


def _release() -> None:
    global _due
    _due = False
    # What lives on, such as a snapshot of the graph, is looked through here and by no request.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)
