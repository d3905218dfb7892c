"""Load a small network into the store of the environment: a program of its own, so that a test can kill it.

python load.py STORE RUN GENES TARGETS_PER_REGULON
"""

import sys

from kg.store import write
from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema


def rows(genes: int, targets: int) -> tuple[list[dict], list[dict], list[dict]]:
    """Genes, regulons (a tenth as many), and relationships."""
    gene = [{"id": f"ENSEMBL:ENSG{i:011d}", "symbol": f"G{i}", "in_taxon": "NCBITaxon:9606"} for i in range(genes)]
    regulon = [{"id": f"orthokg:regulon/{i}", "label": f"T{i}", "tf": f"T{i}"} for i in range(genes // 10)]
    target = [
        {"subject": each["id"], "object": gene[(i * 7 + j * 3) % genes]["id"], "sign": j % 3 - 1, "support": j}
        | ({"pmids": [f"PMID:{j}"]} if j % 2 else {})
        for i, each in enumerate(regulon)
        for j in range(targets)
    ]
    return gene, regulon, target


def load(store: Store, run: str, genes: int, targets: int) -> None:
    gene, regulon, target = rows(genes, targets)
    write.write_nodes(store, "Gene", gene, source="genes", run=run)
    write.write_nodes(store, "Regulon", regulon, source="net", run=run)
    write.write_edges(store, "REGULATES", "Regulon", "Gene", target, source="net", run=run)
    write.cleanup(store, source="net", run=run)


if __name__ == "__main__":
    write.BATCH = 100
    with open_store(sys.argv[1]) as opened:
        ensure_schema(opened)
        load(opened, sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
