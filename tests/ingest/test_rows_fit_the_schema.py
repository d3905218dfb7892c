"""Every row that a source of knowledge makes has only the properties, of the kinds, that the schema declares."""

import pytest

from ingest.batch import Batch
from ingest.source import drugs, genes, models, modules, networks, ontologies, orthologs, published
from kg.match.orthology import MAIN
from kg.schema.edges import EDGE_BY_TYPE
from kg.schema.nodes import NODE_BY_LABEL

KINDS = {"string": str, "integer": int, "float": float, "boolean": bool, "strings": list, "floats": list}
NAMES = ("genes", "models", "drugs", "published", "modules", "networks", "orthologs", "ontology")


@pytest.fixture(scope="module")
def batches(cache, human, mouse, ortholog_file, main_table) -> dict[str, Batch]:
    return {
        "genes": genes.transform(genes.get(cache)),
        "models": models.transform(models.get(cache)),
        "drugs": drugs.transform(drugs.get(cache), human),
        "published": published.transform(published.get(cache)),
        "modules": modules.transform(modules.read(modules.get(cache)), mouse, main_table),
        "networks": networks.transform("collectri", networks.get(cache, "collectri"), human),
        "orthologs": orthologs.transform(MAIN, ortholog_file, human, mouse),
        "ontology": ontologies.transform(ontologies.load("UBERON")),
    }


@pytest.mark.parametrize("name", NAMES)
def test_rows_fit_the_schema(batches, name):
    batch = batches[name]
    assert batch.nodes or batch.edges
    wrong = set()
    for label, rows in batch.nodes.items():
        kinds = {p.name: KINDS[p.kind] for p in NODE_BY_LABEL[label].properties} | {"id": str}
        wrong |= {(label, k, type(v)) for row in rows for k, v in row.items() if type(v) is not kinds.get(k)}
    for (kind, subject, target), rows in batch.edges.items():
        assert (subject, target) in EDGE_BY_TYPE[kind].pairs
        kinds = {p.name: KINDS[p.kind] for p in EDGE_BY_TYPE[kind].properties} | {"subject": str, "object": str}
        wrong |= {(kind, k, type(v)) for row in rows for k, v in row.items() if type(v) is not kinds.get(k)}
    assert not wrong
