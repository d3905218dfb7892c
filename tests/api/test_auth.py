"""Who is let in: nobody without a token that is known, has not expired and has the scope."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from api.access.auth import ANONYMOUS, SCOPES, Principal, Tokens, new_token
from api.http.app import create_app
from kg.cli.main import main
from kg.errors import ContractError, KgError

READ = "okg_" + "r" * 43
ASK = {"query": "{ status { store } }"}
CLOSED = ("/graphql", "/metrics", "/cypher", "/graphql/", "/explorer", "/explorer/../graphql", "/nothing")


def entry(name: str, scopes: str, last_day: object, token: str) -> str:
    return f"{name}:{scopes}:{last_day}:{hashlib.sha256(token.encode()).hexdigest()}"


def tokens(*entries: str) -> Tokens:
    return Tokens.read({"ORTHOKG_TOKENS": ",".join(entries)})


@pytest.fixture
def known() -> Tokens:
    today = datetime.now(UTC).date()
    return tokens(
        entry("reader", "read", today, READ),
        entry("both", "read+curate", "never", "both-token"),
        entry("old", "read+curate", today - timedelta(days=1), "old-token"),
        entry("writer", "curate", "never", "curate-token"),
    )


@pytest.fixture
def guarded(graph, known):
    with graph.client(tokens=known) as client:
        yield client


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        (None, 401, "UNAUTHENTICATED"),
        ("", 401, "UNAUTHENTICATED"),
        ("Bearer", 401, "UNAUTHENTICATED"),
        ("Bearer wrong", 401, "UNAUTHENTICATED"),
        (f"Bearer {READ[:-1]}", 401, "UNAUTHENTICATED"),
        (f"Bearer {READ}r", 401, "UNAUTHENTICATED"),
        (f"Bearer {READ.upper()}", 401, "UNAUTHENTICATED"),
        (f"Basic {READ}", 401, "UNAUTHENTICATED"),
        (f"Bearer {hashlib.sha256(READ.encode()).hexdigest()}", 401, "UNAUTHENTICATED"),
        ("Bearer " + "x" * 5000, 401, "UNAUTHENTICATED"),
        (b"Bearer \xff\xfe\x00", 401, "UNAUTHENTICATED"),
        ("Bearer old-token", 401, "UNAUTHENTICATED"),
        ("Bearer curate-token", 403, "FORBIDDEN"),
    ],
)
def test_nobody_else_is_let_in(guarded, given, status, code):
    headers = {} if given is None else {"authorization": given}
    for path in CLOSED:
        answer = guarded.post(path, json=ASK, headers=headers)
        assert answer.status_code == status, path
        assert answer.json()["errors"][0]["extensions"] == {"code": code}
        assert answer.json()["data"] is None
        assert ("www-authenticate" in answer.headers) is (status == 401)


def test_two_tokens_at_once_are_none(guarded):
    pair = [("authorization", "Bearer both-token"), ("authorization", f"Bearer {READ}")]
    assert guarded.post("/graphql", json=ASK, headers=pair).status_code == 401


@pytest.mark.parametrize("token", [READ, "both-token"])
def test_a_known_token_is_let_in(guarded, token):
    answer = guarded.post("/graphql", json=ASK, headers={"authorization": f"bearer {token}"})
    assert answer.json() == {"data": {"status": {"store": "embedded"}}}


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_monitor_needs_no_token(guarded, path):
    assert guarded.get(path).status_code == 200


def test_scopes_are_apart(known):
    reader, both = known.principal(READ), known.principal("both-token")
    assert reader == Principal("reader", frozenset({"read"}))
    assert both is not None
    both.require("curate")
    with pytest.raises(KgError) as caught:
        reader.require("curate")
    assert caught.value.code == "FORBIDDEN"


def test_without_tokens_only_this_machine_is_answered(graph):
    def status(address: str) -> int:
        app = create_app(graph.store, graph.signatures)
        with TestClient(app, base_url="http://127.0.0.1:8000", client=(address, 5000)) as client:
            return client.post("/graphql", json=ASK).status_code

    assert [status(a) for a in ("127.0.0.1", "::1", "10.0.0.7", "testclient")] == [200, 200, 401, 401]
    assert ANONYMOUS.scopes == {"read", "cypher", "jobs"}, "nobody curates without a name"


def test_queries_of_ones_own_need_their_scope(graph):
    made = {
        scopes: new_token(scopes.replace("+", "-"), frozenset(scopes.split("+")), None)
        for scopes in ("read", "read+cypher")
    }
    with graph.client(tokens=tokens(*(entry.text for _, entry in made.values()))) as client:
        status = {}
        for scopes, (token, _) in made.items():
            answer = client.post(
                "/cypher", json={"query": "RETURN 1 AS one"}, headers={"authorization": f"Bearer {token}"}
            )
            status[scopes] = answer.status_code
            if answer.status_code == 403:
                assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert status == {"read": 403, "read+cypher": 200}


def test_a_token_is_made_with_every_scope_that_there_is():
    made = CliRunner().invoke(main, ["token", "ada", *(part for scope in SCOPES for part in ("--scope", scope))])
    assert f"ada:{'+'.join(SCOPES)}:never:" in made.output


@pytest.mark.parametrize(
    "text",
    [
        "reader:read:never:plain-token",
        "reader:write:never:" + "a" * 64,
        "reader::never:" + "a" * 64,
        ":read:never:" + "a" * 64,
        "reader:read:soon:" + "a" * 64,
        "reader:read:" + "a" * 64,
        "a b:read:never:" + "a" * 64,
        "/no/such/file",
        f"twice:read:never:{'a' * 64},twice:read:never:{'b' * 64}",
    ],
)
def test_entries_that_cannot_be_are_refused_and_not_repeated(text):
    with pytest.raises(ContractError) as caught:
        Tokens.read({"ORTHOKG_TOKENS": text})
    assert "plain-token" not in str(caught.value)
    assert "a" * 64 not in str(caught.value)


def test_a_file_of_entries(tmp_path):
    path = tmp_path / "tokens.txt"
    path.write_text(
        f"# ours\n{entry('ada', 'read', 'never', 'one')}  # until she"
        f" leaves\n\n{entry('bo', 'curate', '2999-01-01', 'two')}\n"
    )
    read = Tokens.read({"ORTHOKG_TOKENS": str(path)})
    assert [e.principal.name for e in read.entries] == ["ada", "bo"]
    assert read.principal("one") == Principal("ada", frozenset({"read"}))
    assert "sha256" not in repr(read.entries)


def test_a_new_token_is_known_by_its_entry():
    token, made = new_token("ada", frozenset({"read"}), date(2999, 1, 1))
    assert token not in made.text
    assert tokens(made.text).principal(token) == Principal("ada", frozenset({"read"}))


def test_the_command_makes_a_token():
    result = CliRunner().invoke(main, ["token", "ada", "--scope", "read", "--scope", "curate", "--days", "2"])
    secret = result.stderr.strip().rpartition(" ")[2]
    principal = tokens(result.stdout.strip()).principal(secret)
    assert principal == Principal("ada", frozenset({"read", "curate"}))


def test_others_may_ask_only_with_tokens():
    result = CliRunner().invoke(main, ["serve", "--host", "0.0.0.0", "--public"])
    assert result.exit_code == 2
    assert "ORTHOKG_TOKENS" in result.output
