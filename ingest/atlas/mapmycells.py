"""Reads and writes the files of MapMyCells (cell_type_mapper): precomputed statistics by type with their taxonomy, and
markers by node.

Sums: HDF5. ``n_cells`` (types,), ``sum``, ``sumsq``, ``gt0``, ``gt1``, ``ge1`` (types, genes) of log2(CPM + 1), the
last three as counts of cells; as JSON in scalars of bytes: ``col_names`` (genes), ``cluster_to_row`` (type -> row) and
``taxonomy_tree`` (``hierarchy``: levels from the top; under each level: node -> nodes below). Markers: JSON,
``"level/node"`` or ``"None"`` (the root) -> genes. There, every type is at the lowest level; here, a type is directly
below the node in which it is distinguished from others, and a node with a single child of the same name is merged with
it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ingest.fetch.genes_index import GeneIndex
from ingest.files.frames import broken
from ingest.method.mapping.heads.correlation import TypeStatistics
from ingest.method.mapping.heads.hierarchical import lookup_of
from ingest.method.mapping.heads.tree import Tree
from kg.errors import ContractError
from kg.files.whole import replace as replace_file
from kg.signatures.store import Strings

SUMS, COUNTED = ("sum", "sumsq"), ("gt0", "gt1", "ge1")
LEAF = "cluster"
_FIX = "rewrite it with cell_type_mapper, or with `orthokg atlas export-statistics`"


@dataclass(frozen=True)
class Taken:
    """The contents of a file. ``statistics``: by Ensembl id; ``parents``: child -> parent; ``names``: level/node of the
    file -> name here; ``notes``: what was left out, in words."""

    statistics: TypeStatistics
    parents: dict[str, str]
    names: dict[str, str]
    notes: tuple[str, ...]


def read_statistics(path: Path, genes: GeneIndex) -> Taken:
    """Raises ContractError STATISTICS_LAYOUT if parts are missing or inconsistent, UNKNOWN_GENES."""
    try:
        with h5py.File(path, "r") as file:
            return _taken(path, file, genes)
    except ContractError:
        raise
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise _odd(path, str(error)[:200]) from error


def _taken(path: Path, file: Any, genes: GeneIndex) -> Taken:
    if missing := [
        name for name in ("n_cells", *SUMS, "col_names", "cluster_to_row", "taxonomy_tree") if name not in file
    ]:
        raise _odd(path, f"no {', '.join(missing)}")
    tokens, row, tree = (_json(file, name) for name in ("col_names", "cluster_to_row", "taxonomy_tree"))
    names, parents = _tree(path, tree)
    lowest = tree["hierarchy"][-1]
    if lost := sorted(set(tree[lowest]) ^ set(row)):
        raise _odd(path, f"cluster_to_row and the lowest level of the taxonomy differ in {', '.join(lost[:5])}")
    types = [names[f"{lowest}/{leaf}"] for leaf in row]
    rows = np.array(list(row.values()), dtype=np.intp)
    ids, columns, notes = _genes(path, tokens, genes)
    shape = (len(row), len(tokens))
    arrays = {name: file[name][()] for name in (*SUMS, *COUNTED) if name in file}
    n_cells = np.asarray(file["n_cells"][()], float)
    if n_cells.shape != shape[:1] or any(each.shape != shape for each in arrays.values()):
        raise _odd(path, f"arrays that are not {shape[0]} types x {shape[1]} genes")
    values = [
        np.asarray(arrays[name][rows][:, columns], float) if name in arrays else np.zeros((len(row), 0))
        for name in (*SUMS, *COUNTED)
    ]
    if not all(np.isfinite(each).all() and (each >= 0).all() for each in (n_cells, *values)):
        raise _odd(path, "negative or non-finite sums, which are impossible for log(counts + 1)")
    return Taken(TypeStatistics(tuple(types), ids, n_cells[rows], *values), parents, names, notes)


def _tree(path: Path, tree: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """level/node -> name here; and child -> parent. A readable name is used if it is unique within its level."""
    levels: list[str] = tree["hierarchy"]
    readable = tree.get("name_mapper", {})
    above = {
        (levels[at + 1], child): (level, node)
        for at, level in enumerate(levels[:-1])
        for node, below in tree[level].items()
        for child in below
    }
    names: dict[tuple[str, str], str] = {}
    owner: dict[str, tuple[str, str]] = {}
    for at, level in enumerate(levels):
        called = {node: str(readable.get(level, {}).get(node, {}).get("name", node)) for node in tree[level]}
        plain = list(called.values())
        for node, name in called.items():
            if at and (level, node) not in above:
                raise _odd(path, f"{level}/{node} has no parent in {levels[at - 1]}")
            name = name if plain.count(name) == 1 else f"{name} ({node})"
            parent = above.get((level, node))
            same = parent is not None and names[parent] == name
            if name in owner and not same:
                name = f"{name} ({tree.get('hierarchy_mapper', {}).get(level, level)})"
            owner.setdefault(name, (level, node))
            names[level, node] = name
    parents = {names[child]: names[parent] for child, parent in above.items() if names[child] != names[parent]}
    return {f"{level}/{node}": name for (level, node), name in names.items()}, parents


def _genes(path: Path, tokens: list[str], genes: GeneIndex) -> tuple[Strings, np.ndarray, tuple[str, ...]]:
    """Sorted Ensembl ids, the column of each, and notes. Sums of logs cannot be added, so for a gene that occurs twice
    the first column is kept."""
    resolved = genes.resolve_many(tokens)[0]
    ids = np.array([str(each).removeprefix("ENSEMBL:") if each else "" for each in resolved], dtype=np.str_)
    known = np.flatnonzero(ids != "")
    if 2 * len(known) <= len(tokens):
        fix = f"give the statistics of {genes.taxon}, or name its taxon"
        found = f"{len(tokens) - len(known):,} of {len(tokens):,}, as {', '.join(tokens[:3])}"
        raise broken("UNKNOWN_GENES", path.name, f"most genes are of {genes.taxon}", found, fix)
    names, first = np.unique(ids[known], return_index=True)
    left = len(tokens) - len(names)
    notes = (f"{left:,} of {len(tokens):,} genes are left out: obsolete ids or duplicates",) if left else ()
    return names, known[first], notes


def read_markers(path: Path, taken: Taken, genes: GeneIndex) -> TypeStatistics:
    """Adds the markers of a file to its statistics. Raises ContractError MARKERS_LAYOUT if a node is not in the
    taxonomy, or if none of its genes is in the statistics."""
    try:
        table: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
        table = {node: list(map(str, names)) for node, names in table.items() if node not in ("metadata", "log")}
    except (ValueError, AttributeError, TypeError) as error:
        raise broken("MARKERS_LAYOUT", path.name, "markers are a JSON object, node -> genes", error, _FIX) from error
    lookup = []
    for node, named in sorted(table.items()):
        if node != "None" and node not in taken.names:
            fix = "use the markers that belong to these statistics"
            raise broken("MARKERS_LAYOUT", path.name, "a node of the markers is in the taxonomy", node, fix)
        ids = [str(each).removeprefix("ENSEMBL:") for each in genes.resolve_many(named)[0] if each]
        ids = [each for each in dict.fromkeys(ids) if each in set(taken.statistics.genes.tolist())]
        if named and not ids:
            fix = "use the markers that belong to these statistics"
            raise broken("MARKERS_LAYOUT", path.name, "markers are genes of the statistics", f"none at {node}", fix)
        if ids:
            lookup.append(("" if node == "None" else taken.names[node], tuple(ids)))
    return replace(taken.statistics, lookup=tuple(lookup))


def write_statistics(path: Path, found: TypeStatistics, tree: Tree, metadata: Mapping[str, str]) -> dict[str, Any]:
    """Writes the statistics and returns the taxonomy as written. Raises ContractError NO_STATISTICS if the atlas has
    none."""
    if not len(found.genes):
        raise broken(
            "NO_STATISTICS",
            "atlas",
            "only an atlas with the correlation head has statistics by type",
            "none",
            "create a version with the policy `engine: {heads: [means, neighbours, both, correlation]}`",
        )
    taxonomy = taxonomy_of(tree)
    texts = {
        "metadata": dict(metadata),
        "col_names": found.genes.tolist(),
        "cluster_to_row": {name: at for at, name in enumerate(found.types)},
        "taxonomy_tree": taxonomy,
    }
    made = path.with_name(f"{path.name}.new")
    try:
        with h5py.File(made, "w", track_order=False) as file:
            for name, value in texts.items():
                file.create_dataset(name, data=json.dumps(value, ensure_ascii=False).encode())
            file.create_dataset("n_cells", data=found.n_cells.astype(np.int64))
            for name in (*SUMS, *COUNTED):
                values = getattr(found, name)
                if values.shape[1]:
                    whole = name in COUNTED
                    file.create_dataset(name, data=values.astype(np.int64) if whole else values, compression="gzip")
        made.rename(path)
    finally:
        made.unlink(missing_ok=True)
    return taxonomy


def taxonomy_of(tree: Tree) -> dict[str, Any]:
    """The tree by levels, with every type at the lowest; a type that is higher up is repeated as its own node on the
    levels between."""
    parent = dict(tree.parents)
    paths = {name: _path(name, parent) for name in tree.types}
    deepest = max(map(len, paths.values()))
    levels = [*(f"level_{at + 1}" for at in range(deepest - 1)), LEAF]
    made: dict[str, Any] = {"hierarchy": levels, **{level: {} for level in levels}}
    for name, path in paths.items():
        whole = [*path[:-1], *[name] * (deepest - len(path) + 1)]
        for at, level in enumerate(levels):
            below = made[level].setdefault(whole[at], [])
            if at + 1 < deepest and whole[at + 1] not in below:
                below.append(whole[at + 1])
    return made


def _path(name: str, parent: Mapping[str, str]) -> list[str]:
    """Nodes from the top level down; a type with types below it is both a node and a type below that node."""
    path = [name] if not any(above == name for above in parent.values()) else [name, name]
    while above := parent.get(path[0], ""):
        path.insert(0, above)
    return path


def write_markers(path: Path, found: TypeStatistics, tree: Tree, taxonomy: Mapping[str, Any]) -> None:
    """Writes the markers of each node with more than one child."""
    level = {
        node: name
        for name in reversed(taxonomy["hierarchy"][:-1])
        for node, below in taxonomy[name].items()
        if len(below) > 1
    }
    table = {f"{level[node]}/{node}" if node else "None": list(genes) for node, genes in lookup_of(found, tree).items()}
    replace_file(path, json.dumps(table, ensure_ascii=False, indent=1).encode())


def _json(file: Any, name: str) -> Any:
    return json.loads(file[name][()].decode("utf-8"))


def _odd(path: Path, found: str) -> ContractError:
    return broken(
        "STATISTICS_LAYOUT",
        path.name,
        "a file of precomputed statistics in the layout of cell_type_mapper",
        found,
        _FIX,
    )
