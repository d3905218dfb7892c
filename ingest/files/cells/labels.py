"""Maps authors' cell type names to Cell Ontology terms, recording how each was found; nothing is guessed.

In order: a current id, an exact label, an exact synonym unique to one term, a row of the mapping table
(``ontologies/cell_type_labels.sssom.tsv``, SSSOM). Other names are kept as they are.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ingest.fetch.curated import curated
from ingest.manifest import terms
from kg.names.ids import spelt

TABLE = "cell_type_labels.sssom.tsv"
How = Literal["id", "label", "synonym", "mapping", "broad mapping", "none"]
_OF_ONE_SPECIES = re.compile(r"\((mmus|homo sapiens|primate)\)$", re.IGNORECASE)


@dataclass(frozen=True)
class Label:
    """The name of a population. ``term``: CL id, or "" if the ontology has none; ``method``: how it was found;
    ``texts``: the names in the file that denote this population. With a "broad mapping" the term is broader than the
    population."""

    name: str
    term: str
    method: How
    texts: tuple[str, ...]

    @property
    def exact(self) -> str:
        """The exact term of this population; "" if there is none, or only a broader one."""
        return "" if self.method == "broad mapping" else self.term


def label_types(texts: Iterable[str]) -> tuple[Label, ...]:
    """One label per population, sorted by name. Texts with the same term, or that differ only in the kind of dash or
    space, are merged; populations that share a broader term are not."""
    found: dict[str, list[tuple[str, str, How, str]]] = {}
    for text in sorted({str(text) for text in texts} - {""}):
        term, how = term_of(text)
        own = term and how != "broad mapping"
        found.setdefault(term if own else _plain(text), []).append(
            (terms.label(term) if own else text, term, how, text)
        )
    made = [Label(rows[0][0], rows[0][1], rows[0][2], tuple(r[3] for r in rows)) for rows in found.values()]
    return tuple(sorted(made, key=lambda m: m.name))


def term_of(text: str) -> tuple[str, How]:
    """A current CL term, and how it was found; ("", "none") if there is none."""
    if (text := spelt(text)).startswith("CL:"):
        new = terms.replacement(text) if terms.known(text) and terms.deprecated(text) else None
        if new or (terms.known(text) and not terms.deprecated(text)):
            return new or text, "id"
        return "", "none"
    name = text.lower().replace("_", " ").strip()
    if _current(term := terms.by_label("CL").get(name, "")):
        return term, "label"
    # Species-specific terms made from a taxonomy have its short names as synonyms: Lamp5 is not a striatal cell of
    # primates.
    if _current(term := terms.by_synonym("CL").get(name, "")) and not _OF_ONE_SPECIES.search(terms.label(term)):
        return term, "synonym"
    return mapped().get(_letters(text), ("", "none"))


@cache
def mapped() -> dict[str, tuple[str, How]]:
    """The mapping table: letters and digits of a label -> term, and whether the term is exact or broader."""
    rows = curated(TABLE)
    how: dict[str, How] = {"skos:exactMatch": "mapping", "skos:broadMatch": "broad mapping"}
    columns = (rows["subject_label"], rows["object_id"], rows["predicate_id"])
    return {_letters(label): (term, how[predicate]) for label, term, predicate in zip(*columns, strict=True)}


def _letters(text: str) -> str:
    """Micro-PVM, Micro/PVM and Micro.PVM, as R writes it, are the same label; CD4+ and CD4-, or alpha and beta, are
    not."""
    return re.sub(r"(?:[^\w+¯]|_)+", " ", re.sub(r"(?<=\w)-(?!\w)", "¯", _plain(text).lower())).strip()


def _plain(text: str) -> str:
    """Normalised Unicode, dashes and spaces."""
    dashes = "".join("-" if unicodedata.category(sign) == "Pd" or sign == "\u2212" else sign for sign in text)
    return " ".join(unicodedata.normalize("NFC", dashes).split())


def _current(term: str) -> bool:
    return term.startswith("CL:") and not terms.deprecated(term)
