"""``make demo``: from nothing to the first answer, and how long it took.

With the sources (cache or network) the real studies; without them a simulated study, called simulated in every answer.
It writes the home that plain ``orthokg`` finds afterwards, on the embedded store, and deletes nothing: what others
loaded is left alone.
"""

import os
import subprocess
import sys
import time
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import click

from ingest.cli.ingest import DEMO, SIMULATED, out_of_reach
from ingest.fetch.cache import Cache
from ingest.load.pipeline import bundled
from ingest.load.simulated import DATASET
from ingest.manifest.manifest import read
from kg.cli.main import main as commands
from kg.errors import KgError
from kg.store.driver import clone_home, home, open_store

QUESTIONS = (("rTg4510", "regulon"), ("5xFAD", "gene"), ("J20", "gene"))
SIMULATED_QUESTIONS = (("simulated-specific", "regulon"), ("simulated-shared", "gene"), ("simulated-none", "gene"))
MADE_UP = frozenset(DATASET.values())


@dataclass(frozen=True)
class Plan:
    """``refused``: why nothing is done; else whether to ingest, and whether the answers are of simulated data."""

    ingest: bool = True
    simulated: bool = False
    refused: str = ""


def plan(place: Path, held: Set[str], gone: str) -> Plan:
    """What to do with a home. ``held``: ids of the datasets in its graph; ``gone``: why the sources are not available,
    empty when they can. No home that holds only what others loaded is written, and simulated and measured data stay
    apart."""
    if held & MADE_UP:
        if gone:
            return Plan(simulated=True)
        aside = f"mv {place} {place}-simulated"
        return Plan(
            refused=(
                f"{place} holds the simulated demonstration, and the sources are available now. "
                f"Move it aside, and try again:\n  {aside}"
            )
        )
    if held & _measured():
        return Plan(ingest=not gone)
    if held:
        named = ", ".join(sorted(held)[:3])
        other = f"ORTHOKG_HOME={place}-demo make demo"
        return Plan(
            refused=(
                f"{place} holds data that the demonstration did not load ({named}), and is left alone. "
                f"Use another home:\n  {other}"
            )
        )
    return Plan(simulated=bool(gone))


def _measured() -> frozenset[str]:
    """Ids of the demonstration's own studies."""
    return frozenset(read(path).dataset_id for path in bundled() if path.stem in DEMO)


def _held(place: Path) -> frozenset[str]:
    if not (place / "graph").is_dir():
        return frozenset()
    with open_store("embedded", read_only=True) as store:
        return frozenset(row["id"] for row in store.read("MATCH (d:Dataset) RETURN d.id AS id"))


def _run(*words: str) -> int:
    print(f"\n$ orthokg {' '.join(words)}", flush=True)
    store = ("--store", "embedded") if os.environ.get("NEO4J_URI") else ()
    return subprocess.run([sys.executable, "-m", "kg.cli.main", *store, *words], check=False).returncode


@click.command()
def main() -> None:
    """From nothing to the first answer: ingests the studies of the demonstration, and asks three questions."""
    sys.exit(run())


def run() -> int:
    started = time.monotonic()
    chosen, before = os.environ.get("ORTHOKG_HOME"), home()
    place = before if chosen else clone_home() or before
    os.environ["ORTHOKG_HOME"] = str(place)
    try:
        held = _held(place)
    except KgError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    gone = out_of_reach(Cache.open())
    made = plan(place, held, gone)
    if made.refused:
        print(f"error: {made.refused}", file=sys.stderr)
        return 1
    if made.ingest:
        code = _run("ingest", "--demo")
        if code not in (0, 3, SIMULATED):
            return code
        made = Plan(simulated=code == SIMULATED)
    else:
        print(f"{gone}\nThe graph in {place} was loaded before, and answers.", flush=True)
    with open_store("embedded", read_only=True):  # the commands read through its server, and start none of their own
        code = _ask(SIMULATED_QUESTIONS if made.simulated else QUESTIONS, started)
    if code:
        return code
    print(f"demo: {time.monotonic() - started:.0f} s")
    _tell(place, before, chosen)
    return 0


def _answer(*words: str) -> int:
    """Runs a command that only reads in this process, which has imported what it needs."""
    print(f"\n$ orthokg {' '.join(words)}", flush=True)
    ended = commands.main(["--store", "embedded", *words], prog_name="orthokg", standalone_mode=False)
    return ended if isinstance(ended, int) else 0


def _ask(questions: tuple[tuple[str, str], ...], started: float) -> int:
    """Each question and the state of the graph, by the commands that a user would type."""
    for at, (model, level) in enumerate(questions):
        if _answer("match", "--model", model, "--disease", "MONDO:0004975", "--level", level):
            return 1
        if at == 0:
            print(f"first answer after {time.monotonic() - started:.0f} s", flush=True)
    return _answer("status")


def _tell(place: Path, before: Path, chosen: str | None) -> None:
    """Which graph the next command finds."""
    print(f"the graph is in {place}")
    if os.environ.get("NEO4J_URI"):
        print("NEO4J_URI is set: ask this graph by  orthokg --store embedded ...")
    elif not chosen:
        print("orthokg, run from this clone, finds it: orthokg match --help, orthokg serve")
    if before != place and (before / "graph").is_dir():
        print(f"your graph in {before} is as it was: ORTHOKG_HOME={before} orthokg ...")


if __name__ == "__main__":
    main()
