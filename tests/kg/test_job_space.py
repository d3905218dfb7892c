"""Private spaces and uploads: whose they are, what is cut and goes on, what is refused, and that it is gone when it is
deleted."""

import fcntl
import hashlib
import os
import stat
from pathlib import Path

import pytest

from kg.errors import ContractError, KgError, UnknownTermError
from kg.jobs import upload
from kg.jobs.limits import JobLimits
from kg.jobs.space import LOCAL, Space

DATA = bytes(range(256)) * 40
SUM = hashlib.sha256(DATA).hexdigest()
SMALL = JobLimits(space_mb=2, upload_mb=1)


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space.of("ada", tmp_path)


def sent(space: Space, name: str = "my cells.h5ad", data: bytes = DATA, sha256: str = "") -> upload.Upload:
    made = upload.begin(space, name, len(data), sha256, limits=SMALL)
    return upload.append(space, made.id, 0, [data[:100], data[100:]])


def test_a_space_is_its_owners_alone_and_says_no_name(tmp_path: Path, space: Space) -> None:
    sent(space)
    assert Space.of("ada", tmp_path) == space != Space.of(LOCAL, tmp_path)
    assert {stat.S_IMODE(p.stat().st_mode) for p in [space.root.parent, *space.root.rglob("*")] if p.is_dir()} == {
        0o700
    }
    assert {stat.S_IMODE(p.stat().st_mode) for p in space.root.rglob("*") if p.is_file()} == {0o600}
    assert "ada" not in str(space.root.relative_to(tmp_path))
    with pytest.raises(ValueError, match="owner"):
        Space.owned_by("../../etc", tmp_path)


def test_a_cut_upload_goes_on_where_it_ended(space: Space) -> None:
    begun = upload.begin(space, "my cells.h5ad", len(DATA), SUM.upper(), limits=SMALL)

    def cut():
        yield DATA[:300]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        upload.append(space, begun.id, 0, cut())
    half = upload.upload_of(space, begun.id)
    assert (half.received, half.complete) == (300, False)
    for wrong in (0, 301, len(DATA)):
        with pytest.raises(KgError, match="continues at byte 300 of 10240") as refused:
            upload.append(space, begun.id, wrong, [b"x"])
        assert refused.value.code == "UPLOAD_OFFSET"
    with pytest.raises(KgError) as early:
        upload.data_of(space, begun.id)
    assert early.value.code == "UPLOAD_OFFSET"
    whole = upload.append(space, begun.id, 300, [DATA[300:]])
    assert (whole.received, whole.complete, whole.sha256) == (len(DATA), True, SUM)
    assert upload.data_of(space, begun.id).read_bytes() == DATA
    assert upload.append(space, begun.id, len(DATA), []) == whole, "asked again after an answer that was lost"


def test_all_bytes_of_an_upload_whose_end_was_not_told_are_completed(space: Space) -> None:
    """Killed between the last byte and the checksum."""
    begun = upload.begin(space, "a.csv", len(DATA), SUM, limits=SMALL)
    (space.upload_folder(begun.id) / "data").write_bytes(DATA)
    assert not upload.upload_of(space, begun.id).complete
    assert upload.append(space, begun.id, len(DATA), []).complete


def test_more_or_other_than_was_announced_is_refused(space: Space) -> None:
    begun = upload.begin(space, "a.csv", 10, limits=SMALL)
    with pytest.raises(ContractError) as more:
        upload.append(space, begun.id, 0, [b"12345", b"678901"])
    assert (more.value.code, upload.upload_of(space, begun.id).received) == ("UPLOAD_SIZE", 5)
    other = upload.begin(space, "a.csv", len(DATA), SUM, limits=SMALL)
    with pytest.raises(ContractError, match=SUM) as wrong:
        upload.append(space, other.id, 0, [DATA[::-1]])
    assert wrong.value.code == "UPLOAD_CHECKSUM"
    with pytest.raises(UnknownTermError):
        upload.upload_of(space, other.id)
    assert not space.upload_folder(other.id).exists()


