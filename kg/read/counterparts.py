"""Which types of one atlas correspond to which of an atlas of another species, at a level of their trees.

What is read are the correspondences of the graph (``CORRESPONDS_TO``): the populations of a space that both species
share, which are those of studies of the two versions. A node holds the populations of the types below it. Two nodes are
counterparts where most counterparts of either's populations lie in the other. No score of a node is computed: the
scores and nulls shown are those of its pairs of populations.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, LiteralString

from kg.atlas.levels import LEVELS, Side, side
from kg.atlas.objects import ObjectStore
from kg.atlas.versions import resolve
from kg.curie import HEALTHY
from kg.errors import broken
from kg.read.contents import rounded
from kg.store.driver import Store

COUNTERPART, UNTESTABLE = "COUNTERPART", "UNTESTABLE"
_MOST_REASONS = 3
_SPACES: LiteralString = """
MATCH (e:Embedding) WHERE $a IN e.taxa AND $b IN e.taxa
OPTIONAL MATCH (d:Disease) WHERE d.id = e.condition
RETURN e {.*} AS space, d.label AS disease ORDER BY e.label
"""
_POPULATIONS: LiteralString = """
MATCH (p:CellPopulation)-[:FROM_DATASET]->(d:Dataset)
WHERE p.embedding IN $embeddings AND p.in_taxon IN $taxa
OPTIONAL MATCH (p)-[:OF_TYPE]->(t:CellType)
OPTIONAL MATCH (p)-[:SAME_POPULATION]->(q:CellPopulation)-[:FROM_DATASET]->(s:Dataset)
RETURN p {.id, .label, .author_labels, .in_taxon, .n_cells, .embedding, .counterpart} AS population, d.id AS dataset,
  collect(DISTINCT t.id) AS terms, collect(DISTINCT s.id) AS datasets ORDER BY population.id
