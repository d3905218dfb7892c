"""Networks as others' tools write them: real files whole, and small ones in the true form."""

import gzip
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from ingest.study.scenic_files import read_edges, regulon_name
from kg.errors import ContractError

HEADS = ",,Enrichment,Enrichment,Enrichment,Enrichment\n,,NES,Context,TargetGenes,AUC\nTF,MotifID,,,,\n"


def motifs(folder: Path, *rows: tuple[str, str, str, str, str]) -> Path:
    path = folder / "reg.csv"
    path.write_text(
        HEADS + "".join(f'{tf},{m},{nes},"{context}","{targets}",0.1\n' for tf, m, nes, context, targets in rows)
    )
    return path


def refused(path: Path, form: str | None = None) -> ContractError:
    with pytest.raises(ContractError) as caught:
        read_edges(path, form)
    return caught.value


def as_rows(edges):
    return sorted(map(tuple, edges.table[["tf", "target", "weight", "sign", "row"]].to_numpy().tolist()))


def test_the_motif_table_of_zeisel_2015_has_425_factors(cache):
    found = read_edges(cache.get("pyscenic/GSE60361.motifs.csv.gz"))
    assert found.table["tf"].nunique() == 425
    assert found.pruned
    assert found.bad == []
    assert not found.table.duplicated(["tf", "sign", "target"]).any()
    assert set(found.context) == set(zip(found.table["tf"], found.table["sign"], strict=True))


def test_grnboost2_of_zeisel_is_read_with_and_without_its_header(cache, tmp_path):
    path = cache.get("arboreto/zeisel_sgbm_100k.txt")
    found = read_edges(path)
    assert (len(found.table), found.table["tf"].nunique(), found.table["target"].nunique()) == (100_000, 1_023, 11_699)
    assert found.bad == []
    assert not found.pruned
    theirs = pd.read_csv(path, sep="\t")
    np.testing.assert_allclose(found.table["weight"].sum(), theirs["importance"].sum())
    headless = tmp_path / "adj.tsv.gz"
    headless.write_bytes(gzip.compress("".join(path.read_text().splitlines(keepends=True)[1:501]).encode()))
    assert read_edges(headless).table.equals(found.table[:500])


def test_a_motif_table_gives_each_target_its_largest_weight(tmp_path):
    path = motifs(
        tmp_path,
        ("Sox2", "m1", "3.5", "frozenset({'activating', 'top50', 'mm10'})", "[('A', 1.5), ('B', 2.0)]"),
        ("Sox2", "m2", "5.0", "frozenset({'activating', 'mm10'})", "[('B', np.float64(3.25)), ('it\\'s', 1e-2)]"),
        ("Sox2", "m3", "4.0", "frozenset({'repressing'})", "[('A', 0.5)]"),
    )
    found = read_edges(path)
    assert as_rows(found) == [
        ("Sox2", "A", 0.5, -1, 3),
        ("Sox2", "A", 1.5, 1, 1),
        ("Sox2", "B", 3.25, 1, 2),
        ("Sox2", "it's", 0.01, 1, 2),
    ]
    assert found.context["Sox2", 1] == ("motif m2", "activating", "mm10", "top50")
    assert found.context["Sox2", -1] == ("motif m3", "repressing")


def test_code_in_a_motif_table_is_never_run(tmp_path):
    marker = tmp_path / "ran"
    good = "[('A', 1.5)]"
    evil = f"[('A', __import__('pathlib').Path('{marker}').touch())]"
    path = motifs(
        tmp_path,
        ("T", "m", "3", "frozenset({'activating'})", good),
        ("T", "m", "3", "x", evil),
        ("T", "m", "3", "x", "[('A', 1.0), 7]"),
        ("T", "m", "3", "x", "[('A', 1.0) ('B', 1.0)]"),
        ("T", "m", "3", "x", "[('A', nan)]"),
        ("T", "m", "3", "x", "[('A', -1.0)]"),
        ("T", "m", "high", "x", good),
        ("", "m", "3", "x", good),
        ("T", "m", "3", "x", "(" * 50_000),
    )
    found = read_edges(path)
    assert not marker.exists()
    assert as_rows(found) == [("T", "A", 1.5, 1, 1)]
    rules = ["bad-targets"] * 5 + ["bad-number", "no-factor", "bad-targets"]
    assert [(bad.row, bad.rule) for bad in found.bad] == list(zip(range(2, 10), rules, strict=True))


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Sox2(+)", ("Sox2", 1)),
        ("Sox2 (-)", ("Sox2", -1)),
        ("Sox2_(+)", ("Sox2", 1)),
        ("Sox2_(+)-motif", ("Sox2", 1)),
        ("Dlx1_extended (57g)", ("Dlx1", 0)),
        ("Dlx1 (35g)", ("Dlx1", 0)),
        ("Nkx2-1", ("Nkx2-1", 0)),
        ("ZNF_1(+)", ("ZNF_1", 1)),
    ],
)
def test_names_of_regulons(name, read):
    assert regulon_name(name) == read


