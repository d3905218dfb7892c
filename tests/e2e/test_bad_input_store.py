"""Whatever is wrong with an input, the graph is the same before and after, on both stores."""

from pathlib import Path

import pytest

from ingest.fetch.cache import Cache
from ingest.load.pipeline import Pipeline
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from tests.graph.dump import dump
from tests.ingest.test_bad_cells import CELL_FAULTS, human
from tests.ingest.test_bad_input import FAULTS, Forty


@pytest.mark.parametrize(("faults", "genes"), [(FAULTS, Forty()), (CELL_FAULTS, human())], ids=["tables", "cells"])
def test_no_fault_of_a_file_changes_the_graph(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: dict, genes: object
) -> None:
    store.write("MERGE (s:Species {id: 'NCBITaxon:9606'}) SET s.source = 'genes', s.run = 'r'")
    before = dump(store)
    pipeline = Pipeline(store, SignatureStore(tmp_path / "signatures"), Cache.open(), tmp_path)
    monkeypatch.setattr(pipeline, "genes", lambda _: genes)
    for name, (build, code, remedy) in faults.items():
        folder = tmp_path / name.replace(" ", "-").replace("/", "-")
        folder.mkdir()
        pipeline.load_manifest(build(folder))
        failed = pipeline.report.steps[-1]
        assert failed.status == "failed", name
        assert failed.reason.startswith(f"[{code}]"), f"{name}: {failed.reason}"
        assert remedy.lower() in failed.reason.lower(), name
    assert dump(store) == before
    assert pipeline.report.exit_code == 1
    assert not pipeline.signatures.index
