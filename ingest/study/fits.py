"""Expression of donors -> the contrasts that a manifest asks for: two arms within strata, or a design and its test.

What cannot be fitted in a matrix of counts is an error; in one population of many it is a contrast that stands in the
graph as UNTESTABLE with the reason.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ingest.files.frames import broken, cells, rows_where
from ingest.manifest.blocks import ContrastSpec, Counts
from ingest.manifest.cell_blocks import Cells
from ingest.manifest.manifest import Manifest
from ingest.method import design
from ingest.method.pydeseq import PyDESeq2
from ingest.study.counts import Expression, select
from kg.curie import local
from kg.errors import ContractError, MethodError
from kg.match.contrast import ContrastResult, contrast, indicators, linear_contrast
from kg.match.counts import design_faults, doubts
from kg.signatures.store import Floats, Signature

_REMEDY = {
    "NO_REPLICATES": "take terms out of the design, or add animals or donors",
    "NEEDS_MODELS": "or leave `engine` out",
    "NOT_ESTIMABLE": "take out the term that goes with it, or test where both arms have donors",
}


@dataclass(frozen=True)
class Made:
    """A contrast as its reader gives it; arrays over genes sorted by Ensembl id without prefix. ``donors``: ids by arm,
    of all that enter the effect (``fitted``: only by a term that arms share); ``cut``: rule that cut its table, "" for
    none. ``lacking``: rows of the matrix that its samples have no value in, in words."""

    signature: Signature
    fdr: Floats
    level: str
    design: str
    reason: str
    n: tuple[int | None, int | None]
    donors: dict[str, tuple[str, ...]]
    flags: tuple[str, ...]
    engine: str = ""
    lacking: str = ""
    cut: str = ""


@dataclass(frozen=True)
class Arms:
    """Masks of the sheet's rows; ``other``: rows that enter the effect beside the two that it compares."""

    case: np.ndarray
    control: np.ndarray
    other: np.ndarray

    @property
    def both(self) -> np.ndarray:
        return self.case | self.control

    @property
    def n(self) -> tuple[int, int]:
        return int(self.case.sum()), int(self.control.sum())


def donor_id(m: Manifest, name: str) -> str:
    return local("donor", m.dataset.id, name)


def arm_name(c: ContrastSpec, arm: str) -> str:
    if arm == "fitted":
        return "other donors of the design"
    if told := getattr(c, f"{arm}_arm"):
        return told
    if c.test is None:
        return ", ".join(f"{k} {' or '.join(v)}" for k, v in getattr(c, arm).items())
    at = "".join(f", {k} {' or '.join(v)}" for k, v in c.test.at.items())
    less = " less ".join(["", *(f"{k} {' or '.join(v)}" for k, v in c.test.minus_at.items())])
    return f"{c.test.of} {getattr(c.test, arm)}{at}{less}"


def arms(sheet: pd.DataFrame, c: ContrastSpec, file: str, *, may_be_empty: bool = False) -> Arms:
    """The donors that a contrast compares, before anything is fitted.

    Raises:
        ContractError: EMPTY_ARM, ARMS_OVERLAP where a sample is in both, WRONG_COLUMNS, or what :func:`design.build`
        says.
    """
    if c.test is not None:
        if not may_be_empty:
            _built(c, sheet, file)
        return Arms(*design.compared(c, sheet), np.zeros(len(sheet), bool))
    case, control = (
        select(sheet, getattr(c, arm), f"{file}: {c.id}.{arm}", may_be_empty=may_be_empty)
        for arm in ("case", "control")
    )
    if (case & control).any():
        found = list(sheet.index[case & control])[:5]
        raise broken(
            "ARMS_OVERLAP", f"{file}: {c.id}", "no sample is in both arms", found, "tell case and control apart"
        )
    return Arms(case, control, np.zeros(len(sheet), bool))


def _built(c: ContrastSpec, sheet: pd.DataFrame, file: str) -> design.Design:
    try:
        return design.build(c, sheet, f"{file}: {c.id}")
    except MethodError as error:
        raise _unfit(error, c, file) from error


def _unfit(error: MethodError, c: ContrastSpec, file: str) -> ContractError:
    fix = (
        _REMEDY.get(error.code, "change strata or arms")
        if c.design or error.code == "NEEDS_MODELS"
        else "change strata or arms"
    )
    return broken(error.code, f"{file}: {c.id}", "the design can be fitted", error, fix)


@dataclass(frozen=True)
class Fitted:
    """``used``: mask of the sheet's rows that were fitted, the rows of ``design`` (donors x coefficients);
    ``combination``: weight of each coefficient; ``left_out``: rows without a value of the design, each with the reason;
    ``expression``: over the genes that all of those fitted have."""

    result: ContrastResult
    arms: Arms
    used: np.ndarray
    design: Floats
    combination: Floats
    left_out: tuple[str, ...]
    expression: Expression


