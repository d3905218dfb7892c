"""Runs children over a range of numbers, and says of each file what came of it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.ingest.fuzz.child import MEGABYTES, SECONDS, reader_of

ROOT = Path(__file__).parents[3]
_EACH = 400  # files a child


class Outcome(NamedTuple):
    """``kind``: read, refused, traceback, memory, slow or signal; ``told``: the words of it; ``what``: what was done to the file."""

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
    while first < last:
        command = [sys.executable, "-m", "tests.ingest.fuzz.child", str(folder), str(first), str(min(last, first + _EACH))]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        lines = [line.split("\t") for line in done.stdout.split("\n") if line]
        for line in lines:
            first = int(line[0]) + 1
            if len(line) == 6:
                kind, _, told = line[3].partition(" ")
                yield Outcome(int(line[0]), line[1], line[2], kind, told, float(line[4]), float(line[5]))
        if done.returncode and lines and len(lines[-1]) < 6:
            kind = "slow" if done.returncode == -14 else "signal"
            yield Outcome(int(lines[-1][0]), lines[-1][1], lines[-1][2], kind, f"exit {done.returncode} {done.stderr[-300:]}", float(SECONDS), 0.0)
        elif done.returncode:
            raise RuntimeError(f"no file of {reader_of(first)} could be made for {first}: {done.stderr[-2000:]}")


if __name__ == "__main__":
    for each in outcomes(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
        if not each.held or "-v" in sys.argv:
            print(*each, sep=" | ", flush=True)
