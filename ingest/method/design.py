"""A formula over the sheet of donors, and a test in words -> design matrix, and the combination of its coefficients.

    design: "~ strain * genotype + age"
    test: {of: genotype, case: APP/PS1, control: WT, at: {strain: B6J}}

The effect is the prediction for ``case`` minus that for ``control``, with ``at`` held, and all else as it is in each
donor fitted, averaged over the donors. ``minus_at`` takes the same effect at another place away: an interaction. A
formula is read by formulaic (Wilkinson's notation, as in R) and may hold columns of the sheet alone: what would be
evaluated as Python is refused, since a manifest is a file that others write.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from formulaic import Formula, ModelSpec, SimpleFormula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor

from ingest.files.frames import broken, cells, rows_where
from ingest.manifest.blocks import ContrastSpec, EffectSpec, Rows
from kg.match.card import Card
from kg.match.contrast import sample_weights
from kg.signatures.store import Floats
from kg.tables.numbers import read_numbers

CARD = Card(
    "design-formula",
    "1",
    "a linear model of donors by a formula, and the difference that a test names",
    (
        "one residual variance for all donors: a group that is noisier than the others lends them its noise",
        "levels that the formula adds and does not cross are taken to act alike in all groups",
    ),
)
_NONE = ("", "na", "nan", "none")


@dataclass(frozen=True)
class Design:
    """``matrix``: donors used x coefficients; ``combination``: weight of each coefficient; ``used``: mask of the
    sheet's rows; ``case``, ``control``: masks of the rows that the test compares; ``other``: of those that enter its
    effect beside them; ``left_out``: rows without a value, each with the reason."""

    matrix: Floats
    combination: Floats
    used: np.ndarray
    case: np.ndarray
    control: np.ndarray
    other: np.ndarray
    left_out: tuple[str, ...]


def build(c: ContrastSpec, sheet: pd.DataFrame, where: str) -> Design:
    """The design of a contrast over its rows of a sheet (all text, one row per donor).

    Raises:
        ContractError: BAD_FORMULA, WRONG_COLUMNS, NOT_NUMBERS or BAD_TEST (what the manifest gets wrong);
        MethodError: NOT_ESTIMABLE, where the donors do not tell the test.
    """
    assert c.design is not None
    assert c.test is not None
    formula, names = _formula(c.design, sheet, where)
    _numeric_is_used(c, names, where)
    used, left_out = _complete(c, sheet, names, where)
    rows = rows_where(sheet, used)
    facts = _facts(rows, names, {n: _numbers(sheet, n)[used] for n in c.numeric})
    _known(c.test, facts, where)
    matrix = formula.get_model_matrix(facts, context={})
    spec = matrix.model_spec
    assert isinstance(spec, ModelSpec)
    combination = _effect(spec, facts, c.test, c.test.at)
    if c.test.minus_at:
        combination = combination - _effect(spec, facts, c.test, c.test.minus_at)
    values = np.asarray(matrix, float)
    weights = sample_weights(values, combination)
    entering = np.abs(weights) > 1e-9 * np.abs(weights).max()
    case, control = _arms(c, rows, weights)
    whole = np.zeros((3, len(sheet)), bool)
    whole[:, used] = case, control, entering & ~(case | control)
    return Design(values, combination, used, whole[0], whole[1], whole[2], left_out)


def _formula(text: str, sheet: pd.DataFrame, where: str) -> tuple[SimpleFormula, tuple[str, ...]]:
    """The formula with the columns that it names, in order. Raises ContractError BAD_FORMULA or WRONG_COLUMNS."""
    fix = "write the right-hand side, such as `~ strain * genotype + age`; put names with spaces in backticks"
    try:
        formula = Formula.from_spec(text)
    except (FormulaicError, SyntaxError) as error:
        told = str(error).splitlines()[0]
        raise broken("BAD_FORMULA", f"{where}.design", "a design is a formula", f"{text!r}: {told}", fix) from None
    if not isinstance(formula, SimpleFormula):
        raise broken("BAD_FORMULA", f"{where}.design", "a design has one right-hand side", repr(text), fix)
    names: list[str] = []
    for factor in (f for term in formula for f in term.factors):
        if factor.eval_method == Factor.EvalMethod.PYTHON:
            own = "add a column that holds it to the sheet: nothing in a manifest is evaluated as code"
            raise broken("BAD_FORMULA", f"{where}.design", "a formula contains columns only", repr(factor.expr), own)
        if factor.eval_method == Factor.EvalMethod.LOOKUP:
            names.append(factor.expr)
    if not names:
        raise broken("BAD_FORMULA", f"{where}.design", "a design names columns of the sheet", repr(text), fix)
    if missing := [n for n in names if n not in sheet]:
        there = f"the columns are {', '.join(map(repr, sheet.columns))}"
        raise broken("WRONG_COLUMNS", f"{where}.design", "a formula contains columns of the sheet", missing, there)
    return formula, tuple(dict.fromkeys(names))


def _numeric_is_used(c: ContrastSpec, names: tuple[str, ...], where: str) -> None:
    if idle := [n for n in c.numeric if n not in names]:
        raise broken("BAD_FORMULA", f"{where}.numeric", "numeric columns are in the formula", idle, f"one of {names}")


def _complete(
    c: ContrastSpec, sheet: pd.DataFrame, names: tuple[str, ...], where: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Mask of the rows that are asked for and have every value of the design, and the others of them by name."""
    asked = np.ones(len(sheet), bool)
    for column, values in c.rows.items():
        if column not in sheet:
            raise broken(
                "WRONG_COLUMNS",
                f"{where}.rows",
                "rows are selected by columns of the sheet",
                repr(column),
                f"the columns are {', '.join(map(repr, sheet.columns))}",
            )
        asked &= sheet[column].isin(values).to_numpy()
    used, left_out = asked.copy(), []
    for name in names:
        texts = cells(sheet, name)
        empty = np.array([t.lower() in _NONE for t in texts]) if name in c.numeric else texts == ""
        if name in c.numeric:
            wrong = np.isnan(_numbers(sheet, name)) & ~empty & asked
            if wrong.any():
                found = f"{sheet.index[wrong][0]}: {texts[wrong][0]!r}"
                raise broken(
                    "NOT_NUMBERS",
                    f"{where}.numeric",
                    f"{name} holds numbers",
                    found,
                    "write numbers, leave the cell empty, or take the column out of `numeric`",
                )
        left_out += [f"{donor}: no value of {name}" for donor in sheet.index[used & empty]]
        used &= ~empty
    if not used.any():
        fix = "correct `rows`, or leave out the column that has no values"
        raise broken("EMPTY_DESIGN", where, "donors have every value of the design", "none", fix)
    return used, tuple(left_out)


