"""What follows from what was loaded: cards of the references, pools of cohorts, and the matches of every model.

Everything here is computed from the graph and the signature store, belongs to the source ``derived``, and is written
under a run named by its inputs: the same data and methods give the same run and change nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kg.atlas.commit import relink as relink_atlases
from kg.curate.curation import relink as relink_curations
from kg.curie import HUMAN
from kg.match.axes import parallel_analysis
from kg.match.calibrate import Calibration, Probe, calibrate, worst
from kg.match.compared import offered
from kg.match.contrast import indicators
from kg.match.joint import Side
from kg.match.verdict import MAX_REFERENCE_ERROR
from kg.schema.match import MatchRecord
from kg.sides.basis import cards_of, code_version, run_of
from kg.sides.catalog import Catalog, ContrastInfo
from kg.sides.human import StateSide, lacks_noise, state_side
from kg.sides.workspace import Workspace
from kg.signatures.store import Reference, SignatureStore
from kg.store.driver import Store
from kg.store.write import cleanup, write_edges, write_nodes, wrote_before
from kg.stored.write import write_matches
from kg.verdict.diseases import other_families
from kg.verdict.family import family
from kg.verdict.record import METHOD, asked_as
from kg.verdict.screen import can_keep, prepare
from kg.verdict.shared_samples import link_alike

SOURCE = "derived"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Derived:
    run: str
    matches: int
    changed: bool


def _relink(store: Store) -> None:
    """What people said and made, and an ingest may have taken an end of."""
    relink_curations(store)
    relink_atlases(store)


def derive(
    store: Store,
    signatures: SignatureStore,
    *,
    levels: Sequence[str] = offered(),
    progress: Progress = lambda _: None,
) -> Derived:
    """Cards, pools and matches. Returns at once when the same run has been written already."""
    link_alike(store, signatures)
    catalog = Catalog.read(store)
    run = run_of(catalog, signatures.version, levels)
    done = store.read("MATCH (s:Source {id: 'derived'}) RETURN s.run AS run, s.accepted AS n, s.version AS version")
    if done and done[0]["run"] == run:
        if done[0]["version"] != _version(catalog):  # a reference was loaded again as it was, and has lost its card
            cards(store, Workspace(catalog, signatures), progress)
        _relink(store)
        return Derived(run, done[0]["n"], False)
    write_nodes(
        store, "Run", [{"id": run, "label": "cards, pools and matches", "method": METHOD}], source=SOURCE, run=run
    )
    ws = Workspace(catalog, signatures)
    cards(store, ws, progress)
    ws = Workspace(Catalog.read(store), signatures)
    _pools(store, ws, run)
    total = 0
    for contrast in models(ws):
        for level in levels:
            if not ws.at(level).has(contrast.id):
                continue
            progress(f"{contrast.label}: {level} level")
            families = list(_families(ws, contrast, diseases_of(ws.catalog, contrast), level))
            others = other_families(record for records in families for record in records)
            for records in families:
                records = [replace(r, other_families=tuple(o.text() for o in others[r.id])) for r in records]
                write_matches(store, records, source=SOURCE, run=run)
                total += len(records)
    if can_keep(ws) and prepare(ws):
        progress("blocks of all sides, for uploads")
    if done or wrote_before(store, source=SOURCE, run=run):
        cleanup(store, source=SOURCE, run=run)
    _relink(store)
    facts = {
        "id": SOURCE,
        "label": "computed here",
        "version": _version(ws.catalog),
        "status": "loaded",
        "read_rows": total,
        "accepted": total,
        "quarantined": 0,
    }
    write_nodes(store, "Source", [facts], source=SOURCE, run=run)
    return Derived(run, total, True)


def _version(catalog: Catalog) -> str:
    """Method, code and the cards that the matches were made with."""
    return f"{METHOD}; code {code_version()}; cards {cards_of(catalog)}"


def models(ws: Workspace) -> list[ContrastInfo]:
    """Contrasts of animal models, in a fixed order."""
    return sorted((c for c in ws.catalog.contrasts.values() if c.model), key=lambda c: c.id)


def diseases_of(catalog: Catalog, contrast: ContrastInfo) -> list[str]:
    """Diseases that a model is asked about: what it models, and each disease below that has a human state. A model of
    tauopathy is asked about Alzheimer's."""
    modelled = {disease for disease in contrast.modelled if catalog.states_under(disease)}
    return sorted(modelled | {state.disease for d in modelled for state in catalog.states_under(d)})


def _families(
    ws: Workspace, contrast: ContrastInfo, diseases: Sequence[str], level: str
) -> Iterator[list[MatchRecord]]:
    """A family for each disease; those that hold the same states are computed once."""
    known: dict[frozenset[str], list[MatchRecord]] = {}
    for disease in diseases:
        states = frozenset(state.id for state in ws.catalog.states_under(disease))
        if states not in known:
            known[states] = family(ws, contrast, disease=disease, level=level)
        yield [asked_as(record, contrast, disease) for record in known[states]]


