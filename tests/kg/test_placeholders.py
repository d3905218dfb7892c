"""Words that stand for nothing, and what looks like them and is a name."""

import pytest

from kg.placeholders import is_name, is_summary, no_names


@pytest.mark.parametrize(
    "text",
    ["", "NA", "nan", "NaN", "<NA>", "None", "N/A", "n.a.", "null", "unknown", "Unassigned", "UNASSIGNED", "not_assigned", "doublet", "Doublet",
     "Multiplet", "Negative", "Singlet", "ambiguous", "low quality", "Low-quality", "low_quality", "-", "--", "?", "*", "DBL-d1-d2-0.5",
     "AMB-d1-d2", "Filtered", "unclassified", "Heterogeneous"],
)  # fmt: skip
def test_a_word_that_stands_for_nothing_is_no_name(text: str):
    assert not is_name(text)


@pytest.mark.parametrize(
    "text", ["d1", "0", "10", "TREM2-", "CD4+", "SNG-d1", "Negro", "Nana", "unknown neuron 3", "DBL", "小胶质细胞", "NA12878", "none-1"]
)
def test_a_name_is_a_name(text: str):
    assert is_name(text)


def test_a_word_can_be_claimed():
    assert is_name("Negative", ["Negative"])
    assert not is_name("negative", ["Negative"])
    assert not is_name("", [""])
    assert no_names(["Negative", "doublet", "d1"], ["Negative"]) == {"doublet"}


def test_two_names_joined_are_a_doublet_of_both():
    assert no_names(["0", "1", "2", "0/1", "2/1", "0/7", "unassigned"]) == {"0/1", "2/1", "unassigned"}
    assert no_names(["HTO_A", "HTO_B", "HTO1", "HTO2", "HTO1_HTO2"]) == {"HTO1_HTO2"}
    assert no_names(["1", "2", "1_2"], ["1_2"]) == set()


@pytest.mark.parametrize(
    "name",
    ["__no_feature", "__ambiguous", "__too_low_aQual", "__not_aligned", "__alignment_not_unique", "no_feature", "N_unmapped",
     "N_multimapping", "N_noFeature", "N_ambiguous", "Unassigned_NoFeatures"],
)  # fmt: skip
def test_a_row_that_sums_up_is_no_gene(name: str):
    assert is_summary(name)
    assert not is_summary(name.replace("_", "-") + "1")


def test_genes_are_not_summaries():
    assert not any(map(is_summary, ["MAPT", "ENSG00000186868", "NA", "", "N_cadherin"]))
