"""Runs children over a range of numbers, and says of each file what came of it."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.ingest.fuzz.child import MEGABYTES, SECONDS, reader_of

ROOT = Path(__file__).parents[3]
_EACH = 2_500  # files a child


class Outcome(NamedTuple):
    """``kind``: read, refused, traceback, memory, slow or signal; ``told``: the words of it; ``what``: what was done to
    the file."""

    number: int
    reader: str
    what: str
    kind: str
    told: str
    seconds: float
    megabytes: float

    @property
    def held(self) -> bool:
        return self.kind in ("read", "refused") and self.seconds < SECONDS and self.megabytes < MEGABYTES


def outcomes(folder: Path, first: int, last: int) -> Iterator[Outcome]:
    """Of each number its outcome, in order, as the children tell them."""
    while first < last:
        command = [
            sys.executable,
            "-m",
            "tests.ingest.fuzz.child",
            str(folder),
            str(first),
            str(min(last, first + _EACH)),
        ]
        with tempfile.TemporaryFile("w+") as words:
            with subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=words, text=True, errors="replace"
            ) as child:
                assert child.stdout is not None
                begun: list[str] = []
                for line in child.stdout:
                    begun = line.rstrip("\n").split("\t")
                    if len(begun) == 6:
                        kind, _, told = begun[3].partition(" ")
                        yield Outcome(int(begun[0]), begun[1], begun[2], kind, told, float(begun[4]), float(begun[5]))
                        first, begun = int(begun[0]) + 1, []
            words.seek(0)
            said = words.read()[-2000:]
        if child.returncode and begun:
            kind = "slow" if -child.returncode in (signal.SIGPROF, signal.SIGALRM) else "signal"
            yield Outcome(
                int(begun[0]), begun[1], begun[2], kind, f"exit {child.returncode} {said[-300:]}", float(SECONDS), 0.0
            )
            first = int(begun[0]) + 1
        elif child.returncode:
            raise RuntimeError(f"no file of {reader_of(first)} could be made for {first}: {said}")


if __name__ == "__main__":
    for each in outcomes(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
        if not each.held or "-v" in sys.argv:
            print(*each, sep=" | ", flush=True)
