"""Answers for people at a terminal: verdicts first, then the changes that lead them, then what is missing."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kg.match.compared import LEVELS
from kg.match.conjunction import burst_note
from kg.match.power import TRUE_SCORE
from kg.records.match import Answer
from kg.records.pairing import Effect
from kg.records.words import chance, number, role, sides
from kg.schema.glossary import meaning
from kg.schema.match import AllGiven, Change, GivenState, MatchRecord
from kg.schema.told import declared
from kg.tables.spreadsheet import quoted
from kg.terminal.console import Console
from kg.terminal.layout import Hanging, Wide

COLOURS = {
    "SUPPORTED": "green",
    "NONSPECIFIC": "yellow",
    "NOT_SUPPORTED": "dim",
    "DISCORDANT": "magenta",
    "UNTESTABLE": "dim",
}
MOST = 8
ROOM = 130
"""Columns that the tables of a verdict need; on fewer, each row is a few lines."""


def table(answer: Answer, console: Console) -> None:
    """The answer on a console of any width."""
    console.print(Text(answer.question, style="bold"))
    console.print(f"release: {answer.release}")
    console.print(Text(_meanings("r (score)", "p", "q", "naive p") + "\n", style="dim"))
    for at, record in enumerate(answer.matches):
        console.print(verdict(record, told=at == 0))
    if not answer.matches:
        console.print("no human state under this disease is available")
    if answer.pairing is not None:
        console.print(pairing(answer.pairing))
    for kind in ("missing", "withheld"):
        gaps = [gap for gap in answer.gaps if gap.kind == kind]
        if gaps:
            console.print(Text(f"\n{kind}", style="bold"))
        for gap in gaps:
            remedy = f" -> {gap.remedy}" if gap.remedy else ""
            console.print(Hanging(f"  {gap.what}: {gap.why}{remedy}"))


def pairing(e: Effect) -> Group:
    """What each way of pairing gives, and the verdicts that hang on it."""
    made = Table("pair by", "pairs", "tested", "verdicts", header_style="bold", box=None, pad_edge=False)
    for way in e.ways:
        said = ", ".join(f"{n} {status}" for status, n in way.statuses.items())
        made.add_row(way.by, str(way.pairs), str(way.tested), said or "-")
    lines: list[RenderableType] = [
        Text("ways of pairing; scores and p are the same, q is of another family", style="bold"),
        made,
    ]
    for c in e.changed:
        text = (
            f"  {c.by}: {c.mouse_label} x {c.human_label}: {c.was} (q {chance(c.q_was)}) becomes {c.now} (q"
            f" {chance(c.q_now)})"
        )
        lines.append(Hanging(text))
    if not e.changed:
        lines.append(Text("  no verdict changes"))
    lines += [Text(f"  correspondence by: {card}", style="dim") for card in e.cards]
    return Group(*lines)


def verdict(r: MatchRecord, *, told: bool = True) -> Group:
    """One match, its sentence first. ``told``: with what the less common quantities are."""
    status, _, rest = r.status_line.partition("; ")
    head = Text.assemble(
        (status, f"bold {COLOURS[r.status]}"), f"  {r.mouse_label}  x  {r.human_label}  ({r.level} level, {r.policy})"
    )
    lines: list[RenderableType] = [Hanging(r.sentence)] if r.sentence else []
    lines += [Hanging(head), Hanging(f"  {r.reason}")]
    lines += [Hanging(f"  {rest}")] if rest else []
    lines += [Hanging(line) for line in _scored(r)]
    if told and r.ceiling is not None:
        lines.append(Hanging(f"  {_meanings('ceiling', 'corrected r')}", "dim"))
    one, two = sides(r)
    lines.append(Hanging(f"  null: {one} {r.null.mouse}; {two} {r.null.human}"))
    if r.policy_band:
        band = "; ".join(
            f"{b.policy} {number(b.score)} {b.status if b.p is None else 'p ' + chance(b.p)}" for b in r.policy_band
        )
        lines.append(Hanging(f"  orthology band: {band}"))
    if r.references:
        other = "; ".join(f"{each.label}: p {chance(each.p)}" for each in r.references)
        lines.append(Hanging(f"  with the noise of another reference: {other}"))
    if r.cohorts and (r.p is not None or any(c.score is not None for c in r.cohorts)):
        lines += [Text("  cohorts"), Wide(ROOM, _cohorts(r), Group(*_cohorts_in_lines(r)))]
    if r.given or r.model_given:
        lines += _others(r, told)
    if r.p is not None:
        lines += [Hanging(line) for line in _changes(r)]
    lines += [Hanging(f"  {line}") for line in _lines(r)]
    lines += [Hanging(f"  note: {flag}", "dim") for flag in r.flags]
    lines += [Hanging(f"  {each.text()}", "cyan") for each in r.curations]
    lines += [Text(f"  id {r.id}", style="dim"), Text("")]
    return Group(*lines)


def _others(r: MatchRecord, told: bool) -> list[RenderableType]:
    """Other states and models, and what they leave together."""
    lines: list[RenderableType] = []
    if r.given:
        lines.append(
            Hanging("  is it this disease? each other state by itself, and what is left of the match given it")
        )
        lines.append(Wide(ROOM, _given(r.given), Group(*_given_in_lines(r.given))))
    lines += [Hanging(f"  {line}") for line in _together(r.all_given)] if r.all_given else []
    if r.model_given:
        lines.append(
            Hanging("  is it this model? each model of another disease, and what is left of the match given it")
        )
        lines.append(Wide(ROOM, _given(r.model_given), Group(*_given_in_lines(r.model_given))))
    return [*lines, Hanging(f"  {_meanings('reliability', 'left', 'power')}", "dim")] if told else lines


def _meanings(*names: str) -> str:
    """Quantities in one line each, as the glossary has them."""
    return " | ".join(f"{name}: {meaning(name)}" for name in names)


def _lines(r: MatchRecord) -> Iterator[str]:
    """What has a line of its own, by the declaration of a match."""
    for f in declared(MatchRecord):
        value = getattr(r, f.name)
        if f.told.line and value not in (None, (), ""):
            told = ", ".join(value) if isinstance(value, tuple) else number(value) if f.kind == "float" else str(value)
            yield f.told.line.format(told)


def _scored(r: MatchRecord) -> list[str]:
    if r.score is None:
        return ["  nothing could be scored"]
    score = f"  r {number(r.score)}"
    if r.interval:
        score += f" [{number(r.interval[0])}, {number(r.interval[1])}]"
    if r.p is not None:
        score += f"   p {chance(r.p)}   q {chance(r.q)} (family of {r.family_size})"
    elif r.exploratory_p is not None:
        score += f"   exploratory p {chance(r.exploratory_p)} (one-sided, given one side; not a verdict)"
    if r.power is not None:
        score += f"   power at a true r of {TRUE_SCORE}: {number(r.power)}"
    lines = [f"{score}   naive p {chance(r.naive_p)}   features {r.n_features}"]
    extra = []
    if r.axes_out:
        extra.append(f"axes out ({r.axes_out.axes}): r {number(r.axes_out.score)}, p {chance(r.axes_out.p)}")
    if r.ceiling is not None:
        corrected = "not measurable" if r.corrected_score is None else number(r.corrected_score)
        extra.append(f"ceiling {number(r.ceiling)}, corrected r {corrected}")
    if r.effective_n is not None:
        extra.append(f"worth {r.effective_n:.0f} independent features")
    lines += [f"  {each}" for each in r.other_families] if r.q is not None else []
    return lines + (["  " + "; ".join(extra)] if extra else [])


def _grid(*columns: str) -> Table:
    made = Table(box=None, pad_edge=True, padding=(0, 2, 0, 2), header_style="dim")
    for at, column in enumerate(columns):
        made.add_column(column, justify="left" if at == 0 else "right", overflow="fold")
    return made


def _cohorts(r: MatchRecord) -> Table:
    grid = _grid("cohort", "r", "p", "null", "in the pool")
    for c in r.cohorts:
        size = f" ({c.n_case} v {c.n_control})" if c.n_case else ""
        grid.add_row(f"{c.label}{size}", number(c.score), chance(c.p), c.null.partition(" (")[0], c.status)
    return grid


def _cohorts_in_lines(r: MatchRecord) -> Iterator[RenderableType]:
    for c in r.cohorts:
        size = f" ({c.n_case} v {c.n_control})" if c.n_case else ""
        yield Hanging(
            f"    {c.label}{size}: r {number(c.score)}, p {chance(c.p)}, null {c.null.partition(' (')[0]}; {c.status}"
        )


def _given_in_lines(rows: Sequence[GivenState]) -> Iterator[RenderableType]:
    """As :func:`_given`, for a narrow terminal."""
    for g in rows:
        yield Hanging(f"    {g.label}: {role(g, short=True)}")
        if g.reliability is not None:
            yield Hanging(
                f"      reliability {number(g.reliability)}; r (p) with model {_with(g.other_score, g.other_p)}, with"
                f" human {_with(g.human_score, g.human_p)}; left given it: r [95%] (p) {_rest(g)}; power"
                f" {number(g.power)}"
            )
        if g.note:
            yield Hanging(f"      {g.note}", "dim")


def _rest(g: GivenState) -> str:
    return "-" if g.score is None else f"{number(g.score)} [{number(g.low)}, {number(g.high)}] ({chance(g.p)})"


def _given(rows: Sequence[GivenState]) -> Table:
    grid = _grid(
        "", "role", "reliability", "r (p) with model", "r (p) with human", "left given it: r [95%] (p)", "power"
    )
    for g in rows:
        grid.add_row(
            g.label,
            role(g, short=True),
            number(g.reliability),
            _with(g.other_score, g.other_p),
            _with(g.human_score, g.human_p),
            _rest(g),
            number(g.power),
        )
        if g.note:
            grid.add_row(Text(f"  {g.note}", style="dim"))
    return grid


def _with(score: float | None, p: float | None) -> str:
    return "-" if score is None else f"{number(score)} ({chance(p)})"


def _together(found: AllGiven) -> list[str]:
    lines = [
        f"given {', '.join(found.states)} together: {found.share:.0%} of T is left [{found.low:.0%}, {found.high:.0%}];"
        " shown, and decides nothing (a direction that they lack to .6 of its length leaves 36%)"
    ]
    return lines + (
        [f"cannot be distinguished from these, so left out: {', '.join(found.left_out)}"] if found.left_out else []
    )


def _changes(r: MatchRecord) -> list[Text]:
    lines = [Text(f"  {r.n_changes} {LEVELS[r.level].change} alike on both sides at FDR .05, ranked by p")]
    if r.n_changes:
        lines.append(Text(f"    {burst_note(r.level)}", style="dim"))
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
    asked = [g.label for g in r.given if g.role in ("left", "not told apart")]
    kept = [c for c in r.changes if asked and len(c.left_given) == len(asked)]
    if asked:
        told = f"{len(kept)} of those listed are left given {', '.join(asked)}"
        lines.append(Text(f"    {told}" + (": " + ", ".join(c.label for c in kept[:MOST]) if kept else "")))
    else:
        lines.append(
            Text(
                "    no other state takes part: this is the plain list, and says nothing of what is this disease's own"
            )
        )
    return lines


def _named(change: Change) -> str:
    carried = f" [{', '.join(change.leading)}]" if change.leading else ""
    return f"{change.label}{carried} (q {chance(change.q)})"


_TOLD: dict[str, Callable[[Any], str]] = {
    "given": lambda rows: " | ".join(f"{g.label}: {role(g)}" for g in rows),
    "model_given": lambda rows: " | ".join(f"{g.label}: {role(g)}" for g in rows),
    "flags": " | ".join,
    "curations": lambda rows: " | ".join(each.text() for each in rows),
}
"""Several values in one cell."""


def tsv(answer: Answer) -> str:
    """One line per match; floats at full precision; no cell is a formula (``kg.tables.spreadsheet``)."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    columns = sorted(_columns(), key=lambda column: column[0])
    writer.writerow([name for _, name, _ in columns])
    for r in answer.matches:
        cells = [cell(r) for *_, cell in columns]
        writer.writerow([quoted(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in cells])
    return out.getvalue()


def _columns() -> Iterator[tuple[int, str, Callable[[MatchRecord], Any]]]:
    """Place, name and cell of each column that a match declares."""
    for f in declared(MatchRecord):
        if f.told.column is not None:
            yield f.told.column, f.name, partial(_cell, f.name)
        for own in f.stored_parts:
            if own.told.column is not None:
                yield own.told.column, own.told.stored, partial(_cell_of_part, f.name, own.name)


def _cell(name: str, r: MatchRecord) -> Any:
    value = getattr(r, name)
    return _TOLD[name](value) if name in _TOLD else value


def _cell_of_part(name: str, own: str, r: MatchRecord) -> Any:
    part = getattr(r, name)
    return None if part is None else getattr(part, own)
