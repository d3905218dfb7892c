"""What is shown at a terminal cannot steer it, whichever way it is written."""

import io
import json
import sys

import click
import pytest
from click.testing import CliRunner
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from kg.cli import main as cli
from kg.cli.main import Rooms, print_rows
from kg.errors import broken
from kg.terminal.console import Console
from kg.terminal.escapes import shielded, shown

EVIL = ("\x1b[31mred", "\x1b]0;title\x07", "\x9b2J", "a\rOK", "\u202egpj.exe", "\x08\x08", "\x7f", "\x00", "\u2066x")
STEERS = {*map(chr, range(32)), *map(chr, range(127, 160)), *"\u202e\u2066"} - {"\n", "\t"}


@pytest.mark.parametrize("text", EVIL)
def test_what_steers_is_written_out(text: str):
    assert not STEERS & set(shown(text))
    assert json.loads(f'"{shown(text)}"') == text
    assert shown("plain text, \u00e9, \u4e2d, a\tb\n") == "plain text, \u00e9, \u4e2d, a\tb\n"


@click.command()
@click.pass_context
def evil(ctx: click.Context) -> None:
    """Says evil things in every way that a command has."""
    for text in EVIL:
        click.echo(f"echo {text}")
        click.echo(f"echo {text}", err=True)
        print(f"print {text}")
        print(f"print {text}", file=sys.stderr)
        Console(stderr=True).print(f"rich {text} [red]", Text(text))
        made = Table("a", title=text)
        made.add_row(text)
        Console().print(made)
    rows = [[text, f"\\[red]{text}"] for text in EVIL]
    for form in ("table", "tsv", "json"):
        print_rows(["a", "b"], rows, form)
    with Progress(console=Console(stderr=True)) as bar:
        bar.add_task(EVIL[0])
        print(EVIL[1])
    raise broken("EVIL", EVIL[0], EVIL[1], EVIL[2], EVIL[3])


def test_every_way_of_a_command_shows_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(cli.COMMANDS, "evil", (f"{__name__}:evil", "evil"))
    done = CliRunner().invoke(Rooms("orthokg"), ["evil"])
    assert done.exit_code == 1
    assert "error: red: EVIL" in done.stderr  # click takes colours out where nobody looks
    assert not STEERS & set(done.stdout)
    assert not STEERS & set(done.stderr)
    assert done.stdout.count("\\u001b[31mred") > 3
    start = done.stdout.index("[\n  {")
    made, _ = json.JSONDecoder().raw_decode(done.stdout[start:])
    assert [row["a"] for row in made] == list(EVIL)


def test_colours_of_our_own_reach_the_stream_and_a_bar_may_begin_anew():
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    kept, sys.stdout = sys.stdout, Screen()
    try:
        screen = sys.stdout
        with shielded():
            console = Console(width=60)
            console.print(Text("SUPPORTED \x1b[5m", style="bold green"))
            print("\r 50%", end="")
            print("a\r\nb")
    finally:
        sys.stdout = kept
    told = screen.getvalue()
    assert "\r 50%a\nb\n" in told
    assert "\\u001b[5m" in told
    assert "\x1b[5m" not in told
