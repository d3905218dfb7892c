"""What a node of knowledge lacks where nothing of it is measured: an empty list says so, and does not look complete."""

from kg.records.match import Gap

_WAYS = {
    ("CellType", "contrasts"): (
        "contrasts measured in this cell type",
        "no study that is loaded has measured it: it is known by its ontology",
    ),
    ("Tissue", "contrasts"): (
        "contrasts measured in this tissue",
        "no study that is loaded has measured it: it is known by its ontology",
    ),
    ("DiseaseModel", "contrasts"): (
        "contrasts of this model",
        "no study that is loaded has measured it: it is known by its strain and genotype",
    ),
    ("Drug", "conditions"): (
        "measured conditions of this drug",
        "no study that is loaded has given it: it is known by its targets",
    ),
}
_REMEDY = "ingest a study of it by a manifest"


def unmeasured(label: str, link: str) -> Gap | None:
    """Of a node whose ``link`` leads nowhere; None where that is no gap."""
    found = _WAYS.get((label, link))
    return Gap("missing", *found, _REMEDY) if found else None
