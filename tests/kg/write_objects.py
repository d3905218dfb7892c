"""Writers of objects, each killed at its moment: ``FOLDER SECONDS...``. Says each object that was said to be there."""

import os
import signal
import sys
import time
from pathlib import Path

from kg.atlas.objects import ObjectStore


def killed(folder: Path, number: int, seconds: float) -> list[str]:
    """What a writer said it had put, until it was killed ``seconds`` after the first."""
    end, begin = os.pipe()
    writer = os.fork()
    if not writer:
        store = ObjectStore(folder)
        for at in range(10_000):
            os.write(begin, store.put(f"{number} {at} ".encode() * 200_000).sha256.encode())
    os.close(begin)
    with os.fdopen(end, "rb") as said:
        first = said.read(64)
        time.sleep(seconds)
        os.kill(writer, signal.SIGKILL)
        rest = said.read()
    assert os.waitpid(writer, 0)[1] == signal.SIGKILL
    whole = first + rest
    return [whole[at : at + 64].decode() for at in range(0, len(whole), 64)]


for number, seconds in enumerate(map(float, sys.argv[2:])):
    print(*killed(Path(sys.argv[1]), number, seconds), sep="\n")
