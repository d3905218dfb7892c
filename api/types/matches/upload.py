"""A laboratory's own small result, sent with the question: checked, answered and forgotten."""

from dataclasses import replace
from enum import Enum
from typing import Any, NewType, cast

import numpy as np
import strawberry

from api.graphql.reading import Info
from api.graphql.selection import Asked
from api.graphql.window import Window
from api.types.enums import Level, Policy, Unit
from api.types.matches.connection import MatchConnection, connected
from api.types.matches.explanation import Numbers, Texts
from api.types.matches.match import Match
from api.types.matches.sets import GeneSetsInput, file_of
from kg.ask.assemble import left_of, page_of, unlisted
from kg.ask.upload import MOST_GENES, Sample, Upload
from kg.ask.upload_answer import signature_answer
from kg.errors import ContractError, Issue
from kg.match.counts import MIN_COUNT, Scale
from kg.match.tables.vector import Duplicates
from kg.read.nodes import Page
from kg.records.match import Answer
from kg.sides.workspace import Workspace
from kg.stored.pages import checked
from kg.verdict.ranked import Ranked
from kg.verdict.record import THIN

Rows = NewType("Rows", list)
SCALARS: dict[Any, Any] = {
    Rows: strawberry.scalar(name="Rows", description="Rows of numbers: a plain JSON array of arrays of one length."),
}
_COLUMNS = ("effect", "se", "z", "p", "fdr", "mean")


@strawberry.enum(
    description="case and control are compared; other samples only help to decide which genes are expressed."
)
class Arm(Enum):
    case = "case"
    control = "control"
    other = "other"


@strawberry.enum(
    name="CountsScale", description="raw counts; counts corrected for ambient RNA, with fractions; log2 expression"
)
class CountsScale(Enum):
    counts = "counts"
    corrected = "corrected"
    log2 = "log2"


@strawberry.enum(name="DuplicateRows", description="What to do with several rows of one gene in a table.")
class DuplicateRows(Enum):
    refuse = "refuse"
    smallest_p = "smallest_p"
    highest_mean = "highest_mean"
    mean = "mean"
    first = "first"


@strawberry.input(description="A column of the counts.")
class SampleInput:
    name: str
    arm: Arm
    donor: str = strawberry.field(default="", description="animal or person, if one has several runs; these are summed")
    strata: list[str] = strawberry.field(
        default_factory=list,
        description="strata within which the arms are compared, such as sex and batch; the same number for every "
        "sample",
    )


@strawberry.input(
    description=(
        "genes with z, or with effect and one of se, p and fdr, of all genes tested; or genes with counts and "
        f"samples. At most {MOST_GENES} genes. null: the gene has no value, so it is left out and listed in missing, "
        "as is a gene whose number is out of range."
    )
)
class SignatureInput:
    taxon: str = strawberry.field(description="NCBITaxon:10090 (mouse) or NCBITaxon:9606 (human)")
    genes: Texts = strawberry.field(description="Ensembl ids or symbols, one a row")
    effect: Numbers | None = strawberry.field(default=None, description="log2 fold change, case minus control")
    se: Numbers | None = strawberry.field(default=None, description="standard error of effect, above 0")
    z: Numbers | None = strawberry.field(
        default=None, description="Wald or other z, with the sign of effect; of a t give p as well"
    )
    p: Numbers | None = strawberry.field(default=None, description="two-sided, 0 to 1")
    fdr: Numbers | None = strawberry.field(
        default=None, description="Benjamini-Hochberg over these rows; converted to p"
    )
    mean: Numbers | None = strawberry.field(default=None, description="mean expression, for duplicates: highest_mean")
    counts: Rows | None = strawberry.field(default=None, description="one row per gene, one column per sample")
    samples: list[SampleInput] = strawberry.field(default_factory=list, description="the columns of counts, in order")
    scale: CountsScale = CountsScale.counts
    min_count: float = strawberry.field(
        default=MIN_COUNT, description="genes with this many counts in more than half of the samples stay"
    )
    cell_type: str | None = strawberry.field(default=None, description="cell type measured: CL id or name")
    tissue: str | None = strawberry.field(default=None, description="tissue measured: UBERON id or name")
    reference: str | None = strawberry.field(
        default=None, description="NoiseReference to take the noise of a table from, instead of the best-fitting one"
    )
    label: str = strawberry.field(default="uploaded signature", description="its name in the answer")
    engineered: list[str] = strawberry.field(
        default_factory=list, description="symbols of the genes engineered in the model, left out of the score"
    )
    duplicates: DuplicateRows = DuplicateRows.refuse
    unit: Unit = Unit["donor"]
    drug: str = strawberry.field(
        default="", description="drug given to the case arm; without it wells and cultures of one line are not tested"
    )
    cut: str = strawberry.field(
        default="", description="rule by which the table was cut to some of the genes; empty: complete"
    )

    def upload(self) -> Upload:
        """Raises ContractError for all that is not a column, at once."""
        issues: list[Issue] = []
        columns = {
            name: _numbers(name, getattr(self, name), issues) for name in _COLUMNS if getattr(self, name) is not None
        }
        counts = None if self.counts is None else _rows(self.counts, issues)
        genes = _texts(self.genes, issues)
        if issues:
            raise ContractError(issues)
        samples = tuple(Sample(s.name, s.arm.value, s.donor, tuple(s.strata)) for s in self.samples)
        return Upload(
            self.taxon, genes, **columns, counts=counts, samples=samples, scale=cast(Scale, self.scale.value),
            min_count=self.min_count, cell_type=self.cell_type, tissue=self.tissue, reference=self.reference,
            label=self.label, engineered=tuple(self.engineered), duplicates=cast(Duplicates, self.duplicates.value),
            unit=self.unit.value, drug=self.drug, cut=self.cut,
        )  # fmt: skip


