"""What a version of an atlas is: a manifest that names its objects by their hash, with author and message.

The content id is the hash of the manifest alone: the same objects are the same content, whoever stored them and in
whatever order they are named.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.atlas.objects import Entry
from kg.errors import ContractError, Issue, KgError, StoreError, broken

FORMAT = 1
MAIN = "main"
"""The line that every atlas has."""
KINDS = {
    "policy": False,
    "tree": False,
    "embedding": False,
    "calibration": False,
    "quality": False,
    "study": True,
    "statistics": True,
    "model": True,
}
"""Kinds of objects; those with True have names, as in ``study/<name>``."""
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)
NAMED = "1 to 64 letters, digits and . _ -, the first a letter or digit"
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Manifest:
    """``taxon``: id of the species; ``objects``: kind, or kind and name, to object."""

    atlas: str
    taxon: str
    objects: Mapping[str, Entry]

    def __post_init__(self) -> None:
        """Raises ContractError MANIFEST with each entry that is wrong."""
        fix = f"use {', '.join(f'{kind}/NAME' if named else kind for kind, named in KINDS.items())}"
        issues = [
            Issue(key[:80], "MANIFEST: an object of an atlas is of a kind", "another", fix)
            for key in self.objects
            if not _is_kind(key)
        ]
        if not NAME.fullmatch(self.atlas):
            issues.append(Issue("atlas", "MANIFEST: an atlas has a plain name", self.atlas[:80], NAMED))
        if not re.fullmatch(r"NCBITaxon:\d{1,9}", self.taxon):
            issues.append(
                Issue("taxon", "MANIFEST: an atlas is of one species", self.taxon[:80], "such as NCBITaxon:9606")
            )
        if "quality" not in self.objects:
            fix = "put a card as its quality"
            issues.append(Issue("quality", "MANIFEST: a version has a card", "no object", fix))
        if issues:
            raise ContractError(issues, code="MANIFEST")

    def pack(self) -> bytes:
        body = {
            "atlas": self.atlas,
            "format": FORMAT,
            "objects": {key: {"bytes": each.bytes, "sha256": each.sha256} for key, each in self.objects.items()},
            "taxon": self.taxon,
        }
        return canonical(body)

    @classmethod
    def unpack(cls, data: bytes) -> "Manifest":
        """Raises StoreError STORE_NEWER, ContractError MANIFEST."""
        body = parsed(data, FORMAT, "a manifest of an atlas", "MANIFEST")
        try:
            objects = {str(key): Entry(each["sha256"], each["bytes"]) for key, each in body["objects"].items()}
            return cls(str(body["atlas"]), str(body["taxon"]), objects)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _unfit("MANIFEST", "a manifest of an atlas", f"{type(error).__name__}: {error}"[:200]) from None

    @property
    def content_id(self) -> str:
        return hashlib.sha256(self.pack()).hexdigest()

    def named(self, kind: str) -> dict[str, Entry]:
        """Objects of a kind that has names, by name."""
        begin = f"{kind}/"
        return {key.removeprefix(begin): each for key, each in self.objects.items() if key.startswith(begin)}


@dataclass(frozen=True)
class Author:
    """``orcid``: sixteen digits in fours, the last a checksum (ISO/IEC 7064 MOD 11-2), or empty. Raises ContractError
    ARGUMENT."""

    name: str
    orcid: str = ""

    def __post_init__(self) -> None:
        issues = []
        if not 0 < len(self.name.strip()) <= _LONGEST_NAME:
            rule = f"an author has a name of 1 to {_LONGEST_NAME} letters"
            issues.append(Issue("author", rule, repr(self.name)[:80], "say who you are"))
        if self.orcid and (wrong := wrong_orcid(self.orcid)):
            issues.append(wrong)
        if issues:
            raise ContractError(issues, code="ARGUMENT")
        object.__setattr__(self, "name", self.name.strip())
        object.__setattr__(self, "orcid", self.orcid and _ORCID.fullmatch(self.orcid.strip())[1])  # type: ignore[index]


@dataclass(frozen=True)
class Version:
    """A version as the graph has it. ``id``: its curie; ``commit``: hash of content, parent, author, message and time;
    ``parent``: curie, empty of the first; ``datasets``: curies; ``head``: whether the atlas stands at it; ``branch``:
    that it was put on; ``merged``: curie of the version of another branch that it took up, or empty; ``submission``:
    number of the one that it accepted, or 0; ``caveats``: what every answer of it has to say."""

    id: str
    commit: str
    atlas: str
    in_taxon: str
    content_id: str
    parent: str
    author: str
    orcid: str
    message: str
    when: str
    engine: str
    n_studies: int
    n_donors: int
    n_cells: int
    n_types: int
    datasets: tuple[str, ...]
    head: bool
    branch: str = MAIN
    merged: str = ""
    submission: int = 0
    caveats: tuple[str, ...] = ()

    @property
    def parents(self) -> tuple[str, ...]:
        """Curies of what it was made of; two of a merge."""
        return tuple(filter(None, (self.parent, self.merged)))

    @property
    def short(self) -> str:
        """As people write it."""
        return f"{self.atlas}@{self.commit[:12]}"

    @property
    def place(self) -> str:
        """The branch that it was put on, as people write it."""
        return self.atlas if self.branch == MAIN else f"{self.atlas}/{self.branch}"


@dataclass(frozen=True)
class Atlas:
    """``head``: curie of the version at its head; ``when``: the time of that version."""

    id: str
    label: str
    in_taxon: str
    head: str
    n_versions: int
    when: str


@dataclass(frozen=True)
class Branch:
    """A line of versions, or a view of some. ``kind``: line or view; ``head``: curie of the version that it stands at;
    ``base``: of the one that it was cut at, of a view its pinned parent, empty of main; ``above``: curie of the branch
    that it was cut from, or empty; ``filter``: of a view, what is selected by organ, type, genotype, disease, drug and
    species; ``when``: it was cut, empty of main."""

    id: str
    atlas: str
    name: str
    in_taxon: str
    kind: str
    head: str
    base: str = ""
    above: str = ""
    filter: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    author: str = ""
    when: str = ""

    @property
    def place(self) -> str:
        """As people write it."""
        return self.atlas if self.name == MAIN else f"{self.atlas}/{self.name}"


@dataclass(frozen=True)
class Tag:
    """A name of a version, never moved. ``version``: curie."""

    id: str
    atlas: str
    name: str
    version: str
    author: str
    when: str


def wrong_orcid(text: str) -> Issue | None:
    """Why a text is not an ORCID iD, if it is not."""
    found = _ORCID.fullmatch(text.strip())
    if found is None:
        return Issue("orcid", "an ORCID iD is sixteen digits in fours", text[:80], "such as 0000-0002-1825-0097")
    digits = found[1].replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    due = "0123456789X"[(12 - total % 11) % 11]
    if digits[-1] != due:
        fix = "copy it from orcid.org: one of its digits is mistyped"
        return Issue("orcid", "the last digit of an ORCID iD is its checksum", text[:80], fix)
    return None


def commit_of(
    content_id: str,
    parent: str,
    author: str,
    orcid: str,
    message: str,
    when: str,
    *,
    branch: str = MAIN,
    merged: str = "",
    submission: int = 0,
    caveats: Sequence[str] = (),
) -> str:
    """The id of a version: the hash of everything it says."""
    more = {"merged": merged, "submission": submission, "caveats": list(caveats)}
    body = {
        "author": author,
        "content": content_id,
        "message": message,
        "orcid": orcid,
        "parent": parent,
        "when": when,
        # What most do not say stays out: an id is the same whether its author could have said it.
        **{name: value for name, value in more.items() if value},
        **({} if branch == MAIN else {"branch": branch}),
    }
    return hashlib.sha256(canonical(body)).hexdigest()


def canonical(body: object) -> bytes:
    """The one text of a value: keys in order, no spaces, a final line end, and no number that JSON does not have."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"{text}\n".encode()


def parsed(data: bytes, known: int, what: str, code: str) -> dict[str, Any]:
    """A JSON object with a ``format``. Raises StoreError STORE_NEWER for a later one than ``known``."""
    try:
        body = json.loads(data)
        number = body["format"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _unfit(code, what, "none") from None
    if not isinstance(number, int) or number > known:
        raise StoreError(
            f"{what} is of format {str(number)[:20]}, and this version reads {known}: install a newer orthokg. Nothing"
            " was changed.",
            code="STORE_NEWER",
        )
    return body


def _is_kind(key: str) -> bool:
    kind, slash, name = key.partition("/")
    return kind in KINDS and (bool(NAME.fullmatch(name)) if KINDS[kind] else not slash)


def _unfit(code: str, what: str, found: str) -> KgError:
    return broken(code, what, "it is JSON with a format", found, "make the version again from the same studies")
