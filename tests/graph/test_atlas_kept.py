"""What keeps atlases: damage is told, backups carry their objects, and the command line shows a card."""

import json
import os
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
from kg.errors import KgError, StoreError
from kg.integrity.verify import atlas as findings
from kg.store.driver import Store, open_store
from tests.kg.atlas_parts import ORCID, manifest

pytestmark = pytest.mark.graph


@pytest.fixture
def objects(served: Path) -> ObjectStore:
    return ObjectStore(served / "atlas", own=True)


@pytest.fixture
def version(embedded_store: Store, objects: ObjectStore) -> Version:
    return commit(embedded_store, objects, manifest(objects), Author("Ada", ORCID), "the first")


def path_of(objects: ObjectStore, sha: str) -> Path:
    found = objects.file(sha)
    assert found is not None
    return found


def test_what_is_damaged_lacking_or_more_is_told(embedded_store: Store, objects: ObjectStore, version: Version) -> None:
    assert list(findings(embedded_store, objects)) == []
    parts = manifest(objects).objects
    damaged, lacking = (path_of(objects, parts[key].sha256) for key in ("embedding", "study/kang"))
    damaged.write_bytes(b"an embeddinG")
    lacking.unlink()
    more = path_of(objects, objects.put(b"nobody's").sha256)
    told = {each.where: each for each in findings(embedded_store, objects)}
    assert told.keys() == {str(damaged), str(lacking), str(more)}
    assert "bytes of sha256" in told[str(damaged)].found
    assert told[str(damaged)].due == f"embedding of pbmc@{version.commit[:12]}, 12 bytes"
    assert told[str(lacking)].found == "nothing"
    assert told[str(more)].remedy.startswith("orthokg atlas sweep")
    os.utime(more, (0, 0))
    assert CliRunner().invoke(main, ["atlas", "sweep"]).output.endswith("8 bytes freed\n")
    assert {each.where for each in findings(embedded_store, objects)} == {str(damaged), str(lacking)}
    manifest(objects)
    assert list(findings(embedded_store, objects)) == [], "made again of the same, it is whole"


def test_a_manifest_or_a_node_that_is_damaged_is_told(
    embedded_store: Store, objects: ObjectStore, version: Version
) -> None:
    path_of(objects, version.content_id).write_bytes(b"{}")
    objects.put(b"nobody's, perhaps")
    (told,) = findings(embedded_store, objects)
    assert told.where == str(path_of(objects, version.content_id))
    with pytest.raises(StoreError) as refused:
        card_of(objects, version)
    assert refused.value.code == "STORE_CORRUPT"
    swept = CliRunner().invoke(main, ["atlas", "sweep", "--days", "0"])
    assert swept.exit_code == 1, "what a manifest names that cannot be read is not known"
    objects.put(manifest(objects).pack())
    CliRunner().invoke(main, ["atlas", "sweep", "--days", "0"])
    assert list(findings(embedded_store, objects)) == []
    embedded_store.write("MATCH (v:AtlasVersion) SET v.message = 'another'")
    embedded_store.write("MATCH (a:Atlas) SET a.head = 'none'")
    assert [each.where for each in findings(embedded_store, objects)] == [f"pbmc@{version.commit[:12]}", "atlas pbmc"]


def test_a_backup_carries_them(
    embedded_store: Store, objects: ObjectStore, version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, folder, second = path_of(objects, version.commit).parents[3], tmp_path / "backups", tmp_path / "second"
    first = backup(embedded_store, home, folder)
    assert sum(name.startswith("atlas/objects/") for name in first.manifest.files) == 5
    assert backup(embedded_store, home, folder).objects == 0, "what is kept is not written again"
    repository = Repository.open(folder)
    restore(repository, repository.manifest(), folder, second, "embedded")
    there = ObjectStore(second / "atlas", own=True)
    with open_store("embedded", read_only=True, home_folder=second) as store:
        found = resolve(store, "pbmc")
        assert found == version
        assert card_of(there, found) == card_of(objects, version)
        assert list(findings(store, there)) == []
    with monkeypatch.context() as patch:
        patch.setenv("ORTHOKG_ATLAS", str(tmp_path / "elsewhere"))
        restore(repository, repository.manifest(), folder, second, "embedded")
        assert card_of(ObjectStore.of(), version) == card_of(objects, version), "where the objects are said to lie"
    there.put(b"of somebody else")
    with pytest.raises(KgError) as refused:
        restore(repository, repository.manifest(), folder, second, "embedded")
    assert refused.value.code == "NOT_EMPTY"
    path_of(objects, version.content_id).unlink()
    with pytest.raises(StoreError) as lost:
        backup(embedded_store, home, folder)
    assert lost.value.code == "STORE_CORRUPT"


def test_the_command_line(embedded_store: Store, objects: ObjectStore, version: Version) -> None:
    second = commit(
        embedded_store, objects, manifest(objects, cite="again"), Author("Bob"), "the second", parent=version.id
    )
    asked = CliRunner()
    (row,) = json.loads(asked.invoke(main, ["atlas", "list", "--format", "json"]).stdout)
    assert (row["atlas"], row["version"], row["versions"]) == ("pbmc", second.commit[:12], 2)
    shown = asked.invoke(main, ["atlas", "show", f"pbmc@{version.commit[:9]}"]).stdout
    for text in (
        f"Ada ({ORCID}): the first", "8 donors, 1,200 cells, 2 types", "B cell (CL:0000236): 8 donors, 900 cells",
        "engine: closed form 1", "all all: 0.910 of 1,200 cells", "0.50 to 1.00: 0.930, 0.900",
        "B cell called plasma cell: 0.040", "three donors calibrate no p", "CC BY 4.0", "Kang 2018",
    ):  # fmt: skip
        assert text in shown, text
    told = json.loads(asked.invoke(main, ["atlas", "show", "pbmc", "--format", "json"]).stdout)
    assert (told["version"]["id"], told["card"]["cite"], told["licences"]) == (second.id, "again", ["CC BY 4.0"])
    before = asked.invoke(main, ["atlas", "show", "--history", "pbmc"]).stdout
    assert before.index("the second") < before.index("the first")
    for words, code in ((["show", "pbmcs"], "not known"), (["show", "pbmc@yesterday"], "after @ comes a date")):
        failed = asked.invoke(main, ["atlas", *words])
        assert failed.exit_code == 1
        assert code in failed.output
