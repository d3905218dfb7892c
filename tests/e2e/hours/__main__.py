"""``python -m tests.e2e.hours [NAME ...]``: spends the hours on the simulated demonstration, made in a new folder, with
a server beside the command line. Ends with 1 where what an hour needs is not there, and says what."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import httpx

from kg.store.driver import open_store
from tests.e2e.hours.hour import Done, Hour, know

HOURS = ("biologist", "developer", "curator", "engineer")
COMMAND = "from kg.cli.main import main; main(prog_name='orthokg')"


def main() -> int:
    failed = list[str]()
    with tempfile.TemporaryDirectory() as folder, demonstration(Path(folder)) as hour:
        for name in sys.argv[1:] or HOURS:
            try:
                import_module(f"tests.e2e.hours.{name}").spend(hour)
            except Exception:  # each hour is told of, whatever ends it
                traceback.print_exc()
                failed.append(name)
            print(f"{name}: {'not what it needs' if name in failed else 'well spent'}", flush=True)
    return 1 if failed else 0


@contextmanager
def demonstration(folder: Path) -> Iterator[Hour]:
    home = folder / "home"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORTHOKG_", "NEO4J_"))}
    told = kept | {"ORTHOKG_HOME": str(home), "ORTHOKG_OFFLINE": "1", "HOME": str(folder)}
    subprocess.run([sys.executable, "-m", "ingest.demo"], env=told, check=True, stdout=subprocess.DEVNULL)
    os.environ["ORTHOKG_HOME"] = str(home)
    with open_store("embedded") as store:
        know(store)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]

    def command(*words: str) -> Done:
        asked = [sys.executable, "-c", COMMAND, *words]
        done = subprocess.run(asked, env=told, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    serving = subprocess.Popen([sys.executable, "-c", COMMAND, "serve", "--port", str(port)], env=told)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            until_ready(http)
            yield Hour(folder, command, http)
    finally:
        serving.terminate()
        serving.wait()


def until_ready(http: httpx.Client) -> None:
    for _ in range(240):
        try:
            if http.get("/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise TimeoutError("the server did not start")


if __name__ == "__main__":
    sys.exit(main())
