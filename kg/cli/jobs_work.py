"""The commands that run jobs: a worker, and the process of one job."""

import signal
import threading
from pathlib import Path

import click

from kg.cli.main import opened


@click.command()
@click.option("--slots", type=click.IntRange(0, 64), help="Jobs at once. Default: ORTHOKG_JOB_SLOTS, else 1.")
@click.option(
    "--scheduler", metavar="ADDRESS", help="A Dask scheduler (tcp://host:port) whose workers run them; [models]."
)
@click.option("--until-idle", is_flag=True, help="End when no job waits any more.")
@click.pass_context
def work(ctx: click.Context, slots: int | None, scheduler: str | None, until_idle: bool) -> None:
    """Run jobs here, until it is stopped: its jobs then wait for the next worker.

    On the embedded store it holds the graph, as a server does; of several workers on one Neo4j each takes jobs in turn.
    With --scheduler each job is the same process, on a machine of the cluster that sees ORTHOKG_HOME.
    """
    import os

    from kg.jobs.limits import JobLimits
    from kg.jobs.process import LocalLauncher
    from kg.jobs.worker import Worker

    limits = JobLimits.read(os.environ)
    store = opened(ctx)
    launcher = LocalLauncher()
    if scheduler:
        from kg.jobs.cluster import ClusterLauncher

        launcher = ClusterLauncher(scheduler)
        ctx.call_on_close(launcher.close)
    worker = Worker(store, slots=limits.slots if slots is None else slots, limits=limits, launcher=launcher)
    if until_idle:
        worker.run_until_idle()
        return
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    worker.start()
    click.echo(f"{worker.slots} jobs at once; stop it with ctrl-c", err=True)
    over.wait()
    worker.stop()


@click.command(hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def child(ctx: click.Context, folder: Path) -> None:
    """The process of the job in FOLDER; a worker starts it."""
    from kg.jobs.child import run

    ctx.exit(run(folder))
