"""Backups: there and back on both stores and across, nothing half, nothing twice, and what is damaged or foreign is
refused."""

import hashlib
import json
import os
import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from kg.ask.questions import match_answer
from kg.backup.half import mark
from kg.backup.manifest import Manifest
from kg.backup.place import Place
from kg.backup.repository import Repository
from kg.backup.restore import restore
from kg.backup.save import backup
from kg.backup.whole_graph import WholeGraph
from kg.cli.main import main
from kg.curate.curation import propose
from kg.errors import ContractError, KgError, StoreError
from kg.integrity.ledger import OUTSIDE
from kg.integrity.verify import verify
from kg.read.contents import rounded
from kg.release.releases import make_release
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, open_store
from kg.store.loading import loading
from kg.verdict.explain import explain
from tests.api.conftest import graph_records, write_small
from tests.graph.dump import dump
from tests.graph.test_carry import AD, MODEL, batches, ingested

pytestmark = pytest.mark.graph
TOKENS = f"ada:read+curate:never:{'a' * 64}"


def answers(store: Store, home: Path) -> str:
    """What ``match`` and ``explain`` say, as the bytes of the command line."""
    signatures = SignatureStore(home / "signatures")
    answer = match_answer(store, signatures, model=MODEL, disease=AD)
    told = [json.dumps(rounded(answer.to_json()), indent=1, ensure_ascii=False)]
    told += [
        json.dumps(explain(store, signatures, match.id).to_json(), ensure_ascii=False)
        for match in answer.matches
        if match.p is not None
    ]
    assert len(told) > 1
    return "\n".join(told)


def small(store: Store, home: Path) -> Path:
    signatures = SignatureStore(home / "signatures")
    signatures.put_table("genes/x", id=np.array(["a"]), n=np.arange(5.0))
    write_small(store, graph_records(signatures.version))
    return home


def unlike(store: Store, other: tuple[list[str], list[str]]) -> list[str]:
    """Nodes and relationships that only one of two graphs has, but for those that say nothing of what it is about."""
    aside = tuple(json.dumps([[label]])[:-1] for label in OUTSIDE)
    return sorted(
        {
            line
            for ours, theirs in zip(dump(store), other, strict=True)
            for line in set(ours) ^ set(theirs)
            if not line.startswith(aside)
        }
    )[:6]


def restored(folder: Path, home: Path, choice: str, **options):
    repository = Repository.open(folder)
    return restore(repository, repository.manifest(), folder, home, choice, **options)


