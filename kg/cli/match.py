"""Commands that answer the question: match, explain, compare."""

import json
import os
import sys
from pathlib import Path

import click

from kg.ask import questions
from kg.ask.assemble import leading
from kg.ask.species import species_answer
from kg.cli.main import opened
from kg.cli.render import table, tsv
from kg.errors import ContractError, Issue
from kg.match.compared import MAIN, offered
from kg.match.orthology import POLICIES
from kg.read.contents import rounded
from kg.records.match import Answer
from kg.records.words import chance, number, size
from kg.sides.catalog import Catalog
from kg.sides.pairing import PAIR_BY
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, home
from kg.tables.gene_sets import GeneSetFile, read_gmt
from kg.terminal.console import Console
from kg.verdict.explain import explain as explain_match

_FORM = click.option(
    "--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True
)
_LEVEL = click.option(
    "--level", type=click.Choice(offered()), default="gene", show_default=True, help="What is compared."
)
_POLICY = click.option(
    "--policy", type=click.Choice(tuple(POLICIES)), default="one2one", show_default=True, help="Orthologs."
)
SETS = click.option(
    "--sets",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Compare the gene sets of this GMT file (GO, Reactome, Hallmark, your own), in symbols of human or of the"
    " animal.",
)
ROWS = click.option(
    "--rows",
    type=click.Choice(("matches", "changes", "features")),
    default="matches",
    show_default=True,
    help="Rows of --format tsv: matches; features that change alike, or all features, of all matches, with orthologs,"
    " and effect, p and q of both sides.",
)
_FIRST = click.option(
    "--first",
    type=click.IntRange(1),
    help="Show at most N matches, best first, and say how many more there are.  [default: all]",
)


def signatures() -> SignatureStore:
    return SignatureStore(home() / "signatures")


def read_sets(path: Path | None, level: str = MAIN) -> GeneSetFile | None:
    """The gene sets of an option. Raises ContractError for a file that is no GMT, and where a level is named beside
    it."""
    if path is None:
        return None
    if level != MAIN:
        raise ContractError([Issue("level", "gene sets are a level", level, "leave --level away")], code="ARGUMENT")
    return read_gmt(path)


def check_rows(rows: str, form: str) -> None:
    """Raises ContractError for rows of another kind without the format that has them."""
    if rows != "matches" and form != "tsv":
        fix = "add --format tsv" if form == "table" else "leave --rows away: JSON lists all changes of each match"
        raise ContractError([Issue("rows", "--rows is for tsv", form, fix)], code="ARGUMENT")


def show(answer: Answer, form: str, rows: str, store: Store, ws: Workspace) -> None:
    """``ws``: the workspace that the question was asked in."""
    if rows != "matches":
        from kg.export.answers import lines

        for line in lines(store, ws, answer, alike=rows == "changes"):
            click.echo(line)
    elif form == "json":
        click.echo(json.dumps(rounded(answer.to_json()), indent=1, ensure_ascii=False))
    elif form == "tsv":
        click.echo(tsv(answer), nl=False)
    else:
        table(answer, Console(width=None if sys.stdout.isatty() else _columns()))


def _asked_in(store: Store, sets: GeneSetFile | None) -> Workspace:
    return questions.holding(Workspace(Catalog.read(store), signatures()), sets)


def _columns() -> int:
    """Width of what is not a terminal: as the shell says, else 140."""
    said = os.environ.get("COLUMNS", "")
    return max(int(said), 40) if said.isdecimal() and len(said) < 5 else 140


@click.command()
@click.option("--model", help="Disease model, such as rTg4510.")
@click.option("--drug", help="Drug with measured effects: which states and models does it mimic or reverse?")
@click.option("--disease", help="MONDO id or name of a disease. Default: all human states.")
@click.option("--cell-type", help="Only contrasts measured in this cell type (CL id).")
@click.option(
    "--pair-by",
    type=click.Choice(PAIR_BY),
    help=(
        "Compare a contrast only with states measured in the same cells: by Cell Ontology term, by correspondence in "
        "an embedding, both, or either. Shows what each would give. Default: all states."
    ),
)
@click.option(
    "--specificity",
    type=click.Choice(["tested", "untested"]),
    help="Only verdicts whose specificity was tested (or was not).",
)
@_LEVEL
@SETS
@_POLICY
@_FIRST
@_FORM
@ROWS
@click.pass_context
def match(
    ctx: click.Context,
    model: str | None,
    drug: str | None,
    disease: str | None,
    cell_type: str | None,
    pair_by: str | None,
    specificity: str | None,
    level: str,
    sets: Path | None,
    policy: str,
    first: int | None,
    form: str,
    rows: str,
) -> None:
    """Which regulatory changes of a mouse model match which human disease states?

    \b
      orthokg match --model rTg4510 --disease MONDO:0004975 --level regulon
      orthokg match --model rTg4510 --disease MONDO:0004975 --sets hallmark.gmt
      orthokg match --model rTg4510 --disease MONDO:0004975 --format tsv --rows changes
    """
    brought = read_sets(sets, level)
    check_rows(rows, form)
    if (model is None) == (drug is None):
        fix = "give --model NAME or --drug NAME"
        raise ContractError(
            [Issue("match", "one of --model and --drug is asked", "both" if model else "neither", fix)], code="ARGUMENT"
        )
    store = opened(ctx, read_only=True)
    if drug and pair_by:
        raise ContractError([Issue("pair_by", "pairs contrasts of a model", "--drug", "leave it out")], code="ARGUMENT")
    every = form == "json"
    if drug:
        some = first if specificity is None else None  # what it was of, only the whole match tells
        answer = questions.drug_answer(
            store, signatures(), drug=drug, disease=disease, level=level, policy=policy, first=some, sets=brought,
            every=every,
        )  # fmt: skip
    else:
        answer = questions.match_answer(
            store,
            signatures(),
            model=model or "",
            disease=disease,
            cell_type=cell_type,
            level=level,
            policy=policy,
            pair_by=pair_by,
            sets=brought,
            every=every,
        )
    show(leading(questions.only(answer, specificity), first), form, rows, store, _asked_in(store, brought))


