"""A simulated atlas of two species: from manifests to merged submissions to what corresponds at each level, in health
and in disease, on both stores."""

import json
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml
from starlette.testclient import TestClient

from api.http.app import create_app
from ingest.atlas.create import create
from ingest.atlas.policy import policy_of
from ingest.atlas.submit import submit
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from ingest.load.pipeline import Pipeline
from kg.ask.saved import saved_query
from kg.atlas.branches import cut
from kg.atlas.commit import relink
from kg.atlas.objects import ObjectStore
from kg.atlas.review import review
from kg.atlas.version import Author
from kg.atlas.versions import resolve
from kg.cli.atlas_counterparts import text
from kg.curie import HEALTHY, HUMAN, MOUSE
from kg.errors import ContractError, UnknownTermError
from kg.read.counterparts import AtlasNode, counterparts
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.guard import run_user_query
from kg.store.write import ensure_schema, write_edges, write_nodes
from tests.api.ask import data, error
from tests.ingest.atlas_cells import POLICY as WHOLE
from tests.ingest.atlas_cells import write_study
from tests.ingest.conftest import *  # noqa: F403  (cache, human, mouse)
from tests.ingest.method.mapping.make_donors import TYPES
from tests.kg.test_correspond import two_species

pytestmark = pytest.mark.graph
AD, PDC = "MONDO:0004975", "plasmacytoid dendritic cell"
CELL, PDC_TERM = "CL:0000000", "CL:0000784"
NAMES = [PDC if name == "pDC" else name for name in TYPES]
POLICY = WHOLE | {"engine": {"genes": 120, "axes": 12, "centroids": 12, "folds": 2, "heads": ["means"]}}
ADA, BEA, CAT = Author("Ada"), Author("Bea"), Author("Cat")
SPACES = {
    "healthy": ("healthy", [t for t in TYPES if t != "pDC"], list(TYPES)),
    "ad": (AD, [t for t in TYPES if t != "Mono"], list(TYPES)),
}
"""Space -> what its cells are of, and the types that the human and the mouse have in it."""

ARMS = "case: {arm: case}, control: {arm: control}"
CONTRASTS = {
    HUMAN: f'contrasts: [{{id: ad, label: simulated, kind: disease, disease: "{AD}", {ARMS}}}]\n',
    MOUSE: f'models: [{{id: "orthokg:model/m", label: m, disease: "{AD}"}}]\n'
    f'contrasts: [{{id: m, label: simulated, kind: model, model: "orthokg:model/m", {ARMS}}}]\n',
}


def write_space(folder: Path, name: str) -> Path:
    condition, human, mouse = SPACES[name]
    points, species, labels = two_species(left=human, right=mouse, cells=30, noise=0.3, d=30)
    obs = pd.DataFrame({"species": species, "label": labels}, index=[f"c{at}" for at in range(len(labels))])
    made = anndata.AnnData(obs=obs.astype("category"))
    made.obsm["X_saturn"] = points.astype(np.float32)
    made.write_h5ad(folder / f"{name}.h5ad")
    path = folder / f"space-{name}.yaml"
    body = {
        "schema": 1,
        "dataset": {
            "id": f"space-{name}", "title": f"simulated space, {name}", "taxon": MOUSE, "licence": "CC0",
            "redistribute": True, "citation": "nobody", "simulated": True,
        },
        "material": {"tissue": "UBERON:0000178"},
        "embedding": {
            "id": "space", "file": f"{name}.h5ad", "gene_embedding": "none (simulated)", "draws": 999,
            "condition": condition, "taxa": {"human": HUMAN, "mouse": MOUSE},
            "populations": {"human": "human-one", "mouse": "mouse-one"},
        },
    }  # fmt: skip
    path.write_text(yaml.safe_dump(body))
    return path


def load(store: Store, folder: Path, cache: Cache, paths: list[Path]) -> None:
    pipeline = Pipeline(store, SignatureStore(folder / "signatures"), cache, folder)
    ensure_schema(store)
    for path in paths:
        pipeline.load_manifest(path)
    pipeline._load(list(pipeline._batches))
    assert {step.status for step in pipeline.report.steps} == {"loaded"}, pipeline.report.steps


