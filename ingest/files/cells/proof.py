"""Verifies that the values of a matrix are counts, in every block that is read."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy import sparse

from ingest.files.cells.stored import Read
from ingest.manifest.cell_blocks import Cells
from kg.errors import ContractError, broken
from kg.files.regular import reading
from kg.match.counts import HUGE, one_depth

_FEW = 0.01
_CELLS = 20  # fewer cells do not show whether all have the same depth
_LOG = 50.0  # the logarithm of a count is never larger
_SAME = 1e-3


def count_faults(values: np.ndarray, path: Path, layer: str, *, corrected: bool) -> ContractError | None:
    """Why stored values are not counts: Inf, negative values, impossibly large values, or undeclared fractions; None if
    they are."""
    if _are_counts(values, corrected=corrected):
        return None
    finite = np.isfinite(values)
    if not finite.all():
        found = f"{_some(~finite)} of a block are {float(values[~finite][0])}"
        return broken("NOT_FINITE", path.name, f"{layer} holds numbers", found, "write 0 for no counts")
    if (values < 0).any():
        found = f"{_some(values < 0)} of a block are below 0, down to {float(values.min()):.3g}"
        fix = "give raw counts: scaled or batch-corrected values are not counts; see cells.counts_in"
        return broken("NEGATIVE_COUNTS", path.name, f"{layer} holds counts", found, fix)
    if values.max() >= HUGE:
        fix = "the number has overflowed or is a code for missing values: write 0, or recount"
        return broken("HUGE_COUNT", path.name, f"no cell has {HUGE:,} counts of a gene", f"{int(values.max()):,}", fix)
    part = values[np.trunc(values) != values]
    found = (
        f"{_some(np.trunc(values) != values)} of a block have fractions, such as {np.format_float_positional(part[0])}"
    )
    fix = (
        f"normalised values are not counts: {_raw(layer)}; declare `scale: corrected` if the fractions come from a"
        " known correction (ambient RNA)"
    )
    return broken("FRACTIONAL_COUNTS", path.name, f"{layer} holds whole numbers", found, fix)


def first_fault(blocks: Iterable[np.ndarray], path: Path, layer: str) -> tuple[ContractError | str, bool]:
    """Why a matrix does not hold counts (a fault, or no value above 1; "" if it may), and whether the block with the
    fault otherwise holds counts, apart from a few, missing or negative values, so that it is a matrix of counts with an
    error. The search ends at the first block with a count above 1 and no fault: the rest is verified when it is read,
    which may raise an error but never selects another matrix."""
    for values in blocks:
        if fault := count_faults(values, path, layer, corrected=False):
            odd = ~np.isfinite(values) | (values < 0) | (np.trunc(values) != values)
            rest = values[np.isfinite(values) & (values >= 0)]
            whole = 2 * len(rest) > len(values) and rest.max() > 1 and bool((np.trunc(rest) == rest).all())
            return fault, bool(odd.mean() < _FEW) or whole
        if values.size and values.max() > 1:
            return "", False
    return "no count above 1", False


def proved(read: Read, path: Path, layer: str, spec: Cells) -> Read:
    """A reader that checks every block with :func:`count_faults` and :func:`_normalised`."""
    corrected = spec.scale == "corrected"

    def checked(start: int, stop: int) -> sparse.csr_matrix:
        with reading(path, layer):
            block = read(start, stop)
        if fault := count_faults(np.asarray(block.data), path, layer, corrected=corrected):
            raise fault
        if fault := _normalised(block, path, layer, declared=spec.counts_in is not None and not corrected):
            raise fault
        return block

    return checked


def _normalised(block: sparse.csr_matrix, path: Path, layer: str, *, declared: bool) -> ContractError | None:
    """Detects cells normalised to a common depth, also after a logarithm or rounding; ``declared``: downsampling to a
    common depth is intended."""
    totals = np.asarray(block.sum(axis=1), dtype=float).ravel()
    if (totals > 0).sum() < _CELLS or declared:
        return None
    values = np.asarray(block.data)
    if values.max() <= 1:
        return None
    if values.dtype.kind in "iu" or bool((np.trunc(values) == values).all()):
        if not one_depth(totals[totals > 0]):
            return None
        where = layer.replace("raw/X", "raw.X") if _is_one_of_several(layer) else "X"
        fix = f"{_raw(layer)}; if cells were downsampled to a common depth, declare `counts_in: {where}`"
        return _told(path, layer, f"the cells of a block have {np.median(totals):,.0f} counts each", fix)
    if _same(totals):
        return _told(path, layer, f"the values of each cell add up to {np.median(totals):.6g}", _raw(layer))
    if values.max() > _LOG:
        return None
    for name, raised in (("log1p", np.expm1), ("log2(x + 1)", lambda x: np.exp2(x) - 1)):
        back = block.astype(np.float64)
        back.data = raised(back.data)
        if _same(totals := np.asarray(back.sum(axis=1)).ravel()):
            return _told(
                path,
                layer,
                f"they are {name} of values that add up to {np.median(totals):.6g} in each cell",
                _raw(layer),
            )
        if (np.abs(back.data - np.rint(back.data)) <= _SAME * np.maximum(1, back.data)).all():
            return _told(path, layer, f"they are {name} of whole numbers", _raw(layer))
    return None


def _is_one_of_several(layer: str) -> bool:
    return layer in ("X", "raw/X") or layer.startswith("layers/")


def _raw(layer: str) -> str:
    """The remedy: where to find raw counts, in a file with one matrix or several."""
    if _is_one_of_several(layer):
        return "name the layer of raw counts in cells.counts_in, or give the file of raw counts"
    return "give the file of raw counts"


def _told(path: Path, layer: str, found: str, fix: str) -> ContractError:
    return broken("NORMALISED", path.name, f"{layer} holds counts, whose depth differs from cell to cell", found, fix)


def _same(totals: np.ndarray) -> bool:
    there = totals[totals > 0]
    return bool(np.ptp(there) <= _SAME * there.mean())


def _some(mask: np.ndarray) -> str:
    return f"{int(mask.sum()):,} of {mask.size:,} values"


def _are_counts(values: np.ndarray, *, corrected: bool) -> bool:
    """Whether values are counts, in few passes because every block is checked; nan is not above 0."""
    if not len(values):
        return True
    if not (values.min() >= 0 and values.max() < HUGE):
        return False
    return corrected or values.dtype.kind in "iu" or bool((np.trunc(values) == values).all())
