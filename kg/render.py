"""Answers for people at a terminal: verdicts first, then the changes that lead them, then what is missing."""

import csv
import io

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from kg.pair_records import Effect
from kg.records import Answer, Change, MatchRecord

COLOURS = {
    "SUPPORTED": "green",
    "NONSPECIFIC": "yellow",
    "NOT_SUPPORTED": "dim",
    "DISCORDANT": "magenta",
    "UNTESTABLE": "dim",
}
MOST = 8
_CHANGE = {"activity": "factors change in activity", "rewiring": "factors hold their targets harder or looser"}


def number(value: float | None, digits: int = 2) -> str:
    """Short: .05 as 0.05, 2.3e-05 as 2.3e-05, none as a dash."""
    if value is None:
        return "-"
    return f"{value:.{digits}g}" if value and abs(value) < 0.01 else f"{value:.{digits}f}"


def table(answer: Answer, console: Console) -> None:
    """The answer on a console of any width."""
    console.print(f"[bold]{answer.question}[/bold]\nrelease: {answer.release}")
    console.print(
        "[dim]r: correlation of the two vectors; p: joint null, two-sided, with the kind of null on each side; q: BH over the "
        "family; naive p takes genes as independent and is far too small.[/dim]\n"
    )
    for record in answer.matches:
        console.print(verdict(record))
    if not answer.matches:
        console.print("no human state under this disease is at hand")
    if answer.pairing is not None:
        console.print(pairing(answer.pairing))
    for kind in ("missing", "withheld"):
        gaps = [gap for gap in answer.gaps if gap.kind == kind]
        if gaps:
            console.print(f"\n[bold]{kind}[/bold]")
        for gap in gaps:
            remedy = f" -> {gap.remedy}" if gap.remedy else ""
            console.print(Text(f"  {gap.what}: {gap.why}{remedy}"))


def pairing(e: Effect) -> Group:
    """What each way of pairing gives, and the verdicts that hang on it."""
    made = Table("pair by", "pairs", "tested", "verdicts", header_style="bold", box=None, pad_edge=False)
    for way in e.ways:
        said = ", ".join(f"{n} {status}" for status, n in way.statuses.items())
        made.add_row(way.by, str(way.pairs), str(way.tested), said or "-")
    lines: list[Text | Table] = [Text("ways of pairing; scores and p are the same, q is of another family", style="bold"), made]
    for c in e.changed:
        text = f"  {c.by}: {c.mouse_label} x {c.human_label}: {c.was} (q {number(c.q_was)}) becomes {c.now} (q {number(c.q_now)})"
        lines.append(Text(text))
    if not e.changed:
        lines.append(Text("  no verdict changes"))
    lines += [Text(f"  correspondence by: {card}", style="dim") for card in e.cards]
    return Group(*lines)


def verdict(r: MatchRecord) -> Group:
    head = Text.assemble(
        (r.status, f"bold {COLOURS[r.status]}"), f"  {r.mouse_label}  x  {r.human_label}  ({r.level} level, {r.policy})"
    )
    lines: list[Text | Table] = [head, Text(f"  {r.reason}")]
    score = f"  r {number(r.score)}"
    if r.interval:
        score += f" [{number(r.interval[0])}, {number(r.interval[1])}]"
    if r.p is not None:
        score += f"   p {number(r.p)}   q {number(r.q)} (family of {r.family_size})"
    elif r.exploratory_p is not None:
        score += f"   exploratory p {number(r.exploratory_p)} (one-sided, given one side; not a verdict)"
    lines.append(Text(f"{score}   naive p {number(r.naive_p)}   features {r.n_features}"))
    lines.append(Text(f"  null: mouse {r.null.mouse}; human {r.null.human}"))
    extra = []
    if r.axes_out:
        extra.append(f"axes out ({r.axes_out.axes}): r {number(r.axes_out.score)}, p {number(r.axes_out.p)}")
    if r.ceiling is not None:
        extra.append(f"ceiling {number(r.ceiling)}, corrected r {number(r.corrected_score)}")
    if r.effective_n is not None:
        extra.append(f"worth {r.effective_n:.0f} independent features")
    if extra:
        lines.append(Text("  " + "; ".join(extra)))
    if r.policy_band:
        band = "; ".join(
            f"{b.policy} {number(b.score)} {b.status if b.p is None else 'p ' + number(b.p)}" for b in r.policy_band
        )
        lines.append(Text(f"  orthology band: {band}"))
    if r.p is not None or any(c.p is not None for c in r.cohorts):
        lines += [Text("  cohorts"), _cohorts(r)]
    if r.given:
        lines += [Text("  is it this disease? what is left given each other state"), _given(r)]
    elif r.p is not None:
        lines.append(Text("  specificity: untested"))
    if r.p is not None:
        lines += _changes(r)
    if r.engineered:
        lines.append(Text(f"  engineered genes left out: {', '.join(r.engineered)}"))
    lines += [Text(f"  note: {flag}", style="dim") for flag in r.flags]
    lines += [Text(f"  {each.text()}", style="cyan") for each in r.curations]
    lines += [Text(f"  id {r.id}", style="dim"), Text("")]
    return Group(*lines)


