"""Ontology terms of CL, UBERON, MONDO, EFO, HsapDv and MmusDv from the installed ``cellxgene-ontology-guide``.

Upstream: the OBO releases that CELLxGENE pins (guide: MIT; CL, UBERON, HsapDv, MmusDv CC BY 3.0 or 4.0, MONDO CC BY
4.0, EFO Apache-2.0). The guide ships each release as one compressed JSON: label, synonyms, description, deprecations
with their replacement, and ancestors with their distance.
Traps: the guide has no cross-references (said under ``missing``); it lists all ancestors, so parents are the ancestors
at distance 1; in UBERON, HsapDv and MmusDv these mix is_a with part_of, and in CL they hold is_a alone: the mixed
ones become BROADER, the others SUBCLASS_OF; some retired terms have an empty label; a replacement may live in another
ontology (EFO diseases moved to MONDO) or be retired itself.
"""

import difflib
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from cellxgene_ontology_guide.ontology_parser import OntologyParser

from ingest.batch import Batch
from kg.errors import UnknownTermError
from kg.names.species import SPECIES

STAGES = tuple(species.stages for species in SPECIES.values() if species.stages)
LABELS = {
    "CL": "CellType",
    "UBERON": "Tissue",
    "MONDO": "Disease",
    "EFO": "Assay",
    **dict.fromkeys(STAGES, "LifeStage"),
}
MIXED = dict.fromkeys(("UBERON", *STAGES), "is_a or part_of")
NORMAL = "PATO:0000461"


@dataclass(frozen=True)
class Ontology:
    """Terms of one ontology at one version, for look-up: no store, no network."""

    name: str
    version: str
    terms: dict[str, dict[str, Any]]

    def exists(self, term: str) -> bool:
        return term in self.terms

    def label(self, term: str) -> str:
        """Preferred label; raises UnknownTermError (see :meth:`check`) for a term that is not there."""
        if term not in self.terms:
            raise UnknownTermError(term, f"{self.name} term", suggestions=self.suggestions(term))
        return self.terms[term]["label"] or term

    def check(self, term: str) -> str:
        """The term itself when it is current. UnknownTermError with what was probably meant, or the replacement."""
        self.label(term)
        if not self.terms[term]["deprecated"]:
            return term
        new = self.replacement(term)
        if new:
            raise UnknownTermError(term, f"{self.name} term", replacement=new)
        error = UnknownTermError(term, f"retired {self.name} term", suggestions=self._options(term))
        error.code = "OBSOLETE_TERM"
        raise error

    def _options(self, term: str) -> tuple[str, ...]:
        listed = self.terms[term].get("consider", ())
        return tuple(f"{t} ({self.terms[t]['label']})" if t in self.terms else t for t in listed)

    def replacement(self, term: str) -> str | None:
        """The current term that replaces a retired one; replacements that were retired in turn are followed.

        None when there is none, or when the chain returns to itself. A term of another ontology is given as it stands.
        """
        seen = {term}
        new = self.terms[term].get("replaced_by")
        while new in self.terms and self.terms[new]["deprecated"]:
            if new in seen:
                return None
            seen.add(new)
            new = self.terms[new].get("replaced_by")
        return new

    @cached_property
    def _names(self) -> dict[str, str]:
        """Lower-case label or synonym -> term; labels win, current terms only."""
        current = [(term, facts) for term, facts in self.terms.items() if not facts["deprecated"]]
        names = {s.lower(): term for term, facts in current for s in facts.get("synonyms", ())}
        names.update({facts["label"].lower(): term for term, facts in current if facts["label"]})
        return names

    def suggestions(self, term: str, n: int = 3) -> tuple[str, ...]:
        """Current terms that an unknown one may stand for: by label or synonym, by padding, or by id."""
        text = term.removeprefix(f"{self.name}:").replace("_", " ").strip()
        digits = text.removeprefix(self.name).strip()
        found: list[str] = []
        if digits.isdigit():
            padded = f"{self.name}:{int(digits):07d}"
            if padded in self.terms and not self.terms[padded]["deprecated"]:
                found.append(padded)
            ids = [t for t, facts in self.terms.items() if not facts["deprecated"] and t[-2:] == padded[-2:]]
            found += difflib.get_close_matches(padded, ids, n, 0.8)
        else:
            wanted = text.lower()
            found += [self._names[name] for name in difflib.get_close_matches(wanted, self._names, n, 0.65)]
        return tuple(f"{t} ({self.label(t)})" for t in list(dict.fromkeys(found))[:n])

    def ancestors(self, terms: Iterable[str]) -> set[str]:
        """The terms and all their ancestors; terms that are not here are left out."""
        out: set[str] = set()
        for term in terms:
            if term in self.terms:
                out.add(term)
                out.update(self.terms[term]["ancestors"])
        return out

    def is_within(self, term: str, ancestor: str) -> bool:
        """The term is the other one or lies below it (by part_of too, where the hierarchy mixes them)."""
        return term in self.terms and (term == ancestor or ancestor in self.terms[term]["ancestors"])


@cache
def load(name: str) -> Ontology:
    """Read one ontology of the guide (.01 to .2 s); the same object every time."""
    guide = OntologyParser().cxg_schema
    return Ontology(name, guide.supported_ontologies[name]["version"].lstrip("v"), guide.ontology(name))


def get(names: Iterable[str] = tuple(LABELS)) -> list[Ontology]:
    return [load(name) for name in names]


def transform(ontology: Ontology, used: Set[str] | None = None) -> Batch:
    """Terms and hierarchy. ``used``: CURIEs whose ancestors come too (CL comes whole always); None: everything.

    A replacement that is not loaded is named in ``replaced_by`` all the same.
    """
    label = LABELS[ontology.name]
    batch = Batch(f"ontology/{ontology.name}", ontology.version, read=len(ontology.terms), accepted=len(ontology.terms))
    whole = used is None or ontology.name == "CL"
    keep = set(ontology.terms) if whole else ontology.ancestors(used or ())
    kind = "BROADER" if ontology.name in MIXED else "SUBCLASS_OF"
    basis = {"basis": MIXED[ontology.name]} if ontology.name in MIXED else {}
    rows, edges = batch.nodes[label], batch.edges[kind, label, label]
    for term in sorted(keep):
        facts = ontology.terms[term]
        rows.append(
            {
                "id": term,
                "label": facts["label"] or term,
                "synonyms": facts.get("synonyms", []),
                "definition": facts.get("description", ""),
                "deprecated": facts["deprecated"],
                "replaced_by": facts.get("replaced_by", ""),
                "version": ontology.version,
            }
        )
        edges += [{"subject": term, "object": up, **basis} for up, far in facts["ancestors"].items() if far == 1]
    if ontology.name == "MONDO":
        healthy = load("PATO")
        batch.read, batch.accepted = batch.read + 1, batch.accepted + 1
        rows.append({"id": NORMAL, "label": healthy.label(NORMAL), "deprecated": False, "version": healthy.version})
    batch.missing.append(f"{ontology.name}: XREF, the guide carries no cross-references")
    if not whole:
        n_left = len(ontology.terms) - len(keep)
        batch.missing.append(f"{ontology.name}: {n_left:,} terms that nothing refers to; ingest --all loads them")
    return batch.check()
