"""What curators say of a match or a mapping: proposed by one, reviewed by another, kept beside what was computed.

Nothing here changes a match or a mapping, and nothing said is changed: a curation is superseded by another, a review is
a node of its own. A curation knows what it is about by id, so it outlives the match when an ingest takes it away; its
relationship ABOUT is rewritten when the match is back (:func:`relink`).
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal, LiteralString, cast

from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.names.ids import spelt
from kg.schema.edges import EDGE_BY_TYPE
from kg.schema.match import Curation
from kg.store.driver import Store
from kg.store.write import write_edges

Verdict = Literal["accept", "reject", "comment"]
VERDICTS: tuple[Verdict, ...] = ("accept", "reject", "comment")
MAPPINGS = ("ORTHOLOG_OF", "HAS_DISEASE", "MODELS", "OF_TYPE", "IN_TISSUE")
SOURCE, RUN = "curation", "orthokg:run/curation"
_LONGEST_WHY, _LONGEST_WHO = 2000, 64

_MATCH: LiteralString = "MATCH (k:Match {id: $id}) RETURN k.status AS status, k.data_version AS version"
_SOME: LiteralString = "MATCH (k:Match) RETURN k.id AS id ORDER BY k.rank, k.id LIMIT 3"
_CREATE: LiteralString = "MERGE (c:Curation {id: $id}) ON CREATE SET c += $row RETURN c {.*} AS curation"
_REVIEW: LiteralString = "MERGE (r:Review {id: $id}) ON CREATE SET r += $row RETURN r {.*} AS review"
_READ: LiteralString = """
MATCH (c:Curation) WHERE $about IS NULL OR c.about IN $about
OPTIONAL MATCH (r:Review {curation: c.id})
OPTIONAL MATCH (k:Match {id: c.about})
RETURN c {.*} AS curation, r {.*} AS review, k.status AS status, k.data_version AS version
ORDER BY c.when, c.id
"""
_REPLACED: LiteralString = """
MATCH (c:Curation) WHERE c.supersedes IN $ids
MATCH (r:Review {curation: c.id, verdict: 'accept'})
RETURN c.supersedes AS id, c.id AS by ORDER BY r.when, by
"""


def propose(
    store: Store,
    *,
    about: tuple[str, ...],
    verdict: str,
    why: str,
    who: str,
    release: str = "",
    supersedes: str | None = None,
) -> Curation:
    """Say something about a stored match (one id) or a mapping (two ids, in either order).

    It is shown as proposed until somebody else reviews it. ``release``: the release that the curator looked at.
    Raises UnknownTermError for what is not in the graph, ContractError (ARGUMENT) for what breaks a rule.
    """
    about = tuple(map(spelt, about))
    _check(why=why, who=who, verdict=verdict, about=about)
    facts = _match_facts(store, about[0]) if len(about) == 1 else _mapping_facts(store, *about)
    if supersedes and _one(store, supersedes).about != facts["about"]:
        fix = "name a curation of the same match or mapping"
        raise ContractError([Issue("supersedes", "is about the same", supersedes, fix)], code="ARGUMENT")
    row = {
        **facts,
        "who": who.strip(),
        "when": _now(),
        "verdict": verdict,
        "why": why.strip(),
        "release": release,
        "supersedes": supersedes or "",
        "source": SOURCE,
        "run": RUN,
    }
    digest = hashlib.sha256("\n".join(f"{name}={row[name]}" for name in sorted(row)).encode()).hexdigest()[:12]
    key = f"orthokg:curation/{digest}"
    store.write(_CREATE, id=key, row=row)
    relink(store, [key])
    return _one(store, key)


def review(store: Store, curation: str, *, accept: bool, who: str, why: str = "") -> Curation:
    """Accept or decline what another curator proposed; a proposal is reviewed once.

    Raises UnknownTermError; ContractError (ARGUMENT); KgError OWN_CURATION for a curator's own, REVIEWED for the
    second.
    """
    _check(why=why or "-", who=who)
    found = _one(store, curation)
    if _same(found.who, who):
        raise KgError(f"{who} proposed this: somebody else has to review it.", code="OWN_CURATION")
    row = {
        "who": who.strip(),
        "when": _now(),
        "verdict": "accept" if accept else "reject",
        "why": why.strip(),
        "curation": curation,
        "source": SOURCE,
        "run": RUN,
    }
    key = curation.replace("orthokg:curation/", "orthokg:review/")
    written = store.write(_REVIEW, id=key, row=row)[0]["review"]
    if any(written[name] != row[name] for name in ("who", "when", "verdict")):
        said = "accepted" if written["verdict"] == "accept" else "declined"
        remedy = "propose another that supersedes it"
        raise KgError(f"{curation} was {said} by {written['who']} on {written['when']}: {remedy}.", code="REVIEWED")
    write_edges(store, "REVIEWS", "Review", "Curation", [{"subject": key, "object": curation}], source=SOURCE, run=RUN)
    return _one(store, curation)


def curations(store: Store, about: Iterable[str] | None = None) -> list[Curation]:
    """In the order in which they were said; of all, or of some matches and mappings (``Curation.about``)."""
    wanted = None if about is None else list(about)
    if wanted == []:
        return []
    rows = store.read(_READ, about=wanted)
    replaced: dict[str, str] = {}
    for row in store.read(_REPLACED, ids=[each["curation"]["id"] for each in rows]) if rows else ():
        replaced.setdefault(row["id"], row["by"])
    return [curation_of(row, replaced.get(row["curation"]["id"], "")) for row in rows]


def curations_of(store: Store, matches: Iterable[str]) -> dict[str, tuple[Curation, ...]]:
    """Curations by match; a match without any has no entry."""
    found: dict[str, tuple[Curation, ...]] = {}
    for each in curations(store, matches):
        found[each.about] = (*found.get(each.about, ()), each)
    return found


def relink(store: Store, only: list[str] | None = None) -> None:
    """Write ABOUT and SUPERSEDES where what they lead to is in the graph; idempotent."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for each in curations(store):
        if only is not None and each.id not in only:
            continue
        if each.kind == "match":
            ends = [("Match", each.about, "match")]
        else:
            pairs = EDGE_BY_TYPE[each.predicate].pairs
            ends = [(label, each.subject, "subject") for label in {a for a, _ in pairs}]
            ends += [(label, each.object, "object") for label in {b for _, b in pairs}]
        for label, target, role in ends:
            rows.setdefault(label, []).append({"subject": each.id, "object": target, "role": role})
        if each.supersedes:
            rows.setdefault("", []).append({"subject": each.id, "object": each.supersedes})
    for label, made in sorted(rows.items()):
        kind, target = ("ABOUT", label) if label else ("SUPERSEDES", "Curation")
        write_edges(store, kind, "Curation", target, made, source=SOURCE, run=RUN)


