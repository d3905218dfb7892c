"""A graph small enough to write down: one model, three human states, a match of every kind that the API must show."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.schema.match import AllGiven, AxesOut, Band, Change, Cohort, GivenState, MatchRecord, Null, ReferenceVerdict
from kg.sides.basis import run_of
from kg.sides.catalog import Catalog
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from kg.stored.write import write_matches
from tests.conftest import clean
from tests.kept import filled

OWNER = {"source": "small", "run": "orthokg:run/small"}
AD, HD = "MONDO:0004975", "MONDO:0007739"
MOUSE = "orthokg:contrast/tau-8m"
STATES = {"ad": AD, "ad-early": AD, "hd": HD}
GENES = [f"ENSEMBL:ENSG{n:011d}" for n in range(1, 131)]


@dataclass(frozen=True)
class Graph:
    store: Store
    signatures: Path
    records: list[MatchRecord]

    def client(self, **options) -> TestClient:
        return TestClient(
            create_app(self.store, self.signatures, **options),
            base_url="http://127.0.0.1:8000",
            raise_server_exceptions=False,
            client=("127.0.0.1", 50000),
        )


def state(name: str) -> str:
    return f"orthokg:state/{name}"


def record(name: str, version: str, **given) -> MatchRecord:
    plain = {
        "id": f"orthokg:match/{name}",
        "mouse": MOUSE,
        "mouse_label": "tau 8 months",
        "human": f"orthokg:contrast/pool-{name}",
        "human_label": f"pool {name}",
        "mouse_taxon": "NCBITaxon:10090",
        "human_taxon": "NCBITaxon:9606",
        "state": state(name),
        "disease": AD,
        "level": "gene",
        "policy": "one2one",
        "status": "UNTESTABLE",
        "reason": "no noise factor on the human side",
        "score": 1 / 7,
        "statistic": 120.5,
        "interval": None,
        "null": Null("donors", "none"),
        "p": None,
        "q": None,
        "family": "tau x gene x one2one",
        "family_size": 1,
        "other_families": (),
        "naive_p": 1e-40,
        "exploratory_p": 0.02,
        "n_features": 900,
        "effective_n": None,
        "df": None,
        "axes_out": None,
        "ceiling": None,
        "corrected_score": None,
        "specificity": "untested",
        "status_line": "UNTESTABLE",
        "sentence": "Nothing is claimed about tau: no noise factor on the human side.",
        "given": (),
        "all_given": None,
        "model_specificity": "untested",
        "model_given": (),
        "cohorts": (),
        "policy_band": (),
        "references": (),
        "changes": (),
        "n_changes": 0,
        "flags": (),
        "engineered": (),
        "method": "joint/1",
        "data_version": version,
    }
    return MatchRecord(**{**plain, **given})


def graph_records(version: str) -> list[MatchRecord]:
    changes = tuple(
        Change(
            gene,
            f"G{at}",
            "up" if at % 2 else "down",
            2.5 - at / 100,
            3.0,
            2.0,
            1e-4,
            0.01 + at / 1e4,
            True,
            (state("hd"),),
        )
        for at, gene in enumerate(GENES)
    )
    cohort = Cohort("orthokg:contrast/cohort-ad", "cohort ad", "cortex", 8, 10, "pooled", "donors", 0.3, 0.01,
                    ("rna-quality",), "CC-BY-4.0", "orthokg:dataset/ad")  # fmt: skip
    numbers = {
        "reliability": 0.8,
        "base_score": 0.37,
        "base_p": 0.002,
        "other_score": 0.44,
        "other_p": 0.005,
        "human_score": 0.6,
        "human_p": 0.001,
        "score": 0.2,
        "low": 0.05,
        "high": 0.35,
        "p": 0.03,
        "power": 0.9,
        "back_score": 0.1,
        "back_p": 0.3,
    }
    given = GivenState(
        state("hd"),
        "Huntington disease",
        "Huntington disease",
        "left",
        800,
        **numbers,
        left=True,
        explained=True,
        opposite=True,
        n_changes=7,
        note="a note",
    )
    model = replace(given, state="orthokg:contrast/cohort-hd", label="R6/2, 12 weeks", role="unlike", n_changes=3)
    verdict = record(
        "ad",
        version,
        status="SUPPORTED",
        reason="agrees",
        other_families=("q 0.05 when asked under x (family of 21)",),
        score=1 / 3,
        interval=(0.1, 0.5),
        null=Null("donors", "donors"),
        p=0.00241,
        q=0.00482,
        exploratory_p=None,
        effective_n=31.5,
        df=17,
        axes_out=AxesOut(0.25, 0.005, 5, "other animals"),
        ceiling=0.8,
        corrected_score=0.41,
        specificity="tested",
        status_line="SUPPORTED; specificity tested; unlike Huntington disease in mice",
        sentence="At 8 months, tau changes like human Alzheimer disease.",
        given=(given,),
        all_given=AllGiven(0.36, 0.1, 0.6, ("Huntington disease",), ("autism",)),
        model_specificity="tested",
        model_given=(model,),
        cohorts=(cohort,),
        references=(ReferenceVerdict("orthokg:reference/other", "other donors", 0.004),),
        policy_band=(Band("one2one", 1 / 3, 0.00241, "SUPPORTED"), Band("all", 0.2, None, "UNTESTABLE")),
        changes=changes,
        n_changes=140,
        flags=("common-axes",),
        engineered=("MAPT",),
    )
    return [verdict, record("ad-early", version)]


def write_small(store: Store, records: list[MatchRecord]) -> None:
    def nodes(label: str, *rows: dict) -> None:
        write_nodes(store, label, rows, **OWNER)

    def edges(kind: str, subject: str, target: str, *rows: tuple[str, str]) -> None:
        write_edges(store, kind, subject, target, [{"subject": a, "object": b} for a, b in rows], **OWNER)

    cohorts = {name: f"orthokg:contrast/cohort-{name}" for name in STATES}
    pools = {name: f"orthokg:contrast/pool-{name}" for name in STATES}
    human = {"in_taxon": "NCBITaxon:9606", "kind": "disease", "noise": "donors", "n_case": 8, "n_control": 10}
    nodes(
        "Disease",
        {"id": AD, "label": "Alzheimer disease"},
        {"id": HD, "label": "Huntington disease"},
        {"id": "MONDO:0000001", "label": "old name", "deprecated": True, "replaced_by": AD},
    )
    nodes("DiseaseModel", {"id": "orthokg:model/tau", "label": "TauMouse", "engineered_genes": ["MAPT"]})
    nodes("DiseaseState", *({"id": state(n), "label": f"state {n}", "disease": d} for n, d in STATES.items()))
    nodes("Dataset", {"id": "orthokg:dataset/ad", "title": "cohort", "licence": "CC-BY-4.0"})
    nodes("Tissue", {"id": "UBERON:0000956", "label": "cortex"})
    nodes("Gene", *({"id": gene, "symbol": f"G{at}", "in_taxon": "NCBITaxon:9606"} for at, gene in enumerate(GENES)))
    nodes(
        "Contrast",
        {"id": MOUSE, "label": "tau 8 months", "in_taxon": "NCBITaxon:10090", "kind": "model", "noise": "donors"},
        *({**human, "id": key, "label": f"cohort {name}", "flags": ["rna-quality"]} for name, key in cohorts.items()),
        *({**human, "id": key, "label": f"pool {name}", "kind": "pool"} for name, key in pools.items()),
    )
    nodes(
        "Source",
        {"id": "small", "label": "small", "status": "loaded", "read_rows": 3, "accepted": 2, "quarantined": 1},
        {"id": "absent", "label": "absent", "status": "missing", "reason": "no network"},
    )
    edges("OF_MODEL", "Contrast", "DiseaseModel", (MOUSE, "orthokg:model/tau"))
    edges("MODELS", "DiseaseModel", "Disease", ("orthokg:model/tau", AD))
    edges("HAS_DISEASE", "DiseaseState", "Disease", *((state(n), d) for n, d in STATES.items()))
    edges("OF_STATE", "Contrast", "DiseaseState", *((key, state(n)) for n, key in cohorts.items()))
    edges("POOL_OF", "Contrast", "DiseaseState", *((key, state(n)) for n, key in pools.items()))
    edges("FROM_DATASET", "Contrast", "Dataset", *((key, "orthokg:dataset/ad") for key in cohorts.values()))
    edges("IN_TISSUE", "Contrast", "Tissue", *((key, "UBERON:0000956") for key in cohorts.values()))
    write_matches(store, records, **OWNER)
    stand(store)


def stand(store: Store) -> None:
    """The stored matches stand on the graph as it is now, as a derivation would leave them."""
    (version,) = {row["v"] for row in store.read("MATCH (k:Match) RETURN k.data_version AS v")}
    store.write("MATCH (k:Match) SET k.run = $run", run=run_of(Catalog.read(store), version))


def small_graph(store: Store, folder: Path, *, wide: bool = False) -> Graph:
    """``wide``: with every concept."""
    signatures = folder / "signatures"
    version = SignatureStore(signatures).version
    records = graph_records(version)

    def write() -> None:
        from tests.api.wide import widen

        write_small(store, records)
        if wide:
            widen(store)

    filled(store, f"{'wide' if wide else 'small'} {version}", write)
    return Graph(store, signatures, records)


@pytest.fixture
def graph(embedded_store: Store, tmp_path: Path) -> Graph:
    return small_graph(embedded_store, tmp_path)


@pytest.fixture
def any_graph(store: Store, tmp_path: Path) -> Graph:
    """The small graph, on each of the two stores."""
    return small_graph(store, tmp_path)


@pytest.fixture
def wide_graph(store: Store, tmp_path: Path) -> Graph:
    """The small graph with every concept, on each of the two stores."""
    return small_graph(store, tmp_path, wide=True)


@pytest.fixture
def wide_client(wide_graph: Graph) -> Iterator[TestClient]:
    with wide_graph.client() as made:
        yield made


@pytest.fixture(scope="module", params=["_embedded", "_neo4j"])
def still_client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The graph with every concept, on each store, written once: for modules whose tests only read."""
    made = small_graph(clean(request.getfixturevalue(request.param)), tmp_path_factory.mktemp("still"), wide=True)
    with made.client() as client:
        yield client


@pytest.fixture
def any_client(any_graph: Graph) -> Iterator[TestClient]:
    with any_graph.client() as made:
        yield made


@pytest.fixture
def client(graph: Graph) -> Iterator[TestClient]:
    with graph.client() as made:
        yield made
