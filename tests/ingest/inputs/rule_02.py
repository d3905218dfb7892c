"""Rule 2: counts are proved over the whole of the matrix that a name says, and no other is taken unsaid."""

from collections.abc import Callable

import anndata
import h5py
import numpy as np
from scipy import sparse

from tests.ingest import make_formats
from tests.ingest.inputs.case import GENES, Case, Read, Refused
from tests.ingest.inputs.cells import SAME, Change, dense, in_h5, lab, of_study, same, study

FORMS: dict[str, Callable] = {"rows": sparse.csr_matrix, "columns": sparse.csc_matrix, "dense": np.asarray}


def logged(made: anndata.AnnData) -> None:
    made.X = made.X.log1p()


def also(name: str, counts: Callable[[sparse.csr_matrix], sparse.csr_matrix], x: Callable | None = None) -> Change:
    """A layer, or raw, made of the counts; then X is made of them."""

    def change(made: anndata.AnnData) -> None:
        whole = made.X.copy()
        if name == "raw":
            other = made.copy()
            other.X = counts(whole)
            made.raw = other
        else:
            made.layers[name] = counts(whole)
        made.X = whole if x is None else x(whole)

    return change


def log(x: sparse.csr_matrix) -> sparse.csr_matrix:
    return x.log1p()


def ones(x: sparse.csr_matrix) -> sparse.csr_matrix:
    return (x > 0).astype(np.float32)


def same_matrix(x: sparse.csr_matrix) -> sparse.csr_matrix:
    return x.copy()


