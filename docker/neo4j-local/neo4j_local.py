"""A real Neo4j Community server on loopback, from Maven Central's jars: no Docker, no installation.

    python docker/neo4j-local/neo4j_local.py [--home FOLDER] [--port PORT] [-- COMMAND ...]

With a command: the server runs while the command runs, and NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD are in its
environment. Without one: the three are printed as exports, and the server runs until Ctrl-C. Needs a JDK (17 or 21)
and mvn; standard library only. The jars (123 MB) are fetched once into ~/.cache/orthokg/neo4j (ORTHOKG_NEO4J_CACHE).
"""

import argparse
import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")


class CannotStartError(Exception):
    """Why there is no Neo4j here, and what would give one."""


def release() -> str:
    found = re.search(r"<neo4j.version>(.+?)<", (HERE / "pom.xml").read_text())
    assert found is not None
    return found[1]


def jars() -> Path:
    """The folder of the jars; the first call fetches them, and a fetch that was interrupted is done again."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise CannotStartError(f"{tool} is not installed: a local Neo4j needs a JDK (17 or 21) and Maven")
    cache = Path(os.environ.get("ORTHOKG_NEO4J_CACHE") or Path.home() / ".cache" / "orthokg" / "neo4j")
    folder = cache / f"jars-{release()}"
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            fetched = Path(tempfile.mkdtemp(dir=cache))
            done = subprocess.run(
                [
                    "mvn",
                    "-q",
                    "-B",
                    "-DincludeScope=runtime",
                    f"-DoutputDirectory={fetched}",
                    "dependency:copy-dependencies",
                ],
                cwd=HERE,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                shutil.rmtree(fetched)
                raise CannotStartError(
                    f"Maven could not fetch Neo4j {release()}:\n{(done.stdout + done.stderr)[-600:]}"
                )
            fetched.rename(folder)
    return folder


@contextmanager
def running(home: Path, port: int = 0, heap: str = "1g") -> Iterator[dict[str, str]]:
    """A server while the block runs; yields NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD. ``port`` 0 takes a free one."""
    library = jars()
    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    password = secrets.token_urlsafe(16)
    command = ["java", f"-Xmx{heap}", *(f"--add-opens={name}=ALL-UNNAMED" for name in OPENED)]
    command += ["-cp", str(library / "*"), str(HERE / "LocalServer.java"), str(home), str(port)]
    with ExitStack() as stack:
        log = stack.enter_context(open(home / "server.log", "wb"))
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
        stack.callback(_stop, server)
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            server.stdin.write(f"{password}\n".encode())
            server.stdin.flush()
        except BrokenPipeError:
            pass
        if not any(line.strip() == b"READY" for line in iter(server.stdout.readline, b"")):
            raise CannotStartError(f"Neo4j did not start:\n{(home / 'server.log').read_text(errors='replace')[-600:]}")
        yield {"NEO4J_URI": f"bolt://127.0.0.1:{port}", "NEO4J_USER": "neo4j", "NEO4J_PASSWORD": password}


def _stop(server: "subprocess.Popen[bytes]") -> None:
    assert server.stdin is not None
    server.stdin.close()
    try:
        server.wait(60)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    assert server.stdout is not None
    server.stdout.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="keep the data here (default: a folder that goes with the server)")
    parser.add_argument("--port", type=int, default=0, help="Bolt port (default: a free one)")
    parser.add_argument("command", nargs="*")
    asked = parser.parse_args()
    with ExitStack() as stack:
        home = asked.home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="neo4j-local-")))
        try:
            settings = stack.enter_context(running(home, asked.port))
        except CannotStartError as error:
            sys.exit(str(error))
        if asked.command:
            return subprocess.run(asked.command, env=os.environ | settings).returncode
        print("export", *(f"{name}={value}" for name, value in settings.items()), flush=True)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    sys.exit(main())
