"""The browser of this machine, for tests of pages."""

import os
import shutil
import warnings

import pytest


def chromium() -> str:
    """Path of an installed Chromium; skipped aloud where there is none, an error under CI."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if os.environ.get("CI"):
        pytest.fail("no Chromium")
    warnings.warn("TESTS OF PAGES SKIPPED: no Chromium", stacklevel=1)
    pytest.skip("no Chromium")
