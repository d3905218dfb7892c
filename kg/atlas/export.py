"""Exports a version as a self-contained folder: objects, manifest, card, and the licence of each study."""

import csv
import io
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from kg.atlas.card import Card
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Version
from kg.atlas.versions import card_of, manifest_of
from kg.errors import ContractError, Issue
from kg.files.synced import SCRAP, Made, unwritable, write_whole

_PIECE = 1 << 20
_OBJECTS, _LAST = "objects", "manifest.json"


@dataclass(frozen=True)
class Exported:
    """Keys of the objects ``written``, and of those ``left_out`` because of their licence; ``bytes`` written."""

    written: tuple[str, ...]
    left_out: tuple[str, ...]
    bytes: int


def export(objects: ObjectStore, version: Version, folder: Path, *, closed: bool = False) -> Exported:
    """``folder``: new or empty; ``closed``: include objects of single studies whose licence does not allow
    redistribution. ``manifest.json`` is written last: a folder without it is incomplete.

    Raises ContractError ARGUMENT for a folder that is not empty; StoreError STORE_CORRUPT, STORE_UNREADABLE,
    STORE_FULL.
    """
    if folder.exists() and not _unfinished(folder):
        fix = "choose a new or empty folder"
        raise ContractError([Issue("out", "a new or empty folder", str(folder), fix)], code="ARGUMENT")
    manifest, card = manifest_of(objects, version), card_of(objects, version)
    kept = set() if closed else {each.name for each in card.studies if not each.redistribute}
    parts = dict(sorted(manifest.objects.items()))
    out = tuple(key for key in parts if _of_one(key) in kept)
    written = tuple(key for key in parts if key not in out)
    try:
        for key in written:
            path = folder / _OBJECTS / key
            path.parent.mkdir(parents=True, exist_ok=True)
            with objects.open(parts[key].sha256) as source, Made(path, path.parent) as file:
                shutil.copyfileobj(source, file, _PIECE)
        for name, data in (
            ("card.json", objects.read(parts["quality"].sha256)),
            ("version.json", json.dumps(asdict(version), indent=1, ensure_ascii=False).encode() + b"\n"),
            ("licences.tsv", _licences(card, kept)),
            (_LAST, manifest.pack()),
        ):
            write_whole(folder / name, data)
    except OSError as error:
        raise unwritable(folder, error) from error
    return Exported(written, out, sum(parts[key].bytes for key in written))


def _unfinished(folder: Path) -> bool:
    """Whether it holds only what an interrupted export left behind."""
    names = {each.name for each in folder.iterdir()} if folder.is_dir() else {_LAST}
    return not {name for name in names if not name.startswith(SCRAP)} - {
        _OBJECTS,
        "card.json",
        "version.json",
        "licences.tsv",
    }


def _of_one(key: str) -> str:
    """The study that alone an object belongs to, or ""."""
    kind, _, name = key.partition("/")
    return name if kind in ("study", "statistics") else ""


def _licences(card: Card, kept: set[str]) -> bytes:
    text = io.StringIO(newline="")
    out = csv.writer(text, delimiter="\t", lineterminator="\n")
    out.writerow(["study", "title", "licence", "redistributable", "here", "citation", "doi"])
    for each in card.studies:
        row = (each.licence, "yes" if each.redistribute else "no", "no" if each.name in kept else "yes")
        out.writerow([each.name, each.title, *row, each.citation, each.doi])
    return text.getvalue().encode()
