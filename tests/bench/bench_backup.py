"""Backup and restore over both stores in the four directions, and what a kill leaves, by the commands themselves.

    ORTHOKG_HOME=.orthokg python -m tests.bench.bench_backup [simulated] [kills] [demo]

A whole graph, simulated or the demonstration's, goes from the embedded store to Neo4j and back, and into the store that
it came from: seconds (and those of the processor), bytes that the first and the second backup write, hashes, and the
bytes of `match` and `explain` before and after. `backup` and `restore` of the simulated graph are killed (SIGKILL to
all of it) at ten moments each, and run again. Each part is kept in the results when it is done.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kg.backup.half import empty
from kg.backup.manifest import Manifest
from kg.backup.repository import Repository
from kg.store.driver import open_store
from tests.bench.record import FOLDER, load, measured_now, save
from tests.conftest import neo4j_local

MOMENTS = 10
ASKED = {"demo": ("rTg4510", "MONDO:0004975"), "simulated": ("simulated-specific", "MONDO:0004975")}
CLI = (sys.executable, "-m", "kg.cli.main")


def ran(*words: str, home: Path | None = None, code: int = 0) -> tuple[str, str]:
    """Seconds by the clock and of the processor, and standard output, of one command."""
    started, used = time.monotonic(), _used()
    made = subprocess.run([*CLI, *words], env=environment(home), capture_output=True, text=True)
    if made.returncode != code:
        raise SystemExit(f"orthokg {' '.join(words)} ended with {made.returncode}: {made.stderr[-2000:]}")
    return f"{time.monotonic() - started:.0f} ({_used() - used:.0f})", made.stdout


def _used() -> float:
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def environment(home: Path | None) -> dict[str, str]:
    return os.environ | ({"ORTHOKG_HOME": str(home)} if home else {})


def answers(kind: str, store: str, home: Path) -> str:
    """`match`, and `explain` of the first match that was tested."""
    model, disease = ASKED[kind]
    told = ran("--store", store, "match", "--model", model, "--disease", disease, "--format", "json", home=home)[1]
    first = next(m["id"] for m in json.loads(told)["matches"] if m["p"] is not None)
    return told + ran("--store", store, "explain", first, "--format", "json", home=home)[1]


def backed_up(store: str, home: Path, folder: Path) -> tuple[dict[str, Any], Manifest]:
    """First and second backup of one home."""
    made = {}
    for which in ("first", "second"):
        seconds, told = ran("--store", store, "backup", str(folder), "--format", "json", home=home)
        facts = json.loads(told)
        made |= {
            f"{which}: seconds": seconds,
            f"{which}: objects written": facts["objects_written"],
            f"{which}: bytes written": facts["bytes_written"],
        }
    return made, Repository.open(folder).manifest()


def directions(kind: str, home: Path, scratch: Path) -> dict[str, Any]:
    before = answers(kind, "embedded", home)
    backups, rows = {}, []
    backups["embedded"], first = backed_up("embedded", home, scratch / "from-embedded")
    print(backups, flush=True)

    def restored(source: str, target: str, place: Path) -> None:
        folder = scratch / f"from-{source}"
        with open_store("neo4j") as store:
            empty(store)
        seconds, told = ran("--store", target, "restore", str(folder), "--to", str(place))
        assert "restored and compared" in told
        rows.append(
            {
                "direction": f"{source} -> {target}",
                "seconds": seconds,
                "match and explain byte-identical": answers(kind, target, place) == before,
            }
        )
        print(rows[-1], flush=True)

    restored("embedded", "embedded", scratch / "ee")
    restored("embedded", "neo4j", scratch / "en")
    backups["neo4j"], second = backed_up("neo4j", scratch / "en", scratch / "from-neo4j")
    print(backups, flush=True)
    restored("neo4j", "embedded", scratch / "ne")
    restored("neo4j", "neo4j", scratch / "nn")
    for row in rows:
        row["hashes equal"] = (first.graph, first.graph_version, first.data_version) == (
            second.graph,
            second.graph_version,
            second.data_version,
        )
    facts = {"nodes": first.nodes, "edges": first.edges, "graph": first.graph_version, "data": first.data_version}
    return {**facts, "backups": backups, "directions": rows}


def killed(words: list[str], home: Path, seconds: float) -> bool:
    """Runs a command and kills it with all that it started after some seconds; False: it had ended before."""
    process = subprocess.Popen(
        [*CLI, *words],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def kills(home: Path, scratch: Path) -> list[dict[str, Any]]:
    """What each kill left, and what the next run made of it."""
    scratch.mkdir()
    folder, rows = scratch / "whole", []
    with open_store("embedded", home_folder=home):  # the commands read through it
        started = time.monotonic()
        ran("--store", "embedded", "backup", str(folder), home=home)
        whole = time.monotonic() - started
        for moment in range(MOMENTS):
            broken = scratch / "broken"
            was = killed(["--store", "embedded", "backup", str(broken)], home, whole * (moment + 0.5) / MOMENTS)
            left = Repository.open(broken).names() if (broken / "BACKUP.json").exists() else []
            ran("--store", "embedded", "backup", str(broken), home=home)
            now = Repository.open(broken)
            good = now.manifest().graph == Repository.open(folder).manifest().graph and not now.damage(now.manifest())
            rows.append(
                {
                    "killed": "backup",
                    "moment": f"{moment + 0.5:.1f} of {MOMENTS}",
                    "was running": was,
                    "finished backups left": len(left),
                    "next run whole": good,
                }
            )
            print(rows[-1], flush=True)
            shutil.rmtree(broken)
    started = time.monotonic()
    ran("--store", "embedded", "restore", str(folder), "--to", str(scratch / "timed"))
    whole = time.monotonic() - started
    before = answers("simulated", "embedded", scratch / "timed")
    for moment in range(MOMENTS):
        place = scratch / f"place-{moment}"
        was = killed(
            ["--store", "embedded", "restore", str(folder), "--to", str(place)], home, whole * (moment + 0.5) / MOMENTS
        )
        left = sorted(path.name for path in place.glob("*")) if place.exists() else []
        told = ran("--store", "embedded", "restore", str(folder), "--to", str(place))[1].splitlines()[0]
        good = not list(place.glob(".*")) and (moment % 3 or answers("simulated", "embedded", place) == before)
        rows.append(
            {
                "killed": "restore",
                "moment": f"{moment + 0.5:.1f} of {MOMENTS}",
                "was running": was,
                "in the home then": left,
                "next run said": told.split(": ")[1],
                "next run whole": bool(good),
            }
        )
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    parts = sys.argv[1:] or ["simulated", "kills", "demo"]
    homes = {"demo": Path(os.environ.get("ORTHOKG_HOME", ".orthokg")).absolute()}
    launcher = neo4j_local()
    launcher.jars()
    made: dict[str, Any] = load("backup")["results"] if (FOLDER / "backup.json").exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        homes["simulated"] = scratch / "simulated-home"
        if {"simulated", "kills"} & set(parts):
            ran("--store", "embedded", "ingest", "--simulated", home=homes["simulated"])
        for part in parts:
            if part == "kills":
                made[part] = kills(homes["simulated"], scratch / part)
            else:
                with launcher.running(scratch / f"server-{part}") as settings, _environment(settings):
                    made[part] = directions(part, homes[part], scratch / part)
            made = measured_now(made, part)
            save("backup", "python -m tests.bench.bench_backup", made)
    good = all(row["next run whole"] for row in made.get("kills", ()))
    rows = [row for kind in ("simulated", "demo") for row in made.get(kind, {}).get("directions", ())]
    sys.exit(0 if good and all(row["match and explain byte-identical"] and row["hashes equal"] for row in rows) else 1)


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            del os.environ[name]


if __name__ == "__main__":
    main()