def to_one_depth(total: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.round(x / x.sum(axis=1, keepdims=True) * total)


def last(value: float, kind: type = np.float64) -> Callable[[np.ndarray], np.ndarray]:
    """One value in the last cell of the last gene."""

    def change(x: np.ndarray) -> np.ndarray:
        made = x.astype(kind)
        made[-1, -1] = value
        return made

    return change


def in_form(form: str, change: Callable[[np.ndarray], np.ndarray] = lambda x: x) -> Change:
    def made(data: anndata.AnnData) -> None:
        data.X = FORMS[form](change(data.X.toarray()))

    return made


def twice(form: Callable) -> Change:
    """The first entry as two entries of one place that add up to it."""

    def change(made: anndata.AnnData) -> None:
        x = form(made.X)
        data = np.concatenate([[x.data[0] - 1, 1], x.data[1:]]).astype(np.float32)
        places, start = np.concatenate([x.indices[:1], x.indices]), x.indptr.copy()
        start[1:] += 1
        made.X = form((data, places, start), shape=x.shape)

    return change


def turned(made: anndata.AnnData) -> None:
    """Entries of a cell from the last gene to the first."""
    x = made.X.tocsr()
    for start, stop in zip(x.indptr[:-1], x.indptr[1:], strict=True):
        x.indices[start:stop], x.data[start:stop] = x.indices[start:stop][::-1].copy(), x.data[start:stop][::-1].copy()
    made.X = x


def zeros_stored(made: anndata.AnnData) -> None:
    x = made.X.toarray()
    made.X = sparse.csr_matrix(
        (x.ravel(), np.tile(np.arange(len(GENES)), len(x)), np.arange(0, x.size + 1, len(GENES))), shape=x.shape
    )


def cut_to_some(made: anndata.AnnData) -> None:
    """X holds the counts of some genes; raw all of them, normalised."""
    other = made.copy()
    other.X = made.X.log1p()
    made._inplace_subset_var(made.var_names[:15])
    made.raw = other


def ones_first() -> anndata.AnnData:
    """By cells and by genes the first counts are ones."""
    made = study()
    x = made.X.toarray()
    x[:6] = 1
    x[:, :3] = 1
    made.X = sparse.csr_matrix(x)
    return made


def log_of_depth(x: np.ndarray) -> np.ndarray:
    return np.log1p(x / x.sum(axis=1, keepdims=True) * 1e4)


CUT = study()[:, :15].copy()
CASES = [
    *(Case(f"counts by {form}", 2, lab(in_form(form)), SAME) for form in FORMS),
    *(
        Case(
            f"ones first by {form}",
            2,
            lab(in_form(form), made=ones_first),
            Read({"a.astrocyte": of_study(ones_first())}),
        )
        for form in FORMS
    ),
    *(
        Case(
            f"{what} at the very end by {form}",
            2,
            lab(in_form(form, last(value))),
            Refused(code, (*words, "cells.h5ad")),
        )
        for form, what, value, code, words in (
            *((form, "a fraction", 3.25, "FRACTIONAL_COUNTS", ("1 of ", "such as 3.25")) for form in FORMS),
            ("columns", "a negative value", -1, "NEGATIVE_COUNTS", ("1 of ", "down to -1")),
            ("dense", "nan", np.nan, "NOT_FINITE", ("1 of ", "are nan")),
            ("rows", "Inf", np.inf, "NOT_FINITE", ("are inf",)),
        )
    ),
    Case(
        "a count beyond the integers of a float",
        2,
        lab(dense(last(2**53 + 1, np.int64))),
        Refused("HUGE_COUNT", ("9,007,199,254,740,993",)),
    ),
    Case(
        "a count that wrapped around 64 bits",
        2,
        lab(dense(last(2**64 - 1, np.uint64))),
        Refused("HUGE_COUNT", ("overflowed",)),
    ),
    Case(
        "a count that wrapped around 32 bits",
        2,
        lab(dense(last(2**32 - 1, np.uint32))),
        Refused("HUGE_COUNT", ("4,294,967,295",)),
    ),
    Case("a count that fell below 0", 2, lab(dense(last(-(2**31), np.int32))), Refused("NEGATIVE_COUNTS")),
    Case(
        "one cell of nan",
        2,
        lab(dense(lambda x: np.concatenate([x[:-1], x[-1:] * np.nan]))),
        Refused("NOT_FINITE", ("write 0",)),
    ),
    Case("raw counts beside a log", 2, lab(also("raw", same_matrix, log)), same("cells read from raw/X")),
    Case(
        "a log in raw beside counts",
        2,
        lab(also("raw", log)),
        same("counts are taken from X, because raw/X does not hold counts"),
    ),
    Case(
        "scaled values in raw",
        2,
        lab(also("raw", lambda x: sparse.csr_matrix(x.toarray() - 3.3))),
        same("raw/X does not hold counts: NEGATIVE_COUNTS"),
    ),
    Case("presence in raw", 2, lab(also("raw", ones)), same("raw/X does not hold counts: no count above 1")),
    *(
        Case(
            f"counts in a layer called {name}",
            2,
            lab(also(name, same_matrix, log)),
            same(f"taken from layers/{name}, because X does not hold counts"),
        )
        for name in ("counts", "UMIs", "Counts Raw")
    ),
    *(
        Case(
            f"whole numbers in a layer called {name}",
            2,
            lab(also(name, same_matrix, log)),
            Refused("NO_COUNTS", (f"counts_in: layers/{name}",)),
        )
        for name in ("unspliced", "ambient")
    ),
    Case(
        "a declared layer",
        2,
        lab(also("spliced", same_matrix, log), counts_in="layers/spliced"),
        same("cells read from layers/spliced"),
    ),
    Case("a layer called counts that is normalised beside counts", 2, lab(also("counts", log)), SAME),
    Case(
        "a layer called counts that is normalised",
        2,
        lab(also("counts", log, log)),
        Refused("NO_COUNTS", ("layers/counts: FRACTIONAL_COUNTS",)),
    ),
    Case(
        "a declared layer that is normalised",
        2,
        lab(also("counts", log), counts_in="layers/counts"),
        Refused("FRACTIONAL_COUNTS", ("layers/counts",)),
    ),
    Case(
        "other counts in a layer",
        2,
        lab(also("counts", lambda x: x * 2)),
        same("layers/counts holds different counts, which are used only"),
    ),
    Case(
        "other counts in raw",
        2,
        lab(also("counts", lambda x: x * 2, log)),
        Read(
            {"a.astrocyte": of_study((lambda m: (setattr(m, "X", m.X * 2), m)[1])(study()))},
            words=("taken from layers/counts",),
        ),
    ),
    Case("presence in X", 2, lab(also("counts", same_matrix, ones)), same("X does not hold counts: no count above 1")),
    Case("presence alone", 2, lab(dense(lambda x: x > 0)), Refused("NO_COUNTS", ("no count above 1",))),
    Case(
        "presence that is declared",
        2,
        lab(dense(lambda x: (x > 3).astype(float)), counts_in="X"),
        Refused("NO_COUNTS", ("no value above 1",)),
    ),
    Case(
        "presence in loom",
        2,
        lab(dense(lambda x: (x > 3).astype(float)), form=make_formats.loom),
        Refused("NO_COUNTS", ("no value above 1",)),
    ),
    Case(
        "presence in mtx",
        2,
        lab(dense(lambda x: (x > 3).astype(float)), form=make_formats.cell_ranger_2),
        Refused("NO_COUNTS", ("no value above 1",)),
    ),
    *(
        Case(
            f"rounded to one depth of {total:g}",
            2,
            lab(dense(to_one_depth(total))),
            Refused("NORMALISED", ("counts_in: X",)),
        )
        for total in (1e4, 1e6)
    ),
    Case(
        "rounded to one depth beside counts",
        2,
        lab(also("counts", same_matrix, lambda x: sparse.csr_matrix(to_one_depth(1e4)(x.toarray())))),
        Refused("NORMALISED", ("name the layer of raw counts in cells.counts_in",)),
    ),
    Case(
        "rounded to one depth in csv",
        2,
        lab(dense(to_one_depth(1e4)), form=make_formats.genes_by_cells),
        Refused("NORMALISED"),
    ),
    Case("a log called counts", 2, lab(logged, counts_in="X"), Refused("FRACTIONAL_COUNTS")),
    *(
        Case(f"{what} called corrected", 2, lab(dense(change), scale="corrected"), Refused("NORMALISED", (words,)))
        for what, change, words in (
            ("log1p of counts", np.log1p, "log1p of whole numbers"),
            ("log2 of counts", lambda x: np.log2(x + 1), "log2(x + 1) of whole numbers"),
            ("log1p of one depth", log_of_depth, "add up to 10000"),
            ("one depth", lambda x: x / x.sum(axis=1, keepdims=True) * 1e4, "add up to 10000"),
        )
    ),
    Case(
        "corrected counts",
        2,
        lab(dense(lambda x: x * np.linspace(0.8, 0.99, len(x))[:, None]), scale="corrected"),
        Read(
            {
                "a.astrocyte": of_study(
                    (lambda m: (dense(lambda x: x * np.linspace(0.8, 0.99, len(x))[:, None])(m), m)[1])(study())
                )
            },
            float32=True,
        ),
    ),
    Case("corrected counts below 0", 2, lab(dense(last(-0.1)), scale="corrected"), Refused("NEGATIVE_COUNTS")),
    Case(
        "corrected counts beside counts",
        2,
        lab(also("counts", same_matrix, lambda x: x * 0.9), scale="corrected"),
        Refused("NO_COUNTS", ("counts_in: X",)),
    ),
    Case("places from the last to the first", 2, lab(turned), SAME),
    Case("a place twice by rows", 2, lab(twice(sparse.csr_matrix)), SAME),
    Case("a place twice by columns", 2, lab(twice(sparse.csc_matrix)), SAME),
    Case("zeros that are stored", 2, lab(zeros_stored), SAME),
    Case("no count at all", 2, lab(dense(lambda x: x * 0)), Refused("NO_COUNTS", ("no count above 1",))),
    Case(
        "counts off by rounding",
        2,
        lab(dense(lambda x: x * (1 + 1e-6))),
        Refused("NO_COUNTS", ("have fractions, such as",)),
    ),
    Case(
        "counts of some genes beside a log of all",
        2,
        lab(cut_to_some),
        Read({"a.astrocyte": of_study(CUT)}, words=("have 15 genes, and raw has 46: the table is a subset",)),
    ),
    Case(
        "a layer of another spelling",
        2,
        lab(also("Counts", same_matrix, log), counts_in="layers/counts"),
        Refused("WRONG_LAYER", ("layers/Counts",)),
    ),
    Case("no matrix", 2, lab(edit=in_h5(lambda f: f.__delitem__("X"))), Refused("NO_COUNTS")),
    Case("numbers as text", 2, lab(edit=in_h5(lambda f: _as_text(f))), Refused("NOT_NUMBERS", ("values of type |S8",))),
    Case(
        "a log in loom beside counts",
        2,
        lab(edit=in_h5(lambda f: _log_of(f), "cells.loom"), form=make_formats.loom),
        Refused("FRACTIONAL_COUNTS"),
    ),
    Case(
        "a declared layer of loom",
        2,
        lab(edit=in_h5(lambda f: _log_of(f), "cells.loom"), form=make_formats.loom, counts_in="layers/counts"),
        SAME,
    ),
]


def _as_text(file: h5py.File) -> None:
    values = file["X/data"][:]
    del file["X"]
    file["X"] = np.resize(values, (72, len(GENES))).astype("S8")


def _log_of(file: h5py.File) -> None:
    file["layers/counts"] = file["matrix"][:]
    file["matrix"][...] = np.log1p(file["matrix"][:])
