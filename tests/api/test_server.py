"""The server round the questions: routes, doors that are shut, and the command that starts it."""

import pytest
from click.testing import CliRunner

from api.cli import is_loopback
from kg.cli.main import main


def test_health_and_readiness(client):
    assert client.get("/health").json() == {"status": "alive"}
    assert client.get("/ready").json() == {"status": "ready", "store": "embedded"}


def test_another_name_for_this_server_reads_nothing(client):
    assert client.get("/health", headers={"host": "attacker.example"}).status_code == 400


def test_queries_come_by_post_as_json(client):
    assert client.get("/graphql", params={"query": "{ status { store } }"}).status_code == 405
    form = client.post("/graphql", content='{"query": "{ status { store } }"}', headers={"content-type": "text/plain"})
    assert form.status_code == 415


def test_mutations_are_of_curations_jobs_and_reviews_and_none_is_cypher(client):
    fields = client.post(
        "/graphql", json={"query": "{ __schema { mutationType { fields { name } } queryType { fields { name } } } }"}
    )
    schema = fields.json()["data"]["__schema"]
    assert [field["name"] for field in schema["mutationType"]["fields"]] == [
        *("proposeCuration", "reviewCuration"),
        *("submitJob", "cancelJob", "deleteJob", "deleteUpload"),
        "reviewSubmission",
    ]
    names = {field["name"] for field in schema["queryType"]["fields"]}
    assert {"matches", "match", "node", "search", "gene", "status"} <= names
    assert not any("cypher" in name.lower() for name in names)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "graph.example"])
def test_open_address_must_be_meant(host):
    result = CliRunner().invoke(main, ["serve", "--host", host])
    assert result.exit_code == 2
    assert "--public" in result.output


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False)]
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected
