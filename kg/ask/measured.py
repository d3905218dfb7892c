"""Names that the graph knows but has nothing measured of: an answer of their own, apart from names that it does not
know."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString, cast

from kg.errors import UnknownTermError
from kg.names.ids import spelt
from kg.store.driver import Store

_LABELS = {
    "model": "DiseaseModel",
    "other": "DiseaseModel",
    "drug": "Drug",
    "cell_type": "CellType",
    "disease": "Disease",
}
"""Argument of a question -> label of the nodes that it names."""


@contextmanager
def or_not_measured(store: Store) -> Iterator[None]:
    """Raises NOT_MEASURED in place of UNKNOWN_TERM for a name that the graph has a node for."""
    try:
        yield
    except UnknownTermError as error:
        label = _LABELS.get(error.argument)
        if label is None or error.code != UnknownTermError.code:
            raise
        query = cast(
            LiteralString,
            f"MATCH (n:{label}) WHERE n.id = $term OR toLower(n.label) = toLower($term)"
            " RETURN n.id AS id, n.label AS label LIMIT 1",
        )
        if not (rows := store.read(query, term=spelt(error.term))):
            raise
        held = f"{rows[0]['label']} ({rows[0]['id']})"
        raise UnknownTermError(
            error.term, error.what, suggestions=error.suggestions, argument=error.argument, held=held
        ) from None