@click.command()
@click.option("--model", "models", multiple=True, help="Disease model; give two.")
@click.option("--drug", help="Drug measured in an animal and in human cells, in place of two models.")
@_LEVEL
@SETS
@_POLICY
@_FIRST
@_FORM
@ROWS
@click.pass_context
def compare(
    ctx: click.Context,
    models: tuple[str, ...],
    drug: str | None,
    level: str,
    sets: Path | None,
    policy: str,
    first: int | None,
    form: str,
    rows: str,
) -> None:
    """Do two disease models show the same changes? Does a drug, in an animal and in human cells?

    \b
      orthokg compare --model rTg4510 --model J20
      orthokg compare --drug NAME
    """
    if len(models) != (0 if drug else 2):
        found = f"{len(models)} models" + (" and a drug" if drug else "")
        fix = "give --model NAME twice, or --drug NAME"
        raise ContractError([Issue("compare", "two models, or one drug", found, fix)], code="ARGUMENT")
    brought = read_sets(sets, level)
    check_rows(rows, form)
    store = opened(ctx, read_only=True)
    of = {"level": level, "policy": policy, "first": first, "sets": brought, "every": form == "json"}
    if drug:
        answer = species_answer(store, signatures(), drug=drug, **of)
    else:
        answer = questions.compare_answer(store, signatures(), model=models[0], other=models[1], **of)
    show(answer, form, rows, store, _asked_in(store, brought))


@click.command()
@click.argument("match_id")
@SETS
@click.option("--top", default=20, show_default=True, type=click.IntRange(1), help="Features to list in the table.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "tsv", "parquet"]), default="table", show_default=True
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write tsv or parquet to; an earlier one is replaced.",
)
@click.pass_context
def explain(ctx: click.Context, match_id: str, sets: Path | None, top: int, form: str, out: Path | None) -> None:
    """Why a match has its score: what each feature contributes, the noise behind it, and the numbers to recompute
    it.

    \b
      orthokg explain MATCH_ID --format parquet --out features.parquet

    tsv and parquet hold every feature of the match: orthologs, effect, z, p and q of both sides, p and q of a change
    alike on both, and the other states given which it is left. The head of the file, or its metadata, has the match,
    its release and the licences that it is under. With --sets it explains the same pair by these gene sets.
    """
    brought = read_sets(sets)
    if form in ("tsv", "parquet"):
        _write_features(ctx, match_id, brought, form, out)
        return
    if out:
        fix = "add --format tsv or --format parquet, or leave --out away"
        raise ContractError([Issue("out", "--out is for tsv and parquet", form, fix)], code="ARGUMENT")
    found = explain_match(opened(ctx, read_only=True), signatures(), match_id, brought)
    if form == "json":
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        return
    if found.sentence:
        click.echo(found.sentence)
    click.echo(
        f"{found.status}: {found.reason}\nr {number(found.score, 4)}  T {found.statistic:.6g}  p {chance(found.p, 4)} "
        f" df {found.df}"
    )
    click.echo(
        f"null: mouse {found.null_mouse}; human {found.null_human}\nmethod {found.method}, data {found.data_version}"
    )
    click.echo(f"|L h|^2 {found.mouse_term:.6g}  |K m|^2 {found.human_term:.6g}  |L K'|^2 {found.shared_term:.6g}")
    for e in found.evidence:
        click.echo(
            f"{e.side}: {e.label} [{e.noise}, {size(e.n_case, e.n_control)}] {e.title}; licence: {e.licence} {e.doi}"
        )
    for each in found.curations:
        click.echo(each.text())
    click.echo(
        f"the {min(top, len(found.parts))} largest of {len(found.parts)} contributions, ranked by size (they sum to T;"
        " `match` ranks changes by p): moderated effects, centred over the features"
    )
    for p in found.parts[:top]:
        orthologs = f"  {p.human_gene} ~ {p.mouse_gene}" if p.human_gene else f"  {', '.join(p.leading)}"
        click.echo(
            f"  {p.label:16} mouse {p.mouse:8.3f}  human {p.human:8.3f}  contribution {p.contribution:10.3f}{orthologs}"
        )


def _write_features(ctx: click.Context, match_id: str, sets: GeneSetFile | None, form: str, out: Path | None) -> None:
    from kg.export.features import FeatureTable
    from kg.files.whole import replace

    if form == "parquet" and out is None:
        raise ContractError([Issue("out", "parquet is written to a file", "none", "add --out FILE")], code="ARGUMENT")
    found = FeatureTable.of(opened(ctx, read_only=True), signatures(), match_id, sets)
    if out is None:
        click.echo(found.tsv(), nl=False)
        return
    try:
        replace(out, found.parquet() if form == "parquet" else found.tsv().encode())
    except OSError as error:
        fix = "name a file in a folder that exists and that you may write to"
        raise ContractError([Issue("out", "the file can be written", str(error), fix)], code="ARGUMENT") from error
    click.echo(f"{len(found.features.rows):,} features of {match_id}: {out}")