def test_only_one_sends_at_a_time(space: Space) -> None:
    begun = upload.begin(space, "a.csv", 10, limits=SMALL)
    with (space.upload_folder(begun.id) / "data").open("r+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(KgError) as busy:
            upload.append(space, begun.id, 0, [b"1"])
    assert busy.value.code == "UPLOAD_BUSY"


@pytest.mark.parametrize(
    ("name", "size", "sha256", "code"),
    [
        ("cells.h5ad.gz", 10, "", "UPLOAD_TYPE"),
        ("cells.pkl", 10, "", "UPLOAD_TYPE"),
        ("cells", 10, "", "UPLOAD_TYPE"),
        ("../cells.h5ad", 10, "", "UPLOAD_TYPE"),
        (".h5ad", 10, "", "UPLOAD_TYPE"),
        ("a\nb.h5ad", 10, "", "UPLOAD_TYPE"),
        ("a\\b.h5ad", 10, "", "UPLOAD_TYPE"),
        ("ä" * 120 + ".h5ad", 10, "", "UPLOAD_TYPE"),
        ("cells.h5ad", 0, "", "UPLOAD_SIZE"),
        ("cells.h5ad", -1, "", "UPLOAD_SIZE"),
        ("cells.h5ad", (1 << 20) + 1, "", "UPLOAD_SIZE"),
        ("cells.h5ad", 10, "abc", "UPLOAD_CHECKSUM"),
    ],
)
def test_what_is_no_upload_is_refused_before_a_byte(space: Space, name: str, size: int, sha256: str, code: str) -> None:
    with pytest.raises(ContractError) as refused:
        upload.begin(space, name, size, sha256, limits=SMALL)
    assert (refused.value.code, upload.uploads(space)) == (code, [])


def test_what_was_announced_counts_against_the_quota(space: Space) -> None:
    first = upload.begin(space, "a.csv", 1 << 20, limits=SMALL)
    with pytest.raises(KgError, match="delete") as full:
        upload.begin(space, "b.csv", 1 << 20, limits=SMALL)
    assert full.value.code == "QUOTA"
    upload.delete(space, first.id)
    assert upload.begin(space, "b.csv", 1 << 20, limits=SMALL).received == 0


def test_deleted_is_gone_from_the_disk(space: Space) -> None:
    kept, gone = sent(space), sent(space, "b.csv")
    upload.delete(space, gone.id)
    assert [each.id for each in upload.uploads(space)] == [kept.id]
    assert [p.name for p in (space.root / "uploads").iterdir()] == [kept.id]
    with pytest.raises(UnknownTermError):
        upload.delete(space, gone.id)


def test_deleted_is_gone_also_where_a_job_reads_it(space: Space) -> None:
    made, other = sent(space), sent(space, "other.csv")
    folder = space.make("jobs", "a" * 32, "input", "cells")
    for each in (made, other):
        os.link(upload.data_of(space, each.id), folder / each.name)
    before = space.used()
    upload.delete(space, made.id)
    assert [p.name for p in folder.iterdir()] == ["other.csv"]
    assert before - space.used() >= len(DATA), "and its bytes are free: it counted once"


def test_anothers_upload_is_as_one_that_never_was(tmp_path: Path, space: Space) -> None:
    made, other = sent(space), Space.of("bob", tmp_path)
    said = []
    for key in (made.id, "0" * 32):
        for ask in (upload.upload_of, upload.data_of, upload.delete):
            with pytest.raises(UnknownTermError) as unknown:
                ask(other, key)
            said.append((unknown.value.code, str(unknown.value).replace(key, "ID")))
    assert len(set(said)) == 1
    with pytest.raises(UnknownTermError):
        upload.upload_of(space, "../" + made.id)


def test_bounds_come_from_the_environment_and_are_checked() -> None:
    assert JobLimits.read({"ORTHOKG_JOB_SLOTS": "0", "ORTHOKG_JOB_MB": "10"}) == JobLimits(slots=0, job_mb=10)
    with pytest.raises(ContractError) as wrong:
        JobLimits.read(
            {"ORTHOKG_JOB_MB": "0", "ORTHOKG_SPACE_DAYS": "two", "ORTHOKG_JOB_SLOTS": "-1", "ORTHOKG_JOB_NICE": "20"}
        )
    assert [issue.path for issue in wrong.value.issues] == [
        "ORTHOKG_JOB_SLOTS", "ORTHOKG_JOB_MB", "ORTHOKG_SPACE_DAYS", "ORTHOKG_JOB_NICE",
    ]  # fmt: skip
    assert (os.environ.get("ORTHOKG_JOB_SLOTS"), wrong.value.code) == (None, "SETTING")
