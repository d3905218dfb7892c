"""What of a home and its graph is damaged, lacking, or more than it should be; each with what would make it whole
again."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import kg.signatures.arrays
from kg.atlas.kept import roots
from kg.atlas.objects import ObjectStore
from kg.atlas.submissions import submissions
from kg.atlas.version import Manifest, Version, commit_of
from kg.atlas.versions import atlases, branches, tags, versions
from kg.errors import KgError, StoreError
from kg.files.whole import DamagedError
from kg.integrity import ledger
from kg.signatures import index as signature_index
from kg.signatures.store import SignatureStore
from kg.store import home_format
from kg.store.driver import Store

AGAIN = "orthokg ingest"
_RESTORE = "orthokg restore, from a backup"
_ATLAS_AGAIN = f"{_RESTORE}, or orthokg atlas create with the same studies, which writes just this again"
_SWEEP = "orthokg atlas sweep removes it once it is a day old"
_SHARED = "take it out with your own tools, if no other graph has its objects here"
_NOT_OURS = "no ingest wrote them: take them out with your own tools"
_DIGEST = hashlib.sha256().digest_size
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Finding:
    """``where``: a file, or a label or type with its source; ``found`` and ``due``: what is there, and what should
    be."""

    where: str
    found: str
    due: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}; due {self.due}. Remedy: {self.remedy}"


def verify(store: Store, home: Path, progress: Progress = lambda _: None) -> Iterator[Finding]:
    """Every file that the home keeps for good, and every row of the graph."""
    yield from _format(home)
    yield from files(home / "signatures", progress)
    yield from checkpoints(home / "checkpoints", progress)
    yield from graph(store, home / "signatures", progress)
    yield from atlas(store, ObjectStore.of(home_folder=home), progress)


def _format(home: Path) -> Iterator[Finding]:
    try:
        home_format.check(home)
    except DamagedError as error:
        yield Finding(str(home / home_format.FILE), str(error), "the format of this home, with its checksum", AGAIN)


def files(root: Path, progress: Progress = lambda _: None) -> Iterator[Finding]:
    """The signature store: each object read and compared with its name, whatever was read before."""
    signatures, path = SignatureStore(root), root / "index.json"
    try:
        index = signatures.index
    except StoreError as error:
        if error.code == "STORE_NEWER":
            raise
        yield Finding(str(path), str(error), "an index as its checksum says", AGAIN)
        return
    if path.exists():
        try:
            same = signature_index.read(signature_index.copy_of(path)) == index
        except (DamagedError, OSError) as error:
            yield Finding(str(signature_index.copy_of(path)), str(error), "a copy of the index", AGAIN)
        else:
            if not same:
                yield Finding(str(signature_index.copy_of(path)), "another state", "a copy of the index", AGAIN)
    for key, entry in sorted(index.items()):
        progress(key)
        folder = root / "objects" / entry.sha
        try:
            kg.signatures.arrays.read(folder, kg.signatures.arrays.identity_of(key, entry.kind, entry.meta), anew=True)
        except (DamagedError, OSError) as error:
            yield Finding(str(folder), str(error), f"{entry.kind} {key}", _of(key))
    for stale in signatures.surplus():
        yield Finding(str(stale), "an object that no entry names", "nothing", f"{AGAIN} removes it")


def checkpoints(folder: Path, progress: Progress = lambda _: None) -> Iterator[Finding]:
    """Half-done work of an ingest: each file ends with the sha256 of what stands before it."""
    for path in sorted(folder.glob("*.npz")):
        progress(path.name)
        try:
            raw = path.read_bytes()
        except OSError as error:
            found = error.strerror or str(error)
        else:
            digest = hashlib.sha256(raw[:-_DIGEST]).digest()
            found = "" if digest == raw[-_DIGEST:] else f"{len(raw):,} bytes of another checksum"
        if found:
            yield Finding(str(path), found, "half-done work, as its checksum says", f"{AGAIN} begins that work again")


def graph(store: Store, root: Path, progress: Progress = lambda _: None) -> Iterator[Finding]:
    """Counts and hashes of each label and type, by source, against those that the last ingest wrote down."""
    try:
        due = ledger.recorded(store)
    except DamagedError as error:
        yield Finding(
            "graph", str(error), "counts and hashes of the last ingest", f"{AGAIN} reads all again and writes it down"
        )
        return
    if due is None:
        if (root / "index.json").exists():
            yield Finding(
                "graph", "no counts and hashes of an ingest", "those of the last one", f"{AGAIN} writes them down"
            )
        return
    if ledger.is_open(store):
        yield Finding(
            "graph",
            "an ingest that has begun and not ended",
            "one that ended",
            f"wait for it; if it was interrupted, {AGAIN} once more",
        )
    found = ledger.tallies(store, progress)
    try:
        found |= ledger.of_signatures(SignatureStore(root))
    except StoreError:  # the index, which was told
        due.pop(ledger.SIGNATURES, None)
    for key in ledger.differing(due, found):
        what, source = key
        there, wanted = found.get(key, ledger.NOTHING), due.get(key, ledger.NOTHING)
        known = any(of == source for _, of in due)
        yield Finding(
            what if key == ledger.SIGNATURES else f"{what} of {source or 'no source'}",
            str(there),
            str(wanted),
            _of(source) if known else _NOT_OURS,
        )
    for label, n in sorted(ledger.strange(store).items()):
        yield Finding(label, f"{n:,} nodes", "no such label", _NOT_OURS)


def atlas(store: Store, objects: ObjectStore, progress: Progress = lambda _: None) -> Iterator[Finding]:
    """Versions of atlases against the ids that they bear; what branches, tags and submissions name; every object of
    versions and submissions, read and compared with its name; and what lies there and nothing names."""
    made = versions(store)
    yield from _nodes(store, made)
    due: dict[str, tuple[int, str]] = {}
    lost = False
    for root in roots(store):
        progress(root.what)
        try:
            data = objects.read(root.sha256)
            manifest = Manifest.unpack(data) if root.manifest else None
        except KgError as error:
            lost = True
            found = "nothing" if not objects.has(root.sha256) else str(error).partition(". ")[0]
            yield Finding(objects.place.where(root.sha256), found, root.what, _ATLAS_AGAIN)
            continue
        due[root.sha256] = len(data), root.what
        for key, each in (manifest.objects if manifest else {}).items():
            called = root.what.removeprefix("the manifest of ")
            due.setdefault(each.sha256, (each.bytes, f"{key} of {called}, {each.bytes:,} bytes"))
    for sha, (size, what) in due.items():
        progress(what)
        if wrong := objects.wrong(sha, size):
            yield Finding(objects.place.where(sha), wrong, what, _ATLAS_AGAIN)
    if lost or not (made or objects.own):
        return  # what a manifest names that cannot be read is not known; a place of other graphs is no matter of ours
    for each in objects.surplus(due):
        where = objects.place.where(each.name)
        if each.scrap:
            yield Finding(where, "what a writer left that was ended", "nothing", _SWEEP)
        else:
            yield Finding(where, "an object that no version names", "nothing", _SWEEP if objects.own else _SHARED)


def _nodes(store: Store, made: list[Version]) -> Iterator[Finding]:
    for version in made:
        says = (version.content_id, version.parent, version.author, version.orcid, version.message, version.when)
        found = commit_of(
            *says,
            branch=version.branch,
            merged=version.merged,
            submission=version.submission,
            caveats=version.caveats,
        )
        if found != version.commit:
            yield Finding(version.short, f"a version of id {found[:12]}", "one that its id is the hash of", _RESTORE)
    known = {each.id for each in made}
    for each in atlases(store):
        if each.head not in known:
            yield Finding(f"atlas {each.label}", "a head that is no version", "the version it stands at", _RESTORE)
        named = [(f"branch {b.place}", (b.head, b.base)) for b in branches(store, each.label)[1:]]
        named += [(f"tag {tag.atlas}@{tag.name}", (tag.version,)) for tag in tags(store, each.label)]
        for where, keys in named:
            if any(key not in known for key in keys):
                yield Finding(where, "the id of no version", "those of versions of the atlas", _RESTORE)
    for version in made:
        for parent in version.parents:
            if parent not in known:
                yield Finding(version.short, "a parent that is no version", parent, _RESTORE)
    for asked in submissions(store):
        for key in filter(None, (asked.base, asked.version)):
            if key not in known:
                yield Finding(f"submission {asked.number}", f"{key}, which is no version", "a version", _RESTORE)


def _of(key: str) -> str:
    """The remedy for what belongs to a source or an id of a study."""
    study = (
        key.removeprefix("dataset/")
        if key.startswith("dataset/")
        else key.split("/")[1]
        if key.startswith("orthokg:") and "/" in key
        else ""
    )
    return f"{AGAIN}; if {study} is a study of your own, with its manifest" if study else AGAIN
