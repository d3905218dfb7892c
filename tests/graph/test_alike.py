"""Contrasts of the same samples are linked once, anew when data changes, and not where more is known of them
already."""

from pathlib import Path

import numpy as np

from kg.curie import HUMAN, MOUSE
from kg.sides.catalog import Catalog
from kg.signatures.store import Reference, Signature, SignatureStore
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from kg.verdict.shared_samples import link_alike

OWNER = {"source": "dataset/x", "run": "orthokg:run/x"}


def test_pairs_are_linked_by_what_their_vectors_say(store: Store, tmp_path: Path) -> None:
    rng, signatures = np.random.default_rng(0), SignatureStore(tmp_path)
    genes = np.array([f"G{i:04}" for i in range(400)])
    x = rng.normal(size=(3, 400))

    def put(name: str, taxon: str, vector: np.ndarray) -> None:
        signatures.put(Signature(f"c/{name}", taxon, genes, vector, vector, np.full(400, 0.5), "table"))
        write_nodes(
            store, "Contrast", [{"id": f"c/{name}", "label": name, "in_taxon": taxon, "kind": "disease"}], **OWNER
        )

    for name, taxon, vector in (
        ("a", HUMAN, x[0]),
        ("again", HUMAN, x[0] * 2 + 0.1 * x[1]),
        ("turned", HUMAN, -x[0]),
        ("other", HUMAN, x[1]),
        ("mouse", MOUSE, x[0]),
        ("b", HUMAN, x[2]),
        ("sister", HUMAN, x[2]),
    ):
        put(name, taxon, vector)
    told = [{"subject": "c/b", "object": "c/sister", "arm": "wild type", "n_shared": 3, "basis": "donors"}]
    write_edges(store, "SHARES_SAMPLES", "Contrast", "Contrast", told, **OWNER)

    def shares() -> dict[str, set[tuple[str, str]]]:
        return {
            key[2:]: {(s[0][2:], s[2]) for s in c.shares}
            for key, c in Catalog.read(store).contrasts.items()
            if c.shares
        }

    def like(r: str) -> str:
        return f"its samples, by their likeness (r {r}),"

    wanted = {
        "a": {("again", like("1.00")), ("turned", like("-1.00"))},
        "again": {("a", like("1.00")), ("turned", like("-1.00"))},
        "turned": {("a", like("-1.00")), ("again", like("-1.00"))},
        "b": {("sister", "wild type")},
        "sister": {("b", "wild type")},
    }
    link_alike(store, signatures)
    assert shares() == wanted
    made = store.read("MATCH (s:Source {id: 'likeness'}) RETURN s.run AS run")
    link_alike(store, signatures)
    assert shares() == wanted
    assert store.read("MATCH (s:Source {id: 'likeness'}) RETURN s.run AS run") == made
    put("turned", HUMAN, rng.normal(size=400))
    link_alike(store, signatures)
    left = {
        "a": {("again", like("1.00"))},
        "again": {("a", like("1.00"))},
        "b": wanted["b"],
        "sister": wanted["sister"],
    }
    assert shares() == left

    expression = rng.normal(8, 2, 400) + 0.3 * rng.normal(size=(5, 400))
    for name, rows in (("p", [0, 1, 2]), ("q", [2, 3, 4])):
        donors = tuple(f"d/{name}{row}" for row in rows)
        signatures.put(
            Signature(
                f"c/{name}", HUMAN, genes, v := rng.normal(size=400), v, np.full(400, 0.5), "table", donors=donors
            )
        )
        write_nodes(
            store, "Contrast", [{"id": f"c/{name}", "label": name, "in_taxon": HUMAN, "kind": "disease"}], **OWNER
        )
        signatures.put_reference(
            Reference(f"r/{name}", HUMAN, "axes", genes, expression[rows] + 0.2, np.full(3, "g"), donors)
        )
        write_nodes(
            store, "NoiseReference", [{"id": f"r/{name}", "label": name, "in_taxon": HUMAN, "role": "axes"}], **OWNER
        )
    link_alike(store, signatures)
    arm = "1 samples, by the likeness of their expression,"
    assert shares() == left | {"p": {("q", arm)}, "q": {("p", arm)}}
