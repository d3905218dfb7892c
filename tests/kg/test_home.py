"""Which home a command uses: the one that is chosen, else the clone's, else the platform's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import kg
from kg.store import home_format

ASKED = "from kg.store.driver import home; print(home())"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder that holds the package as a clone does."""
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / "kg").symlink_to(kg.__path__[0])
    (tmp_path / "clone" / "pyproject.toml").touch()
    return tmp_path / "clone"


def asked(clone: Path, **chosen: str) -> Path:
    """From another folder than the clone."""
    environment = {name: value for name, value in os.environ.items() if name != "ORTHOKG_HOME"}
    environment |= {"PYTHONPATH": str(clone), "XDG_DATA_HOME": str(clone.parent / "data"), **chosen}
    made = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=clone.parent, env=environment, capture_output=True, text=True, check=True
    )
    return Path(made.stdout.strip())


@pytest.mark.long
def test_a_clone_has_a_home_once_one_was_made_there(clone: Path) -> None:
    platform = clone.parent / "data" / "orthokg"
    assert asked(clone) == platform
    (clone / ".orthokg" / "demo").mkdir(parents=True)  # of an older clone: no home
    assert asked(clone) == platform
    home_format.prepare(clone / ".orthokg")
    assert asked(clone) == clone / ".orthokg"
    assert asked(clone, ORTHOKG_HOME=str(clone / "mine")) == clone / "mine"


@pytest.mark.long
def test_an_installed_package_has_none(clone: Path) -> None:
    home_format.prepare(clone / ".orthokg")
    (clone / "pyproject.toml").unlink()
    assert asked(clone) == clone.parent / "data" / "orthokg"