def two_atlases(store: Store, cache: Cache, human: GeneIndex, mouse: GeneIndex, tmp_path: Path) -> ObjectStore:
    """Two atlases, a submission merged into each, their first studies in the graph, and the two spaces."""
    objects, genes = ObjectStore(tmp_path / "atlas", own=True), Genes(cache)
    ingested = []
    for name, taxon, index in (("human", HUMAN, human), ("mouse", MOUSE, mouse)):
        symbols = sorted(index.symbols)[1000:1240]
        one, two, later = (
            write_study(tmp_path, f"{name}-{word}", symbols, donors=6, seed=at, taxon=taxon, cases=word == "one")
            for at, word in enumerate(("one", "two", "later"))
        )
        one.write_text(one.read_text() + CONTRASTS[taxon])
        create(store, objects, name, [one, two], policy_of(POLICY), ADA, "simulated", cache=cache, genes=genes)
        asked, _ = submit(store, objects, name, [later], BEA, "later", verified=False, cache=cache, genes=genes)
        for who in [CAT] if asked.status == "passed" else [CAT, ADA]:
            review(store, objects, asked.number, reviewer=who, verified=False, accept=True, why="looked at")
        assert resolve(store, name).n_studies == 3
        ingested.append(one)
    owned = {"source": "test", "run": "orthokg:run/test"}
    write_nodes(store, "Disease", [{"id": AD, "label": "Alzheimer disease"}], **owned)
    write_nodes(store, "CellType", [{"id": CELL, "label": "cell"}, {"id": PDC_TERM, "label": PDC}], **owned)
    write_edges(store, "SUBCLASS_OF", "CellType", "CellType", [{"subject": PDC_TERM, "object": CELL}], **owned)
    load(store, tmp_path, cache, [*ingested, *(write_space(tmp_path, name) for name in SPACES)])
    relink(store)
    return objects


def by_name(nodes: tuple[AtlasNode, ...], condition: str) -> dict[str, AtlasNode]:
    return {node.node: node for node in nodes if node.condition == condition}


def held(nodes: dict[str, AtlasNode]) -> dict[str, str]:
    return {name: each.node for name, node in nodes.items() for each in node.counterparts if each.reciprocal}


