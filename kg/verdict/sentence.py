"""A verdict in plain words: one sentence, never stronger than its status, that names what limits it."""

from collections.abc import Iterable, Sequence

from kg.match.compared import MAIN
from kg.match.specificity import Role
from kg.match.verdict import Status
from kg.names.species import name_of, plural_of
from kg.records.match import UPLOADED
from kg.schema.match import GivenState
from kg.sides.catalog import ContrastInfo, StateInfo
from kg.sides.human import StateSide
from kg.sides.others import is_model, sick_part
from kg.sides.workspace import Workspace
from kg.verdict.score import Scored

MANY = 3
"""Other diseases of one kind that are named; more are counted."""
LONGEST = 260
"""Letters of a reason within a sentence."""


def sentence(ws: Workspace, contrast: ContrastInfo, s: Scored) -> str:
    """The verdict of a scored pair whose status is decided."""
    assert s.verdict is not None
    status, level = s.verdict.status, s.result.level if s.result else s.testability.level
    one, two = opened_by(contrast), named_side(s.side)
    simulated = contrast.simulated or s.side.simulated
    at = "" if level == MAIN else f" at the {level} level"
    if status is Status.UNTESTABLE:
        told = f"Nothing is claimed about {noun(contrast)} and {two}{at}: {_short(s.verdict.reason)}"
    elif status is Status.NOT_SUPPORTED:
        told = f"{one} shows no agreement with {two}{at} beyond what noise gives{_limit(contrast, s)}"
    elif status is Status.DISCORDANT:
        told = (
            f"{one} changes the opposite way to {two}{at}; whether this is specific is not judged for opposite changes"
        )
    else:
        judge = _supported if status is Status.SUPPORTED else _nonspecific
        models = s.model_given if is_model(contrast) else ()
        told = f"{one} changes like {two}{at}{judge(s.given)}{_any_sick(ws, contrast, models)}"
    return ("Simulated data: " if simulated else "") + (told if told.endswith("…") else told.rstrip(". ") + ".")


def opened_by(contrast: ContrastInfo) -> str:
    """The side in question as a sentence begins with it: "At 8 months, rTg4510 (entorhinal cortex)"."""
    if contrast.model is None or not contrast.age[:1].isdigit():
        return noun(contrast)
    return f"At {contrast.age}, {_with(contrast.model.label, _where(contrast))}"


def noun(contrast: ContrastInfo) -> str:
    """A contrast within a sentence: "rTg4510 (8 months, entorhinal cortex)"."""
    if contrast.model is None:
        return contrast.condition.label if contrast.condition and not _uploaded(contrast) else contrast.label
    return _with(contrast.model.label, [contrast.age, *_where(contrast)])


def named_side(side: StateSide) -> str:
    """The other side of a match: "human Alzheimer disease (bulk cerebral cortex)", or a contrast by itself."""
    if side.id == side.info.id and side.pool:
        return noun(side.pool[0])
    if side.id == side.info.id:
        return side.info.label
    return state_name(side.info)


def state_name(info: StateInfo) -> str:
    """A human state within a sentence."""
    if not info.disease:
        return f"human {info.label}"
    return _with(f"human {info.disease_label}", [info.stage, info.material])


def _short(reason: str) -> str:
    """Of several cohorts the first; the reason of the verdict has them all."""
    if len(reason) <= LONGEST:
        return reason
    return reason[:LONGEST].rpartition(" ")[0].rstrip(";,:") + " …"


def _uploaded(contrast: ContrastInfo) -> bool:
    return contrast.id.startswith(UPLOADED)


def _where(contrast: ContrastInfo) -> list[str]:
    place = contrast.cell_type or contrast.region
    return [place.label if place else contrast.material, contrast.sex]


def _with(name: str, facts: Sequence[str]) -> str:
    said = ", ".join(filter(None, facts))
    return f"{name} ({said})" if said else name


def _limit(contrast: ContrastInfo, s: Scored) -> str:
    """How much of a match the noise would have left to see, and on which side most of it is."""
    if s.result is None:
        return ""
    one, two = (name_of(taxon) for taxon in (contrast.taxon, s.side.taxon))
    names = (one, two) if one != two else ("first", "second")
    reliabilities = (s.result.mouse.reliability, s.result.human.reliability)
    weak = names[0] if reliabilities[0] <= reliabilities[1] else names[1]
    if not min(reliabilities) > 0:
        return f"; the {weak} side has no effect above its own noise, so that no match could have been seen"
    return (
        f"; even a perfect match would show an r of only {s.result.ceiling:.2f} here, because of noise, more of it on"
        f" the {weak} side"
    )


def _supported(given: Sequence[GivenState]) -> str:
    of = _by_role(given)
    told = ""
    if kept := of[Role.LEFT]:
        each = ", each taken by itself" if len(kept) > 1 else ""
        told += f", also beyond what it shares with {_and(kept)}{each}"
    if unlike := of[Role.UNLIKE]:
        told += f"; {_and(unlike)} {'takes' if len(unlike) == 1 else 'take'} no part in this"
    weak = of[Role.TOO_WEAK]
    if not told and not weak:
        return ", but whether this is specific to it is not known: no other disease is available to compare"
    if not told:
        return f", but whether this is specific to it is not known: {_and(weak)} {_measured(weak)}"
    return told + (f"; {_and(weak)} {_measured(weak)}" if weak else "")


def _nonspecific(given: Sequence[GivenState]) -> str:
    gone = [g for g in given if g.role == Role.NOT_TOLD_APART]
    explained = _names(g for g in gone if g.explained and not g.opposite)
    unclear = _names(g for g in gone if not g.explained and not g.opposite)
    against = _names(g for g in gone if g.opposite)
    told = [f"no more like it than like {_and(explained)}, as far as can be seen"] if explained else []
    told += [f"these data do not tell it from {_and(unclear)}"] if unclear else []
    told += [f"along an axis on which {_and(against)} moves the opposite way"] if against else []
    return ", but " + "; ".join(told)


def _any_sick(ws: Workspace, contrast: ContrastInfo, models: Sequence[GivenState]) -> str:
    """A limit that models of other diseases show; what speaks for the model is in the status line."""
    alike = _by_role(models)[Role.NOT_TOLD_APART]
    if not alike:
        return ""
    where = sick_part(ws.catalog, contrast)
    return f"; as far as {_and(alike)} in {plural_of(contrast.taxon)} tells, any sick {where} changes in this way"


def _by_role(given: Sequence[GivenState]) -> dict[Role, list[str]]:
    return {role: _names(g for g in given if g.role == role) for role in Role}


def _names(given: Iterable[GivenState]) -> list[str]:
    return sorted({g.disease for g in given})


def _measured(names: Sequence[str]) -> str:
    return f"{'is' if len(names) == 1 else 'are'} measured too poorly to tell"


def _and(names: Sequence[str]) -> str:
    if len(names) > MANY:
        names = [*names[: MANY - 1], f"{len(names) - MANY + 1} others"]
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
