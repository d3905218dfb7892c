"""The command ``orthokg cells``."""

from pathlib import Path

import click


@click.group()
def cells() -> None:
    """Check single-cell files: what they contain, and what prevents their use."""


@cells.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", help="File format, if the extension does not show it.")
@click.option(
    "--counts-in", help="Where the counts are: X, raw.X or layers/NAME. Default: raw.X, X or a layer named for counts."
)
@click.option("--corrected", is_flag=True, help="Accept fractional counts from a known correction (ambient RNA).")
@click.pass_context
def check(ctx: click.Context, file: Path, form: str | None, counts_in: str | None, corrected: bool) -> None:
    """Check FILE against the rules for its format; report every problem, write nothing.

    \b
    A file whose uns names a schema_version is checked against that version of CELLxGENE (5.0 to 7.1), any other against
    the rules for a count matrix. All counts are read.

    Exit: 0 it can be used, 1 it cannot.
    """
    from ingest.files.cells.matrix import open_cells
    from ingest.manifest.cell_blocks import Cells
    from kg.errors import KgError

    facts = {"file": file.name, "format": form, "counts_in": counts_in}
    try:
        spec = Cells.model_validate(facts | {"scale": "corrected" if corrected else "counts"})
        matrix = open_cells(file, spec)
        total = sum(float(block.sum()) for _, block in matrix.chunks())
    except KgError as error:
        click.echo(f"{file.name}: FAILED [{error.code}]\n{error}")
        ctx.exit(1)
    click.echo(
        f"{file.name}: {matrix.n_cells:,} cells x {len(matrix.genes):,} genes, {total:,.0f} counts in {matrix.layer}"
    )
    for note in matrix.notes:
        click.echo(f"  {note}")
    if version := matrix.facts.get("schema_version"):
        click.echo(f"  follows the CELLxGENE schema {version}")
    else:
        click.echo("  names no version of CELLxGENE: the manifest names its columns (orthokg ingest --init drafts it)")
    click.echo(f"  columns of obs: {', '.join(map(str, matrix.obs.columns))}")
