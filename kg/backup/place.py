"""Puts what a restore has made in its place in a home: whole, or not at all, or finished by whoever comes next.

HOME/.restore/new/           what is being made; a restore that is interrupted here has changed nothing
HOME/.restore/journal.json   all of it is there and was compared: from here on it is finished, by whom ever
HOME/.restore/old/           what stood in its place, until the end
"""

import json
import os
import shutil
from pathlib import Path

from kg.files.synced import sync_folder, write_whole
from kg.store.driver import RESTORING

_JOURNAL = "journal.json"


class Place:
    def __init__(self, home: Path):
        self.home = home
        self.folder = home / RESTORING
        self.new, self._old, self._journal = self.folder / "new", self.folder / "old", self.folder / _JOURNAL

    def begin(self) -> None:
        """Finishes what was whole and removes what was not."""
        self.finish()
        self.new.mkdir(mode=0o700, parents=True)

    def commit(self, gone: tuple[str, ...] = ()) -> None:
        """``gone``: names in the home that go without another in their place. The graph comes last: a home without one
        is empty."""
        names = sorted(path.name for path in self.new.iterdir())
        names.sort(key=lambda name: name == "graph")
        _sync_all(self.new)
        write_whole(self._journal, json.dumps({"names": names, "gone": gone}).encode())
        self.finish()

    def finish(self) -> bool:
        """Whether a restore had been interrupted while it put its parts in their place."""
        if not self.folder.exists():
            return False
        whole = self._journal.exists()
        if whole:
            told = json.loads(self._journal.read_text())
            self._old.mkdir(exist_ok=True)
            for name in told["gone"]:
                self._aside(name)
            for name in told["names"]:
                if (self.new / name).exists():
                    self._aside(name)
                    os.replace(self.new / name, self.home / name)
            sync_folder(self.home)
            self._journal.unlink()
            sync_folder(self.folder)
        shutil.rmtree(self.folder)
        return whole

    def _aside(self, name: str) -> None:
        if (self.home / name).exists():
            os.replace(self.home / name, self._old / name)


def _sync_all(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        for name in files:
            handle = os.open(Path(place) / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(place))
