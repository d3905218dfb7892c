"""The same samples under two names: pairs of stored contrasts whose vectors say so, kept as SHARES_SAMPLES in the graph.

Every pair of a species is looked at once, when data has changed; questions read the edges. What a manifest or donors tell of two
contrasts stands as it is.
"""

import hashlib

from kg.catalog import Catalog
from kg.match.likeness import CARD, alike_pairs, by_likeness
from kg.signatures import SignatureStore
from kg.store import Store
from kg.write import cleanup, write_edges, write_nodes

SOURCE = "likeness"


def link_alike(store: Store, signatures: SignatureStore) -> None:
    """Write the edges of what is in the graph now, and take away those of what was."""
    catalog = Catalog.read(store)
    here = sorted(key for key in catalog.contrasts if key in signatures.index)
    text = "\n".join((str(CARD), *(f"{key} {catalog.contrasts[key].taxon} {signatures.sha(key)}" for key in here)))
    run = "orthokg:run/likeness-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    if store.read("MATCH (s:Source {id: $id}) RETURN s.run AS run", id=SOURCE) == [{"run": run}]:
        return
    told = store.read("MATCH (a:Contrast)-[r:SHARES_SAMPLES]->(b:Contrast) WHERE r.source <> $source RETURN a.id AS a, b.id AS b", source=SOURCE)  # fmt: skip
    known, rows = {frozenset((row["a"], row["b"])) for row in told}, []
    for taxon in sorted({catalog.contrasts[key].taxon for key in here}):
        keys = [key for key in here if catalog.contrasts[key].taxon == taxon]
        stored = [signatures.get(key) for key in keys]
        for pair in alike_pairs([(s.genes, s.vector) for s in stored]):
            one, two = keys[pair.one], keys[pair.two]
            if frozenset((one, two)) not in known:
                rows.append({"subject": one, "object": two, "arm": by_likeness(pair.r), "n_shared": -1, "basis": "likeness"})
    owner = {"source": SOURCE, "run": run}
    write_nodes(store, "Run", [{"id": run, "label": "contrasts of the same samples", "method": str(CARD)}], **owner)
    write_edges(store, "SHARES_SAMPLES", "Contrast", "Contrast", rows, **owner)
    cleanup(store, **owner)
    facts = {"id": SOURCE, "label": "contrasts of the same samples, by their likeness", "version": str(CARD), "status": "loaded",
             "read_rows": len(here), "accepted": len(here), "quarantined": 0}  # fmt: skip
    write_nodes(store, "Source", [facts], **owner)
