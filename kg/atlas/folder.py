"""Objects in a local folder; an incomplete object is never read."""

import os
import shutil
import stat
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

from kg.atlas.place import Lying
from kg.files.synced import SCRAP, Made, open_regular, unwritable

_PIECE = 1 << 20


class Folder:
    """``<root>/objects/<first two digits>/<sha256>``; a file gets its name once it is completely on disk."""

    def __init__(self, root: Path):
        self.root = root.absolute()
        self.objects = self.root / "objects"

    def path(self, name: str) -> Path:
        return self.objects / name[:2] / name

    def where(self, name: str) -> str:
        return str(self.path(name))

    def find(self, name: str) -> Lying | None:
        try:
            return _lying(self.path(name))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def open(self, name: str) -> BufferedIOBase:
        return open_regular(self.path(name))

    def write(self, name: str, source: BufferedIOBase) -> None:
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.root, error) from error
        with Made(self.path(name), self.objects) as file:
            shutil.copyfileobj(source, file, _PIECE)

    def renew(self, name: str) -> None:
        """Marks it as just written, so that an object a writer relies on does not count as old."""
        os.utime(self.path(name))

    def all(self) -> Iterator[Lying]:
        for path in sorted((*self.objects.glob("??/*"), *self.objects.glob(f"{SCRAP}*"))):
            try:
                yield _lying(path, scrap=path.name.startswith(SCRAP))
            except FileNotFoundError:  # a writer's file, which has its final name by now
                continue

    def remove(self, lying: Lying) -> None:
        (self.objects / lying.name if lying.scrap else self.path(lying.name)).unlink(missing_ok=True)


def _lying(path: Path, *, scrap: bool = False) -> Lying:
    found = path.lstat()
    size = found.st_size if stat.S_ISREG(found.st_mode) else -1
    return Lying(path.name, size, found.st_mtime, (found.st_ino, size, found.st_mtime_ns, found.st_ctime_ns), scrap)
