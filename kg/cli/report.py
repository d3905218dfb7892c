"""The command ``orthokg report``: one HTML file to take along."""

from copy import copy
from pathlib import Path
from typing import Any

import click

from kg.cli.main import opened
from kg.cli.match import SETS, read_sets, signatures
from kg.cli.signature import match_signature, read_upload
from kg.errors import ContractError, Issue
from kg.files.whole import replace
from kg.match.compared import offered
from kg.match.orthology import POLICIES
from kg.report.contents import FIRST, MOST, model_report, quoted, signature_report
from kg.report.page import page
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace

_OF_UPLOAD = {
    "taxon", "cell_type", "tissue", "samples", "arm", "case", "control", "donor", "strata", "scale", "columns",
    "decimal", "thousands", "reference", "engineered", "duplicates", "unit", "drug", "cut", "label",
}  # fmt: skip


@click.command()
@click.option("--model", help="Disease model, such as rTg4510.")
@click.option("--match", "match_id", help="Id of one match; alone, or with the question that it belongs to.")
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    help="Your own table or count matrix, with the options of `match-signature`; nothing is stored.",
)
@click.option("--disease", help="MONDO id or name of a disease. Default: all human states.")
@click.option("--level", type=click.Choice(offered()), default="gene", show_default=True, help="What is compared.")
@SETS
@click.option("--policy", type=click.Choice(tuple(POLICIES)), default="one2one", show_default=True, help="Orthologs.")
@click.option(
    "--first", type=click.IntRange(1, MOST), default=FIRST, show_default=True, help="Matches to show in full, at most."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="HTML file to write; an earlier one is replaced.",
)
@click.pass_context
def report(
    ctx: click.Context,
    model: str | None,
    match_id: str | None,
    signature: Path | None,
    disease: str | None,
    level: str,
    sets: Path | None,
    policy: str,
    first: int,
    out: Path,
    **given: Any,
) -> None:
    """Write what was found, its figures, evidence, methods and citations as one HTML file that needs no network.

    \b
      orthokg report --model rTg4510 --disease MONDO:0004975 --out report.html
      orthokg report --model rTg4510 --sets hallmark.gmt --out sets.html
      orthokg report --signature deseq2.csv --taxon mouse --tissue UBERON:0000956 --out mine.html

    The options from --taxon on are for --signature only.
    """
    if (signature is None) == (model is None and match_id is None):
        fix = "give --model NAME, --match ID or --signature FILE"
        found = "none" if signature is None else "two"
        raise ContractError([Issue("report", "one thing is reported", found, fix)], code="ARGUMENT")
    if sets and match_id:
        fix = "leave --match away: the leading matches of the sets are shown in full"
        raise ContractError(
            [Issue("sets", "gene sets are compared by model or signature", match_id, fix)], code="ARGUMENT"
        )
    brought = read_sets(sets, level)
    asked = {"disease": disease, "level": level, "policy": policy, "first": first, "sets": brought}
    if signature is None:
        made = model_report(opened(ctx, read_only=True), signatures(), model=model, match=match_id, **asked)
    else:
        if not given["taxon"]:
            fix = "name the species of the samples, such as --taxon mouse"
            raise ContractError([Issue("taxon", "an own signature has a species", "none", fix)], code="ARGUMENT")
        upload = read_upload(signature, given["samples"], given["columns"], {**given, "level": level})
        store = opened(ctx, read_only=True)
        ws = Workspace(Catalog.read(store), signatures())
        made = signature_report(store, ws, upload, commands=_commands(ctx, signature, out), **asked)
    try:
        replace(out, page(made).encode())
    except OSError as error:
        fix = "name a file in a folder that exists and that you may write to"
        raise ContractError([Issue("out", "the file can be written", str(error), fix)], code="ARGUMENT") from error
    click.echo(f"{made.headline}\n{out}")


def _commands(ctx: click.Context, signature: Path, out: Path) -> list[str]:
    """The same question at the terminal and as a report."""
    told: list[str] = []
    for option in ctx.command.params:
        value = ctx.params.get(option.name or "")
        if option.name in ("signature", "out", "model", "match_id", "first") or value == option.default or not value:
            continue
        for each in value if isinstance(value, tuple) else (value,):
            told += [option.opts[0], quoted(each.name if isinstance(each, Path) else str(each))]
    given = " ".join(told)
    return [
        f"orthokg match-signature {quoted(signature.name)} {given}",
        f"orthokg report --signature {quoted(signature.name)} {given} --out {quoted(out.name)}",
    ]


def _of_upload() -> list[click.Parameter]:
    """The options by which ``match-signature`` reads a file; none is required here."""
    made: list[click.Parameter] = []
    for option in match_signature.params:
        if option.name in _OF_UPLOAD:
            made.append(copy(option))
            made[-1].required = False
    return made


report.params += _of_upload()
