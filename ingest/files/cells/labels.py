"""Names that authors give to cell types -> Cell Ontology terms, and how each was found; never a guess.

In order: a current id, an exact label, an exact synonym that one term alone has, a row of the mapping table
(``ontologies/cell_type_labels.sssom.tsv``, SSSOM). What none of them knows stays the authors' words.
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
    """A population's name: ``term`` (CL id, or "" where the ontology has no such name), how it was found, and the
    ``texts`` of the file that are this population. By a "broad mapping" the term is wider than the population."""

    name: str
    term: str
    method: How
    texts: tuple[str, ...]

    @property
    def exact(self) -> str:
        """The term that is this population; "" where there is none, or only a wider one."""
        return "" if self.method == "broad mapping" else self.term


def label_types(texts: Iterable[str]) -> tuple[Label, ...]:
    """One label for each population, sorted by name: texts of one term, or that differ in the kind of dash or space,
    are one.

    Populations of one wider term stay apart.
    """
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
    """A current CL term, and how it was found; ("", "none") where nothing names one."""
    if (text := spelt(text)).startswith("CL:"):
        new = terms.replacement(text) if terms.known(text) and terms.deprecated(text) else None
        if new or (terms.known(text) and not terms.deprecated(text)):
            return new or text, "id"
        return "", "none"
    name = text.lower().replace("_", " ").strip()
    if _current(term := terms.by_label("CL").get(name, "")):
        return term, "label"
    # Terms of one species, made from a taxonomy, have its short names as synonyms: Lamp5 is no striatal cell of
    # primates.
    if _current(term := terms.by_synonym("CL").get(name, "")) and not _OF_ONE_SPECIES.search(terms.label(term)):
        return term, "synonym"
    return mapped().get(_letters(text), ("", "none"))


@cache
def mapped() -> dict[str, tuple[str, How]]:
    """The mapping table: letters and digits of a label -> term, and whether it is that or a wider one."""
    rows = curated(TABLE)
    how: dict[str, How] = {"skos:exactMatch": "mapping", "skos:broadMatch": "broad mapping"}
    columns = (rows["subject_label"], rows["object_id"], rows["predicate_id"])
    return {_letters(label): (term, how[predicate]) for label, term, predicate in zip(*columns, strict=True)}


def _letters(text: str) -> str:
    """Micro-PVM, Micro/PVM and Micro.PVM, as R writes it, are one label; CD4+ and CD4-, alpha and beta are not."""
    return re.sub(r"(?:[^\w+¯]|_)+", " ", re.sub(r"(?<=\w)-(?!\w)", "¯", _plain(text).lower())).strip()


def _plain(text: str) -> str:
    """One form of Unicode, one kind of dash and of space."""
    dashes = "".join("-" if unicodedata.category(sign) == "Pd" or sign == "\u2212" else sign for sign in text)
    return " ".join(unicodedata.normalize("NFC", dashes).split())


def _current(term: str) -> bool:
    return term.startswith("CL:") and not terms.deprecated(term)
