"""The command ``orthokg plan``: the power of a match, and how many animals it takes."""

import json
import re
from collections.abc import Callable, Sequence

import click

from kg.ask.power import PowerAnswer, power_answer
from kg.cli.main import opened, print_rows
from kg.cli.match import signatures
from kg.errors import ContractError, Issue
from kg.match.compared import offered
from kg.match.orthology import POLICIES
from kg.read.contents import rounded
from kg.verdict.power import MOST, SCORES, PlannedPair, PowerRow

_RANGE = re.compile(r"(\d{1,6})(?:\.\.(\d{1,6}))?")
_LONGEST = 200
_COLUMNS = [
    "mouse", "mouse_label", "state", "human_label", "level", "policy", "r", "animals", "supported", "nonspecific",
    "not_supported", "discordant", "given", "takes_part", "left",
]  # fmt: skip


@click.command()
@click.option("--model", required=True, help="Disease model, such as rTg4510.")
@click.option("--disease", required=True, help="MONDO id or name of a disease.")
@click.option("--level", type=click.Choice(offered()), default="gene", show_default=True, help="What is compared.")
@click.option("--policy", type=click.Choice(tuple(POLICIES)), default="one2one", show_default=True, help="Orthologs.")
@click.option("--animals", default="3..15", show_default=True, help="Animals in each arm: a range, or one number.")
@click.option("--format", "form", type=click.Choice(["text", "json", "tsv"]), default="text", show_default=True)
@click.pass_context
def plan(ctx: click.Context, model: str, disease: str, level: str, policy: str, animals: str, form: str) -> None:
    """How many animals would a match of a model with a disease take, at a true correlation of .2 to .5?

    The noise is that of both sides in the graph, and the size of the effects that of the model's present contrasts.

    \b
      orthokg plan --model rTg4510 --disease MONDO:0004975 --animals 3..15
    """
    wanted = _numbers(animals)
    store = opened(ctx, read_only=True)
    answer = power_answer(store, signatures(), model=model, disease=disease, level=level, policy=policy, animals=wanted)
    if form == "json":
        click.echo(json.dumps(rounded(answer.to_json()), indent=1, ensure_ascii=False))
    elif form == "tsv":
        print_rows(_COLUMNS, [row for pair in answer.pairs for row in _rows(pair)], form)
    else:
        _text(answer)


def _numbers(text: str) -> Sequence[int]:
    found = _RANGE.fullmatch(text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not 2 <= first <= last < first + _LONGEST:
        fix = f"write a range such as 3..15, of at most {_LONGEST} numbers, or one number"
        raise ContractError([Issue("animals", "a range of animals in each arm", text, fix)], code="ARGUMENT")
    return range(first, last + 1)


def _rows(pair: PlannedPair) -> list[list[object]]:
    """A line for each number of animals, r and other state; without other states, one line with none."""
    made: list[list[object]] = []
    for row in pair.rows:
        head = [getattr(pair, name) for name in _COLUMNS[:6]]
        head += [row.r, "any" if row.animals is None else row.animals]
        head += [rounded(getattr(row, name)) for name in _COLUMNS[8:12]]
        given = [[each.label, rounded(each.takes_part), rounded(each.left)] for each in row.given]
        made += [[*head, *each] for each in given or [["", "", ""]]]
    return made


def _text(answer: PowerAnswer) -> None:
    click.echo(f"{answer.question}\nrelease: {answer.release}\nmethod: {answer.method}, {answer.draws:,} draws")
    click.echo(
        "r: true correlation of the effects of model and human state, without noise; any: with as many animals as one"
        " likes, so that the noise of the human side is left; takes: animals in each arm for a power of .8"
    )
    for pair in answer.pairs:
        click.echo()
        _pair(pair)
    for gap in answer.gaps:
        click.echo(f"\nno {gap.what}: {gap.why}")


def _pair(pair: PlannedPair) -> None:
    click.echo(f"{pair.mouse_label}  x  {pair.human_label}  ({pair.level} level, {pair.policy})")
    click.echo(f"  noise: mouse {pair.null_mouse}; human {pair.null_human}")
    click.echo(
        f"  reliability: mouse {pair.reliability_mouse:.2f}, human {pair.reliability_human:.2f};"
        f" {pair.n_features:,} features; family of {pair.tests}, of which this one alone agrees"
    )
    _grid("power of SUPPORTED", pair, lambda row: row.supported)
    _line("takes", ["capped" if each.cap else _count(each.animals) for each in pair.takes])
    for each in pair.takes:
        if each.cap:
            click.echo(f"  capped at r {each.r:.1f} by {each.cap}")
    others = pair.rows[0].given
    if others:
        _grid("chance of NONSPECIFIC", pair, lambda row: row.nonspecific)
    for at, other in enumerate(others):
        _grid(f"power of `left` given {other.label}", pair, lambda row, at=at: row.given[at].left)
        _line("takes", [_count(each.left[at].animals) for each in pair.takes])
        most = max(row.given[at].takes_part for row in pair.rows)
        click.echo(f"  {other.label} takes part in a match in up to {most:.2f} of all cases")


def _grid(title: str, pair: PlannedPair, value: Callable[[PowerRow], float]) -> None:
    cells = {(row.r, row.animals): f"{value(row):.2f}" for row in pair.rows}
    click.echo(f"  {title}")
    _line("animals", [f"r {r:.1f}" for r in SCORES])
    for n in dict.fromkeys(row.animals for row in pair.rows):
        _line("any" if n is None else str(n), [cells[r, n] for r in SCORES])


def _line(head: str, cells: Sequence[str]) -> None:
    click.echo(f"  {head:>8}" + "".join(f"{cell:>8}" for cell in cells))


def _count(n: int | None) -> str:
    return f"> {MOST}" if n is None else str(n)
