"""The command ``orthokg jobs``: long-running tasks as jobs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from kg.cli.main import Named, opened, print_rows, writing

if TYPE_CHECKING:
    from kg.jobs.record import Job, JobDetail
    from kg.jobs.space import Space
    from kg.store.driver import Store

JOBS_COMMANDS = {
    "list": ("kg.cli.jobs:listed", "Your jobs, newest first."),
    "kinds": ("kg.cli.jobs:kinds", "Kinds of jobs and their arguments."),
    "submit": ("kg.cli.jobs:submit", "Submit a job; submitting it again returns the earlier one."),
    "show": ("kg.cli.jobs:show", "Progress, results or error of a job."),
    "watch": ("kg.cli.jobs:watch", "Follow a job until it ends."),
    "cancel": ("kg.cli.jobs:cancel", "Cancel a job and delete its output."),
    "delete": ("kg.cli.jobs:delete", "Delete a job, its output and files used only by it."),
    "fetch": ("kg.cli.jobs:fetch", "Copy the results of a job into a folder."),
    "work": ("kg.cli.jobs_work:work", "Run jobs here, until stopped."),
    "child": ("kg.cli.jobs_work:child", ""),
}
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_OWNER = click.option(
    "--owner", default="anonymous", help="Name of the token that owns the jobs. Default: the local user."
)


@click.group(cls=Named, table=JOBS_COMMANDS, invoke_without_command=True)
@click.pass_context
def jobs(ctx: click.Context) -> None:
    """Jobs: long-running tasks on your own files, each in a process of its own, taking turns with other users.

    \b
      orthokg jobs submit map --argument atlas=pbmc --file cells=my-cells.h5ad --wait
      orthokg jobs list
      orthokg jobs fetch ID answer/

    A server (`orthokg serve`) or `orthokg jobs work` runs them. Uploads and results are kept in ORTHOKG_HOME/spaces for
    ORTHOKG_SPACE_DAYS days (14).
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(listed)


