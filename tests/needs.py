"""What a test needs and a machine may lack: a file of the cache, a program, a server. The test is skipped aloud by the
name of what is not there; under CI (the variable CI is set) it fails."""

import os
import warnings
from pathlib import Path
from typing import NoReturn

import pytest

from ingest.fetch.cache import Cache
from kg.errors import SourceError

ABSENT = frozenset({"SOURCE_MISSING", "SOURCE_GONE", "OFFLINE", "INTERRUPTED"})


def lacking(why: str) -> NoReturn:
    """Ends the test, or all that take the fixture that calls it. ``why`` names what is not there."""
    if os.environ.get("CI"):
        pytest.fail(f"CI lacks what a test needs: {why}", pytrace=False)
    warnings.warn(f"SKIPPED: {why}", stacklevel=2)
    pytest.skip(why)


class Sources(Cache):
    """The cache of whoever runs the tests; a file that is not available is lacking."""

    def get(self, name: str) -> Path:
        try:
            return super().get(name)
        except SourceError as error:
            if error.code not in ABSENT:
                raise
            lacking(f"{name} of the cache: {error}")

    def get_all(self, *names: str) -> Path:
        """The place of the first, when all are there."""
        first, *_ = [self.get(name) for name in names]
        return first


def sources() -> Sources:
    """Without ORTHOKG_CACHE nothing is fetched."""
    made = Sources.open()
    made.offline |= not os.environ.get("ORTHOKG_CACHE")
    assert isinstance(made, Sources)
    return made
