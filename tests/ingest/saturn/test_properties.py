"""What must hold of any SATURN run, however small or odd its cells."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pytest
from click.testing import CliRunner

from ingest.method.saturn.choose import survey
from ingest.method.saturn.genes.vectors import read_embedding
from ingest.method.saturn.run_file import RunFile, read_run
from ingest.method.saturn.settings import Settings
from kg.cli.main import main
from kg.errors import ContractError
from tests.ingest.saturn.two_species import World, transferred, write_run

pytestmark = pytest.mark.models
SHORT = Settings(epochs=1, metric_epochs=6, hidden=32, latent=16)


def embedded(path: Path, out: Path, labels: str | None = "cell_type", settings: Settings = SHORT) -> anndata.AnnData:
    from ingest.method.saturn.run import embed

    run = replace(read_run(path), labels=labels, batch="batch")
    embed(run, out, settings, lambda *_: None)
    return anndata.read_h5ad(out / "saturn.h5ad")


def pair(world: World, cells: int = 150) -> list:
    return [world.species(0, cells, [0, 1, 2, 3, 4]), world.species(1, cells, [0, 1, 2, 3, 5])]


def same(a: anndata.AnnData, b: anndata.AnnData) -> bool:
    points = [np.asarray(x.obsm[k]) for k in ("X_saturn", "X_macrogenes") for x in (a, b[a.obs_names])]
    return bool(np.array_equal(points[0], points[1]) and np.array_equal(points[2], points[3]))


def test_neither_the_order_of_cells_nor_a_second_run_nor_the_disk_changes_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = pair(World())
    first = embedded(write_run(tmp_path / "a", made), tmp_path / "a" / "out")
    assert same(first, embedded(tmp_path / "a" / "run.csv", tmp_path / "again"))
    mixed = [(cells[np.random.default_rng(1).permutation(cells.n_obs)].copy(), vectors) for cells, vectors in made]
    second = embedded(write_run(tmp_path / "b", mixed), tmp_path / "b" / "out")
    assert second.obs_names[:150].tolist() == mixed[0][0].obs_names.tolist(), "the order of the file is kept"
    assert same(first, second)
    monkeypatch.setattr("ingest.method.saturn.run._ON_DISK", 0)
    assert same(first, embedded(tmp_path / "a" / "run.csv", tmp_path / "disk"))
    assert (tmp_path / "disk" / "counts-0" / "data.f4").stat().st_size > 0


class StopError(Exception):
    pass


def test_a_run_that_was_broken_off_goes_on(tmp_path: Path):
    from ingest.method.saturn.run import embed

    path = write_run(tmp_path, pair(World()))
    whole = embedded(path, tmp_path / "whole", settings=replace(SHORT, epochs=2))
    for last in (("autoencoder", 1), ("metric", 3)):
        seen: list[tuple[str, int]] = []

        def tell(stage: str, epoch: int, most: int, loss: float, last=last, seen=seen) -> None:
            seen.append((stage, epoch))
            if (stage, epoch) == last:
                raise StopError

        with pytest.raises(StopError):
            embed(
                replace(read_run(path), labels="cell_type", batch="batch"),
                tmp_path / "parts",
                replace(SHORT, epochs=2),
                tell,
            )
    assert ("autoencoder", 1) not in seen, "what was done is not done again"
    assert same(whole, embedded(path, tmp_path / "parts", settings=replace(SHORT, epochs=2)))
    other = embedded(path, tmp_path / "parts", settings=replace(SHORT, epochs=2, seed=1))
    assert not same(whole, other), "another run's checkpoint is not used"


@pytest.mark.parametrize("labelled", ["none", "human"])
def test_labels_of_one_species_are_enough_and_none_is_allowed(tmp_path: Path, labelled: str):
    made = pair(World())
    truth = [cells.obs["cell_type"].copy() for cells, _ in made]
    for name, (cells, _) in zip(("human", "mouse"), made, strict=True):
        if name != labelled:
            del cells.obs["cell_type"]
    embedded(
        write_run(tmp_path, made),
        tmp_path / "out",
        None if labelled == "none" else "cell_type",
        replace(SHORT, epochs=2, metric_epochs=12),
    )
    import pandas as pd
    import yaml

    assert transferred(tmp_path / "out" / "saturn.h5ad", truth=pd.concat(truth)) > 0.85
    card = yaml.safe_load((tmp_path / "out" / "card.yaml").read_text())
    guides = ["labels" if s == labelled else "none given: clusters of its own cells" for s in ("human", "mouse")]
    assert [s["guide"] for s in card["species"]] == guides


def test_species_that_share_no_type(tmp_path: Path):
    world = World()
    made = [world.species(0, 120, [0, 1, 2]), world.species(1, 120, [3, 4, 5])]
    cells = embedded(write_run(tmp_path, made), tmp_path / "out")
    assert np.isfinite(cells.obsm["X_saturn"]).all()


def test_one_type_alone_and_a_batch_of_one_cell(tmp_path: Path):
    world = World()
    made = [world.species(0, 60, [0]), world.species(1, 60, [0, 1])]
    made[0][0].obs["batch"] = ["lonely"] + ["b0"] * 59
    cells = embedded(write_run(tmp_path, made), tmp_path / "out")
    assert np.isfinite(cells.obsm["X_saturn"]).all()
    assert (cells.obs["batch"] == "lonely").sum() == 1


def test_three_species(tmp_path: Path):
    world = World()
    made = [*pair(world), world.species(2, 150, [0, 1, 2, 3])]
    embedded(write_run(tmp_path, made), tmp_path / "out")
    assert transferred(tmp_path / "out" / "saturn.h5ad", "marmoset", "mouse") > 0.9


def test_no_coverage_is_an_error(tmp_path: Path):
    made = pair(World(), 60)
    path = write_run(tmp_path, made)
    np.savez(tmp_path / "mouse.npz", genes=np.array(["other_1", "other_2"]), vectors=np.ones((2, 48)))
    with pytest.raises(ContractError, match=r"mouse\.h5ad.*0\.0% of \d+ expressed genes.*other_1") as error:
        embedded(path, tmp_path / "out")
    assert error.value.code == "COVERAGE"


def test_labels_that_no_file_has(tmp_path: Path):
    path = write_run(tmp_path, pair(World(), 60))
    with pytest.raises(ContractError, match="celltype") as error:
        embedded(path, tmp_path / "out", "celltype")
    assert error.value.code == "NO_LABELS"


def test_counterparts_of_variable_genes_are_used_though_they_vary_less(tmp_path: Path):
    from ingest.method.saturn.run import read_inputs

    made = pair(World(), 150)
    run = replace(read_run(write_run(tmp_path, made)), labels="cell_type", batch="batch")
    species, _ = read_inputs(run, replace(SHORT, genes=60), tmp_path)
    plain = [survey(s.species, s.path, read_embedding(s.embedding), 60, 0.3) for s in run.sources]
    family = [{str(g)[3:]: str(g) for g in each.matrix.genes if int(str(g)[3:]) < 240} for each in plain]
    for own, other in ((0, 1), (1, 0)):
        chosen, used = (
            {str(g)[3:] for g in genes}
            for genes in (plain[other].matrix.genes[plain[other].chosen], species[own].genes)
        )
        wanted = chosen & set(family[own])
        assert len(wanted - {str(g)[3:] for g in plain[own].matrix.genes[plain[own].chosen]}) > 10, (
            "there is something to add"
        )
        assert len(wanted & used) >= 0.9 * len(wanted)
        assert len(species[own].genes) <= 120


def test_fractions_of_counts_want_a_word(tmp_path: Path):
    made = pair(World(), 60)
    made[1][0].X.data += 0.25
    path = write_run(tmp_path, made)
    with pytest.raises(ContractError, match="FRACTIONAL_COUNTS"):
        embedded(path, tmp_path / "out")
    told = path.read_text().splitlines()
    path.write_text("\n".join([f"{told[0]},scale", f"{told[1]},", f"{told[2]},corrected"]))
    assert np.isfinite(embedded(path, tmp_path / "out").obsm["X_saturn"]).all()
    path.write_text("\n".join([f"{told[0]},scale", f"{told[1]},log2", f"{told[2]},corrected"]))
    with pytest.raises(ContractError, match=r"row 1: scale.*log2") as error:
        read_run(path)
    assert error.value.code == "BAD_VALUE"


def test_a_run_file_tells_all_that_is_wrong(tmp_path: Path):
    path = tmp_path / "run.csv"
    path.write_text("path,species,embedding_path\nno.h5ad,human,no.npz\nno.h5ad,human,\n")
    with pytest.raises(ContractError) as error:
        read_run(path)
    assert [i.rule.split(":")[0] for i in error.value.issues] == ["MISSING_FILE", "MISSING_FILE", "MISSING_VALUE"]
    path.write_text("path,species\na,b\n")
    with pytest.raises(ContractError, match="embedding_path"):
        read_run(path)


def test_a_manifest_says_the_same(tmp_path: Path):
    table = write_run(tmp_path, pair(World(), 20))
    rows = "".join(f"  - {{path: {s}.h5ad, species: {s}, embedding_path: {s}.npz}}\n" for s in ("human", "mouse"))
    (tmp_path / "run.yaml").write_text(f"labels: cell_type\nbatch: batch\ncells:\n{rows}")
    assert read_run(tmp_path / "run.yaml") == RunFile(read_run(table).sources, "cell_type", "batch")
    (tmp_path / "run.yaml").write_text("species: 3\n")
    with pytest.raises(ContractError, match="'cells'"):
        read_run(tmp_path / "run.yaml")


def test_without_the_extra_it_says_what_to_install(tmp_path: Path):
    path = write_run(tmp_path, pair(World(), 20))
    code = (
        "import sys; sys.modules['torch'] = None; from kg.cli.main import main; main(['embed', 'saturn',"
        f" {str(path)!r}, '--out', {str(tmp_path / 'out')!r}])"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert made.returncode == 1
    assert "orthokg[models]" in made.stderr
    assert "Traceback" not in made.stderr


def test_a_baseline_asks_for_its_orthologs(tmp_path: Path):
    path = write_run(tmp_path, pair(World(), 20))
    made = CliRunner().invoke(main, ["embed", "saturn", str(path), "--out", str(tmp_path / "out"), "--method", "pca"])
    assert made.exit_code == 1
    assert "--orthologs" in made.output
