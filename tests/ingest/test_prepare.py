"""The transforms on small hand-made files of the true formats."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ingest.fetch.prepare import TRANSFORMS
from kg.errors import MethodError
from tests.ingest.write_rda import labelled, write_rda

STAR = """N_unmapped\t9\t9\t9
N_multimapping\t9\t9\t9
N_noFeature\t9\t9\t9
N_ambiguous\t9\t9\t9
ENSMUSG00000000002.3\t{b}\t1\t1
ENSMUSG00000000001.12\t{a}\t0\t0
ENSMUSG00000000003.1\t0\t7\t7
"""
RUNS = """Run,Age_months,genotype/variation,mouse_model,sample_ID,Sample Name,tissue
SRR2,8,Wild Type,rTg4510,L2,GSM2,"Entorhinal, cortex"
SRR1,2,rTg4510,rTg4510,L1,GSM1,Entorhinal cortex
SRR3,2,rTg4510,rTg4510,L3,GSM3,Entorhinal cortex
SRR4,6,J20,J20,A1,GSM4,Entorhinal cortex
"""


@pytest.fixture
def star(tmp_path: Path) -> dict[str, Path]:
    """Run SRR3 is in the run table and has no counts; SRR4 is of the other model."""
    files = {"Data/SraRunTable.txt": tmp_path / "runs"}
    files["Data/SraRunTable.txt"].write_text(RUNS)
    for run, (a, b) in {"SRR1": (5, 0), "SRR2": (6, 2), "SRR4": (7, 3)}.items():
        path = tmp_path / run
        path.write_text(STAR.format(a=a, b=b))
        files[f"STAR/{run}ReadsPerGene.out.tab"] = path
    return files


def test_star_counts_take_the_unstranded_column_of_one_model(star: dict[str, Path]) -> None:
    assert TRANSFORMS["rtg4510_counts"](star).decode().splitlines() == [
        "ensembl_gene_id,SRR1,SRR2",
        "ENSMUSG00000000001,5,6",
        "ENSMUSG00000000002,0,2",
    ]
    assert TRANSFORMS["j20_counts"](star).decode().splitlines()[0] == "ensembl_gene_id,SRR4"


def test_star_genes_that_differ_only_in_version_are_refused(star: dict[str, Path]) -> None:
    path = star["STAR/SRR1ReadsPerGene.out.tab"]
    path.write_text(path.read_text() + "ENSMUSG00000000001.13\t1\t1\t1\n")
    with pytest.raises(MethodError, match="ENSMUSG00000000001"):
        TRANSFORMS["rtg4510_counts"](star)


def test_star_samples_are_the_runs_with_counts(star: dict[str, Path]) -> None:
    assert TRANSFORMS["rtg4510_samples"](star).decode().splitlines() == [
        "sample_id,Sample Name,sample_ID,mouse_model,genotype,arm,Age_months,tissue",
        "SRR1,GSM1,L1,rTg4510,rTg4510,AD,2,Entorhinal cortex",
        'SRR2,GSM2,L2,rTg4510,Wild Type,WT,8,"Entorhinal, cortex"',
    ]


@pytest.fixture
def astrocytes(tmp_path: Path) -> dict[str, Path]:
    files = {"data/x_counts.csv": tmp_path / "counts", "data/x_metadata.csv": tmp_path / "metadata"}
    means = pd.DataFrame({"AD1_AD2": [1 / 7, 3 / 7], "Ct1_Ct2": [5 / 4, 2 / 4]}, index=["GFAP", "AQP4"])
    means.to_csv(files["data/x_counts.csv"])
    files["data/x_metadata.csv"].write_text("sample,batchCond\nCt1_Ct2,ct\nAD1_AD2,AD\n")
    return files


def test_means_become_sums_again(astrocytes: dict[str, Path]) -> None:
    assert TRANSFORMS["astrocyte_counts"](astrocytes) == b"gene_symbol,AD1_AD2,Ct1_Ct2\nGFAP,1,5\nAQP4,3,2\n"
    assert (
        TRANSFORMS["astrocyte_samples"](astrocytes)
        == b"sample_id,group,n_nuclei,donors_in_pool\nAD1_AD2,AD,7,2\nCt1_Ct2,Control,4,2\n"
    )


def test_means_of_nothing_whole_are_refused(astrocytes: dict[str, Path]) -> None:
    pd.DataFrame({"AD1_AD2": [np.pi, np.e]}, index=["GFAP", "AQP4"]).to_csv(astrocytes["data/x_counts.csv"])
    with pytest.raises(MethodError, match="AD1_AD2"):
        TRANSFORMS["astrocyte_counts"](astrocytes)


def test_array_set_joins_symbols_to_probes(tmp_path: Path) -> None:
    design = ["Sample", "ExternalID", "Batch", "Genotype", "OrganismPart", "Gender", "Timepoint", "Genotype2"]
    path = write_rda(
        tmp_path / "x.Rdata",
        {
            "array_dat": pd.DataFrame({"WT1": [9.20064, 5.0], "WT2": [8.0, 4.12345]}, index=["11", "12"]),
            "annotation": pd.DataFrame(
                {"ProbeName": ["12", "11"], "GeneSymbols": ["App", "Trem2"]}, index=["12", "11"]
            ),
            "array_design": pd.DataFrame(
                {"Bioassay": ["x"], **{name: [name.lower()] for name in design}}, index=["WT1"]
            ),
        },
    )
    assert (
        TRANSFORMS["gse50521_expression"]({"x": path})
        == b"probe,gene_symbol,WT1,WT2\n11,Trem2,9.2006,8.0\n12,App,5.0,4.1234\n"
    )
    header, row = TRANSFORMS["gse50521_samples"]({"x": path}).decode().splitlines()
    assert header == ",".join(design)
    assert row == ",".join(design).lower()


def test_summarized_experiment(tmp_path: Path) -> None:
    sheet = {"title": ["1-1T-AD", "2-2T-Old"], "geo_accession": ["GSM1", "GSM2"], "status": ["x", "x"]}
    sheet |= {"characteristics_ch1": ["tissue: lobe"] * 2, "characteristics_ch1.1": ["state: ad", "state: old"]}
    experiment = SimpleNamespace(
        colData=SimpleNamespace(
            rownames=np.array(["GSM1", "GSM2"]), listData={key: np.array(value) for key, value in sheet.items()}
        ),
        assays=SimpleNamespace(
            data=SimpleNamespace(
                listData=[labelled(np.array([[5, 0], [3, 2]], dtype=np.int32), ["APP", "MAPT"], ["GSM1", "GSM2"])]
            )
        ),
    )
    files = {"x": write_rda(tmp_path / "x.rda", {"RNASeqDataset": experiment})}
    assert TRANSFORMS["gse153873_counts"](files) == b"gene_symbol,GSM1,GSM2\nAPP,5,0\nMAPT,3,2\n"
    assert TRANSFORMS["gse153873_samples"](files).decode().splitlines() == [
        "title,geo_accession,sample_id,group,characteristics_ch1,characteristics_ch1.1",
        "1-1T-AD,GSM1,GSM1,AD,tissue: lobe,state: ad",
        "2-2T-Old,GSM2,GSM2,Old,tissue: lobe,state: old",
    ]


def test_edger_list_is_written_as_r_writes_it(tmp_path: Path) -> None:
    y = {
        "counts": labelled([[792, 4.469595], [0, 31.420658]], ["ENSMUSG1", "ENSMUSG2"], ["Sample1", "Sample2"]),
        "samples": pd.DataFrame(
            {"lib.size": [16141863.999418, 1.0], "Strain": ["B6J", "B6J"], "ok": [True, False], "n": [3, 4]},
            index=["Sample1", "Sample2"],
        ),
        "genes": pd.DataFrame({"Symbol": ['a "b"', "Gnai3"], "x": [np.nan, 1e-20]}, index=["ENSMUSG1", "ENSMUSG2"]),
    }
    files = {"y.rda": write_rda(tmp_path / "y.rda", {"y": y})}
    assert TRANSFORMS["microglia_counts"](files).decode().splitlines() == [
        '"","Sample1","Sample2"',
        '"ENSMUSG1",792,4.469595',
        '"ENSMUSG2",0,31.420658',
    ]
    assert TRANSFORMS["microglia_samples"](files).decode().splitlines() == [
        '"","lib.size","Strain","ok","n"',
        '"Sample1",16141863.999418,"B6J",TRUE,3',
        '"Sample2",1,"B6J",FALSE,4',
    ]
    assert TRANSFORMS["microglia_genes"](files).decode().splitlines() == [
        '"","Symbol","x"',
        '"ENSMUSG1","a ""b""",NA',
        '"ENSMUSG2","Gnai3",1e-20',
    ]


