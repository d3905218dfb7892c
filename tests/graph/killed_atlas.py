"""One thing done to an atlas, by a process that is killed (-9) at its nth write: before or after an object is put,
before a statement of a transaction, before its commit, or after it.

    python -m tests.graph.killed_atlas FOLDER          # the folder of the objects; the store is as the environment says

Reads lines ``WHAT N`` and answers each with ``killed`` or ``done``; each is done by a fork, since to import takes most
of the time.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kg.atlas.again import renew
from kg.atlas.lines import revert
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.review import review
from kg.atlas.submissions import propose, submissions
from kg.atlas.version import Author
from kg.atlas.versions import manifest_of, resolve
from kg.store.driver import Store, Transaction, open_store
from tests.kg.atlas_parts import report, with_objects


class Fuse:
    def __init__(self, at: int):
        self.left = at

    def burn(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """A transaction whose statements burn the fuse."""

    def __init__(self, tx: Transaction, fuse: Fuse):
        self._tx, self._fuse = tx, fuse

    def run(self, *given: Any, **more: Any) -> Any:
        self._fuse.burn()
        return self._tx.run(*given, **more)


def watch(store: Store, objects: ObjectStore, fuse: Fuse) -> None:
    transact, put = store.transact, objects.put

    def transacted(work: Callable[[Any], Any]) -> Any:
        def watched(tx: Transaction) -> Any:
            found = work(Watched(tx, fuse))
            fuse.burn()
            return found

        found = transact(watched)
        fuse.burn()
        return found

    def putting(data: bytes) -> Entry:
        fuse.burn()
        made = put(data)
        fuse.burn()
        return made

    store.transact, objects.put = transacted, putting  # type: ignore[method-assign]


def submit(store: Store, objects: ObjectStore) -> None:
    base = resolve(store, "pbmc")
    made = with_objects(objects, manifest_of(objects, base), study__new=b"new", embedding=b"fitted")
    propose(
        store, objects, branch="pbmc", base=base, manifest=made, report=report(base), author=Author("Ada"),
        verified=False, message="six mice",
    )  # fmt: skip


def again(store: Store, objects: ObjectStore) -> None:
    base, (found,) = resolve(store, "pbmc"), submissions(store)
    made = with_objects(objects, manifest_of(objects, base), study__new=b"new", embedding=b"fitted again")
    renew(store, objects, found, base=base, manifest=made, report=report(base))


def accept(store: Store, objects: ObjectStore) -> None:
    review(store, objects, 1, reviewer=Author("Bob"), verified=False, accept=True, why="fine")


def take_back(store: Store, objects: ObjectStore) -> None:
    found = next(each for each in submissions(store) if each.version)
    revert(store, objects, found.version, Author("Bob"), "labels exchanged")


WORK = {"submit": submit, "again": again, "accept": accept, "revert": take_back}


def main(folder: Path) -> None:
    for line in sys.stdin:
        what, at = line.split()
        if child := os.fork():
            _, ended = os.waitpid(child, 0)
            killed = os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL
            print("killed" if killed else "done" if ended == 0 else f"failed: {ended}", flush=True)
            continue
        with open_store("neo4j") as store:
            objects = ObjectStore(folder)
            watch(store, objects, Fuse(int(at)))
            WORK[what](store, objects)
        os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
