"""Curators' reviews of a submission: one refusal closes it; once accepted by as many reviewers as its gates require, it
is merged.

A review is decided on what was read, and written in one transaction that first checks that nothing has changed since:
the submission, its report and its reviews, and the head of the branch. If something has, the decision is repeated. A
review counts for the check it was made of: once the submission is checked again, it is only shown.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from kg.atlas.commit import OWNED, Due, check_text, lock, prepared, put
from kg.atlas.lines import joined
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Report
from kg.atlas.submissions import OPEN, Submission, closed, plain, report_of, review_id, submission
from kg.atlas.version import Author, Manifest, Version
from kg.atlas.versions import after, branch_named, by_id, manifest_of, versions
from kg.errors import ContractError, Issue, KgError
from kg.store.driver import Store, Transaction

_TRIES = 50  # each attempt lost to another merge into the same branch
_STANDS: LiteralString = """
MATCH (s:Submission {id: $id}) OPTIONAL MATCH (r:Review {submission: s.number})
RETURN s.status AS status, s.report AS report, count(r) AS reviews
"""
_SAY: LiteralString = """
MATCH (s:Submission {id: $submission}) CREATE (r:Review) SET r = $row
CREATE (r)-[:REVIEWS {source: $source, run: $run}]->(s)
"""
_CLOSE: LiteralString = "MATCH (s:Submission {id: $id}) SET s.status = $status, s.closed = $when, s.version = $version"
_MERGED: LiteralString = """
MATCH (s:Submission {id: $id}) MATCH (v:AtlasVersion {id: $version})
MERGE (v)-[r:MERGED_FROM]->(s) ON CREATE SET r += $owned
"""


@dataclass(frozen=True)
class _Said:
    """A review that is not written yet."""

    reviewer: Author
    verified: bool
    accept: bool
    why: str
    override: tuple[str, ...]
    own: bool


class _ChangedError(Exception):
    """What was read has changed since."""


def review(
    store: Store,
    objects: ObjectStore,
    number: int,
    *,
    reviewer: Author,
    verified: bool,
    accept: bool,
    why: str,
    override: Sequence[str] = (),
) -> Submission:
    """Accepts or refuses a submission; the last review required merges it. Idempotent. A submission whose gates passed
    needs one reviewer, an underpowered one two. A submission that failed gates needs ``override`` to name each of them,
    and a second reviewer. Authors may accept their own submission if the policy of the base allows it (``review: {own:
    true}``); an author who refuses withdraws it.

    Raises UnknownTermError; ContractError ARGUMENT; KgError CLOSED_SUBMISSION, OWN_SUBMISSION, REVIEWED (by the same
    reviewer), GATES_FAILED; and from the merge ContractError CONFLICT, NEEDS_REFIT, in which case nothing is written.
    """
    check_text("reason", why, "say what the review is based on")
    for _ in range(_TRIES):
        found = submission(store, number)
        own = _same(found, reviewer)
        said = _Said(reviewer, verified, accept, why.strip(), tuple(dict.fromkeys(override)), own)
        if _is_said(found, said):
            return found
        if not found.open:
            raise closed(found)
        try:
            _decide(store, objects, found, said)
        except _ChangedError:
            continue
        except KgError as error:
            if error.code != "ATLAS_MOVED":
                raise
            continue
        return submission(store, number)
    raise KgError(f"the atlas kept changing during this review: review submission {number} again", code="ATLAS_MOVED")


def needs(report: Report, found: Submission) -> int:
    """How many more reviewers have to accept it."""
    due = 1 if report.status == "passed" else 2
    return max(due - len({plain(each.reviewer) for each in found.counting if each.decision == "accept"}), 0)


def _decide(store: Store, objects: ObjectStore, found: Submission, said: _Said) -> None:
    if not said.accept:
        status = "withdrawn" if said.own else "refused"
        return _write(store, found, said, status)
    report = report_of(objects, found)
    base = by_id(versions(store))[found.base]
    _check_people(objects, base, found, said)
    _check_gates(report, found, said)
    if needs(report, found) > 1:
        return _write(store, found, said, found.status)
    _write(store, found, said, "accepted", _merge(store, objects, base, found, report, said))


def _check_people(objects: ObjectStore, base: Version, found: Submission, said: _Said) -> None:
    name = plain(said.reviewer.name)
    if any(each.decision == "accept" and plain(each.reviewer) == name for each in found.counting):
        raise KgError(
            f"{said.reviewer.name} has already accepted submission {found.number}: a second reviewer has to accept it",
            code="REVIEWED",
        )
    if said.own and not _own_allowed(objects, base):
        raise KgError(
            f"submission {found.number} is by {found.author}: somebody else has to accept it, because the policy of"
            f" {base.short} lacks  review: {{own: true}}",
            code="OWN_SUBMISSION",
        )


def _check_gates(report: Report, found: Submission, said: _Said) -> None:
    issues = [
        Issue(
            f"override: {gate}"[:80],
            "ARGUMENT: only a gate that stops the submission can be overridden",
            "a gate that does not",
            f"name {', '.join(report.failed)}" if report.failed else "leave it out: no gate stops it",
        )
        for gate in said.override
        if gate not in report.failed
    ]
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    before = {gate for each in found.counting if each.decision == "accept" for gate in each.override}
    left = [each for each in report.gates if each.outcome == "failed" and each.id not in {*before, *said.override}]
    if left:
        told = "; ".join(f"{each.id} ({each.name}): {each.reason or 'stopped'}" for each in left)
        raise KgError(
            f"submission {found.number} is stopped by {told}. Refuse it, or override {', '.join(e.id for e in left)} by"
            " name: a second reviewer then has to accept it, and your reason is shown with every answer",
            code="GATES_FAILED",
        )


def _merge(store: Store, objects: ObjectStore, base: Version, found: Submission, report: Report, said: _Said) -> Due:
    branch = branch_named(store, found.place)
    head = by_id(versions(store))[branch.head]
    theirs = Manifest.unpack(objects.read(found.content))
    command = f"orthokg atlas submit {found.place} STUDIES --again {found.number}"
    again = f"have the same studies checked against {head.short}: {command}"
    called = f"submission {found.number} ({found.author}: {found.message[:80]})"
    manifest = joined(objects, base, head, theirs, called, again)
    caveats = _caveats(head, found, report, said)
    if head.id != base.id:
        caveats = (
            *caveats,
            f"submission {found.number} was checked against {base.short}, beside what came to it since",
        )
    return prepared(
        store, objects, manifest, Author(found.author, found.orcid), found.message,
        parent=head.id, branch=found.branch, caveats=caveats, submission=found.number,
    )  # fmt: skip


def _caveats(head: Version, found: Submission, report: Report, said: _Said) -> tuple[str, ...]:
    """Those that the branch has, but of types that are confirmed now; and what this one adds."""
    confirmed = {each.id for each in report.new_types if each.standing == "confirmed"}
    kept = [text for text in head.caveats if not any(f"[{key}]" in text for key in confirmed)]
    begin = f"submission {found.number}"
    if said.own or any(each.own and each.decision == "accept" for each in found.counting):
        kept.append(f"{begin} was reviewed by its author, {found.author}")
    for each in (*found.counting, said):
        if each.override:
            who = each.reviewer.name if isinstance(each, _Said) else each.reviewer
            kept.append(f"{begin}: {who} overrode {', '.join(each.override)}: {each.why}")
    if report.underpowered:
        kept.append(f"{begin} had too few donors for {', '.join(report.underpowered)} to judge it")
    for each in report.new_types:
        if each.standing != "confirmed" or report.underpowered:
            kept.append(f"{begin}: the type {each.label} [{each.id}] is provisional ({each.standing})")
    return tuple(dict.fromkeys(kept))


def _write(store: Store, found: Submission, said: _Said, status: str, due: Due | None = None) -> None:
    """Writes the review, the new status of the submission and, if it is merged, its version."""
    when = after(max([found.when, *found.rechecked, *(each.when for each in found.reviews)]))
    row: dict[str, Any] = {
        "id": review_id(found, said.reviewer.name, "accept" if said.accept else "refuse"),
        "submission": found.number,
        "verdict": "accept" if said.accept else "reject",
        "why": said.why,
        "who": said.reviewer.name,
        "verified": said.verified,
        "own": said.own,
        "override": list(said.override),
        "when": when,
        **OWNED,
    }

    def work(tx: Transaction) -> None:
        lock(tx, when)
        stands = tx.run(_STANDS, id=found.id).single(strict=True)
        read = (found.status, found.report, len(found.reviews))
        if (stands["status"], stands["report"], stands["reviews"]) != read:
            raise _ChangedError
        version = put(tx, due)["id"] if due else ""
        tx.run(_SAY, {"submission": found.id, "row": row, **OWNED}).consume()
        if status not in OPEN:
            tx.run(_CLOSE, id=found.id, status=status, when=when, version=version).consume()
        if version:
            tx.run(_MERGED, id=found.id, version=version, owned=OWNED).consume()

    store.transact(work)


def _is_said(found: Submission, said: _Said) -> bool:
    """Whether this reviewer has already submitted this review."""
    decision = "accept" if said.accept else "refuse"
    return any(
        (plain(each.reviewer), each.decision, each.why, each.override)
        == (plain(said.reviewer.name), decision, said.why, said.override)
        for each in (found.counting if found.open else found.reviews)
    )


def _same(found: Submission, reviewer: Author) -> bool:
    alike = bool(found.orcid) and found.orcid == reviewer.orcid
    return alike or plain(found.author) == plain(reviewer.name)


def _own_allowed(objects: ObjectStore, base: Version) -> bool:
    policy = manifest_of(objects, base).objects.get("policy")
    if policy is None:
        return False
    try:
        body: Any = json.loads(objects.read(policy.sha256))
    except ValueError:
        return False
    rules = body.get("review") if isinstance(body, dict) else None
    return isinstance(rules, dict) and rules.get("own") is True
