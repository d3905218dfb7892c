"""Which of the names that a file gives its genes are the ones that the manifest speaks of."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from ingest.blocks_cells import Cells
from kg.gene_spelling import is_stable
from kg.signatures import Strings

_BYTES = re.compile(r"b'[^']*'|b\"[^\"]*\"")
_EXPRESSION = "Gene Expression"


def written(values: Iterable[object]) -> list[str]:
    """Values as stripped text; bytes are decoded, also those of which text was made by Python's repr (``b'astrocyte'``)."""
    texts = [(v.decode(errors="replace") if isinstance(v, bytes) else str(v)).strip() for v in values]
    if texts and all(_BYTES.fullmatch(text) for text in texts if text):
        return [text and text[2:-1].strip() for text in texts]
    return texts


def stable_share(names: Sequence[str] | Strings) -> float:
    """Share of the names that are Ensembl gene ids, of any species, however they are written."""
    return sum(is_stable(str(name)) for name in names) / max(1, len(names))


def gene_names(columns: Sequence[Sequence[str]], spec: Cells) -> Strings:
    """Of the columns of a list of genes: that of Ensembl ids, or the first that is none, as ``cells.gene_id`` says."""
    ids = [stable_share(column) > 0.5 for column in columns]
    wanted = spec.gene_id == "ensembl"
    at = ids.index(wanted) if wanted in ids else 0
    return np.array(columns[at], dtype=str)


def expressed(kinds: Sequence[str] | Strings) -> np.ndarray:
    """Mask of the features that are genes, of 10x's feature types; antibodies, guides and peaks are none."""
    kept = np.asarray(kinds, dtype=str) == _EXPRESSION
    return kept if kept.any() else np.ones(len(kept), bool)