def _grid(*columns: str) -> Table:
    made = Table(box=None, pad_edge=True, padding=(0, 2, 0, 2), header_style="dim")
    for at, column in enumerate(columns):
        made.add_column(column, justify="left" if at == 0 else "right", overflow="fold")
    return made


def _cohorts(r: MatchRecord) -> Table:
    grid = _grid("cohort", "r", "p", "null", "in the pool")
    for c in r.cohorts:
        size = f" ({c.n_case} v {c.n_control})" if c.n_case else ""
        grid.add_row(f"{c.label}{size}", number(c.score), number(c.p), c.null.partition(" (")[0], c.status)
    return grid


def _given(r: MatchRecord) -> Table:
    grid = _grid("other state", "r with it", "p", "left given it: r", "p", "it given this: r", "p")
    for g in sorted(r.given, key=lambda g: -g.p):
        grid.add_row(g.label, number(g.other_score), number(g.other_p), number(g.score), number(g.p), number(g.back_score),
                     number(g.back_p))  # fmt: skip
    return grid


def _changes(r: MatchRecord) -> list[Text]:
    lines = [Text(f"  {r.n_changes} {_CHANGE.get(r.level, f'{r.level}s change')} alike on both sides at FDR .05")]
    for direction in ("up", "down"):
        found = [c for c in r.changes if c.direction == direction and c.measured]
        if found:
            lines.append(
                Text(f"    {direction:5}" + ", ".join(map(_named, found[:MOST])) + (" …" if len(found) > MOST else ""))
            )
    hidden = [c for c in r.changes if not c.measured]
    if hidden:
        lines.append(
            Text(
                f"    factor not measured in the tissue: {', '.join(c.label for c in hidden[:MOST])}"
                + (" …" if len(hidden) > MOST else "")
            )
        )
    kept = [c for c in r.changes if len(c.left_given) == len(r.given)] if r.given else []
    if r.given:
        lines.append(
            Text(
                f"    {len(kept)} of those listed are left given every other state"
                + (": " + ", ".join(c.label for c in kept[:MOST]) if kept else "")
            )
        )
    return lines


def _named(change: Change) -> str:
    return f"{change.label} (q {number(change.q)})"


def tsv(answer: Answer) -> str:
    """One line a match; floats at full precision."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    names = ("id", "status", "mouse_label", "human_label", "level", "policy", "score", "p", "q", "naive_p", "exploratory_p",
             "n_features", "effective_n", "df", "ceiling", "corrected_score", "specificity", "n_changes", "reason")  # fmt: skip
    writer.writerow([*names, "null_mouse", "null_human", "axes_out_score", "axes_out_p", "flags", "curations"])
    for r in answer.matches:
        axes = (r.axes_out.score, r.axes_out.p) if r.axes_out else ("", "")
        writer.writerow(
            [*(("" if (v := getattr(r, n)) is None else v) for n in names), r.null.mouse, r.null.human, *axes,
             " | ".join(r.flags), " | ".join(each.text() for each in r.curations)]
        )  # fmt: skip
    return out.getvalue()
