"""Paths between two nodes, each step with its evidence; and the neighbourhood of one node."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice, pairwise
from typing import Any

import networkx as nx

from kg.errors import ContractError, Issue
from kg.network.links import Link, Links, Node, count_links, find, followed, read_links
from kg.read.contents import rounded
from kg.store.driver import Store

LONGEST, MOST_PATHS, MOST_NODES, HUB = 6, 100, 1_000, 1_000
MOST_LINKS = 100_000
"""Relationships that one question reads."""


@dataclass(frozen=True)
class Step:
    """From one node of a path to the next. ``links``: all relationships between them, as they are stored."""

    start: Node
    end: Node
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Path:
    """``length``: number of steps."""

    length: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Hub:
    """A node whose relationships, ``n`` of them, were not followed."""

    node: Node
    n: int


@dataclass(frozen=True)
class Paths:
    """Shortest first. ``longest``: steps looked for; ``hubs``: what no path was looked for through; ``complete``: all
    paths of up to ``longest`` steps that pass no hub are here; otherwise ``reason`` says why not."""

    start: Node
    end: Node
    types: tuple[str, ...]
    longest: int
    paths: tuple[Path, ...]
    hubs: tuple[Hub, ...]
    complete: bool
    reason: str

    def to_json(self) -> dict[str, Any]:
        return rounded(asdict(self))


@dataclass(frozen=True)
class Neighbour:
    """``distance``: steps from the node asked about; ``links``: by which it was reached."""

    node: Node
    distance: int
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Neighbourhood:
    """Nearest first, then by label and name. ``known``: how many neighbours were found."""

    node: Node
    types: tuple[str, ...]
    radius: int
    known: int
    neighbours: tuple[Neighbour, ...]
    hubs: tuple[Hub, ...]
    complete: bool
    reason: str

    def to_json(self) -> dict[str, Any]:
        return rounded(asdict(self))


def paths(
    store: Store,
    start: str,
    end: str,
    *,
    by: Sequence[str] = (),
    longest: int = 4,
    first: int = 10,
    hub: int = HUB,
    taxon: str | None = None,
) -> Paths:
    """Paths between two nodes, whichever way their relationships point. ``start``, ``end``: ids or names; ``by``: types
    of relationships (default: regulation, drugs, orthology); ``longest``: steps, 1 to 6; ``first``: paths, 1 to 100;
    ``hub``: no path leads through a node with more relationships than this; ``taxon``: of genes named by a symbol.

    Raises UnknownTermError; ContractError, code ARGUMENT.
    """
    _within("longest", longest, LONGEST)
    _within("first", first, MOST_PATHS)
    _within("hub", hub, HUB)
    types = followed(by)
    a, b = find(store, start, "start", taxon), find(store, end, "end", taxon)
    if a.id == b.id:
        raise ContractError([Issue("end", "a path has two ends", end, "name another node")], code="ARGUMENT")
    known, reason = _between(store, a, b, types, longest, hub)
    middle = _near_enough(_graph(known), a.id, b.id, longest)
    count_links(store, known, middle, types, most=hub)  # where the two fronts met, nobody has looked yet
    graph = _graph(known, avoid=known.hubs.keys() - {a.id, b.id})
    made: list[Path] = []
    if near := _near_enough(graph, a.id, b.id, longest):
        for nodes in islice(nx.shortest_simple_paths(graph.subgraph(near), a.id, b.id), first + 1):
            if len(nodes) - 1 > longest:
                break
            made.append(Path(len(nodes) - 1, tuple(_step(known, graph, *ends) for ends in pairwise(nodes))))
    if len(made) > first:
        reason = reason or f"there are more than {first} paths"
    hubs = _hubs(known, without={a.id, b.id})
    return Paths(a, b, types, longest, tuple(made[:first]), hubs, not reason, reason)


def _between(store: Store, a: Node, b: Node, types: tuple[str, ...], longest: int, hub: int) -> tuple[Links, str]:
    """What lies between two nodes: from both of them, the smaller front first, until together ``longest`` steps."""
    known = Links({a.id: a, b.id: b})
    fronts, seen = [{a.id}, {b.id}], [{a.id}, {b.id}]
    for _ in range(longest):
        at = 0 if fronts[0] and (len(fronts[0]) <= len(fronts[1]) or not fronts[1]) else 1
        if not fronts[at]:
            break
        # Both ends are followed however many relationships they have: they are what was asked about.
        read_links(store, known, fronts[at] & {a.id, b.id}, types, most=MOST_LINKS)
        read_links(store, known, fronts[at], types, most=hub)
        if len(known.links) > MOST_LINKS:
            return known, f"more than {MOST_LINKS:,} relationships lie between them: ask for fewer steps or types"
        graph = _graph(known, avoid=known.hubs.keys() - {a.id, b.id})
        reached = {other for node in fronts[at] if node in graph for other in graph.neighbors(node)}
        fronts[at] = reached - seen[at]
        seen[at] |= reached
    return known, ""


def neighbourhood(
    store: Store,
    node: str,
    *,
    by: Sequence[str] = (),
    radius: int = 1,
    first: int = 100,
    hub: int = HUB,
    taxon: str | None = None,
) -> Neighbourhood:
    """The nodes within ``radius`` steps (1 to 3) of one, at most ``first`` (1 to 1,000) of them; arguments and errors
    as of :func:`paths`."""
    _within("radius", radius, 3)
    _within("first", first, MOST_NODES)
    _within("hub", hub, HUB)
    types, centre, reason = followed(by), find(store, node, "node", taxon), ""
    known = Links({centre.id: centre})
    distance, front = {centre.id: 0}, {centre.id}
    for step in range(1, radius + 1):
        read_links(store, known, front & {centre.id}, types, most=MOST_LINKS)
        read_links(store, known, front, types, most=hub)
        graph = _graph(known)
        front = {other for each in front if each in graph for other in graph.neighbors(each)} - distance.keys()
        distance |= dict.fromkeys(front, step)
        if len(known.links) > MOST_LINKS:
            reason = f"more than {MOST_LINKS:,} relationships: ask for a smaller radius or fewer types"
            break
    graph = _graph(known)
    order = sorted(
        distance.keys() - {centre.id},
        key=lambda each: (distance[each], known.nodes[each].label, known.nodes[each].name, each),
    )
    if len(order) > first:
        reason = reason or f"there are {len(order):,} neighbours, of which {first:,} are shown"
    near = [_neighbour(known, graph, each, distance) for each in order[:first]]
    return Neighbourhood(
        centre, types, radius, len(order), tuple(near), _hubs(known, without={centre.id}), not reason, reason
    )


def _neighbour(known: Links, graph: nx.Graph, node: str, distance: dict[str, int]) -> Neighbour:
    back = sorted(other for other in graph.neighbors(node) if distance.get(other) == distance[node] - 1)
    links = tuple(known.links[key] for other in back for key in graph.edges[node, other]["keys"])
    return Neighbour(known.nodes[node], distance[node], links)


def _graph(known: Links, avoid: Sequence[str] | set[str] = ()) -> nx.Graph:
    """Undirected, an edge for each pair of linked nodes; ``keys``: of its relationships. In an order that depends on
    nothing but the relationships, as that of equally long paths does."""
    graph = nx.Graph()
    for key in sorted(known.links):
        _, a, b, _ = key
        if a == b or a in avoid or b in avoid:
            continue
        graph.add_edge(a, b)
        graph.edges[a, b].setdefault("keys", []).append(key)
    return graph


def _near_enough(graph: nx.Graph, a: str, b: str, longest: int) -> list[str]:
    """Nodes that some walk of up to ``longest`` steps from ``a`` to ``b`` passes; none where there is no such walk."""
    if a not in graph or b not in graph:
        return []
    one = nx.single_source_shortest_path_length(graph, a, cutoff=longest)
    two = nx.single_source_shortest_path_length(graph, b, cutoff=longest)
    return [node for node in graph if node in one and node in two and one[node] + two[node] <= longest]


def _step(known: Links, graph: nx.Graph, start: str, end: str) -> Step:
    links = tuple(known.links[key] for key in graph.edges[start, end]["keys"])
    return Step(known.nodes[start], known.nodes[end], links)


def _hubs(known: Links, without: set[str]) -> tuple[Hub, ...]:
    found = [Hub(known.nodes[key], n) for key, n in known.hubs.items() if key not in without]
    return tuple(sorted(found, key=lambda each: (-each.n, each.node.id)))


def _within(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise ContractError([Issue(name, f"a number from 1 to {most:,}", str(value), "choose one")], code="ARGUMENT")
