"""Whether an ingest is under way in a home: a process that reads all of it waits until the ingest has ended and the
parts are consistent."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE = "loading.lock"


@contextmanager
def loading(home: Path) -> Iterator[None]:
    """While an ingest writes. The kernel releases the lock when the process ends, however it ends."""
    lock = os.open(home / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def is_loading(home: Path) -> bool:
    try:
        lock = os.open(home / _FILE, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
