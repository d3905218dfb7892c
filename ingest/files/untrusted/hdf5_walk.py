"""Reads every attribute and every text of HDF5 files: one path per line of standard input, one line of answer for each.

Run as a script beside the program that will read them: damaged text may make the library loop forever or crash. A file
that exceeds its processor time ends this process and no other.
"""

import resource
import sys
from contextlib import suppress

import h5py

SECONDS, BLOCK = 4, 250_000


def walk(path: str) -> None:
    with h5py.File(path, "r") as file:
        attributes(file)
        file.visititems(lambda _, item: look(item))


def look(item: "h5py.Group | h5py.Dataset") -> None:
    attributes(item)
    if isinstance(item, h5py.Dataset) and item.dtype.hasobject and item.shape is not None:
        with suppress(Exception):
            if not item.shape:
                item[()]
                return
            for start in range(0, item.shape[0], BLOCK):
                more_time()
                item[start : start + BLOCK]


def attributes(item: "h5py.Group | h5py.Dataset") -> None:
    with suppress(Exception):
        dict(item.attrs.items())


def more_time() -> None:
    """Allows each block of texts as many seconds as a small file."""
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + SECONDS, hard))


if __name__ == "__main__":
    for line in sys.stdin:
        more_time()
        with suppress(Exception):  # what cannot be read is told by who reads it
            walk(line.rstrip("\n"))
        print("done", flush=True)
