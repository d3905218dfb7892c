"""Are the ontology terms of a manifest current? Checked offline against the CELLxGENE ontology guide."""

import difflib
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from cellxgene_ontology_guide.ontology_parser import OntologyParser

from kg.errors import Issue
from kg.names.ids import prefix_of, spelt, wanted

ONTOLOGIES = ("CL", "UBERON", "MONDO", "EFO")
_TERM = re.compile(rf"({'|'.join(ONTOLOGIES)}):(\S+)")


@cache
def _parser() -> OntologyParser:
    return OntologyParser()


@cache
def by_label(ontology: str) -> dict[str, str]:
    """Preferred label in lower case -> id."""
    return {label.lower(): term for label, term in _parser().get_term_label_to_id_map(ontology).items() if label}


@cache
def by_synonym(ontology: str) -> dict[str, str]:
    """Exact synonym in lower case -> id, of current terms; a synonym of several terms names none of them."""
    named: dict[str, set[str]] = {}
    for term in all_terms(ontology):
        if not deprecated(term):
            for synonym in _parser().get_term_synonyms(term):
                named.setdefault(synonym.lower(), set()).add(term)
    return {synonym: terms.pop() for synonym, terms in named.items() if len(terms) == 1}


def known(term: str) -> bool:
    return _parser().is_valid_term_id(term)


def label(term: str) -> str:
    """Preferred label; the id itself for a term that :func:`known` does not know, such as one of another ontology."""
    return (known(term) and _parser().get_term_label(term)) or term


def replacement(term: str) -> str | None:
    """The term to use instead of an obsolete one, where the ontology names it."""
    return _parser().get_term_replacement(term) or None


def deprecated(term: str) -> bool:
    return _parser().is_term_deprecated(term)


def under(term: str, above: str) -> bool:
    """Is a term ``above`` itself, or one under it?"""
    return term == above or (known(term) and above in _parser().get_term_ancestors(term))


def above(term: str) -> set[str]:
    """A term, and those that it is under."""
    return {term, *(_parser().get_term_ancestors(term) if known(term) else ())}


def suggestions(term: str) -> tuple[str, ...]:
    """Ids near an unknown one: digits mistyped or dropped, or a label written where an id belongs."""
    ontology, rest = term.split(":", 1)
    if one := _within(ontology, term):
        return _shown([one])
    near = _by_name(ontology, rest)
    if rest.isdigit():
        padded = f"{ontology}:{int(rest):07d}"
        near = (
            [padded]
            if known(padded) and padded != term
            else difflib.get_close_matches(term, by_label(ontology).values(), n=3, cutoff=0.9)
        )
    return _shown(near)


def _within(ontology: str, text: str) -> str:
    """The one known id that stands in a longer text, as in MONDO:0004975 (Alzheimer disease)."""
    found = {each for each in re.findall(rf"\b{ontology}:\d{{7}}\b", text) if known(each)}
    return found.pop() if len(found) == 1 and text not in found else ""


def _by_name(ontology: str, text: str) -> list[str]:
    """Terms of an ontology that bear a name, or one near it."""
    names, name = by_label(ontology), text.replace("_", " ").lower().strip()
    if exact := names.get(name) or by_synonym(ontology).get(name):
        return [exact]
    near = (
        difflib.get_close_matches(name, names, n=3, cutoff=0.8) or sorted((n for n in names if name in n), key=len)[:3]
    )
    return [names[n] for n in near if not deprecated(names[n])]


def _shown(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{t} ({label(t)})" for t in found)


def in_ontology(term: str, ontology: str) -> tuple[str, ...]:
    """Terms of an ontology that were probably meant by a name or an id of another: what replaced it, or what has its
    name."""
    if one := _within(ontology, term):
        return _shown([one])
    if (other := prefix_of(term)) and other in ONTOLOGIES and known(term):
        new = replacement(term)
        if new and new.startswith(f"{ontology}:"):
            return _shown([new])
        return _shown(_by_name(ontology, re.sub("^obsolete[_ ]", "", label(term))))
    if other:
        return _shown([wanted(term)] if ontology == "MONDO" and wanted(term) else [])
    return _shown(_by_name(ontology, term))


_FIELDS = (
    (re.compile(r"(?:contrasts\.\d+\.)?material\.(?:tissue|region)"), "UBERON"),
    (re.compile(r"(?:contrasts\.\d+\.)?material\.cell_type"), "CL"),
    (re.compile(r"(?:contrasts\.\d+\.)?material\.assay"), "EFO"),
    (re.compile(r"(?:contrasts|models)\.\d+\.disease"), "MONDO"),
)
_HEALTHY = "PATO:0000461"


def term_issues(file: str, leaves: list[tuple[str, Any]]) -> list[Issue]:
    """An issue for every term among (path, value) pairs that is unknown, obsolete, or not of the ontology of its
    field."""
    issues = []
    for where, value in leaves:
        if not isinstance(value, str):
            continue
        ontology = next((name for field, name in _FIELDS if field.fullmatch(where)), "")
        term = spelt(value)
        if not (ontology or _TERM.fullmatch(value)) or (ontology == "MONDO" and term == _HEALTHY):
            continue
        if ontology and not term.startswith(f"{ontology}:"):
            near = in_ontology(term, ontology)
            fix = f"{term} is no {ontology} term; " + (_meant(near) if near else f"look for it in {ontology}")
            issues.append(Issue(f"{file}: {where}", "UNKNOWN_TERM", value, fix))
        elif not known(term):
            near = suggestions(term)
            fix = _meant(near) if near else "look the term up in the Ontology Lookup Service"
            issues.append(Issue(f"{file}: {where}", "UNKNOWN_TERM", value, fix))
        elif deprecated(term):
            new = replacement(term)
            fix = (
                f"use {new} ({label(new)})" if new else "it is obsolete and no term replaces it; choose a current term"
            )
            issues.append(Issue(f"{file}: {where}", "OBSOLETE_TERM", f"{value} ({label(term)})", fix))
    return issues


def _meant(near: tuple[str, ...]) -> str:
    return f"did you mean {' or '.join(near)}?"


def all_terms(ontology: str) -> list[str]:
    """Ids of an ontology, obsolete ones included."""
    terms = _parser().get_term_label_to_id_map(ontology).values()
    return [term for term in terms if term.startswith(f"{ontology}:")]
