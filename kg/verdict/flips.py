"""Stored verdicts that rest on cell types which an atlas gave, and what they would be if a study had others.

Nothing is written: the changed contrasts take the places of the stored ones in a copy of the catalogue. Cards of noise
references stay as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, LiteralString

from kg.sides.catalog import Catalog, ContrastInfo, contrast_info
from kg.sides.workspace import Workspace
from kg.signatures.store import Reference, Signature, SignatureStore
from kg.store.driver import Store
from kg.verdict.family import family

MAPPED = "mapped: "
"""How the flag of a contrast begins whose cell types an atlas gave."""
GONE = "no verdict"
_STUDIES: LiteralString = """
MATCH (m:Mapping)-[:MAPPED_TO]->(v:AtlasVersion) WHERE v.id IN $versions
MATCH (m)-[:FROM_DATASET]->(d:Dataset) RETURN DISTINCT d.id AS dataset, v.id AS version
"""
_CONTRASTS: LiteralString = """
MATCH (c:Contrast)-[:FROM_DATASET]->(d:Dataset) WHERE d.id IN $datasets
RETURN c.id AS contrast, c.flags AS flags, d.id AS dataset
"""
_RESTING: LiteralString = """
MATCH (k:Match)-[:MATCH_OF|COHORT]->(c:Contrast) WHERE c.id IN $contrasts
RETURN DISTINCT k.id AS id, c.id AS contrast
"""
_MATCHES: LiteralString = """
MATCH (k:Match)-[:MATCH_OF {side: 'mouse'}]->(m:Contrast) WHERE k.id IN $ids
MATCH (k)-[:MATCH_OF {side: 'human'}]->(h:Contrast)
RETURN k.id AS id, k.level AS level, k.policy AS policy, k.disease AS disease, k.status AS status, m.id AS mouse,
  m.label AS mouse_label, h.label AS human_label ORDER BY k.id
"""
_FACTS = (
    "kind", "level", "noise", "noise_reason", "material", "cut", "universe", "n_case", "n_control", "df", "flags",
)  # fmt: skip
_NO_NEIGHBOURS: dict[str, Any] = {
    "dataset": None, "models": [], "states": [], "conditions": [], "regions": [], "cell_types": [], "shares": [],
}  # fmt: skip


@dataclass(frozen=True)
class Resting:
    """A stored match that rests on mapped cell types. ``datasets``: curies of the studies that have them."""

    id: str
    mouse: str
    mouse_label: str
    human_label: str
    level: str
    policy: str
    disease: str
    status: str
    datasets: frozenset[str]


@dataclass(frozen=True)
class Rests:
    """``versions``: dataset -> version that gave its cells their types; ``contrasts``: id -> dataset, of those that
    are of such types."""

    versions: Mapping[str, str]
    contrasts: Mapping[str, str]
    matches: tuple[Resting, ...]

    def of(self, datasets: frozenset[str]) -> tuple[Resting, ...]:
        """Matches that rest on these datasets, and perhaps on others."""
        return tuple(each for each in self.matches if each.datasets & datasets)


@dataclass(frozen=True)
class Instead:
    """What a study would be with other types. ``contrasts``: id -> properties; ``items``: id -> what its signatures and
    references would be."""

    contrasts: Mapping[str, Mapping[str, Any]]
    items: Mapping[str, Signature | Reference]


def rests_on(store: Store, versions: Sequence[str]) -> Rests:
    """What of the graph rests on versions of an atlas (curies): studies mapped to one, and verdicts on their contrasts
    or on a pool that asks for one of them."""
    of = {row["dataset"]: row["version"] for row in store.read(_STUDIES, versions=list(versions))}
    contrasts = {
        row["contrast"]: row["dataset"]
        for row in (store.read(_CONTRASTS, datasets=sorted(of)) if of else ())
        if any(flag.startswith(MAPPED) for flag in row["flags"] or ())
    }
    datasets: dict[str, set[str]] = {}
    for row in store.read(_RESTING, contrasts=sorted(contrasts)) if contrasts else ():
        datasets.setdefault(row["id"], set()).add(contrasts[row["contrast"]])
    matches = [
        Resting(**row, datasets=frozenset(datasets[row["id"]]))
        for row in (store.read(_MATCHES, ids=sorted(datasets)) if datasets else ())
    ]
    return Rests(of, contrasts, tuple(matches))


def would_be(store: Store, signatures: Path, rests: Rests, instead: Mapping[str, Instead]) -> list[tuple[Resting, str]]:
    """The status that each match would have that rests on one of these datasets (curie -> what it would be), by the id
    of the match; ``GONE`` where its contrast would not be there. ``signatures``: folder of the graph's store."""
    rows = {name: row for each in instead.values() for name, row in each.contrasts.items()}
    items = {name: item for each in instead.values() for name, item in each.items.items()}
    catalog = Catalog.read(store)
    ws = Workspace(_with(catalog, rests, instead, rows), _Overlaid(signatures, items))
    known: dict[tuple[str, str, str, str], dict[str, str]] = {}
    made: list[tuple[Resting, str]] = []
    for match in rests.of(frozenset(instead)):
        asked = (match.mouse, match.disease, match.level, match.policy)
        if asked not in known:
            known[asked] = _statuses(ws, *asked)
        made.append((match, known[asked].get(match.id, GONE)))
    return made


def _statuses(ws: Workspace, mouse: str, disease: str, level: str, policy: str) -> dict[str, str]:
    info = ws.catalog.contrasts.get(mouse)
    if info is None or not ws.at(level).has(mouse):
        return {}
    found = family(ws, info, disease=disease or None, level=level, policy=policy, band=False)  # type: ignore[arg-type]
    return {each.id: each.status for each in found}


def _with(
    catalog: Catalog, rests: Rests, instead: Mapping[str, Instead], rows: Mapping[str, Mapping[str, Any]]
) -> Catalog:
    changed = {name for name, dataset in rests.contrasts.items() if dataset in instead}
    kept = {name: info for name, info in catalog.contrasts.items() if name not in changed or name in rows}
    made = {name: _made_of(info, rows[name]) if name in changed else info for name, info in kept.items()}
    return replace(catalog, contrasts=made)


def _made_of(info: ContrastInfo, row: Mapping[str, Any]) -> ContrastInfo:
    """With its own facts from a row; what it is linked to stays."""
    own = contrast_info({**row, **_NO_NEIGHBOURS})
    return replace(info, **{name: getattr(own, name) for name in _FACTS})


class _Overlaid(SignatureStore):
    """Some of its objects are others."""

    def __init__(self, root: Path, items: Mapping[str, Signature | Reference]):
        super().__init__(root)
        self._items = items

    def get(self, key: str) -> Signature:
        found = self._items.get(key)
        return found if isinstance(found, Signature) else super().get(key)

    def get_reference(self, key: str) -> Reference:
        found = self._items.get(key)
        return found if isinstance(found, Reference) else super().get_reference(key)
