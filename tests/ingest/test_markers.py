"""A list of marker genes in PanglaoDB's layout puts HAS_MARKER on the terms that its words name; the rest keeps its
words."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
import yaml

from ingest.load.pipeline import Pipeline
from ingest.manifest import manifest
from ingest.study import datasets
from kg.curie import local
from kg.errors import ContractError
from kg.schema.edges import EDGE_BY_TYPE
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema
from tests.ingest.test_manifest import GOOD

HEADER = (
    "species\tofficial gene symbol\tcell type\tnicknames\tubiquitousness index\tproduct description\tgene type\t"
    "canonical marker\tgerm layer\torgan\tsensitivity_human\tsensitivity_mouse\tspecificity_human\tspecificity_mouse"
)
FACTS = {k: v for k, v in GOOD.items() if k not in ("table", "contrasts")}
MURINE, HUMAN = "NCBITaxon:10090", "NCBITaxon:9606"


def row(
    species: str,
    gene: str,
    cell_type: str,
    canonical: str = "1",
    organ: str = "Brain",
    shares: tuple[str, ...] = ("0.01", "0.5", "0.8", "0.02", "0.03"),
) -> str:
    everywhere, *of_species = shares
    words = [species, gene, cell_type, "NK|K2", everywhere, "made", "protein-coding gene", canonical, "Mesoderm", organ]
    return "\t".join([*words, *of_species])


ROWS = [
    row("Mm Hs", "CX3CR1", "Microglia"),
    row("Mm Hs", "P2RY12", "Microglia", "NA", shares=("NA", "NA", "NA", "NA", "NA")),
    row("Hs", "TMEM119", "Microglia"),
    row("Mm", "Tmem119", "microglial cell", "NA"),
    row("Mm Hs", "TMEM119", "Microglia", organ="Eye", shares=("0.01", "0.5", "0.6", "0.02", "0.03")),
    row("Mm Hs", "AQP4", "Astrocytes"),
    row("Mm Hs", "NTRK1", "Trigeminal neurons"),
    row("Mm Hs", "PMCH", "Cells of my own naming"),
    row("Mm Hs", "NOSUCHGENE9", "Microglia"),
    row("Mm Hs", "AIF1", ""),
    row("", "AIF1", "Microglia"),
    row("Mm Hs", "ITGAM", "Microglia", shares=("1.4", "0.5", "0.8", "0.02", "0.03")),
    row("Mm Hs", "CD68", "Microglia", shares=("0.1", "bad", "0.8", "0.02", "high")),
]


def study(folder: Path, taxon: str = MURINE, rows: list[str] = ROWS, name: str = "markers.tsv.gz", **spec: object):
    text = "\n".join([HEADER, *rows]) + "\n"
    (folder / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    made = {**FACTS, "dataset": FACTS["dataset"] | {"taxon": taxon}, "markers": {"file": name, **spec}}
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump(made))
    return manifest.read(path)


def markers(batch, genes) -> dict[tuple[str, str], dict]:
    rows = [r for label in ("CellType", "CellPopulation") for r in batch.edges["HAS_MARKER", label, "Gene"]]
    return {(r["subject"], genes.symbol(r["object"])): r for r in rows}


def test_markers_of_a_mouse_list(tmp_path, cache, mouse):
    made = study(tmp_path)
    batch = datasets.transform(made, datasets.get(cache, made), mouse)
    assert (batch.read, batch.accepted) == (12, 7)
    assert Counter((q.row, q.rule) for q in batch.quarantined) == Counter(
        [(9, "unknown-symbol"), (10, "no-cell-type"), (11, "no-species"), (12, "bad-number"), (13, "bad-number")]
    )
    found = markers(batch, mouse)
    glia, own, wide = (
        "CL:0000129",
        local("population", "lab", "Cells of my own naming"),
        local("population", "lab", "Trigeminal neurons"),
    )
    assert found.keys() == {
        (glia, "Cx3cr1"),
        (glia, "P2ry12"),
        (glia, "Tmem119"),
        ("CL:0000127", "Aqp4"),
        (own, "Pmch"),
        (wide, "Ntrk1"),
    }
    first = found[glia, "Cx3cr1"]
    assert (first["canonical"], first["sensitivity"], first["specificity"], first["ubiquitousness"]) == (
        True,
        0.8,
        0.03,
        0.01,
    )
    bare = found[glia, "P2ry12"]
    assert not bare["canonical"]
    assert bare.keys().isdisjoint(("sensitivity", "specificity", "ubiquitousness"))
    joined = found[glia, "Tmem119"]
    assert (joined["author_labels"], joined["organ"], joined["canonical"]) == (
        ["Microglia", "microglial cell"],
        "Brain; Eye",
        True,
    )
    assert joined["sensitivity"] == pytest.approx(0.7)
    assert {row["id"]: row["label"] for row in batch.nodes["CellPopulation"]} == {
        own: "Cells of my own naming",
        wide: "Trigeminal neurons",
    }
    (of,) = batch.edges["OF_TYPE", "CellPopulation", "CellType"]
    assert (of["subject"], of["method"]) == (wide, "broad mapping")
    told = " ".join(batch.missing)
    assert "1 rows are of other species alone" in told
    assert "no Cell Ontology term for Cells of my own naming" in told
    assert "only a wider Cell Ontology term for Trigeminal neurons" in told
    kinds = {"boolean": bool, "float": float, "string": str, "strings": list}
    for edge in found.values():
        declared = {p.name: kinds[p.kind] for p in EDGE_BY_TYPE["HAS_MARKER"].properties} | {
            "subject": str,
            "object": str,
        }
        assert all(type(value) is declared[name] for name, value in edge.items())


def test_markers_of_the_same_list_for_human(tmp_path, cache, human):
    made = study(tmp_path, HUMAN, name="markers.tsv")
    batch = datasets.transform(made, datasets.get(cache, made), human)
    found = markers(batch, human)
    assert found["CL:0000129", "CX3CR1"]["sensitivity"] == 0.5
    assert ("CL:0000129", "TMEM119") in found
    assert batch.read == batch.accepted + len(batch.quarantined) == 12


def test_words_for_the_species_are_told_by_the_manifest(tmp_path, cache, mouse):
    rows = [row("Mouse", "CX3CR1", "Microglia")]
    made = study(tmp_path, rows=rows)
    with pytest.raises(ContractError) as caught:
        datasets.transform(made, datasets.get(cache, made), mouse)
    assert caught.value.code == "NO_ROWS"
    assert "'Mouse'" in str(caught.value)
    made = study(tmp_path, rows=rows, species=["Mouse"])
    assert len(markers(datasets.transform(made, datasets.get(cache, made), mouse), mouse)) == 1


def test_a_list_without_the_columns_is_one_error(tmp_path, cache, mouse):
    made = study(tmp_path, gene_column="gene", label_column="type")
    with pytest.raises(ContractError) as caught:
        datasets.transform(made, datasets.get(cache, made), mouse)
    assert caught.value.code == "WRONG_COLUMNS"
    assert {issue.found for issue in caught.value.issues} == {"'gene'", "'type'"}


@pytest.mark.graph
def test_a_list_stands_in_the_graph_beside_another(store: Store, tmp_path: Path, cache) -> None:
    pipeline = Pipeline(store, SignatureStore(tmp_path / "signatures"), cache, tmp_path)
    ensure_schema(store)
    study(
        tmp_path,
        rows=[
            row("Mm Hs", "CX3CR1", "Microglia"),
            row("Mm", "PMCH", "Cells of my own naming"),
            row("Mm", "NOSUCHGENE9", "Microglia"),
        ],
    )
    pipeline.load_manifest(tmp_path / "m.yaml")
    text = (tmp_path / "m.yaml").read_text().replace("id: lab", "id: lab-human").replace(MURINE, HUMAN)
    (tmp_path / "human.yaml").write_text(text)
    pipeline.load_manifest(tmp_path / "human.yaml")
    pipeline._batches = [*pipeline.knowledge.terms(pipeline._batches), *pipeline._batches]
    for batch in pipeline._batches:
        pipeline._load([batch])
    assert pipeline.report.exit_code == 3
    found = store.read(
        "MATCH (c)-[r:HAS_MARKER]->(g:Gene) RETURN c.label AS of, g.symbol AS gene, r.canonical AS canonical, r.source"
        " AS source"
    )
    assert {tuple(each.values()) for each in map(dict, found)} == {
        ("microglial cell", "Cx3cr1", True, "dataset/lab"),
        ("microglial cell", "CX3CR1", True, "dataset/lab-human"),
        ("Cells of my own naming", "Pmch", True, "dataset/lab"),
    }
