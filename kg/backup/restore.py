"""Makes of a backup a graph and a home again, in either store; nothing is written before every byte of it was
compared."""

import hashlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from kg.atlas.objects import ObjectStore
from kg.backup import half
from kg.backup.graph_write import check_known, differing, write_graph
from kg.backup.manifest import ATLAS, TABLES, TOKENS, Kept, Manifest
from kg.backup.objects import damaged
from kg.backup.place import Place
from kg.backup.repository import Repository
from kg.errors import KgError
from kg.integrity import ledger
from kg.signatures.store import SignatureStore
from kg.store import embedded as store_embedded
from kg.store.driver import Store, open_store

RELEASES = "releases"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """``same``: the home and the store held all of it already, and nothing was written."""

    manifest: Manifest
    home: Path
    store: str
    same: bool
    tokens: Path | None


def restore(
    repository: Repository,
    manifest: Manifest,
    where: Path,
    home: Path,
    choice: str | None,
    *,
    replace: bool = False,
    tell: Progress = lambda _: None,
) -> Restored:
    """``where``: the path of the manifest, to name; ``home``: folder for signatures and the rest, and the embedded
    graph;
    ``choice``: the store, as :func:`kg.store.driver.open_store` takes it; ``replace``: in place of what is there.

    Raises ContractError BACKUP_DAMAGED with each damaged file, KgError NOT_EMPTY where other data are, RESTORE_DIFFERS
    where what was written is not what was read.
    """
    tell("comparing the files of the backup with their hashes")
    if issues := repository.damage(manifest):
        raise damaged(issues)
    check_known(manifest, str(where))
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Place(home)
    if place.finish():
        tell("an interrupted restore was completed")
    with _Target(home, choice) as target:
        other = _other_files(manifest, repository, home)
        graph = target.held(manifest, tell, compare=not replace)
        if not replace and (other or graph == "other"):
            what = [str(home / name) for name in other[:3]] + (
                [f"a graph in {target.name}"] if graph == "other" else []
            )
            raise KgError(
                f"Other data are already there: {', '.join(what)}{' and more' if len(other) > 3 else ''}. Restore into"
                " a new home (--to FOLDER) or an empty store (--store), or put the backup in their place with"
                " --replace.",
                code="NOT_EMPTY",
            )
        same = graph == "same" and not _missing(manifest, home)
        if not same:
            with target.writing():
                place.begin()
                _make_files(manifest, repository, place.new)
                _put_atlas(manifest, repository, home)
                if graph != "same":
                    target.write(manifest, repository, place, tell)
                _add_releases(manifest, repository, home)
                place.commit(() if manifest.release else tuple(name for name in TABLES if name not in manifest.files))
                target.finished()
        return Restored(manifest, home, target.name, same, home / TOKENS if TOKENS in manifest.files else None)


def _other_files(manifest: Manifest, repository: Repository, home: Path) -> list[str]:
    """Paths in the home that hold something else than the backup has for them."""
    found = []
    for name, kept in manifest.files.items():
        path = home / name
        if path.exists() and not _is(path, kept):
            found.append(name)
    if (objects := ObjectStore.of(home_folder=home)).own:
        files = {name.removeprefix(ATLAS)[3:] for name in manifest.files if name.startswith(ATLAS)}
        found += [f"{ATLAS}{each.name[:2]}/{each.name}" for each in objects.surplus(files) if not each.scrap]
    index = home / "signatures" / "index.json"
    if "signatures/index.json" not in manifest.files and index.exists() and index.read_text().strip() not in ("", "{}"):
        found.append("signatures/index.json")
    if manifest.releases and (home / RELEASES).exists():
        known = Repository.open(home / RELEASES)
        for name, kept in manifest.releases.items():
            if name in known.names() and known.manifest(name).content != repository.of_release(kept).content:
                found.append(f"{RELEASES}/{name}")
    return found


def _missing(manifest: Manifest, home: Path) -> bool:
    known = Repository.open(home / RELEASES).names() if (home / RELEASES).exists() else []
    objects = ObjectStore.of(home_folder=home)
    return any(
        objects.wrong(kept.sha256, kept.bytes) if name.startswith(ATLAS) else not (home / name).exists()
        for name, kept in manifest.files.items()
    ) or any(name not in known for name in manifest.releases)


