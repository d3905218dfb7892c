"""A draft writes down what the file shows and asks for the rest."""

from pathlib import Path

import pytest
import yaml

from ingest.draft.table import draft
from ingest.manifest import manifest
from kg.errors import ContractError

DESEQ = "\tgene\tbaseMean\tlog2FoldChange\tlfcSE\tpvalue\tpadj\n"
ROW = "{}\tTrp53\t12.5\t-0.5\t0.1\t0.01\t0.5\n"


def test_a_deseq2_table_is_recognised(tmp_path: Path):
    path = tmp_path / "Tau mice.tsv"
    path.write_text(DESEQ + "".join(ROW.format(f"ENSMUSG{i:011d}.3") for i in range(9)))
    made = yaml.safe_load(draft(path))
    assert made["dataset"]["id"] == "tau-mice"
    assert made["dataset"]["taxon"] == "NCBITaxon:10090"
    assert made["table"]["columns"] == {
        "gene": "",
        "effect": "log2FoldChange",
        "se": "lfcSE",
        "p": "pvalue",
        "fdr": "padj",
        "mean": "baseMean",
    }
    assert (made["table"]["sep"], made["table"]["gene_id"]) == ("\t", "ensembl")


@pytest.mark.parametrize(
    ("genes", "taxon", "kind"),
    [
        (["TP53", "APP", "MAPT"], "NCBITaxon:9606", "symbol"),
        (["Trp53", "App", "Mapt"], "NCBITaxon:10090", "symbol"),
        (["7157", "351", "4137"], None, "entrez"),
    ],
)
def test_species_and_kind_of_id_are_seen_or_asked(tmp_path: Path, genes: list[str], taxon: str | None, kind: str):
    path = tmp_path / "t.csv"
    path.write_text("gene,logFC,P.Value\n" + "".join(f"{g},1,0.5\n" for g in genes))
    made = yaml.safe_load(draft(path))
    assert made["table"]["gene_id"] == kind
    if taxon:
        assert made["dataset"]["taxon"] == taxon
    else:
        assert made["dataset"]["taxon"].startswith(manifest.FILL)


