"""Rule 11: a draft knows what a table is; filled in, it is read right."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from click.testing import CliRunner
from scipy import stats

from ingest.manifest.manifest import FILL
from kg.cli.main import main
from tests.ingest.inputs.case import GENES, Case, Read, Refused, write_manifest
from tests.ingest.inputs.tables import EFFECT, SAMPLES, SE, SHEET, VECTOR, Build, count_effects, count_rows, lines

RULE = 11
E, S = np.array([EFFECT[g] for g in GENES]), np.array([SE[g] for g in GENES])
Z = E / S
P = 2 * stats.norm.sf(np.abs(Z))
Q = stats.false_discovery_control(P)
COLUMN = {
    "gene": GENES,
    "effect": E,
    "se": S,
    "z": Z,
    "p": P,
    "q": Q,
    "mean": 40 + 31.5 * np.arange(len(GENES)),
    "square": Z**2,
    "ratio": 2.0**E,
    "signed ratio": np.where(E > 0, 2.0**E, -(2.0**-E)),
    "half": np.full(len(GENES), 0.5),
    "odds": np.log(np.abs(Z)),
    "minus log": -np.log10(P),
    "word": ["a protein"] * len(GENES),
    "locus": [f"XLOC_{n:06d}" for n in range(len(GENES))],
    "probe": [f"2006{n:02d}_at" for n in range(len(GENES))],
    "number": [f"{n}" for n in range(len(GENES))],
    "chisq": 0.1 * P,
}
OK = Read({"case-control": EFFECT})
BY_SE = Read(OK.truth, vector={"case-control": VECTOR})
ANSWERS: dict[str, Any] = {
    "dataset.title": "t",
    "dataset.taxon": "human",
    "dataset.licence": "CC0",
    "dataset.redistribute": True,
    "dataset.citation": "us",
    "material.tissue": "UBERON:0000956",
    "table.sign": 1,
    "table.level": "donor",
    "contrasts.0.label": "A",
    "contrasts.0.kind": "disease",
    "contrasts.0.pooled": False,
    "counts.samples": "s.csv",
    "counts.sample_column": "sample",
    "contrasts.0.case.column": "AD",
    "contrasts.0.control.column": "no",
}


def text(head: str, sep: str = ",", quote: str = "none", short: bool = False) -> str:
    """A table by its header, as ``name:what | name:what``; a column without a name holds the row names."""
    columns = [each.strip().rpartition(":") for each in head.split("|")]
    cells = [[value if isinstance(value, str) else f"{value:.12g}" for value in COLUMN[what]] for _, _, what in columns]
    names = [name for name, _, _ in columns]
    return lines(names[1:] if short else names, [list(row) for row in zip(*cells, strict=True)], sep, quote)


def drafted(
    content: str,
    wanted: Mapping[str, str] | None = None,
    answers: Mapping[str, Any] | None = None,
    file: str = "t.csv",
    change: Callable[[dict[str, Any]], None] | None = None,
) -> Build:
    """The draft that the command saves, with what it asks for filled in. ``wanted``: the columns that it must have
    found;
    ``answers``: by the place of what is asked. An answer that nothing asked for, or a question without one, is an
    error."""

    def build(folder: Path) -> Path:
        (folder / file).write_text(content, encoding="utf-8")
        (folder / "s.csv").write_text(SHEET)
        said = CliRunner().invoke(main, ["ingest", "--init", str(folder / file), "--out", str(folder / "draft.yaml")])
        assert said.exit_code == 0, said.output
        made = yaml.safe_load((folder / "draft.yaml").read_text())
        (folder / "draft.yaml").unlink()
        left = dict(answers or {})

        def filled(node: Any, where: str) -> Any:
            if isinstance(node, dict):
                return {key: filled(value, f"{where}.{key}".lstrip(".")) for key, value in node.items()}
            if isinstance(node, list):
                return [filled(value, f"{where}.{at}") for at, value in enumerate(node)]
            if isinstance(node, str) and node.startswith(FILL):
                return left.pop(where) if where in left else ANSWERS[where]
            return node

        made = filled(made, "")
        assert not left, left
        made["dataset"]["id"] = folder.name
        contrast = made["contrasts"][0] | {"disease": "MONDO:0004975"}
        made["contrasts"] = [contrast | ({"case": {"arm": "AD"}, "control": {"arm": "no"}} if "counts" in made else {})]
        if wanted is not None:
            assert made["table"]["columns"] == dict(wanted)
        if change:
            change(made)
        return write_manifest(folder, made)

    return build


def columns(gene: str, effect: str, **more: str) -> dict[str, str]:
    return {"gene": gene, "effect": effect} | more


def few(made: dict[str, Any]) -> None:
    made["counts"]["min_count"] = 1


GROUPS = text("p_val:p | avg_log2FC:effect | gene:gene").splitlines()
CLUSTERS = "\n".join([GROUPS[0] + ",cluster", *(f"{row},{c}" for c in ("1_0", "10") for row in GROUPS[1:])]) + "\n"
SIX = lines(["gene", *SAMPLES], count_rows())
COUNTED = Read({"case-control": count_effects()})
DESEQ = ":gene | baseMean:mean | log2FoldChange:effect | lfcSE:se | stat:z | pvalue:p | padj:q"
_DESEQ = columns("", "log2FoldChange", se="lfcSE", z="stat", p="pvalue", fdr="padj", mean="baseMean")
TABLES: dict[str, tuple[str, dict[str, str], Read]] = {
    "deseq2": (text(DESEQ, quote="text"), _DESEQ, BY_SE),
    "deseq2 by write.table": (text(DESEQ, "\t", short=True), _DESEQ, BY_SE),
    "deseq2 by csv2": (text(DESEQ, "\t").replace(".", ",").replace("\t", ";"), _DESEQ, BY_SE),
    "deseq2 of a likelihood ratio": (
        text(DESEQ.replace("stat:z", "stat:square")),
        {k: v for k, v in _DESEQ.items() if k != "z"},
        BY_SE,
    ),
    "deseq2 shrunken": (
        text(":gene | baseMean:mean | log2FoldChange:effect | lfcSE:se | svalue:q"),
        columns("", "log2FoldChange", se="lfcSE", mean="baseMean"),
        BY_SE,
    ),
    "deseq2 with weights": (text(DESEQ + " | weight:half"), _DESEQ, BY_SE),
    "deseq2 with its long names": (
        text(
            "gene:gene | log2 fold change (MLE):effect | standard error:se | Wald statistic:z | Wald test p-value:p |"
            " BH adjusted p-values:q"
        ),
        columns(
            "gene",
            "log2 fold change (MLE)",
            se="standard error",
            z="Wald statistic",
            p="Wald test p-value",
            fdr="BH adjusted p-values",
        ),
        BY_SE,
    ),
    "deseq of before": (
        text(
            "id:gene | baseMean:mean | baseMeanA:mean | baseMeanB:mean | foldChange:ratio | log2FoldChange:effect |"
            " pval:p | padj:q",
            "\t",
        ),
        columns("id", "log2FoldChange", p="pval", fdr="padj", mean="baseMean"),
        OK,
    ),
    "edger": (
        text(":gene | logFC:effect | logCPM:mean | F:square | PValue:p | FDR:q"),
        columns("", "logFC", p="PValue", fdr="FDR", mean="logCPM"),
        OK,
    ),
    "limma": (
        text(":gene | logFC:effect | AveExpr:mean | t:z | P.Value:p | adj.P.Val:q | B:odds", "\t"),
        columns("", "logFC", p="P.Value", fdr="adj.P.Val", mean="AveExpr"),
        OK,
    ),
    "geo2r": (
        text(
            "ID:probe | adj.P.Val:q | P.Value:p | t:z | B:odds | logFC:effect | Gene.symbol:gene | Gene.title:word",
            "\t",
            "all",
        ),
        columns("Gene.symbol", "logFC", p="P.Value", fdr="adj.P.Val"),
        OK,
    ),
    "seurat": (
        text(":gene | p_val:p | avg_log2FC:effect | pct.1:half | pct.2:half | p_val_adj:q"),
        columns("", "avg_log2FC", p="p_val", fdr="p_val_adj"),
        OK,
    ),
    "scanpy": (
        text(":number | names:gene | scores:z | logfoldchanges:effect | pvals:p | pvals_adj:q"),
        columns("names", "logfoldchanges", p="pvals", fdr="pvals_adj"),
        OK,
    ),
    "mast": (
        text("primerid:gene | Pr(>Chisq):p | coef:effect | ci.hi:effect | ci.lo:effect | fdr:q"),
        columns("primerid", "coef", p="Pr(>Chisq)", fdr="fdr"),
        OK,
    ),
    "cuffdiff": (
        text(
            "test_id:locus | gene_id:locus | gene:gene | locus:word | status:word | value_1:mean |"
            " log2(fold_change):effect | p_value:p | q_value:q",
            "\t",
        ),
        columns("gene", "log2(fold_change)", p="p_value", fdr="q_value"),
        OK,
    ),
    "clc": (
        text(
            "Name:gene | Max group mean:mean | Log fold change:effect | Fold change:signed ratio | P-value:p | FDR"
            " p-value:q | Bonferroni:half"
        ),
        columns("Name", "Log fold change", p="P-value", fdr="FDR p-value"),
        OK,
    ),
    "idep": (
        text(":number | Symbol:gene | AD-no_log2FoldChange:effect | AD-no_adjPval:q"),
        columns("Symbol", "AD-no_log2FoldChange", fdr="AD-no_adjPval"),
        OK,
    ),
    "a model's summary": (
        text("Gene:gene | Estimate:effect | Std. Error:se | z value:z | Pr(>|z|):p".replace("Pr(>|z|)", "Pr(>z)")),
        columns("Gene", "Estimate", se="Std. Error", z="z value", p="Pr(>z)"),
        BY_SE,
    ),
    "a spreadsheet": (
        text("Gene Name:gene | Log2 Fold Change:effect | P Value:p | Adjusted P Value:q"),
        columns("Gene Name", "Log2 Fold Change", p="P Value", fdr="Adjusted P Value"),
        OK,
    ),
    "ratio before the logarithm": (
        text("gene:gene | Fold change:ratio | log2(fold change):effect | pval:p"),
        columns("gene", "log2(fold change)", p="pval"),
        OK,
    ),
    "the logarithm of p": (
        text("gene:gene | logFC:effect | -log10(pvalue):minus log | neg_log10_padj:minus log | P.Value:p"),
        columns("gene", "logFC", p="P.Value"),
        OK,
    ),
    "small letters": (text("gene:gene | beta:effect | se:se | p:p"), columns("gene", "beta", se="se", p="p"), BY_SE),
}
CASES = [
    *(Case(name, RULE, drafted(content, found), right) for name, (content, found, right) in TABLES.items()),
    Case("several groups", RULE, drafted(CLUSTERS, answers={"table.where.cluster": ["1_0"]}), OK),
    Case(
        "several groups, one that is none",
        RULE,
        drafted(CLUSTERS, answers={"table.where.cluster": ["2_0"]}),
        Refused("NO_ROWS", ("'10', '1_0'",)),
    ),
    Case(
        "a cut table",
        RULE,
        drafted(
            "\n".join(
                row
                for row in text("gene:gene | logFC:effect | padj:q").splitlines()
                if row.startswith("gene") or float(row.split(",")[2]) < 0.05
            )
            + "\n",
            answers={"table.cut.by": "fdr < .05"},
        ),
        Read(
            {
                "case-control": {
                    g: e for g, e, q in zip(GENES, E.tolist(), Q.tolist(), strict=True) if float(f"{q:.12g}") < 0.05
                }
            }
        ),
    ),
    Case(
        "a table of three comparisons",
        RULE,
        drafted(
            text("gene:gene | AD_log2FC:effect | AD_pval:p | MCI_log2FC:half | MCI_pval:half"),
            answers={"table.columns.effect": "AD_log2FC", "table.columns.p": "AD_pval"},
        ),
        OK,
    ),
    Case(
        "ratios alone",
        RULE,
        drafted(
            text("gene:gene | Fold Change:signed ratio | P-value:p"), answers={"table.columns.effect": "Fold Change"}
        ),
        Refused("RATIOS", ("it holds ratios",)),
    ),
    Case("counts", RULE, drafted(SIX, change=few), COUNTED),
    Case("counts with a short header", RULE, drafted(lines(SAMPLES, count_rows(), "\t"), change=few), COUNTED),
    Case(
        "counts of featurecounts",
        RULE,
        drafted(
            "# Program:featureCounts v2.0.1\n"
            + lines(
                ["Geneid", "Chr", "Start", "End", "Strand", "Length", *SAMPLES],
                [[r[0], "chr1", "100", "200", "+", "101", *r[1:]] for r in count_rows()],
                "\t",
            ),
            change=few,
        ),
        COUNTED,
    ),
    Case(
        "counts beside words",
        RULE,
        drafted(lines(["gene", "what", *SAMPLES], [[r[0], "a protein", *r[1:]] for r in count_rows()]), change=few),
        COUNTED,
    ),
    Case(
        "counts with fractions",
        RULE,
        drafted(
            lines(["gene", *SAMPLES], [[r[0], *(f"{c}.25" for c in r[1:])] for r in count_rows()]),
            answers={"counts.scale": "corrected"},
            change=few,
        ),
        Read(
            {"case-control": count_effects(values=np.array([[float(f"{c}.25") for c in r[1:]] for r in count_rows()]))}
        ),
    ),
]
