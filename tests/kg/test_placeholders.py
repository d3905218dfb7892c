"""Words that stand for nothing, and what looks like them and is a name."""

import pytest

from kg.names.placeholders import is_name, is_summary, no_names


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NA",
        "nan",
        "NaN",
        "<NA>",
        "None",
        "N/A",
        "n.a.",
        "null",
        "unknown",
        "Unassigned",
        "UNASSIGNED",
        "not_assigned",
        "doublet",
        "Doublet",
        "Multiplet",
        "Negative",
        "Singlet",
        "ambiguous",
        "low quality",
        "Low-quality",
        "low_quality",
        "-",
        "--",
        "?",
        "*",
        "DBL-d1-d2-0.5",
        "AMB-d1-d2",
        "Filtered",
        "unclassified",
        "Heterogeneous",
    ],
)
def test_a_word_that_stands_for_nothing_is_no_name(text: str):
    assert not is_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "d1",
        "0",
        "10",
        "TREM2-",
        "CD4+",
        "SNG-d1",
        "Negro",
        "Nana",
        "unknown neuron 3",
        "DBL",
        "小胶质细胞",
        "NA12878",
        "none-1",
    ],
)
def test_a_name_is_a_name(text: str):
    assert is_name(text)


def test_a_word_can_be_claimed():
    assert is_name("Negative", ["Negative"])
    assert not is_name("negative", ["Negative"])
    assert not is_name("", [""])
    assert no_names(["Negative", "doublet", "d1"], ["Negative"]) == {"doublet"}


@pytest.mark.parametrize(
    "text",
    [
        "#VALUE!",
        "#REF!",
        "Doublet_1",
        "neuron doublets",
        "Astro_Oligo_doublet",
        "doublet/ambiguous",
        "Blank",
        "Undetected",
        "No Call",
        "Unk",
        "not reported",
        "restricted access",
        "Ambient RNA",
        "Rejected",
        "pooled",
        "no_hash",
        "QC_fail",
    ],
)
def test_a_word_of_one_more_tool_is_no_name(text: str):
    assert not is_name(text)
    assert is_name(text, [text])


def test_two_names_joined_are_a_doublet_of_both():
    assert no_names(["0", "1", "2", "0/1", "2/1", "0/7", "unassigned"]) == {"0/1", "2/1", "0/7", "unassigned"}
    assert no_names(["a", "b", "a/b", "a/7"]) == {"a/b"}
    assert no_names(["HTO_A", "HTO_B", "HTO1", "HTO2", "HTO1_HTO2"]) == {"HTO1_HTO2"}
    assert no_names(["1", "2", "1_2"], ["1_2"]) == set()
    assert no_names(["HTO-A", "HTO-B", "HTO-A-HTO-B", "HTO-A_HTO-B"]) == {"HTO-A-HTO-B", "HTO-A_HTO-B"}
    assert no_names(["d0", "d1", "d2", "d0; d1", "d0 + d2", "d0&d1", "d0-d1-d2"]) == {
        "d0; d1",
        "d0 + d2",
        "d0&d1",
        "d0-d1-d2",
    }
    assert no_names(["2-1", "2-2", "1-1", "ad-2", "ad-2-1"]) == set()


def test_what_demuxlet_calls_of_two_donors_is_a_doublet():
    assert no_names(["0,0", "1,1", "0,1"]) == {"0,1"}
    assert no_names(["a,a,0.00", "b,b,0.00", "a,b,0.50"]) == {"a,b,0.50"}
    assert no_names(["Lee,A", "Kim,B"]) == set()


def test_a_word_behind_the_name_of_a_pool_is_nobody():
    pools = ["pool1_d1", "pool1_d2", "pool2_d1"]
    nobody = {"pool1_unassigned", "pool2_nan", "pool1_doublet", "pool2.ambiguous"}
    assert no_names([*pools, *nobody]) == nobody
    assert no_names(["HIV_negative", "HIV_positive", "m1_NA", "m1_PFC", "m1_none"]) == set()
    assert no_names([*pools, "pool1_nan"], ["pool1_nan"]) == set()


def test_a_code_below_zero_among_codes_is_a_missing_value():
    assert no_names(["0", "1", "-1"]) == {"-1"}
    assert no_names(["a", "1", "-1"]) == set()


@pytest.mark.parametrize(
    "name",
    [
        "__no_feature",
        "__ambiguous",
        "__too_low_aQual",
        "__not_aligned",
        "__alignment_not_unique",
        "no_feature",
        "N_unmapped",
        "N_multimapping",
        "N_noFeature",
        "N_ambiguous",
        "Unassigned_NoFeatures",
    ],
)
def test_a_row_that_sums_up_is_no_gene(name: str):
    assert is_summary(name)
    assert not is_summary(name.replace("_", "-") + "1")


def test_genes_are_not_summaries():
    assert not any(map(is_summary, ["MAPT", "ENSG00000186868", "NA", "", "N_cadherin", "ERCC1", "ERCC6L2", "BLANK"]))


@pytest.mark.parametrize(
    "name",
    [
        "ERCC-00002",
        "gSpikein_ERCC-00002",
        "NegControlProbe_00042",
        "UnassignedCodeword_0003",
        "BLANK_0006",
        "Blank-1",
        "NegPrb3",
        "*",
        "__ambiguous[ENSG1+ENSG2]",
        "__unmapped",
        "multimapped",
        "Assigned",
        "no-feature",
    ],
)
def test_spike_ins_control_probes_and_sums_are_no_genes(name: str):
    assert is_summary(name)