def _is(path: Path, kept: Kept) -> bool:
    if not path.is_file() or path.stat().st_size != kept.bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == kept.sha256


def _make_files(manifest: Manifest, repository: Repository, folder: Path) -> None:
    own = ObjectStore.of(home_folder=folder).own
    for name, kept in manifest.files.items():
        if name.startswith(ATLAS) and not own:
            continue
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(repository.objects.get(kept.sha256, kept.bytes))


def _put_atlas(manifest: Manifest, repository: Repository, home: Path) -> None:
    """Objects of atlases where ``ORTHOKG_ATLAS`` says that they lie; what lies there already stays."""
    objects = ObjectStore.of(home_folder=home)
    if not objects.own:
        for name, kept in manifest.files.items():
            if name.startswith(ATLAS):
                objects.put(repository.objects.path(kept.sha256))


def _add_releases(manifest: Manifest, repository: Repository, home: Path) -> None:
    if not manifest.releases:
        return
    kept = Repository.create(home / RELEASES)
    with kept.writing():
        for name, one in manifest.releases.items():
            own = repository.of_release(one)
            for each in own.objects():
                kept.objects.put_file(repository.objects.path(each.sha256))
            kept.add(name, own)


class _Target:
    """The store that is restored into."""

    def __init__(self, home: Path, choice: str | None):
        self.home, self.choice = home, choice
        self.folder = home / "graph"
        self.embedded = choice == "embedded" or (choice is None and not os.environ.get("NEO4J_URI"))
        self._store: Store | None = None
        self.name = str(self.folder) if self.embedded else self.store.describe()

    @property
    def store(self) -> Store:
        """The Neo4j that is restored into."""
        if self._store is None:
            self._store = open_store(self.choice, half=True)
        return self._store

    def __enter__(self) -> "_Target":
        return self

    def __exit__(self, *_: object) -> None:
        if self._store is not None:
            self._store.close()

    def held(self, manifest: Manifest, tell: Progress, *, compare: bool) -> str:
        """empty, same, half (a restore was interrupted) or other."""
        if not self.embedded:
            return self._held(self.store, manifest, tell, compare)
        if not (self.folder / "databases").exists():
            return "empty"
        with open_store("embedded", read_only=True, home_folder=self.home) as store:
            return self._held(store, manifest, tell, compare)

    def _held(self, store: Store, manifest: Manifest, tell: Progress, compare: bool) -> str:
        if half.is_half(store):
            return "half"
        if half.is_empty(store):
            return "empty"
        return "same" if compare and not differing(store, manifest, tell) else "other"

    def writing(self) -> AbstractContextManager[None]:
        """The embedded graph is nobody else's meanwhile. Raises StoreError STORE_LOCKED."""
        return store_embedded.held(self.folder) if self.embedded else nullcontext()

    def write(self, manifest: Manifest, repository: Repository, place: Place, tell: Progress) -> None:
        if self.embedded:
            with open_store("embedded", home_folder=place.new) as store:
                self._written(store, manifest, repository, place, tell)
            for scrap in ("lock", "server.log"):
                (place.new / "graph" / scrap).unlink(missing_ok=True)
            return
        half.mark(self.store, manifest.release or manifest.when)
        half.empty(self.store)
        self._written(self.store, manifest, repository, place, tell)

    def _written(self, store: Store, manifest: Manifest, repository: Repository, place: Place, tell: Progress) -> None:
        """With counts and hashes of what was found to be that of the backup, by which damage is told from now on."""
        write_graph(store, manifest, repository.objects, tell)
        if wrong := differing(store, manifest, tell):
            raise KgError("What was restored differs from the backup: " + "; ".join(wrong), code="RESTORE_DIFFERS")
        ledger.record(
            store, ledger.tallies(store, tell) | ledger.of_signatures(SignatureStore(place.new / "signatures"))
        )

    def finished(self) -> None:
        if not self.embedded:
            half.unmark(self.store)