def fit(e: Expression, c: ContrastSpec, batch: str | None, file: str) -> Fitted:
    """The contrast, whom it compares, and the linear model behind it.

    Raises:
        ContractError: what :func:`arms` says, NO_REPLICATES, CONFOUNDED, NOT_ESTIMABLE, NO_VARIANCE or WRONG_COLUMNS.
    """
    if c.test is None:
        chosen = arms(e.sheet, c, file)
        _check_arms(e.sheet, chosen, c, batch, file)
        sheet = rows_where(e.sheet, chosen.both)
        if missing := [s for s in c.strata if s not in sheet]:
            raise broken(
                "WRONG_COLUMNS", f"{file}: {c.id}.strata", "strata are columns of the sheet", missing, f"{list(sheet)}"
            )
        e = e.within(chosen.both, f"{file}: {c.id}")
        case, strata = chosen.case[chosen.both].astype(float), [cells(sheet, s) for s in c.strata]
        try:
            made = contrast(e.values[chosen.both], case, *strata)
        except MethodError as error:
            raise _unfit(error, c, file) from error
        within = indicators(*strata) if strata else np.ones((len(case), 1))
        return Fitted(made, chosen, chosen.both, np.column_stack([case, within]), np.eye(1 + within.shape[1])[0], (), e)
    built = _built(c, e.sheet, file)
    chosen = Arms(built.case, built.control, built.other)
    _check_arms(e.sheet, chosen, c, batch, file)
    e = e.within(built.used, f"{file}: {c.id}")
    try:
        made = linear_contrast(e.values[built.used], built.matrix, built.combination)
    except MethodError as error:
        raise _unfit(error, c, file) from error
    return Fitted(made, chosen, built.used, built.matrix, built.combination, built.left_out, e)


def _check_arms(sheet: pd.DataFrame, chosen: Arms, c: ContrastSpec, batch: str | None, file: str) -> None:
    batches = cells(rows_where(sheet, chosen.both), batch) if batch else None
    for fault in design_faults(chosen.case[chosen.both].astype(float), batches):
        where = f"{file}: {c.id}" + (f".{fault.arm}" if fault.arm else "")
        raise broken(fault.code, where, fault.rule, fault.found, fault.fix)


def from_donors(m: Manifest, c: ContrastSpec, e: Expression, spec: Counts | Cells, engine: PyDESeq2) -> Made:
    """``engine``: for the contrasts that ask for it. Raises ContractError, as :func:`fit` says."""
    made = fit(e, c, spec.batch, m.dataset.id)
    e = made.expression
    fitted, chosen, effect, p = made.result, made.arms, made.result.effect, made.result.p
    fdr = stats.false_discovery_control(np.nan_to_num(p, nan=1.0))
    if c.engine == "pydeseq2":
        try:
            tested = engine.test(e.counts[made.used], e.genes, made.design, made.combination, shrink=c.shrink)
        except MethodError as error:
            raise _unfit(error, c, m.dataset.id) from error
        effect, p, fdr = tested.effect, tested.p, tested.fdr
    names = e.sheet.index.to_numpy(str)
    masks = {"case": chosen.case, "control": chosen.control, "fitted": chosen.other}
    donors = {arm: tuple(donor_id(m, x) for x in names[mask]) for arm, mask in masks.items() if mask.any()}
    used = tuple(x for own in donors.values() for x in own)
    signature = Signature(
        m.contrast_id(c), m.dataset.taxon, e.genes, fitted.vector, effect, p, "donors", fitted.factor, fitted.df, used
    )
    text = f"{design_text(c)}; {len(e.genes)} of {e.measured} genes expressed"
    flags = [*doubts(spec.scale, spec.level), *e.doubts, *(f"left-out: {why}" for why in made.left_out)]
    told = "" if c.engine == "linear" else f"{engine.name}, {'shrunken' if c.shrink else 'plain'} fold changes"
    return Made(signature, fdr, spec.level, text, "", chosen.n, donors, tuple(flags), told, e.lacking)


def of_population(m: Manifest, c: ContrastSpec, e: Expression | None, why: str, engine: PyDESeq2) -> Made:
    """The contrast in one population of a study of cells; ``e``: its donors, or None and the reason ``why``."""
    assert m.cells is not None
    if e is None:
        return _untestable(m, c, (0, 0), why)
    n = arms(e.sheet, c, m.dataset.id, may_be_empty=True).n
    slope = c.test is not None and c.test.of in c.numeric
    if not slope and min(n) < m.cells.min_donors:
        return _untestable(m, c, n, _few(m.cells, n))
    try:
        made = from_donors(m, c, e, m.cells, engine)
    except ContractError as error:
        if error.code == "NEEDS_MODELS":
            raise
        issue = error.issues[0]
        return _untestable(m, c, n, f"{issue.rule.partition(': ')[2]}: {issue.found}")
    assert made.n[0] is not None
    assert made.n[1] is not None
    if min(made.n) < m.cells.min_donors:  # type: ignore[type-var]
        return _untestable(m, c, (made.n[0], made.n[1]), _few(m.cells, (made.n[0], made.n[1])))
    return made


def _few(spec: Cells, n: tuple[int, int]) -> str:
    return (
        f"{n[0]} case and {n[1]} control donors have {spec.min_cells} cells or more of it; "
        f"{spec.min_donors} per arm are needed"
    )


def _untestable(m: Manifest, c: ContrastSpec, n: tuple[int, int], reason: str) -> Made:
    """A contrast that is asked for and cannot be made: it stands in the graph with its reason."""
    assert m.cells is not None
    none = np.empty(0)
    signature = Signature(m.contrast_id(c), m.dataset.taxon, np.empty(0, dtype=str), none, none, none, "none")
    return Made(signature, none, m.cells.level, design_text(c), reason, n, {}, ())


def design_text(c: ContrastSpec) -> str:
    """The design and what is tested of it, on one line."""
    if c.design is not None:
        return design.text(c)
    within = f" within {', '.join(c.strata)}" if c.strata else ""
    return f"{arm_name(c, 'case')} - {arm_name(c, 'control')}{within}"