def test_there_and_back_on_both_stores_and_across(
    embedded_store: Store,
    neo4j_store: Store,
    neo4j_settings: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, value in neo4j_settings.items():
        monkeypatch.setenv(name, value)
    home, folder = tmp_path / "one", tmp_path / "backups"
    ingested(embedded_store, home, batches({}))
    match = match_answer(embedded_store, SignatureStore(home / "signatures"), model=MODEL, disease=AD).matches[0]
    propose(embedded_store, about=(match.id,), verdict="accept", why="seen", who="ada")
    make_release(embedded_store, SignatureStore(home / "signatures"), "first")
    embedded_store.write("MATCH (d:Dataset) SET d.curators_own = [1, 2], d.weight = 2.5")
    before, rows = answers(embedded_store, home), dump(embedded_store)

    done = backup(embedded_store, home, folder, tokens=TOKENS)
    assert (done.new, done.readings) == (True, 2)
    assert done.manifest.simulated
    second, third = tmp_path / "two", tmp_path / "three"
    made = restored(folder, second, "neo4j")
    assert not made.same
    assert unlike(neo4j_store, rows) == []
    assert answers(neo4j_store, second) == before
    assert made.tokens is not None
    assert made.tokens.read_text() == TOKENS + "\n"
    assert stat.S_IMODE(made.tokens.stat().st_mode) == 0o600

    assert list(verify(neo4j_store, second)) == [], "a restore writes down what is due"

    first, back = done.manifest, backup(neo4j_store, second, tmp_path / "from-neo4j", tokens=TOKENS).manifest
    assert (back.graph, back.graph_version, back.data_version) == (first.graph, first.graph_version, first.data_version)
    restored(tmp_path / "from-neo4j", third, "embedded")
    with open_store("embedded", read_only=True, home_folder=third) as store:
        assert answers(store, third) == before
        assert unlike(store, rows) == []
        assert list(verify(store, third)) == []
    assert not list(third.glob(".*"))
    neo4j_store.write("MATCH (k:Match) SET k.reason = 'so'")
    assert [each.where for each in verify(neo4j_store, second)] == ["Match of derived"]


def test_what_is_there_stays_and_what_is_half_is_not_opened(
    neo4j_store: Store, neo4j_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in neo4j_settings.items():
        monkeypatch.setenv(name, value)
    home, folder, other = small(neo4j_store, tmp_path / "one"), tmp_path / "b", tmp_path / "two"
    backup(neo4j_store, home, folder)
    rows = dump(neo4j_store)
    assert restored(folder, home, "neo4j").same
    assert not restored(folder, other, "neo4j").same, "the graph is there, the signatures were not"
    assert restored(folder, other, "neo4j").same
    neo4j_store.write("MATCH (k:Match) SET k.p = 0.5")
    changed = dump(neo4j_store)
    with pytest.raises(KgError, match="Other data") as refused:
        restored(folder, other, "neo4j")
    assert refused.value.code == "NOT_EMPTY"
    SignatureStore(tmp_path / "three" / "signatures").put_table("genes/other", id=np.array(["a"]))
    with pytest.raises(KgError, match=r"index\.json"):
        restored(folder, tmp_path / "three", "neo4j")
    assert dump(neo4j_store) == changed

    mark(neo4j_store, "a restore that was killed")
    neo4j_store.write("MATCH (k:Match) DETACH DELETE k")
    with pytest.raises(StoreError) as half:
        open_store("neo4j")
    assert half.value.code == "STORE_HALF"
    restored(folder, other, "neo4j")
    open_store("neo4j").close()
    assert unlike(neo4j_store, rows) == []


def test_damage_is_named_before_anything_is_written(embedded_store: Store, tmp_path: Path) -> None:
    backup(embedded_store, small(embedded_store, tmp_path / "home"), tmp_path / "b", tokens=TOKENS)
    repository = Repository.open(tmp_path / "b")
    manifest = repository.manifest()
    home = tmp_path / "new"
    kinds = list(
        {
            kept.sha256: kept for kept in (*(group.chunks[0] for group in manifest.graph[:3]), *manifest.files.values())
        }.values()
    )
    assert len(kinds) >= 6
    for at, kept in enumerate(kinds):
        path = repository.objects.path(kept.sha256)
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] if at % 2 else whole[: at + 1] + bytes([whole[at + 1] ^ 1]) + whole[at + 2 :])
        with pytest.raises(ContractError, match=kept.sha256) as caught:
            restored(tmp_path / "b", home, "embedded")
        assert caught.value.code == "BACKUP_DAMAGED"
        assert len(caught.value.issues) == at + 1, "each damaged file is named"
    again = backup(embedded_store, tmp_path / "home", tmp_path / "b", tokens=TOKENS, verify=True)
    assert (again.new, again.objects) == (False, len(kinds)), "mended from what the home has"
    assert repository.damage(manifest) == []
    path = repository.objects.path(kinds[0].sha256)
    path.unlink()
    path.symlink_to("/etc/hostname")
    with pytest.raises(ContractError, match=kinds[0].sha256):
        restored(tmp_path / "b", home, "embedded")
    assert not (home / "signatures").exists()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("format", 99, "BACKUP_FORMAT"),
        ("files", {"../../x": {"sha256": "a" * 64, "bytes": 1}}, "BACKUP_DAMAGED"),
        ("files", {"signatures/objects/../../../x": {"sha256": "a" * 64, "bytes": 1}}, "BACKUP_DAMAGED"),
        ("files", {"/etc/x": {"sha256": "a" * 64, "bytes": 1}}, "BACKUP_DAMAGED"),
        ("files", {"tokens": {"sha256": "../../x", "bytes": 1}}, "BACKUP_DAMAGED"),
        ("releases", {"../x": {"sha256": "a" * 64, "bytes": 1}}, "BACKUP_DAMAGED"),
    ],
)
def test_a_manifest_leads_nowhere_else(tmp_path: Path, field: str, value: object, code: str) -> None:
    good = Manifest("now", "d", "g", 0, 0, False, (), {})
    made = replace(good, **{field: value})  # type: ignore[arg-type]
    data = made.pack() if not isinstance(value, dict) else _packed(good, field, value)
    with pytest.raises(KgError) as caught:
        Manifest.unpack(data, tmp_path / "m.json")
    assert caught.value.code == code
    assert "m.json" in str(caught.value)
    assert Manifest.unpack(good.pack(), tmp_path / "m.json") == good
    with pytest.raises(ContractError, match="checksum"):
        Manifest.unpack(good.pack().replace(b'"now"', b'"not"'), tmp_path / "m.json")


