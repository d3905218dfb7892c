"""From what a lab brings to a contrast that may visit a workspace: its genes named, its noise chosen.

The arithmetic is that of an ingest (``kg.match.tables.vector``, ``kg.match.counts``, ``kg.names.genes``); nothing is
written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.ask.upload import Checked, Upload
from kg.ask.upload_material import Material
from kg.errors import ContractError, Issue, MethodError, UnknownTermError
from kg.match.compared import LEVELS, MAIN
from kg.match.contrast import contrast
from kg.match.counts import alike_doubts, alike_faults, donor_expression, doubts
from kg.match.direction import ALZHEIMERS, sign_doubt
from kg.match.levels import flags_of
from kg.match.likeness import by_likeness, correlation, is_alike
from kg.match.tables.doubts import p_doubt
from kg.match.tables.vector import LOOKS_CUT, REMEDY, Faults, looks_cut, table_contrast
from kg.names.genes import Fixes, name_genes
from kg.names.genes import Named as NamedGenes
from kg.records.match import UPLOADED, Gap
from kg.sides.catalog import ContrastInfo, ReferenceInfo
from kg.sides.workspace import Guest, Workspace
from kg.signatures.store import Signature
from kg.verdict.screen import FEW, can_keep, nearly_alike

_FIXES = Fixes(
    "correct taxon, or give the genes of this species",
    "give Ensembl ids or symbols as their species writes them (MAPT, Mapt), or correct taxon",
)
_LARGEST, _STILL = 1e6, 1e-9


@dataclass(frozen=True)
class Brought:
    """``gaps``: genes that were left out and why."""

    guest: Guest
    gaps: tuple[Gap, ...]


def bring(
    ws: Workspace, checked: Checked, material: Material, reference: ReferenceInfo | None, disease: str | None = None
) -> Brought:
    """The contrast of an upload; ``disease``: under which its matches are asked for. Raises ContractError for what its
    genes and samples turn out to be."""
    u = checked.upload
    key = UPLOADED + checked.digest
    made = _from_table(ws, checked, key) if checked.counts is None else _from_counts(ws, checked, key)
    signature, noise_reason, cut, flags, gaps = made
    if len(signature.genes) < LEVELS[MAIN].least and not cut:
        fix = "give the table of all tested genes; see `missing` of a larger table for why genes are not known"
        found = f"{len(signature.genes)} of {len(checked.genes)}"
        raise _refused(
            "genes", "TOO_FEW_GENES", f"at least {LEVELS[MAIN].least} genes are known and measured", found, fix
        )
    asked = (
        {ALZHEIMERS}
        if disease is None
        else {a for s in ws.catalog.states.values() if s.disease == disease for a in s.within}
    )
    if doubt := sign_doubt(signature.genes, signature.vector, signature.p, asked, material.within):
        flags.append(f"{doubt}, if these are samples of the disease or of a model of it")
    noise = {"donors": "donors", "table": "reference", "none": "none"}[signature.noise]
    if noise == "reference" and (why := _unlent(ws, u, material, reference)):
        noise, noise_reason = "none", why
    case, control = (len({s.replicate for s in u.samples if s.arm == arm}) for arm in ("case", "control"))
    info = ContrastInfo(
        id=key,
        label=u.label.strip(),
        taxon=u.taxon,
        kind="uploaded",
        level=u.unit,
        noise=noise,
        noise_reason=noise_reason,
        material=material.label,
        cut=cut,
        universe=0 if cut else len(signature.genes),
        n_case=case,
        n_control=control,
        df=signature.df,
        age="",
        sex="",
        strain="",
        case_arm="",
        control_arm="",
        flags=(*flags, *material.flags),
        pooled=True,
        dataset="",
        dataset_title="",
        licence="",
        doi="",
        counts=_counts(u),
        simulated=False,
        model=None,
        engineered=tuple(sorted(set(u.engineered))),
        state=None,
        condition=None,
        drug=u.drug.strip(),
        region=material.tissue,
        cell_type=material.cell_type,
        shares=_likeness(ws, signature),
    )
    return Brought(Guest(info, signature, reference), gaps)


def _refused(path: str, code: str, rule: str, found: object, fix: str) -> ContractError:
    return ContractError([Issue(path, f"{code}: {rule}", str(found), fix)], code=code)


def _counts(u: Upload) -> str:
    return "none" if u.counts is None else {"counts": "raw", "corrected": "corrected", "log2": "log2"}[u.scale]


_Made = tuple[Signature, str, str, list[str], tuple[Gap, ...]]


def _from_table(ws: Workspace, checked: Checked, key: str) -> _Made:
    u, found = checked.upload, checked.examined
    assert found is not None
    numbers, tokens = found.numbers, checked.genes[found.kept]
    if not len(tokens):
        raise _refused("genes", "NO_ROWS", "a row has the values that its table is based on", "no row", "give values")
    cut = u.cut or (LOOKS_CUT if looks_cut(numbers) else "")
    ids = name_genes(tokens, u.taxon, ws.gene_names(u.taxon), "genes", _FIXES)
    made = table_contrast(
        numbers, ids.ids, agreed=found.agreed, names=u.names, duplicates=u.duplicates, unit=u.unit, cut=cut
    )
    _sized("signature", made.vector)
    signature = Signature(key, u.taxon, made.genes, made.vector, made.effect, made.p, made.noise)
    gaps = [*_left_out(ids, tokens), *_at_fault(checked, found.faults)]
    fix = "set duplicates to smallest_p, highest_mean or mean"
    gaps += _rows("with several rows", "it is not clear which row of a gene to use", tokens[made.refused], fix)
    flags = [*([f"cut: {cut}"] if cut else []), *flags_of(u.unit), *made.flags, *ids.reread]
    flags += [doubt] if (doubt := p_doubt(made.p, None, None, u.unit, u.cut)) else []
    return signature, made.reason, cut, flags, tuple(gaps)


def _from_counts(ws: Workspace, checked: Checked, key: str) -> _Made:
    u, counts = checked.upload, checked.counts
    assert counts is not None
    finite = np.isfinite(counts).all(axis=1)
    tokens = checked.genes[finite]
    if not len(tokens):
        raise _refused(
            "counts", "NO_ROWS", "a gene has a count in every sample", "no row", "write 0 where nothing was seen"
        )
    ids = name_genes(tokens, u.taxon, ws.gene_names(u.taxon), "genes", _FIXES)
    taken = ids.rules == ""
    samples = np.array([s.name for s in u.samples])
    donors = [s.replicate for s in u.samples] if any(s.replicate != s.name for s in u.samples) else None
    made = donor_expression(counts[finite][taken], ids.ids[taken], samples, donors, u.scale, min_count=u.min_count)
    sheet = [u.samples[at] for at in made.first]
    used = np.array([s.arm != "other" for s in sheet])
    case = np.array([float(s.arm == "case") for s in sheet])[used]
    strata = list(zip(*(s.strata for s, there in zip(sheet, used, strict=True) if there), strict=True))
    if not len(made.genes):
        fix = "lower minCount for shallow libraries"
        raise _refused(
            "counts", "NOT_EXPRESSED", f"genes have {u.min_count:g} counts in half of the samples", "no gene", fix
        )
    if len(empty := made.donors[~np.isfinite(made.values).all(axis=1)]):
        fix = "leave them out: a library without counts measures nothing"
        raise _refused(
            "samples", "EMPTY_SAMPLE", "samples have counts of the genes that are expressed", empty[:5].tolist(), fix
        )
    if np.median(np.ptp(made.values[used], axis=0)) < _STILL:
        fix = "check that each sample has a separate column"
        raise _refused("samples", "NO_VARIANCE", "genes vary between samples", "more than half do not vary at all", fix)
    for fault in alike_faults(made.alike, made.donors, "give both the same donor in samples"):
        raise _refused("samples", fault.code, fault.rule, fault.found, fault.fix)
    try:
        fit = contrast(made.values[used], case, *strata)
    except MethodError as error:
        raise _refused("samples", error.code, "the design can be fitted", error, "change strata or arms") from error
    _sized("counts", fit.vector)
    names = tuple(f"{key}/{name}" for name in made.donors[used])
    signature = Signature(key, u.taxon, made.genes, fit.vector, fit.effect, fit.p, "donors", fit.factor, fit.df, names)
    gaps = [
        *_left_out(ids, tokens),
        *_rows("without a count in every sample", "a count is missing", checked.genes[~finite]),
    ]
    if silent := made.measured - len(made.genes):
        gaps.append(
            Gap(
                "withheld",
                f"{silent} genes that the samples do not express",
                f"fewer than {u.min_count:g} counts in half of them",
            )
        )
    twice = [
        Gap("withheld", f"sample {samples[a]}", f"a copy of {samples[b]}, of the same donor: it counts once")
        for a, b in made.once.items()
    ]
    return (
        signature,
        "",
        "",
        [*doubts(u.scale, u.unit), *alike_doubts(made.alike, made.donors), *ids.reread],
        (*gaps, *twice),
    )


def _at_fault(checked: Checked, found: Faults) -> list[Gap]:
    """Rows whose numbers are of no use, a gap for each rule and column, as an ingest puts them in quarantine."""
    made = _rows("without a value", "no value is given for them", checked.genes[found.rule == "missing-value"])
    made += _rows(
        "whose effect and statistic are of opposite sign",
        "it is not clear which of them is right",
        checked.genes[found.rule == "opposite-signs"],
    )
    for rule, column in sorted(
        {
            (r, c)
            for r, c in zip(found.rule, found.column, strict=True)
            if r not in ("", "missing-value", "opposite-signs")
        }
    ):
        at = (found.rule == rule) & (found.column == column)
        made += _rows(
            f"left out for their {column} ({rule})", f"{column} breaks the rule {rule}", checked.genes[at], REMEDY[rule]
        )
    return made


def _sized(path: str, vector: np.ndarray) -> None:
    """Effects beyond all measure would overflow what is computed of them."""
    if not np.isfinite(vector).all() or np.abs(vector).max(initial=0) > _LARGEST:
        fix = "check units, and standard errors near 0"
        found = f"up to {np.nanmax(np.abs(vector)):.3g}"
        raise _refused(path, "SIZE", f"effects are at most {_LARGEST:g} times their noise", found, fix)


def _left_out(ids: NamedGenes, tokens: np.ndarray) -> list[Gap]:
    """One gap a rule, most genes first; dates made by a spreadsheet are named one by one."""
    made = []
    rules, counts = np.unique(ids.rules[ids.rules != ""].astype(str), return_counts=True)
    for rule in rules[np.argsort(-counts, kind="stable")]:
        rows = tokens[ids.rules == rule]
        made += _rows(
            f"of the uploaded table ({rule})", NamedGenes.remedy(rule), rows, most=40 if rule == "excel-date" else 5
        )
    return made


def _rows(what: str, why: str, names: Sequence[str] | np.ndarray, fix: str = "", most: int = 5) -> list[Gap]:
    if not len(names):
        return []
    some = ", ".join(map(str, names[:most])) + (" …" if len(names) > most else "")
    return [Gap("missing", f"{len(names)} genes {what}: {some}", why, fix)]


def named_reference(ws: Workspace, u: Upload) -> ReferenceInfo | None:
    """Raises UnknownTermError."""
    if u.reference is None:
        return None
    known = {r.id: r for r in ws.catalog.references.values() if r.role == "reference"}
    if u.reference not in known:
        raise UnknownTermError(u.reference, "noise reference", suggestions=tuple(sorted(known)), argument="reference")
    return known[u.reference]


def _unlent(ws: Workspace, u: Upload, material: Material, reference: ReferenceInfo | None) -> str:
    """Why no reference may lend the table its noise, with what would make it testable; empty where one may."""
    if not material.label:
        return "no cell type or tissue is given, so no healthy reference can be chosen: name the one that was measured"
    if reference and (reference.taxon, reference.material) != (u.taxon, material.label):
        fits = [
            r.id
            for r in ws.catalog.references.values()
            if r.role == "reference" and (r.taxon, r.material) == (u.taxon, material.label)
        ]
        fix = f"{' or '.join(fits)} would make it testable" if fits else "counts of its donors would make it testable"
        return (
            f"{reference.label} ({reference.material}, {reference.taxon}) is a reference of another tissue or species:"
            f" {fix}"
        )
    return ""


def _likeness(ws: Workspace, signature: Signature) -> tuple[tuple[str, str, str], ...]:
    """Stored contrasts of the species that are so like it that they must be of the same samples. Of many, those that a
    matrix product says are nearly so are asked."""
    made = []
    there = [c for c in ws.catalog.contrasts.values() if c.taxon == signature.taxon and ws.has(c.id)]
    for c in there if len(there) <= FEW or not can_keep(ws) else nearly_alike(ws, signature):
        other = ws.signatures.get(c.id)
        r, n = correlation(signature.genes, signature.vector, other.genes, other.vector)
        if is_alike(r, n):
            made.append((c.id, c.label, by_likeness(r)))
    return tuple(made)
