"""The simulated study in a store."""

from pathlib import Path

from ingest.fetch.cache import Cache
from ingest.load.pipeline import Pipeline
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from tests.kept import made_once


def ingested(store: Store, folder: Path) -> SignatureStore:
    """Signatures in ``folder`` of the study in the store. What is there already goes through an ingest. One graph is
    kept for both stores: that it is what each of them ingests is held by a test."""

    def ingest(signatures: SignatureStore) -> None:
        assert Pipeline(store, signatures, Cache.open(), folder).run_simulated().exit_code == 0

    return made_once(store, folder, "simulated", ingest)
