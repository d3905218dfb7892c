"""Where a bench keeps what it measured: numbers, the command, the commit, the day and the seed."""

import json
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def head() -> str:
    """The commit that is checked out."""
    words = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def save(name: str, command: str, results: dict[str, Any], *, seed: int | None = None) -> Path:
    """Write ``results/<name>.json``."""
    facts = {
        "command": command,
        "commit": head(),
        "date": today(),
        "seed": seed,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, 2 cores",
    }
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps({**facts, "results": results}, indent=1, ensure_ascii=False) + "\n")
    return path


def measured_now(results: dict[str, Any], part: str) -> dict[str, Any]:
    """``results`` whose ``commits`` (commit: parts) say that this part was measured at the commit checked out."""
    commits = {commit: set(parts.split(", ")) - {part} for commit, parts in results.get("commits", {}).items()}
    commits[head()] = commits.get(head(), set()) | {part}
    return results | {"commits": {commit: ", ".join(sorted(parts)) for commit, parts in commits.items() if parts}}


def load(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())
