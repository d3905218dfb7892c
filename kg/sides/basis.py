"""What a stored verdict stands on, as one name: the data, the facts of the catalogue, and the text of the method's
code.

``kg.verdict.derive`` writes its matches under a run of this name. A question compares the name of the graph and the
present code with it: a match that was derived from anything else is not read but computed again, whatever became of the
ingest that changed it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from kg.match.compared import offered
from kg.sides.catalog import Catalog, facts

RUN = "orthokg:run/derived-"
ROOT = "kg.verdict.derive"
ASIDE = frozenset(
    {
        "kg.store.driver",
        "kg.store.embedded",
        "kg.store.write",
        "kg.store.write_rows",
        "kg.schema.spec",
        "kg.schema.nodes",
        "kg.schema.edges",
        "kg.errors",
        "kg.curate.curation",
        "kg.records.pairing",
        "kg.signatures.arrays",
        "kg.signatures.index",
        "kg.files.whole",
    }
)
"""Modules that carry rows in and out, or say what went wrong: no number depends on them."""
_HERE = Path(__file__).parents[1]
_IMPORT = re.compile(r"^\s*from (kg[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


def basis(catalog: Catalog, data_version: str) -> str:
    """Twelve hexadecimal digits; ``data_version`` is that of the signature store, which holds vectors, noise factors,
    references, orthologs, gene names, regulons and modules."""
    return hashlib.sha256(f"{code_version()}\n{data_version}\n{catalog.digest}".encode()).hexdigest()[:12]


def run_of(catalog: Catalog, data_version: str, levels: Sequence[str] = offered()) -> str:
    """Name of the run that derives these levels."""
    some = "" if set(levels) >= set(offered()) else "." + ".".join(sorted(levels))
    return f"{RUN}{basis(catalog, data_version)}{some}"


def stands(runs: Iterable[str], catalog: Catalog, data_version: str) -> bool:
    """Whether what was written by these runs stands on the present data and code."""
    return {run.removeprefix(RUN).partition(".")[0] for run in runs} <= {basis(catalog, data_version)}


def cards_of(catalog: Catalog) -> str:
    """Hash of what was computed of the references."""
    lines = [f"{key} {'; '.join(facts(info, computed=True))}" for key, info in sorted(catalog.references.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


@cache
def code_version() -> str:
    """Twelve hexadecimal digits of the source text of every module that an answer is computed by."""
    digest = hashlib.sha256()
    for name in sorted(computing()):
        digest.update(f"\n{name}\n".encode() + _file(name).read_bytes())
    return digest.hexdigest()[:12]


def computing() -> frozenset[str]:
    """The modules of this package that the derivation imports, and those that they import, without those of
    ``ASIDE``."""
    found: set[str] = set()
    ahead = [ROOT]
    while ahead:
        name = ahead.pop()
        if name not in found and name not in ASIDE:
            found.add(name)
            ahead += _imported(_file(name).read_text(encoding="utf-8"))
    return frozenset(found)


def _imported(text: str) -> Iterator[str]:
    for package, names in _IMPORT.findall(text):
        inside = [f"{package}.{name}" for name in re.findall(r"\w+", re.sub(r"\bas \w+", "", names))]
        yield from (name if _file(name).exists() else package for name in inside)


def _file(module: str) -> Path:
    place = _HERE.joinpath(*module.split(".")[1:])
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
