"""The process of one job: ``orthokg jobs child FOLDER``. It reads its task, runs it, and leaves a complete result or an
error. If it is killed, its checkpoint remains and the next attempt continues from there. It ends with the program that
started it, and holds the lock of its folder while it runs."""

import ctypes
import os
import resource
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from kg.errors import ContractError, KgError, SourceError, StoreError
from kg.files.synced import sync_folder
from kg.files.whole import replace as write_file
from kg.jobs import folder as kept
from kg.jobs.kinds import kind_of
from kg.jobs.limits import MB
from kg.jobs.process import BUSY
from kg.jobs.progress import Teller
from kg.jobs.record import ENDED, JobError, ResultFile
from kg.jobs.space import Space
from kg.jobs.upload import data_of, digest
from kg.store.driver import Store, open_store

_PR_SET_PDEATHSIG = 1
_BESIDE_MB = 256  # address space of the interpreter, its libraries and untouched stacks
_LOCK_SECONDS = 30.0


@dataclass
class Work:
    """The input of a runner. ``arguments``: validated; ``files``: argument -> path of the file, under its original
    name; ``version``: the version of the atlas or graph that the answer is based on."""

    folder: Path
    kind: str
    arguments: Mapping[str, Any]
    files: Mapping[str, Path]
    version: str
    media: dict[str, str] = field(default_factory=dict)
    tell: Callable[[int, int, str], None] = lambda *_: None
    _open: ExitStack = field(default_factory=ExitStack)
    _store: Store | None = None

    @property
    def store(self) -> Store:
        """The graph, opened read-only."""
        if self._store is None:
            self._store = self._open.enter_context(open_store(read_only=True, yields=True))
        return self._store

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Reports that ``done`` of ``total`` steps are finished; ``total`` is 0 if unknown."""
        self.tell(done, total, message)

    def result(self, name: str, media: str = "application/octet-stream") -> Path:
        """The path to write a file of the result to; ``media``: its media type."""
        assert Path(name).name == name
        self.media[name] = media
        return self.folder / "result.new" / name

    @property
    def checkpoint(self) -> Path:
        """The folder whose files the next attempt finds; each must be written completely or not at all."""
        made = self.folder / "checkpoint"
        made.mkdir(exist_ok=True, mode=0o700)
        return made

    def kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A checkpointed step: computed once, and read from disk by later attempts."""
        path = self.checkpoint / name
        if not path.exists():
            write_file(path, make())
        return path.read_bytes()


Runner = Callable[[Work], Mapping[str, Any]]
"""Writes its files with :meth:`Work.result`, and returns a summary that is valid JSON."""


def run(folder: Path) -> int:
    """Runs the job in ``folder``. Returns the exit code: 0 once a result or an error is written."""
    _end_with_parent()
    _bound()
    with kept.alone(folder, _LOCK_SECONDS) as mine:
        if not mine:
            return BUSY
        if not (folder / kept.RESULT).exists():
            _run(folder)
    return 0


def _run(folder: Path) -> None:
    (folder / kept.ERROR).unlink(missing_ok=True)
    for name in ("result", "result.new", "input", "tmp"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("result.new", "input", "tmp"):
        (folder / name).mkdir(mode=0o700)
    try:
        _finish(folder, *_made(folder))
    except (StoreError, SourceError) as error:  # their messages are for the operator
        print(f"{error.code}: {error}", file=sys.stderr)
        what = "The graph" if isinstance(error, StoreError) else "A public source that this needs"
        _fail(folder, JobError(error.code, f"{what} could not be read.", "try again, or contact the operator"))
    except KgError as error:
        fix = error.issues[0].fix if isinstance(error, ContractError) and error.issues else ""
        _fail(folder, JobError(error.code, str(error), fix))
    except MemoryError:
        _fail(folder, ENDED["JOB_MEMORY"])
    except Exception as error:
        import traceback

        traceback.print_exc()  # into the private folder
        name = type(error).__name__
        _fail(
            folder,
            JobError(
                "JOB_FAILED",
                f"The job failed with an unexpected error ({name}).",
                "send the id of the job to the operator of this server",
            ),
        )


def _made(folder: Path) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    task = kept.read_task(folder)
    assert task is not None
    kind = kind_of(task.kind)
    module, _, name = kind.runner.partition(":")
    runner: Runner = getattr(import_module(module), name)
    files = {argument: _linked(folder, task, argument) for argument in task.files}
    given = {name: value for name, value in task.arguments.items() if name not in task.files}
    work = Work(folder, task.kind, given, files, task.version, tell=Teller(folder))
    with work._open:
        summary = runner(work)
    return work.media, summary


def _linked(folder: Path, task: kept.Task, argument: str) -> Path:
    """Links the upload under its original name, so that messages show that name."""
    space = Space(folder.parent.parent, folder.parent.parent.name)
    data = data_of(space, task.files[argument])
    (folder / "input" / argument).mkdir(mode=0o700)
    path = folder / "input" / argument / task.names[argument]
    os.link(data, path)
    return path


def _finish(folder: Path, media: Mapping[str, str], summary: Mapping[str, Any]) -> None:
    space = Space(folder.parent.parent, folder.parent.parent.name)
    if most := int(os.environ.get("ORTHOKG_SPACE_MB", "0")):
        space.need_room(0, most)
    made = folder / "result.new"
    files = []
    for path in sorted(made.iterdir()):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        kind = media.get(path.name, "application/octet-stream")
        files.append(asdict(ResultFile(path.name, path.stat().st_size, digest(path), kind)))
    sync_folder(made)
    made.rename(folder / "result")
    kept.write_json(folder / kept.RESULT, {"files": files, "summary": summary})


def _fail(folder: Path, error: JobError) -> None:
    message, fix = error.message, error.fix
    for at in (folder / "input", folder):
        message, fix = message.replace(f"{at}/", ""), fix.replace(f"{at}/", "")
    kept.write_json(folder / kept.ERROR, {"code": error.code, "message": message[:4000], "fix": fix[:1000]})


def _bound() -> None:
    """Lowers the priority of the job, and limits its memory and file sizes between its worker's checks."""
    os.nice(int(os.environ.get("ORTHOKG_JOB_NICE", "0")))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, limit, more in (
        ("ORTHOKG_JOB_MB", resource.RLIMIT_DATA, _BESIDE_MB),
        ("ORTHOKG_SPACE_MB", resource.RLIMIT_FSIZE, 0),
    ):
        if mb := int(os.environ.get(name, "0")):
            most = (mb + more) * MB
            hard = resource.getrlimit(limit)[1]
            resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large then raises OSError


def _end_with_parent() -> None:
    """Ends the process when its parent's pipe closes; on Linux the kernel also ends it with its parent."""
    if os.environ.get("ORTHOKG_JOB_PIPE") != "1":
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    handle = os.dup(0)

    def wait() -> None:
        while os.read(handle, 1):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True, name="parent").start()
