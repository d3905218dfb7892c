"""Files in MapMyCells' layout: what is written is read as it was; a file of another hand is mapped to; faults are
named."""

import json
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest

from ingest.atlas.mapmycells import read_markers, read_statistics, taxonomy_of, write_markers, write_statistics
from ingest.fetch.genes_index import GeneIndex
from ingest.files.cells.matrix import open_cells
from ingest.manifest.cell_blocks import Cells
from ingest.method.mapping.engine import Policy, Query, map_cells
from ingest.method.mapping.heads.correlation import TypeStatistics, statistics
from ingest.method.mapping.heads.hierarchical import by_levels, lookup_of
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.moments import built_of
from kg.errors import ContractError, MethodError
from tests.ingest.method.mapping.make_donors import PARENTS, make_study


@pytest.fixture
def names(human: GeneIndex) -> np.ndarray:
    return np.array(sorted(human.symbols)[1000:1240])


@pytest.fixture
def sums(names: np.ndarray) -> TypeStatistics:
    study = make_study(donors=4)
    return statistics(study.counts, names, study.labels)


def test_what_is_written_is_read_as_it_was(sums: TypeStatistics, human: GeneIndex, tmp_path: Path) -> None:
    tree = Tree.of(PARENTS, sums.types)
    file, markers = tmp_path / "stats.h5", tmp_path / "markers.json"
    taxonomy = write_statistics(file, sums, tree, {"atlas": "pbmc"})
    write_markers(markers, sums, tree, taxonomy)
    assert taxonomy["hierarchy"] == ["level_1", "level_2", "cluster"]
    assert {node: sorted(below) for node, below in taxonomy["level_1"].items()} == {
        "Mono": ["Mono"],
        "lymphoid": ["B", "NK", "T"],
        "pDC": ["pDC"],
    }
    assert set(taxonomy["cluster"]) == set(sums.types)
    assert set(json.loads(markers.read_text())) == {"None", "level_1/lymphoid", "level_2/T"}
    taken = read_statistics(file, human)
    assert taken.notes == ()
    found = taken.statistics
    order = [found.types.index(each) for each in sums.types]
    for name in ("n_cells", "sum", "sumsq", "gt0", "gt1", "ge1"):
        assert getattr(found, name)[order] == pytest.approx(getattr(sums, name))
    again = Tree.of(taken.parents, found.types)
    assert (again.nodes, again.parents) == (tree.nodes, tree.parents)
    named = read_markers(markers, taken, human)
    assert {k: set(v) for k, v in named.lookup} == {k: set(v) for k, v in lookup_of(sums, tree).items()}


def test_a_type_above_others_and_one_beside_a_deep_branch_keep_their_place(sums: TypeStatistics) -> None:
    tree = Tree.of({"CD4 T": "CD8 T", "CD8 T": "top"}, sums.types)
    made = taxonomy_of(tree)
    assert made["hierarchy"] == ["level_1", "level_2", "cluster"]
    assert made["level_1"]["top"] == ["CD8 T"]
    assert sorted(made["level_2"]["CD8 T"]) == ["CD4 T", "CD8 T"]
    assert (made["level_1"]["B"], made["level_2"]["B"]) == (["B"], ["B"])


def write_others(path: Path, sums: TypeStatistics, **changed: Any) -> Path:
    """As another hand writes it: labels of a machine with names beside, symbols, rows in another order."""
    order = np.arange(len(sums.types))[::-1]
    tree: dict[str, Any] = {
        "hierarchy": ["C1_CLAS", "C1_CLUS"],
        "hierarchy_mapper": {"C1_CLAS": "class", "C1_CLUS": "cluster"},
        "name_mapper": {
            "C1_CLAS": {"a": {"name": "lymphoid"}, "b": {"name": "myeloid"}},
            "C1_CLUS": {f"t{at}": {"name": name, "alias": str(at)} for at, name in enumerate(sums.types)},
        },
        "C1_CLAS": {"a": ["t0", "t1", "t2", "t4"], "b": ["t3", "t5"]},
        "C1_CLUS": {f"t{at}": [] for at in range(len(sums.types))},
    }
    texts = {
        "col_names": sums.genes.tolist(),
        "cluster_to_row": {f"t{at}": row for row, at in enumerate(order.tolist())},
        "taxonomy_tree": tree,
        "metadata": {},
    } | {k: v for k, v in changed.items() if k in ("col_names", "cluster_to_row", "taxonomy_tree")}
    with h5py.File(path, "w") as file:
        for name, value in texts.items():
            file.create_dataset(name, data=json.dumps(value).encode())
        for name in ("n_cells", "sum", "sumsq"):
            if name not in changed.get("without", ()):
                file.create_dataset(name, data=changed.get(name, getattr(sums, name)[order]))
    return path


