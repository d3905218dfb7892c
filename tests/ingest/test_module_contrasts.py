"""The AMP-AD modules as contrasts that say why they cannot be tested."""

from ingest.source import modules
from ingest.study import module_contrasts


def test_thirty_modules_without_noise(cache, human, mouse, main_table):
    path = modules.get(cache)
    members = modules.human_genes(modules.read(path), mouse, main_table)
    batch = module_contrasts.transform(members, path, human)
    rows = batch.nodes["Contrast"]
    assert (len(rows), {row["noise"] for row in rows}) == (30, {"none"})
    assert all("standard error" in row["noise_reason"] for row in rows)
    assert {row["material"] for row in rows} == {"bulk cerebral cortex", "bulk cerebellum"}
    assert {row["id"] for row in batch.nodes["DiseaseState"]} == {
        "orthokg:state/alzheimer-disease-bulk-cerebral-cortex",
        "orthokg:state/alzheimer-disease-bulk-cerebellum",
    }
