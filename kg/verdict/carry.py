"""An old graph carried over: nodes whose id has changed get their new one, and what curators said moves with them.

Ids that stood for several things were marked to tell them apart (``kg.curie.local``). An ingest of the same sources
writes the marked ids; before it does, what the graph holds under the former ones is renamed in place, so that
relationships of other sources stay, with the matches that are named after them. Done again, it changes nothing; killed
half-way, it is done again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString, cast

from kg.curie import former, marked
from kg.read.lookup import name_of
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store, Transaction
from kg.verdict.record import match_id

BATCH = 5_000
SHARED = ("DiseaseState", "Drug", "DrugCondition")
"""Labels of nodes that several sources write under one id."""
_POOLED = "orthokg:contrast/pooled/"
_MATCHES: LiteralString = """
MATCH (k:Match)-[:MATCH_OF {side: 'mouse'}]->(m:Contrast) MATCH (k)-[:MATCH_OF {side: 'human'}]->(h:Contrast)
WHERE m.id IN $ids OR h.id IN $ids
RETURN k.id AS id, k.level AS level, k.policy AS policy, k.disease AS disease, m.id AS mouse, h.id AS human ORDER BY id
"""
_CURATIONS: LiteralString = "MATCH (c:Curation) RETURN c {.*} AS c ORDER BY c.id"
_MOVE: LiteralString = "UNWIND $rows AS row MATCH (c:Curation {id: row.id}) SET c += row"


@dataclass(frozen=True)
class Made:
    """A node that an ingest is about to write: its ``id``, its name ("" where it has none) and the source it belongs
    to."""

    id: str
    name: str
    source: str


@dataclass
class Carried:
    """``changed``: (label, former id, new id) of all nodes; ``curations``: how many moved with them."""

    changed: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    curations: int = 0


def carry(store: Store, made: Mapping[str, Iterable[Made]]) -> Carried:
    """Rename what the graph holds under former ids of nodes that are about to be written; ``made``: label -> those
    nodes."""
    done = Carried()
    renamed: dict[str, dict[str, str]] = {}
    for label, nodes in made.items():
        renamed[label] = _renamed(store, label, list(nodes), done)
    pools = {_pool(old): _pool(new) for old, new in renamed.get("DiseaseState", {}).items()}
    held = _held(store, "Contrast", list(pools))
    renamed.setdefault("Contrast", {}).update({old: new for old, new in pools.items() if old in held})
    done.changed += [("Contrast", old, pools[old]) for old in sorted(held)]
    matches = _matches(store, renamed["Contrast"])
    done.changed += [("Match", old, new) for old, new in matches.items()]
    moved = _moved(store, matches, {old: new for each in renamed.values() for old, new in each.items()})
    done.curations = len(moved)
    if moved:
        store.write(_MOVE, rows=moved)
    for label, ids in ({"Match": matches} | renamed).items():  # contrasts last: the matches are found by them
        _rename(store, label, ids)
    return done


def _renamed(store: Store, label: str, nodes: Sequence[Made], done: Carried) -> dict[str, str]:
    """Former id -> new id of the nodes of one label that the graph holds. Where one became several, the one of its
    name. What another source wrote under that id is renamed where it has the same name: else it may be what its id
    says."""
    plain = {node.id for node in nodes}
    several: dict[str, list[Made]] = {}
    for node in nodes:
        if marked(node.id) and former(node.id) not in plain:
            several.setdefault(former(node.id), []).append(node)
    found: dict[str, str] = {}
    for old, held in _held(store, label, list(several)).items():
        heirs = sorted(
            (n for n in several[old] if n.source == held["source"] or (label in SHARED and n.name == held["name"])),
            key=lambda n: n.id,
        )
        if heirs:
            found[old] = next((n for n in heirs if n.name and n.name == held["name"]), heirs[0]).id
            done.changed += [(label, old, each) for each in dict.fromkeys(n.id for n in heirs)]
    return found


def _held(store: Store, label: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of these ids, those in the graph: name and source of each."""
    if not ids:
        return {}
    declared = {p.name for p in NODE_BY_LABEL[label].properties}
    name = f"n.{name_of(label)}" if name_of(label) in declared else "''"
    query = cast(
        LiteralString,
        f"UNWIND $ids AS id MATCH (n:{label} {{id: id}}) RETURN n.id AS id, {name} AS name, n.source AS source",
    )
    return {row["id"]: row for row in store.read(query, ids=list(ids))}


def _pool(state: str) -> str:
    return _POOLED + state.partition("/")[2]


def _matches(store: Store, contrasts: Mapping[str, str]) -> dict[str, str]:
    """Former id -> new id of the matches of contrasts that are renamed."""
    if not contrasts:
        return {}
    found: dict[str, str] = {}
    for row in store.read(_MATCHES, ids=list(contrasts)):
        facts = row["level"], row["policy"], row["disease"]
        if match_id(row["mouse"], row["human"], *facts) == row["id"]:
            mouse, human = (contrasts.get(row[side], row[side]) for side in ("mouse", "human"))
            found[row["id"]] = match_id(mouse, human, *facts)
    return found


def _moved(store: Store, matches: Mapping[str, str], ends: Mapping[str, str]) -> list[dict[str, str]]:
    """What changes of the curations of renamed matches, and of mappings with a renamed end."""
    rows: list[dict[str, str]] = []
    for row in store.read(_CURATIONS) if matches or ends else ():
        c = row["c"]
        if c["kind"] == "match" and c["about"] in matches:
            rows.append({"id": c["id"], "about": matches[c["about"]]})
        elif c["kind"] != "match" and (c["subject"] in ends or c["object"] in ends):
            one, other = (ends.get(c[end], c[end]) for end in ("subject", "object"))
            rows.append({"id": c["id"], "about": f"{one} {c['predicate']} {other}", "subject": one, "object": other})
    return rows


def _rename(store: Store, label: str, ids: Mapping[str, str]) -> None:
    """A node whose new id is taken stays: its source takes it away after the load."""
    taken = _held(store, label, list(ids.values()))
    rows = [{"old": old, "new": new} for old, new in ids.items() if new not in taken]
    query = cast(LiteralString, f"UNWIND $rows AS row MATCH (n:{label} {{id: row.old}}) SET n.id = row.new")
    for at in range(0, len(rows), BATCH):
        part = rows[at : at + BATCH]

        def work(tx: Transaction, part: list[dict[str, str]] = part) -> None:
            tx.run(query, rows=part).consume()

        store.transact(work)
