"""``python -m tests.e2e.hours [NAME ...]``: spends the hours on the simulated demonstration, made in a new folder, with
a server beside the command line. Ends with 1 where what an hour needs is not there, and says what."""

import os
import socket
import subprocess
import sys
import tempfile
import time
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
            for need in import_module(f"tests.e2e.hours.{name}").NEEDS:
                what = f"{name}: {need.__name__.replace('_', ' ')}"
                try:
                    need(hour)
                except Exception as error:  # each need is told of, whatever ends it
                    failed.append(what)
                    print(f"{what}: not met: {type(error).__name__} {str(error)[:200]}", flush=True)
                else:
                    print(f"{what}: met", flush=True)
    return 1 if failed else 0


@contextmanager
def demonstration(folder: Path) -> Iterator[Hour]:
    home = folder / "home"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORTHOKG_", "NEO4J_"))}
    told = kept | {"ORTHOKG_HOME": str(home), "ORTHOKG_OFFLINE": "1", "HOME": str(folder)}
    subprocess.run([sys.executable, "-m", "ingest.demo"], env=told, check=True, capture_output=True)
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

    serve = [sys.executable, "-c", COMMAND, "serve", "--port", str(port)]
    serving = subprocess.Popen(serve, env=told, stderr=subprocess.DEVNULL)
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
