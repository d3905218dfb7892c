"""Atlases whose objects lie in a bucket: damage is told, a backup carries them, and they are restored to another bucket
or to a home."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Version
from kg.atlas.versions import card_of, resolve
from kg.backup.repository import Repository
from kg.backup.restore import restore
from kg.backup.save import backup
from kg.cli.main import main
from kg.errors import StoreError
from kg.integrity.verify import atlas as findings
from kg.store.driver import Store, open_store
from tests.buckets import *  # noqa: F403  (bucket, make_bucket)
from tests.kg.atlas_parts import manifest

pytestmark = pytest.mark.graph


@pytest.fixture
def objects(served: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """Where every command looks for them."""
    monkeypatch.setenv("ORTHOKG_ATLAS", f"s3://{bucket}/labs/ours")
    return ObjectStore.of()


@pytest.fixture
def version(embedded_store: Store, objects: ObjectStore) -> Version:
    return commit(embedded_store, objects, manifest(objects), Author("Ada"), "the first")


def put_in_place(objects: ObjectStore, sha: str, data: bytes | None) -> None:
    """Other bytes under that name; None: it is taken away."""
    lying = objects.place.find(sha)
    assert lying is not None
    objects.place.remove(lying)
    if data is not None:
        objects.place.write(sha, BytesIO(data))


def test_what_is_damaged_lacking_or_more_is_told(embedded_store: Store, objects: ObjectStore, version: Version) -> None:
    assert list(findings(embedded_store, objects)) == []
    parts = manifest(objects).objects
    damaged, lacking = parts["embedding"].sha256, parts["study/kang"].sha256
    put_in_place(objects, damaged, b"an embeddinG")
    put_in_place(objects, lacking, None)
    more = objects.put(b"of another graph").sha256
    told = {each.where: each for each in findings(embedded_store, objects)}
    assert told.keys() == {objects.place.where(sha) for sha in (damaged, lacking, more)}
    assert all(where.startswith("s3://") for where in told)
    assert "bytes of sha256" in told[objects.place.where(damaged)].found
    assert told[objects.place.where(lacking)].found == "nothing"
    assert "no other graph" in told[objects.place.where(more)].remedy
    shown = CliRunner().invoke(main, ["verify"])
    assert shown.exit_code == 1
    assert objects.place.where(damaged) in shown.output.replace("\n", "")
    assert CliRunner().invoke(main, ["atlas", "sweep", "--days", "0"]).output.endswith("0 bytes freed\n")
    assert objects.has(more), "a bucket may be other graphs' too"
    manifest(objects)
    put_in_place(objects, more, None)
    assert list(findings(embedded_store, objects)) == [], "made again of the same, it is whole"
    put_in_place(objects, version.content_id, b"{}")
    with pytest.raises(StoreError) as refused:
        card_of(objects, version)
    assert refused.value.code == "STORE_CORRUPT"


def test_a_backup_carries_them_to_another_bucket_and_to_a_home(
    embedded_store: Store,
    served: Path,
    objects: ObjectStore,
    version: Version,
    make_bucket: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "backups"
    made = backup(embedded_store, served, folder)
    assert sum(name.startswith("atlas/objects/") for name in made.manifest.files) == 5
    assert backup(embedded_store, served, folder).objects == 0, "what is kept is not written again"
    repository = Repository.open(folder)

    other = f"s3://{make_bucket('second')}/restored"
    with monkeypatch.context() as patch:
        patch.setenv("ORTHOKG_ATLAS", other)
        restore(repository, repository.manifest(), folder, tmp_path / "second", "embedded")
        there = ObjectStore.of()
        assert not (tmp_path / "second" / "atlas").exists()
        with open_store("embedded", read_only=True, home_folder=tmp_path / "second") as store:
            assert resolve(store, "pbmc") == version
            assert list(findings(store, there)) == []
        assert card_of(there, version) == card_of(objects, version)
        assert restore(repository, repository.manifest(), folder, tmp_path / "second", "embedded").same
        damaged = manifest(objects).objects["embedding"]
        put_in_place(there, damaged.sha256, b"an embeddinG")
        assert not restore(repository, repository.manifest(), folder, tmp_path / "second", "embedded").same
        assert there.wrong(damaged.sha256, damaged.bytes) is None, "a damaged object is put back"

    monkeypatch.delenv("ORTHOKG_ATLAS")
    restore(repository, repository.manifest(), folder, tmp_path / "third", "embedded")
    assert card_of(ObjectStore(tmp_path / "third" / "atlas", own=True), version) == card_of(objects, version)

    monkeypatch.setenv("ORTHOKG_ATLAS", objects.place.where(version.content_id).partition("/objects/")[0])
    put_in_place(objects, manifest(objects).objects["policy"].sha256, b"a policY")
    with pytest.raises(StoreError) as lost:
        backup(embedded_store, served, tmp_path / "fresh")
    assert lost.value.code == "STORE_CORRUPT"


def test_a_bucket_that_does_not_answer_is_named(
    embedded_store: Store, served: Path, objects: ObjectStore, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    silent = ObjectStore.of()
    for ask in (
        lambda: list(findings(embedded_store, silent)),
        lambda: backup(embedded_store, served, served / "never"),
        lambda: card_of(silent, version),
    ):
        with pytest.raises(StoreError) as told:
            ask()
        assert told.value.code == "STORE_DOWN"
        assert silent.place.where("")[:12] in str(told.value)
