"""What was made of arrays, kept for the next question up to a number of bytes; what was used least recently goes
first."""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

import numpy as np
from scipy import sparse

from kg.sides.catalog import ContrastInfo, ReferenceInfo, StateInfo

T = TypeVar("T")
LIMIT = 512 * 2**20
"""Bytes that one process keeps."""
_OF_THE_CATALOGUE = (ContrastInfo, ReferenceInfo, StateInfo)


class Kept:
    """``bytes`` are those of all arrays and texts that are held, each once however many hold it; arrays in mapped files
    are the disk's and count nothing. Safe for threads: what two of them make at once is the same, and one of the two
    stays."""

    def __init__(self, limit: int = LIMIT):
        self.limit, self.bytes = limit, 0
        self._held: OrderedDict[Hashable, tuple[Any, dict[int, int]]] = OrderedDict()
        self._owners: dict[int, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """``make()``, or what it gave before. What alone is larger than the limit is not kept."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return cast(T, self._held[key][0])
        made = make()
        sizes = dict(_sizes(made))
        with self._lock:
            if key in self._held:
                return cast(T, self._held[key][0])
            if sum(sizes.values()) <= self.limit:
                self._hold(key, made, sizes)
                while self.bytes > self.limit:
                    self._let_go()
        return made

    def _hold(self, key: Hashable, made: Any, sizes: dict[int, int]) -> None:
        self._held[key] = made, sizes
        for part, size in sizes.items():
            self.bytes += size if part not in self._owners else 0
            self._owners[part] = self._owners.get(part, 0) + 1

    def _let_go(self) -> None:
        _, (_, sizes) = self._held.popitem(last=False)
        for part, size in sizes.items():
            self._owners[part] -= 1
            if not self._owners[part]:
                del self._owners[part]
                self.bytes -= size


def _sizes(value: Any) -> Iterator[tuple[int, int]]:
    """Identity and bytes of each part that holds memory of its own."""
    if isinstance(value, np.ndarray):
        yield from _buffer(value)
    elif isinstance(value, (bool, int, float, type(None), *_OF_THE_CATALOGUE)):
        return
    elif sparse.issparse(value):
        for name in ("data", "indices", "indptr"):
            yield from _buffer(getattr(value, name))
    elif is_dataclass(value):
        yield from _all(getattr(value, each.name) for each in fields(value))
    elif isinstance(value, Mapping):
        yield id(value), sys.getsizeof(value)
        yield from _all(value)
        yield from _all(value.values())
    elif isinstance(value, (tuple, list, set, frozenset)):
        yield id(value), sys.getsizeof(value)
        yield from _all(value)
    else:
        yield id(value), sys.getsizeof(value)


def _all(values: Iterable[Any]) -> Iterator[tuple[int, int]]:
    for value in values:
        if type(value) is str:  # nearly all parts of large collections are texts
            yield id(value), sys.getsizeof(value)
        else:
            yield from _sizes(value)


def _buffer(array: np.ndarray) -> Iterator[tuple[int, int]]:
    whole: Any = array
    while isinstance(whole, np.ndarray) and not isinstance(whole, np.memmap) and isinstance(whole.base, np.ndarray):
        whole = whole.base
    if not isinstance(whole, np.memmap):
        yield id(whole), whole.nbytes
