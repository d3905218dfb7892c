"""The command that holds a laboratory's own small result against the graph."""

from pathlib import Path
from typing import Any, cast

import click
import numpy as np

from kg.ask.questions import only
from kg.ask.upload import SCALES, UNITS, Sample, Upload
from kg.ask.upload_answer import signature_answer
from kg.cli.main import opened
from kg.cli.match import ROWS, SETS, check_rows, read_sets, show, signatures
from kg.errors import ContractError, Issue
from kg.match.compared import offered
from kg.match.counts import Scale
from kg.match.orthology import POLICIES
from kg.match.tables.vector import DUPLICATES, Duplicates
from kg.names.species import SPECIES
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.tables.lab_table import Columns, find_columns, find_genes, has_numbers, need, numbers, read_columns, rivals
from kg.tables.numbers import Declared, no_numbers

_NUMBERS = ("effect", "se", "z", "p", "fdr", "mean")


@click.command("match-signature")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--taxon",
    required=True,
    help=f"Species of the samples: {', '.join(s.name for s in SPECIES.values())}, or its NCBITaxon id.",
)
@click.option("--cell-type", help="Cell type that was measured (CL id or name).")
@click.option("--tissue", help="Tissue that was measured (UBERON id or name).")
@click.option(
    "--samples", type=click.Path(path_type=Path), help="Sample sheet; FILE then holds counts, one column per sample."
)
@click.option("--arm", default="arm", show_default=True, help="Column of the sheet that gives the arm.")
@click.option("--case", default="case", show_default=True, help="Its value in the case arm.")
@click.option("--control", default="control", show_default=True, help="Its value in the control arm.")
@click.option("--donor", help="Column of the sheet that names the animal or person, if one has several runs.")
@click.option("--strata", multiple=True, help="Column of the sheet to stratify by; may be repeated.")
@click.option("--scale", type=click.Choice(SCALES), default="counts", show_default=True)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="WHAT=NAME",
    help="Which column holds gene, effect, se, z, p, fdr or mean. Default: found by the usual names.",
)
@click.option("--decimal", type=click.Choice([".", ","]), help="Decimal mark of the numbers. Default: detected.")
@click.option("--thousands", type=click.Choice([",", ".", " ", "'"]), help="Thousands separator. Default: detected.")
@click.option(
    "--reference", help="Healthy reference to take the noise of a table from, instead of the best-fitting one."
)
@click.option(
    "--engineered",
    multiple=True,
    help="Symbol of a gene that the model engineers; left out of the score. May be repeated.",
)
@click.option("--duplicates", type=click.Choice(DUPLICATES), default="refuse", show_default=True)
@click.option(
    "--unit",
    type=click.Choice(UNITS),
    default="donor",
    show_default=True,
    help="What the p-values count as replicates.",
)
@click.option(
    "--drug", default="", help="Drug given to the case arm; wells of one cell line are tested only for a drug."
)
@click.option("--cut", default="", help="Rule by which the table was cut to some of the genes.")
@click.option("--disease", help="MONDO id or name of a disease. Default: all human states.")
@click.option("--level", type=click.Choice(offered()), default="gene", show_default=True, help="What is compared.")
@SETS
@click.option("--policy", type=click.Choice(tuple(POLICIES)), default="one2one", show_default=True, help="Orthologs.")
@click.option(
    "--specificity",
    type=click.Choice(["tested", "untested"]),
    help="Only verdicts whose specificity was tested (or was not).",
)
@click.option("--label", help="Name in the answer. Default: the file's name.")
@click.option("--format", "form", type=click.Choice(["table", "json", "tsv"]), default="table", show_default=True)
@ROWS
@click.pass_context
def match_signature(
    ctx: click.Context,
    file: Path,
    samples: Path | None,
    columns: tuple[str, ...],
    form: str,
    rows: str,
    sets: Path | None,
    **given: Any,
) -> None:
    """Which human states does your own table or count matrix match? Nothing is stored.

    \b
      orthokg match-signature deseq2.csv --taxon mouse --tissue UBERON:0000956 --disease MONDO:0004975
      orthokg match-signature counts.tsv --samples sheet.csv --arm genotype --case Tg --control WT \\
        --strata sex --taxon mouse --tissue UBERON:0000956

    A table needs z, or the effect (case minus control) with its standard error, p or FDR, for all genes tested.
    """
    brought = read_sets(sets, given["level"])
    check_rows(rows, form)
    upload = read_upload(file, samples, columns, given)
    store = opened(ctx, read_only=True)
    ws = Workspace(Catalog.read(store), signatures())
    asked = {name: given[name] for name in ("disease", "level", "policy")}
    answer, here = signature_answer(store, ws, upload, **asked, sets=brought, every=form == "json")
    show(only(answer, given["specificity"]), form, rows, store, here)


