"""Takes a backup of a graph and its home while others use them: all is read twice, and kept when both readings are one.

What is equal in both readings of everything was so at one moment between them. What changed meanwhile is read again.
"""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from kg.atlas.kept import named
from kg.atlas.objects import Entry, ObjectStore
from kg.backup.manifest import ATLAS, TABLES, TOKENS, Group, Kept, Manifest
from kg.backup.repository import Repository
from kg.backup.whole_graph import WholeGraph, name_of
from kg.errors import ContractError, Issue, KgError, StoreError
from kg.release.releases import Fingerprinter
from kg.signatures import arrays
from kg.signatures.store import SignatureStore, corrupt
from kg.store.driver import Store
from kg.store.loading import is_loading

Progress = Callable[[str], None]
WAIT_SECONDS = 900.0
_PAUSE, _TRIES = 1.0, 5
NOTHING = hashlib.sha256().hexdigest()
_TOKEN = re.compile(r"[\w.@-]{1,64}:[a-z+]{1,64}:(?:never|\d{4}-\d\d-\d\d):[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Saved:
    """``new``: False where the newest backup is this one already. ``readings``: how often the graph was read, 2 when
    nobody wrote."""

    name: str
    manifest: Manifest
    new: bool
    readings: int
    objects: int
    bytes: int


def backup(
    store: Store,
    home: Path,
    folder: Path,
    *,
    tokens: str = "",
    kept: Path | None = None,
    keep: int = 0,
    verify: bool = False,
    wait: float = WAIT_SECONDS,
    tell: Progress = lambda _: None,
) -> Saved:
    """Into a folder of backups. ``tokens``: entries of the server's tokens, which hold hashes; ``kept``: folder of kept
    releases;
    ``keep``: so many backups stay, older ones go (0: all); ``verify``: read what is there already, and write it again
    where it is damaged; ``wait``: seconds for a moment without a writer.

    Raises KgError BUSY when there was none, EMPTY where there is nothing, StoreError STORE_CORRUPT for a signature that
    is not what its name says.
    """
    repository = Repository.create(folder, verify=verify)
    with repository.writing():
        manifest, readings = taken(store, home, repository, tokens=tokens, wait=wait, tell=tell)
        if kept is not None:
            manifest = replace(manifest, releases=_releases(repository, Repository.open(kept)))
        known = repository.names()
        new = not known or _content(repository, known[-1], tell) != manifest.content
        name = f"{manifest.when.replace(':', '').removesuffix('+0000')}Z-{manifest.content[:8]}" if new else known[-1]
        if new:
            repository.add(name, manifest)
        if keep:
            for old in repository.names()[:-keep]:
                repository.path(old).unlink()
        repository.sweep()
        written = repository.objects
        return Saved(name, manifest, new, readings, written.written, written.written_bytes)


def taken(
    store: Store,
    home: Path,
    repository: Repository,
    *,
    tokens: str = "",
    release: str = "",
    link: bool = False,
    wait: float = WAIT_SECONDS,
    tell: Progress = lambda _: None,
) -> tuple[Manifest, int]:
    """A manifest whose objects are in the repository, and how often the graph was read. ``release``: the name of a
    release, which has nothing of the home but its signatures and the objects of atlases; ``link``: share the
    blocks of both, which never change."""
    reading = _Reading(store, home, repository, link, tell, time.monotonic() + wait)
    reading.first()
    readings = 2
    while not reading.same():
        readings += 1
        if time.monotonic() > reading.until:
            raise KgError(
                f"The graph kept changing while it was read, for {wait:.0f} s: back up when the ingest has finished, "
                "or wait longer (--wait).",
                code="BUSY",
            )
    found, files = reading.fingerprint, reading.files | _atlas_files(store, home, repository, link)
    if not release:
        files |= _own_files(home, repository, tokens)
    simulated = bool(store.read("MATCH (d:Dataset {simulated: true}) RETURN 1 AS one LIMIT 1"))
    manifest = Manifest(
        datetime.now(UTC).isoformat(timespec="milliseconds"),
        found.data_version,
        found.graph_version,
        found.nodes,
        found.edges,
        simulated,
        tuple(reading.groups.values()),
        files,
        outside=dict(sorted(reading.outside.items())),
        release=release,
    )
    return manifest, readings


def _content(repository: Repository, name: str, tell: Progress) -> str:
    try:
        return repository.manifest(name).content
    except ContractError as error:
        tell(f"{error}. Nothing of the earlier backups is removed until it is gone")
        return ""


class _Reading:
    """The last reading of everything, in the schema's order."""

    def __init__(self, store: Store, home: Path, repository: Repository, link: bool, tell: Progress, until: float):
        self.home, self.repository, self.link, self.tell, self.until = home, repository, link, tell, until
        self.whole = WholeGraph(store)
        self.groups: dict[str, Group] = {}
        self.files: dict[str, Kept] = {}
        self.outside: dict[str, int] = {}

    def first(self) -> None:
        self._wait_for_ingest()
        self._signatures()
        for spec, ends in self.whole.groups():
            self.tell(f"reading {name_of(spec, ends)}")
            self._take(name_of(spec, ends), self.whole.group(spec, ends, self.repository.objects))
        if not any(group.ends is None for group in self.groups.values()):
            raise KgError("The graph is empty: load the data with  orthokg ingest", code="EMPTY")

    def same(self) -> bool:
        """Whether all is as it was read last; what is not, is read again."""
        self._wait_for_ingest()
        self.whole.outside.clear()
        self.whole.count_outside(self.groups.values())
        made, same = Fingerprinter(), True
        for spec, ends in self.whole.groups():
            name = name_of(spec, ends)
            self.tell(f"comparing {name}")
            if self.whole.group(spec, ends, None, made).sha256 != (
                self.groups[name].sha256 if name in self.groups else NOTHING
            ):
                self.tell(f"{name} changed while being read: reading it again")
                self._take(name, self.whole.group(spec, ends, self.repository.objects))
                same = False
        if self._index() != self.index:
            self.tell("the signatures changed while being read: reading them again")
            self._signatures()
            same = False
        order = [name_of(spec, ends) for spec, ends in self.whole.groups()]
        self.groups = {name: self.groups[name] for name in order if name in self.groups}
        self.outside = dict(self.whole.outside)
        self.fingerprint = made.made(self.version)
        return same and not is_loading(self.home)

    def _take(self, name: str, group: Group) -> None:
        self.groups.pop(name, None)
        if group.rows:
            self.groups[name] = group

    def _wait_for_ingest(self) -> None:
        told = False
        while is_loading(self.home):
            if time.monotonic() > self.until:
                raise KgError(
                    "An ingest is running: back up when it has finished, or wait longer (--wait).", code="BUSY"
                )
            if not told:
                self.tell("an ingest is running: waiting for it")
                told = True
            time.sleep(_PAUSE)

    def _index(self) -> bytes:
        path = self.home / "signatures" / "index.json"
        return path.read_bytes() if path.exists() else b""

    def _signatures(self) -> None:
        """The index and all files of what it names; one that is gone meanwhile is looked for under the new index."""
        lost: FileNotFoundError | None = None
        for _ in range(_TRIES):
            self.index = self._index()
            signatures = SignatureStore(self.home / "signatures")
            try:
                self.files = signature_files(signatures, self.repository, self.link)
            except FileNotFoundError as error:
                lost = error
            else:
                if self._index() == self.index:
                    self.version = signatures.version
                    return
        raise corrupt(
            f"the signatures at {self.home / 'signatures'} have lost {lost.filename if lost else 'their index'}"
        )


def signature_files(signatures: SignatureStore, repository: Repository, link: bool) -> dict[str, Kept]:
    """The index and every array that it names; one that is not what its name says is not part of a backup."""
    root = signatures.root
    paths = [path for path in (root / "index.json", root / "index.json.copy") if path.exists()]
    for key, entry in sorted(signatures.index.items()):
        folder = root / "objects" / entry.sha
        try:
            names = arrays.read(folder, arrays.identity_of(key, entry.kind, entry.meta), anew=True)
        except arrays.DamagedError as error:
            raise corrupt(f"{entry.kind} {key}: {error}") from error
        paths += [folder / f"{name}.npy" for name in sorted(names)]
    return {
        f"signatures/{path.relative_to(root)}": _file(path, repository, link=link and path.suffix == ".npy")
        for path in paths
    }


def _file(path: Path, repository: Repository, *, link: bool = False) -> Kept:
    try:
        return Kept(*repository.objects.put_file(path, link=link))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}", code="STORE_CORRUPT") from error


