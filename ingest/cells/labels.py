"""Names that authors give to cell types -> Cell Ontology terms, and how each was found; never a guess."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ingest import terms
from kg.curie import slug

How = Literal["id", "label", "synonym", "none"]


@dataclass(frozen=True)
class Label:
    """A population's name: ``term`` (CL id, or "" where the ontology has no such name), how it was found, and the
    ``texts`` of the file that are this population."""

    name: str
    term: str
    method: How
    texts: tuple[str, ...]


def label_types(texts: Iterable[str]) -> tuple[Label, ...]:
    """One label for each population, sorted by name: texts of one term, or that differ in punctuation alone, are one."""
    found: dict[str, list[tuple[str, str, How, str]]] = {}
    for text in sorted(set(texts) - {""}):
        term, how = term_of(text)
        name = terms.label(term) if term else text
        found.setdefault(term or slug(text), []).append((name, term, how, text))
    made = [Label(rows[0][0], rows[0][1], rows[0][2], tuple(r[3] for r in rows)) for rows in found.values()]
    return tuple(sorted(made, key=lambda m: m.name))


def term_of(text: str) -> tuple[str, How]:
    """A current CL term by its id, its exact label or an exact synonym that it alone has."""
    if text.startswith("CL:"):
        new = terms.replacement(text) if terms.known(text) and terms.deprecated(text) else None
        if new or (terms.known(text) and not terms.deprecated(text)):
            return new or text, "id"
        return "", "none"
    name = text.lower().replace("_", " ").strip()
    if _current(term := terms.by_label("CL").get(name, "")):
        return term, "label"
    if _current(term := terms.by_synonym("CL").get(name, "")):
        return term, "synonym"
    return "", "none"


def _current(term: str) -> bool:
    return term.startswith("CL:") and not terms.deprecated(term)
