"""The process of a job as its worker sees it: started clean, watched for time and memory, ended with all it started."""

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
"""Exit code of a process that found another one at its job."""
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
    """How a process ended; ``why``: the code of the bound that it broke, empty where it ended by itself."""

    code: int
    why: str = ""


@dataclass(frozen=True)
class Bounds:
    """Of a job: ``mb`` of memory, ``seconds``; ``space_mb``: of all that its owner may keep; ``nice``: how much it
    gives way."""

    mb: int
    seconds: float
    space_mb: int
    nice: int = 0


class Launched(Protocol):
    """A job under way."""

    def poll(self) -> Outcome | None:
        """How it ended, None while it lives; one that breaks a bound is ended here."""

    def stop(self) -> None:
        """It is gone when this returns, within two seconds."""

    def beat(self) -> None:
        """Its worker lives."""


class Launcher(Protocol):
    def launch(self, folder: Path, env: Mapping[str, str], bounds: Bounds) -> Launched: ...


def environment(home: Path, address: str, bounds: Bounds, given: Mapping[str, str]) -> dict[str, str]:
    """What a job sees: where the graph is, and no secret that it does not need; one thread."""
    made = {name: value for name, value in given.items() if name in _PASSED or name.startswith(_FAMILIES)}
    made |= {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMBA", "VECLIB_MAXIMUM")}
    made |= {"ORTHOKG_HOME": str(home), "ORTHOKG_JOB_PIPE": "1"}
    made |= {"ORTHOKG_JOB_MB": str(bounds.mb), "ORTHOKG_SPACE_MB": str(bounds.space_mb)}
    made["ORTHOKG_JOB_NICE"] = str(bounds.nice)
    if address != "embedded":
        made["NEO4J_URI"] = address
    return made


class LocalChild:
    """A process of this machine in a session of its own; its standard output and errors go to its folder."""

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
        """The pipe to it tells."""

    def _ended(self) -> None:
        """Nothing that it started is left."""
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
    """This code, wherever the folder of the job is."""
    own = str(Path(__file__).absolute().parents[2])
    return os.pathsep.join(dict.fromkeys([own, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]))


def _resident(session: int) -> int:
    """Bytes of memory that the processes of a session hold for themselves: files that they map are not counted. 0 where
    the system does not say it; the limit that the process set itself holds there."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                _, resident, shared, *_ = (folder / "statm").read_text().split()
                total += (int(resident) - int(shared)) * _PAGE
        except (OSError, ValueError, IndexError):
            continue
    return total
