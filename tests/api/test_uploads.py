"""Files that somebody sends: in parts, cut and gone on with, bounded, and nobody else's."""

import hashlib
import json
import logging
import shutil
import threading
from collections.abc import Iterator

import pytest

from api.access.limits import Limits
from api.http.app import create_app
from api.http.watch import JsonLines
from kg.jobs.space import Space, spaces
from kg.store.driver import Store
from tests.api.private import SECRET, Owner, code, owners
from tests.api.sockets import connected, rest, status
from tests.patience import until
from tests.serving import serving

pytestmark = pytest.mark.graph
DATA = bytes(range(256)) * 1200  # more than one part of 64 KiB
HASTY = Limits(upload_seconds=3, uploads=3, uploads_each=1, uploads_kept=3)


@pytest.fixture(scope="module")
def graph(request) -> Store:
    return request.getfixturevalue("_embedded")


@pytest.fixture(scope="module")
def all_owners(graph) -> Iterator[dict[str, Owner]]:
    with owners(graph) as made:
        yield made


@pytest.fixture
def ada(all_owners) -> Owner:
    return all_owners["ada"]


@pytest.fixture
def port(graph) -> Iterator[int]:
    """Of a server without tokens, that waits three seconds for a part."""
    try:
        with serving(create_app(graph, graph.home / "signatures", limits=HASTY), HASTY) as port:
            yield port
    finally:
        shutil.rmtree(spaces(graph.home), ignore_errors=True)


def test_a_file_comes_in_parts_and_is_gone_when_it_is_deleted(ada, graph):
    begun = ada.begin(DATA)
    made = begun.json()
    assert (begun.status_code, begun.headers["location"]) == (201, f"/uploads/{made['id']}")
    assert (made["received"], made["complete"], made["size"]) == (0, False, len(DATA))
    first = ada.part(made["id"], DATA[:100_001], 0)
    assert (first.status_code, first.headers["upload-offset"]) == (200, "100001")
    there = ada.ask("HEAD", begun.headers["location"])
    assert (there.status_code, there.headers["upload-offset"], there.headers["upload-length"]) == (
        200, "100001", str(len(DATA)),
    )  # fmt: skip
    whole = ada.part(made["id"], DATA[100_001:], 100_001).json()
    assert (whole["complete"], whole["sha256"]) == (True, hashlib.sha256(DATA).hexdigest())
    folder = Space.of("ada", graph.home).upload_folder(made["id"])
    assert (folder / "data").read_bytes() == DATA
    assert ada.ask("GET", begun.headers["location"]).json() == whole
    assert ada.ask("DELETE", begun.headers["location"]).status_code == 204
    assert not folder.exists()
    assert ada.ask("GET", begun.headers["location"]).status_code == 404


def test_where_to_go_on_is_said_to_who_goes_on_elsewhere(ada):
    key = ada.begin(DATA).json()["id"]
    ada.part(key, DATA[:1000], 0)
    for offset in (0, 999, 1001, len(DATA) + 5):
        answer = ada.part(key, DATA[:10], offset)
        assert (answer.status_code, code(answer), answer.headers["upload-offset"]) == (409, "UPLOAD_OFFSET", "1000")
    more = ada.part(key, DATA, 1000)
    assert (more.status_code, code(more)) == (413, "UPLOAD_SIZE")
    received = ada.ask("GET", f"/uploads/{key}").json()["received"]
    assert 1000 <= received < len(DATA)
    assert ada.part(key, DATA[received:], received).json()["complete"]
    for offset in ("", "-1", "x", "1" * 20, "٣"):
        answer = ada.ask("PATCH", f"/uploads/{key}", told={"upload-offset": offset.encode()}, content=b"x")
        assert (answer.status_code, code(answer)) == (400, "ARGUMENT")
    assert code(ada.ask("PATCH", f"/uploads/{key}", content=b"x")) == "ARGUMENT"