def _numbers(sheet: pd.DataFrame, name: str) -> Floats:
    """Of the whole sheet, so that which donors are fitted does not tell its decimal mark."""
    return read_numbers({name: cells(sheet, name)}, "the sheet of samples")[name]


def _facts(rows: pd.DataFrame, names: tuple[str, ...], numeric: Mapping[str, Floats]) -> pd.DataFrame:
    made = {n: numeric[n] if n in numeric else pd.Categorical(cells(rows, n)) for n in names}
    return pd.DataFrame(made, index=rows.index)


def _known(test: EffectSpec, facts: pd.DataFrame, where: str) -> None:
    """Raises ContractError BAD_TEST where the test names what is not in the design or in no donor."""

    def wrong(field: str, rule: str, found: object, fix: str) -> None:
        raise broken("BAD_TEST", f"{where}.test.{field}", rule, found, fix)

    if test.of not in facts:
        wrong("of", "what is tested is in the formula", test.of, f"one of {list(facts.columns)}")
    if test.case == test.control:
        wrong("control", "case and control differ", test.control, "name two values")
    for field, rows in (("at", test.at), ("minus_at", test.minus_at)):
        for column, values in rows.items():
            if column not in facts or column == test.of:
                wrong(
                    field,
                    "what is held fixed is in the formula and is not what is tested",
                    column,
                    f"one of {[f for f in facts.columns if f != test.of]}",
                )
            for value in values:
                _level(facts, column, value, f"{where}.test.{field}.{column}")
    for field in ("case", "control"):
        _level(facts, test.of, getattr(test, field), f"{where}.test.{field}")


