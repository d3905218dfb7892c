"""Every concept, by id, by name and by page, on both stores."""

import base64

import pytest

from api.access.limits import Limits
from api.graphql.node import global_id
from api.schema import build
from tests.api.ask import data, error
from tests.api.conftest import AD, GENES, MOUSE
from tests.api.wide import CONDITION, DRUG, HUMAN, MICE, MURINE, REGULON

LOOKUPS = {
    "species": MURINE, "gene": GENES[0], "cellType": "CL:0000129", "tissue": "UBERON:0000956", "disease": AD,
    "diseaseModel": "orthokg:model/tau", "diseaseState": "orthokg:state/ad", "drug": DRUG, "drugCondition": CONDITION,
    "regulon": REGULON, "dataset": "orthokg:dataset/tau", "contrast": MOUSE, "release": "orthokg:release/one",
}  # fmt: skip
SCHEMA = build(Limits())._schema


def named(kind):
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    return kind


COMPUTED = ("explain", "features", "featureColumns")


def deep(kind, levels=3):
    """Everything that may be asked of a type, some levels down, but for what has a successor."""
    chosen = []
    for name, field in named(kind).fields.items():
        below = named(field.type)
        if field.deprecation_reason:
            continue
        if not hasattr(below, "fields"):
            chosen.append(name)
        elif levels and name not in ("edges", *COMPUTED):
            inner = deep(below, levels - 1)
            chosen += [f"{name} {{ {inner} }}"] if inner else []
    return " ".join(chosen)


@pytest.mark.parametrize("field", [*LOOKUPS, "match"])
def test_each_field_can_be_asked_alone_and_all_together(still_client, field):
    key = LOOKUPS.get(field, "orthokg:match/ad")
    argument = "id" if field == "match" else "curie"
    kind = named(SCHEMA.query_type.fields[field].type)
    together = data(still_client, f'{{ {field}({argument}: "{key}") {{ {deep(kind, 2)} }} }}')[field]
    assert together["curie"] == key
    for name, each in kind.fields.items():
        if name not in COMPUTED:
            inner = "" if not hasattr(named(each.type), "fields") else f"{{ {deep(each.type, 1)} }}"
            alone = data(still_client, f'{{ {field}({argument}: "{key}") {{ {name} {inner} }} }}')[field]
            assert set(alone) == {name}
            if not inner and name in together:
                assert alone[name] == together[name]


@pytest.mark.parametrize("field", LOOKUPS)
def test_a_global_id_is_as_good_as_a_curie(still_client, field):
    kind = named(SCHEMA.query_type.fields[field].type).name
    key = global_id(kind, LOOKUPS[field])
    assert data(still_client, f'{{ {field}(curie: "{key}") {{ curie id }} }}')[field] == {
        "curie": LOOKUPS[field],
        "id": key,
    }
    assert data(still_client, f'{{ node(id: "{key}") {{ __typename curie }} }}')["node"] == {
        "__typename": kind,
        "curie": LOOKUPS[field],
    }


def test_any_match_by_node(still_client):
    key = global_id("Match", "orthokg:match/ad")
    asked = (
        "query($id: ID!) { node(id: $id) { ... on Match { status given { label } } ... on Gene { symbol } } match(id:"
        " $id) { curie } }"
    )
    assert data(still_client, asked, id=key) == {
        "node": {"status": "SUPPORTED", "given": [{"label": "Huntington disease"}]},
        "match": {"curie": "orthokg:match/ad"},
    }


def test_names_in_any_case(still_client):
    found = data(
        still_client,
        """{ gene(symbol: "APP") { curie taxon } mouse: gene(symbol: "app", taxon: "NCBITaxon:10090") { curie symbol }
             cellType(curie: "Microglial Cell") { curie } diseaseModel(curie: "taumouse") { curie engineeredGenes }
             species(curie: "mus musculus") { curie } drug(curie: "one") { curie } }""",
    )
    assert found["gene"] == {"curie": GENES[0], "taxon": HUMAN}
    assert found["mouse"] == {"curie": MICE[0], "symbol": "App"}
    assert [found[name]["curie"] for name in ("cellType", "diseaseModel", "species", "drug")] == [
        "CL:0000129",
        "orthokg:model/tau",
        MURINE,
        DRUG,
    ]


