"""The walk of the main question: modules of this project that run a function of theirs, in the order in which they are
entered.

    python -m tests.bench.bench_walk

On a simulated study, embedded store: `orthokg match` where verdicts are stored, the same question where they have to be
computed, and the `matches` question of GraphQL by the application itself. A hook of the interpreter notes each file
once; the bodies of modules (imports) are not counted. Simulated data.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
ROOMS = tuple(str(ROOT / room) + os.sep for room in ("kg", "api", "ingest"))
MODEL, DISEASE = "simulated-specific", "MONDO:0004975"
QUERY = (
    f'{{ matches(model: "{MODEL}", disease: "{DISEASE}") {{ nodes {{ curie mouse human status score p q reason }} }} }}'
)


class Walk:
    """Notes the modules that are entered while it is told to; threads that start after it was made are seen too."""

    def __init__(self) -> None:
        self.found: dict[str, None] | None = None
        threading.setprofile(self._hook)
        sys.setprofile(self._hook)

    def _hook(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if (
            self.found is not None
            and event == "call"
            and code.co_filename.startswith(ROOMS)
            and not code.co_name.startswith("<")
        ):
            self.found.setdefault(str(Path(code.co_filename).relative_to(ROOT).with_suffix("")))

    def of(self, work: Callable[[], object]) -> list[str]:
        """Modules, as paths without their ending, in order of first entry. The work is done once before, so that what
        is imported or read at first is not part of it."""
        work()
        self.found = {}
        work()
        made, self.found = list(self.found), None
        return made


def command(*words: str) -> Callable[[], object]:
    from kg.cli.main import main

    def work() -> None:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as told:
            try:
                code = main([*words], standalone_mode=False)
            except SystemExit as end:
                code = end.code
        if code:  # the walk of an error is another one
            raise SystemExit(f"orthokg {' '.join(words)} ended with {code}: {told.getvalue()[-500:]}")

    return work


def _asked(client: Any, query: str) -> None:
    told = client.post("/graphql", json={"query": query}).json()
    if "errors" in told or not told["data"]["matches"]["nodes"]:
        raise SystemExit(f"no matches: {told}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ORTHOKG_HOME"] = folder
        command("ingest", "--simulated")()
        walk = Walk()
        words = ("match", "--model", MODEL, "--disease", DISEASE)
        walks = {"command line, stored": walk.of(command(*words))}
        walks["command line, computed"] = walk.of(command(*words, "--policy", "best"))

        from fastapi.testclient import TestClient

        from api.http.app import create_app
        from kg.store.driver import home, open_store

        with open_store("embedded") as store:
            app = create_app(store, home() / "signatures")
            with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
                walks["GraphQL, stored"] = walk.of(lambda: _asked(client, QUERY))
    from tests.bench.record import save

    save(
        "walk",
        "python -m tests.bench.bench_walk",
        {"data": "simulated", "modules": {k: len(v) for k, v in walks.items()}, "walks": walks},
    )
    for name, modules in walks.items():
        print(f"{name}: {len(modules)} modules\n  " + "\n  ".join(modules))


if __name__ == "__main__":
    main()
