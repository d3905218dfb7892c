"""Releases that can be restored: each is a backup in the home, of the graph and its signatures as they were named."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kg.backup.manifest import Manifest
from kg.backup.repository import Repository
from kg.backup.restore import RELEASES, restore
from kg.backup.save import taken
from kg.errors import ContractError, KgError
from kg.integrity.verify import Finding
from kg.release.releases import Release
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, open_store
from kg.store.embedded import lives

_SCRATCH = ".release-"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """Bytes of a kept release in all, and those that would be free without it."""

    bytes: int
    own: int


def keep(store: Store, home: Path, release: Release, tell: Progress = lambda _: None) -> bool:
    """Keep a release that the graph is now; False: it is kept already. Raises KgError RELEASE_CHANGED."""
    repository = Repository.create(home / RELEASES)
    with repository.writing():
        if release.label in repository.names():
            return False
        manifest, _ = taken(store, home, repository, release=release.label, link=True, tell=tell)
        if (manifest.data_version, manifest.graph_version) != (release.data_version, release.graph_version):
            repository.sweep()
            raise KgError(
                f"The graph changed before {release.label} was kept: it is named, and not kept.", code="RELEASE_CHANGED"
            )
        repository.add(release.label, manifest)
        return True


def kept(home: Path) -> dict[str, Manifest]:
    """Kept releases by name."""
    if not (home / RELEASES).exists():
        return {}
    repository = Repository.open(home / RELEASES)
    return {name: repository.manifest(name) for name in repository.names()}


def damage(home: Path, tell: Progress = lambda _: None) -> Iterator[Finding]:
    """What of the kept releases is damaged or lost: every byte is read."""
    if not (home / RELEASES).exists():
        return
    try:
        repository = Repository.open(home / RELEASES)
    except ContractError as error:
        yield from (Finding(i.path, i.found, i.rule, "orthokg restore, from a backup") for i in error.issues)
        return
    for name in repository.names():
        tell(f"release {name}")
        try:
            found = repository.damage(repository.manifest(name))
        except ContractError as error:
            found = error.issues
        remedy = f"orthokg restore, from a backup that holds it, or orthokg release forget {name}"
        yield from (Finding(each.path, each.found, f"a file of the release {name}", remedy) for each in found)
    if left := repository.surplus():
        remedy = "orthokg restore, from a backup that has the release whose manifest is lost"
        yield Finding(str(home / RELEASES), f"{len(left)} objects that no kept release names", "nothing", remedy)


def sizes(home: Path) -> dict[str, Size]:
    """Of each kept release; blocks that the signatures of the home share are nobody's own."""
    manifests = kept(home)
    if not manifests:
        return {}
    objects = Repository.open(home / RELEASES).objects
    held = {name: {each.sha256: each.bytes for each in one.objects()} for name, one in manifests.items()}

    def shared(sha: str, name: str) -> bool:
        path = objects.path(sha)
        return any(sha in other for key, other in held.items() if key != name) or (
            path.exists() and path.stat().st_nlink > 1
        )

    return {
        name: Size(sum(own.values()), sum(size for sha, size in own.items() if not shared(sha, name)))
        for name, own in held.items()
    }


def repository_of(home: Path, name: str) -> tuple[Repository, Manifest]:
    """Raises KgError NOT_KEPT, which names those that are."""
    known = kept(home)
    if name not in known:
        told = f"kept are {', '.join(known)}" if known else "none is"
        raise KgError(f"The release {name} is not kept in {home / RELEASES}: {told}.", code="NOT_KEPT")
    return Repository.open(home / RELEASES), known[name]


def forget(home: Path, name: str) -> int:
    """Bytes that are free now; the name of the release, and its hashes, stay in the graph. Raises KgError NOT_KEPT."""
    repository, _ = repository_of(home, name)
    with repository.writing():
        return repository.drop(name)


@contextmanager
def opened(home: Path, name: str, tell: Progress = lambda _: None) -> Iterator[tuple[Store, SignatureStore]]:
    """A kept release in an embedded store of its own, which goes at the end. Raises KgError NOT_KEPT."""
    repository, manifest = repository_of(home, name)
    for left in home.glob(f"{_SCRATCH}*"):  # of a process that was killed
        if not lives(int(left.name.removeprefix(_SCRATCH).partition("-")[0])):
            shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=f"{_SCRATCH}{os.getpid()}-", dir=home) as folder:
        place = Path(folder)
        restore(repository, manifest, repository.path(name), place, "embedded", tell=tell)
        with open_store("embedded", read_only=True, home_folder=place) as store:
            yield store, SignatureStore(place / "signatures")