"""
_PAIRS: LiteralString = """
MATCH (x:CellPopulation)-[r:CORRESPONDS_TO]->(y:CellPopulation)
WHERE r.embedding IN $embeddings AND x.in_taxon IN $taxa AND y.in_taxon IN $taxa
RETURN x.id AS x, y.id AS y, r {.*} AS pair
"""


@dataclass(frozen=True)
class Score:
    """``kind``: what it is and of what; ``p``, ``q``, ``null``: None and empty where it has none."""

    kind: str
    value: float | None
    p: float | None = None
    q: float | None = None
    null: str = ""


@dataclass(frozen=True)
class PopulationPair:
    """A pair of populations that are counterparts in an embedding. ``agrees``: both scores say so; None where one says
    nothing; ``published``: what a table of the authors says; ``card``: of the run."""

    population: str
    label: str
    counterpart: str
    counterpart_label: str
    embedding: str
    scores: tuple[Score, ...]
    agrees: bool | None
    published: str
    card: str


@dataclass(frozen=True)
class NodeCounterpart:
    """A node of the other atlas. ``share``: of the node's tested populations, those with a counterpart there, 0 to 1;
    ``share_back``: the other way round; ``reciprocal``: neither has a larger share elsewhere."""

    node: str
    share: float
    share_back: float
    reciprocal: bool
    pairs: tuple[PopulationPair, ...]


@dataclass(frozen=True)
class AtlasNode:
    """A node of one atlas under one condition. ``types``: below it; ``condition``: PATO:0000461 (healthy), id of a
    disease, or empty where the cells of the embedding are not told apart; ``populations``: that have a place in an
    embedding, ``tested`` of them; ``reason``: why it has no counterpart, empty where it has one."""

    node: str
    types: tuple[str, ...]
    condition: str
    condition_label: str
    populations: int
    tested: int
    counterparts: tuple[NodeCounterpart, ...]
    reason: str


@dataclass(frozen=True)
class AtlasCounterparts:
    """``a``, ``b``: versions; ``nodes_a``, ``nodes_b``: all nodes of each at the level, by condition; ``embeddings``:
    that both species share; ``caveats``: of the two versions."""

    a: str
    b: str
    level: str
    nodes_a: tuple[AtlasNode, ...]
    nodes_b: tuple[AtlasNode, ...]
    embeddings: tuple[str, ...]
    caveats: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return rounded(asdict(self))


def counterparts(store: Store, objects: ObjectStore, a: str, b: str, *, level: str = "class") -> AtlasCounterparts:
    """``a``, ``b``: atlases, branches or versions, as ``kg.atlas.versions.resolve`` takes them; of a view what it
    selects. ``level``: whole (all of it), class (nodes below the root of the tree), subclass (those below these), type.

    Raises UnknownTermError, ContractError ARGUMENT for another level or two atlases of one species.
    """
    if level not in LEVELS:
        raise broken("ARGUMENT", "level", f"one of {', '.join(LEVELS)}", level[:80], "name one of them")
    versions = [resolve(store, each) for each in (a, b)]
    if versions[0].in_taxon == versions[1].in_taxon:
        fix = "name an atlas of another species; orthokg atlas diff compares versions of one"
        raise broken("ARGUMENT", "atlases", "counterparts are of two species", versions[0].in_taxon, fix)
    one, two = (side(store, objects, text, each, level) for text, each in zip((a, b), versions, strict=True))
    taxa = [each.in_taxon for each in versions]
    spaces = store.read(_SPACES, a=taxa[0], b=taxa[1])
    names = [row["space"]["label"] for row in spaces]
    rows = store.read(_POPULATIONS, embeddings=names, taxa=taxa) if names else []
    pairs = store.read(_PAIRS, embeddings=names, taxa=taxa) if names else []
    conditions: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in spaces:
        condition = row["space"].get("condition") or ""
        label = "healthy" if condition == HEALTHY else row["disease"] or condition
        conditions.setdefault((condition, label), []).append(row["space"])
    made: list[list[AtlasNode]] = [[], []]
    for (condition, label), own in sorted(conditions.items()) or [(("", ""), list[Mapping[str, Any]]())]:
        held = {each["label"] for each in own}
        compared = _Compared(
            (one, two), [r for r in rows if r["population"]["embedding"] in held],
            [r for r in pairs if r["pair"]["embedding"] in held],
        )  # fmt: skip
        for at in (0, 1):
            made[at] += compared.told(at, condition, label)
    caveats = (f"{v.short}: {text}" for v in versions for text in v.caveats)
    return AtlasCounterparts(
        versions[0].id, versions[1].id, level, tuple(made[0]), tuple(made[1]), tuple(names), tuple(caveats)
    )


@dataclass(frozen=True)
class _Called:
    """``ends``: populations of the first atlas' species and of the second's; ``pair``: of the edge."""

    ends: tuple[str, str]
    pair: Mapping[str, Any]


class _Compared:
    """Populations and pairs of the embeddings of one condition, by the nodes of both atlases."""

    def __init__(self, sides: tuple[Side, Side], rows: Sequence[Mapping[str, Any]], pairs: Sequence[Mapping[str, Any]]):
        self.sides = sides
        self.rows = {row["population"]["id"]: row for row in rows}
        self.node: tuple[dict[str, str], dict[str, str]] = ({}, {})
        for key, row in self.rows.items():
            for at, each in enumerate(sides):
                if row["population"]["in_taxon"] == each.version.in_taxon and (node := _node(each, row)) is not None:
                    self.node[at][key] = node
        self.tested: set[str] = set()
        self.called: list[_Called] = []
        for row in pairs:
            ends = (row["x"], row["y"])
            if row["pair"]["status"] != UNTESTABLE:
                self.tested |= set(ends)
            if row["pair"]["status"] == COUNTERPART:
                first = self.rows.get(row["x"], {}).get("population", {}).get("in_taxon")
                turned = ends if first == sides[0].version.in_taxon else (row["y"], row["x"])
                self.called.append(_Called(turned, row["pair"]))

    def told(self, at: int, condition: str, label: str) -> list[AtlasNode]:
        """Every node of one side, counterparts by share."""
        made = []
        for node, types in self.sides[at].nodes.items():
            own = [key for key, of in self.node[at].items() if of == node]
            found = self._found(at, node)
            called = any(each.reciprocal for each in found)
            tested = sum(key in self.tested for key in own)
            reason = "" if called else self._reason(at, own, found)
            made.append(AtlasNode(node, types, condition, label, len(own), tested, found, reason))
        return made

    def _found(self, at: int, node: str) -> tuple[NodeCounterpart, ...]:
        shares = self._shares(at, node)
        made = []
        for other, share in shares.items():
            back = self._shares(1 - at, other)
            reciprocal = share == max(shares.values()) and back[node] == max(back.values())
            pairs = tuple(
                self._pair(at, each) for each in self.called
                if self.node[at].get(each.ends[at]) == node and self.node[1 - at].get(each.ends[1 - at]) == other
            )  # fmt: skip
            made.append(NodeCounterpart(other, share, back[node], reciprocal, pairs))
        return tuple(sorted(made, key=lambda each: (not each.reciprocal, -each.share, each.node)))

    def _shares(self, at: int, node: str) -> dict[str, float]:
        """Node of the other side -> share of this node's tested populations with a counterpart in it."""
        own = {key for key, of in self.node[at].items() if of == node and key in self.tested}
        there: dict[str, set[str]] = {}
        for each in self.called:
            other = self.node[1 - at].get(each.ends[1 - at])
            if each.ends[at] in own and other is not None:
                there.setdefault(other, set()).add(each.ends[at])
        return {other: len(keys) / len(own) for other, keys in sorted(there.items())}

    def _pair(self, at: int, called: _Called) -> PopulationPair:
        own, other = (self.rows[called.ends[each]]["population"] for each in (at, 1 - at))
        pair = called.pair
        return PopulationPair(
            own["id"], own["label"], other["id"], other["label"], pair["embedding"], tuple(_scores(pair)),
            pair.get("agrees"), f"{pair['published']} ({pair.get('published_by')})" if pair.get("published") else "",
            pair.get("card") or "",
        )  # fmt: skip

    def _reason(self, at: int, own: Sequence[str], found: Sequence[NodeCounterpart]) -> str:
        other = self.sides[1 - at].version
        if not self.rows:
            return f"no embedding of {self.sides[at].version.in_taxon} and {other.in_taxon} is in the graph"
        if not own:
            return "no population of it has a place in an embedding that both species share"
        if found:
            best = max(found, key=lambda each: each.share)
            back = self._shares(1 - at, best.node)
            nearer = max(back, key=lambda name: back[name])
            return (
                f"most of it corresponds to {best.node} ({best.share:.0%} of its populations), of which more"
                f" corresponds to {nearer} ({back[nearer]:.0%})"
            )
        far = [each.ends[1 - at] for each in self.called if each.ends[at] in own]
        if far:
            names = ", ".join(sorted({self.rows[key]["population"]["label"] for key in far if key in self.rows}))
            return f"what corresponds to it is in no study or no type of {other.short}: {names}"
        told = []
        for key in own[:_MOST_REASONS]:
            p = self.rows[key]["population"]
            text = _about(p["counterpart"] or "", other.in_taxon)
            told.append(f"{p['label']}: {text or 'its embedding says nothing'}")
        more = f"; and {len(own) - _MOST_REASONS} more" if len(own) > _MOST_REASONS else ""
        return f"{'; '.join(told)}{more}"


