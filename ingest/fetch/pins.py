"""What each source file must be: its checksum, licence and citation, and where it is available.

Pins live in ``pins.yaml`` (``ontologies/`` of the clone, ``ingest/ontologies`` of the wheel). Three forms:

``fetch``       the authors' own files, each at an address with a full commit, its sha256 and bytes; when the file that
                we read is made from them, ``transform`` names the function of :mod:`ingest.fetch.prepare`
``pypi``        a member of a wheel: package, version, sha256 of the wheel, path inside it
``cache-only``  a prepared file that no address gives; a folder of ORTHOKG_CACHE must hold it
"""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, cast
from urllib.parse import quote

import yaml

Form = Literal["fetch", "pypi", "cache-only"]


@dataclass(frozen=True)
class Upstream:
    """One file as its authors published it. ``path`` is relative to its origin's base address."""

    origin: str
    path: str
    address: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Member:
    """One file inside a wheel."""

    package: str
    version: str
    wheel_sha256: str
    path: str


@dataclass(frozen=True)
class Pin:
    """One source file under the name by which the code asks for it.

    ``sha256`` and ``bytes`` are of the file; ``content_sha256`` of what a ``.gz`` decompresses to, since the same
    table compressed twice differs in its header. ``redistribute``: whether its licence lets us pass it on.
    ``verified``: how the transform was compared with the prepared file, or why it was not.
    """

    name: str
    form: Form
    sha256: str
    bytes: int
    licence: str
    redistribute: bool
    citation: str
    content_sha256: str | None = None
    upstream: tuple[Upstream, ...] = ()
    transform: str | None = None
    member: Member | None = None
    prepared: str = ""
    verified: str = ""
    address: str = field(default="", compare=False)


def pins_file() -> Traversable:
    """The wheel carries ``ingest/ontologies``; an editable install has only the clone's own ``ontologies/``."""
    shipped = resources.files("ingest") / "ontologies" / "pins.yaml"
    return shipped if shipped.is_file() else Path(__file__).parents[2] / "ontologies" / "pins.yaml"


@cache
def read_pins() -> dict[str, Pin]:
    """All pins by name, in the order of the file."""
    return parse_pins(pins_file().read_text(encoding="utf-8"))


def parse_pins(text: str) -> dict[str, Pin]:
    tree = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (both loaders are safe)
    origins, packages = tree.get("origins", {}), tree.get("packages", {})
    return {name: _pin(name, entry, origins, packages) for name, entry in tree["pins"].items()}


def _pin(name: str, entry: dict[str, object], origins: dict[str, dict], packages: dict[str, dict]) -> Pin:
    given = dict(entry)
    upstream: tuple[Upstream, ...] = ()
    member = None
    if origin := cast(str, given.pop("origin", "")):
        patterns = cast(list[str], given.pop("uses"))
        upstream = tuple(_upstreams(origin, origins[origin], patterns))
        if not upstream:
            raise ValueError(f"pin {name}: no file of origin {origin} fits {patterns}")
    if package := cast(str, given.pop("package", "")):
        wheel = packages[package]
        member = Member(package, wheel["version"], wheel["sha256"], cast(str, given.pop("member")))
    address = upstream[0].address if upstream else f"{member.package}=={member.version}" if member else ""
    return Pin(name=name, upstream=upstream, member=member, address=address, **given)  # pyright: ignore[reportArgumentType]


def _upstreams(name: str, origin: dict, patterns: list[str]) -> Iterator[Upstream]:
    for path, (sha256, size) in origin["files"].items():
        if any(path == pattern or fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
            yield Upstream(name, path, origin["base"] + quote(path), sha256, size)
