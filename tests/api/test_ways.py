"""Ways from a contrast and a regulon to what they are part of, on both stores."""

from kg.store.write import write_edges, write_nodes
from tests.api.ask import data
from tests.api.conftest import AD, GENES, MOUSE, OWNER

SOURCE, RUN = OWNER["source"], OWNER["run"]
MATCHES = """query($id: String!, $after: String) { contrast(curie: $id) { pools { nodes { curie } }
  matches(first: 1, after: $after) {
  totalCount pageInfo { endCursor hasNextPage } nodes { ofSide match { curie status p } } } } }"""
REGULON = """query($id: String!) { regulon(curie: $id) { provider { curie licence }
  leads { totalCount nodes { direction zModel match { curie humanContrast { label } } } }
  factors { nodes { curie factorOf { nodes { curie } }
    orthologs { nodes { gene { provider { curie } factorOf { nodes { curie network } } } } } } } } }"""


def test_a_contrast_tells_the_matches_that_it_is_a_side_of(any_graph, any_client):
    found = data(any_client, MATCHES, id=MOUSE)["contrast"]["matches"]
    assert found["totalCount"] == 2
    assert found["nodes"] == [
        {"ofSide": "model", "match": {"curie": "orthokg:match/ad", "status": "SUPPORTED", "p": 0.00241}}
    ]
    rest = data(any_client, MATCHES, id=MOUSE, after=found["pageInfo"]["endCursor"])["contrast"]["matches"]
    assert [row["match"]["curie"] for row in rest["nodes"]] == ["orthokg:match/ad-early"]
    assert not rest["pageInfo"]["hasNextPage"]
    (row,) = data(any_client, MATCHES, id="orthokg:contrast/pool-ad")["contrast"]["matches"]["nodes"]
    assert row["ofSide"] == "human"


def test_a_cohort_tells_its_pool(any_graph, any_client):
    pool, cohort = (f"orthokg:contrast/{kind}-ad" for kind in ("pool", "cohort"))
    write_edges(
        any_graph.store, "POOLS", "Contrast", "Contrast", [{"subject": pool, "object": cohort}], source=SOURCE, run=RUN
    )
    found = data(any_client, MATCHES, id=cohort)["contrast"]
    assert found["pools"]["nodes"] == [{"curie": pool}]
    assert found["matches"]["totalCount"] == 0


def test_a_regulon_tells_its_source_its_matches_and_the_regulon_of_its_ortholog(any_graph, any_client):
    store, mouse = any_graph.store, "ENSEMBL:ENSMUSG00000000001"
    ours, theirs = "orthokg:regulon/human", "orthokg:regulon/mouse"

    def edge(kind: str, labels: tuple[str, str], *ends: str, **more: object) -> None:
        write_edges(store, kind, *labels, [{"subject": ends[0], "object": ends[1], **more}], source=SOURCE, run=RUN)

    write_nodes(store, "Gene", [{"id": mouse, "symbol": "Spi1", "in_taxon": "NCBITaxon:10090"}], source=SOURCE, run=RUN)
    rows = [{"id": each, "label": each, "tf": "SPI1", "network": each[16:]} for each in (ours, theirs)]
    write_nodes(store, "Regulon", rows, source=SOURCE, run=RUN)
    write_nodes(store, "Source", [{"id": "small", "licence": "CC0-1.0", "status": "loaded"}], source=SOURCE, run=RUN)
    edge("HAS_TF", ("Regulon", "Gene"), ours, GENES[0])
    edge("HAS_TF", ("Regulon", "Gene"), theirs, mouse)
    edge("ORTHOLOG_OF", ("Gene", "Gene"), GENES[0], mouse, cardinality="one2one", version="1")
    edge("SUPPORTED_BY", ("Match", "Regulon"), "orthokg:match/ad", ours, direction="up", z_mouse=2.5, rank=0)
    found = data(any_client, REGULON, id=ours)["regulon"]
    assert found["provider"] == {"curie": "small", "licence": "CC0-1.0"}
    match = {"curie": "orthokg:match/ad", "humanContrast": {"label": "pool ad"}}
    assert found["leads"] == {"totalCount": 1, "nodes": [{"direction": "up", "zModel": 2.5, "match": match}]}
    ortholog = {"provider": {"curie": "small"}, "factorOf": {"nodes": [{"curie": theirs, "network": "mouse"}]}}
    assert found["factors"]["nodes"] == [
        {
            "curie": GENES[0],
            "factorOf": {"nodes": [{"curie": ours}]},
            "orthologs": {"nodes": [{"gene": ortholog}]},
        }
    ]


def test_the_release_of_the_graph_is_that_which_answers_name(any_graph, any_client):
    found = data(
        any_client,
        'query($d: String) { status { release } matches(model: "TauMouse", disease: $d) { release } }',
        d=AD,
    )
    assert found["status"]["release"] == found["matches"]["release"] != ""