def _node(of: Side, row: Mapping[str, Any]) -> str | None:
    """Of a population; None where it is of no study or no type of the atlas."""
    if not of.datasets & {row["dataset"], *row["datasets"]}:
        return None
    p = row["population"]
    return of.node_of(p["label"], *(p["author_labels"] or ()), *row["terms"])


def _scores(pair: Mapping[str, Any]) -> Iterable[Score]:
    yield Score(f"shared neighbours ({pair['method']})", pair.get("score"), pair.get("p"), pair.get("q"), pair["null"])
    if pair.get("q_shuffled") is not None:
        null = pair.get("null_shuffled") or ""
        yield Score("the same against controls", pair.get("score"), pair.get("p_shuffled"), pair["q_shuffled"], null)
    if pair.get("auroc") is not None:
        yield Score(f"MetaNeighbor's AUROC ({pair.get('auroc_of') or ''})", pair["auroc"])


def _about(text: str, taxon: str) -> str:
    """Of ``NCBITaxon:9606: none at ...; nearest is ...; NCBITaxon:10090: ...`` what is said of one species."""
    begun = text.find(f"{taxon}: ")
    if begun < 0:
        return ""
    rest = text[begun + len(taxon) + 2 :]
    end = rest.find("; NCBITaxon:")
    return rest if end < 0 else rest[:end]
