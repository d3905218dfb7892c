"""One pair asked under several diseases: each family is another set of tests, and so has a q of its own."""

from collections.abc import Iterable
from dataclasses import dataclass

from kg.schema.match import MatchRecord
from kg.sides.catalog import Catalog, ContrastInfo


@dataclass(frozen=True)
class OtherFamily:
    """The same pair in another family: the disease asked for, how many states are tested there, and q (None where the
    pair is not tested)."""

    disease: str
    family_size: int
    q: float | None

    def text(self) -> str:
        """Beside q, for people."""
        told = "not tested" if self.q is None else f"q {self.q:.2g}"
        return f"{told} when asked under {self.disease or 'no disease'} (family of {self.family_size})"


def other_families(records: Iterable[MatchRecord]) -> dict[str, tuple[OtherFamily, ...]]:
    """Match id -> the same pair in the other families among these records, by disease. Families of the same size with
    the same q hold the same tests and are not distinguished."""
    pairs: dict[tuple[str, str, str, str], list[MatchRecord]] = {}
    for record in records:
        pairs.setdefault((record.mouse, record.human, record.level, record.policy), []).append(record)
    return {
        one.id: tuple(
            OtherFamily(two.disease, two.family_size, two.q)
            for two in sorted(same, key=lambda r: r.disease)
            if (two.family_size, two.q) != (one.family_size, one.q)
        )
        for same in pairs.values()
        for one in same
    }


def asked_under(catalog: Catalog, contrast: ContrastInfo, state: str) -> dict[str, int]:
    """Diseases under which a model is asked about a state, with the number of human states of each: what the family may
    hold."""
    diseases = {d for d in contrast.modelled if catalog.states_under(d)}
    diseases |= {s.disease for d in diseases for s in catalog.states_under(d)}
    found = {d: [s.id for s in catalog.states_under(d)] for d in sorted(diseases)}
    return {disease: len(states) for disease, states in found.items() if state in states}
