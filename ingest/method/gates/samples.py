"""G1 and G2: how many cells of each sample pass the policy's filters, and whether the submission's controls map."""

from collections.abc import Mapping, Sequence

from ingest.method.gates.limits import Limits
from ingest.method.mapping.engine import Verdict
from kg.atlas.report import Gate, GateLine
from kg.match.card import Card

CARD = Card(
    "samples-and-controls",
    "1",
    "share of each donor's cells removed by the filters; controls near the parent's healthy donors",
    ("without filters in the policy no cell is removed: doublets then show as clusters (G6) or labels (G5)",),
    "10.1038/s41588-023-01523-7",
)


def samples(kept: Mapping[str, tuple[int, int]], limits: Limits | None = None) -> Gate:
    """The gate G1. ``kept``: donor -> (cells that pass the filters, all cells)."""
    limits, lines = limits or Limits(), []
    for donor, (passed, all_) in sorted(kept.items()):
        lost = 1 - passed / max(all_, 1)
        lines.append(
            GateLine(donor, lost, limits.lost, note=f"{passed:,} of {all_:,} cells pass", stops=lost > limits.lost)
        )
    if worst := [line for line in lines if line.stops]:
        named = ", ".join(line.of for line in worst[:5])
        fix = "leave these samples out, or submit cells filtered in the same way"
        return Gate(
            "G1",
            "samples",
            "failed",
            tuple(lines),
            f"more than {limits.lost:.0%} of the cells of {named} are removed by the filters",
            fix,
        )
    return Gate("G1", "samples", "passed", tuple(lines), "no sample loses more cells than the policy allows")


def controls(verdicts: Mapping[str, Verdict]) -> Gate:
    """The gate G2. ``verdicts``: study -> verdict of its mapping to the parent, with its healthy cells as controls."""
    lines, far, open_ = [], list[str](), list[str]()
    for study, said in sorted(verdicts.items()):
        missing = f", {len(said.missing)} genes missing" if said.missing else ""
        note = f"controls {said.controls}{missing}"
        lines.append(GateLine(study, said.use, None, note=note, stops=said.controls == "far"))
        far += [study] * (said.controls == "far")
        open_ += [study] * (said.controls == "not testable")
    if far:
        fix = "check that gene ids are correct, that counts are raw and that the tissue is that of the atlas"
        return Gate("G2", "mapping", "failed", tuple(lines), f"the healthy cells of {_named(far)} do not map", fix)
    if open_:
        reason = f"whether the controls of {_named(open_)} are near is not testable"
        return Gate("G2", "mapping", "underpowered", tuple(lines), reason, "have two reviewers check it")
    return Gate("G2", "mapping", "passed", tuple(lines), "healthy cells are near those of the parent")


def _named(studies: Sequence[str]) -> str:
    return ", ".join(studies[:5]) + (" and others" if len(studies) > 5 else "")
