"""Which other contrasts may speak in a match: human states of other diseases, and models of other diseases.

All that could be asked is listed, with the reason where it cannot be. What each says is ``kg.match.specificity``'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kg.curie import HUMAN
from kg.match.pair import State
from kg.match.space import Space
from kg.names.species import SPECIES
from kg.records.match import UPLOADED
from kg.sides.catalog import Catalog, ContrastInfo, StateInfo
from kg.sides.human import StateSide, lacks_noise, no_other, state_side
from kg.sides.workspace import Workspace

BRAIN = "UBERON:0000955"


@dataclass(frozen=True)
class OtherSide:
    """``id``: of the state, or of the model's contrast; ``disease``: how it is called in a sentence; ``state``: None
    where ``note`` says why it is not tested."""

    id: str
    label: str
    disease: str
    state: State | None
    note: str = ""


def other_states(
    ws: Workspace, contrast: ContrastInfo, side: StateSide, space: Space, without: frozenset[str] = frozenset()
) -> list[OtherSide]:
    """Human states of other diseases, or ageing, of the same material, in the order of their ids, ``without`` some."""
    return [_state(ws, contrast, side, info, space) for info in candidates(ws, side) if info.id not in without]


def candidates(ws: Workspace, side: StateSide) -> list[StateInfo]:
    """States that :func:`other_states` is about."""
    return [
        info
        for info in ws.catalog.states.values()
        if info.material == side.info.material and info.id != side.info.id and not _same(info, side.info)
    ]


def donors_of(ws: Workspace, info: ContrastInfo) -> frozenset[str]:
    """Of a contrast, without opening its vector where it is stored."""
    if info.id not in ws.catalog.contrasts:
        return frozenset(ws.signature(info.id).donors)
    return ws.tell(
        ("donors", info.id, ws.part), lambda: frozenset(ws.signatures.index[info.id + ws.part].meta["donors"])
    )


def _same(one: StateInfo, two: StateInfo) -> bool:
    return two.disease in one.within or one.disease in two.within


def _state(ws: Workspace, contrast: ContrastInfo, side: StateSide, info: StateInfo, space: Space) -> OtherSide:
    name = ", ".join(filter(None, (info.disease_label, info.stage))) if info.disease else info.label
    found = OtherSide(info.id, name, name, None)
    other = state_side(ws, info, space, contrast.id)
    if other.state is None:
        return replace(found, note=other.untestable)
    if why := no_other(side, other):
        return replace(found, note=why)
    kept, left_out = [], []
    donors = side.state.donors if side.state is not None else frozenset[str]()
    for cohort, part in zip(other.pool, other.state.cohorts, strict=True):
        why = not_independent(cohort, part.component.donors, (contrast, *side.pool), donors)
        if why:
            left_out.append(f"{cohort.label} {why}")
        else:
            kept.append(part)
    note = "; ".join(left_out)
    if not kept:
        return replace(found, note=note)
    return replace(found, state=replace(other.state, label=name, cohorts=tuple(kept)), note=note and f"without {note}")


def not_independent(
    info: ContrastInfo, donors: frozenset[str], beside: Sequence[ContrastInfo], of_human_side: frozenset[str]
) -> str:
    """Why a contrast is not independent of those of a match; empty where it is."""
    for other in beside:
        if info.id == other.id:
            return "is a side of the match"
        for one, two in ((info, other), (other, info)):
            if arms := sorted({arm for key, _, arm in one.shares if key == two.id}):
                return f"shares {' / '.join(filter(None, arms)) or 'samples'} with {other.label}"
    if shared := donors & of_human_side:
        return f"shares {len(shared)} samples with the human side"
    return ""


def is_model(contrast: ContrastInfo) -> bool:
    """A contrast that other sick models may be held beside: of a model, or an animal's that came with a question."""
    return contrast.taxon != HUMAN and (contrast.model is not None or contrast.id.startswith(UPLOADED))


def other_models(ws: Workspace, contrast: ContrastInfo, side: StateSide, space: Space) -> list[OtherSide]:
    """Contrasts of models of other diseases, of the same species and a comparable material, in the order of their
    ids."""
    return list(_models(ws, contrast, side, space)) if is_model(contrast) else []


def _models(ws: Workspace, contrast: ContrastInfo, side: StateSide, space: Space) -> Iterator[OtherSide]:
    catalog = ws.catalog
    own = list(catalog.model_diseases.get(contrast.model.id, ())) if contrast.model else []
    mine = {d.id for d in own} | {side.info.disease}
    above = frozenset().union(*(d.within for d in own), side.info.within)
    for info in sorted(catalog.contrasts.values(), key=lambda c: c.id):
        if info.model is None or info.taxon != contrast.taxon or info.id == contrast.id:
            continue
        theirs = catalog.model_diseases.get(info.model.id, ())
        if not theirs or any(d.id in above or mine & d.within for d in theirs):
            continue
        comparable, flag = _comparable(catalog, contrast, info)
        if not comparable:
            continue
        found = OtherSide(info.id, info.label, " and ".join(d.label for d in theirs), None)
        if why := lacks_noise(ws, info):
            yield replace(found, note=why)
            continue
        part = ws.projected(info, space, None if info.noise == "donors" else ws.references_for(info)[0])
        mouse = ws.signature(contrast.id).donors if ws.has(contrast.id) else ()
        if why := not_independent(info, frozenset(), (contrast, *side.pool), frozenset()):
            yield replace(found, note=f"it {why}")
        elif shared := part.component.donors & set(mouse):
            yield replace(found, note=f"it shares {len(shared)} samples with the model")
        elif info.simulated and not contrast.simulated:
            yield replace(found, note="it is simulated")
        else:
            # A gene that this model engineers says nothing of its disease.
            part = replace(part, measured=part.measured & ws.allowed(space, info.engineered))
            yield replace(found, state=State(info.id, info.label, (part,)), note=flag)


def _comparable(catalog: Catalog, one: ContrastInfo, two: ContrastInfo) -> tuple[bool, str]:
    """Whether two materials may be held beside each other, and what must be said of it: a whole organ beside a part of
    it."""
    if one.material == two.material:
        return True, ""
    if not (one.region and two.region and one.material.startswith("bulk ") and two.material.startswith("bulk ")):
        return False, ""
    for part, whole in ((one, two), (two, one)):
        assert part.region is not None
        assert whole.region is not None
        if whole.region.id in catalog.tissue_above.get(part.region.id, frozenset()):
            return True, f"material: {whole.region.label} beside {part.region.label}, a part of it"
    return False, ""


def sick_part(catalog: Catalog, contrast: ContrastInfo) -> str:
    """What of the animal a contrast is of, in a sentence: "mouse brain", or the species and its material."""
    species = SPECIES[contrast.taxon].name if contrast.taxon in SPECIES else "animal"
    where = contrast.region
    if where is not None and (where.id == BRAIN or BRAIN in catalog.tissue_above.get(where.id, frozenset())):
        return f"{species} brain"
    return f"{species} {contrast.material.removeprefix('bulk ')}".strip()
