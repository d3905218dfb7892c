"""What a node and a relationship of the graph are declared by; the nodes are in ``nodes``, the relationships in
``edges``.

Constraints, writes, stale-data cleanup and the schema page of ``kg/README.md`` are generated from these specs.
Every node and relationship also carries ``source`` (the Source that owns it) and ``run`` (the Run that wrote it): the
cleanup after a load removes what the same source wrote in an older run and did not write again.
"""

from dataclasses import dataclass
from textwrap import dedent
from typing import Literal, get_args

Kind = Literal["string", "integer", "float", "boolean", "strings", "floats"]


@dataclass(frozen=True)
class Property:
    name: str
    kind: Kind
    doc: str
    index: bool = False

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.name}: {self.kind} is not one of {get_args(Kind)}")


@dataclass(frozen=True)
class NodeSpec:
    """``kept``: people made it, so no cleanup after a load removes it. ``shared``: several sources may write the same
    one; ``kg.store.owners`` says whose it is. ``passing``: it is of this installation and of now, and in no release,
    ledger, export or backup."""

    label: str
    doc: str
    properties: tuple[Property, ...] = ()
    kept: bool = False
    shared: bool = False
    passing: bool = False


@dataclass(frozen=True)
class EdgeSpec:
    """``pairs`` are the allowed (subject label, object label). ``key`` names the properties that tell apart parallel
    relationships of one type between the same two nodes; without it there is one."""

    type: str
    doc: str
    pairs: tuple[tuple[str, str], ...]
    properties: tuple[Property, ...] = ()
    key: tuple[str, ...] = ()


def properties(text: str) -> tuple[Property, ...]:
    """One property a line: ``name kind[*] doc``; the star asks for an index. A line that stands deeper goes on with
    the doc."""
    lines: list[str] = []
    for line in filter(str.strip, dedent(text).splitlines()):
        if line[0].isspace():
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    made: list[Property] = []
    for line in lines:
        name, kind, doc = line.split(maxsplit=2)
        made.append(Property(name, kind.rstrip("*"), doc, index=kind.endswith("*")))  # type: ignore[arg-type]
    return tuple(made)
