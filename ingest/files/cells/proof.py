"""What keeps the values of a matrix from being counts, asked of every block of the pass that sums them."""

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
_CELLS = 20  # fewer do not tell whether all have one depth
_LOG = 50.0  # no logarithm of a count is larger
_SAME = 1e-3


def count_faults(values: np.ndarray, path: Path, layer: str, *, corrected: bool) -> ContractError | None:
    """What keeps stored values from being counts: Inf, negative ones, ones that no cell has, fractions that were not
    declared."""
    if _are_counts(values, corrected=corrected):
        return None
    finite = np.isfinite(values)
    if not finite.all():
        found = f"{_some(~finite)} of a block are {float(values[~finite][0])}"
        return broken("NOT_FINITE", path.name, f"{layer} holds numbers", found, "write 0 where nothing was seen")
    if (values < 0).any():
        found = f"{_some(values < 0)} of a block are below 0, down to {float(values.min()):.3g}"
        fix = "give raw counts: scaled or batch-corrected values are no counts; see cells.counts_in"
        return broken("NEGATIVE_COUNTS", path.name, f"{layer} holds counts", found, fix)
    if values.max() >= HUGE:
        fix = "the number has wrapped around or is a code of missing values: write 0, or count again"
        return broken("HUGE_COUNT", path.name, f"no cell has {HUGE:,} counts of a gene", f"{int(values.max()):,}", fix)
    part = values[np.trunc(values) != values]
    found = (
        f"{_some(np.trunc(values) != values)} of a block have fractions, such as {np.format_float_positional(part[0])}"
    )
    fix = (
        f"normalised values are no counts: {_raw(layer)}; declare `scale: corrected` if a known correction (ambient"
        " RNA) made the fractions"
    )
    return broken("FRACTIONAL_COUNTS", path.name, f"{layer} holds whole numbers", found, fix)


def first_fault(blocks: Iterable[np.ndarray], path: Path, layer: str) -> tuple[ContractError | str, bool]:
    """What rules a matrix out as one of counts: a fault, or that no value of it is above 1; "" where nothing does. And
    whether the values about the fault are counts but for a few, or but for missing and negative ones, so that the
    matrix is one of counts with an error in it.

    Looking ends at the first block with a count above 1 and no fault: the rest is proved by the pass that reads it,
    which may end in an error and never in another matrix.
    """
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
    """The same blocks, each compared with :func:`count_faults` and :func:`_normalised`: not the first alone."""
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
    """Values of cells that were brought to one depth, with their logarithm or without, or rounded; ``declared``: cells
    that were sampled down to one depth are meant."""
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
        fix = f"{_raw(layer)}; if cells were sampled down to one depth, declare `counts_in: {where}`"
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
    """Where raw counts can be, of a file with several matrices or with one."""
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
    """In few passes, since every block is asked; nan is not above 0."""
    if not len(values):
        return True
    if not (values.min() >= 0 and values.max() < HUGE):
        return False
    return corrected or values.dtype.kind in "iu" or bool((np.trunc(values) == values).all())