def test_a_published_taxonomy_is_a_reference_that_promises_nothing(
    sums: TypeStatistics, names: np.ndarray, human: GeneIndex, tmp_path: Path
) -> None:
    taken = read_statistics(write_others(tmp_path / "published.h5", sums), human)
    assert taken.parents["NK"] == "lymphoid"
    built = built_of(
        taken.statistics, taken.parents, Policy(genes=150, axes=5, least_detected=5), "NCBITaxon:9606", ["p"]
    )
    study = make_study("query", 2, 120, seed=9)
    found = map_cells(built, Query(study.counts, names, study.donors, taxon=study.taxon))
    assert (found.nearest == study.labels).mean() > 0.85
    votes = by_levels(built.statistics, built.tree, study.counts, names, seed=0)
    assert (np.array(built.tree.types)[votes.argmax(axis=1)] == found.nearest).mean() > 0.99
    assert np.isnan(found.outside_p).all()
    assert "unknown" not in found.outcome
    assert found.verdict.controls == "not testable"
    assert "no donor was held out" in built.quality["limits"][0]
    counts = make_study(donors=4).counts.toarray()
    values = np.log2(1 + 1e6 * counts / counts.sum(axis=1, keepdims=True))[:, np.isin(names, built.reference.genes)]
    assert built.reference.mean == pytest.approx(values.mean(axis=0), rel=1e-4)
    assert built.reference.sd == pytest.approx(values.std(axis=0), rel=1e-4)
    with pytest.raises(ContractError) as told:
        map_cells(built, Query(study.counts[:, :3].tocsr(), names[:3]))
    assert told.value.code == "MISSING_GENES"


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"without": ("sumsq",)}, "STATISTICS_LAYOUT", "no sumsq"),
        ({"cluster_to_row": {"t0": 0}}, "STATISTICS_LAYOUT", "t1"),
        ({"n_cells": np.ones(3)}, "STATISTICS_LAYOUT", "6 types x 240 genes"),
        ({"n_cells": -np.ones(6)}, "STATISTICS_LAYOUT", "negative"),
        ({"taxonomy_tree": {"hierarchy": ["a", "b"], "a": {"x": []}, "b": {"t0": []}}}, "STATISTICS_LAYOUT", "b/t0"),
        ({"col_names": [f"no gene {at}" for at in range(240)]}, "UNKNOWN_GENES", "no gene 0"),
    ],
)
def test_each_fault_of_a_file_is_named(
    changed: dict[str, Any], code: str, said: str, sums: TypeStatistics, human: GeneIndex, tmp_path: Path
) -> None:
    with pytest.raises(ContractError, match=said) as told:
        read_statistics(write_others(tmp_path / "odd.h5", sums, **changed), human)
    assert told.value.code == code
    assert told.value.issues[0].path == "odd.h5"


def test_what_is_no_such_file_and_sums_that_are_not_there_are_named(
    sums: TypeStatistics, human: GeneIndex, tmp_path: Path
) -> None:
    other = tmp_path / "text.h5"
    other.write_text("no HDF5")
    with pytest.raises(ContractError) as told:
        read_statistics(other, human)
    assert told.value.code == "STATISTICS_LAYOUT"
    taken = read_statistics(write_others(tmp_path / "published.h5", sums), human)
    for table, said in (({"C1_CLAS/z": []}, "C1_CLAS/z"), ({"None": ["no gene"]}, "none at None")):
        markers = tmp_path / "markers.json"
        markers.write_text(json.dumps(table))
        with pytest.raises(ContractError, match=said) as told:
            read_markers(markers, taken, human)
        assert told.value.code == "MARKERS_LAYOUT"
    empty = TypeStatistics(sums.types, np.zeros(0, "<U1"), sums.n_cells, *(np.zeros((6, 0)),) * 5)
    with pytest.raises(ContractError) as told:
        write_statistics(tmp_path / "none.h5", empty, Tree.of({}, sums.types), {})
    assert told.value.code == "NO_STATISTICS"
    one = sums.of(np.array([0]))
    with pytest.raises(MethodError) as few:
        built_of(one, {}, Policy(), "NCBITaxon:9606", ["p"])
    assert few.value.code == "FEW_TYPES"