def _packed(good: Manifest, field: str, value: dict) -> bytes:
    """With a checksum that holds, as an attacker would make it."""
    body = json.loads(good.pack())["backup"] | {field: value}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "backup": body}).encode()


def test_what_changes_meanwhile_is_read_again(store: Store, tmp_path: Path) -> None:
    home, told = small(store, tmp_path / "home"), []

    def write_once(what: str) -> None:
        told.append(what)
        if what == "comparing Match":
            if told.count(what) == 1:
                store.write("MATCH (d:Disease) SET d.definition = 'changed'")
                propose(store, about=("orthokg:match/ad",), verdict="comment", why="meanwhile", who="ada")
            elif told.count(what) == 2:
                SignatureStore(home / "signatures").put_table("genes/y", id=np.array(["b"]))

    done = backup(store, home, tmp_path / "b", tell=write_once)
    assert done.readings == 4
    assert any("changed while being read" in line for line in told)
    whole = WholeGraph(store)
    now = [group for spec, ends in whole.groups() if (group := whole.group(spec, ends)).rows]
    assert [(g.name, g.sha256) for g in done.manifest.graph] == [(g.name, g.sha256) for g in now]
    assert done.manifest.data_version == SignatureStore(home / "signatures").version

    def write_always(what: str) -> None:
        if what == "comparing Disease":
            store.write("MATCH (d:Disease) SET d.definition = $text", text=str(len(told)))
            told.append(what)

    with pytest.raises(KgError, match="kept changing") as busy:
        backup(store, home, tmp_path / "b", tell=write_always, wait=0)
    assert busy.value.code == "BUSY"
    with loading(home), pytest.raises(KgError, match="ingest is running"):
        backup(store, home, tmp_path / "b", wait=0)
    assert Repository.open(tmp_path / "b").names() == [done.name]


