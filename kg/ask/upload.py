"""What a lab brings with a question: one table or one small matrix of counts, and what it says of it.

Nothing of it is stored. It is checked as a whole, so that one answer names every problem; single genes that cannot be
used are left out and reported, as an ingest would quarantine them.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from kg.errors import ContractError, Issue
from kg.match.counts import MIN_COUNT, Scale, design_faults, scale_faults
from kg.match.levels import LEVELS, OfSamples
from kg.match.tables.vector import DUPLICATES, REMEDY, Duplicates, Examined, common_fault, examine, used
from kg.names.ids import spelt, taxon
from kg.names.placeholders import is_name
from kg.names.species import SPECIES

Floats = NDArray[np.float64]
Column = Sequence[float | None] | Floats
ARMS = ("case", "control", "other")
SCALES = ("counts", "corrected", "log2")
UNITS = tuple(LEVELS)
MOST_GENES, MOST_SAMPLES = 65_000, 64
_NUMBERS = ("effect", "se", "z", "p", "fdr", "mean")


@dataclass(frozen=True)
class Sample:
    """A column of the counts. ``arm``: case, control, or other (it helps to tell which genes are expressed, and is not
    compared). ``donor``: the animal or person, where one has several runs; empty: the sample itself. ``strata``: what
    the arms are compared within, such as sex and batch."""

    name: str
    arm: str
    donor: str = ""
    strata: tuple[str, ...] = ()

    @property
    def replicate(self) -> str:
        return self.donor or self.name


@dataclass(frozen=True)
class Upload:
    """``genes``: Ensembl ids or symbols, one per row. Either columns over the rows (None or nan where a row has no
    value): ``z``; or ``effect`` (case minus control) with ``se``, ``p`` or ``fdr``. Or ``counts``: rows x samples, with
    ``samples``.

    ``taxon``: by id or name. ``cell_type`` (CL) or ``tissue`` (UBERON), by id or name, say what was measured;
    ``reference``: a NoiseReference by its id, instead of the one that fits best. ``engineered``: symbols left out of
    the score. ``unit``: of replication of the table's p-values, or what the samples are (``kg.match.levels``);
    ``drug``: what was given to the case arm, without which wells of one line are not tested. ``cut``: by which rule the
    table was cut to some genes, empty where it holds all tested. ``file`` and ``names`` (what a column is -> its name
    there): where the columns came from, as errors say it.
    """

    taxon: str
    genes: Sequence[str]
    effect: Column | None = None
    se: Column | None = None
    z: Column | None = None
    p: Column | None = None
    fdr: Column | None = None
    mean: Column | None = None
    counts: Sequence[Column] | Floats | None = None
    samples: tuple[Sample, ...] = ()
    scale: Scale = "counts"
    min_count: float = MIN_COUNT
    cell_type: str | None = None
    tissue: str | None = None
    reference: str | None = None
    label: str = "uploaded signature"
    engineered: tuple[str, ...] = ()
    duplicates: Duplicates = "refuse"
    unit: str = "donor"
    drug: str = ""
    cut: str = ""
    file: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def path(self, column: str) -> str:
        """Where a reader finds a column."""
        return f"{self.file}: {self.names.get(column, column)}" if self.file else column

    def __post_init__(self) -> None:
        object.__setattr__(self, "taxon", taxon(self.taxon))
        for name in ("cell_type", "tissue", "reference"):
            if value := getattr(self, name):
                object.__setattr__(self, name, spelt(value))

    @property
    def columns(self) -> dict[str, Column]:
        return {name: getattr(self, name) for name in _NUMBERS if getattr(self, name) is not None}


@dataclass(frozen=True)
class Checked:
    """An upload that can be answered. ``numbers``: columns of the table that have a part in it, nan where a row has
    none; ``examined``: its rows, of which faulty ones are left out; ``counts``: genes x samples; ``digest``: twelve
    hexadecimal digits of all its content."""

    upload: Upload
    genes: NDArray[np.str_]
    numbers: dict[str, Floats]
    counts: Floats | None
    digest: str
    examined: Examined | None = None


def check(upload: Upload) -> Checked:
    """Every problem at once. Raises ContractError with an issue for each."""
    issues = list(_words(upload))
    if upload.counts is None:
        issues += _shape(upload)
        made = Checked(upload, _texts(upload.genes), {}, None, "")
        if not issues:
            given = {name: _floats(column) for name, column in upload.columns.items()}
            numbers = {name: given[name] for name in used(given, upload.duplicates)}
            empty = {name: _empty(upload, name, column) for name, column in numbers.items()}
            found = examine(numbers, empty, cut=bool(upload.cut))
            issues += _table(upload, numbers, found)
            made = Checked(upload, made.genes, numbers, None, _digest(upload, list(given.values())), found)
    else:
        counts, found = _matrix(upload)
        issues += [*found, *_design(upload)]
        made = Checked(upload, _texts(upload.genes), {}, counts, "" if issues else _digest(upload, [counts]))
    if issues:
        raise ContractError(issues)
    return made


def _wrong(where: str, code: str, rule: str, found: object, fix: str) -> Issue:
    return Issue(where, f"{code}: {rule}", str(found)[:400], fix)


def _words(u: Upload) -> Iterator[Issue]:
    for name, value, known in (
        ("taxon", u.taxon, tuple(SPECIES)),
        ("duplicates", u.duplicates, DUPLICATES),
        ("unit", u.unit, UNITS),
        ("scale", u.scale, SCALES),
    ):
        if value not in known:
            yield _wrong(name, "ARGUMENT", f"{name} has a permitted value", value, f"use one of {', '.join(known)}")
    if not u.label.strip() or len(u.label) > 200:
        yield _wrong("label", "ARGUMENT", "a label has 1 to 200 characters", len(u.label), "shorten it")
    if not 0 < len(u.genes) <= MOST_GENES:
        fix = "give the table of all tested genes" if not len(u.genes) else "send one row per gene"
        yield _wrong("genes", "LENGTH", f"there are 1 to {MOST_GENES} rows", len(u.genes), fix)
    if u.cell_type and u.tissue:
        yield _wrong(
            "tissue",
            "ARGUMENT",
            "either a cell type or a tissue is named",
            "both",
            "leave one out: cellType for cells",
        )
    if u.counts is not None and u.unit not in get_args(OfSamples):
        fix = "sum the cells of each donor, and set unit: donor"
        yield _wrong("unit", "NO_REPLICATES", "samples of counts are donors, pools, wells or cultures", u.unit, fix)
    if u.duplicates == "highest_mean" and u.mean is None:
        yield _wrong("mean", "ARGUMENT", "highest_mean needs the mean", "nothing", "give mean, or use smallest_p")


def _shape(u: Upload) -> Iterator[Issue]:
    if u.effect is None and u.z is None:
        fix = "give z; or effect with se, with p or with fdr; or counts with samples"
        found = ", ".join(sorted(u.columns)) or "nothing"
        yield _wrong("signature", "BASIS", "a table has z, or an effect with a measure of its noise", found, fix)
    if u.samples:
        yield _wrong(
            "samples", "BASIS", "samples belong to counts", len(u.samples), "give counts, or leave samples out"
        )
    for name, column in u.columns.items():
        if len(column) != len(u.genes):
            fix = "give one value per gene, null where it is missing"
            yield _wrong(name, "LENGTH", f"{name} is as long as genes ({len(u.genes)})", len(column), fix)


def _empty(u: Upload, name: str, column: Floats) -> NDArray[np.bool_]:
    empty = np.isnan(column)
    empty[list(u.words.get(name, ()))] = False
    return empty


def _table(u: Upload, numbers: dict[str, Floats], found: Examined) -> Iterator[Issue]:
    """Columns that contradict each other, and one that breaks its rule in most rows; single rows are left out and
    said."""
    for c in found.conflicts:
        rule, fix = c.words(u.names)
        shown = c.found(found.whole, u.names, [str(gene)[:40] for gene in u.genes], range(1, len(u.genes) + 1))
        yield _wrong(u.path(c.columns[0]), c.code, rule, shown, fix)
    if (common := common_fault(found.faults)) and not any(common[1] in c.columns for c in found.conflicts):
        rule, name, n = common
        at = int(np.flatnonzero(found.faults.rule == rule)[0])
        some = f"{n} of {len(u.genes)} rows, first {numbers[name][at]:g} in row {at + 1} ({str(u.genes[at])[:40]})"
        yield _wrong(u.path(name), rule, "numbers are valid", some, REMEDY[rule])


def _matrix(u: Upload) -> tuple[Floats, list[Issue]]:
    """Counts as one array (empty where rows differ in length), and what is wrong with them."""
    assert u.counts is not None
    issues, width = [], len(u.samples)
    if beside := sorted(u.columns):
        issues.append(
            _wrong(
                "counts", "BASIS", "counts are given without other columns", beside, "leave them out: counts give them"
            )
        )
    if u.reference:
        fix = "leave reference out: the noise of counts comes from their own samples"
        issues.append(
            _wrong("reference", "BASIS", "a reference supplies the noise of a table, not of counts", u.reference, fix)
        )
    if len(u.counts) != len(u.genes):
        fix = "give one row of counts a gene"
        issues.append(_wrong("counts", "LENGTH", f"counts has one row per gene ({len(u.genes)})", len(u.counts), fix))
    odd = [at for at, row in enumerate(u.counts) if len(row) != width]
    if odd:
        found = f"{len(odd)} rows differ, first row {odd[0] + 1} with {len(u.counts[odd[0]])}"
        fix = "give one count per sample in every row"
        return np.zeros((0, width)), [*issues, _wrong("counts", "LENGTH", f"every row has {width} counts", found, fix)]
    values = np.array(u.counts, dtype=float).reshape(len(u.counts), width)
    if np.isinf(values).any():
        fix = "a count is a number; write 0 where nothing was seen, or leave the gene out"
        issues.append(_wrong("counts", "not-finite", "counts are finite", int(np.isinf(values).sum()), fix))
    for f in scale_faults(values, _texts(u.genes), u.scale) if len(values) == len(u.genes) else []:
        issues.append(_wrong("counts", f.code, f.rule, f.found, f.fix))
    return values, issues


def _design(u: Upload) -> Iterator[Issue]:
    names, donors = [s.name for s in u.samples], {s.replicate: s for s in u.samples}
    if not 0 < len(names) <= MOST_SAMPLES:
        yield _wrong("samples", "LENGTH", f"there are 1 to {MOST_SAMPLES} samples", len(names), "sum runs of one donor")
        return
    if twice := sorted({n for n in names if names.count(n) > 1}):
        yield _wrong("samples", "DUPLICATE", "sample names are unique", twice[:5], "name each once")
    if nobody := sorted({s.replicate for s in u.samples if not is_name(s.replicate)}):
        fix = "leave these samples out, or name their donors"
        yield _wrong("samples.donor", "NO_DONOR", "every sample belongs to a donor", nobody[:5], fix)
    if bad := sorted({s.arm for s in u.samples if s.arm not in ARMS}):
        yield _wrong("samples.arm", "ARGUMENT", "an arm is case, control or other", bad[:5], f"use {', '.join(ARMS)}")
        return
    if len({len(s.strata) for s in u.samples}) > 1:
        fix = "give every sample the same number of strata, or none"
        yield _wrong(
            "samples.strata", "LENGTH", "samples have the same strata", sorted({len(s.strata) for s in u.samples}), fix
        )
        return
    if split := [
        s.replicate for s in u.samples if (donors[s.replicate].arm, donors[s.replicate].strata) != (s.arm, s.strata)
    ]:
        fix = "runs of one donor are summed; give them one arm and the same strata"
        yield _wrong("samples.donor", "ARMS_OVERLAP", "a donor belongs to one arm", split[:5], fix)
        return
    used = [s for s in donors.values() if s.arm != "other"]
    case = np.array([s.arm == "case" for s in used], dtype=float)
    found = design_faults(case)
    for f in found:
        yield _wrong(f"samples.{f.arm or 'arm'}", f.code, f.rule, f.found, f.fix)
    within = ["\x1f".join(s.strata) for s in used]
    if not found and all(len({case[i] for i, w in enumerate(within) if w == one}) == 1 for one in set(within)):
        fix = "change strata or arms: arms cannot be compared within the factor that separates them"
        yield _wrong("samples.strata", "CONFOUNDED", "both arms occur within a stratum", "one arm in each", fix)
    elif not found and len(used) - len({(w, c) for w, c in zip(within, case, strict=True)}) < 1:
        fix = "use fewer strata, or add animals or donors"
        yield _wrong(
            "samples.strata", "NO_REPLICATES", "strata leave replicates", f"{len(used)} donors, one a cell", fix
        )


def _floats(column: Column) -> Floats:
    return np.array(column, dtype=float)


def _texts(genes: Sequence[str]) -> NDArray[np.str_]:
    return np.char.strip(np.array([str(gene)[:100] for gene in genes], dtype=str)) if len(genes) else np.zeros(0, str)


def _digest(upload: Upload, arrays: list[Any]) -> str:
    skipped = (*_NUMBERS, "counts", "genes", "label", "file", "names")
    told = [(f.name, getattr(upload, f.name)) for f in fields(upload) if f.name not in skipped]
    made = hashlib.sha256(repr((told, list(upload.columns), list(map(str, upload.genes)))).encode())
    for array in arrays:
        made.update(np.ascontiguousarray(array, dtype=float).tobytes())
    return made.hexdigest()[:12]
