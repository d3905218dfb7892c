"""Rule 3: words that stand for nothing are no donors, types, replicates or genes; what a manifest claims is a name."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from tests.ingest.inputs.case import GENES, Case, Read, Refused, disease, facts, write_manifest
from tests.ingest.inputs.cells import (
    DONOR,
    IDS,
    SAME,
    TYPE,
    Build,
    Change,
    beside,
    by_id,
    effects,
    lab,
    of_study,
    same,
    study,
    words,
)

NOBODY: dict[str, tuple[object, ...]] = {
    "Vireo": ("unassigned", "doublet"),
    "demuxlet": ("AMB-d0-d1-d0/d1", "DBL-d0-d1-0.50", "DBL-d3-d4"),
    "souporcell": ("d0/d1", "d4/d2", "unassigned"),
    "HTODemux": ("Doublet", "Negative", "d0_d3", "Multiplet"),
    "MULTIseqDemux and deMULTIplex": ("Negative", "Doublet"),
    "hashsolo and CellPlex": ("Negative", "Blank", "Blanks", "Multiplet", "Unassigned"),
    "demuxEM and demuxmix": ("unknown", "d1,d2", "uncertain", "multiplet", "negative"),
    "BD Rhapsody": ("Undetermined", "Multiplet"),
    "cellhashR": ("Discordant", "Not Called", "No Call", "ND"),
    "pools": ("pool1_unassigned", "pool1_doublet", "pool2_nan"),
    "two donors in words": ("d0; d1", "d0 + d1", "d0&d1", "d0-d1", "d0|d2"),
    "R and pandas": ("NA", "nan", "<NA>", "None", "NaN", "NULL", "NaT"),
    "blanks": ("", " ", "-", "--", ".", "?", "\u2014"),
    "spreadsheets": ("#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "N/A", "n.a."),
    "BioSample and GDC": (
        "not collected",
        "Not Reported",
        "restricted access",
        "missing",
        "not provided",
        "not applicable",
    ),
    "CELLxGENE": ("pooled", "unknown", "na"),
    "capitals": ("UNASSIGNED", "DOUBLETS", "doublets", "Ambient", "AMBIENT RNA", "Singlet"),
}
NO_TYPE: dict[str, tuple[object, ...]] = {
    "CellTypist": ("Unassigned", "Heterogeneous"),
    "scmap, Garnett and SingleR": ("unassigned", "Unknown", "NA", np.nan),
    "CellBLAST and scHPL": ("rejected", "Rejection", "ambiguous"),
    "singleCellNet": ("rand", "rand"),
    "authors": (
        "low quality",
        "Low-quality",
        "Doublet cells",
        "Doublets (Astro-Oligo)",
        "Astro_Oligo_doublet",
        "Debris",
        "dying cells",
    ),
    "hand work": ("unannotated", "to be determined", "TBD", "Unk", "unclear", "?"),
}
NO_GENES: dict[str, tuple[str, ...]] = {
    "HTSeq": ("__no_feature", "__ambiguous", "__too_low_aQual", "__not_aligned", "__alignment_not_unique"),
    "HTSeq without lines": ("no_feature", "alignment_not_unique", "__ambiguous[APP+MAPT]"),
    "STAR": ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"),
    "featureCounts": ("Unassigned_NoFeatures", "Unassigned_Ambiguity", "Assigned"),
    "zUMIs and idxstats": ("unmapped", "*", "intergenic"),
    "ERCC": ("ERCC-00002", "ERCC-00171", "gSpikein_ERCC-00004"),
    "Xenium, MERSCOPE and CosMx": (
        "NegControlProbe_00042",
        "BLANK_0006",
        "Blank-1",
        "NegPrb3",
        "UnassignedCodeword_0003",
    ),
}


def nobody(texts: tuple[object, ...]) -> Build:
    return lab(words(DONOR, *texts), min_cells=1)


def without(n: int) -> dict:
    return {"a.astrocyte": of_study(without=slice(0, n), min_cells=1)}


def renamed(names: dict[str, str], *texts: object) -> Change:
    """All donors called otherwise, and the first cells by words."""

    def change(made: anndata.AnnData) -> None:
        made.obs[DONOR] = [names[str(name)] for name in made.obs[DONOR]]
        words(DONOR, *texts)(made)

    return change


def sums(names: tuple[str, ...]) -> Change:
    """Columns of these names, with 500 counts in every cell: a filter of depth would take all of them out or none."""

    def change(made: anndata.AnnData) -> None:
        more = beside(made, names, 500)
        made._init_as_actual(more)

    return change


def unused(made: anndata.AnnData) -> None:
    """Categories without cells, and cells without a category."""
    donors = made.obs[DONOR].astype(object)
    donors.iloc[:3] = None
    made.obs[DONOR] = pd.Categorical(donors, ["zz", *(f"d{i}" for i in range(6)), "unassigned"])
    made.obs[TYPE] = pd.Categorical(made.obs[TYPE].astype(str), ["CL:0000129", "CL:0000127"])


def codes(made: anndata.AnnData) -> None:
    values = np.array([int(name[1:]) for name in made.obs[DONOR]])
    values[:3] = -1
    made.obs[DONOR] = values


def antibodies(kinds: tuple[str, str], at: str = "feature_types") -> Change:
    """Two antibodies that are called as genes are."""

    def change(made: anndata.AnnData) -> None:
        more = beside(made, ("x", "y"))
        more.var[at] = [kinds[0]] * len(GENES) + [kinds[1]] * 2
        more.var_names = [*GENES, "CD33", "APP"]
        made._init_as_actual(more)

    return change


BULK = np.random.default_rng(4).integers(20, 90, (len(GENES), 9))
LANES = ("m1", "m2", "m3", "m4", "m5", "m6")


def counts(last: tuple[str, str, str], *more: tuple[str, int], **head: object) -> Build:
    """A matrix of nine samples of six animals, the last three called otherwise; ``more``: rows of a name and a
    count."""

    def build(folder: Path) -> Path:
        names = [*LANES, *last]
        lines = [",".join(["gene", *(f"s{i}" for i in range(9))])]
        lines += [",".join(map(str, (gene, *row))) for gene, row in zip(GENES, BULK.tolist(), strict=True)]
        lines += [",".join(map(str, (name, *[n] * 9))) for name, n in more]
        (folder / "c.csv").write_text("\n".join(lines) + "\n")
        sheet = [f's{i},"{name}",{"AD" if i % 2 else "no"}' for i, name in enumerate(names)]
        (folder / "s.csv").write_text("\n".join(["sample,animal,arm", *sheet]) + "\n")
        spec = {
            "matrix": "c.csv",
            "samples": "s.csv",
            "gene_id": "symbol",
            "scale": "counts",
            "sample_column": "sample",
            "replicate_column": "animal",
        }
        arms = disease(case={"arm": "AD"}, control={"arm": "no"})
        return write_manifest(folder, facts(folder) | {"counts": spec, "contrasts": [arms]} | head)

    return build


def of_bulk(n: int = 6) -> dict[str, dict[str, float]]:
    """The effects of the first ``n`` samples, each an animal."""
    return {
        "a": effects(
            BULK[:, :n].T, [f"s{i}" for i in range(n)], ["case" if i % 2 else "normal" for i in range(n)], min_cells=1
        )
    }


def bulk_depth() -> Build:
    return counts(("doublet", "unassigned", "NA"), ("__no_feature", 10**6), ("N_unmapped", 10**6))


CASES = [
    *(
        Case(
            f"donors by {tool}",
            3,
            nobody(texts),
            Read(without(len(texts)), words=(f"{len(texts)} cells name no donor",)),
        )
        for tool, texts in NOBODY.items()
    ),
    *(
        Case(
            f"types by {tool}",
            3,
            lab(words(TYPE, *texts), min_cells=1),
            Read(
                without(len(texts)),
                words=(f"{len(texts)} cells name no cell type",),
                nodes={"CellPopulation": {"astrocyte"}},
            ),
        )
        for tool, texts in NO_TYPE.items()
    ),
    *(
        Case(f"rows of {tool}", 3, lab(sums(names)), same(f"45 of {len(GENES)} genes", quarantined=len(names)))
        for tool, names in NO_GENES.items()
    ),
    *(
        Case(
            f"a filter of depth and rows of {tool}",
            3,
            lab(sums(names), qc={"min_counts": 500}),
            Refused("NO_CELLS", ("min_counts 500: 72 removed",)),
        )
        for tool, names in NO_GENES.items()
        if tool in ("HTSeq", "STAR", "ERCC")
    ),
    Case(
        "codes of souporcell",
        3,
        lab(renamed({f"d{i}": str(i) for i in range(6)}, "0/1", "4/2", "1/7"), min_cells=1),
        Read(without(3)),
    ),
    Case(
        "pairs of freemuxlet",
        3,
        lab(renamed({f"d{i}": f"{i},{i}" for i in range(6)}, "0,1", "2,5"), min_cells=1),
        Read(without(2)),
    ),
    Case(
        "guesses of demuxlet",
        3,
        lab(renamed({f"d{i}": f"d{i},d{i},0.00" for i in range(6)}, "d0,d2,0.50"), min_cells=1),
        Read(without(1)),
    ),
    Case(
        "tags with a hyphen",
        3,
        lab(renamed({f"d{i}": f"HTO-{i}" for i in range(6)}, "HTO-0-HTO-1", "HTO-3_HTO-2"), min_cells=1),
        Read(without(2)),
    ),
    Case(
        "tags with a line",
        3,
        lab(renamed({f"d{i}": f"HTO_{i}" for i in range(6)}, "HTO_0_HTO_1"), min_cells=1),
        Read(without(1)),
    ),
    Case(
        "donors of pools",
        3,
        lab(
            renamed({f"d{i}": f"pool{i % 2}_d{i}" for i in range(6)}, "pool0_unassigned", "pool1_doublet"), min_cells=1
        ),
        Read(without(2)),
    ),
    Case(
        "donors called by words and signs",
        3,
        lab(renamed({f"d{i}": f"HIV_{'negative' if i % 2 else 'positive'}{i}" for i in range(6)})),
        SAME,
    ),
    Case("codes below zero", 3, lab(codes, min_cells=1), Read(without(3), words=("3 cells name no donor ('-1')",))),
    Case(
        "categories without cells and cells without a category",
        3,
        lab(unused, min_cells=1),
        Read(without(3), nodes={"CellPopulation": {"astrocyte"}}),
    ),
    Case(
        "a claimed word",
        3,
        lab(renamed({f"d{i}": "Negative" if i == 0 else f"d{i}" for i in range(6)}), top={"keep": ["Negative"]}),
        SAME,
    ),
    Case(
        "a claimed joined name",
        3,
        lab(renamed({f"d{i}": "d1_d2" if i == 0 else f"d{i}" for i in range(6)}), top={"keep": ["d1_d2"]}),
        SAME,
    ),
    Case(
        "words as arms",
        3,
        lab(
            lambda m: m.obs.__setitem__("disease", m.obs["disease"].map({"case": "Doublet", "normal": "Negative"})),
            contrast={"case": {"disease": "Doublet"}, "control": {"disease": "Negative"}},
        ),
        SAME,
    ),
    Case(
        "nobody at all", 3, lab(words(DONOR, *["unassigned"] * 72)), Refused("NO_CELLS", ("only 'unassigned'", "keep:"))
    ),
    Case("no type at all", 3, lab(words(TYPE, *["doublet"] * 72)), Refused("NO_CELLS", ("only 'doublet'",))),
    Case(
        "mostly nobody",
        3,
        lab(words(DONOR, *["unassigned"] * 40)),
        Refused("NO_DONORS", ("'unassigned' in 40 of 72 cells", "partial: true")),
    ),
    Case(
        "antibodies called as genes",
        3,
        lab(antibodies(("Gene Expression", "Antibody Capture"))),
        same("2 of 48 features are not genes"),
    ),
    Case(
        "antibodies in other letters",
        3,
        lab(antibodies(("gene expression", "antibody capture"), "feature_type")),
        same("2 of 48 features are not genes"),
    ),
    Case("guides", 3, lab(antibodies(("Gene Expression", "CRISPR Guide Capture"))), SAME),
    Case("peaks", 3, lab(antibodies(("Gene Expression", "Peaks"))), SAME),
    Case(
        "antibodies alone",
        3,
        lab(antibodies(("Antibody Capture", "Antibody Capture"))),
        Refused("NO_GENES", ("all are Antibody Capture",)),
    ),
    Case("biotypes are no such types", 3, lab(lambda m: m.var.__setitem__("feature_type", "protein_coding")), SAME),
    Case(
        "spike-ins beside ids",
        3,
        lab(sums(("ERCC-00002", "ERCC-00003")), made=by_id, gene_id="ensembl"),
        Read({"a.astrocyte": of_study(study(IDS))}, quarantined=2),
    ),
    Case(
        "replicates that are nobody",
        3,
        counts(("doublet", "unassigned", "NA")),
        Read(of_bulk(), words=("s6: 'doublet' is no donor",)),
    ),
    Case(
        "replicates that are two",
        3,
        counts(("m1_m2", "m1/m3", "m4,m5")),
        Read(of_bulk(), words=("s6: 'm1_m2' is no donor",)),
    ),
    Case(
        "replicates of spreadsheets",
        3,
        counts(("#N/A", "#REF!", "-")),
        Read(of_bulk(), words=("s7: '#REF!' is no donor",)),
    ),
    Case("replicates that are claimed", 3, counts(("m7", "Negative", "m9"), keep=["Negative"]), Read(of_bulk(9))),
    Case("sums in a matrix", 3, bulk_depth(), Read(of_bulk(), quarantined=2)),
    Case(
        "spike-ins in a matrix", 3, counts(("doublet", "nan", "?"), ("ERCC-00002", 900)), Read(of_bulk(), quarantined=1)
    ),
]
