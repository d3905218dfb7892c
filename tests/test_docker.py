"""What can be held of the images without a Docker engine: their files name what exists, and nothing that is secret."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from api.cli import serve

DOCKER = Path(__file__).parents[1] / "docker"
ROOT = DOCKER.parent


@pytest.fixture
def compose() -> dict:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text())


def instructions() -> list[tuple[str, list[str]]]:
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    split = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(word, shlex.split(rest)) for word, _, rest in split]


def test_api_waits_for_a_healthy_graph_and_says_itself_when_it_is_ready(compose):
    services = compose["services"]
    assert set(services) == {"neo4j", "api"}
    assert services["api"]["depends_on"] == {"neo4j": {"condition": "service_healthy"}}
    assert "RETURN 1" in services["neo4j"]["healthcheck"]["test"][-1]
    assert "/ready" in services["api"]["healthcheck"]["test"][-1]


def test_neo4j_is_the_version_that_the_tests_run_on(compose):
    tested = re.search(r"<neo4j.version>([\d.]+)<", (DOCKER / "neo4j-local" / "pom.xml").read_text())
    assert tested
    assert compose["services"]["neo4j"]["image"] == f"neo4j:{tested[1]}-community"


def test_images_are_pinned():
    bases = [words[0] for word, words in instructions() if word == "FROM"]
    assert bases
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", base) for base in bases)


def test_ports_are_open_to_this_machine_only(compose):
    ports = [port for service in compose["services"].values() for port in service["ports"]]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_password_is_written_down(compose):
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if "PASSWORD" in name or "AUTH" in name:
                assert re.fullmatch(r"(neo4j/)?\$\{NEO4J_PASSWORD:\?[^}]+\}", value), name


def test_dockerfile_copies_what_exists_and_what_the_wheel_needs():
    copied = {
        path
        for word, words in instructions()
        if word == "COPY" and not words[0].startswith("--")
        for path in words[:-1]
    }
    assert {"pyproject.toml", "README.md", "LICENSE", "kg", "ingest", "api", "ontologies"} <= copied
    assert [path for path in copied if not (ROOT / path).exists()] == []
    kept = {line[1:] for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == copied


def test_it_runs_as_nobody_special_and_its_command_is_one_that_exists():
    steps = instructions()
    assert ("USER", ["orthokg"]) in steps
    line = (DOCKER / "Dockerfile").read_text().splitlines()[-1]
    word, *arguments = yaml.safe_load(line.removeprefix("CMD "))
    assert word == "serve"
    with serve.make_context("serve", arguments) as made:
        assert made.params == {"host": "0.0.0.0", "port": 8000, "public": True}
