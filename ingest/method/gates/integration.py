"""G4: does bringing the submission in cost biology? The measures of ``ingest.method.integration`` on the same cells,
before their batches were taken off and as the candidate places them."""

import numpy as np

from ingest.method.gates.limits import Limits
from ingest.method.gates.space import Cells, in_turn
from ingest.method.integration.measures import BIOLOGY, MIXING, Measures, measured
from kg.atlas.report import Gate, GateLine
from kg.match.card import Card

CARD = Card(
    "integration-of-a-submission",
    "1",
    "biology and scGraph of the submission's cells and of the parent's beside them, as placed against as measured",
    (
        "labels are taken as given: wrong ones lower both sides (G5 asks them)",
        "of many cells 1,500 of each side are measured, the types in turn",
    ),
    "10.1038/s41592-021-01336-8",
)
MOST, LEAST_CELLS = 1_500, 30


def integration(known: Cells, submitted: Cells, placed: Cells, limits: Limits | None = None, seed: int = 0) -> Gate:
    """``known``: of the parent, whose coordinates stay; ``submitted``, ``placed``: the same cells before and on the
    candidate; donors of the two are numbered apart from 0."""
    limits, rng = limits or Limits(), np.random.default_rng(seed)
    own = in_turn(np.flatnonzero(submitted.code >= 0), submitted.code, MOST, rng)
    present = np.unique(submitted.code[own])
    beside = in_turn(np.flatnonzero(np.isin(known.code, present) & (known.donor >= 0)), known.code, MOST, rng)
    if len(own) < LEAST_CELLS or len(present) < 2:
        reason = f"{len(own)} cells of {len(present)} types: nothing to part"
        return Gate("G4", "integration", "not applicable", (), reason)
    lines, stops = [], []
    whole = (
        np.r_[submitted.code[own], known.code[beside]],
        np.r_[submitted.donor[own], known.donor[beside] + submitted.donor.max() + 1],
    )
    both = (
        (
            "submission and parent",
            *(np.concatenate([each.points[own], known.points[beside]]) for each in (submitted, placed)),
            *whole,
        ),
        ("submission", submitted.points[own], placed.points[own], submitted.code[own], submitted.donor[own]),
    )
    for name, before, after, labels, batch in both:
        shown = name != "submission"
        old = measured(before, before, labels, batch, shown=shown, seed=seed)
        new = old if np.array_equal(before, after) else measured(before, after, labels, batch, shown=shown, seed=seed)
        made = _lines(name, old, new, limits)
        lines += made
        stops += [line for line in made if line.stops]
    if stops:
        first = stops[0]
        reason = f"{first.of}: {first.old:.3f} becomes {first.new:.3f}, by {first.value:+.3f}"
        fix = "types were drawn together: bring the study in with a weaker correction, or as a refit"
        return Gate("G4", "integration", "failed", tuple(lines), reason, fix)
    reason = f"{lines[0].of}: {lines[0].old:.3f} becomes {lines[0].new:.3f}"
    return Gate("G4", "integration", "passed", tuple(lines), reason)


def _lines(name: str, old: Measures, new: Measures, limits: Limits) -> list[GateLine]:
    made = [_line(f"biology of {name}", old.biology, new.biology, -limits.biology)]
    if np.isfinite(old.scgraph) and np.isfinite(new.scgraph):
        made.append(_line(f"scGraph of {name}", old.scgraph, new.scgraph, -limits.scgraph))
    for each, value in new.of.items():
        note = "biology" if each in BIOLOGY else "mixing" if each in MIXING else "shown only"
        made.append(GateLine(f"{each} of {name}", value - old.of[each], None, old.of[each], value, note=note))
    return made


def _line(of: str, old: float, new: float, limit: float) -> GateLine:
    return GateLine(of, new - old, limit, old, new, stops=bool(new - old < limit))
