"""Checks a file against the version of the CELLxGENE schema that it declares; all problems are collected."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ingest.files.cells.contract import FieldSpec, Rule, contract, described, one_of, parsed
from ingest.files.cells.matrix import as_codes
from ingest.manifest import terms
from kg.errors import Issue

ORGANISM, PERTURBATIONS = "organism_ontology_term_id", "genetic_perturbations"
_SHOWN = 4


@dataclass(frozen=True)
class Declared:
    """The metadata of a file. ``uns``: texts, booleans, lists of texts and mappings of these; ``raw_var``: None without
    ``raw``; ``counts_in``: the matrix that should hold the raw counts by the schema, and ``fault``: why it does not;
    ``empty``: number of cells without counts."""

    file: str
    obs: pd.DataFrame
    var: pd.DataFrame
    raw_var: pd.DataFrame | None
    uns: Mapping[str, Any]
    counts_in: str
    fault: str
    empty: int

    @property
    def version(self) -> str:
        return str(self.uns["schema_version"])


def contract_issues(d: Declared) -> list[Issue]:
    """One issue per broken rule; for an unknown version, only that."""
    at = parsed(d.version)
    if at is None or "{}.{}".format(*at) not in contract().versions:
        fix = (
            "migrate it to a known version (the portal serves its data sets in the newest), or remove"
            " uns['schema_version'] and name the columns in the manifest"
        )
        rule = f"CELLxGENE: schema_version is one of {', '.join(contract().versions)}"
        return [Issue(f"{d.file}: uns.schema_version", rule, repr(d.version), fix)]
    fields = [f for f in contract().fields if f.holds(d.version)]
    made = [*_names(d), *(issue for f in fields for issue in _presence(d, f))]
    frame = _with_organism(d)
    for f in fields:
        made += _uns_value(d, f) if f.in_ == "uns" else _obs_values(d, f, frame)
    return [*made, *_perturbations(d, frame), *_genes(d, frame), *_counts(d)]


def _issue(d: Declared, where: str, rule: str, found: object, fix: str) -> Issue:
    return Issue(f"{d.file}: {where}", f"CELLxGENE {d.version}: {rule}", str(found), fix)


def _names(d: Declared) -> Iterator[Issue]:
    for r in contract().reserved:
        there = d.obs.columns if r.in_ == "obs" else d.uns
        for name in r.names if r.holds(d.version) else ():
            if name in there:
                yield _issue(d, f"{r.in_}.{name}", "reserved or removed names are not used", "it is there", r.fix)
    for column in map(str, d.obs.columns):
        if column.startswith("__"):
            yield _issue(d, f"obs.{column}", "no name starts with __", column, "rename the column")


def _presence(d: Declared, f: FieldSpec) -> Iterator[Issue]:
    there = f.name in (d.obs.columns if f.in_ == "obs" else d.uns)
    where = f"{f.in_}.{f.name}"
    if f.absent_if and d.uns.get(f.absent_if) in (True, "True"):
        if there:
            yield _issue(d, where, f"it is not there while uns.{f.absent_if} is true", "it is there", "remove it")
    elif f.with_ and (f.with_ in d.uns) != there:
        rule = f"it is there if, and only if, uns.{f.with_} is"
        yield _issue(d, where, rule, "one of them", f"add uns.{f.with_}" if there else "add the column")
    elif not there and not f.optional and not f.with_:
        yield _issue(d, where, "it must be there", "nothing", f"add it: {described(_last(f, d.version))}")


def _last(f: FieldSpec, version: str) -> Rule:
    return [rule for rule in f.rules if rule.holds(version)][-1]


def _with_organism(d: Declared) -> pd.DataFrame:
    """The columns of obs that rules check, with the organism added if it is a key of uns."""
    names = {f.name for f in contract().fields if f.in_ == "obs"}
    frame = d.obs[[c for c in d.obs.columns if c in names]]
    if ORGANISM not in frame and ORGANISM in d.uns:
        frame = frame.assign(**{ORGANISM: str(d.uns[ORGANISM])})
    return frame


def _uns_value(d: Declared, f: FieldSpec) -> Iterator[Issue]:
    if f.name not in d.uns:
        return
    rule, value = _last(f, d.version), d.uns[f.name]
    if rule.columns:
        listed = [value] if isinstance(value, str) else list(value)
        good, value = all(column in d.obs for column in listed), [c for c in listed if c not in d.obs]
    elif rule.truth:
        good = value in (True, False, "True", "False")
    else:
        good = _reason(str(value), rule, d) is None
    if not good:
        yield _issue(d, f"uns.{f.name}", f"it is {described(rule)}", repr(value), "correct it")


def _obs_values(d: Declared, f: FieldSpec, frame: pd.DataFrame) -> Iterator[Issue]:
    if f.name not in frame or (f.absent_if and d.uns.get(f.absent_if) in (True, "True")):
        return
    rules = [rule for rule in f.rules if rule.holds(d.version)]
    if rules[0].truth:
        if frame[f.name].dtype != bool and not set(frame[f.name].unique()) <= {True, False}:
            found = [repr(v) for v in frame[f.name].unique()[:_SHOWN]]
            yield _issue(d, f"obs.{f.name}", f"it is {described(rules[0])}", ", ".join(found), "store it as booleans")
        return
    asked = [c for c in dict.fromkeys(c for r in rules for c in r.where) if c in frame]
    broken: dict[tuple[int, str], list[tuple[str, int, str]]] = {}
    for values, n, first in _combinations(frame, [f.name, *asked]):
        of_cell = dict(zip([f.name, *asked], values, strict=True))
        at = next((i for i, r in enumerate(rules) if _applies(r, of_cell)), None)
        if at is not None and (fix := _reason(values[0], rules[at], d)):
            broken.setdefault((at, fix), []).append((values[0], n, first))
    for (at, fix), rows in broken.items():
        where = " and ".join(f"{c} is {' or '.join(v[:3])}" for c, v in rules[at].where.items())
        rule = f"{f'where {where}, ' if where else ''}{f.name} is {described(rules[at])}"
        found = ", ".join(repr(v) for v in dict.fromkeys(r[0] for r in rows[:_SHOWN]))
        cells = f"{found} in {sum(r[1] for r in rows):,} cells, the first {rows[0][2]}"
        yield _issue(d, f"obs.{f.name}", rule, cells, fix)
    if (word := rules[-1].not_all) and frame[f.name].astype(str).eq(word).all():
        yield _issue(d, f"obs.{f.name}", f"not all cells are {word!r}", f"{word!r} in all", f"remove {f.name}")
    if rules[-1].organism and frame[f.name].nunique() > 1:
        found = ", ".join(map(str, frame[f.name].unique()[:_SHOWN]))
        fix = "split the file by species"
        yield _issue(d, f"obs.{f.name}", "all cells are from one species", found, fix)


def _combinations(frame: pd.DataFrame, columns: list[str]) -> Iterator[tuple[tuple[str, ...], int, str]]:
    """(values, number of cells, first cell) of each combination that occurs; a missing value is ""."""
    coded = [as_codes(frame[c]) for c in columns]
    key = np.zeros(len(frame), dtype=np.int64)
    for codes, texts in coded:
        key = key * len(texts) + codes % len(texts)
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    for at, n in zip(first, count, strict=True):
        yield tuple(str(texts[codes[at]]) for codes, texts in coded), int(n), str(frame.index[at])


def _applies(rule: Rule, cell: Mapping[str, str]) -> bool:
    for column, patterns in rule.where.items():
        value = cell.get(column, "")
        if not one_of(contract().species(value) if column == ORGANISM else value, patterns):
            return False
    return True


def _reason(value: str, rule: Rule, d: Declared) -> str | None:
    """The remedy for a value that breaks a rule; None if it does not."""
    old = d.version[: len(contract().terms_of)] != contract().terms_of
    if not value:
        return "fill it in"
    if rule.organism:
        return None if contract().species(value) in contract().organisms else "the graph contains human and mouse"
    if rule.free:
        return f"{value!r} is a placeholder: fill it in" if value in rule.not_ else None
    if value in rule.words:
        return None
    parts = value.split(rule.many) if rule.many else [value]
    keys = d.uns.get(rule.keys_of, {}) if rule.keys_of else {}
    for part in parts:
        if part in keys or (one_of(part, rule.terms, obsolete=old) and not one_of(part, rule.not_)):
            continue
        return _remedy(part)
    if parts != sorted(set(parts)):
        return f"write {rule.many.join(sorted(set(parts)))!r}"
    return None


def _remedy(term: str) -> str:
    """The remedy for a term that does not fit."""
    if not re.fullmatch(r"[A-Za-z]+:\S+", term):
        return "give one of these"
    if not terms.known(term):
        near = terms.suggestions(term) if term.split(":")[0] in terms.ONTOLOGIES else ()
        return f"{term} is not known: did you mean {' or '.join(near)}?" if near else f"{term} is not known: correct it"
    if terms.deprecated(term):
        new = terms.replacement(term)
        return f"{term} is obsolete: " + (f"use {new} ({terms.label(new)})" if new else "choose a current term")
    return f"{term} is {terms.label(term)}: choose another term"


def _perturbations(d: Declared, frame: pd.DataFrame) -> Iterator[Issue]:
    """Checks the roles of the guides in uns against the controls in obs."""
    guides = d.uns.get(PERTURBATIONS)
    if not isinstance(guides, Mapping) or parsed(d.version) < (7, 1):  # type: ignore[operator]
        return
    roles = {name: str(facts.get("role", "")) if isinstance(facts, Mapping) else "" for name, facts in guides.items()}
    for name, role in roles.items():
        if role not in ("control", "targeting"):
            rule = "a guide's role is 'control' or 'targeting'"
            yield _issue(d, f"uns.{PERTURBATIONS}.{name}.role", rule, repr(role), "write its role")
    named = ["genetic_perturbation_id", "genetic_perturbation_strategy"]
    if not all(c in frame for c in named):
        return
    for (ids, strategy), n, first in _combinations(frame, named):
        if strategy == "control" and (other := [i for i in ids.split(" || ") if roles.get(i, "control") != "control"]):
            rule, found = (
                "cells with strategy 'control' have control guides only",
                f"{other} in {n:,} cells, the first {first}",
            )
            yield _issue(d, "obs.genetic_perturbation_strategy", rule, found, "correct strategy or role")


def _genes(d: Declared, frame: pd.DataFrame) -> Iterator[Issue]:
    spec, names = contract().genes, d.var.index.astype(str)
    species = {contract().species(str(t)) for t in frame[ORGANISM].unique()} if ORGANISM in frame else set()
    if patterns := [spec.index[s] for s in species if s in spec.index]:
        suffix = r"(\.\d+)?" if parsed(d.version) < parsed(spec.version_suffix_before) else ""  # type: ignore[operator]
        kept = re.compile(f"(?:{'|'.join(patterns)}){suffix}|{spec.besides}")
        if bad := [name for name in names if not kept.fullmatch(name)]:
            rule = (
                "the index of var is Ensembl gene ids of"
                f" {', '.join(sorted(species))}{'' if suffix else ', without version'}"
            )
            found = f"{len(bad):,} of {len(names):,}, such as {', '.join(map(repr, bad[:_SHOWN]))}"
            yield _issue(d, "var", rule, found, "put the ids into the index; symbols go to feature_name")
    if twice := list(names[names.duplicated()]):
        found = f"{len(twice):,}, such as {', '.join(map(repr, twice[:_SHOWN]))}"
        yield _issue(d, "var", "each gene occurs once", found, "sum the columns of one gene")
    if d.raw_var is not None and not names.equals(d.raw_var.index.astype(str)):
        found = f"{len(d.raw_var):,} genes in raw.var, {len(names):,} in var, or another order"
        yield _issue(d, "raw.var", "raw.var and var have the same index", found, "keep all genes in both")
    if "feature_is_filtered" not in d.var:
        yield _issue(d, "var.feature_is_filtered", "it must be there", "nothing", "add it: true or false for each gene")
    elif d.var["feature_is_filtered"].dtype != bool:
        found = str(d.var["feature_is_filtered"].dtype)
        yield _issue(d, "var.feature_is_filtered", "it is true or false, stored as such", found, "store it as booleans")


def _counts(d: Declared) -> Iterator[Issue]:
    if d.fault:
        rule = f"{d.counts_in} holds raw counts"
        yield _issue(d, d.counts_in, rule, d.fault, "put the raw counts into raw.X, or into X if nothing is normalised")
    if d.empty:
        found = f"{d.empty:,} cells without one"
        yield _issue(d, d.counts_in, "a cell has a count above 0", found, "leave empty droplets out")
