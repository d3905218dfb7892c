"""A table of several groups is never mixed, and one that was cut unsaid is known as an upload's is."""

from pathlib import Path

import numpy as np
import pytest

from kg.errors import ContractError
from kg.match.tables.vector import LOOKS_CUT
from tests.ingest.test_bad_input import SYMBOLS, run, table_manifest

RNG = np.random.default_rng(0)


def groups(path: Path, column: str, names: list[str], genes: int = 20) -> None:
    rows = [f"{s},{RNG.normal():.3f},{RNG.uniform():.3f},{g}" for g in names for s in SYMBOLS[:genes]]
    path.write_text("\n".join([f"g,e,p,{column}", *rows]) + "\n")


@pytest.mark.parametrize(
    ("column", "names"), [("cluster", ["0", "1", "2"]), ("Comparison", ["AD", "PSP"]), ("lot", ["x", "y", "z"])]
)
@pytest.mark.parametrize("duplicates", ["refuse", "smallest_p", "mean"])
def test_a_table_of_several_groups_asks_for_its_group(tmp_path: Path, column: str, names: list[str], duplicates: str):
    groups(tmp_path / "t.csv", column, names)
    with pytest.raises(ContractError) as caught:
        run(table_manifest(tmp_path, duplicates=duplicates))
    assert caught.value.code == "SEVERAL_GROUPS"
    assert f"{column!r} has {', '.join(map(repr, names))}" in str(caught.value)
    assert f"where: {{{column}: {names[0]!r}}}" in str(caught.value)
    batch = run(table_manifest(tmp_path, duplicates=duplicates, where={column: names[1]}))
    assert (batch.read, batch.accepted) == (20, 20)


def test_groups_that_are_asked_for_together_are_mixed_where_a_rule_says_how(tmp_path: Path):
    groups(tmp_path / "t.csv", "cluster", ["0", "1", "2"])
    where = {"cluster": ["0", "1"]}
    with pytest.raises(ContractError) as caught:
        run(table_manifest(tmp_path, where=where))
    assert caught.value.code == "SEVERAL_GROUPS"
    assert run(table_manifest(tmp_path, where=where, duplicates="mean")).read == 40


def test_probes_are_no_groups(tmp_path: Path):
    rows = [
        f"{s},{RNG.normal():.3f},{RNG.uniform():.3f},probe{i},{'chr1' if i % 5 else 'chr2'},{RNG.integers(2)}"
        for i, s in enumerate([*SYMBOLS, *SYMBOLS[:25]])
    ]
    (tmp_path / "t.csv").write_text("\n".join(["g,e,p,probe,chromosome,significant", *rows]) + "\n")
    batch = run(table_manifest(tmp_path, duplicates="smallest_p"))
    assert (batch.read, len(batch.nodes["Contrast"])) == (65, 1)


@pytest.mark.parametrize(("least", "cut"), [(0.04, True), (0.9, False)])
def test_a_table_that_looks_cut_lends_no_noise_and_says_so(tmp_path: Path, least: float, cut: bool):
    rows = [f"{s},{RNG.normal():.3f},{p:.4f}" for s, p in zip(SYMBOLS, np.linspace(0.001, least, 40), strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["g,e,p", *rows]) + "\n")
    batch = run(table_manifest(tmp_path))
    (row,) = batch.nodes["Contrast"]
    assert row["cut"] == (LOOKS_CUT if cut else "")
    assert row["noise"] == ("none" if cut else "reference")
    assert (f"cut: {LOOKS_CUT}" in row["flags"]) == cut
    assert row["universe"] == (0 if cut else 40)
    assert any("the table is cut" in line for line in batch.missing) == cut
