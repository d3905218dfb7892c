"""Communities of a network of regulons: groups of genes that factors connect more densely than their degrees explain.

Louvain's method (doi 10.1088/1742-5468/2008/10/P10008) on the bipartite graph of factors and targets, edges weighted by
the absolute weight of the regulation. Any network has communities of some modularity, so that of the network stands
beside those of networks with the same degrees and no other structure.
"""

from dataclasses import asdict, dataclass
from typing import Any

import networkx as nx
import numpy as np
from networkx.algorithms.community import louvain_communities, modularity

from kg.errors import ContractError, Issue, UnknownTermError
from kg.network.links import Node
from kg.network.paths import Hub
from kg.read.contents import rounded
from kg.store.driver import Store

SEED, MOST_EDGES, MOST_SHUFFLES = 0, 300_000, 20
_NETWORKS = "MATCH (r:Regulon) RETURN r.network AS network, r.in_taxon AS taxon, count(*) AS n ORDER BY network, taxon"
_EDGES = """
MATCH (r:Regulon {network: $network, in_taxon: $taxon})-[e:REGULATES]->(g:Gene)
RETURN r.id AS regulon, r.tf AS tf, g.id AS gene, g.symbol AS symbol, e.weight AS weight LIMIT $most
"""


@dataclass(frozen=True)
class Community:
    """``factors``, ``targets``: how many there are; ``inside``: of the weight of the relationships of its members, the
    part that stays within, 0 to 1; ``leading``: its factors with the most targets within (``n``)."""

    rank: int
    factors: int
    targets: int
    inside: float
    leading: tuple[Hub, ...]
    genes: tuple[Node, ...]


@dataclass(frozen=True)
class Communities:
    """Largest first. ``modularity``: of the partition, -0.5 to 1; ``shuffled``: of the partitions found in networks
    with the same degrees whose targets were exchanged at random; ``known``: number of communities."""

    network: str
    taxon: str
    factors: int
    targets: int
    edges: int
    known: int
    modularity: float
    shuffled: tuple[float, ...]
    communities: tuple[Community, ...]

    def to_json(self) -> dict[str, Any]:
        return rounded(asdict(self))


def communities(
    store: Store, network: str, taxon: str, *, first: int = 10, leading: int = 5, shuffles: int = 3
) -> Communities:
    """``network``: of the regulons, in any case (``collectri``); ``taxon``: NCBITaxon id; ``first``: communities, 1 to
    100; ``leading``: factors named of each, 0 to 100; ``shuffles``: networks without structure, 0 to 20.

    Raises UnknownTermError for a network that the graph lacks; ContractError, code ARGUMENT.
    """
    limits = (("first", first, 1, 100), ("leading", leading, 0, 100), ("shuffles", shuffles, 0, MOST_SHUFFLES))
    for name, value, least, most in limits:
        if not least <= value <= most:
            issue = Issue(name, f"a number from {least} to {most}", str(value), "choose one")
            raise ContractError([issue], code="ARGUMENT")
    network = _named(store, network, taxon)
    rows = store.read(_EDGES, network=network, taxon=taxon, most=MOST_EDGES + 1)
    if len(rows) > MOST_EDGES:
        issue = Issue(
            "network", f"up to {MOST_EDGES:,} relationships", f"more in {network}", "export it, and use a cluster"
        )
        raise ContractError([issue], code="ARGUMENT")
    rows.sort(key=lambda row: (row["regulon"], row["gene"]))
    tails = np.array([row["regulon"] for row in rows])
    heads = np.array([row["gene"] for row in rows])
    weights = np.array([abs(row["weight"] if row["weight"] is not None else 1.0) for row in rows])
    graph = _bipartite(tails, heads, weights)
    parts = _parts(graph)
    rng = np.random.default_rng(SEED)
    random = [_bipartite(tails, rng.permutation(heads), weights) for _ in range(shuffles)]
    names = {row["regulon"]: Node(row["regulon"], "Regulon", row["tf"]) for row in rows}
    names |= {row["gene"]: Node(row["gene"], "Gene", row["symbol"]) for row in rows}
    made = [_community(graph, names, at + 1, part, leading) for at, part in enumerate(parts[:first])]
    factors = len(set(tails))
    return Communities(
        network, taxon, factors, len(graph) - factors, graph.number_of_edges(), len(parts),
        modularity(graph, parts), tuple(modularity(each, _parts(each)) for each in random), tuple(made),
    )  # fmt: skip


def _named(store: Store, network: str, taxon: str) -> str:
    """The network as the graph writes it, of a name in any case."""
    known = [(row["network"], row["taxon"]) for row in store.read(_NETWORKS)]
    found = [name for name, of in known if of == taxon and name.casefold() == network.casefold()]
    if not found:
        near = tuple(f"{name} of {of}" for name, of in known)
        raise UnknownTermError(f"{network} of {taxon}", "network of regulons", suggestions=near, argument="network")
    return network if network in found else found[0]


def _bipartite(tails: np.ndarray, heads: np.ndarray, weights: np.ndarray) -> nx.Graph:
    """Factors and genes are different nodes, also where a gene is a factor. What a shuffle repeats counts once."""
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(tails.tolist(), heads.tolist(), weights.tolist(), strict=True))
    return graph


def _parts(graph: nx.Graph) -> list[list[str]]:
    found = [sorted(part) for part in louvain_communities(graph, seed=SEED)]
    return sorted(found, key=lambda part: (-len(part), part[0]))


def _community(graph: nx.Graph, names: dict[str, Node], rank: int, part: list[str], leading: int) -> Community:
    members = set(part)
    within: dict[str, int] = {}
    inside = total = 0.0
    for node in part:
        for other, data in graph[node].items():
            total += data["weight"]
            inside += data["weight"] if other in members else 0.0
        if names[node].label == "Regulon":
            within[node] = sum(other in members for other in graph[node])
    order = sorted(within, key=lambda node: (-within[node], node))
    genes = sorted((names[node] for node in part if node not in within), key=lambda node: (node.name, node.id))
    return Community(
        rank, len(within), len(genes), inside / total if total else 0.0,
        tuple(Hub(names[node], within[node]) for node in order[:leading]), tuple(genes),
    )  # fmt: skip