def test_two_species_go_from_manifests_to_what_corresponds(
    store: Store, cache: Cache, human: GeneIndex, mouse: GeneIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = two_atlases(store, cache, human, mouse, tmp_path)
    each_level_says_what_corresponds_and_why_others_do_not(store, made)
    a_subclass_holds_the_types_below_it_and_a_view_what_it_selects(store, made)
    monkeypatch.setenv("ORTHOKG_ATLAS", str(tmp_path / "atlas"))
    graphql_and_the_saved_query_say_the_same(store, made, tmp_path / "signatures")
    what_cannot_be_asked_is_refused_and_without_an_embedding_every_node_says_so(store, made)


def each_level_says_what_corresponds_and_why_others_do_not(store: Store, made: ObjectStore) -> None:
    found = {level: counterparts(store, made, "mouse", "human", level=level) for level in ("whole", "class", "type")}
    assert found["type"].embeddings == ("space-ad/space", "space-healthy/space")
    whole = by_name(found["whole"].nodes_a, HEALTHY)
    assert held(whole) == {"mouse": "human"}
    assert (whole["mouse"].populations, whole["mouse"].tested) == (6, 6)
    assert whole["mouse"].counterparts[0].share == pytest.approx(5 / 6)
    assert whole["mouse"].counterparts[0].share_back == 1

    classes = by_name(found["class"].nodes_a, HEALTHY)
    assert held(classes) == {"Mono": "Mono", "lymphoid": "lymphoid"}
    assert classes["lymphoid"].types == ("B", "CD4 T", "CD8 T", "NK")
    assert classes[PDC].reason.startswith(f"{PDC}: none at FDR 0.05: ")
    assert held(by_name(found["class"].nodes_b, HEALTHY)) == {"Mono": "Mono", "lymphoid": "lymphoid"}
    lacking = by_name(found["class"].nodes_b, HEALTHY)[PDC]
    assert (lacking.populations, lacking.reason) == (
        0, "no population of it has a place in an embedding that both species share",
    )  # fmt: skip

    types = by_name(found["type"].nodes_a, HEALTHY)
    assert held(types) == {name: name for name in NAMES if name != PDC}
    ad = by_name(found["type"].nodes_a, AD)
    assert held(ad) == {name: name for name in NAMES if name != "Mono"}
    assert {node.condition_label for node in ad.values()} == {"Alzheimer disease"}
    assert ad["Mono"].reason.startswith("Mono: none at FDR 0.05: ")
    (pair,) = types["NK"].counterparts[0].pairs
    assert (pair.label, pair.counterpart_label, pair.embedding) == ("NK", "NK", "space-healthy/space")
    shared, auroc = pair.scores
    assert shared.kind.startswith("shared neighbours (saturn")
    assert shared.null.startswith("labels permuted among the cells of one species")
    assert shared.q is not None
    assert shared.q <= 0.05
    assert auroc.kind.startswith("MetaNeighbor's AUROC")
    assert (auroc.p, auroc.q, auroc.null) == (None, None, "")
    assert pair.agrees is True
    turned = counterparts(store, made, "human", "mouse", level="type")
    assert (turned.nodes_a, turned.nodes_b) == (found["type"].nodes_b, found["type"].nodes_a)


def a_subclass_holds_the_types_below_it_and_a_view_what_it_selects(store: Store, made: ObjectStore) -> None:
    found = counterparts(store, made, "mouse", "human", level="subclass")
    subclasses = by_name(found.nodes_a, AD)
    assert {name: node.types for name, node in subclasses.items()} == {
        "B": ("B",), "Mono": ("Mono",), "NK": ("NK",), "T": ("CD4 T", "CD8 T"), PDC: (PDC,),
    }  # fmt: skip
    assert held(subclasses) == {"B": "B", "NK": "NK", "T": "T", PDC: PDC}
    assert (subclasses["T"].populations, subclasses["T"].counterparts[0].share) == (2, 1)
    for name in ("mouse", "human"):
        cut(store, made, name, "t", ADA, chosen={"type": ["T"]})
    view = counterparts(store, made, "mouse/t", "human/t", level="class")
    assert held(by_name(view.nodes_a, HEALTHY)) == {"CD4 T": "CD4 T", "CD8 T": "CD8 T"}
    assert held(by_name(view.nodes_b, AD)) == {"CD4 T": "CD4 T", "CD8 T": "CD8 T"}
    whole = counterparts(store, made, "mouse/t", "human", level="whole")
    assert held(by_name(whole.nodes_a, HEALTHY)) == {"mouse/t": "human"}
    assert by_name(whole.nodes_b, AD)["human"].counterparts[0].share == 0.4


def what_cannot_be_asked_is_refused_and_without_an_embedding_every_node_says_so(
    store: Store, made: ObjectStore
) -> None:
    with pytest.raises(ContractError, match="two species") as told:
        counterparts(store, made, "mouse", "mouse")
    assert told.value.code == "ARGUMENT"
    with pytest.raises(ContractError, match="subclass"):
        counterparts(store, made, "mouse", "human", level="leaf")
    with pytest.raises(UnknownTermError, match="mouse"):
        counterparts(store, made, "mous", "human")
    store.write("MATCH (e:Embedding) DETACH DELETE e")
    found = counterparts(store, made, "mouse", "human")
    assert found.embeddings == ()
    assert {node.reason for node in (*found.nodes_a, *found.nodes_b)} == {
        f"no embedding of {one} and {two} is in the graph" for one, two in ((MOUSE, HUMAN), (HUMAN, MOUSE))
    }


def graphql_and_the_saved_query_say_the_same(store: Store, made: ObjectStore, signatures: Path) -> None:
    expected = counterparts(store, made, "mouse", "human", level="type")
    asked = """query($level: AtlasLevel!) { atlasCounterparts(a: "mouse", b: "human", level: $level) { a b level
      nodesA { node types condition conditionLabel populations tested reason counterparts { node share shareBack
        reciprocal pairs { label counterpartLabel embedding agrees scores { kind value p q null } } } } } }"""
    with TestClient(create_app(store, signatures), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 5)) as client:
        found = data(client, asked, level="type")["atlasCounterparts"]
        assert (found["a"], found["level"]) == (expected.a, "type")
        for shown, node in zip(found["nodesA"], expected.nodes_a, strict=True):
            assert (shown["node"], shown["conditionLabel"], shown["reason"]) == (
                node.node, node.condition_label, node.reason,
            )  # fmt: skip
            assert [each["node"] for each in shown["counterparts"]] == [each.node for each in node.counterparts]
        refused = error(client, asked.replace('b: "human"', 'b: "mouse"'), level="class")
        assert refused["extensions"]["code"] == "ARGUMENT"
    query = saved_query("counterparts-of-an-atlas")
    rows = run_user_query(store, query.text, query.filled({"atlas": "mouse", "other": "human"}))
    shown = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
    assert [(row["condition"], row["population"], row["counterpart"], row["in_other_atlas"]) for row in shown] == [
        (AD, PDC, PDC, True),
        (HEALTHY, PDC, None, False),
    ]
    told = "\n".join(text("mouse", "human", expected))
    assert "NK ~ NK (100% of its populations, 100% back)" in told
    assert "Mono: no counterpart: Mono: none at FDR 0.05" in told
    assert json.loads(json.dumps(expected.to_json())) == expected.to_json()