def test_another_file_than_announced_is_dropped(ada, graph):
    key = ada.begin(DATA, sha256="0" * 64).json()["id"]
    answer = ada.part(key, DATA, 0)
    assert (answer.status_code, code(answer)) == (422, "UPLOAD_CHECKSUM")
    assert not Space.of("ada", graph.home).upload_folder(key).exists()
    assert ada.ask("GET", f"/uploads/{key}").status_code == 404


@pytest.mark.parametrize(
    ("sent", "status", "expected"),
    [
        ({"name": "cells.exe"}, 415, "UPLOAD_TYPE"), ({"name": "../cells.h5ad"}, 415, "UPLOAD_TYPE"),
        ({"name": "cells.h5ad.gz"}, 415, "UPLOAD_TYPE"), ({"name": "a\nb.h5ad"}, 415, "UPLOAD_TYPE"),
        ({"name": 5}, 400, "ARGUMENT"), ({"size": "5"}, 400, "ARGUMENT"), ({"size": True}, 400, "ARGUMENT"),
        ({"size": 0}, 413, "UPLOAD_SIZE"), ({"size": -1}, 413, "UPLOAD_SIZE"), ({"size": 2**50}, 413, "UPLOAD_SIZE"),
        ({"sha256": "abc"}, 422, "UPLOAD_CHECKSUM"), ({"sha256": 7}, 400, "ARGUMENT"), ({"more": 1}, 400, "ARGUMENT"),
        ({"name": "\0.h5ad"}, 400, "ARGUMENT"), ({"size": 2**70}, 400, "ARGUMENT"),
    ],
)  # fmt: skip
def test_what_is_no_file_is_refused_by_name(ada, sent, status, expected):
    answer = ada.ask("POST", "/uploads", json={"name": "cells.h5ad", "size": 5, **sent})
    assert (answer.status_code, code(answer)) == (status, expected)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"5", b'"text"'])
def test_a_body_that_announces_nothing_is_refused(ada, body):
    answer = ada.ask("POST", "/uploads", told={"content-type": "application/json"}, content=body)
    assert (answer.status_code, code(answer)) == (400, "ARGUMENT")
    assert code(ada.ask("POST", "/uploads", content=b'{"name": "a.csv", "size": 1}')) == "ARGUMENT"


def test_what_is_anothers_is_not_found_as_what_never_was(all_owners):
    ada, bob = all_owners["ada"], all_owners["bob"]
    own, none = ada.begin(DATA).json()["id"], "f" * 32

    def told(key: str) -> list[tuple[int, str]]:
        asked = [("GET", None), ("HEAD", None), ("DELETE", None), ("PATCH", {"upload-offset": "0"})]
        answers = [bob.ask(method, f"/uploads/{key}", told=more) for method, more in asked]
        return [(answer.status_code, answer.text.replace(key, "KEY")) for answer in answers]

    assert told(own) == told(none)
    assert {status for status, _ in told(own)} == {404}
    for wrong in ("x", "..%2f..%2fetc", "F" * 32, "a" * 33):
        assert bob.ask("GET", f"/uploads/{wrong}").status_code == 404
    assert ada.ask("GET", f"/uploads/{own}").status_code == 200


def test_who_may_not_have_jobs_sends_nothing(all_owners):
    eve = all_owners["eve"]
    answers = [eve.begin(DATA), *(eve.ask(m, f"/uploads/{'a' * 32}") for m in ("GET", "PATCH", "DELETE"))]
    assert {(answer.status_code, code(answer)) for answer in answers} == {(403, "FORBIDDEN")}


def test_a_file_that_has_no_room_is_refused(ada, monkeypatch):
    monkeypatch.setenv("ORTHOKG_SPACE_MB", "1")
    answer = ada.begin(b"x", size=(1 << 20) + 1)
    assert (answer.status_code, code(answer)) == (413, "QUOTA")


