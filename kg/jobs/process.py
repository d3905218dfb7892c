"""The process of a job, from the worker's side: started in a clean environment, monitored for time and memory, and
ended together with its child processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kg.jobs.limits import MB

TERM_SECONDS = 1.0
BUSY = 75
"""Exit code of a process whose job was already run by another."""
_LOOK_SECONDS = 0.5
_PASSED = (
    "PATH", "HOME", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH",
    "VIRTUAL_ENV", "PYTHONHASHSEED", "XDG_DATA_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "ORTHOKG_HOME", "ORTHOKG_CACHE",
    "ORTHOKG_ATLAS", "ORTHOKG_OFFLINE", "NEO4J_USER", "NEO4J_PASSWORD", "SYSTEMROOT",
)  # fmt: skip
_FAMILIES = ("LC_", "AWS_")
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class Outcome:
    """How a process ended. ``why``: the code of the limit that it exceeded, empty if it ended by itself."""

    code: int
    why: str = ""


@dataclass(frozen=True)
class Bounds:
    """Limits of a job. ``mb``: memory (MB); ``seconds``: time; ``space_mb``: disk space of its owner (MB); ``nice``:
    niceness."""

    mb: int
    seconds: float
    space_mb: int
    nice: int = 0


class Launched(Protocol):
    """A running job."""

    def poll(self) -> Outcome | None:
        """How it ended, None while it runs; stops the job if it exceeds a limit."""

    def stop(self) -> None:
        """Stops the job and waits until it has ended, which takes at most two seconds."""

    def beat(self) -> None:
        """Signals that its worker is alive."""


class Launcher(Protocol):
    def launch(self, folder: Path, env: Mapping[str, str], bounds: Bounds) -> Launched: ...


def environment(home: Path, address: str, bounds: Bounds, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of a job: the address of the graph, no secrets that it does not need, and one thread."""
    made = {name: value for name, value in given.items() if name in _PASSED or name.startswith(_FAMILIES)}
    made |= {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMBA", "VECLIB_MAXIMUM")}
    made |= {"ORTHOKG_HOME": str(home), "ORTHOKG_JOB_PIPE": "1"}
    made |= {"ORTHOKG_JOB_MB": str(bounds.mb), "ORTHOKG_SPACE_MB": str(bounds.space_mb)}
    made["ORTHOKG_JOB_NICE"] = str(bounds.nice)
    if address != "embedded":
        made["NEO4J_URI"] = address
    return made


class LocalChild:
    """A local process in a session of its own; its standard output and error go to its folder."""

    def __init__(self, folder: Path, env: Mapping[str, str], bounds: Bounds):
        self._bounds, self._until = bounds, time.monotonic() + bounds.seconds
        self._looked, self._why = 0.0, ""
        (folder / "tmp").mkdir(exist_ok=True, mode=0o700)
        log = os.open(folder / "stderr.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "kg.cli.main", "jobs", "child", str(folder)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**env, "TMPDIR": str(folder / "tmp"), "PYTHONPATH": _path(env)},
                start_new_session=True,
            )
        finally:
            os.close(log)

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> Outcome | None:
        code = self._process.poll()
        if code is not None:
            self._ended()
            return Outcome(code, self._why)
        at = time.monotonic()
        if at > self._until:
            self._why = "JOB_TIME"
        elif at - self._looked > _LOOK_SECONDS:
            self._looked = at
            if _resident(self.pid) > self._bounds.mb * MB:
                self._why = "JOB_MEMORY"
        if self._why:
            self.stop()
            return Outcome(self._process.returncode, self._why)
        return None

    def stop(self) -> None:
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(TERM_SECONDS)
        self._ended()

    def beat(self) -> None:
        """Not needed: its pipe closes when the worker dies."""

    def _ended(self) -> None:
        """Kills any remaining child processes."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


class LocalLauncher:
    def launch(self, folder: Path, env: Mapping[str, str], bounds: Bounds) -> LocalChild:
        return LocalChild(folder, env, bounds)


def _path(env: Mapping[str, str]) -> str:
    """``PYTHONPATH`` with this code, independent of the working directory."""
    own = str(Path(__file__).absolute().parents[2])
    return os.pathsep.join(dict.fromkeys([own, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]))


def _resident(session: int) -> int:
    """Private memory of the processes of a session, in bytes, without mapped files. 0 if the system does not report it;
    then only the limit that the process set itself applies."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                _, resident, shared, *_ = (folder / "statm").read_text().split()
                total += (int(resident) - int(shared)) * _PAGE
        except (OSError, ValueError, IndexError):
            continue
    return total