def _own_files(home: Path, repository: Repository, tokens: str) -> dict[str, Kept]:
    """What the home tells of its last ingest, and the entries of tokens."""
    made = {name: _file(home / name, repository) for name in TABLES if (home / name).is_file()}
    if entries := _entries(tokens or _text(home / TOKENS)):
        data = ("\n".join(entries) + "\n").encode()
        made[TOKENS] = Kept(repository.objects.put(data), len(data))
    return made


def _atlas_files(store: Store, home: Path, repository: Repository, link: bool) -> dict[str, Kept]:
    """Every object that a version of an atlas or a submission names, wherever it lies; one that its name is no hash of
    is not a part of a backup."""
    objects = ObjectStore.of(home_folder=home)
    return {
        f"{ATLAS}{each.sha256[:2]}/{each.sha256}": _atlas_file(objects, each, repository, link)
        for each in named(store, objects).values()
    }


def _atlas_file(objects: ObjectStore, entry: Entry, repository: Repository, link: bool) -> Kept:
    kept = Kept(entry.sha256, entry.bytes)
    path = objects.file(entry.sha256)
    if path is None:
        if repository.objects.wrong(*astuple(kept)):
            repository.objects.put(objects.read(entry.sha256))
    else:
        objects.open(entry.sha256).close()  # compared with its name
        repository.objects.put_file(path, link=link)
    return kept


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _entries(text: str) -> list[str]:
    """Entries of tokens, which hold hashes. What is none may be a token itself: it is refused, and not shown."""
    lines = [line.partition("#")[0].strip() for line in re.split(r"[,\n]", text)]
    entries = [line for line in lines if line]
    issues = [
        Issue(
            f"ORTHOKG_TOKENS, entry {at}",
            "an entry is name:scopes:last-day:sha256",
            "something else",
            "a backup holds no token itself: orthokg token",
        )
        for at, line in enumerate(entries, 1)
        if not _TOKEN.fullmatch(line)
    ]
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return entries


def _releases(repository: Repository, kept: Repository) -> dict[str, Kept]:
    """Kept releases with their objects."""
    made = {}
    for name in kept.names():
        manifest = kept.manifest(name)
        for each in {each.sha256: each for each in manifest.objects()}.values():
            if wrong := kept.objects.wrong(each.sha256, each.bytes):
                raise ContractError([wrong], code="BACKUP_DAMAGED")
            repository.objects.put_file(kept.objects.path(each.sha256))
        data = manifest.pack()
        made[name] = Kept(repository.objects.put(data), len(data))
    return made
