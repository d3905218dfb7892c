"""Names that leave an annotation for the signature store, and come back."""

import numpy as np
import pytest

from kg.curie import HUMAN
from kg.errors import ContractError
from kg.names.genes import Fixes, GeneNames, Named, Resolved, name_genes
from kg.signatures.store import SignatureStore

IDS = [f"ENSG{i:011d}" for i in range(4)]
NAMES = GeneNames(
    HUMAN,
    frozenset(IDS),
    {
        "APP": Resolved(f"ENSEMBL:{IDS[0]}", "symbol"),
        "OLD": Resolved(f"ENSEMBL:{IDS[1]}", "previous-symbol"),
        "TWIN": Resolved(None, "ambiguous-symbol"),
        "Ünicode": Resolved(f"ENSEMBL:{IDS[2]}", "symbol"),
    },
)


def test_the_store_keeps_every_name_and_rule(tmp_path):
    store = SignatureStore(tmp_path)
    store.put_table(f"gene-names/{HUMAN}", **NAMES.table())
    assert GeneNames.of_table(HUMAN, IDS, store.get_table(f"gene-names/{HUMAN}")) == NAMES


def test_symbols_alone_tell_one_gene_or_none():
    found = GeneNames.of_symbols(HUMAN, IDS, ["APP", "TWIN", "TWIN", "MAPT"])
    assert [found.resolve(t).rule for t in ("APP", "TWIN", "1-Mar", IDS[3], "ENSMUSG00000000001", "tau")] == [
        "symbol",
        "ambiguous-symbol",
        "excel-date",
        "ensembl-id",
        "other-species",
        "unknown-symbol",
    ]


def test_a_column_of_names():
    tokens = np.array(["APP", "OLD", "A /// B", "NA", "TWIN"])
    found = name_genes(tokens, HUMAN, NAMES, "genes", Fixes("", ""))
    assert found.ids.tolist() == [IDS[0], IDS[1], "", "", ""]
    assert found.rules.tolist() == ["", "", "several-genes", "blank", "ambiguous-symbol"]
    assert "several genes" in Named.remedy("ambiguous-symbol")


@pytest.mark.parametrize(("token", "code"), [("ENSMUSG00000000001", "MIXED_SPECIES"), ("Tau", "UNKNOWN_GENES")])
def test_a_column_of_no_use_is_an_error(token, code):
    with pytest.raises(ContractError) as caught:
        name_genes(np.array([token] * 19 + ["APP"]), HUMAN, NAMES, "genes", Fixes("fix species", "fix names"))
    assert caught.value.code == code
