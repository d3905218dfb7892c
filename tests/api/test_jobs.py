"""Jobs by GraphQL and REST: submitted, followed, cancelled, deleted, their files fetched; each its owner's alone."""

import json
import socket
import threading
from collections.abc import Iterator

import pytest

from api.access.auth import Tokens
from api.access.limits import Limits
from api.graphql.node import global_id
from api.http.app import create_app
from kg.jobs.kinds import KINDS
from kg.jobs.limits import JobLimits
from kg.jobs.worker import Worker
from kg.store.driver import Store
from tests.api.private import Owner, code, entries, owners
from tests.api.sockets import connected, rest, status
from tests.conftest import clean
from tests.patience import until
from tests.serving import serving

pytestmark = pytest.mark.graph
SUBMIT = """mutation($kind: JobKind!, $arguments: [JobArgument!]!) {
  submitJob(kind: $kind, arguments: $arguments) { id curie kind state events } }"""
JOB = """query($id: ID!) { job(id: $id) { id curie kind state submitted started ended attempt version events
  progress { done total message } error { code message fix } arguments { name values file }
  files { name size sha256 media path } summary } }"""
STATES = """query($first: Int!, $after: String) { jobs(first: $first, after: $after) {
  totalCount nodes { curie state } pageInfo { hasNextPage endCursor hasPreviousPage } } }"""
BEFORE = "query($before: String) { jobs(last: 2, before: $before) { nodes { curie } } }"
NODE = "query($id: ID!) { node(id: $id) { curie ... on Job { kind } } }"


@pytest.fixture(scope="module")
def store(request) -> Store:
    return clean(request.getfixturevalue("_embedded"))


@pytest.fixture(scope="module")
def all_owners(store) -> Iterator[dict[str, Owner]]:
    with owners(store, Limits(listeners_each=2, listeners=3)) as made:
        yield made


@pytest.fixture(scope="module")
def worker(store, all_owners) -> Iterator[Worker]:
    made = Worker(store, slots=2, limits=JobLimits(nice=0)).start()
    yield made
    made.stop()


@pytest.fixture
def ada(all_owners) -> Owner:
    return all_owners["ada"]


def bench(owner: Owner, **given: object) -> dict:
    arguments = [{"name": name, "value": str(value)} for name, value in given.items()]
    return owner.data(SUBMIT, kind="BENCH", arguments=arguments)["submitJob"]


def now(owner: Owner, job: dict) -> dict:
    return owner.data(JOB, id=job["curie"])["job"]


def ended(owner: Owner, job: dict) -> dict:
    until(lambda: now(owner, job)["state"] not in ("QUEUED", "RUNNING"))
    return now(owner, job)


