"""Submissions to an atlas: proposed additions, each with the report of its gates, until a curator accepts or refuses
them.

A submission is a node; its candidate manifest and its report are objects. Only its status changes and, where it is
checked again (``kg.atlas.again``), its base and its report.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString

from kg.atlas.commit import OWNED, check_text, checked, lock
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Report
from kg.atlas.version import Author, Manifest, Version
from kg.atlas.versions import after, atlas_named, branch_named
from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.store.driver import Store, Transaction
from kg.store.write import ensure_schema

OPEN = ("failed", "underpowered", "passed")
STATUSES = (*OPEN, "accepted", "refused", "withdrawn")
_SUBMISSIONS: LiteralString = """
MATCH (s:Submission) WHERE ($atlas IS NULL OR s.atlas = $atlas) AND ($number IS NULL OR s.number = $number)
RETURN s {.*} AS submission ORDER BY s.number
"""
_REVIEWS: LiteralString = """
MATCH (r:Review) WHERE r.submission IN $numbers RETURN r {.*} AS review ORDER BY r.when, r.id
"""
_LAST: LiteralString = "MATCH (s:Submission) RETURN max(s.number) AS last"
_SAME: LiteralString = """
MATCH (s:Submission {content: $content}) WHERE s.status IN $open RETURN s {.*} AS submission ORDER BY s.number
"""
_CREATE: LiteralString = "MERGE (s:Submission {id: $id}) SET s = $row"
_FOR: LiteralString = """
MATCH (s:Submission {id: $id}) MATCH (v:AtlasVersion {id: $base})
CREATE (s)-[:PROPOSED_FOR {source: $source, run: $run}]->(v)
"""
_CONTAINS: LiteralString = """
MATCH (s:Submission {id: $id}) UNWIND $datasets AS dataset MATCH (d:Dataset {id: dataset})
CREATE (s)-[:CONTAINS {source: $source, run: $run}]->(d)
"""


@dataclass(frozen=True)
class Review:
    """A curator's review of a submission. ``decision``: accept or refuse; ``verified``: whether the reviewer was
    authenticated by a token; ``own``: whether the reviewer is the author; ``override``: ids of overridden gates."""

    id: str
    submission: int
    reviewer: str
    verified: bool
    decision: str
    why: str
    own: bool
    override: tuple[str, ...]
    when: str


@dataclass(frozen=True)
class Submission:
    """``base``: curie of the version that it was checked against; ``content``: content id of the proposed manifest;
    ``report``: sha256 of the report; ``verified``: whether the author was authenticated by a token; ``status``: one of
    ``STATUSES``; ``closed``: time, empty while open; ``version``: curie of the version it became, empty before;
    ``datasets``: curies; ``rechecked``: times of the checks after the first; ``earlier``: sha256 of the reports that
    these replaced."""

    id: str
    number: int
    atlas: str
    branch: str
    in_taxon: str
    base: str
    content: str
    report: str
    author: str
    orcid: str
    verified: bool
    message: str
    when: str
    status: str
    closed: str
    version: str
    donors: int
    cells: int
    datasets: tuple[str, ...]
    reviews: tuple[Review, ...] = ()
    rechecked: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        return self.status in OPEN

    @property
    def counting(self) -> tuple[Review, ...]:
        """Reviews of what the last check found: those of an earlier check were of another report."""
        since = self.rechecked[-1] if self.rechecked else ""
        return tuple(each for each in self.reviews if each.when > since)

    @property
    def place(self) -> str:
        """The target branch, as users write it."""
        return self.atlas if self.branch == "main" else f"{self.atlas}/{self.branch}"


def propose(
    store: Store,
    objects: ObjectStore,
    *,
    branch: str,
    base: Version,
    manifest: Manifest,
    report: Report,
    author: Author,
    verified: bool,
    message: str,
) -> Submission:
    """Creates a submission to a branch (``pbmc`` or ``pbmc/microglia``), with the next number. While a submission is
    open, the same content from the same author for the same base and branch returns it.

    Raises ContractError ARGUMENT, and as ``put_check``; UnknownTermError for the branch.
    """
    check_text("message", message, "describe what is new in it")
    target = branch_named(store, branch)
    found = put_check(objects, target.atlas, base, manifest, report)
    ensure_schema(store, "Submission", "Review")
    row: dict[str, Any] = {
        **found,
        "atlas": base.atlas,
        "branch": target.name,
        "in_taxon": base.in_taxon,
        "author": author.name,
        "orcid": author.orcid,
        "verified": verified,
        "message": message.strip(),
        "when": after(base.when),
        "closed": "",
        "version": "",
        "rechecked": [],
        "earlier": [],
        **OWNED,
    }
    content = row["content"]
    same = ("base", "branch", "author")

    def work(tx: Transaction) -> int:
        lock(tx, row["when"])
        for each in tx.run(_SAME, content=content, open=list(OPEN)):
            if all(each["submission"][name] == row[name] for name in same):
                return each["submission"]["number"]
        number = (tx.run(_LAST).single(strict=True)["last"] or 0) + 1
        key = f"orthokg:submission/{number}"
        label = f"{number}: {', '.join(report.studies) or row['message']}"[:200]
        tx.run(_CREATE, id=key, row={**row, "id": key, "number": number, "label": label}).consume()
        tx.run(_FOR, {"id": key, "base": base.id, **OWNED}).consume()
        tx.run(_CONTAINS, {"id": key, "datasets": row["datasets"], **OWNED}).consume()
        return number

    return submission(store, store.transact(work))


def put_check(objects: ObjectStore, atlas: str, base: Version, manifest: Manifest, report: Report) -> dict[str, Any]:
    """Properties of a submission after a check, whose manifest and report it stores. Raises ContractError
    MANIFEST, CARD, REPORT, NOTHING_NEW."""
    card = checked(objects, manifest)
    if wrong := _unfit(atlas, base, manifest, report):
        raise ContractError(wrong, code="MANIFEST")
    if manifest.content_id == base.content_id:
        fix = "submit a study that is not in the atlas"
        rule = "NOTHING_NEW: a submission must differ from the version it is based on"
        raise ContractError([Issue("manifest", rule, f"the content of {base.short}", fix)], code="NOTHING_NEW")
    objects.put(manifest.pack())
    packed = objects.put(report.pack())
    datasets = {each.name: each.dataset for each in card.studies if each.dataset}
    return {
        "base": base.id,
        "content": manifest.content_id,
        "report": packed.sha256,
        "status": report.status,
        "donors": report.donors,
        "cells": report.cells,
        "datasets": sorted({datasets[name] for name in report.studies if name in datasets}),
    }


def submissions(store: Store, atlas: str | None = None, status: str | None = None) -> list[Submission]:
    """Submissions ordered by number, for one atlas or all, with any status, one of ``STATUSES``, or ``open``. Raises
    UnknownTermError."""
    if status not in (None, "open", *STATUSES):
        raise UnknownTermError(str(status), "status of a submission", suggestions=("open", *STATUSES))
    found = _read(store, atlas and atlas_named(store, atlas).label, None)
    return [each for each in found if status in (None, each.status) or (status == "open" and each.open)]


def submission(store: Store, number: int) -> Submission:
    """One submission with its reviews. Raises UnknownTermError."""
    found = _read(store, None, number)
    if not found:
        last = [each.number for each in _read(store, None, None)][-3:]
        raise UnknownTermError(str(number), "submission", suggestions=tuple(map(str, last)))
    return found[0]


def report_of(objects: ObjectStore, found: Submission, check: int | None = None) -> Report:
    """Of the last check, or of one by its number, 1 upward. Raises UnknownTermError; StoreError STORE_CORRUPT,
    STORE_UNREADABLE, STORE_NEWER; ContractError REPORT."""
    known = (*found.earlier, found.report)
    if check is not None and not 0 < check <= len(known):
        numbers = tuple(map(str, range(1, len(known) + 1)))
        raise UnknownTermError(str(check), f"check of submission {found.number}", suggestions=numbers[-3:])
    return Report.unpack(objects.read(known[-1 if check is None else check - 1]))


def review_id(found: Submission, reviewer: str, decision: str) -> str:
    """The id of a review: one per check, reviewer and decision, so that a repeated review is stored once."""
    text = f"submission {found.number}\n{plain(reviewer)}\n{decision}"
    text += f"\n{found.rechecked[-1]}" if found.rechecked else ""
    return f"orthokg:review/{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def plain(name: str) -> str:
    """A name normalised for comparison."""
    return " ".join(name.split()).casefold()


def closed(found: Submission) -> KgError:
    last = found.reviews[-1] if found.reviews else None
    who = f" by {last.reviewer}" if last else ""
    return KgError(
        f"submission {found.number} was {found.status}{who} on {found.closed}: it is closed. Submit the studies again"
        " for a new review",
        code="CLOSED_SUBMISSION",
    )


def _read(store: Store, atlas: str | None, number: int | None) -> list[Submission]:
    rows = [row["submission"] for row in store.read(_SUBMISSIONS, atlas=atlas, number=number)]
    said: dict[int, list[Review]] = {}
    for row in store.read(_REVIEWS, numbers=[each["number"] for each in rows]) if rows else ():
        said.setdefault(row["review"]["submission"], []).append(_review_of(row["review"]))
    return [_submission_of(each, said.get(each["number"], ())) for each in rows]


def _submission_of(row: dict[str, Any], reviews: Iterable[Review]) -> Submission:
    return Submission(
        row["id"], row["number"], row["atlas"], row["branch"], row["in_taxon"], row["base"], row["content"],
        row["report"], row["author"], row.get("orcid") or "", row["verified"], row["message"], row["when"],
        row["status"], row.get("closed") or "", row.get("version") or "", row["donors"], row["cells"],
        tuple(row.get("datasets") or ()), tuple(reviews), tuple(row.get("rechecked") or ()),
        tuple(row.get("earlier") or ()),
    )  # fmt: skip


def _review_of(row: dict[str, Any]) -> Review:
    return Review(
        row["id"], row["submission"], row["who"], row["verified"], "accept" if row["verdict"] == "accept" else "refuse",
        row["why"], row["own"], tuple(row.get("override") or ()), row["when"],
    )  # fmt: skip


def _unfit(atlas: str, base: Version, manifest: Manifest, report: Report) -> list[Issue]:
    """Parts of a submission that belong to another atlas."""
    fix = "submit the studies again"
    said = {
        "base": (base.atlas, atlas),
        "manifest.atlas": (manifest.atlas, atlas),
        "manifest.taxon": (manifest.taxon, base.in_taxon),
        "report.atlas": (report.atlas, atlas),
        "report.base": (report.base, base.id),
    }
    return [
        Issue(name, f"MANIFEST: all parts of a submission must belong to {due}", found, fix)
        for name, (found, due) in said.items()
        if found != due
    ]
