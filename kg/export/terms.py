"""The licence of each row that leaves: that of its source; of a row computed here, the strictest of what it rests on
(``decisions/0139``).

A contrast rests on its dataset, a pool on the datasets of its cohorts, a match on both of its sides, on the states that
it was asked against, on the orthologs of its model's species, and at the level of regulons or modules on the source of
those. A version of an atlas and a submission rest on their datasets. What people said, and releases, rest on nothing
else and are under the licence of OrthoKG.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString, cast

from kg.atlas.commit import SOURCE as ATLAS
from kg.curate.curation import SOURCE as CURATION
from kg.curie import MOUSE
from kg.match.compared import LEVELS, offered
from kg.names.species import SPECIES
from kg.release.releases import SOURCE as RELEASE
from kg.store.driver import Store
from kg.verdict.derive import SOURCE as DERIVED
from kg.verdict.shared_samples import SOURCE as LIKENESS

OWN = frozenset({ATLAS, CURATION, DERIVED, LIKENESS, RELEASE})
NONE_STATED = "none stated"
OURS = "BSD-3-Clause"
_STEPS = (
    re.compile(r"\b(CC0|public domain)\b", re.I),
    re.compile(r"\b(MIT|BSD|Apache|CC[ -]BY(?![ -]?(SA|NC|ND)))\b", re.I),
    re.compile(r"\b(L?GPL|Artistic|CC[ -]BY[ -]SA)\b", re.I),
    re.compile(r"\b(NC|ND|non-?commercial)\b", re.I),
)
_ASK_ALL = ("best", "intersect")
_SOURCES: LiteralString = "MATCH (s:Source) RETURN s {.*} AS row ORDER BY s.id"
_DATASETS: LiteralString = "MATCH (d:Dataset) RETURN d {.*} AS row ORDER BY d.id"
_CONTRASTS: LiteralString = "MATCH (c:Contrast)-[:FROM_DATASET]->(d:Dataset) RETURN c.id AS id, d.source AS source"
_REFERENCES: LiteralString = (
    "MATCH (c:NoiseReference)-[:FROM_DATASET]->(d:Dataset) RETURN c.id AS id, d.source AS source"
)
_POOLS: LiteralString = "MATCH (p:Contrast)-[:POOLS]->(c:Contrast) RETURN p.id AS id, c.id AS rests"
_STATES: LiteralString = "MATCH (p:Contrast)-[:POOL_OF]->(s:DiseaseState) RETURN s.id AS id, p.id AS rests"
_MATCHES: LiteralString = """
MATCH (k:Match)-[r:MATCH_OF]->(c:Contrast)
RETURN k.id AS id, k.level AS level, k.policy AS policy, r.side AS side, c.id AS rests, c.in_taxon AS taxon
"""
_GIVEN: LiteralString = "MATCH (k:Match)-[:GIVEN]->(s:DiseaseState) RETURN k.id AS id, s.id AS rests"
_GIVEN_MODEL: LiteralString = "MATCH (k:Match)-[:GIVEN_MODEL]->(c:Contrast) RETURN k.id AS id, c.id AS rests"


@dataclass(frozen=True)
class Licence:
    source: str
    licence: str
    redistribute: bool
    citation: str
    version: str
    url: str

    @property
    def strictness(self) -> int:
        """0 for the public domain to 5 where nothing may be passed on: attribution, the same licence for what is made
        of it, no commercial use, and terms of other words stand between."""
        if not self.redistribute or self.licence.startswith(NONE_STATED):
            return 5
        found = [[at for at, step in enumerate(_STEPS) if step.search(part)] for part in self.licence.split(";")]
        return max(max(each, default=4) for each in found)


class Terms:
    """Licences by source, and what the rows computed here rest on."""

    def __init__(self, store: Store):
        self.datasets = {row["row"]["id"]: row["row"].get("source", "") for row in store.read(_DATASETS)}
        self.licences = _licences(store)
        self._rests = self._resting(store)
        self._known: dict[frozenset[str], tuple[str, list[str]]] = {}

    def licence(self, source: str) -> str:
        """As its owner states it."""
        return self.licences[source].licence if source in self.licences else NONE_STATED

    def of(self, row: dict[str, Any]) -> tuple[str, list[str]]:
        """(licence, sources that the row rests on, itself if it is no row of ours)."""
        source = row.get("source", "")
        if source not in OWN:
            known = self.licences.get(source)
            if known and known.strictness == 5:
                return self.strictest(frozenset({source}))
            return self.licence(source), [source]
        on: set[str] = set()
        for name in ("id", "subject", "object", "match_id"):
            on |= self._rests.get(row.get(name, ""), frozenset())
        on |= {self.datasets[key] for key in row.get("datasets") or () if key in self.datasets}
        return self.strictest(frozenset(on))

    def strictest(self, sources: frozenset[str]) -> tuple[str, list[str]]:
        """The strictest licence of these sources, and the sources; ours where there are none."""
        if sources not in self._known:
            named = [self.licences.get(each, Licence(each, NONE_STATED, False, "", "", "")) for each in sorted(sources)]
            worst = max(named, key=lambda each: each.strictness, default=None)
            text = worst.licence if worst else OURS
            if worst and worst.strictness == 5:
                shut = ", ".join(each.source for each in named if each.strictness == 5)
                text = f"{text}; holds no values of {shut}, whose data may not be passed on"
            self._known[sources] = (text, sorted(sources))
        return self._known[sources]

    def rests_on(self, key: str) -> frozenset[str]:
        """Sources that a contrast, reference, state or match rests on."""
        return self._rests.get(key, frozenset())

    def _resting(self, store: Store) -> dict[str, frozenset[str]]:
        """Id of a contrast, reference, state or match -> sources."""
        rests: dict[str, set[str]] = defaultdict(set)
        for query in (_CONTRASTS, _REFERENCES):
            for row in store.read(query):
                rests[row["id"]].add(row["source"])
        for query in (_POOLS, _STATES):
            _join(rests, store.read(query))
        matches, sets = store.read(_MATCHES), _sets(store)
        for row in matches:
            rests[row["id"]] |= sets.get(row["level"], set())
            if row["side"] != "human":
                rests[row["id"]] |= self.orthologs(row["taxon"], row["policy"] or "")
        for rows in (matches, store.read(_GIVEN), store.read(_GIVEN_MODEL)):
            _join(rests, rows)
        return {key: frozenset(found) for key, found in rests.items()}

    def orthologs(self, taxon: str, policy: str) -> set[str]:
        """Sources of the pairs of human and model genes under a policy: the main one, or every one that it asks."""
        main = {f"orthologs/{SPECIES[taxon].orthologs}"} if taxon in SPECIES else set[str]()
        if taxon == MOUSE and policy in _ASK_ALL:
            of_others = {f"orthologs/{each.orthologs}" for name, each in SPECIES.items() if name != MOUSE}
            main |= {name for name in self.licences if name.startswith("orthologs/")} - of_others
        return main & self.licences.keys()


def _sets(store: Store) -> dict[str, set[str]]:
    """Level of matches -> sources of the regulons or modules compared there: those that matches of the level are
    supported by, else all that there are."""
    made: dict[str, set[str]] = {}
    for name in offered():
        level = LEVELS[name]
        if level.sets:
            of = f"MATCH (:Match {{level: $level}})-[:SUPPORTED_BY]->(n:{level.target})"
            used = f"{of} RETURN DISTINCT n.source AS source"
            every = f"MATCH (n:{level.target}) RETURN DISTINCT n.source AS source"
            found = store.read(cast(LiteralString, used), level=name) or store.read(cast(LiteralString, every))
            made[name] = {row["source"] for row in found}
    return made


def _join(rests: dict[str, set[str]], rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        rests[row["id"]] |= rests.get(row["rests"], set())


def _licences(store: Store) -> dict[str, Licence]:
    """By source: what its Source says, and for a dataset what the Dataset says."""
    made = {}
    for row in (record["row"] for record in store.read(_SOURCES)):
        own = row["id"] in OWN
        made[row["id"]] = Licence(
            row["id"],
            "that of each row" if own else row.get("licence") or NONE_STATED,
            bool(row.get("redistribute")) or own,
            row.get("citation", ""),
            row.get("version", ""),
            row.get("url", ""),
        )
    for row in (record["row"] for record in store.read(_DATASETS)):
        source = row.get("source", "")
        known = made.get(source)
        made[source] = Licence(
            source,
            row.get("licence") or NONE_STATED,
            bool(row.get("redistribute")),
            row.get("citation", ""),
            known.version if known else "",
            known.url if known else "",
        )
    return made