def cards(store: Store, ws: Workspace, progress: Progress) -> None:
    """Number of noise axes, and the type-I error of each healthy reference: the worst of those against each probe."""
    kinds = {(r.taxon, r.simulated) for r in ws.catalog.references.values()}
    asked = {kind: probes(ws, *kind) for kind in kinds}
    for info in ws.catalog.references.values():
        progress(f"card of {info.label}")
        reference = ws.signatures.get_reference(info.id)
        if info.role == "axes":
            count = parallel_analysis(reference.expression, indicators(reference.groups))
            store.write("MATCH (r:NoiseReference {id: $id}) SET r.n_axes = $n", id=info.id, n=count)
            continue
        lent = any(info in ws.references_for(c) for c in ws.catalog.contrasts.values() if c.noise == "reference")
        found = _card(ws, reference, asked[info.taxon, info.simulated]) if lent else None
        error = None if found is None else found.error
        status = "unmeasured" if error is None else "uncalibrated" if error > MAX_REFERENCE_ERROR else "calibrated"
        store.write(
            "MATCH (r:NoiseReference {id: $id}) SET r.type_i_error = $error, r.measured_how = $how, r.status = $status",
            id=info.id,
            error=-1.0 if error is None else error,
            how=found.how if found else "unmeasured",
            status=status,
        )


def _card(ws: Workspace, reference: Reference, contrasts: Sequence[ContrastInfo]) -> Calibration | None:
    """None where the reference shares no gene with any of the contrasts."""
    models = {info.taxon if reference.taxon == HUMAN else reference.taxon for info in contrasts}
    found = [each for model in sorted(models) for each in _calibrations(ws, reference, contrasts, model)]
    return worst(found) if found else None


def _calibrations(
    ws: Workspace, reference: Reference, contrasts: Sequence[ContrastInfo], model: str
) -> list[Calibration]:
    """Against the probes that meet the reference over the orthologs of one model species."""
    space = ws.space("one2one", model)
    expression, measured = space.project(reference.taxon, reference.genes, np.asarray(reference.expression))
    there = np.flatnonzero(measured)
    made: list[Probe] = []
    contrasts = [info for info in contrasts if info.taxon in (HUMAN, model)]
    for info in contrasts:
        part = ws.projected(info, space)
        shared = np.flatnonzero((part.measured & ws.allowed(space, info.engineered))[there])
        rows = there[shared]
        if len(rows):
            side = Side(part.component.vector[rows], part.component.factor[:, rows], part.component.df)
            made.append(Probe(info.label, side, shared))
    return calibrate(expression[:, there], np.asarray(reference.groups), made) if made else []


def probes(ws: Workspace, taxon: str, simulated: bool) -> list[ContrastInfo]:
    """The contrasts of the other side (human, or any model species), with donors of their own, that ask to be probes;
    where none does, the one that rises highest above its noise. Measured ones for what is measured, simulated ones for
    what is simulated."""
    able = [
        info
        for info in ws.catalog.contrasts.values()
        if (info.taxon == HUMAN) != (taxon == HUMAN)
        and info.null == "donors"
        and not lacks_noise(ws, info)
        and info.simulated == simulated
    ]
    if asking := [info for info in able if info.probe]:
        return asking
    heights = {info.id: _height(ws, info) for info in able}
    return sorted(able, key=lambda info: (-heights[info.id], info.id))[:1]


def _height(ws: Workspace, info: ContrastInfo) -> float:
    signature = ws.signatures.get(info.id)
    assert signature.factor is not None
    return float((signature.vector**2).sum() / (np.asarray(signature.factor) ** 2).sum())


def _pools(store: Store, ws: Workspace, run: str) -> None:
    """A pooled Contrast for every state, its cohorts, and the reference that lends each table its noise."""
    space = ws.space("one2one")
    sides = [state_side(ws, info, space) for info in ws.catalog.states.values()]
    write_nodes(store, "Contrast", [_pooled_row(side) for side in sides], source=SOURCE, run=run)
    pools = [{"subject": side.id, "object": cohort.id} for side in sides for cohort in side.pool]
    write_edges(store, "POOLS", "Contrast", "Contrast", pools, source=SOURCE, run=run)
    states = [{"subject": side.id, "object": side.info.id} for side in sides]
    write_edges(store, "POOL_OF", "Contrast", "DiseaseState", states, source=SOURCE, run=run)
    lent = [
        {"subject": c.id, "object": ws.references_for(c)[0].id}
        for c in ws.catalog.contrasts.values()
        if c.noise == "reference" and not lacks_noise(ws, c)
    ]
    write_edges(store, "NOISE_FROM", "Contrast", "NoiseReference", lent, source=SOURCE, run=run)


def _pooled_row(side: StateSide) -> dict[str, Any]:
    def total(values: Iterable[int]) -> int:
        return sum(values)

    kinds = sorted({c.null for c in side.pool}) or ["none"]
    levels = "+".join(sorted({c.level for c in side.pool})) or "unknown"
    return {
        "id": side.id,
        "label": side.info.label,
        "in_taxon": HUMAN,
        "kind": "pool",
        "level": levels,
        "noise": "+".join(kinds),
        "noise_reason": "" if side.pool else side.untestable,
        "material": side.info.material,
        "n_case": total(c.n_case for c in side.pool),
        "n_control": total(c.n_control for c in side.pool),
    }
