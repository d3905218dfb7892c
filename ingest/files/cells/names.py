"""Selects the gene identifiers of a file that the manifest refers to."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from ingest.files.cells.stored import Read
from ingest.manifest.cell_blocks import Cells
from kg.errors import broken
from kg.names.gene_spelling import is_stable
from kg.signatures.store import Strings

_BYTES = re.compile(r"b'[^']*'|b\"[^\"]*\"")
_EXPRESSION = "gene expression"
_OTHERS = (
    "antibody capture",
    "crispr guide capture",
    "multiplexing capture",
    "antigen capture",
    "custom",
    "peaks",
    "peak",
    "protein",
    "protein expression",
    "antibody",
    "adt",
    "hto",
    "negative control probe",
    "negative control codeword",
    "unassigned codeword",
    "deprecated codeword",
    "blank codeword",
    "genomic control",
)
TYPES = ("feature_types", "feature_type", "FeatureType", "feature_class")
"""Names of the column of 10x feature types in tables of genes."""


def written(values: Iterable[object]) -> list[str]:
    """Values as stripped text; bytes are decoded, including those written as Python's repr (``b'astrocyte'``)."""
    texts = [(v.decode(errors="replace") if isinstance(v, bytes) else str(v)).strip() for v in values]
    if texts and all(_BYTES.fullmatch(text) for text in texts if text):
        return [text and text[2:-1].strip() for text in texts]
    return texts


def stable_share(names: Sequence[str] | Strings) -> float:
    """Share (0 to 1) of names that are Ensembl gene ids, of any species and in any spelling."""
    return sum(is_stable(str(name)) for name in names) / max(1, len(names))


def gene_names(columns: Sequence[Sequence[str]], spec: Cells) -> Strings:
    """The column of a gene list that holds Ensembl ids, or the first one that does not, as given by
    ``cells.gene_id``."""
    ids = [stable_share(column) > 0.5 for column in columns]
    wanted = spec.gene_id == "ensembl"
    at = ids.index(wanted) if wanted in ids else 0
    return np.array(columns[at], dtype=str)


def expressed(kinds: Sequence[str] | Strings, path: Path) -> np.ndarray:
    """Mask of the features that are genes by 10x feature types, excluding antibodies, guides and peaks. Other lists
    (biotypes, chromosomes) exclude nothing. Raises: ContractError: NO_GENES if no feature is a gene."""
    told = np.array([str(kind).strip().lower() for kind in kinds], dtype=str)
    kept = told == _EXPRESSION if (told == _EXPRESSION).any() else ~np.isin(told, _OTHERS)
    if len(kept) and not kept.any():
        found = ", ".join(sorted({str(kind) for kind in kinds})[:4])
        raise broken(
            "NO_GENES",
            path.name,
            "some of the features are genes",
            f"all are {found}",
            "give the file of gene expression",
        )
    return kept


def columns(read: Read, kept: np.ndarray) -> Read:
    """A reader of the same blocks, restricted to the genes in a mask."""
    if kept.all():
        return read
    places = np.flatnonzero(kept)
    return lambda start, stop: sparse.csr_matrix(read(start, stop)[:, places])
