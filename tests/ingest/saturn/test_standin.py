"""The stand-in for protein embeddings: as alike as the pairs say, unrelated elsewhere, and named as what it is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ingest.method.saturn.baselines import one_to_one
from ingest.method.saturn.genes.standin import STANDIN, read_pairs, standin, write_orthologs, write_standin
from ingest.method.saturn.genes.vectors import read_embedding
from kg.cli.main import main
from kg.errors import MethodError

PAIRS = pd.DataFrame(
    [
        ("APOE", "Apoe", 0.77),
        ("TP53", "Trp53", 0.8),
        ("TWIN", "Twin1", 0.9),
        ("TWIN", "Twin2", 0.6),
        ("GFAP", "Gfap", 0.95),
    ],
    columns=["human", "mouse", "score"],
)


def cosine(made: dict, human: str, mouse: str) -> float:
    vectors = [made[s].vectors[list(made[s].names).index(g)] for s, g in (("human", human), ("mouse", mouse))]
    return float(np.dot(*vectors) / np.prod([np.linalg.norm(v) for v in vectors]))


def test_cosines_are_the_scores_of_pairs_and_about_nothing_elsewhere():
    found = [standin(PAIRS, dimensions=4_096)]
    for row in PAIRS.itertuples():
        assert cosine(found[0], str(row.human), str(row.mouse)) == pytest.approx(row.score, abs=0.06)
    strangers = [cosine(found[0], h, m) for h, m in (("APOE", "Trp53"), ("TP53", "Gfap"), ("GFAP", "Twin1"))]
    assert np.abs(strangers).max() < 0.06


def test_neither_the_order_of_pairs_nor_those_of_other_groups_change_a_vector():
    whole, mixed, part = standin(PAIRS), standin(PAIRS.sample(frac=1, random_state=1)), standin(PAIRS.iloc[:2])
    for species in ("human", "mouse"):
        np.testing.assert_array_equal(whole[species].vectors, mixed[species].vectors)
        rows = np.searchsorted(whole[species].names, part[species].names)
        np.testing.assert_array_equal(whole[species].vectors[rows], part[species].vectors)


def test_a_huge_group_is_cut_at_its_weakest_pairs():
    chain = [(f"H{i}", f"M{j}", 0.9 if i == j else 0.1) for i in range(300) for j in (i, (i + 1) % 300)]
    made = standin(pd.DataFrame(chain, columns=["human", "mouse", "score"]), dimensions=1_024)
    assert cosine(made, "H7", "M7") == pytest.approx(0.9, abs=0.06)
    assert abs(cosine(made, "H7", "M8")) < 0.15


def test_the_file_says_what_it_is(tmp_path: Path):
    paths = write_standin(tmp_path, standin(PAIRS))
    assert [p.name for p in paths] == ["human.npz", "mouse.npz"]
    assert {read_embedding(p).kind for p in paths} == {STANDIN}
    assert "not a protein language model" in STANDIN


def test_without_pairs_there_is_none():
    with pytest.raises(MethodError, match="no pairs"):
        standin(PAIRS.iloc[:0])


def test_real_pairs(cache, tmp_path: Path):
    pairs = read_pairs(cache)
    assert pairs["score"].between(0, 1).all()
    assert len(pairs) > 20_000
    score = pairs.set_index(["human", "mouse"])["score"]
    assert 0.6 < score["APOE", "Apoe"] < 0.95
    assert score["APP", "App"] > 0.9
    made = CliRunner().invoke(main, ["embed", "standin", "--out", str(tmp_path)])
    assert made.exit_code == 0, made.output
    assert made.output.count(STANDIN) == 2
    found = one_to_one(tmp_path / "orthologs.csv", ["human", "mouse"])
    assert len(found) == len(pd.read_csv(tmp_path / "orthologs.csv")) > 12_000
    assert dict(zip(found["human"], found["mouse"], strict=True))["TP53"] == "Trp53"
    human, mouse = (read_embedding(tmp_path / f"{s}.npz") for s in ("human", "mouse"))
    vectors = [e.vectors[e.rows(np.array([g]))[0]] for e, g in ((human, "App"), (mouse, "APP"))]
    assert np.dot(*vectors) == pytest.approx(score["APP", "App"], abs=0.15)


def test_orthologs_of_the_table_stand_in_one_pair_alone(tmp_path: Path):
    rows = pd.read_csv(write_orthologs(tmp_path / "made", PAIRS.sample(frac=1, random_state=3)))
    assert list(map(tuple, rows[["human_gene", "mouse_gene"]].to_numpy())) == [
        ("APOE", "Apoe"),
        ("GFAP", "Gfap"),
        ("TP53", "Trp53"),
    ]
