"""Reads damaged files in a process of its own, a line each: number, reader, what was done, what came of it, seconds,
megabytes.

    python -m tests.ingest.fuzz.child FOLDER FIRST LAST

A file is made by its number alone. The number is written before the file is read, so that a process that ends is known
by its last line; one that takes too long ends itself. Seconds are those of the processor, which a busy machine does not
change.
"""

import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from kg.errors import KgError
from tests import patience
from tests.ingest.fuzz.mutations import mutate
from tests.ingest.fuzz.seeds import SEEDS

SECONDS, MEGABYTES = 20, 1000
_ADDRESSES = 8 << 30
_MEMORY = ("MemoryError:", "Unable to allocate")
_ARROW = "ArrowMemoryError"  # refused before a byte is taken


def reader_of(number: int) -> str:
    return list(SEEDS)[number % len(SEEDS)]


def good_files(reader: str, folder: Path) -> Path:
    """Where the good files of a reader are; they are made once, and read once by each process, so that what the reader
    imports is available."""
    source = folder / reader / "good"
    if not source.exists():
        source.mkdir(parents=True)
        SEEDS[reader].make(source)
    SEEDS[reader].read(source)
    return source


def made(number: int, source: Path, to: Path) -> str:
    """Writes the bad file of a number into a folder; says what is bad about it."""
    if to.exists():
        shutil.rmtree(to)
    shutil.copytree(source, to)
    if (facts := source.parent / "facts.yaml").exists():
        shutil.copy(facts, to.parent)
    return mutate(to, random.Random(number))


def _peak() -> float:
    """Most memory since it was last asked, in MB."""
    status = Path("/proc/self/status").read_text()
    found = int(status.split("VmHWM:")[1].split()[0]) / 1000
    Path("/proc/self/clear_refs").write_text("5")
    return found


def main(folder: Path, first: int, last: int) -> None:
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    good: dict[str, Path] = {}
    for number in range(first, last):
        work = folder / "work" / "files"
        work.parent.mkdir(exist_ok=True, parents=True)
        reader = reader_of(number)
        if reader not in good:
            good[reader] = good_files(reader, folder / "good")
        done = made(number, good[reader], work)
        _peak()
        print(f"{number}\t{reader}\t{' '.join(done.split())[:300]}", end="\t", flush=True)
        started = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(int(patience.SECONDS))  # for one that waits and works not
        try:
            SEEDS[reader].read(work)
            told = "read"
        except KgError as error:
            told = f"refused {error.code}: {error}"
            if any(word in told for word in _MEMORY) and _ARROW not in told:
                told = f"memory {error}"
        except BaseException as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            told = f"traceback {type(error).__name__}: {error} at {Path(at.filename).name}:{at.lineno}"
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        seconds, peak = time.process_time() - started, _peak()
        print(f"{' '.join(told.split())[:600]}\t{seconds:.3f}\t{peak:.0f}", flush=True)


if __name__ == "__main__":
    tempfile.tempdir = sys.argv[1]
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
