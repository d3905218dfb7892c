"""The verdict: five statuses, decided in one order from what was measured. Pure; every rule has its test."""

from dataclasses import dataclass
from enum import StrEnum

ALPHA = 0.05
MIN_FEATURES = {"gene": 200, "regulon": 20, "module": 10, "activity": 20, "rewiring": 20}
MAX_REFERENCE_ERROR = 0.10


class Status(StrEnum):
    SUPPORTED = "SUPPORTED"
    NONSPECIFIC = "NONSPECIFIC"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    DISCORDANT = "DISCORDANT"
    UNTESTABLE = "UNTESTABLE"


@dataclass(frozen=True)
class Left:
    """What is left of the match given another state: its score and joint p."""

    state: str
    score: float
    p: float

    def left(self, direction: float) -> bool:
        return self.p <= ALPHA and self.score * direction > 0


@dataclass(frozen=True)
class Testability:
    """Why a pair may not be tested. Empty strings and tuples where there is nothing to object.

    ``no_noise``: a side without a noise factor, with its reason and remedy; ``cut``: a side whose table was cut to some
    genes; ``shared``: samples in both sides; ``named``: contrasts of the other side that
    are known to be of the same samples, with what they share; ``tissue``: a reference of another tissue; ``reference_error``: measured
    type-I error of the references used, None when unmeasured.
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
        found = []
        if self.n_features < MIN_FEATURES[self.level]:
            found.append(
                f"{self.n_features} shared {self.level} features are too few; at least {MIN_FEATURES[self.level]} are needed"
            )
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
    status: Status
    reason: str
    specificity: str


def decide(testability: Testability, *, score: float, q: float | None, given: tuple[Left, ...] = ()) -> Verdict:
    """Status, reason and whether specificity was tested.

    Order: UNTESTABLE; NOT_SUPPORTED (q above .05); DISCORDANT (significant, opposite sign); NONSPECIFIC (given some
    other state nothing is left at .05); SUPPORTED. ``q`` is None only for an untestable pair.
    """
    specificity = "tested" if given else "untested"
    objections = testability.objections()
    if objections:
        return Verdict(Status.UNTESTABLE, "; ".join(objections), specificity)
    if q is None:
        raise ValueError("a testable pair has a q")
    if q > ALPHA:
        return Verdict(Status.NOT_SUPPORTED, f"no agreement beyond what noise gives (q {q:.2g})", specificity)
    if score < 0:
        return Verdict(Status.DISCORDANT, f"changes go the opposite way (r {score:.2f}, q {q:.2g})", specificity)
    gone = [other for other in given if not other.left(score)]
    if gone:
        names = ", ".join(other.state for other in sorted(gone, key=lambda other: -other.p))
        return Verdict(Status.NONSPECIFIC, f"not told apart from {names}", specificity)
    if not given:
        return Verdict(
            Status.SUPPORTED, f"agrees (q {q:.2g}); specificity: untested, no other state at hand", specificity
        )
    return Verdict(Status.SUPPORTED, f"agrees (q {q:.2g}) and something is left given each other state", specificity)
