"""A version of an atlas: a manifest that lists its objects by hash, with author and message.

The content id is the hash of the manifest alone: the same objects have the same content id, whoever stored them and in
whatever order they are listed.
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
"""The line that every atlas starts with."""
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
"""Kinds of objects; those with True are named, as in ``study/<name>``."""
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)
NAMED = "1 to 64 letters, digits and . _ -, the first a letter or digit"
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Manifest:
    """``taxon``: id of the species; ``objects``: kind, or ``kind/name``, -> object."""

    atlas: str
    taxon: str
    objects: Mapping[str, Entry]

    def __post_init__(self) -> None:
        """Raises ContractError MANIFEST listing each invalid entry."""
        fix = f"use {', '.join(f'{kind}/NAME' if named else kind for kind, named in KINDS.items())}"
        issues = [
            Issue(key[:80], "MANIFEST: an object of an atlas is of a known kind", "another", fix)
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
            fix = "add a card as its quality"
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
        """Objects of a named kind, by name."""
        begin = f"{kind}/"
        return {key.removeprefix(begin): each for key, each in self.objects.items() if key.startswith(begin)}


@dataclass(frozen=True)
class Author:
    """``orcid``: sixteen digits in groups of four, the last one a checksum (ISO/IEC 7064 MOD 11-2), or empty. Raises
    ContractError ARGUMENT."""

    name: str
    orcid: str = ""

    def __post_init__(self) -> None:
        issues = []
        if not 0 < len(self.name.strip()) <= _LONGEST_NAME:
            rule = f"an author has a name of 1 to {_LONGEST_NAME} characters"
            issues.append(Issue("author", rule, repr(self.name)[:80], "give your name"))
        if self.orcid and (wrong := wrong_orcid(self.orcid)):
            issues.append(wrong)
        if issues:
            raise ContractError(issues, code="ARGUMENT")
        object.__setattr__(self, "name", self.name.strip())
        object.__setattr__(self, "orcid", self.orcid and _ORCID.fullmatch(self.orcid.strip())[1])  # type: ignore[index]


@dataclass(frozen=True)
class Version:
    """A version as stored in the graph. ``id``: its curie; ``commit``: hash of content, parent, author, message and
    time; ``parent``: curie, empty for the first version; ``datasets``: curies; ``head``: whether it is the head of the
    atlas; ``branch``: the branch it was committed to; ``merged``: curie of the version of another branch that it
    merged, or empty; ``submission``: number of the submission that it accepted, or 0; ``caveats``: notes shown with
    every answer based on it."""

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
        """Curies of its parents; two for a merge."""
        return tuple(filter(None, (self.parent, self.merged)))

    @property
    def short(self) -> str:
        """As users write it, such as ``pbmc@3f9a01bc7d21``."""
        return f"{self.atlas}@{self.commit[:12]}"

    @property
    def place(self) -> str:
        """The branch that it was committed to, as users write it."""
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
    """A line of versions, or a view of part of an atlas. ``kind``: line or view; ``head``: curie of its head version;
    ``base``: curie of the version it was created at (for a view, the version it is pinned to), empty for main;
    ``above``: curie of its parent branch, or empty; ``filter``: what a view selects by organ, type, genotype, disease,
    drug and species; ``when``: creation time, empty for main."""

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
        """As users write it, such as ``pbmc/microglia``."""
        return self.atlas if self.name == MAIN else f"{self.atlas}/{self.name}"


@dataclass(frozen=True)
class Tag:
    """A permanent name of a version. ``version``: curie."""

    id: str
    atlas: str
    name: str
    version: str
    author: str
    when: str


def wrong_orcid(text: str) -> Issue | None:
    """Why a text is not a valid ORCID iD; None if it is one."""
    found = _ORCID.fullmatch(text.strip())
    if found is None:
        rule = "an ORCID iD is sixteen digits in groups of four"
        return Issue("orcid", rule, text[:80], "such as 0000-0002-1825-0097")
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
    """The id of a version: the sha256 of all its fields."""
    more = {"merged": merged, "submission": submission, "caveats": list(caveats)}
    body = {
        "author": author,
        "content": content_id,
        "message": message,
        "orcid": orcid,
        "parent": parent,
        "when": when,
        # Fields left at their default are not hashed, so that adding a field keeps existing ids.
        **{name: value for name, value in more.items() if value},
        **({} if branch == MAIN else {"branch": branch}),
    }
    return hashlib.sha256(canonical(body)).hexdigest()


def canonical(body: object) -> bytes:
    """Canonical JSON: sorted keys, no spaces, a final newline, and no NaN or infinity."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"{text}\n".encode()


def parsed(data: bytes, known: int, what: str, code: str) -> dict[str, Any]:
    """A JSON object with a ``format``. Raises StoreError STORE_NEWER for a later format than ``known``."""
    try:
        body = json.loads(data)
        number = body["format"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _unfit(code, what, "none") from None
    if not isinstance(number, int) or number > known:
        raise StoreError(
            f"{what} has format {str(number)[:20]}, and this version reads format {known}: install a newer orthokg."
            " Nothing"
            " was changed.",
            code="STORE_NEWER",
        )
    return body


def _is_kind(key: str) -> bool:
    kind, slash, name = key.partition("/")
    return kind in KINDS and (bool(NAME.fullmatch(name)) if KINDS[kind] else not slash)


def _unfit(code: str, what: str, found: str) -> KgError:
    return broken(code, what, "is JSON with a format", found, "rebuild the version from the same studies")
