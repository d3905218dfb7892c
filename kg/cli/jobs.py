"""The command ``orthokg jobs``: what takes long runs as a job."""

import click

from kg.cli.main import Named

JOBS_COMMANDS = {
    "child": ("kg.cli.jobs:child", "The process of one job."),
}


@click.group(cls=Named, table=JOBS_COMMANDS)
def jobs() -> None:
    """Jobs: what takes long runs in a process of its own."""


@click.command(hidden=True)
@click.argument("folder", type=click.Path(file_okay=False))
@click.pass_context
def child(ctx: click.Context, folder: str) -> None:
    """The process of the job in FOLDER; a worker starts it."""
    from pathlib import Path

    from kg.jobs.child import run

    ctx.exit(run(Path(folder)))