def read_upload(file: Path, sheet: Path | None, columns: tuple[str, ...], given: dict[str, Any]) -> Upload:
    """An upload from files and the command's options. Raises ContractError for a file that cannot be read."""
    table, chosen = read_columns(file), _chosen(columns)
    known = find_genes(table)
    gene = chosen.pop("gene", next(iter(table)) if known is None else known)
    need(file, table, {"gene": gene, **chosen})
    facts: dict[str, Any] = {
        "taxon": given["taxon"],
        "genes": table[gene],
        "cell_type": given["cell_type"],
        "tissue": given["tissue"],
        "reference": given["reference"],
        "label": given["label"] or file.name,
        "engineered": given["engineered"],
        "duplicates": cast(Duplicates, given["duplicates"]),
        "unit": given["unit"],
        "drug": given["drug"],
        "cut": given["cut"],
        "scale": cast(Scale, given["scale"]),
    }
    if sheet is not None:
        facts.update(_counts(file, table, sheet, given))
        return Upload(**facts)
    if not chosen and (several := rivals([name for name in table if name != gene])):
        there = "; ".join(f"{what}: {', '.join(map(repr, names[:10]))}" for what, names in several.items())
        fix = "say which column is which: --column effect=NAME --column p=NAME"
        raise ContractError([Issue(file.name, "WRONG_COLUMNS: one effect is found", there, fix)], code="WRONG_COLUMNS")
    found = chosen or find_columns([name for name in table if name != gene], lambda name: has_numbers(table[name]))
    if not found:
        fix = (
            f"the columns are {', '.join(map(repr, list(table)[:30]))}; say which column is which: --column effect=NAME"
        )
        raise ContractError(
            [Issue(file.name, "WRONG_COLUMNS: an effect or z is found", "none", fix)], code="WRONG_COLUMNS"
        )
    read = numbers(file, table, found, _declared(given))
    words = {what: np.flatnonzero(no_numbers(table[name], read[what])).tolist() for what, name in found.items()}
    facts.update(read | {"words": {what: rows for what, rows in words.items() if rows}}, file=file.name, names=found)
    return Upload(**facts)


def _declared(given: dict[str, Any]) -> Declared:
    return Declared(given.get("decimal"), given.get("thousands"), "say --decimal , or --decimal .")


def _chosen(columns: tuple[str, ...]) -> dict[str, str]:
    made: dict[str, str] = {}
    for column in columns:
        what, _, name = column.partition("=")
        made[what] = name
    if unknown := sorted(set(made) - {"gene", *_NUMBERS}):
        fix = f"write --column WHAT=NAME with one of gene, {', '.join(_NUMBERS)}"
        raise ContractError(
            [Issue("--column", "--column names a known kind of column", ", ".join(unknown), fix)], code="ARGUMENT"
        )
    return made


def _values(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


def _counts(file: Path, table: Columns, sheet: Path, given: dict[str, Any]) -> dict[str, Any]:
    facts = read_columns(sheet)
    names = facts[next(iter(facts))]
    wanted = {"--arm": given["arm"], **{f"--strata {s}": s for s in given["strata"]}}
    need(sheet, facts, wanted | ({"--donor": given["donor"]} if given["donor"] else {}))
    if absent := [name for name in names if name not in table]:
        fix = f"remove them from {sheet.name}, or add their columns to {file.name}"
        raise ContractError(
            [Issue(sheet.name, "SAMPLE_MISMATCH: every sample is a column", f"{len(absent)}: {absent[:5]}", fix)],
            code="SAMPLE_MISMATCH",
        )
    arms = {value: arm for arm in ("case", "control") for value in _values(given[arm])}
    samples = tuple(
        Sample(
            name,
            arms.get(facts[given["arm"]][at], "other"),
            facts[given["donor"]][at] if given["donor"] else "",
            tuple(facts[s][at] for s in given["strata"]),
        )
        for at, name in enumerate(names)
    )
    counts = numbers(file, table, {name: name for name in names}, _declared(given))
    return {"counts": np.column_stack([counts[name] for name in names]), "samples": samples}
