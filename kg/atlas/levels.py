"""Nodes of an atlas at a level of its tree: the whole, its classes, their subclasses, or its types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from kg.atlas.objects import ObjectStore
from kg.atlas.tree import parents
from kg.atlas.version import Version
from kg.atlas.versions import VERSION, branch_named, branches, card_of, manifest_of
from kg.atlas.views import filters, selected
from kg.store.driver import Store

Level = Literal["whole", "class", "subclass", "type"]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class Side:
    """A version, or the part of it that a view selects. ``nodes``: node at the level -> types below it; ``of``: type,
    node or Cell Ontology term, in lower case -> node at the level; ``datasets``: of its studies."""

    version: Version
    nodes: Mapping[str, tuple[str, ...]]
    of: Mapping[str, str]
    datasets: frozenset[str]

    def node_of(self, *names: str) -> str | None:
        """By the first of the names that the atlas knows; None where it knows none."""
        return next((self.of[_plain(name)] for name in names if _plain(name) in self.of), None)


def side(store: Store, objects: ObjectStore, text: str, version: Version, level: Level) -> Side:
    """``text``: what was asked for, which may name a view; ``version``: what it is."""
    card = card_of(objects, version)
    above = parents(objects, manifest_of(objects, version))
    whole, kept, studies = version.atlas, {each.label for each in card.types}, {each.name for each in card.studies}
    name = text.partition("@")[0]
    if "/" in name and not text.startswith(VERSION):
        branch = branch_named(store, name)
        if chosen := filters(branches(store, version.atlas), branch):
            part = selected(store, objects, version, *chosen)
            whole, kept, studies = branch.place, set(part.types), set(part.studies)
    paths = {each.label: _path(each.label, above) for each in card.types if each.label in kept}
    while len({path[0] for path in paths.values()}) == 1 and all(len(path) > 1 for path in paths.values()):
        paths = {label: path[1:] for label, path in paths.items()}  # what stands above all of it is the whole
    nodes: dict[str, list[str]] = {}
    by_name: dict[str, str] = {}
    terms = {each.label: each.cl for each in card.types}
    for label, path in sorted(paths.items()):
        node = whole if level == "whole" else _at(path, level)
        nodes.setdefault(node, []).append(label)
        at = 0 if level == "whole" else path.index(node)
        for each in (*path[at:], terms[label]):
            if each:
                by_name.setdefault(_plain(each), node)
    datasets = frozenset(each.dataset for each in card.studies if each.name in studies)
    return Side(version, {node: tuple(types) for node, types in sorted(nodes.items())}, by_name, datasets)


def _path(label: str, above: Mapping[str, str]) -> list[str]:
    """From the root to a type."""
    made = [label]
    while (up := above.get(made[0], "")) and up not in made:
        made.insert(0, up)
    return made


def _at(path: Sequence[str], level: Level) -> str:
    """A type that lies higher stands for itself."""
    return path[-1] if level == "type" else path[min(LEVELS.index(level) - 1, len(path) - 1)]


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