def test_a_table_of_significant_genes_is_asked_about_its_cut(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("gene,logFC,padj\n" + "".join(f"G{i},1,0.0{i}\n" for i in range(1, 5)))
    assert yaml.safe_load(draft(path))["table"]["cut"]["by"].startswith(manifest.FILL)


def test_a_draft_fails_its_check_with_one_issue_a_gap(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("gene,logFC,P.Value\nTP53,1,0.5\nAPP,1,0.5\n")
    text = draft(path)
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(ContractError) as caught:
        manifest.read(tmp_path / "m.yaml")
    assert {issue.found for issue in caught.value.issues} == {manifest.FILL}
    assert len(caught.value.issues) == text.count(manifest.FILL)


def test_a_filled_draft_passes(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("gene,logFC,P.Value\nTP53,1,0.5\nAPP,1,0.5\n")
    made = yaml.safe_load(draft(path))
    made["dataset"] |= {"title": "t", "licence": "CC0", "redistribute": True, "citation": "us"}
    made["material"]["tissue"] = "UBERON:0000956"
    made["table"] |= {"sign": 1, "level": "donor"}
    assert made["contrasts"][0]["pooled"].startswith(manifest.FILL)
    made["contrasts"][0] |= {"label": "AD", "kind": "disease", "disease": "MONDO:0004975", "pooled": False}
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(made))
    assert manifest.read(tmp_path / "m.yaml").files() == ["t.csv"]


def test_a_file_without_genes_is_refused(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ContractError) as caught:
        draft(path)
    assert caught.value.code == "NO_GENES"


def drafted(path: Path, text: str) -> dict:
    path.write_text(text)
    return yaml.safe_load(draft(path))


def test_a_matrix_of_counts_is_no_table(tmp_path: Path):
    rows = "".join(f"ENSG{i:011d}\tchr1\t{i + 1}\t{9 * i + 5}\t{i}\t{i * 3}\t{i % 7}\n" for i in range(9))
    made = drafted(
        tmp_path / "c.tsv", "# Program:featureCounts\nGeneid\tChr\tLength\ta.bam\tb.bam\tc.bam\td.bam\n" + rows
    )
    assert made["counts"] | {"samples": "", "sample_column": ""} == {
        "matrix": "c.tsv",
        "samples": "",
        "sep": "\t",
        "gene_column": "Geneid",
        "ignore_columns": ["Chr", "Length"],
        "gene_id": "ensembl",
        "scale": "counts",
        "sample_column": "",
    }
    assert made["counts"]["samples"].startswith(manifest.FILL)
    assert "a.bam, b.bam, c.bam, d.bam" in made["counts"]["samples"]
    assert "table" not in made
    assert set(made["contrasts"][0]) >= {"case", "control"}
    shifted = drafted(tmp_path / "s.csv", "s1,s2,s3,s4\n" + "".join(f"GENE{i},{i}.5,{i},{i},{i}\n" for i in range(9)))
    assert shifted["counts"]["gene_column"] == ""
    assert shifted["counts"]["scale"].startswith(manifest.FILL)
    log = drafted(tmp_path / "l.csv", "gene,s1,s2,s3\n" + "".join(f"GENE{i},-{i}.5,{i},{i}\n" for i in range(9)))
    assert log["counts"]["scale"] == "log2"


def test_groups_are_listed_and_asked_for(tmp_path: Path):
    rows = "".join(f"{gene},{group},1.5,0.2\n" for group in ("2_0", "NO", "1") for gene in ("TP53", "APP", "MAPT"))
    for column in ("cluster", "how they were cut"):
        made = drafted(tmp_path / "t.csv", f"gene,{column},avg_log2FC,p_val\n{rows}")
        assert list(made["table"]["where"]) == [column]
        assert made["table"]["where"][column].endswith("there are 2_0, NO, 1")
    assert "where" not in drafted(tmp_path / "t.csv", "gene,cluster,logFC,p\nTP53,1,1,0.5\nAPP,1,1,0.5\n")["table"]


def test_several_comparisons_side_by_side_are_asked_for(tmp_path: Path):
    head = "gene,A_logFC,A_pval,B_logFC,B_pval\n"
    made = drafted(tmp_path / "t.csv", head + "TP53,1,0.5,-1,0.2\nAPP,1.5,0.4,1,0.1\n")["table"]["columns"]
    assert made["effect"].endswith("one of A_logFC, B_logFC")
    assert made["p"].endswith("one of A_pval, B_pval")


@pytest.mark.parametrize(
    ("numbers", "decimal"), [(("1,5", "0,25"), ","), (("1.5", "0.25"), None), (("1,234", "2,345"), manifest.FILL)]
)
def test_the_decimal_mark_is_written_or_asked_for(tmp_path: Path, numbers: tuple[str, str], decimal: str | None):
    made = drafted(
        tmp_path / "t.csv", "gene;log2FC;lfcSE\n" + "".join(f"{g};{numbers[0]};{numbers[1]}\n" for g in ("TP53", "APP"))
    )
    assert made["table"]["sep"] == ";"
    assert str(made["table"].get("decimal")).partition(" ")[0] == str(decimal)


def test_row_names_of_r_and_other_encodings_are_drafted(tmp_path: Path):
    made = drafted(tmp_path / "t.txt", '"log2FoldChange" "lfcSE"\n"TP53" 1.5 0.2\n"APP" 1 0.3\n')["table"]
    assert (made["columns"], made["sep"]) == ({"gene": "", "effect": "log2FoldChange", "se": "lfcSE"}, " ")
    (tmp_path / "l.csv").write_bytes("gene,logFC,Anm\xe9rkung\nTP53,1.5,\xe4\nAPP,1,\xe9\n".encode("latin-1"))
    assert yaml.safe_load(draft(tmp_path / "l.csv"))["table"]["encoding"] == "latin-1"
