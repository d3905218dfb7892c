"""A data engineer loads what the product exports, with the licence of each row."""

import csv
import json
from pathlib import Path

import pandas as pd
import yaml

from tests.e2e.hours.hour import AD, MODEL, Hour


def exported(hour: Hour, form: str) -> Path:
    """With metadata and terms beside the files."""
    out = hour.folder / form
    hour.asked("export", "--format", form, "--out", str(out))
    for name in ("croissant.json", "datapackage.json"):
        assert json.loads((out / name).read_text(encoding="utf-8"))
    with (out / "LICENCES.tsv").open(encoding="utf-8", newline="") as file:
        assert all(row["licence"] and "url" in row for row in csv.DictReader(file, delimiter="\t"))
    return out


def numbers(hour: Hour) -> None:
    """Contrasts by genes, and by regulons: not a few rows of matches."""
    folder = exported(hour, "contrasts")
    table = pd.read_parquet(folder / "contrasts.parquet")
    assert {"contrast", "gene", "symbol", "effect", "z", "p", "q", "licence"} <= set(table.columns)
    assert len(table) > 1000 * table["contrast"].nunique()
    activity = pd.read_parquet(folder / "activity.parquet")
    assert {"contrast", "set", "name", "activity", "z", "q", "licence"} <= set(activity.columns)
    assert set(activity["contrast"]) == set(table["contrast"])


def knowledge(hour: Hour) -> None:
    """KGX: concrete categories, CURIEs, one gene to another by a factor, no relation without a meaning, the version of
    Biolink, and a licence in each row that nobody has to guess."""
    folder = exported(hour, "kgx")
    nodes, edges = (pd.read_csv(folder / f"{name}.tsv", sep="\t", dtype=str, quoting=3, keep_default_na=False)
                    for name in ("nodes", "edges"))  # fmt: skip
    assert not set(nodes["category"]) & {"biolink:NamedThing", "biolink:Entity", ""}
    assert not nodes["id"].str.contains("/").any()
    assert not (edges["predicate"] == "biolink:related_to").any()
    genes = set(nodes["id"][nodes["category"] == "biolink:Gene"])
    regulated = edges[edges["predicate"].isin(["biolink:regulates"])]
    assert len(regulated)
    assert set(regulated["subject"]) | set(regulated["object"]) <= genes
    for table in (nodes, edges):
        assert table["license"].ne("").all()
        assert not table["license"].str.startswith("none stated").any()
    assert json.loads((folder / "kgx.json").read_text(encoding="utf-8"))["biolink_version"]
    schema = yaml.safe_load((folder / "orthokg.linkml.yaml").read_text(encoding="utf-8"))
    assert "classes" in schema


def edges(hour: Hour) -> None:
    """The graph as typed columns."""
    folder = exported(hour, "graph-parquet")
    table = pd.read_parquet(folder / "relationships.REGULATES.Regulon.Gene.parquet")
    assert table["weight"].dtype == float
    assert table["license"].notna().all()


def a_match_as_parquet(hour: Hour) -> None:
    (match,) = hour.told("match", "--model", MODEL, "--disease", AD)["matches"]
    out = hour.folder / "features.parquet"
    hour.asked("explain", match["id"], "--format", "parquet", "--out", str(out))
    table = pd.read_parquet(out)
    assert len(table) == match["n_features"]
    assert table["licence"].map(len).gt(0).all()


def scanpy(hour: Hour) -> None:
    import anndata

    data = anndata.read_h5ad(exported(hour, "h5ad") / "contrasts.h5ad")
    assert data.n_vars > 1000
    assert {"effect", "z", "q"} <= set(data.layers)


NEEDS = (numbers, knowledge, edges, a_match_as_parquet, scanpy)