def test_no_line_of_the_log_tells_a_name_or_an_id(ada, caplog):
    with caplog.at_level(logging.INFO):
        logging.getLogger("orthokg.access").addHandler(caplog.handler)
        try:
            key = ada.sent(DATA)
            ada.ask("GET", f"/jobs/{key}/files/{SECRET}")
            ada.ask("GET", f"/uploads/{SECRET}")
        finally:
            logging.getLogger("orthokg.access").removeHandler(caplog.handler)
    lines = [JsonLines().format(each) for each in caplog.records if not each.name.startswith("httpx")]
    paths = [json.loads(line).get("path") for line in lines]
    assert {"/uploads", "/uploads/{key}", "/jobs/{key}/files/{name}"} <= set(paths)
    assert not [line for line in lines if SECRET in line or "mustermann" in line or key in line]


def begun(port: int, size: int, name: str = "cells.h5ad") -> str:
    body = json.dumps({"name": name, "size": size}).encode()
    with connected(
        port, head("POST /uploads", len(body), "Content-Type: application/json", "Connection: close")
    ) as made:
        made.sendall(body)
        answer = rest(made)
    assert status(answer) == 201, answer
    return json.loads(answer.partition(b"\r\n\r\n")[2])["id"]


def head(what: str, length: int, *lines: str) -> bytes:
    told = [f"{what} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {length}", *lines, "", ""]
    return "\r\n".join(told).encode()


def patch(key: str, length: int, offset: int) -> bytes:
    return head(f"PATCH /uploads/{key}", length, f"Upload-Offset: {offset}")


def looked(port: int, key: str) -> dict:
    with connected(port, head(f"GET /uploads/{key}", 0, "Connection: close")) as made:
        return json.loads(rest(made).partition(b"\r\n\r\n")[2])


def test_an_upload_cut_in_the_middle_goes_on_where_it_ended(port):
    """What the server had not read yet when the connection ended is sent again."""
    key = begun(port, len(DATA))
    with connected(port, patch(key, len(DATA), 0)) as made:
        made.sendall(DATA[:150_000])
        until(lambda: looked(port, key)["received"])
    offsets = []

    def gone_on() -> bool:
        offsets.append(looked(port, key)["received"])
        at = offsets[-1]
        with connected(port, patch(key, len(DATA) - at, at) + DATA[at:]) as made:
            return status(made.recv(100)) == 200

    until(gone_on)
    assert 0 < offsets[0] <= 150_000
    found = looked(port, key)
    assert (found["complete"], found["sha256"]) == (True, hashlib.sha256(DATA).hexdigest())


def test_an_upload_that_comes_too_slowly_is_ended_and_what_came_is_kept(port):
    key = begun(port, len(DATA))
    with connected(port, patch(key, len(DATA), 0)) as made:
        made.sendall(DATA[:5000])
        answer = rest(made)
    assert status(answer) == 408
    assert b"upload-offset: 5000\r\n" in answer.lower()
    assert b"UPLOAD_SLOW" in answer
    assert looked(port, key)["received"] == 5000


def test_one_owner_sends_so_many_files_at_once_and_others_are_answered(port):
    first, second = begun(port, len(DATA)), begun(port, len(DATA))
    with connected(port, patch(first, len(DATA), 0)) as made:
        going = threading.Event()

        def drip() -> None:
            for at in range(0, len(DATA), 20_000):
                made.sendall(DATA[at : at + 20_000])
                going.wait(0.05)

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        until(lambda: looked(port, first)["received"] or looked(port, first)["complete"])
        with connected(port, patch(second, 10, 0) + DATA[:10]) as other:
            refused = rest(other)
        going.set()
        dripping.join()
        assert status(made.recv(10_000)) == 200
    assert (status(refused), b"BUSY" in refused) == (503, True)
    with connected(port, patch(second, len(DATA), 0) + DATA) as again:
        assert status(again.recv(10_000)) == 200


def test_one_owner_keeps_so_many_files(port):
    for _ in range(HASTY.uploads_kept):
        begun(port, 5)
    body = b'{"name": "a.csv", "size": 5}'
    with connected(
        port, head("POST /uploads", len(body), "Content-Type: application/json", "Connection: close") + body
    ) as made:
        answer = rest(made)
    assert (status(answer), b"QUOTA" in answer) == (413, True)
