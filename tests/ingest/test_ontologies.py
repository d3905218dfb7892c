import pytest

from ingest.source import ontologies
from ingest.source.ontologies import LABELS, NORMAL, load, transform
from kg.errors import UnknownTermError


@pytest.mark.parametrize("name", LABELS)
def test_whole_ontology(name):
    ontology = load(name)
    batch = transform(ontology)
    rows = {row["id"]: row for row in batch.nodes[LABELS[name]]}
    assert len(rows) == len(batch.nodes[LABELS[name]]) == batch.read == batch.accepted
    assert all(row["label"] for row in rows.values())
    ((kind, _, _), edges), *others = batch.edges.items()
    assert not others
    assert kind == ("BROADER" if name in ("UBERON", "HsapDv", "MmusDv") else "SUBCLASS_OF")
    assert all(e["subject"] in rows and e["object"] in rows for e in edges)
    assert all(("basis" in e) == (kind == "BROADER") for e in edges)
    assert batch.missing == [f"{name}: XREF, the guide carries no cross-references"]
    assert {row["version"] for key, row in rows.items() if key != NORMAL} == {ontology.version}


def test_used_terms_come_with_all_ancestors_and_no_edge_dangles():
    batch = transform(load("MONDO"), {"MONDO:0004975"})
    rows = {row["id"] for row in batch.nodes["Disease"]}
    assert {"MONDO:0004975", "MONDO:0005574", "MONDO:0000001", NORMAL} <= rows
    assert len(rows) < 30
    edges = batch.edges["SUBCLASS_OF", "Disease", "Disease"]
    assert {e["subject"] for e in edges} | {e["object"] for e in edges} <= rows
    assert batch.read == batch.accepted > 30_000
    assert "ingest --all" in batch.missing[1]
    assert len(transform(load("CL"), set()).nodes["CellType"]) == len(load("CL").terms)


def test_hierarchy():
    mondo, cells = load("MONDO"), load("CL")
    assert mondo.is_within("MONDO:0004975", "MONDO:0005574")
    assert mondo.is_within("MONDO:0004975", "MONDO:0004975")
    assert not mondo.is_within("MONDO:0005574", "MONDO:0004975")
    assert not mondo.is_within("MONDO:none", "MONDO:0004975")
    assert cells.ancestors(["CL:0000129", "CL:none"]) >= {"CL:0000129", "CL:0000000"}


def test_a_current_term_passes():
    assert load("MONDO").check("MONDO:0004975") == "MONDO:0004975"
    assert load("CL").label("CL:0000129") == "microglial cell"


@pytest.mark.parametrize(
    ("name", "term", "code", "hint"),
    [
        ("MONDO", "MONDO:4975", "UNKNOWN_TERM", "MONDO:0004975 (Alzheimer disease)"),
        ("MONDO", "Alzheimer disease", "UNKNOWN_TERM", "MONDO:0004975 (Alzheimer disease)"),
        ("MONDO", "MONDO:alzheimers", "UNKNOWN_TERM", "MONDO:0004975 (Alzheimer disease)"),
        ("CL", "microglia", "UNKNOWN_TERM", "CL:0000129 (microglial cell)"),
        ("MONDO", "MONDO:0000002", "OBSOLETE_TERM", "MONDO:0009299"),
        ("EFO", "EFO:0000618", "OBSOLETE_TERM", "MONDO:0005071"),
        ("CL", "zzqqxx", "UNKNOWN_TERM", "check its spelling"),
    ],
)
def test_what_is_no_current_term_says_what_to_use(name, term, code, hint):
    with pytest.raises(UnknownTermError) as caught:
        load(name).check(term)
    assert caught.value.code == code
    assert hint in str(caught.value)


def test_a_retired_term_without_replacement_says_what_to_consider():
    uberon = load("UBERON")
    term, facts = next(
        (t, f) for t, f in uberon.terms.items() if f["deprecated"] and f.get("consider") and not f.get("replaced_by")
    )
    with pytest.raises(UnknownTermError) as caught:
        uberon.check(term)
    assert caught.value.code == "OBSOLETE_TERM"
    assert facts["consider"][0] in str(caught.value)


def test_a_chain_of_replacements_is_followed_to_its_end():
    chain = {
        "X:1": {"label": "a", "deprecated": True, "replaced_by": "X:2", "ancestors": {}},
        "X:2": {"label": "b", "deprecated": True, "replaced_by": "X:3", "ancestors": {}},
        "X:3": {"label": "c", "deprecated": False, "ancestors": {}},
        "X:4": {"label": "d", "deprecated": True, "replaced_by": "X:4", "ancestors": {}},
    }
    ontology = ontologies.Ontology("X", "1", chain)
    assert ontology.replacement("X:1") == "X:3"
    assert ontology.replacement("X:4") is None
