"""A submission and the report of its gates as text."""

from kg.atlas.report import Gate, GateLine, Report
from kg.atlas.review import needs
from kg.atlas.submissions import Submission
from kg.atlas.versions import VERSION


def submission_text(found: Submission, report: Report) -> str:
    """The submission: author, studies, status, and reviews."""
    who = f"{found.author} ({found.orcid})" if found.orcid else found.author
    lines = [
        f"submission {found.number} to {found.place}: {found.status}",
        f"  {who}{'' if found.verified else ', unverified'}, {found.when}: {found.message}",
        f"  {', '.join(report.studies)}: {found.donors:,} donors, {found.cells:,} cells, checked against"
        f" {found.atlas}@{found.base.removeprefix(VERSION)[:12]}",
    ]
    for when in found.rechecked:
        lines.append(f"  checked again {when}")
    for each in found.reviews:
        facts = ", ".join(
            [
                *(["its author"] if each.own else []),
                *([] if each.verified else ["unverified"]),
                *([] if each in found.counting else ["of an earlier check"]),
            ]
        )
        who = f"{each.reviewer} ({facts})" if facts else each.reviewer
        over = f", overrides {', '.join(each.override)}" if each.override else ""
        lines.append(f"  {each.decision} by {who}{over}, {each.when}: {each.why}")
    if found.version:
        lines.append(f"  it is {found.atlas}@{found.version.removeprefix(VERSION)[:12]}")
    elif found.open:
        due = needs(report, found)
        lines.append(f"  {due} reviewer{'s' * (due != 1)} to accept it")
    return "\n".join(lines)


def report_text(report: Report) -> str:
    """One paragraph per gate, with its lines as a table; ends with a newline."""
    parts = [_gate(each) for each in report.gates]
    if report.new_types:
        lines = ["new types"]
        for each in report.new_types:
            markers = ", ".join(f"{m.gene} {m.effect:+.2f} in {m.donors} donors" for m in each.markers)
            lines.append(
                f"  {each.label} ({each.id}, under {each.parent_cl or 'none'}): {each.standing}, {each.cells:,} cells,"
                f" {each.donors} donors; {markers or 'no markers'}"
            )
        parts.append("\n".join(lines))
    for title, texts in (
        ("affected", report.affected), ("untouched", report.untouched), ("verdicts that would change", report.flips),
        ("notes", report.notes),
    ):  # fmt: skip
        if texts:
            parts.append("\n".join([title, *(f"  {text}" for text in texts)]))
    return "\n\n".join(parts) + "\n"


def _gate(gate: Gate) -> str:
    lines = [f"{gate.id} {gate.name}: {gate.outcome}{f': {gate.reason}' if gate.reason else ''}"]
    if gate.lines:
        rows = [("", "value", "limit", "old", "new", "lowest", "highest", "")]
        rows += [_cells(each) for each in gate.lines]
        wide = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        for row in rows:
            first, *middle, last = (text.ljust(wide[at]) for at, text in enumerate(row))
            lines.append("  " + "  ".join([first, *(text.strip().rjust(len(text)) for text in middle), last]).rstrip())
    if gate.fix and gate.outcome in ("failed", "underpowered"):
        lines.append(f"  {gate.fix}")
    return "\n".join(lines)


def _cells(line: GateLine) -> tuple[str, ...]:
    numbers = (line.value, line.limit, line.old, line.new, line.lowest, line.highest)
    note = "; ".join(filter(None, ("stops it" if line.stops else "", line.note)))
    return (line.of, *("-" if each is None else f"{each:.4g}" for each in numbers), note)
