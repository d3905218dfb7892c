"""Simulated and measured data do not meet in one graph, whichever comes first."""

from pathlib import Path

import pytest
import yaml

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.load.apart import misplaced
from ingest.load.pipeline import Pipeline
from kg.errors import ContractError
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from tests.graph.dump import dump
from tests.ingest.test_bad_input import TABLE, Forty, table_manifest
from tests.simulated import ingested

CODE = "SIMULATED_BESIDE_MEASURED"


def study(folder: Path, *, simulated: bool) -> Path:
    folder.mkdir()
    (folder / "t.csv").write_bytes(TABLE)
    path = table_manifest(folder)
    told = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(told | {"dataset": told["dataset"] | {"simulated": simulated}}))
    return path


def test_a_measured_study_is_refused_by_a_simulated_graph_and_a_simulated_one_is_read(
    embedded_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = embedded_store
    ingested(store, tmp_path)
    before, objects = dump(store), SignatureStore(tmp_path / "signatures").version

    def loaded(path: Path) -> Pipeline:
        pipeline = Pipeline(store, SignatureStore(tmp_path / "signatures"), Cache.open(), tmp_path)
        monkeypatch.setattr(pipeline, "genes", lambda _: Forty())
        pipeline.run([path])
        return pipeline

    refused = loaded(study(tmp_path / "measured", simulated=False)).report
    (told,) = (step.reason for step in refused.steps if step.status == "failed")
    assert refused.exit_code == 1
    assert told.startswith(f"[{CODE}]")
    assert f"ORTHOKG_HOME={tmp_path}-measured" in told
    assert dump(store) == before
    assert SignatureStore(tmp_path / "signatures").version == objects
    assert not [
        step for step in loaded(study(tmp_path / "made", simulated=True)).report.steps if step.status == "failed"
    ]
    assert store.read("MATCH (d:Dataset {title: 't'}) RETURN d.simulated AS simulated") == [{"simulated": True}]


def test_the_simulated_study_is_refused_by_a_graph_of_measured_data(store: Store, tmp_path: Path) -> None:
    store.write("MERGE (d:Dataset {id: 'orthokg:dataset/real'}) SET d.source = 'dataset/real', d.run = 'r'")
    before = dump(store)
    with pytest.raises(
        ContractError, match=f"holds measured data .orthokg:dataset/real.*ORTHOKG_HOME={tmp_path}-simulated"
    ) as refused:
        Pipeline(store, SignatureStore(tmp_path / "signatures"), Cache.open(), tmp_path).run_simulated()
    assert refused.value.code == CODE
    assert dump(store) == before
    assert not (tmp_path / "signatures").exists()


@pytest.mark.parametrize(
    ("there", "stays"),
    [
        ({}, {"a"}),
        ({False: "x"}, {"a"}),
        ({True: "x"}, {"b"}),
        ({False: "x", True: "y"}, {"a"}),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_both_kinds_one_is_kept_in_any_order(
    there: dict[bool, str], stays: set[str], turned: bool, tmp_path: Path
) -> None:
    batches = []
    for source, simulated in (("a", None), ("b", True))[:: -1 if turned else 1]:
        batch = Batch(f"dataset/{source}", "1", 0, 0)
        batch.nodes["Dataset"].append({"id": source, **({} if simulated is None else {"simulated": simulated})})
        batches.append(batch)
    wrong = misplaced(batches, there, tmp_path)
    assert {"a", "b"} - {source.removeprefix("dataset/") for source in wrong} == stays
    assert all(error.code == CODE for error in wrong.values())
