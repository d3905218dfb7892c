"""A signature that comes with a question gets the answer that an ingest of the same files would give, and leaves
nothing."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from kg.ask.questions import compare_answer, drug_answer, match_answer
from kg.ask.upload import Upload
from kg.ask.upload_answer import signature_answer
from kg.curie import HUMAN, MOUSE
from kg.errors import UnknownTermError
from kg.records.match import Answer, place
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from kg.verdict import many
from tests.e2e.lab import AD, CORTEX, Lab, counts_upload, table_upload
from tests.graph.dump import dump
from tests.kg.test_many import alike as nearly

OURS = ("id", "mouse", "mouse_label", "family", "flags", "data_version", "sentence")


def asked(lab: Lab, upload: Upload, **given: Any) -> Answer:
    return signature_answer(lab.store, Workspace(Catalog.read(lab.store), lab.signatures), upload, **given)[0]


def same(one: Any, two: Any) -> None:
    """Numbers to 1e-9, all else as it is."""
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for name in one:
            same(one[name], two[name])
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(two)
        for a, b in zip(one, two, strict=True):
            same(a, b)
    elif isinstance(one, float):
        assert two == pytest.approx(one, rel=1e-9, abs=1e-12)
    else:
        assert one == two


def alike(mine: Answer, stored: Answer) -> None:
    assert len(mine.matches) == len(stored.matches)
    theirs = {(r.human, r.state): r for r in stored.matches}
    for record in mine.matches:
        other = theirs[record.human, record.state].to_json()
        facts = record.to_json()
        for name in OURS:
            del facts[name], other[name]
        same(facts, other)


def test_the_answer_is_that_of_an_ingest(store: Store, tmp_path: Path) -> None:
    lab = Lab(store, tmp_path)
    lab.load_reference(MOUSE)
    table, (counts, sheet) = lab.table(MOUSE), lab.counts(MOUSE)
    uploads = {
        columns: table_upload(MOUSE, table, columns)
        for columns in (("effect", "se"), ("effect", "p"), ("effect", "fdr"), ("effect", "z"))
    }
    before, version = dump(store), lab.signatures.version
    found = {
        key: [asked(lab, u, disease=AD, level=level) for level in ("gene", "regulon")] for key, u in uploads.items()
    }
    brought = asked(lab, counts_upload(MOUSE, counts, sheet), disease=AD)
    assert (dump(store), lab.signatures.version) == (before, version)
    for record in (*brought.matches, *found["effect", "se"][0].matches):
        assert record.id.startswith("uploaded:")
        assert record.mouse.startswith("uploaded:")
        assert record.p is not None
    assert {r.null.mouse[:6] for r in brought.matches} == {"donors"}
    assert {r.null.mouse[:9] for r in found["effect", "se"][0].matches} == {"reference"}

    for columns, answers in found.items():
        lab.load_table(MOUSE, table, columns)
        for level, mine in zip(("gene", "regulon"), answers, strict=True):
            stored = match_answer(store, lab.signatures, model="lab", disease=AD, level=level)
            one = [r for r in stored.matches if r.mouse == "orthokg:contrast/lab/a"]
            alike(mine, Answer("", "", "", tuple(one)))
        for path in (tmp_path / "lab").iterdir():
            path.unlink()
        (tmp_path / "lab").rmdir()
    lab.load_counts(MOUSE, counts, sheet)
    stored = match_answer(store, lab.signatures, model="lab", disease=AD)
    alike(brought, Answer("", "", "", tuple(r for r in stored.matches if r.mouse == "orthokg:contrast/lab/a")))


def first_are(whole: Answer, found: Answer, first: int) -> None:
    """The best of all of them, to what single precision leaves, and how many more there are."""
    ranked = sorted(whole.matches, key=lambda r: place(r.status, r.p, r.score, r.id))
    for due, record in zip(ranked[:first], found.matches, strict=True):
        nearly(asdict(due), asdict(record), due.human_label)
    behind = [r.status for r in ranked[first:]]
    told = {(gap.what, gap.why) for gap in found.gaps if "further matches" in gap.what}
    assert told == {
        (f"{behind.count(status)} further matches that are {status}", f"the first {first} are shown")
        for status in behind
    }
    assert [g for g in found.gaps if g.kind == "missing"] == [g for g in whole.gaps if g.kind == "missing"]


def test_a_human_signature_meets_states_and_models(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(store, tmp_path)
    table = lab.table(HUMAN)
    mine = asked(lab, table_upload(HUMAN, table, ("effect", "se")), disease=AD)
    lab.load_table(HUMAN, table, ("effect", "se"))
    stored = drug_answer(store, lab.signatures, drug="labdrug", disease=AD)
    alike(mine, stored)
    one, other = "simulated-specific", "simulated-shared"
    models = compare_answer(store, lab.signatures, model=one, other=other)
    assert len({r.status for r in stored.matches}) > 1
    assert models.matches
    with monkeypatch.context() as patch:
        patch.setattr(many, "FEW", 0)
        first_are(stored, drug_answer(store, lab.signatures, drug="labdrug", disease=AD, first=2), 2)
        first_are(models, compare_answer(store, lab.signatures, model=one, other=other, first=1), 1)
    first_are(stored, drug_answer(store, lab.signatures, drug="labdrug", disease=AD, first=1), 1)
    assert {r.state.split("/")[0] for r in mine.matches} == {"orthokg:state", "orthokg:contrast"}
    assert any(r.p is not None and r.q is not None and r.p <= r.q for r in mine.matches)
    again = asked(lab, table_upload(HUMAN, table, ("effect", "se")), disease=AD)
    assert any("by their likeness" in flag for flag in again.matches[0].flags)


def test_a_cohort_does_not_meet_itself(store: Store, tmp_path: Path) -> None:
    """A table of a stored cohort is known by its likeness: its state is not tested with it."""
    lab = Lab(store, tmp_path)
    stored = lab.signatures.get("orthokg:contrast/simulated/alzheimer-2")
    genes = [str(gene) for gene in stored.genes]
    upload = Upload(HUMAN, genes, z=stored.vector * 1.1, tissue=CORTEX, label="published")
    found = {r.human_label: r for r in asked(lab, upload).matches}
    (own,) = [r for label, r in found.items() if "Alzheimer" in label and r.state.startswith("orthokg:state")]
    (other,) = [r for label, r in found.items() if "Huntington" in label]
    assert own.status == "UNTESTABLE"
    assert "share" in own.reason
    assert other.status != "UNTESTABLE"


def test_a_region_is_compared_as_the_tissue_above_it(store: Store, tmp_path: Path) -> None:
    lab = Lab(store, tmp_path)
    owner = {"source": "test", "run": "orthokg:run/test"}
    tissues = [{"id": f"UBERON:{n}", "label": label} for n, label in ((1, "far gyrus"), (2, "its layer"), (3, "toe"))]
    write_nodes(store, "Tissue", tissues, **owner)
    above = [{"subject": "UBERON:2", "object": "UBERON:1"}, {"subject": "UBERON:1", "object": CORTEX}]
    write_edges(store, "BROADER", "Tissue", "Tissue", above, **owner)
    table = lab.table(HUMAN)
    there = asked(lab, table_upload(HUMAN, table, ("z",), tissue="Its Layer"), disease=AD).matches
    cortex = asked(lab, table_upload(HUMAN, table, ("z",)), disease=AD).matches
    assert [r.p for r in there] == [r.p for r in cortex]
    assert any("its layer is compared as bulk cerebral cortex" in flag for flag in there[0].flags)
    # A whole organ that is nearer in the ontology, of which the graph has a contrast and no healthy reference.
    write_nodes(store, "Tissue", [{"id": "UBERON:4", "label": "organ"}], **owner)
    nearer = [{"subject": "UBERON:2", "object": "UBERON:4"}, {"subject": CORTEX, "object": "UBERON:4"}]
    write_edges(store, "BROADER", "Tissue", "Tissue", nearer, **owner)
    store.write("MATCH (c:Contrast {in_taxon: $mouse}) SET c.material = 'bulk organ'", mouse=MOUSE)
    still = asked(lab, table_upload(HUMAN, table, ("z",), tissue="Its Layer"), disease=AD).matches
    assert [r.p for r in still if r.state.startswith("orthokg:state")] == [
        r.p for r in there if r.state.startswith("orthokg:state")
    ]
    (toe,) = [
        r
        for r in asked(lab, table_upload(HUMAN, table, ("z",), tissue="toe"), disease=AD).matches
        if r.state.startswith("orthokg:state")
    ]
    assert (toe.status, toe.p) == ("UNTESTABLE", None)
    assert "no healthy reference of bulk toe available" in toe.reason
    with pytest.raises(UnknownTermError) as caught:
        asked(lab, table_upload(HUMAN, table, ("z",), tissue="far girus"))
    assert "UBERON:1 (far gyrus)" in caught.value.suggestions