def _check(*, why: str, who: str, verdict: str = "comment", about: tuple[str, ...] = ("one",)) -> None:
    issues = []
    if not 0 < len(why.strip()) <= _LONGEST_WHY:
        found = f"{len(why.strip())} letters"
        issues.append(
            Issue("why", f"a reason of 1 to {_LONGEST_WHY} characters", found, "give your evidence or reasoning")
        )
    if not 0 < len(who.strip()) <= _LONGEST_WHO:
        issues.append(Issue("who", f"a name of 1 to {_LONGEST_WHO} characters", repr(who)[:80], "give your name"))
    if verdict not in VERDICTS:
        issues.append(Issue("verdict", "a verdict", verdict, f"use one of {', '.join(VERDICTS)}"))
    if len(about) not in (1, 2):
        issues.append(Issue("about", "one match, or the two ends of a mapping", str(len(about)), "give one or two ids"))
    if issues:
        raise ContractError(issues, code="ARGUMENT")


def _match_facts(store: Store, match: str) -> dict[str, str]:
    found = store.read(_MATCH, id=match)
    if not found:
        raise UnknownTermError(match, "stored match", suggestions=tuple(row["id"] for row in store.read(_SOME)))
    return {"about": match, "kind": "match", "status": found[0]["status"], "data_version": found[0]["version"]}


def _mapping_facts(store: Store, one: str, other: str) -> dict[str, str]:
    for predicate in MAPPINGS:
        for a, b in EDGE_BY_TYPE[predicate].pairs:
            query = cast(
                LiteralString, f"MATCH (a:{a} {{id: $a}})-[:{predicate}]->(b:{b} {{id: $b}}) RETURN 1 AS one LIMIT 1"
            )
            for subject, target in ((one, other), (other, one)):
                if store.read(query, a=subject, b=target):
                    return {
                        "about": f"{subject} {predicate} {target}",
                        "subject": subject,
                        "predicate": predicate,
                        "object": target,
                        "kind": "ortholog" if predicate == "ORTHOLOG_OF" else "term mapping",
                    }
    raise UnknownTermError(f"{one} and {other}", f"mapping ({', '.join(MAPPINGS)}) between")


def _one(store: Store, key: str) -> Curation:
    found = [each for each in curations(store) if each.id == key]
    if not found:
        raise UnknownTermError(key, "curation")
    return found[0]


def curation_of(row: dict[str, Any], replaced_by: str) -> Curation:
    """From properties of the curation and of its review, and status and version of the match as it is now."""
    c, r = row["curation"], row["review"] or {}
    state = "proposed"
    if r:
        state = "declined" if r["verdict"] == "reject" else "superseded" if replaced_by else "accepted"
    return Curation(
        id=c["id"], about=c["about"], kind=c["kind"], verdict=c["verdict"], why=c["why"], who=c["who"], when=c["when"],
        state=state, reviewer=r.get("who", ""), reviewed=r.get("when", ""), review_why=r.get("why", ""),
        supersedes=c.get("supersedes", ""), superseded_by=replaced_by, data_version=c.get("data_version", ""),
        release=c.get("release", ""), status=c.get("status", ""), note=_note(c, row), subject=c.get("subject", ""),
        predicate=c.get("predicate", ""), object=c.get("object", ""),
    )  # fmt: skip


def _note(c: dict[str, Any], row: dict[str, Any]) -> str:
    """What has changed since it was said."""
    if c["kind"] != "match":
        return ""
    made = f"made for data {c['data_version']}, where the verdict was {c['status']}"
    if row["version"] is None:
        return f"{made}; the match is no longer stored"
    if row["status"] != c["status"]:
        return f"{made}; in data {row['version']} it is {row['status']}"
    return f"{made}, as it is in data {row['version']}" if row["version"] != c["data_version"] else ""


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
