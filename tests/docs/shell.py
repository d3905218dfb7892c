"""Runs a page as its reader does: one shell, one folder, the commands in order, a server where the page starts one."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import Block, Page

HELPERS = """
set -u
orthokg() {
  case "$*" in
    "ingest --simulated") mkdir -p "$ORTHOKG_HOME" && cp -r "$PREPARED/." "$ORTHOKG_HOME/" ;;
    serve)
      command orthokg serve --port "$PORT" > serve.log 2>&1 &
      echo $! > serve.pid
      for _ in $(seq 3000); do curl -sf "http://127.0.0.1:$PORT/ready" > /dev/null && return 0; sleep 0.2; done
      cat serve.log; return 1 ;;
    *) command orthokg "$@" ;;
  esac
}
ask() {
  python - "$1" <<'END'
import json, os, sys
import httpx
query = open(sys.argv[1]).read()
answer = httpx.post(f"http://127.0.0.1:{os.environ['PORT']}/graphql", json={"query": query}, timeout=120).json()
print(json.dumps(answer))
sys.exit("errors" in answer)
END
}
end() { if [ -f serve.pid ]; then kill "$(cat serve.pid)"; wait "$(cat serve.pid)"; rm serve.pid; fi; }
trap end EXIT
step() { printf '\\n@@@ %s %s\\n' "$1" "$2"; }
"""
_STEP = re.compile(r"^@@@ (\d+) (-?\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Done:
    """One command or query: where it stands, what it is, its exit code (None: not reached), and all that it printed."""

    line: int
    text: str
    prints: tuple[str, ...]
    code: int | None
    output: str


def run(page: Page, folder: Path, prepared: Path, port: int, *, seeds: Sequence[Path]) -> list[Done]:
    """``prepared``: a home with the simulated study, in the place of `orthokg ingest --simulated`; ``seeds``: folders
    of public files, without which the blocks that read them are left out."""
    folder.mkdir()
    steps: list[tuple[int, str, tuple[str, ...]]] = []
    script = [HELPERS]
    for block in page.runs:
        if block.sources and not seeds:
            continue
        if block.stops:
            script.append("end")
        for text, prints in _lines(block, len(steps), folder, port):
            script += [text, f"step {len(steps)} $?"]
            steps.append((block.line, text, prints))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ORTHOKG_", "NEO4J_"))} | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": str(port),
        "PREPARED": str(prepared),
        "COLUMNS": "140",
        "ORTHOKG_HOME": str(folder / "home"),
        "ORTHOKG_OFFLINE": "1",
        "HOME": str(folder),
    }
    if seeds:
        environment["ORTHOKG_CACHE"] = os.pathsep.join(map(str, seeds))
    if page.path.name == "README.md":
        shutil.copytree(prepared, folder / "home")
    made = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    codes: dict[int, tuple[int, str]] = {}
    at = 0
    for found in _STEP.finditer(made.stdout):
        codes[int(found[1])] = int(found[2]), made.stdout[at : found.start()]
        at = found.end()
    left = made.stdout[at:]
    return [Done(*step, *codes.get(number, (None, left))) for number, step in enumerate(steps)]


def _lines(block: Block, number: int, folder: Path, port: int) -> list[tuple[str, tuple[str, ...]]]:
    text = block.text.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    if block.language == "console":
        commands = [
            (
                each.text.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace(".venv/bin/orthokg", "orthokg"),
                each.prints,
            )
            for each in block.commands()
        ]
        return commands
    if block.language in ("cypher", "graphql"):
        name = f"query-{number}.{block.language}"
        (folder / name).write_text(text, encoding="utf-8")
        return [(f'orthokg cypher "$(cat {name})"' if block.language == "cypher" else f"ask {name}", ())]
    (folder / block.title).write_text(text, encoding="utf-8")
    return []
