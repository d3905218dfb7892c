"""From a file of single cells to donor-level contrasts of each cell population."""

from pathlib import Path

import anndata
import numpy as np
import pytest

from ingest.batch import Batch
from ingest.fetch.genes_index import GeneIndex
from ingest.manifest import manifest
from ingest.manifest.manifest import Manifest
from ingest.study import datasets
from kg.curie import local, short
from kg.errors import ContractError
from kg.match.contrast import contrast, log_cpm
from kg.signatures.store import Reference, Signature
from tests.ingest.make_cells import CASE_CONTROL, study, write

FACTS = CASE_CONTROL + "reference: {where: {disease: normal}, groups: [disease]}\n"


@pytest.fixture(scope="module")
def genes(mouse: GeneIndex) -> list[str]:
    return [g.removeprefix("ENSEMBL:") for g in sorted(mouse.symbols)[:200]]


def read(folder: Path, mouse: GeneIndex, facts: str = FACTS) -> tuple[Manifest, Batch]:
    (folder / "m.yaml").write_text(facts)
    m = manifest.read(folder / "m.yaml")
    files = datasets.Files({name: folder / name for name in m.files()}, dict.fromkeys(m.files(), "0" * 64))
    return m, datasets.transform(m, files, mouse)


def of(batch: Batch, population: str) -> Signature:
    return batch.arrays[f"orthokg:contrast/made/case.{short(population)}"]


def test_a_contrast_is_made_in_each_population_from_sums_of_donors(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    made = study(genes)
    write(made, tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse)
    donors = sorted(set(made.obs["donor_id"]))
    for term, name in (
        ("CL:0000127", "astrocyte"),
        ("CL:0000129", "microglial cell"),
        ("with nobody waiting-of cell", "with nobody waiting-of cell"),
    ):
        sums = np.zeros((len(genes), len(donors)))
        for row, donor, kind in zip(
            np.asarray(made.X.todense()), made.obs["donor_id"], made.obs["cell_type_ontology_term_id"], strict=True
        ):
            if kind == term:
                sums[:, donors.index(donor)] += row
        kept = (sums >= 10).mean(axis=1) > 0.5
        case = np.array([float(int(d[1:]) % 2) for d in donors])
        want = contrast(log_cpm(sums[kept]).T, case)
        found = of(batch, name)
        assert list(found.genes) == [g for g, k in zip(genes, kept, strict=True) if k]
        np.testing.assert_allclose(found.vector, want.vector, rtol=1e-9)
        np.testing.assert_allclose(found.factor, want.factor, rtol=1e-9, atol=1e-12)
        assert (found.noise, found.df) == ("donors", 6)
        reference = batch.arrays[local("reference", "made", name)]
        assert isinstance(reference, Reference)
        assert reference.expression.shape == (4, len(found.genes))


def test_the_planted_change_is_in_its_population_alone(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    write(study(genes), tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse)
    changed = [
        s.effect[np.isin(s.genes, genes[:20])].mean() for s in (of(batch, "astrocyte"), of(batch, "microglial cell"))
    ]
    assert changed[0] > 0.5
    assert abs(changed[1]) < 0.2


def test_populations_stand_on_the_cell_ontology_or_keep_the_authors_words(
    tmp_path: Path, mouse: GeneIndex, genes: list[str]
):
    write(study(genes), tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse)
    rows = {row["label"]: row for row in batch.nodes["CellPopulation"]}
    assert sorted(rows) == ["astrocyte", "microglial cell", "with nobody waiting-of cell"]
    assert rows["astrocyte"]["n_cells"] == 160
    assert rows["astrocyte"]["n_donors"] == 8
    types = {e["subject"]: (e["object"], e["method"]) for e in batch.edges["OF_TYPE", "CellPopulation", "CellType"]}
    assert types[rows["astrocyte"]["id"]] == ("CL:0000127", "id")
    assert rows["with nobody waiting-of cell"]["id"] not in types
    assert any("with nobody waiting-of cell; kept as the authors' words" in gap for gap in batch.missing)
    state = next(r for r in batch.nodes["Contrast"] if r["id"].endswith(short("with nobody waiting-of cell")))
    assert state["material"] == "with nobody waiting-of cell"


def test_a_wider_term_is_told_and_makes_no_state_of_that_type(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    write(study(genes, types=("Astro", "Micro-PVM", "unID")), tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse)
    types = {e["subject"]: (e["object"], e["method"]) for e in batch.edges["OF_TYPE", "CellPopulation", "CellType"]}
    assert sorted(types.values()) == [("CL:0000127", "mapping"), ("CL:0000878", "broad mapping")]
    materials = {r["id"].rsplit(".", 1)[1]: r["material"] for r in batch.nodes["Contrast"]}
    assert materials == {"astrocyte": "astrocyte", short("Micro-PVM"): "Micro-PVM"}
    assert "made: 160 cells name no cell type ('unID') and are in no population" in batch.missing
    assert "made: only a wider Cell Ontology term for Micro-PVM (CL:0000878)" in batch.missing


def test_too_few_donors_stand_as_untestable_with_the_numbers(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    made = study(genes)
    few = (made.obs["cell_type_ontology_term_id"] == "CL:0000129") & (made.obs["donor_id"].isin(["d1", "d3"]))
    kept = ~few.to_numpy() | (np.arange(made.n_obs) % 20 < 4)
    write(made[kept].copy(), tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse)
    row = next(r for r in batch.nodes["Contrast"] if r["id"].endswith("microglial-cell"))
    assert (row["noise"], row["n_case"], row["n_control"]) == ("none", 2, 4)
    assert row["noise_reason"] == "2 case and 4 control donors have 10 cells or more of it; 3 per arm are needed"
    assert of(batch, "astrocyte").noise == "donors"
    assert "made: left out d1: 4 cells of microglial cell" in batch.missing


@pytest.mark.parametrize("place", ["layers/counts", "raw.X", "X"])
def test_counts_are_found_where_they_lie(tmp_path: Path, mouse: GeneIndex, genes: list[str], place: str):
    made = study(genes)
    write(made, tmp_path / "cells.h5ad")
    _, plain = read(tmp_path, mouse)
    if place == "raw.X":
        made.raw = made.copy()
    elif place == "layers/counts":
        made.layers["counts"] = made.X.copy()
    if place != "X":
        made.X = made.X.log1p()
    write(made, tmp_path / "cells.h5ad")
    _, found = read(tmp_path, mouse)
    np.testing.assert_array_equal(of(found, "astrocyte").vector, of(plain, "astrocyte").vector)


def test_normalised_values_are_no_counts(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    made: anndata.AnnData = study(genes)
    made.X = made.X.log1p()
    write(made, tmp_path / "cells.h5ad")
    with pytest.raises(ContractError, match="holds whole, non-negative counts") as error:
        read(tmp_path, mouse)
    assert error.value.code == "NO_COUNTS"
    with pytest.raises(ContractError, match="have fractions") as error:
        read(tmp_path, mouse, FACTS.replace("cells.h5ad}", "cells.h5ad, counts_in: X}"))
    assert error.value.code == "FRACTIONAL_COUNTS"
