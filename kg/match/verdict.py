"""The verdict: five statuses, decided in one order from what was measured. Pure; every rule has its test."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from kg.curie import MOUSE
from kg.match.compared import LEVELS
from kg.match.power import ENOUGH, TRUE_SCORE
from kg.match.specificity import ALPHA, Role
from kg.names.species import name_of, plural_of

MAX_REFERENCE_ERROR = 0.10


class Status(StrEnum):
    """The five verdicts, the most telling first; ``doc``: what each says, in one line."""

    doc: str

    def __new__(cls, value: str, doc: str) -> Self:
        made = str.__new__(cls, value)
        made._value_, made.doc = value, doc
        return made

    SUPPORTED = (
        "SUPPORTED",
        "Significant, and something is left given each state that takes part, or none does: see specificity.",
    )
    NONSPECIFIC = "NONSPECIFIC", "Significant, but another state takes part in the match and leaves nothing."
    NOT_SUPPORTED = "NOT_SUPPORTED", "q above .05."
    DISCORDANT = "DISCORDANT", "Significant, with the opposite sign."
    UNTESTABLE = "UNTESTABLE", "No p can be computed; the reason says why."


@dataclass(frozen=True)
class Other:
    """Another state in the match, in one word (``Role``) and how it is said: ``explained``: what is left is below half
    of the match as far as can be seen; ``opposite``: it moves against both sides along the same axis."""

    state: str
    role: Role
    explained: bool = False
    opposite: bool = False


@dataclass(frozen=True)
class Testability:
    """Why a pair may not be tested. Empty strings and tuples where there is no objection.

    ``no_noise``: a side without a noise factor, with its reason and remedy; ``cut``: a side whose table was cut to some
    genes; ``shared``: samples in both sides; ``named``: contrasts of the other side that
    are known to be of the same samples, with what they share; ``tissue``: a reference of another tissue;
    ``reference_error``: measured type-I error of the references used, None when unmeasured.
    """

    level: str
    n_features: int
    no_noise: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    tissue: tuple[str, ...] = ()
    reference_error: float | None = None

    def objections(self) -> list[str]:
        found: list[str] = []
        if self.n_features < (least := LEVELS[self.level].least):
            found.append(f"{self.n_features} shared {self.level} features are too few; at least {least} are needed")
        found += self.no_noise
        if self.shared:
            some = ", ".join(self.shared[:3])
            found.append(
                f"the two sides share {len(self.shared)} samples ({some}{' …' if len(self.shared) > 3 else ''})"
            )
        elif self.named:
            found.append(f"the two sides share samples: {'; '.join(self.named[:3])}")
        found += self.cut
        found += self.tissue
        if self.reference_error is not None and self.reference_error > MAX_REFERENCE_ERROR:
            found.append(
                f"the reference is uncalibrated: it calls {self.reference_error:.0%} at .05 where nothing can match"
            )
        return found


@dataclass(frozen=True)
class Verdict:
    """``specificity``: tested or untested."""

    status: Status
    reason: str
    specificity: str


def specificity_of(others: Sequence[Other]) -> str:
    """``tested`` where some other state takes part or is unlike; ``untested`` where none is available, or all are too
    weak."""
    return "tested" if any(other.role.tells for other in others) else "untested"


def decide(testability: Testability, *, score: float, q: float | None, given: Sequence[Other] = ()) -> Verdict:
    """Status, reason and whether specificity was tested.

    Order: UNTESTABLE; NOT_SUPPORTED (q above .05); DISCORDANT (significant, opposite sign); NONSPECIFIC (some other
    state takes part and leaves nothing); SUPPORTED. ``q`` is None only for an untestable pair. States that do not take
    part change neither status nor reason.
    """
    specificity = specificity_of(given)
    objections = testability.objections()
    if objections:
        return Verdict(Status.UNTESTABLE, "; ".join(objections), specificity)
    if q is None:
        raise ValueError("a testable pair has a q")
    if q > ALPHA:
        return Verdict(Status.NOT_SUPPORTED, f"no agreement beyond what noise gives (q {q:.2g})", specificity)
    if score < 0:
        return Verdict(Status.DISCORDANT, f"changes go the opposite way (r {score:.2f}, q {q:.2g})", specificity)
    gone = not_told_apart(given)
    if gone:
        return Verdict(Status.NONSPECIFIC, gone, specificity)
    kept = sorted(other.state for other in given if other.role is Role.LEFT)
    also = f", and something is left given {_and(kept)}" if kept else ""
    return Verdict(Status.SUPPORTED, f"agrees (q {q:.2g}){also}", specificity)


def not_told_apart(given: Sequence[Other]) -> str:
    """What is said of the states that leave nothing; empty where there are none."""
    gone = sorted((other for other in given if other.role is Role.NOT_TOLD_APART), key=lambda other: other.state)
    explained = [other.state for other in gone if other.explained]
    unclear = [other.state for other in gone if not other.explained]
    told = [f"explained by {_and(explained)} as far as can be seen"] if explained else []
    told += [f"cannot be told apart from {_and(unclear)}"] if unclear else []
    told += [f"{other.state} moves the other way along the same axis" for other in gone if other.opposite]
    return "; ".join(told)


def status_line(
    status: str,
    specificity: str,
    others: Sequence[Other],
    models: Sequence[Other] | None = None,
    where: str = "mouse",
    taxon: str = MOUSE,
    power: float | None = None,
) -> str:
    """The status as it is shown: with what specificity rests on, and what models of other diseases tell of the model.

    ``models``: None where the first side is no model of a disease; ``where``: what is sick, such as "mouse brain", of
    the species ``taxon``. ``power``: of a test that found nothing (``kg.match.power.power_of_test``), so that "no" and
    "not tested" are two answers.
    """
    told = [status]
    if status == str(Status.SUPPORTED):
        weak = sum(other.role is Role.TOO_WEAK for other in others)
        why = f"all of {weak} other states too weak to tell" if weak else "no other state available"
        told.append("specificity tested" if specificity == "tested" else f"specificity untested: {why}")
    if status in (Status.SUPPORTED, Status.NONSPECIFIC):
        told += [] if models is None else _model_words(models, where, taxon)
    if status == str(Status.NOT_SUPPORTED):
        told.append(_no(power))
    if status == str(Status.UNTESTABLE):
        told.append("not tested")
    return "; ".join(told)


def _no(power: float | None) -> str:
    if power is None:
        return "tested, but a side has no effect above its noise, so what it could have found is not known"
    found = f"a true r of {TRUE_SCORE} would have been found in {power:.0%} of cases"
    return f"tested: {found}" if power >= ENOUGH else f"tested, but too weak for a no: {found}"


def _model_words(models: Sequence[Other], where: str, taxon: str) -> list[str]:
    of = {role: sorted({other.state for other in models if other.role is role}) for role in Role}
    if alike := of[Role.NOT_TOLD_APART]:
        return [f"moves like any sick {where} as far as {_and(alike)} tells"]
    told = [f"something is left given {_and(of[Role.LEFT])} in {plural_of(taxon)}"] if of[Role.LEFT] else []
    told += [f"unlike {_and(of[Role.UNLIKE])} in {plural_of(taxon)}"] if of[Role.UNLIKE] else []
    none = f"no other {name_of(taxon)} disease available"
    weak = f"{_and(of[Role.TOO_WEAK])} too weak to tell" if of[Role.TOO_WEAK] else none
    return told or [f"model specificity untested: {weak}"]


def _and(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
