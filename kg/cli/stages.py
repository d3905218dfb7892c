"""The command ``orthokg stages``: how a model's match moves along the stages of a disease."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from kg.ask.stages import StagesAnswer, stages_answer
from kg.cli.main import opened, print_rows
from kg.cli.match import SETS, read_sets, signatures
from kg.cli.render import chance, number
from kg.match.compared import offered
from kg.match.orthology import POLICIES
from kg.read.contents import rounded
from kg.verdict.stages import BY, Stages

_COLUMNS = ["contrast", "group", "what", "one", "two", "estimate", "low", "high", "p", "q", "note"]


@click.command()
@click.option("--model", required=True, help="Disease model, such as rTg4510.")
@click.option("--disease", required=True, help="MONDO id or name of a disease.")
@click.option("--by", type=click.Choice(BY), default="stage", show_default=True, help="What is told apart.")
@click.option(
    "--order", help="Stages in their order, the earliest first, separated by commas. Default: by their words."
)
@click.option("--level", type=click.Choice(offered()), default="gene", show_default=True, help="What is compared.")
@SETS
@click.option("--policy", type=click.Choice(tuple(POLICIES)), default="one2one", show_default=True, help="Orthologs.")
@click.option("--format", "form", type=click.Choice(["text", "json", "tsv"]), default="text", show_default=True)
@click.pass_context
def stages(
    ctx: click.Context,
    model: str,
    disease: str,
    by: str,
    order: str | None,
    level: str,
    sets: Path | None,
    policy: str,
    form: str,
) -> None:
    """Does a model match a late stage of a disease better than an early one?

    Each stage is a state of its own. The difference of each two is tested, and so is the trend over three or more in
    their order: that one stage is significant and another is not is no difference.

    \b
      orthokg stages --model rTg4510 --disease MONDO:0004975
    """
    brought = read_sets(sets, level)
    answer = stages_answer(
        opened(ctx, read_only=True), signatures(), model=model, disease=disease, level=level, policy=policy, by=by,
        order=tuple(order.split(",")) if order else (), sets=brought,
    )  # fmt: skip
    if form == "json":
        click.echo(json.dumps(rounded(answer.to_json()), indent=1, ensure_ascii=False))
    elif form == "tsv":
        print_rows(_COLUMNS, [row for each in answer.contrasts for row in _rows(each)], form)
    else:
        _text(answer)


def _rows(of: Stages) -> list[list[object]]:
    """A line for each stage, difference and trend."""
    made: list[list[object]] = []
    for row in of.rows:
        numbers = [rounded(value) for value in (row.corrected_score, row.low, row.high, row.p)]
        made.append([of.contrast, row.group, "stage", row.stage, "", *numbers, "", row.label])
    for d in of.differences:
        numbers = [rounded(value) for value in (d.difference, d.low, d.high, d.p, d.q)]
        made.append([of.contrast, d.group, "difference", d.one, d.two, *numbers, d.note])
    for t in of.trends:
        numbers = [rounded(value) for value in (t.step, t.low, t.high, t.p)]
        made.append([of.contrast, t.group, "trend", t.stages[0], t.stages[-1], *numbers, "", ", ".join(t.stages)])
    return made


def _text(answer: StagesAnswer) -> None:
    click.echo(f"{answer.question}\nrelease: {answer.release}\nmethod: {answer.method}")
    click.echo(
        "r: score of the match; corrected r: the same without the noise of either side, by which stages of any size and"
        " strength are compared; q: BH over the differences"
    )
    for of in answer.contrasts:
        click.echo(f"\n{of.contrast_label}  ({of.level} level, {of.policy})")
        for group in dict.fromkeys(row.group for row in of.rows):
            _group(of, group)
        for gap in of.gaps:
            click.echo(f"  not compared: {gap.what}: {gap.why}")
    for gap in answer.gaps:
        click.echo(f"left out: {gap.what}: {gap.why}")


def _group(of: Stages, group: str) -> None:
    click.echo(f"  {group}")
    _table(
        [of.by, "case v control", "reliability", "r", "p", "corrected r [95%]"],
        [
            [row.stage, f"{row.n_case} v {row.n_control}", number(row.reliability), number(row.score), chance(row.p),
             "-" if row.corrected_score is None else _interval(row.corrected_score, row.low, row.high)]
            for row in of.rows if row.group == group
        ],
    )  # fmt: skip
    differences = [d for d in of.differences if d.group == group]
    if differences:
        rows = [
            [f"{d.two} less {d.one}", _interval(d.difference, d.low, d.high), chance(d.p), chance(d.q), _said(d.q)]
            for d in differences
        ]
        _table(["difference", "corrected r [95%]", "p", "q", ""], rows)
    for note in dict.fromkeys(d.note for d in differences if d.note):
        click.echo(f"    note: {note}")
    for t in of.trends:
        if t.group == group:
            step = _interval(t.step, t.low, t.high)
            click.echo(f"    trend over {', '.join(t.stages)}: {step} from one to the next, p {chance(t.p)}")


def _said(q: float) -> str:
    return "differ" if q <= 0.05 else "no difference shown"


def _interval(value: float, low: float | None, high: float | None) -> str:
    return f"{number(value)} [{number(low)}, {number(high)}]"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    for row in (head, *rows):
        click.echo("    " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