def _level(facts: pd.DataFrame, column: str, value: str, where: str) -> None:
    if isinstance(facts[column].dtype, pd.CategoricalDtype):
        levels = list(facts[column].cat.categories)
        if value not in levels:
            raise broken(
                "BAD_TEST", where, f"is a value of {column} in the donors fitted", repr(value), f"one of {levels}"
            )
    elif np.isnan(read_numbers({column: [value]}, where)[column][0]):
        raise broken("BAD_TEST", where, f"{column} is numeric", repr(value), "write a number")


def _effect(spec: ModelSpec, facts: pd.DataFrame, test: EffectSpec, at: Rows) -> Floats:
    """Coefficients' weights in the effect of the test at a place; several values of ``at`` have equal weight."""
    made = []
    for values in product(*at.values()):
        held = _set(facts, dict(zip(at, values, strict=True)))
        case, control = (
            np.asarray(spec.get_model_matrix(_set(held, {test.of: value}), context={}), float)
            for value in (test.case, test.control)
        )
        made.append((case - control).mean(axis=0))
    return np.mean(made, axis=0)


def _set(facts: pd.DataFrame, values: dict[str, str]) -> pd.DataFrame:
    made = facts.copy()
    for column, value in values.items():
        kind = facts[column].dtype
        if isinstance(kind, pd.CategoricalDtype):
            made[column] = pd.Categorical([value] * len(facts), dtype=kind)
        else:
            made[column] = float(value)
    return made


def _arms(c: ContrastSpec, rows: pd.DataFrame, weights: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Donors that the test compares. Of a numeric column: those that pull its slope up, and down."""
    assert c.test is not None
    if c.test.of not in c.numeric:
        return compared(c, rows)
    pull = np.where(np.abs(weights) > 1e-9 * np.abs(weights).max(), np.sign(weights), 0)
    return pull > 0, pull < 0


def compared(c: ContrastSpec, sheet: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the donors that have the values compared where the test is taken; none of a numeric column."""
    assert c.test is not None
    asked = _at(sheet, c.rows, ())
    places = [at for at in (c.test.at, c.test.minus_at) if at] or [{}]
    there = asked & np.logical_or.reduce([_at(sheet, at, c.numeric) for at in places])
    value = cells(sheet, c.test.of)
    no = np.full(len(sheet), c.test.of in c.numeric)
    return there & ~no & (value == c.test.case), there & ~no & (value == c.test.control)


def _at(rows: pd.DataFrame, at: Rows, numeric: Iterable[str]) -> np.ndarray:
    """Donors at a place; a numeric value that is held leaves none out, since all donors tell the slope."""
    made = np.ones(len(rows), bool)
    for column, values in at.items():
        if column not in numeric:
            made &= np.isin(cells(rows, column), values)
    return made


def text(c: ContrastSpec) -> str:
    """The design and its test on one line."""
    assert c.test is not None
    t = c.test
    held = [", ".join(f"{k} {' or '.join(v)}" for k, v in at.items()) for at in (t.at, t.minus_at)]
    where = f" at {held[0]}" if held[0] else ""
    less = f", minus the same at {held[1]}" if held[1] else ""
    return f"{c.design}; {t.of}: {t.case} - {t.control}{where}{less}"
