"""What a long ingest shows while it works: on stderr, and a bar only where somebody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kg.terminal.console import Console

console = Console(stderr=True)  # one for all: two would draw over each other
Done = Callable[[int, int], None]


@contextmanager
def cells_bar(what: str) -> Iterator[Done]:
    """Gives ``done(cells, of cells)``. The first call says where a pass goes on that was stopped before."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{what}: cells", total=None)
        begun = False

        def done(cells: int, total: int) -> None:
            nonlocal begun
            if cells and not begun:
                console.print(f"  {what}: goes on after {cells:,} of {total:,} cells, where it was stopped")
            begun = True
            bar.update(task, completed=cells, total=total)

        yield done
