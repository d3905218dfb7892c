"""Branches, tags, merges and reverts on both stores: nothing that is made changes what it is made from."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kg.atlas import branches as cutting
from kg.atlas.commit import commit
from kg.atlas.diff import diff
from kg.atlas.export import export
from kg.atlas.lines import merge, revert
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Version
from kg.atlas.versions import branches, history, manifest_of, resolve, tags
from kg.atlas.views import filters, selected
from kg.cli.main import main
from kg.errors import ContractError, KgError, UnknownTermError
from kg.integrity.verify import atlas as findings
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from tests.kg.atlas_parts import DATASET, ORCID, manifest, with_objects

pytestmark = pytest.mark.graph
ADA, BOB = Author("Ada", ORCID), Author("Bob")


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "atlas", own=True)


def put(store: Store, objects: ObjectStore, parent: Version | None = None, branch: str = "main", **given) -> Version:
    before = manifest(objects) if parent is None else manifest_of(objects, parent)
    made = with_objects(objects, before, **given)
    said = f"now {', '.join(given) or 'new'}"
    return commit(store, objects, made, ADA, said, parent=parent.id if parent else "", branch=branch)


def seen(store: Store, objects: ObjectStore, place: str) -> tuple:
    """Everything that somebody who looks at a branch sees."""
    head = resolve(store, place)
    return head, manifest_of(objects, head).pack(), [each.id for each in history(store, place)]


def test_a_line_grows_beside_main(store: Store, objects: ObjectStore) -> None:
    first = put(store, objects)
    before = seen(store, objects, "pbmc")
    trial = cutting.cut(store, objects, "pbmc", "trial", BOB)
    assert (trial.kind, trial.head, trial.base, trial.place) == ("line", first.id, first.id, "pbmc/trial")
    assert cutting.cut(store, objects, "pbmc", "trial", BOB) == trial, "cut again it is the same"
    grown = put(store, objects, first, "trial", study__b=b"b")
    assert seen(store, objects, "pbmc") == before
    assert resolve(store, "pbmc/trial") == grown
    assert (grown.branch, grown.parents, grown.head) == ("trial", (first.id,), False)
    assert [each.id for each in history(store, "pbmc/trial")] == [grown.id, first.id]
    assert [(each.name, each.head) for each in branches(store, "pbmc")] == [("main", first.id), ("trial", grown.id)]
    assert resolve(store, f"pbmc/trial@{trial.when}").id == first.id
    assert resolve(store, f"pbmc@{grown.when}").id == first.id
    stands = store.read("MATCH (v:AtlasVersion)-[:HEAD_OF]->(b:AtlasBranch) RETURN v.id AS v, b.label AS b")
    assert stands == [{"v": grown.id, "b": "pbmc/trial"}]
    assert list(findings(store, objects)) == []
    with pytest.raises(KgError) as moved:
        put(store, objects, first, "trial", study__c=b"c")
    assert moved.value.code == "ATLAS_MOVED"


def test_branches_that_cannot_be(store: Store, objects: ObjectStore) -> None:
    first = put(store, objects)
    cutting.cut(store, objects, "pbmc", "trial", BOB)
    for name, code in {"main": "ARGUMENT", "a/b": "ARGUMENT", "": "ARGUMENT", "trial": "BRANCH_EXISTS"}.items():
        with pytest.raises(KgError) as told:
            cutting.cut(store, objects, "pbmc", name, ADA)
        assert told.value.code == code, name
    for place in ("pbmc/trail", "pbmcs", "pbmc/"):
        with pytest.raises(UnknownTermError):
            resolve(store, place)
    with pytest.raises(UnknownTermError, match="pbmc/none"):
        put(store, objects, first, "none", study__b=b"b")
    assert len(history(store, "pbmc")) == 1


def test_a_view_is_a_part_of_its_pinned_parent(store: Store, objects: ObjectStore) -> None:
    owned: dict[str, Any] = {"source": "s", "run": "r"}
    write_nodes(store, "Dataset", [{"id": DATASET, "title": "PBMC"}], **owned)
    write_nodes(store, "Contrast", [{"id": "orthokg:contrast/x", "label": "x"}], **owned)
    write_nodes(
        store, "DiseaseModel", [{"id": "orthokg:model/m", "label": "rTg4510", "genotype": "MAPT P301L"}], **owned
    )
    write_nodes(
        store,
        "Disease",
        [{"id": i, "label": n} for i, n in (("MONDO:1", "tauopathy"), ("MONDO:2", "brain disease"))],
        **owned,
    )
    terms = [{"id": "CL:0000236", "label": "B cell"}, {"id": "CL:0000542", "label": "lymphocyte"}]
    write_nodes(store, "CellType", terms, **owned)
    for kind, a, b, one, other in (
        ("FROM_DATASET", "Contrast", "Dataset", "orthokg:contrast/x", DATASET),
        ("OF_MODEL", "Contrast", "DiseaseModel", "orthokg:contrast/x", "orthokg:model/m"),
        ("MODELS", "DiseaseModel", "Disease", "orthokg:model/m", "MONDO:1"),
        ("SUBCLASS_OF", "Disease", "Disease", "MONDO:1", "MONDO:2"),
        ("SUBCLASS_OF", "CellType", "CellType", "CL:0000236", "CL:0000542"),
    ):
        write_edges(store, kind, a, b, [{"subject": one, "object": other}], **owned)
    tree = json.dumps({"types": {"B cell": "lymphoid", "lymphoid": "blood"}}).encode()
    first = commit(store, objects, with_objects(objects, manifest(objects), policy=tree), ADA, "first")
    before = seen(store, objects, "pbmc")
    for chosen in (
        {"type": ["b CELL"]}, {"type": ["CL_0000542"]}, {"type": ["lymphocyte"]}, {"type": ["blood", "none"]},
        {"species": ["human"], "type": ["B cell"]}, {"genotype": ["MAPT P301L"], "type": ["B cell"]},
        {"disease": ["brain disease"], "type": ["lymphoid"]},
    ):  # fmt: skip
        assert selected(store, objects, first, chosen).types == ("B cell",), chosen
    lymphoid = cutting.cut(store, objects, "pbmc", "lymphoid", BOB, chosen={"type": ["lymphoid"]})
    ad = cutting.cut(store, objects, "pbmc/lymphoid", "ad", BOB, chosen={"disease": ["MONDO:2"]})
    assert (lymphoid.kind, ad.above, ad.base) == ("view", lymphoid.id, first.id)
    known = branches(store, "pbmc")
    assert filters(known, ad) == [{"type": ("lymphoid",)}, {"disease": ("MONDO:2",)}]
    assert selected(store, objects, first, *filters(known, ad)).cells == 900
    assert seen(store, objects, "pbmc") == before
    put(store, objects, first, "lymphoid", embedding=b"finer")
    assert seen(store, objects, "pbmc") == before
    assert resolve(store, "pbmc/ad") == first, "its parent is pinned"
    for at, chosen in (
        ("pbmc", {"type": ["neuron"]}), ("pbmc", {"organ": ["brain"]}), ("pbmc", {"species": ["mouse"]}),
        ("pbmc", {"disease": ["asthma"]}), ("pbmc", {"drug": ["aspirin"]}),
        ("pbmc/lymphoid", {"type": ["megakaryocyte"]}),
    ):  # fmt: skip
        with pytest.raises(KgError) as told:
            cutting.cut(store, objects, at, "empty", BOB, chosen=chosen)
        assert told.value.code == "EMPTY_VIEW", chosen
    for chosen in ({}, {"colour": ["red"]}, {"type": []}, {"type": [" "]}):
        with pytest.raises(ContractError):
            cutting.cut(store, objects, "pbmc", "empty", BOB, chosen=chosen)
    assert len(branches(store, "pbmc")) == 3
    with pytest.raises(KgError) as told:
        merge(store, objects, "pbmc/lymphoid", "pbmc", BOB)
    assert told.value.code == "VIEW"


def test_merges(store: Store, objects: ObjectStore) -> None:
    first = put(store, objects)
    for name in ("one", "other", "clash", "fit"):
        cutting.cut(store, objects, "pbmc", name, BOB)
    assert merge(store, objects, "pbmc/one", "pbmc", BOB).id == first.id, "there is nothing to take up"
    one = put(store, objects, first, "one", study__b=b"b")
    put(store, objects, first, "other", study__c=b"c")
    put(store, objects, first, "clash", study__b=b"B")
    put(store, objects, first, "fit", embedding=b"fitted")
    fast = merge(store, objects, "pbmc/one", "pbmc", BOB, "take up one")
    assert (fast.content_id, fast.parents, fast.author) == (one.content_id, (first.id, one.id), "Bob")
    assert merge(store, objects, "pbmc/one", "pbmc", BOB) == fast, "it is there already"
    both = merge(store, objects, "pbmc/other", "pbmc", BOB)
    assert set(manifest_of(objects, both).named("study")) == {"kang", "b", "c"}
    reverse = merge(store, objects, "pbmc/one", "pbmc/other", BOB)
    assert reverse.content_id == both.content_id, "in any order"
    for name, code in {"clash": "CONFLICT", "fit": "NEEDS_REFIT"}.items():
        with pytest.raises(ContractError) as told:
            merge(store, objects, f"pbmc/{name}", "pbmc", BOB)
        assert told.value.code == code
    assert resolve(store, "pbmc") == both
    commit(store, objects, manifest(objects, "brain"), ADA, "another")
    with pytest.raises(KgError) as told:
        merge(store, objects, "brain", "pbmc", BOB)
    assert told.value.code == "UNRELATED"
    edges = store.read("MATCH (v:AtlasVersion {id: $id})-[:PARENT_VERSION]->(p) RETURN p.id AS p", id=both.id)
    assert {each["p"] for each in edges} == set(both.parents)
    assert list(findings(store, objects)) == []


def test_a_conflict_names_both_sides(store: Store, objects: ObjectStore) -> None:
    first = put(store, objects, study__b=b'{"types": {"of": ["T", "B"]}}')
    cutting.cut(store, objects, "pbmc", "trial", BOB)
    ours = put(store, objects, first, study__b=b'{"types": {"of": ["CD4", "B"]}}')
    theirs = put(store, objects, first, "trial", study__b=b'{"types": {"of": ["CD8", "B"]}}')
    with pytest.raises(ContractError) as told:
        merge(store, objects, "pbmc/trial", "pbmc", BOB)
    (issue,) = told.value.issues
    for text in (ours.short, theirs.short, "Ada", "now study__b", "types.of[0]: was T, ours CD4, theirs CD8"):
        assert text in issue.found


def test_a_version_is_taken_back(store: Store, objects: ObjectStore) -> None:
    first = put(store, objects)
    second = put(store, objects, first, study__b=b"b")
    with pytest.raises(ContractError) as told:
        revert(store, objects, second.id, BOB, " ")
    assert told.value.issues[0].path == "reason"
    back = revert(store, objects, "pbmc", BOB, "wrong labels")
    assert (back.content_id, back.parent, back.branch) == (first.content_id, second.id, "main")
    assert "wrong labels" in back.message
    assert revert(store, objects, second.id, BOB, "wrong labels") == back, "asked again it is done"
    with pytest.raises(KgError, match=back.short) as told:
        revert(store, objects, second.id, BOB, "another reason")
    assert told.value.code == "BUILT_ON"
    with pytest.raises(ContractError, match="first"):
        revert(store, objects, first.id, BOB, "no")
    third = put(store, objects, back, study__c=b"c")
    cutting.cut(store, objects, "pbmc", "trial", BOB)
    with pytest.raises(KgError, match="pbmc/trial") as told:
        revert(store, objects, third.id, BOB, "no")
    assert told.value.code == "BUILT_ON"
    assert resolve(store, "pbmc") == third


def test_a_tag_never_moves(store: Store, objects: ObjectStore) -> None:
    first = put(store, objects)
    made = cutting.tagged(store, "pbmc", "v1", "", BOB)
    second = put(store, objects, first, study__b=b"b")
    assert resolve(store, "pbmc@v1") == resolve(store, first.id)
    assert cutting.tagged(store, "pbmc", "v1", first.id, BOB) == made
    assert tags(store, "PBMC") == [made]
    with pytest.raises(KgError) as told:
        cutting.tagged(store, "pbmc", "v1", "pbmc", BOB)
    assert told.value.code == "TAG_EXISTS"
    other = commit(store, objects, manifest(objects, "brain"), ADA, "another")
    for name, version in (("2026-01-01", ""), ("abcdef12", ""), ("a b", ""), ("v2", other.id)):
        with pytest.raises(ContractError):
            cutting.tagged(store, "pbmc", name, version, BOB)
    with pytest.raises(UnknownTermError):
        cutting.tagged(store, "pbmc", "v2", "pbmc@" + "f" * 12, BOB)
    assert resolve(store, "pbmc") == second


def test_what_differs_is_told(store: Store, objects: ObjectStore) -> None:
    first = put(store, objects)
    fewer = manifest(objects, donors=7, cells=1100, limits=("a limit",))
    second = commit(store, objects, with_objects(objects, fewer, study__b=b"b"), ADA, "second", parent=first.id)
    found = diff(objects, resolve(store, first.id), second)
    assert {each.key for each in found.objects} == {"quality", "study/b"}
    assert {(e.of, e.what, e.old, e.new) for e in found.numbers} == {
        ("all", "donors", 8, 7),
        ("all", "cells", 1200, 1100),
    }
    assert [each.of for each in found.words] == ["limits"]
    assert diff(objects, second, second).same


def test_the_command_line(
    neo4j_store: Store,
    neo4j_settings: dict[str, str],
    objects: ObjectStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = str(objects.place.root)  # type: ignore[attr-defined]
    for name, value in {**neo4j_settings, "ORTHOKG_ATLAS": place, "ORTHOKG_AUTHOR": "Bob"}.items():
        monkeypatch.setenv(name, value)
    first = put(neo4j_store, objects)
    asked = CliRunner()

    def run(*words: str, code: int = 0) -> str:
        made = asked.invoke(main, ["atlas", *words])
        assert made.exit_code == code, made.output
        return made.stdout if code == 0 else made.output

    assert run("branch", "pbmc", "trial").startswith("pbmc/trial: a line at")
    grown = put(neo4j_store, objects, first, "trial", study__b=b"b")
    assert "(EMPTY_VIEW)" in run("branch", "pbmc", "none", "--type", "neuron", code=1)
    assert [each["branch"] for each in json.loads(run("branch", "pbmc", "--format", "json"))] == ["pbmc", "pbmc/trial"]
    assert "study/b: none to" in run("diff", "pbmc", "pbmc/trial")
    assert run("diff", "pbmc", "pbmc").endswith("the same content\n")
    assert "on pbmc" not in run("merge", "pbmc/trial", "pbmc", "-m", "take it up")
    head = resolve(neo4j_store, "pbmc")
    assert run("tag", "pbmc", "v1") == f"pbmc@v1: {head.commit[:12]}\n"
    assert "pbmc@v1" in run("tag", "pbmc")
    lines = run("log", "pbmc").splitlines()
    assert lines[0].startswith(f"* {head.short}")
    assert lines[0].endswith("(main, tag v1)")
    assert lines[1] == f"| |  Bob: take it up, with {grown.commit[:12]}"
    assert lines[2].startswith(f"| * {grown.short}")
    assert lines[2].endswith("(trial)")
    assert lines[3] == "|  Ada: now study__b"
    assert lines[4].startswith(f"* {first.short}")
    assert len(json.loads(run("log", "pbmc", "--format", "json"))) == 3
    out = tmp_path / "out"
    told = run("export", "pbmc@v1", "--out", str(out))
    assert "left out: study/kang" in told
    assert (out / "manifest.json").read_bytes() == manifest_of(objects, head).pack()
    assert (out / "objects" / "study" / "b").read_bytes() == b"b"
    assert "kang\tPBMC of lupus\tCC BY 4.0\tno\tno" in (out / "licences.tsv").read_text()
    assert "new or empty" in run("export", "pbmc", "--out", str(out), code=1)
    (out / "manifest.json").unlink()
    assert "left out" not in run("export", "pbmc", "--out", str(out), "--closed")
    assert (out / "objects" / "study" / "kang").read_bytes() == b"a study"
    assert "revert pbmc@" in run("revert", "pbmc", "--why", "no good")
    assert resolve(neo4j_store, "pbmc").content_id == first.content_id


def test_an_export_is_whole_or_refused(store: Store, objects: ObjectStore, tmp_path: Path) -> None:
    made = put(store, objects)
    (tmp_path / "file").write_text("x")
    for where in (tmp_path, tmp_path / "file"):
        with pytest.raises(ContractError):
            export(objects, made, where)
