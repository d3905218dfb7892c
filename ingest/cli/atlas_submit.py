"""The command ``orthokg atlas submit``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.main import opened

if TYPE_CHECKING:
    from kg.atlas.report import Gate, Report

_MARKS = {
    "passed": "passed",
    "failed": "FAILED",
    "underpowered": "UNDERPOWERED",
    "not applicable": "-",
    "shown": "shown",
}
_STOPPING = 5


@click.command()
@click.argument("atlas")
@click.argument("studies", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--new-type",
    "claimed",
    multiple=True,
    metavar="LABEL[=NODE]",
    help="A label that the tree lacks, claimed as a new type, and the node that it stands under.",
)
@click.option(
    "--mapped",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A study that was ingested with --map: its stored verdicts that would change are listed.",
)
@click.option("-m", "--message", default="", help="What is submitted. Default: the names of the studies.")
@click.option("--author", envvar="ORTHOKG_AUTHOR", default="", help="Your name, or ORTHOKG_AUTHOR.")
@click.option("--orcid", envvar="ORTHOKG_ORCID", default="", help="Your ORCID, or ORTHOKG_ORCID.")
@click.option(
    "--again",
    type=int,
    metavar="NUMBER",
    help="Check this open submission once more, with the same studies, where the branch stands now.",
)
@click.option("--check", is_flag=True, help="Only say what the gates find; nothing is put before the curators.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--report", "to", type=click.Path(path_type=Path, dir_okay=False), help="Also write the report (JSON).")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--objects", help="Folder or URL of the objects. Default: ORTHOKG_ATLAS, else the home.")
@click.option(
    "--allow-path", "allowed", multiple=True, type=click.Path(path_type=Path), help="A folder that manifests may read."
)
@click.pass_context
def submit(
    ctx: click.Context,
    atlas: str,
    studies: tuple[Path, ...],
    claimed: tuple[str, ...],
    mapped: tuple[Path, ...],
    message: str,
    author: str,
    orcid: str,
    again: int | None,
    check: bool,
    form: str,
    to: Path | None,
    seed: int,
    objects: str | None,
    allowed: tuple[Path, ...],
) -> None:
    """Submit STUDIES (manifests of cells with types and donors) to ATLAS, or to a branch of it (ATLAS/BRANCH).

    \b
      orthokg atlas submit pbmc my-study.yaml -m "six donors" --author "A. Lab"
      orthokg atlas submit pbmc my-study.yaml --again 7

    They are mapped to the version that stands, and judged by the gates of its policy, only where they touch it; a
    curator then accepts or refuses them (orthokg atlas review). The exit code is 1 where a gate fails. Where the branch
    has moved since, --again checks a submission against where it stands now: the number stays, and so do the reports of
    earlier checks; reviews of those no longer count.
    """
    from ingest.atlas.again import submit_again
    from ingest.atlas.flips import with_flips
    from ingest.atlas.submit import checked
    from ingest.atlas.submit import submit as put
    from ingest.fetch.cache import Cache
    from ingest.fetch.genes_index import Genes
    from kg.atlas.objects import ObjectStore
    from kg.atlas.submissions import submission
    from kg.atlas.version import Author
    from kg.atlas.versions import branch_named, resolve
    from kg.files.whole import replace

    if check and again is not None:
        raise click.UsageError("Give one of --check and --again.")
    if not check and again is None and not author:
        raise click.UsageError("say who submits: --author, or ORTHOKG_AUTHOR (or only look: --check)")
    store, cache = opened(ctx, read_only=check), Cache.open(allowed=allowed)
    new = {label.strip(): node.strip() for label, _, node in (each.partition("=") for each in claimed)}
    where, genes, number = ObjectStore.of(objects), Genes(cache), 0
    if check:
        base = resolve(store, atlas)
        candidate, report = checked(where, base, studies, cache=cache, genes=genes, new=new, seed=seed)
        report = with_flips(store, where, base, candidate, report, mapped, cache=cache, genes=genes, seed=seed)
    elif again is not None:
        place, due = branch_named(store, atlas).place, submission(store, again).place
        if place != due:
            raise click.UsageError(f"submission {again} is to {due}, and not to {place}")
        _, report = submit_again(
            store, where, again, studies, cache=cache, genes=genes, new=new, mapped=mapped, seed=seed
        )
        number = again
    else:
        text = message or ", ".join(path.stem for path in studies)
        made, report = put(
            store, where, atlas, studies, Author(author, orcid), text,
            verified=False, cache=cache, genes=genes, new=new, mapped=mapped, seed=seed,
        )  # fmt: skip
        number = made.number
    if to:
        replace(to, report.pack())
    if form == "json":
        click.echo(json.dumps({"submission": number or None, **json.loads(report.pack())}, ensure_ascii=False))
    else:
        click.echo("\n".join(report_text(report)))
        if number:
            click.echo(f"submission {number} waits for a curator: orthokg atlas review {number}")
    ctx.exit(1 if report.status == "failed" else 0)


def report_text(report: "Report") -> list[str]:
    """A table of gates, and under it why each that does not pass does not, and what to do."""
    made = [
        f"{', '.join(report.studies)} on {report.atlas}@{report.base.rpartition('/')[2][:12]}:"
        f" {report.donors:,} donors, {report.cells:,} cells",
        f"touched: {', '.join(report.affected) or 'nothing'}",
        f"not touched: {', '.join(report.untouched) or 'nothing'}",
        "",
    ]
    width = max(len(gate.name) for gate in report.gates)
    for gate in report.gates:
        made.append(f"{gate.id:4} {gate.name:{width}}  {_MARKS[gate.outcome]:13} {gate.reason}")
    for gate in report.gates:
        made += _why(gate)
    for each in report.new_types:
        shown = ", ".join(f"{m.gene} {m.effect:+.2f}" for m in each.markers[:8])
        made.append(f"new type {each.label} ({each.standing}): {each.cells:,} cells, {each.donors} donors; {shown}")
    made += [f"would change: {text}" for text in report.flips]
    made += ["", *report.notes, f"in all: {report.status}"]
    return made


def _why(gate: "Gate") -> list[str]:
    stopping = [line for line in gate.lines if line.stops]
    if gate.outcome not in ("failed", "underpowered"):
        return []
    made = ["", f"{gate.id} {gate.name}: {gate.reason}"]
    for line in stopping[:_STOPPING]:
        numbers = [
            f"{name} {value:.3g}"
            for name, value in (("", line.value), ("limit", line.limit), ("old", line.old), ("new", line.new))
            if value is not None
        ]
        made.append(f"  {line.of}: {', '.join(numbers).strip()}{f' ({line.note})' if line.note else ''}")
    if len(stopping) > _STOPPING:
        made.append(f"  and {len(stopping) - _STOPPING} more")
    return [*made, *([f"  what to do: {gate.fix}"] if gate.fix else [])]
