"""Paths, neighbourhoods and communities, against networkx on the whole graph and modularity by its definition."""

import itertools
import json
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from click.testing import CliRunner

from kg.cli.main import main
from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError, UnknownTermError
from kg.network.communities import communities
from kg.network.paths import Paths, neighbourhood, paths
from kg.store.driver import Store
from kg.store.write import ensure_schema, write_edges, write_nodes

pytestmark = pytest.mark.graph
OWNER: Any = {"source": "small", "run": "r"}
GENES, FACTORS = 40, 8


def gene(i: int) -> str:
    return f"ENSEMBL:ENSG{i:011d}"


def regulon(i: int) -> str:
    return f"orthokg:regulon/f{i}"


def fill(store: Store) -> list[tuple[str, str]]:
    """Two blocks of genes, each regulated by four factors; a tenth of the regulations cross. One drug, one ortholog."""
    rng, made = np.random.default_rng(3), set()
    for factor in range(FACTORS):
        own = range(0, GENES // 2) if factor < FACTORS // 2 else range(GENES // 2, GENES)
        made |= {(regulon(factor), gene(i)) for i in rng.choice(own, 14, replace=False)}
        made.add((regulon(factor), gene(int(rng.integers(GENES)))))
    ensure_schema(store)
    genes = [{"id": gene(i), "symbol": f"G{i}", "in_taxon": HUMAN} for i in range(GENES)]
    genes.append({"id": "ENSEMBL:ENSMUSG00000000001", "symbol": "g0", "in_taxon": MOUSE})
    write_nodes(store, "Gene", genes, **OWNER)
    rows = [
        {"id": regulon(i), "label": f"F{i}", "tf": f"F{i}", "network": "little", "in_taxon": HUMAN}
        for i in range(FACTORS)
    ]
    write_nodes(store, "Regulon", rows, **OWNER)
    write_nodes(store, "Drug", [{"id": "orthokg:drug/d", "label": "littlemab"}], **OWNER)
    regulated = [{"subject": a, "object": b, "weight": 1.0, "sign": 1, "support": 2} for a, b in sorted(made)]
    write_edges(store, "REGULATES", "Regulon", "Gene", regulated, **OWNER)
    write_edges(store, "TARGETS", "Drug", "Gene", [{"subject": "orthokg:drug/d", "object": gene(0)}], **OWNER)
    ortholog = {"subject": gene(0), "object": "ENSEMBL:ENSMUSG00000000001", "cardinality": "one2one", "identity": -1.0}
    write_edges(store, "ORTHOLOG_OF", "Gene", "Gene", [ortholog], **OWNER)
    return [*sorted(made), ("orthokg:drug/d", gene(0)), (gene(0), "ENSEMBL:ENSMUSG00000000001")]


@pytest.fixture
def edges(store: Store) -> list[tuple[str, str]]:
    return fill(store)


def shown(found: Paths) -> list[tuple[str, ...]]:
    return [(path.steps[0].start.id, *(step.end.id for step in path.steps)) for path in found.paths]


def test_paths_are_all_those_of_the_whole_graph(store: Store, edges: list[tuple[str, str]]) -> None:
    whole = nx.Graph(edges)
    for end, longest in itertools.product((gene(5), gene(33), regulon(7)), (3, 4, 5)):
        expected = list(nx.all_simple_paths(whole, "orthokg:drug/d", end, cutoff=longest))
        found = paths(store, "littlemab", end, longest=longest, first=100)
        assert [len(each) for each in shown(found)] == sorted(len(each) for each in expected)[:100]
        assert found.complete == (len(expected) <= 100)
        if found.complete:
            assert {tuple(each) for each in expected} == set(shown(found))
    assert any(paths(store, "littlemab", gene(i), longest=3).paths for i in range(1, GENES)), "some are near"
    step = paths(store, "littlemab", "g0", longest=2, taxon=MOUSE).paths[0].steps[1]
    assert [(link.type, link.subject, link.evidence) for link in step.links] == [
        ("ORTHOLOG_OF", gene(0), ("cardinality: one2one",))
    ], "unknown identity is not told as a number"


def test_no_path_leads_through_a_hub(store: Store, edges: list[tuple[str, str]]) -> None:
    degree = dict(nx.Graph(edges).degree)
    limit = 14
    assert any(degree[regulon(i)] > limit for i in range(FACTORS))
    assert any(degree[regulon(i)] <= limit for i in range(FACTORS))
    thin = nx.Graph(edges)
    thin.remove_nodes_from([regulon(i) for i in range(FACTORS) if degree[regulon(i)] > limit])
    for a, b in (("G1", "G2"), ("G3", "G30"), ("G10", "G12")):
        one, two = gene(int(a[1:])), gene(int(b[1:]))
        expected = list(nx.all_simple_paths(thin, one, two, cutoff=4)) if one in thin and two in thin else []
        found = paths(store, a, b, longest=4, first=100, hub=limit)
        assert {tuple(each) for each in expected} == set(shown(found))
        assert {hub.node.id for hub in found.hubs} <= {each for each in degree if degree[each] > limit}


def test_a_neighbourhood_is_that_of_the_whole_graph(store: Store, edges: list[tuple[str, str]]) -> None:
    whole = nx.Graph(edges)
    for radius in (1, 2, 3):
        expected = nx.single_source_shortest_path_length(whole, gene(0), cutoff=radius)
        found = neighbourhood(store, "G0", radius=radius, first=1000)
        assert {gene(0): 0} | {each.node.id: each.distance for each in found.neighbours} == expected
        assert found.complete
    cut = neighbourhood(store, "G0", radius=3, first=2)
    assert (len(cut.neighbours), cut.complete) == (2, False)
    assert f"there are {cut.known}" in cut.reason


def test_communities_are_the_blocks(store: Store, edges: list[tuple[str, str]]) -> None:
    found = communities(store, "Little", HUMAN, shuffles=3)
    assert found.known == 2
    for community in found.communities:
        blocks = {int(each.node.id[-1]) < FACTORS // 2 for each in community.leading}
        assert len(blocks) == 1, "factors of one block"
        assert community.inside > 0.75
    assert found.modularity > max(found.shuffled) + 0.05
    part = {each.id: c.rank for c in found.communities for each in c.genes}
    part |= {hub.node.id: c.rank for c in found.communities for hub in c.leading}
    regulated = [pair for pair in edges if pair[0].startswith("orthokg:regulon")]
    degree = dict(nx.Graph(regulated).degree)
    m = len(regulated)
    within = sum(part[a] == part[b] for a, b in regulated) / m
    chance = sum((sum(degree[n] for n in part if part[n] == rank) / (2 * m)) ** 2 for rank in set(part.values()))
    assert found.modularity == pytest.approx(within - chance, abs=1e-12)
    with pytest.raises(UnknownTermError, match=f"did you mean little of {HUMAN}"):
        communities(store, "litle", HUMAN)


def test_what_cannot_be_asked_is_said(store: Store, edges: list[tuple[str, str]]) -> None:
    with pytest.raises(ContractError, match="a number from 1 to 6"):
        paths(store, "G1", "G2", longest=7)
    with pytest.raises(ContractError, match="types that can be followed"):
        paths(store, "G1", "G2", by=["DROPS"])
    with pytest.raises(ContractError, match="two ends"):
        paths(store, "G1", gene(1))
    with pytest.raises(UnknownTermError, match="G1"):
        neighbourhood(store, "G1x")


def test_the_commands(embedded_store: Store, served: Path) -> None:
    fill(embedded_store)

    def ran(*words: str) -> str:
        made = CliRunner().invoke(main, ["--store", "embedded", "network", *words])
        assert made.exit_code == 0, made.output
        return made.stdout

    found = json.loads(ran("paths", "littlemab", "G5", "--longest", "5", "--format", "json"))
    assert found["paths"]
    rows = ran("paths", "littlemab", "G5", "--longest", "5", "--format", "tsv").splitlines()
    assert len(rows) - 1 == sum(len(step["links"]) for path in found["paths"] for step in path["steps"])
    assert "-TARGETS-> G0" in ran("paths", "littlemab", "G5", "--longest", "5")
    assert "littlemab" in ran("around", "G0")
    assert "modularity" in ran("communities", "--network", "little")
