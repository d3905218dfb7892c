"""G4: does integrating the submission remove biological differences? The measures of ``ingest.method.integration`` on
the same cells, before batch correction and as placed in the candidate."""

import numpy as np

from ingest.method.gates.limits import Limits
from ingest.method.gates.space import Cells, in_turn
from ingest.method.integration.measures import BIOLOGY, MIXING, Measures, measured
from kg.atlas.report import Gate, GateLine
from kg.match.card import Card

CARD = Card(
    "integration-of-a-submission",
    "1",
    "biology measures and scGraph for the submission's cells, with and without the parent's, after against before"
    " placement",
    (
        "labels are assumed correct: wrong ones lower both values (G5 checks them)",
        "at most 1,500 cells of each side are used, balanced over types",
    ),
    "10.1038/s41592-021-01336-8",
)
MOST, LEAST_CELLS = 1_500, 30


def integration(known: Cells, submitted: Cells, placed: Cells, limits: Limits | None = None, seed: int = 0) -> Gate:
    """The gate. ``known``: cells of the parent, whose coordinates do not change; ``submitted``, ``placed``: the
    submitted cells before and after placement; donors of both are numbered from 0, independently."""
    limits, rng = limits or Limits(), np.random.default_rng(seed)
    own = in_turn(np.flatnonzero(submitted.code >= 0), submitted.code, MOST, rng)
    present = np.unique(submitted.code[own])
    beside = in_turn(np.flatnonzero(np.isin(known.code, present) & (known.donor >= 0)), known.code, MOST, rng)
    if len(own) < LEAST_CELLS or len(present) < 2:
        reason = f"{len(own)} cells of {len(present)} types: nothing to separate"
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
        fix = "types were drawn together: use a weaker correction, or refit the atlas with this study"
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