@pytest.mark.parametrize(
    ("asked", "code", "argument", "said"),
    [
        ('gene(symbol: "APPX") { curie }', "UNKNOWN_TERM", "symbol", "APP"),
        ('gene(symbol: "app") { curie }', "ARGUMENT", "symbol", "taxon"),
        ("gene { curie }", "ARGUMENT", "curie", "one of"),
        ('cellType(curie: "microglal cell") { curie }', "UNKNOWN_TERM", "curie", "microglial cell"),
        ('cellType(curie: "CL:0000001") { curie }', "OBSOLETE_TERM", "curie", "CL:0000129"),
        ('contrasts(model: "TauMose") { known }', "UNKNOWN_TERM", "model", "TauMouse"),
        (f'contrasts(cellType: "{global_id("Gene", GENES[0])}") {{ known }}', "ARGUMENT", "cellType", "CellType"),
        ('node(id: "orthokg:match/ad") { id }', "ARGUMENT", "id", "global id"),
        ("datasets(first: 0) { known }", "ARGUMENT", "first", "1 to 100"),
        ("datasets(first: 101) { known }", "LIMIT_EXCEEDED", None, "101"),
        ('datasets(after: "nonsense") { known }', "ARGUMENT", "after", "cursor"),
        ('search(text: " ") { known }', "ARGUMENT", "text", "characters"),
        ('match(id: "orthokg:match/none") { score }', "UNKNOWN_TERM", "id", "orthokg:match/ad"),
    ],
)
def test_errors_name_the_argument_and_the_remedy(still_client, asked, code, argument, said):
    found = error(still_client, f"{{ {asked} }}")
    assert found["extensions"]["code"] == code
    assert found["extensions"].get("argument") == argument
    assert said in found["message"]
    if code != "LIMIT_EXCEEDED":  # refused before anything ran
        assert found["path"] == [asked.partition("(")[0].partition(" ")[0]]


def test_an_unknown_node_is_null(still_client):
    assert data(still_client, f'{{ node(id: "{global_id("Gene", "ENSEMBL:ENSG99999999999")}") {{ id }} }}') == {
        "node": None
    }


@pytest.mark.parametrize(
    "text", ["", "QQ", base64.b64encode(b"Gene:x\x00").decode(), "'; MATCH (n) DETACH DELETE n //", "𝔸" * 50]
)
def test_no_text_breaks_a_look_up(still_client, text):
    asked = (
        "query($t: String!, $i: ID!) { cellType(curie: $t) { curie } gene(symbol: $t) { curie } node(id: $i) { id } }"
    )
    found = still_client.post("/graphql", json={"query": asked, "variables": {"t": text, "i": text}}).json()
    assert {each["extensions"]["code"] for each in found["errors"]} <= {"UNKNOWN_TERM", "ARGUMENT"}
    assert data(still_client, "{ status { nodes { name count } } }")["status"]["nodes"][0]["count"] > 0


def test_filters_narrow_lists(still_client):
    found = data(
        still_client,
        """{ model: contrasts(model: "TauMouse") { known nodes { curie } }
             type: contrasts(cellType: "CL:0000129") { known }
             pools: contrasts(kind: "pool") { known } tissue: contrasts(tissue: "cortex", noise: "donors") { known }
             states: diseaseStates(disease: "Alzheimer disease") { nodes { curie disease { label } } }
             models: diseaseModels(disease: "MONDO:0004975") { known } none: diseaseModels(disease: "MONDO:0007739")
               { known }
             conditions: drugConditions(drug: "CHEMBL:1") { nodes { drug { label } } }
             regulons(tf: "SPI1", network: "CollecTRI") { known } lost: sources(status: "missing") { nodes
               { curie } } }""",
    )
    assert found["model"] == {"known": 1, "nodes": [{"curie": MOUSE}]}
    assert [found[name]["known"] for name in ("type", "pools", "tissue", "models", "none", "regulons")] == [
        1,
        3,
        3,
        1,
        0,
        1,
    ]
    assert [s["curie"] for s in found["states"]["nodes"]] == ["orthokg:state/ad", "orthokg:state/ad-early"]
    assert found["states"]["nodes"][0]["disease"] == {"label": "Alzheimer disease"}
    assert found["conditions"]["nodes"] == [{"drug": {"label": "One"}}]
    assert [s["curie"] for s in found["lost"]["nodes"]] == ["absent", "orthologs/absent"]


def test_orthologs_carry_what_the_source_says(still_client):
    found = data(
        still_client,
        f"""{{ gene(curie: "{GENES[0]}") {{ orthologs(first: 2) {{ known missing {{ what why remedy }}
               nodes {{ cardinality confidence source version gene {{ curie taxon }} }} }} }} }}""",
    )["gene"]["orthologs"]
    assert found["known"] == 31
    assert [gap["what"] for gap in found["missing"]] == ["orthologs/absent"]
    assert found["nodes"][0] == {
        "cardinality": "one2one",
        "confidence": 1.0,
        "source": "small",
        "version": "1",
        "gene": {"curie": MICE[0], "taxon": MURINE},
    }


def test_genes_that_are_no_edges_are_said(still_client):
    found = data(
        still_client, f'{{ contrast(curie: "{MOUSE}") {{ changes(first: 1) {{ known withheld {{ what why }} }} }} }}'
    )
    assert found["contrast"]["changes"] == {
        "known": 40,
        "withheld": [{"what": "changes of genes", "why": "40 of 90 genes are edges"}],
    }
