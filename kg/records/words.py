"""Numbers and names of an answer in words, for every reader: terminal, report."""

from kg.names.species import name_of
from kg.schema.match import GivenState, MatchRecord


def number(value: float | None, digits: int = 2) -> str:
    """Short: .05 as 0.05, 2.3e-05 as 2.3e-05, none as a dash."""
    if value is None:
        return "-"
    return f"{value:.{digits}g}" if value and abs(value) < 0.01 else f"{value:.{digits}f}"


def chance(value: float | None, digits: int = 2) -> str:
    """A p or q; one that floating point cannot hold is not 0."""
    if value is not None and value < 1e-300:
        return "< 1e-300"
    return number(value, digits)


def sides(r: MatchRecord) -> tuple[str, str]:
    """What the two sides are called: their species, or first and second where these are the same."""
    one, two = (name_of(taxon) for taxon in (r.mouse_taxon, r.human_taxon))
    return (one, two) if one != two else (f"first side ({one})", f"second side ({two})")


def size(n_case: int, n_control: int) -> str:
    """Replicates of both arms; a table may not say how many it has."""
    return f"{n_case} v {n_control}" if n_case and n_control else "n not stated"


def role(g: GivenState, *, short: bool = False) -> str:
    """What another state does in a match, in words; ``short``: for a column."""
    told = [g.role]
    if g.role == "not told apart" and g.explained:
        told.append("explained" if short else "explained by it as far as can be seen")
    elif g.role == "not told apart" and not short:
        told.append("cannot be told apart")
    if g.opposite and g.role in ("left", "not told apart"):
        told.append("opposite" if short else "moves the other way along the same axis")
    return ": ".join(told[:2]) + "".join(f"; {each}" for each in told[2:])