def test_one_matrix_of_several(tmp_path: Path) -> None:
    matrices = {
        name: labelled([[value, 1]], ["Cst7"], ["0", "DAMs_labels"])
        for name, value in {"matrix_exp": 2.22027, "matrix_freq": 100}.items()
    }
    files = {"x": write_rda(tmp_path / "x.rda", matrices)}
    assert TRANSFORMS["dam_exp"](files) == b'"","0","DAMs_labels"\n"Cst7",2.22027,1\n'
    assert TRANSFORMS["dam_freq"](files) == b'"","0","DAMs_labels"\n"Cst7",100,1\n'


def test_tables_of_packages(tmp_path: Path) -> None:
    edges = pd.DataFrame(
        {"tf": ["AHR", "AHR", "MYC"], "confidence": ["C", "D", "A"], "target": ["A", "B", "C"], "mor": [1.0, 1.0, -1.0]}
    )
    files = {"x": write_rda(tmp_path / "x.rda", {"dorothea_hs": edges})}
    assert TRANSFORMS["dorothea_abc"](files) == b"tf,confidence,target,mor\nAHR,C,A,1.0\nMYC,A,C,-1.0\n"
    pairs = pd.DataFrame({"ensembl_gene_id": ["ENSG1"], "entrezgene": np.array([4535], dtype=np.int32)})
    files = {"x": write_rda(tmp_path / "y.rda", {"mouse_to_human_orthologs": pairs})}
    assert TRANSFORMS["mouse_to_human_orthologs"](files) == b"ensembl_gene_id,entrezgene\nENSG1,4535\n"


def test_whole_keeps_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b,\r\n1,2,\r\n")
    assert TRANSFORMS["whole"]({"x.csv": path}) == path.read_bytes()
