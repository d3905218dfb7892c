"""Makes the card of a version."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ingest.atlas.policy import AtlasPolicy
from ingest.atlas.studies import Read
from ingest.method.mapping.engine import Built
from ingest.method.mapping.space.reference import CARD
from kg.atlas.card import (
    Card,
    ConfusionLine,
    Contributor,
    CoverageLine,
    EngineLine,
    MeasureLine,
    ReliabilityBin,
    StudyLine,
    TypeLine,
)
from kg.match.card import Card as Method

HEADS = {
    "means": "type means in the whitened space",
    "neighbours": "donor-balanced neighbours",
    "both": "type means and donor-balanced neighbours",
    "correlation": "correlation with type means",
    "hierarchical": "correlation with type means, level by level down the tree",
}


def card_of(
    reads: Sequence[Read],
    built: Built,
    policy: AtlasPolicy,
    terms: Mapping[str, str],
    method: Method = CARD,
    others: Sequence[StudyLine] = (),
) -> Card:
    """``terms``: type -> Cell Ontology term, "" if it has none; ``others``: studies without cells of their own, such as
    the source of published statistics."""
    shown: dict[str, Any] = built.quality["held_out"]
    chosen = built.calibration.corrected if built.calibration.gains else built.calibration.plain
    held = "held-out donors" if shown.get("kind") == "donors" else "held-out cells" if shown else "no held-out donors"
    scores = ", ".join(f"{HEADS[name]} {value:.3f}" for name, value in shown.get("macro_f1", {}).items())
    own = {
        name: float(limit) if np.isfinite(limit) else None
        for name, limit in zip(built.tree.types, chosen.thresholds.of, strict=True)
    }
    provisional = {
        name: "threshold shared by all types: fewer than five donors with five cells"
        for name, enough in zip(built.tree.types, chosen.thresholds.own, strict=True)
        if not enough and built.calibration.promised
    }
    types: dict[str, Any] = built.quality["types"]
    studies = (*map(study_line, reads), *others)
    return Card(
        engine=EngineLine(method.name, method.version, f"{held}: macro-F1 {scores}" if scores else held, method.doi),
        head=HEADS[chosen.engine],
        policy=policy.line,
        cite=policy.cite or "; ".join(dict.fromkeys(each.citation for each in studies)),
        donors=int(built.quality["donors"]),
        cells=int(built.quality["cells"]),
        alpha=policy.engine.alpha,
        studies=studies,
        types=tuple(
            TypeLine(name, each["donors"], each["cells"], terms.get(name, ""), own[name], provisional.get(name, ""))
            for name, each in types.items()
        ),
        coverage=_coverage(reads, shown, types),
        reliability=tuple(
            ReliabilityBin(
                max(0.0, min(row["p"], 0.999) // 0.1 / 10),
                min(1.0, max(0.0, min(row["p"], 0.999) // 0.1 / 10) + 0.1),
                row["p"],
                row["right"],
                row["cells"],
            )
            for row in shown.get("reliability", [])
        ),
        confusion=_confusion(built, shown),
        measures=tuple(
            MeasureLine(f"macro-F1, {HEADS[name]}", value, held) for name, value in shown.get("macro_f1", {}).items()
        ),
        forbidden=tuple(built.quality["limits"]),
        limits=method.limits,
        contributors=tuple(Contributor(c.name, c.orcid, c.role) for c in policy.contributors),
    )


def study_line(read: Read) -> StudyLine:
    rows, d = read.of_reference, read.manifest.dataset
    return StudyLine(
        name=read.name,
        title=d.title,
        dataset=read.manifest.dataset_id,
        licence=d.licence,
        citation=d.citation,
        donors=len(set(read.donors[rows].tolist()) - {""}),
        cells=int(rows.sum()),
        types=len(np.unique(read.types[rows])),
        redistribute=d.redistribute,
        doi=d.doi,
        note=f"healthy: {read.by}",
    )


def _coverage(reads: Sequence[Read], shown: Mapping[str, Any], types: Mapping[str, Any]) -> tuple[CoverageLine, ...]:
    """Measured on the cells that set the thresholds: it shows which donors and types are covered least, and is not a
    guarantee."""
    if not shown:
        return ()
    cells = sum(row["cells"] for row in shown["reliability"])
    donors = {name: n for each in reads for name, n in each.cells_of_donors().items()}
    made = [CoverageLine("all", "all held-out cells", shown["coverage"], cells, len(donors))]
    made += [
        CoverageLine("donor", name, value, donors.get(name, cells), 1)
        for name, value in shown["coverage_by_donor"].items()
    ]
    made += [
        CoverageLine("type", name, value, types[name]["cells"], types[name]["donors"])
        for name, value in shown["coverage_by_type"].items()
    ]
    return tuple(made)


def _confusion(built: Built, shown: Mapping[str, Any]) -> tuple[ConfusionLine, ...]:
    """Confusion between sister types of the tree, in both directions; in a flat tree, all confused pairs."""
    table: Mapping[str, Mapping[str, int]] = shown.get("confusion", {})
    made = []
    for name, called in table.items():
        total = sum(called.values())
        made += [
            ConfusionLine(name, other, count / total, total)
            for other, count in called.items()
            if other != name and _sisters(built, name, other)
        ]
    return tuple(sorted(made, key=lambda line: (-line.share, line.type, line.called)))


def _sisters(built: Built, one: str, other: str) -> bool:
    parents = dict(built.tree.parents)
    return parents.get(one, "") == parents.get(other, "")
