"""A draft writes down what the file shows and asks for the rest."""

from pathlib import Path

import pytest
import yaml

from ingest import manifest
from ingest.draft import draft
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
        "gene": "", "effect": "log2FoldChange", "se": "lfcSE", "p": "pvalue", "fdr": "padj", "mean": "baseMean",
    }  # fmt: skip
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
    made["contrasts"][0] |= {"label": "AD", "kind": "disease", "disease": "MONDO:0004975"}
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(made))
    assert manifest.read(tmp_path / "m.yaml").files() == ["t.csv"]


def test_a_file_without_genes_is_refused(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ContractError) as caught:
        draft(path)
    assert caught.value.code == "NO_GENES"
