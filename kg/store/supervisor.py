"""Run the embedded server and see that it never outlives the program that opened it.

Run as a script, standard library only: ``python -I supervisor.py PARENT_PID LOG WANTED COMMAND...``. The program that
opened the store holds the other end of standard input and the store's lock, which this process inherits: the lock is
free only when the server is gone. The server is stopped when that end closes or the program dies; if this process is
itself killed, Linux kills the server (PR_SET_PDEATHSIG). WANTED, unless empty, is a file by which a writer asks for the
place of a server that is only read: it is killed, because one that is asked to stop answers with errors of many kinds
until it is gone. What the server prints goes to LOG, and when that has grown beyond ``LOG_BYTES`` it becomes LOG.1, in
place of the one before: the two together never hold more than twice as much.
"""

import ctypes
import os
import resource
import select
import shutil
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.2
_GRACE_SECONDS = 20
LOG_BYTES = 16 * 1024 * 1024
DESCRIPTORS = 4096
"""For the server, whatever the program that opened it may have: it holds a file open for each part of a label."""


def main(parent: int, log: str, wanted: str, command: list[str]) -> int:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_supervisor() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        give_descriptors()

    with open(log, "ab", buffering=0) as out:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=die_with_supervisor
        )
    while server.poll() is None:
        readable, _, _ = select.select([0], [], [], _POLL_SECONDS)
        if readable or os.getppid() != parent:
            return stop(server)
        if wanted and os.path.exists(wanted):
            server.kill()
            return server.wait()
        turn(log)
    return server.returncode


def give_descriptors() -> None:
    """Above the hard limit only for who may raise it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (DESCRIPTORS if hard == resource.RLIM_INFINITY else max(DESCRIPTORS, hard), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return
        except (ValueError, OSError):
            continue


def turn(log: str, most: int = LOG_BYTES) -> None:
    """The server holds the file open for appending: it is copied and emptied, so what is printed in between is lost."""
    try:
        if os.path.getsize(log) > most:
            shutil.copyfile(log, log + ".1")
            os.truncate(log, 0)
    except OSError:  # a full disk: the next look may find room
        pass


def stop(server: "subprocess.Popen[bytes]") -> int:
    server.terminate()
    try:
        return server.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]))