def test_gmt_and_loom_of_the_same_regulons_agree(tmp_path):
    gmt = tmp_path / "r.gmt"
    gmt.write_text("Sox2(+)\tx\tA\tB\tA\nPax6(-)\t\tC\n\nempty\tx\n\tx\tA\n")
    found = read_edges(gmt)
    assert as_rows(found) == [("Pax6", "C", 1.0, -1, 2), ("Sox2", "A", 1.0, 1, 1), ("Sox2", "B", 1.0, 1, 1)]
    assert [(bad.row, bad.rule) for bad in found.bad] == [(3, "no-targets"), (4, "no-factor")]
    loom = tmp_path / "r.loom"
    with h5py.File(loom, "w") as file:
        file["row_attrs/Gene"] = np.array([b"A", b"B", b"C"])
        file["row_attrs/Regulons"] = np.array([(1, 0), (1, 0), (0, 1)], dtype=[("Sox2(+)", "i8"), ("Pax6(-)", "i8")])
    assert as_rows(read_edges(loom)) == as_rows(found)


def test_bad_rows_of_adjacencies_are_named_and_the_others_stay(tmp_path):
    path = tmp_path / "adj.csv"
    path.write_text(
        ",TF,target,importance,regulation,rho\n0,Sox2,A,2.5,1,.3\n1,Sox2,B,high,1,.2\n2,,B,1,1,.2\n3,Sox2,A,1.0,1,.3\n"
        "4,Sox2,C,-1,1,.1\n5,Sox2,D,inf,1,.1\n6,Sox2,E,0.5,-1,-.2\n7,Sox2,F,0.1,0,0\n"
    )
    found = read_edges(path)
    assert as_rows(found) == [("Sox2", "A", 2.5, 1, 1), ("Sox2", "E", 0.5, -1, 7), ("Sox2", "F", 0.1, 0, 8)]
    named = [(bad.row, bad.rule) for bad in found.bad]
    assert named == [(2, "bad-number"), (3, "no-name"), (4, "double"), (5, "bad-number"), (6, "bad-number")]


def test_a_pickle_is_not_opened(tmp_path):
    path = tmp_path / "regulons.p"
    path.write_bytes(b"\x80\x04K\x01.")
    error = refused(path)
    assert error.code == "PICKLED"
    assert "gmt" in str(error)


def test_files_that_are_no_network_are_refused(tmp_path):
    cases = {
        "a.loom": (b"no hdf5", "NOT_HDF5"),
        "a.tsv": (b"name\tvalue\nx\t1\n", "WRONG_COLUMNS"),
        "a.gmt": (b"\n", "NO_REGULONS"),
        "a.csv.gz": (b"TF,target,importance\n", "NOT_GZIP"),
        "b.tsv": (b"TF\ttarget\timportance\n\xff\xfe\xfa\tA\t1\n", "ENCODING"),
    }
    for name, (data, code) in cases.items():
        (tmp_path / name).write_bytes(data)
        assert refused(tmp_path / name).code == code, name
    with h5py.File(tmp_path / "b.loom", "w") as file:
        file["row_attrs/Gene"] = np.array([b"A"])
    assert refused(tmp_path / "b.loom").code == "NO_REGULONS"
    assert refused(tmp_path / "absent.gmt").code == "MISSING_FILE"
    cut = tmp_path / "cut.csv"
    cut.write_text(",,Enrichment\n,,NES\nTF,MotifID,\nSox2,m,3\n")
    assert refused(cut, "motifs").code == "WRONG_COLUMNS"