def test_a_backup_that_breaks_off_leaves_the_earlier_ones(
    embedded_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small(embedded_store, tmp_path / "home")
    first = backup(embedded_store, home, tmp_path / "b")
    again = backup(embedded_store, home, tmp_path / "b")
    assert (again.new, again.objects, again.name) == (False, 0, first.name)
    embedded_store.write("MATCH (n:Gene) WITH n ORDER BY n.id LIMIT 1 SET n.symbol = 'ANOTHER'")
    assert backup(embedded_store, home, tmp_path / "b").objects == 1, "the genes alone"
    assert [path for path in (tmp_path / "b").rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    known = Repository.open(tmp_path / "b").names()
    embedded_store.write("MATCH (n) WHERE n.source IS NOT NULL SET n.run = 'again'")
    real, left = os.fsync, [0]

    def failing(handle: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(handle)

    for moment in (0, 1, 3, 6):
        left[0] = moment
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing)
            with pytest.raises(StoreError) as full:
                backup(embedded_store, home, tmp_path / "b")
        assert full.value.code == "STORE_FULL"
        repository = Repository.open(tmp_path / "b")
        assert repository.names() == known
        assert repository.damage(repository.manifest()) == []
    done = backup(embedded_store, home, tmp_path / "b", keep=1)
    assert repository.names() == [done.name]
    assert repository.damage(repository.manifest()) == []
    named = {kept.sha256 for kept in repository.manifest().objects()}
    assert {path.name for path in repository.objects.folder.rglob("*") if path.is_file()} == named


def test_parts_of_a_home_change_their_place_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names, real = ("graph", "signatures", "tokens"), os.replace
    for moment in range(8):
        home = tmp_path / str(moment)
        place = Place(home)
        place.begin()
        for when, folder in (("old", home), ("new", place.new)):
            for name in names:
                (folder / name).mkdir()
                (folder / name / "is").write_text(when)
        count = [0]

        def failing(a: object, b: object, count: list[int] = count, moment: int = moment) -> None:
            count[0] += 1
            if count[0] > moment:
                raise KeyboardInterrupt
            real(a, b)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", failing)
            with suppress(KeyboardInterrupt):
                place.commit()
        if place.folder.exists() and moment:
            with pytest.raises(StoreError) as half:
                open_store("embedded", home_folder=home)
            assert half.value.code == "STORE_HALF"
        assert place.finish() == (0 < moment < 7)
        assert {(home / name / "is").read_text() for name in names} == {"new" if moment else "old"}
        assert sorted(path.name for path in home.iterdir()) == list(names)


def test_only_hashes_of_tokens_and_only_folders_of_backups(embedded_store: Store, tmp_path: Path) -> None:
    home = small(embedded_store, tmp_path / "home")
    secret = "okg_" + "s" * 43
    with pytest.raises(ContractError) as caught:
        backup(embedded_store, home, tmp_path / "b", tokens=f"{TOKENS}\nada:read:never:{secret}")
    assert secret not in str(caught.value)
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("x")
    with pytest.raises(ContractError, match="something else"):
        backup(embedded_store, home, tmp_path / "other")
    vector = next((home / "signatures").glob("objects/*/n.npy"))
    vector.write_bytes(vector.read_bytes()[:-1] + b"\x01")
    with pytest.raises(StoreError, match="genes/x") as corrupt:
        backup(embedded_store, home, tmp_path / "c")
    assert corrupt.value.code == "STORE_CORRUPT"


def test_what_the_schema_does_not_declare_is_counted(store: Store, tmp_path: Path) -> None:
    home = small(store, tmp_path / "home")
    assert backup(store, home, tmp_path / "b").manifest.outside == {}
    store.write("CREATE (a:Foreign {id: 'f'}) WITH a MATCH (d:Disease) CREATE (a)-[:LIKES]->(d)")
    assert backup(store, home, tmp_path / "b").manifest.outside == {"node Foreign": 1, "relationship LIKES": 3}


def test_the_commands(embedded_store: Store, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(embedded_store, served)

    def run(*words: str):
        return CliRunner().invoke(main, list(words))

    folder = str(tmp_path / "b")
    made = run("backup", folder)
    assert made.exit_code == 0, made.output
    assert "objects" in made.stdout
    again = run("restore", folder)
    assert "was there already" in again.stdout, again.output
    monkeypatch.setenv("ORTHOKG_TOKENS", TOKENS)
    told = json.loads(run("backup", folder, "--format", "json").stdout)
    assert (told["new"], told["objects_written"]) == (True, 1)
    assert "a" * 64 not in str(told)
    assert len(json.loads(run("backup", folder, "--list", "--format", "json").stdout)) == 2
    assert "every file is whole" in run("restore", folder, "--check").stdout
    locked = run("restore", folder)
    assert locked.exit_code == 1
    assert "in use by process" in locked.output, "it has other tokens to write, and the home is served"
    for words in (
        ["restore"],
        ["restore", folder, "--release", "x"],
        ["restore", "--release", "x"],
        ["restore", str(tmp_path / "none")],
    ):
        assert run(*words).exit_code == 1
