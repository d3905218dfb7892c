"""Whether an HDF5 file can be read to its end: tried in a separate process, which a damaged file may crash."""

import subprocess
import sys
import threading
from pathlib import Path

_SCRIPT = Path(__file__).with_name("hdf5_walk.py")


class Walker:
    """One process for all files, started for the first one, and again after a file has crashed it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def comes_back(self, path: Path) -> bool:
        """False if reading attributes or a block of texts takes more than 4 s of processor time, or ends the
        process."""
        if "\n" in str(path):
            return False
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", str(_SCRIPT)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    encoding="utf-8",
                    errors="surrogateescape",
                )
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            try:
                self._process.stdin.write(f"{path.absolute()}\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                return False
            came = self._process.stdout.readline() == "done\n"
            if not came:
                self._process.wait()
            return came


WALKER = Walker()
