"""The same samples under two names: pairs of stored contrasts whose vectors, or whose samples' expression, say so, kept
as SHARES_SAMPLES in the graph.

Every pair of a species is looked at once, when data has changed; questions read the edges. What a manifest or donors
say of two contrasts is kept.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from kg.match.likeness import CARD, alike_pairs, by_likeness, same_samples
from kg.sides.catalog import Catalog
from kg.signatures.store import Reference, SignatureStore
from kg.store.driver import Store
from kg.store.write import cleanup, write_edges, write_nodes, wrote_before

SOURCE = "likeness"


def link_alike(store: Store, signatures: SignatureStore) -> None:
    """Writes the edges for what is in the graph now, and removes those for what no longer is."""
    catalog = Catalog.read(store)
    here = sorted(key for key in catalog.contrasts if key in signatures.index)
    lent = sorted(key for key in catalog.references if key in signatures.index)
    told = store.read(
        "MATCH (a:Contrast)-[r:SHARES_SAMPLES]->(b:Contrast) WHERE r.source <> $source RETURN a.id AS a, b.id AS b",
        source=SOURCE,
    )
    text = "\n".join(
        (
            str(CARD),
            *sorted(f"{row['a']} {row['b']}" for row in told),
            *(f"{key} {catalog.contrasts[key].taxon} {signatures.sha(key)}" for key in here),
            *(f"{key} {signatures.sha(key)}" for key in lent),
        )
    )
    run = "orthokg:run/likeness-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    done = store.read("MATCH (s:Source {id: $id}) RETURN s.run AS run", id=SOURCE)
    if done == [{"run": run}]:
        return
    known = {frozenset((row["a"], row["b"])) for row in told}
    rows: list[dict[str, Any]] = []
    for taxon in sorted({catalog.contrasts[key].taxon for key in here}):
        keys = [key for key in here if catalog.contrasts[key].taxon == taxon]
        stored = [signatures.get(key) for key in keys]
        for pair in alike_pairs([(s.genes, s.vector) for s in stored]):
            one, two = keys[pair.one], keys[pair.two]
            if frozenset((one, two)) not in known:
                known.add(frozenset((one, two)))
                rows.append(
                    {"subject": one, "object": two, "arm": by_likeness(pair.r), "n_shared": -1, "basis": "likeness"}
                )
        twins = _twins([signatures.get_reference(key) for key in lent if catalog.references[key].taxon == taxon])
        of = [(key, frozenset(s.donors)) for key, s in zip(keys, stored, strict=True) if twins.keys() & set(s.donors)]
        for at, (one, mine) in enumerate(of):
            for two, theirs in of[at + 1 :]:
                n = len(theirs & {twin for donor in mine for twin in twins.get(donor, ())})
                if n and frozenset((one, two)) not in known:
                    arm = f"{n} samples, by the likeness of their expression,"
                    rows.append({"subject": one, "object": two, "arm": arm, "n_shared": n, "basis": "likeness"})
    write_nodes(
        store,
        "Run",
        [{"id": run, "label": "contrasts of the same samples", "method": str(CARD)}],
        source=SOURCE,
        run=run,
    )
    write_edges(store, "SHARES_SAMPLES", "Contrast", "Contrast", rows, source=SOURCE, run=run)
    if done or wrote_before(store, source=SOURCE, run=run):
        cleanup(store, source=SOURCE, run=run)
    facts = {
        "id": SOURCE,
        "label": "contrasts of the same samples, by their likeness",
        "version": str(CARD),
        "status": "loaded",
        "read_rows": len(here),
        "accepted": len(here),
        "quarantined": 0,
    }
    write_nodes(store, "Source", [facts], source=SOURCE, run=run)


def _twins(references: Sequence[Reference]) -> dict[str, set[str]]:
    """Donor -> those of other studies that are the same sample by their expression; of donors whose expression is
    kept."""
    made: dict[str, set[str]] = {}
    for at, one in enumerate(references):
        for two in references[at + 1 :]:
            if set(one.donors) & set(two.donors):
                continue  # of one study
            for i, j in same_samples(one.genes, one.expression, two.genes, two.expression):
                a, b = one.donors[i], two.donors[j]
                made.setdefault(a, set()).add(b)
                made.setdefault(b, set()).add(a)
    return made