CSV = """# metadata = answer.json
# taxonomy hierarchy = ["C1_CLAS", "C1_CLUS"]
# readable taxonomy hierarchy = ["class", "cluster"]
# algorithm: 'hierarchical'; codebase: somewhere; version: 1.0.0
cell_id,class_label,class_name,class_bootstrapping_probability,cluster_label,cluster_name,cluster_alias,cluster_bootstrapping_probability
c0,a,01 lymphoid,1.0000,t0,B cell,0,0.9100
c1,b,02 myeloid,1.0000,t3,monocyte,3,0.7000
c2,a,01 lymphoid,0.8000,t1,T cell,1,0.5500
"""


def answer() -> dict[str, Any]:
    """The same as its extended answer."""
    cells = {"c0": ("a", "1.0", "t0", "0.91"), "c1": ("b", "1.0", "t3", "0.7"), "c2": ("a", "0.8", "t1", "0.55")}
    names = {
        "C1_CLAS": {"a": "01 lymphoid", "b": "02 myeloid"},
        "C1_CLUS": {"t0": "B cell", "t1": "T cell", "t3": "monocyte"},
    }
    return {
        "results": [
            {
                "cell_id": cell,
                "C1_CLAS": {"assignment": top, "bootstrapping_probability": float(p), "avg_correlation": 0.5},
                "C1_CLUS": {"assignment": leaf, "bootstrapping_probability": float(q), "avg_correlation": 0.5},
            }
            for cell, (top, p, leaf, q) in cells.items()
        ],
        "taxonomy_tree": {
            "hierarchy": ["C1_CLAS", "C1_CLUS"],
            "hierarchy_mapper": {"C1_CLAS": "class", "C1_CLUS": "cluster"},
            "name_mapper": {level: {k: {"name": v} for k, v in own.items()} for level, own in names.items()},
        },
    }


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_its_assignments_are_the_types_of_a_manifest(kind: str, tmp_path: Path) -> None:
    obs = pd.DataFrame({"donor": ["d", "d", "e"]}, index=["c0", "c1", "c2"])
    anndata.AnnData(np.arange(1, 7, dtype="float32").reshape(3, 2), obs).write_h5ad(tmp_path / "cells.h5ad")
    (tmp_path / "answer.csv").write_text(CSV)
    (tmp_path / "answer.json").write_text(json.dumps(answer()))
    spec = Cells.model_validate(
        {"file": "cells.h5ad", "obs": f"answer.{kind}", "donor": "donor", "cell_type": "cluster_name"}
    )
    cells = open_cells(tmp_path / "cells.h5ad", spec)
    assert cells.texts("cluster_name", "cells.cell_type").tolist() == ["B cell", "monocyte", "T cell"]
    assert cells.texts("class_label", "cells.cell_type").tolist() == ["a", "b", "a"]
    assert [float(each) for each in cells.texts("cluster_bootstrapping_probability", "")] == [0.91, 0.7, 0.55]
    assert cells.texts("donor", "cells.donor").tolist() == ["d", "d", "e"]


def test_an_answer_that_is_none_is_named(tmp_path: Path) -> None:
    anndata.AnnData(np.array([[1, 5]], "float32"), pd.DataFrame(index=["c0"])).write_h5ad(tmp_path / "cells.h5ad")
    spec = Cells.model_validate({"file": "cells.h5ad", "obs": "answer.json"})
    twice = answer() | {"results": [*answer()["results"], answer()["results"][0]]}
    for held, code in (({"config": {}}, "ASSIGNMENTS_LAYOUT"), ([1], "ASSIGNMENTS_LAYOUT"), (twice, "DUPLICATE_CELLS")):
        (tmp_path / "answer.json").write_text(json.dumps(held))
        with pytest.raises(ContractError) as told:
            open_cells(tmp_path / "cells.h5ad", spec)
        assert told.value.code == code
