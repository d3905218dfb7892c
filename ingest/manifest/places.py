"""Where the files that a manifest names may lie: a manifest from elsewhere must not read whatever its reader can."""

import os
from collections.abc import Iterable
from pathlib import Path

from kg.errors import broken


def need_within(path: Path, roots: Iterable[Path], name: str) -> Path:
    """The path itself, when it lies below one of the folders, links followed; of a folder, all that is in it as well.

    Raises:
        ContractError: OUTSIDE, or LINK_OUT where something in a folder leads out of it.
    """
    real, below = _real(path, name), [root.resolve() for root in roots]
    if not any(real.is_relative_to(root) for root in below):
        rule = "a manifest names files below its own folder, the folder that the command runs in, or the cache"
        raise broken(
            "OUTSIDE", name, rule, str(real), f"move it there, or allow its folder: --allow-path {real.parent}"
        )
    for folder, folders, files in os.walk(real) if real.is_dir() else ():
        for entry in (Path(folder, own) for own in (*folders, *files)):
            if entry.is_symlink() and not any(_real(entry, name).is_relative_to(root) for root in (real, *below)):
                end = _real(entry, name)
                found = f"{entry.relative_to(real)} leads to {end}"
                fix = f"put the file itself there: cp -rL; or allow its folder: --allow-path {end.parent}"
                raise broken("LINK_OUT", name, "a folder holds its own files", found, fix)
    return path


def _real(path: Path, name: str) -> Path:
    try:
        return path.resolve()
    except (RuntimeError, OSError):
        raise broken(
            "MISSING_FILE", name, "the file must exist", "a link that leads to itself", "correct the link"
        ) from None
