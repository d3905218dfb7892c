"""pyscenic 0.12.1 (2022) on today's NumPy, pandas and dask: the one place for what has to be patched, and why.

- ctxcore reads its own version through ``pkg_resources``, which setuptools no longer brings: a stand-in during import.
- pyscenic.transform names ``np.object`` at import, gone since NumPy 1.24: lent during import, then taken back.
- pyscenic.utils takes the best factors of each target by ``groupby.apply`` with the grouping column among the results,
  which pandas 3 leaves out: the same modules by a sort.
- arboreto builds an empty table by ``from_delayed([])``, which dask refuses now: an empty table of the same columns.

These alone stay patched: ``arboreto.core.from_delayed`` and ``pyscenic.utils.modules4top_factors``.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from threading import RLock
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from kg.errors import MethodError

_LOCK = RLock()
_GONE = {"object": object, "float": float}


def scenic(name: str) -> Any:
    """A module of pyscenic, ctxcore or arboreto by its full name, ready to use.

    Raises:
        MethodError: NEEDS_MODELS when the extra is not installed.
    """
    with _LOCK, _lent():
        try:
            found = importlib.import_module(name)
            _MENDS.get(name.partition(".")[0], lambda: None)()
        except ModuleNotFoundError as error:
            raise needs_models(error) from error
    return found


def needs_models(error: ModuleNotFoundError) -> MethodError:
    return MethodError(
        f"{error.name} is not installed: `make models`, or pip install 'orthokg[models]'; the engine ridge works"
        " without",
        code="NEEDS_MODELS",
    )


@contextmanager
def _lent() -> Iterator[None]:
    stand_in = "pkg_resources" not in sys.modules and importlib.util.find_spec("pkg_resources") is None
    names = [name for name in _GONE if name not in vars(np)]
    try:
        if stand_in:
            sys.modules["pkg_resources"] = _versions()
        for name in names:
            setattr(np, name, _GONE[name])
        yield
    finally:
        for name in names:
            delattr(np, name)
        if stand_in:
            del sys.modules["pkg_resources"]


def _versions() -> ModuleType:
    made: Any = ModuleType("pkg_resources")
    made.get_distribution = lambda name: SimpleNamespace(version=metadata.version(name))
    made.DistributionNotFound = metadata.PackageNotFoundError
    return made


@cache
def _mend_arboreto() -> None:
    import pandas as pd
    from dask.dataframe import from_pandas

    core: Any = importlib.import_module("arboreto.core")
    usual = core.from_delayed

    def from_delayed(parts: Any, meta: Any = None, **options: Any) -> Any:
        return usual(parts, meta=meta, **options) if len(parts) else from_pandas(pd.DataFrame(meta), npartitions=1)

    core.from_delayed = from_delayed


@cache
def _mend_pyscenic() -> None:
    utils: Any = importlib.import_module("pyscenic.utils")

    def modules4top_factors(adjacencies: Any, n: int, context: frozenset[str] = frozenset()) -> Iterator[Any]:
        ordered = adjacencies.sort_values("importance", ascending=False, kind="stable")
        for tf, part in ordered.groupby("target").head(n).groupby("TF"):
            yield utils.Regulon(
                name=tf,
                context=frozenset([f"top{n}perTarget"]).union(context),
                transcription_factor=tf,
                gene2weight=list(zip(part["target"], part["importance"], strict=True)),
                gene2occurrence=[],
            )

    utils.modules4top_factors = modules4top_factors


_MENDS = {"arboreto": _mend_arboreto, "pyscenic": _mend_pyscenic}