def lines(text: str) -> list[dict]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_a_job_is_submitted_followed_and_its_file_fetched(ada, worker):
    job = bench(ada, steps=3, seconds=0.01, seed=1)
    assert (job["kind"], job["id"]) == ("BENCH", global_id("Job", job["curie"]))
    told = ada.ask("GET", job["events"])
    assert (told.status_code, told.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    heard = lines(told.text)
    assert [line["state"] for line in heard if "state" in line] == ["queued", "running", "done"]
    assert [line["done"] for line in heard if "total" in line][-1] == 3
    found = now(ada, job)
    assert (found["state"], found["attempt"], found["error"]) == ("DONE", 1, None)
    assert found["progress"] == {"done": 3, "total": 3, "message": ""}
    assert found["summary"]["steps"] == 3
    assert {"name": "seconds", "values": ["0.01"], "file": None} in found["arguments"]
    (file,) = found["files"]
    got = ada.ask("GET", file["path"])
    assert json.loads(got.content)["chain"] == found["summary"]["chain"]
    assert (len(got.content), got.headers["content-disposition"]) == (file["size"], 'attachment; filename="bench.json"')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert ada.ask("GET", file["path"], told={"range": "bytes=0-4"}).content == got.content[:5]
    numbers = [int(line[4:]) for line in told.text.splitlines() if line.startswith("id: ")]
    assert numbers == list(range(1, len(heard) + 1))
    after = ada.ask("GET", job["events"], told={"last-event-id": str(numbers[-2])})
    assert lines(after.text) == heard[-1:]
    assert ada.ask("GET", job["events"], told={"last-event-id": str(numbers[-1])}).status_code == 204
    for wrong in ("x", "-1", "1" * 12):
        answer = ada.ask("GET", job["events"], told={"last-event-id": wrong})
        assert (answer.status_code, code(answer)) == (400, "ARGUMENT")


def test_the_same_question_is_the_same_job(ada, worker):
    first = bench(ada, steps=2, seconds=0, seed=2)
    ended(ada, first)
    assert bench(ada, seed=2, seconds="0.0", steps=2)["curie"] == first["curie"]
    assert bench(ada, steps=2, seconds=0, seed=3)["curie"] != first["curie"]


def test_a_job_is_cancelled_and_deleted(ada, worker, store):
    job = bench(ada, steps=1000, seconds=0.05, seed=4)
    until(lambda: now(ada, job)["state"] == "RUNNING")
    cancelled = ada.data("mutation($id: ID!) { cancelJob(id: $id) { state curie } }", id=job["id"])["cancelJob"]
    assert cancelled == {"state": "CANCELLED", "curie": job["curie"]}
    found = now(ada, job)
    assert (found["state"], found["error"]["code"], found["files"], found["summary"]) == (
        "CANCELLED", "JOB_CANCELLED", [], None,
    )  # fmt: skip
    assert ada.data("mutation($id: ID!) { deleteJob(id: $id) }", id=job["curie"])["deleteJob"] == job["curie"]
    answer = ada.graphql(JOB, id=job["curie"])
    assert (answer["data"], answer["errors"][0]["extensions"]["code"]) == ({"job": None}, "UNKNOWN_TERM")
    assert store.read("MATCH (j:Job {id: $id}) RETURN count(j) AS n", id=job["curie"]) == [{"n": 0}]


def test_what_is_anothers_is_unknown_as_what_never_was(all_owners, worker):
    ada, bob, eve = (all_owners[name] for name in ("ada", "bob", "eve"))
    job = bench(ada, steps=1, seconds=0, seed=5)
    (file,) = ended(ada, job)["files"]
    own, none = job["curie"].rpartition("/")[2], "0" * 32
    mutations = (
        "mutation($id: ID!) { cancelJob(id: $id) { state } }",
        "mutation($id: ID!) { deleteJob(id: $id) }",
        "mutation($id: ID!) { deleteUpload(id: $id) { used } }",
    )

    def told(owner: Owner, key: str) -> list[str]:
        answers = [json.dumps(owner.graphql(query, id=f"orthokg:job/{key}")) for query in (JOB, *mutations)]
        answers += [owner.ask("GET", f"/jobs/{key}/{what}").text for what in ("events", f"files/{file['name']}")]
        answers.append(json.dumps(owner.graphql(NODE, id=global_id("Job", f"orthokg:job/{key}"))))
        return [answer.replace(key, "KEY") for answer in answers]

    assert told(bob, own) == told(bob, none)
    assert all("UNKNOWN_TERM" in answer for answer in told(bob, own)[:-1])
    assert bob.data("{ jobs { totalCount } jobSpace { uploads { id } } }")["jobs"]["totalCount"] == 0
    node = ada.data(NODE, id=job["id"])["node"]
    assert node == {"curie": job["curie"], "kind": "BENCH"}
    assert ada.ask("GET", f"/jobs/{own}/files/none.json").status_code == 404
    assert ada.ask("GET", f"/jobs/{own}/files/..%2fjob.json").status_code == 404
    for query in (JOB, *mutations):
        assert eve.graphql(query, id=job["curie"])["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert eve.graphql("{ jobs { totalCount } }")["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert {eve.ask("GET", f"/jobs/{own}/{w}").status_code for w in ("events", f"files/{file['name']}")} == {403}


@pytest.mark.parametrize(
    ("kind", "arguments", "expected", "path"),
    [
        ("BENCH", [{"name": "steps", "value": "many"}], "ARGUMENT", "steps"),
        ("BENCH", [{"name": "steps", "value": "0"}], "ARGUMENT", "steps"),
        ("BENCH", [{"name": "stops", "value": "1"}], "ARGUMENT", "stops"),
        ("BENCH", [{"name": "seed", "value": "1"}, {"name": "seed", "value": "2"}], "ARGUMENT", "seed"),
        ("INSPECT", [], "ARGUMENT", "cells"),
        ("INSPECT", [{"name": "cells", "value": "my.h5ad"}], "ARGUMENT", "cells"),
        ("INSPECT", [{"name": "cells", "value": "e" * 32}], "UNKNOWN_TERM", None),
    ],
)
def test_what_cannot_be_a_job_is_refused_by_name(ada, kind, arguments, expected, path):
    (error,) = ada.graphql(SUBMIT, kind=kind, arguments=arguments)["errors"]
    assert error["extensions"]["code"] == expected
    if path:
        assert [issue["path"] for issue in error["extensions"]["issues"]] == [path]


def test_a_file_of_another_kind_and_one_that_has_not_come_whole_are_refused(ada):
    table, half = ada.sent(b"a,b\n1,2\n", "table.csv"), ada.begin(b"12345", "half.h5ad").json()["id"]
    for key, expected in ((table, "UPLOAD_TYPE"), (half, "ARGUMENT")):
        (error,) = ada.graphql(SUBMIT, kind="INSPECT", arguments=[{"name": "cells", "value": key}])["errors"]
        assert error["extensions"]["code"] == expected
    space = ada.data("{ jobSpace { used most largest days uploads { id name size received complete } } }")["jobSpace"]
    assert {"id": half, "name": "half.h5ad", "size": 5, "received": 0, "complete": False} in space["uploads"]
    assert 0 < space["used"] < space["most"]
    left = ada.data("mutation($id: ID!) { deleteUpload(id: $id) { uploads { id } } }", id=half)["deleteUpload"][
        "uploads"
    ]
    assert [each["id"] for each in left] == [table]


def test_a_file_that_breaks_its_job_gives_an_error_that_says_why(ada, worker):
    key = ada.sent(b"no cells at all", "cells.h5ad")
    job = ada.data(SUBMIT, kind="INSPECT", arguments=[{"name": "cells", "value": key}])["submitJob"]
    found = ended(ada, job)
    assert (found["state"], found["files"], found["summary"]) == ("FAILED", [], None)
    assert found["error"]["code"]
    assert "cells.h5ad" in found["error"]["message"]
    assert {"name": "cells", "values": [key], "file": "cells.h5ad"} in found["arguments"]


def test_jobs_are_listed_by_page_both_ways_newest_first(all_owners, worker):
    bob = all_owners["bob"]
    made = [ended(bob, bench(bob, steps=1, seconds=0, seed=20 + at))["curie"] for at in range(4)][::-1]
    first = bob.data(STATES, first=3, after=None)["jobs"]
    assert ([each["curie"] for each in first["nodes"]], first["totalCount"]) == (made[:3], 4)
    rest_of = bob.data(STATES, first=3, after=first["pageInfo"]["endCursor"])["jobs"]
    assert ([each["curie"] for each in rest_of["nodes"]], rest_of["pageInfo"]["hasNextPage"]) == (made[3:], False)
    back = bob.data(BEFORE, before=rest_of["pageInfo"]["endCursor"])
    assert [each["curie"] for each in back["jobs"]["nodes"]] == made[1:3]
    counts = bob.data("{ done: jobs(state: DONE) { totalCount } maps: jobs(kind: MAP) { totalCount } }")
    assert counts == {"done": {"totalCount": 4}, "maps": {"totalCount": 0}}


def test_kinds_are_told_as_they_are_declared(ada):
    asked = "{ jobKinds { kind title either arguments { name type required several choices default help least most " \
        "offered } files { name suffixes required help } } }"  # fmt: skip
    told = {each["kind"].lower(): each for each in ada.data(asked)["jobKinds"]}
    assert set(told) == set(KINDS)
    for name, kind in KINDS.items():
        assert [each["name"] for each in told[name]["arguments"]] == [each.name for each in kind.arguments]
        assert [each["suffixes"] for each in told[name]["files"]] == [list(each.suffixes) for each in kind.files]
        others = {each.name for each in kind.arguments} | {"", "columns"}
        assert {each["offered"] for each in told[name]["arguments"]} <= others


def listening(port: int, token: str, path: str) -> socket.socket:
    made = connected(port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return made


def test_those_who_listen_are_bounded_and_are_let_go(store, all_owners, worker):
    tokens, texts = entries()
    app = create_app(store, store.home / "signatures", tokens=tokens, limits=Limits(listeners_each=2, listeners=3))
    job = bench(all_owners["ada"], steps=1000, seconds=0.05, seed=6)
    with serving(app) as port:
        held = [listening(port, texts["ada"], job["events"]) for _ in range(2)]
        for each in held:
            assert status(each.recv(1000)) == 200
        with listening(port, texts["ada"], job["events"]) as one_more:
            assert status(one_more.recv(1000)) == 503
        held.pop().close()

        def let_in() -> bool:
            with listening(port, texts["ada"], job["events"]) as again:
                return status(again.recv(1000)) == 200

        until(let_in)
        came = threading.Thread(target=lambda: heard.append(rest(held[0])), daemon=True)
        heard: list[bytes] = []
        came.start()
        all_owners["ada"].data("mutation($id: ID!) { cancelJob(id: $id) { state } }", id=job["id"])
        came.join(30)
        assert b'"state": "cancelled"' in heard[0]


def test_a_server_that_ends_does_not_wait_for_those_who_listen(store, all_owners):
    """The job goes on for a minute; its listener is let go at once."""
    tokens, texts = entries()
    app = create_app(store, store.home / "signatures", tokens=tokens)
    job = bench(all_owners["ada"], steps=1000, seconds=0.05, seed=7)
    with serving(app) as port:
        held = listening(port, texts["ada"], job["events"])
        until(lambda: b"queued" in held.recv(1000))
    rest(held)
    held.close()
    all_owners["ada"].data("mutation($id: ID!) { deleteJob(id: $id) }", id=job["id"])


def test_without_tokens_this_machine_has_one_space(store):
    from starlette.testclient import TestClient

    app = create_app(store, store.home / "signatures", tokens=Tokens())
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
        mine = Owner(client, {})
        key = mine.sent(b"a,b\n", "own.csv")
        assert mine.ask("DELETE", f"/uploads/{key}").status_code == 204
