"""What the graph knows but has no measurement of is told from what it does not know, on both stores."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kg.ask.questions import compare_answer, drug_answer, match_answer
from kg.errors import UnknownTermError
from kg.store.driver import Store
from kg.store.write import write_nodes
from tests.simulated import ingested

pytestmark = pytest.mark.graph
AD = "MONDO:0004975"
KNOWN = {
    "CellType": {"id": "CL:0000129", "label": "microglial cell"},
    "Drug": {"id": "CHEMBL:2105759", "label": "baricitinib"},
    "DiseaseModel": {"id": "orthokg:model/apoe4", "label": "APOE4"},
    "Disease": {"id": "MONDO:0005180", "label": "Parkinson disease"},
}


@pytest.mark.parametrize("unknown", [False, True])
def test_a_name_that_has_no_measurement(store: Store, tmp_path: Path, unknown: bool) -> None:
    signatures = ingested(store, tmp_path)
    for label, row in KNOWN.items():
        write_nodes(store, label, [row], source="x", run="x")

    def refused(ask: Callable[..., object], **given: str) -> UnknownTermError:
        with pytest.raises(UnknownTermError) as error:
            ask(store, signatures, **given)
        return error.value

    names = {label: "no such thing" if unknown else row["label"] for label, row in KNOWN.items()}
    errors = {
        "CellType": refused(match_answer, model="simulated-none", disease=AD, cell_type=names["CellType"]),
        "Drug": refused(drug_answer, drug=names["Drug"]),
        "DiseaseModel": refused(match_answer, model=names["DiseaseModel"], disease=AD),
        "Disease": refused(match_answer, model="simulated-none", disease=names["Disease"]),
        "other": refused(compare_answer, model="simulated-none", other=names["DiseaseModel"]),
    }
    for label, error in errors.items():
        assert error.code == ("UNKNOWN_TERM" if unknown else "NOT_MEASURED")
        if not unknown:
            node = KNOWN.get(label, KNOWN["DiseaseModel"])
            assert f"{node['label']} ({node['id']}) is in the graph, but it is no" in str(error)
    assert "cell type measured in simulated-none" in str(errors["CellType"])


def test_an_id_is_looked_up_as_a_name_is(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    write_nodes(store, "Drug", [KNOWN["Drug"]], source="x", run="x")
    with pytest.raises(UnknownTermError) as error:
        drug_answer(store, signatures, drug="CHEMBL:2105759")
    assert error.value.code == "NOT_MEASURED"
    assert error.value.argument == "drug"
