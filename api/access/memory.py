"""Memory that a large request took is given back to the machine."""

import asyncio
import ctypes
import gc
import sys

_ARENAS, _MMAP_THRESHOLD = -8, -3  # M_ARENA_MAX, M_MMAP_THRESHOLD of glibc's malloc.h
_SECONDS = 2.0
_due = False


def _glibc() -> ctypes.CDLL | None:
    """None where the C library is another: there is nothing to set then."""
    found = ctypes.CDLL(None) if sys.platform == "linux" else None
    return found if found is not None and hasattr(found, "malloc_trim") else None


def use_few_arenas() -> None:
    """Before threads begin. Each thread else has an arena of its own, which keeps what it once held; and the size from
    which an array has pages of its own, that go when it does, else grows with what is freed."""
    if (libc := _glibc()) is not None:
        libc.mallopt(_ARENAS, 2)
        libc.mallopt(_MMAP_THRESHOLD, 1 << 20)


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