@click.command("list")
@_OWNER
@click.option("--first", type=click.IntRange(1, 1000), default=50, show_default=True, help="Maximum number of jobs.")
@click.option("--after", default="", metavar="ID", help="Show jobs before this one.")
@click.option("--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True)
@click.pass_context
def listed(ctx: click.Context, owner: str, first: int, after: str, form: str) -> None:
    """Your jobs, newest first."""
    from kg.jobs import queue

    columns = ["id", "kind", "state", "done", "total", "submitted", "ended", "code"]
    found = queue.jobs(opened(ctx, read_only=True), _space(owner), first, after)
    rows = [[str(getattr(each, "hex" if name == "id" else name)) for name in columns] for each in found]
    if form != "table":
        print_rows(columns, rows, form)
    elif not rows:
        click.echo("no jobs: submit one with  orthokg jobs submit")
    else:  # one line each: a truncated id is of no use
        for each in found:
            steps = f"{each.done:,}/{each.total:,}" if each.total else ""
            at = each.submitted[:19].replace("T", " ")
            click.echo(f"{each.hex}  {each.kind:<8} {each.state:<10} {steps:>11}  {at}  {each.code}".rstrip())


@click.command()
@click.argument("kind", required=False)
@_FORMAT
def kinds(kind: str | None, form: str) -> None:
    """Kinds of jobs and their arguments, or those of KIND only."""
    from kg.jobs.kinds import KINDS, kind_of

    found = [kind_of(kind)] if kind else [*KINDS.values()]
    if form == "json":
        click.echo(json.dumps([asdict(each) for each in found], indent=1, ensure_ascii=False))
        return
    for each in found:
        click.echo(f"{each.name}: {each.title}")
        for a in each.arguments:
            said = "needed" if a.required else f"default {a.default}" if a.default is not None else ""
            more = "; ".join(filter(None, [", ".join(a.choices), said, "may be repeated" if a.several else ""]))
            click.echo(f"  --argument {a.name}=…  {a.help}{f' ({more})' if more else ''}")
        for f in each.files:
            click.echo(f"  --file {f.name}=PATH  {f.help} ({', '.join(f.suffixes)}{'; needed' if f.required else ''})")


@click.command()
@click.argument("kind")
@click.option("--argument", "-a", "arguments", multiple=True, metavar="NAME=VALUE", help="May be repeated.")
@click.option("--file", "-f", "files", multiple=True, metavar="NAME=PATH", help="May be repeated.")
@click.option("--wait", is_flag=True, help="Wait until it has ended, then show it.")
@_OWNER
@_FORMAT
@click.pass_context
def submit(
    ctx: click.Context,
    kind: str,
    arguments: tuple[str, ...],
    files: tuple[str, ...],
    wait: bool,
    owner: str,
    form: str,
) -> None:
    """Submit a job of KIND (`orthokg jobs kinds`). Submitting it again with the same files returns the earlier job.

    \b
      orthokg jobs submit inspect --file cells=my-cells.h5ad --wait
      orthokg jobs submit map --argument atlas=pbmc --file cells=my-cells.h5ad
    """
    from pathlib import Path

    from kg.jobs import queue
    from kg.jobs.sent import sent
    from kg.jobs.worker import Worker

    space, given = _space(owner), _pairs("--argument", arguments)
    paths = _pairs("--file", files)
    store = writing(ctx)
    for name, value in paths.items():
        given[name] = sent(space, Path(str(value)).expanduser()).id
    made = queue.submit(store, space, kind, given)
    if not wait:
        told = json.dumps(asdict(made)) if form == "json" else f"{made.hex}\t{made.kind}\t{made.state}"
        click.echo(told)
        if _alone(store) and not made.state.ended:
            click.echo("it waits: `orthokg jobs work` or `orthokg serve` runs it", err=True)
        return
    worker = Worker(store).start() if _alone(store) else None
    try:
        detail = _followed(store, space, made.id, quiet=form == "json")
    finally:
        if worker:
            worker.stop()
    _show(ctx, detail, form)


@click.command()
@click.argument("job")
@_OWNER
@_FORMAT
@click.pass_context
def show(ctx: click.Context, job: str, owner: str, form: str) -> None:
    """Progress, results or error of a job."""
    from kg.jobs import queue

    _show(ctx, queue.job(opened(ctx, read_only=True), _space(owner), job), form)


@click.command()
@click.argument("job")
@_OWNER
@_FORMAT
@click.pass_context
def watch(ctx: click.Context, job: str, owner: str, form: str) -> None:
    """Follow the progress of a job until it ends."""
    from kg.errors import KgError
    from kg.jobs import queue

    store, space = opened(ctx, read_only=True), _space(owner)
    if _alone(store) and not queue.job(store, space, job).job.state.ended:
        raise KgError("It waits, and nothing runs it: orthokg jobs work, or orthokg serve.", code="NO_WORKER")
    _show(ctx, _followed(store, space, job, quiet=form == "json"), form)


@click.command()
@click.argument("job")
@_OWNER
@click.pass_context
def cancel(ctx: click.Context, job: str, owner: str) -> None:
    """Cancel a job and delete its output; a job that has ended is kept."""
    from kg.jobs import queue

    click.echo(str(queue.cancel(writing(ctx), _space(owner), job).state))


@click.command()
@click.argument("job")
@_OWNER
@click.pass_context
def delete(ctx: click.Context, job: str, owner: str) -> None:
    """Delete a job, its output and the files used only by it from disk. A running job is stopped first."""
    from kg.jobs import queue, upload
    from kg.jobs.sent import only_for

    store, space = writing(ctx), _space(owner)
    alone = only_for(space, job)
    queue.delete(store, space, job)
    for each in alone:
        upload.delete(space, each)
    click.echo(f"deleted, with {len(alone)} files used only by it")


@click.command()
@click.argument("job")
@click.argument("folder", type=click.Path(file_okay=False))
@_OWNER
@click.pass_context
def fetch(ctx: click.Context, job: str, folder: str, owner: str) -> None:
    """Copy the results of a job into FOLDER; existing files are not replaced."""
    import shutil
    from pathlib import Path

    from kg.errors import KgError, broken
    from kg.jobs import queue

    store, space, out = opened(ctx, read_only=True), _space(owner), Path(folder)
    found = queue.job(store, space, job)
    if not found.files:
        state = found.job.state
        raise KgError(f"This job is {state} and has no files.", code="NO_RESULT")
    if there := [each.name for each in found.files if (out / each.name).exists()]:
        raise broken("ARGUMENT", folder, "existing files are not replaced", ", ".join(there), "choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    for each in found.files:
        shutil.copyfile(queue.result_path(store, space, job, each.name), out / each.name)
        click.echo(f"{out / each.name}\t{each.bytes:,} bytes")


def _space(owner: str) -> Space:
    from kg.jobs.space import Space

    return Space.of(owner)


def _alone(store: Store) -> bool:
    """Whether no other process has the store open and could run its jobs."""
    return store.dialect == "embedded" and store.server is not None


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str | list[str]]:
    """Name -> value; a repeated name gives a list."""
    from kg.errors import broken

    made: dict[str, str | list[str]] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise broken("ARGUMENT", option, "NAME=VALUE", each[:80], "write NAME=VALUE")
        known = made.get(name)
        made[name] = value if known is None else [*([known] if isinstance(known, str) else known), value]
    return made


def _followed(store: Store, space: Space, job: str, *, quiet: bool) -> JobDetail:
    """Waits until the job has ended, reporting its progress on standard error."""
    import time

    from kg.jobs import queue
    from kg.jobs.progress import events

    after = 0
    while True:
        found = queue.job(store, space, job)
        for number, line in events(space, job, after):
            after = number
            if not quiet and line:
                steps = f"{line['done']:,}/{line['total']:,} " if line.get("total") else ""
                click.echo(f"{steps}{line.get('message') or line.get('state', '')}", err=True)
        if found.job.state.ended:
            return found
        time.sleep(0.3)


def _show(ctx: click.Context, found: JobDetail, form: str) -> None:
    if form == "json":
        click.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(found)))
    if found.error:
        ctx.exit(1)


def _lines(found: JobDetail) -> list[str]:
    job: Job = found.job
    steps = f", {job.done:,} of {job.total:,} steps" if job.total else ""
    made = [f"{job.hex}  {job.kind}: {job.state}{steps}"]
    made += [
        f"  {name}: {found.names.get(name, value) if name in found.names else value}"
        for name, value in found.arguments.items()
    ]
    made += [f"  submitted {job.submitted}" + (f", ended {job.ended}" if job.ended else "")]
    made += [f"  {found.message}"] if found.message else []
    if found.error:
        made.append(f"error: {found.error.code}: {found.error.message}")
        made += [f"  {found.error.fix}"] if found.error.fix else []
    made += [f"  {each.name}  {each.bytes:,} bytes" for each in found.files]
    if found.summary:
        made.append(json.dumps(found.summary, indent=1, ensure_ascii=False))
    return made
