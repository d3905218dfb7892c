"""Are the ontology terms of a manifest current? Checked offline against the CELLxGENE ontology guide."""

import difflib
import re
from functools import cache
from typing import Any

from cellxgene_ontology_guide.ontology_parser import OntologyParser

from kg.errors import Issue

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
    names = by_label(ontology)
    wanted = rest.replace("_", " ").lower()
    near = [names[n] for n in difflib.get_close_matches(wanted, names, n=3, cutoff=0.8)]
    if rest.isdigit():
        padded = f"{ontology}:{int(rest):07d}"
        near = (
            [padded]
            if known(padded) and padded != term
            else difflib.get_close_matches(term, names.values(), n=3, cutoff=0.9)
        )
    return tuple(f"{t} ({label(t)})" for t in near)


def term_issues(file: str, leaves: list[tuple[str, Any]]) -> list[Issue]:
    """An issue for every unknown or obsolete term among (path, value) pairs."""
    issues = []
    for where, value in leaves:
        if not isinstance(value, str) or not _TERM.fullmatch(value):
            continue
        if not known(value):
            near = suggestions(value)
            fix = f"did you mean {' or '.join(near)}?" if near else "look the term up in the Ontology Lookup Service"
            issues.append(Issue(f"{file}: {where}", "UNKNOWN_TERM", value, fix))
        elif deprecated(value):
            new = replacement(value)
            fix = f"use {new} ({label(new)})" if new else "it has no replacement; choose a current term"
            issues.append(Issue(f"{file}: {where}", "OBSOLETE_TERM", f"{value} ({label(value)})", fix))
    return issues


def all_terms(ontology: str) -> list[str]:
    """Ids of an ontology, obsolete ones included."""
    terms = _parser().get_term_label_to_id_map(ontology).values()
    return [term for term in terms if term.startswith(f"{ontology}:")]