def _wrong(path: str, rule: str, found: object, fix: str) -> Issue:
    return Issue(path, f"TYPE: {rule}", repr(found)[:60], fix)


def _texts(values: Any, issues: list[Issue]) -> list[str]:
    bad = next((v for v in values if type(v) is not str), None) if type(values) is list else values
    if bad is None:
        return values
    issues.append(_wrong("genes", "genes are a list of texts", bad, 'write ["Trem2", "ENSMUSG00000022892"]'))
    return []


def _numbers(name: str, values: Any, issues: list[Issue]) -> Any:
    """An array with nan for null. A whole number too large for a float is infinite, which its own rule refuses."""
    bad = next((v for v in values if type(v) not in (int, float, type(None))), None) if type(values) is list else values
    if bad is not None:
        issues.append(_wrong(name, f"{name} is a list of numbers", bad, "write [0.5, null, -1.2]"))
        return np.zeros(0)
    try:
        return np.array(values, dtype=float)
    except OverflowError:
        return np.array([np.inf if v is not None and abs(v) > 1e300 else v for v in values], dtype=float)


def _rows(values: Any, issues: list[Issue]) -> list[Any]:
    if type(values) is not list:
        issues.append(_wrong("counts", "counts are a list of rows", values, "write [[12, 0], [3, 5]]"))
        return []
    found: list[Issue] = []
    rows = [_numbers("counts", row, found) for row in values]
    issues += found[:1]
    return rows


async def answer(
    info: Info,
    signature: SignatureInput,
    disease: str | None,
    level: Level,
    policy: Policy,
    window: Window,
    sets: GeneSetsInput | None,
) -> MatchConnection:
    """The matches of one signature, by page. It is computed again for each page, since nothing of it is kept."""
    context, asked = info.context, Asked.of(info)
    checked(window.place)
    read = file_of(sets, level)
    snapshot, thin = await context.snapshot(), set(asked.items().columns(Match)) <= THIN

    def ask(backend: Any) -> tuple[Answer, Page, Workspace]:
        found, here = signature_answer(
            backend.store,
            snapshot.workspace(),
            signature.upload(),
            disease=disease,
            level=level.value,
            policy=policy.value,
            sets=read(),
        )
        page = page_of(found.matches, window.size, window.place, back=window.back, thin=thin)
        further = (
            left_of(row.node["record"] for row in page.rows) if isinstance(found.matches, Ranked) and not thin else ()
        )
        return replace(found, gaps=(*found.gaps, *unlisted(further))), page, here

    found, page, here = await context.compute(ask)
    return connected(asked, page, found.gaps, window, found.question, found.family, found.release, here=here)
