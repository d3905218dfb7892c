"""How Java servers start in the tests: soon. A run of the tests starts the embedded server a hundred times and more,
and each lives for seconds.

``python -m tests.java`` keeps what such a server loads and links (an AOT cache, JEP 483 and 514), once for a release of
it. Without the cache, or with that of another release, a server starts as it does for users. Java is also told to stop
at its first compiler, since what the second makes does not pay within seconds.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from kg.store.driver import open_store
from kg.store.embedded import release
from kg.store.write import ensure_schema
from tests.graph.dump import dump
from tests.graph.load import load

ROOT = Path(__file__).parents[1]
OPTIONS = "JAVA_TOOL_OPTIONS"
SOON = "-XX:TieredStopAtLevel=1"


def kept() -> Path:
    return ROOT / ".pytest_cache" / "java" / f"embedded-{release()}-{sys.implementation.cache_tag}.aot"


def options() -> str:
    """What servers of the tests are told; a Java that knows no such cache is not stopped by it."""
    cached = f" -XX:+IgnoreUnrecognizedVMOptions -XX:AOTCache={kept()}" if kept().is_file() else ""
    return SOON + cached


def keep() -> None:
    """Runs a server through a small load, and keeps what it has loaded."""
    kept().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept().parent) as folder:
        seen, made = Path(folder) / "seen", Path(folder) / "made"
        os.environ |= {
            "ORTHOKG_HOME": f"{folder}/home",
            OPTIONS: f"-XX:AOTMode=record -XX:AOTConfiguration={seen}",
        }
        with open_store("embedded") as store:
            ensure_schema(store)
            load(store, "r", 200, 10)
            dump(store)
            assert store.server is not None
            java, *told = store.server._command()
        del os.environ[OPTIONS]
        told.remove(told[-1])  # the class that would run
        subprocess.run(
            [java, "-XX:AOTMode=create", f"-XX:AOTConfiguration={seen}", f"-XX:AOTCache={made}", *told],
            check=True,
            capture_output=True,
        )
        made.rename(kept())


if __name__ == "__main__" and not kept().is_file():
    keep()
