"""Maps a study to a version of an atlas: nothing is stored in the graph; the results are written to files."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.atlas.policy import AtlasPolicy
from ingest.atlas.store import built_of, from_bytes, model_of, stored_policy
from ingest.atlas.studies import Read, read_cells
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.manifest.blocks import Rows
from ingest.method.mapping.engine import Built, Mapped, map_cells
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Version
from kg.atlas.versions import card_of, manifest_of
from kg.signatures.store import Strings


@dataclass(frozen=True)
class Reading:
    """A mapped study. ``version``: the version it was mapped to; ``head``: from its card; ``terms``: type -> Cell
    Ontology term."""

    version: Version
    policy: AtlasPolicy
    built: Built
    head: str
    terms: dict[str, str]
    read: Read
    mapped: Mapped

    @property
    def cl(self) -> list[str]:
        """Cell Ontology term of each cell's label (n), "" if there is none."""
        return [self.terms.get(str(label), "") for label in self.mapped.label]


@dataclass(frozen=True)
class Population:
    """Cells with one outcome and label, over all donors. ``cells``, ``donors``: numbers of cells and of donors with
    such cells; ``controls``: number of these cells from healthy controls; ``probability``: mean over the cells, None if
    no cell has one; ``given``: their most common type in the study's own annotation."""

    outcome: str
    label: str
    cl: str
    cells: int
    donors: int
    controls: int
    probability: float | None
    given: str


def read_against(
    objects: ObjectStore,
    version: Version,
    path: Path,
    *,
    cache: Cache,
    genes: Genes,
    seed: int = 0,
    healthy: Rows | None = None,
) -> Reading:
    """Maps the study of a manifest to a version. ``healthy``: column of obs -> values of the healthy controls,
    overriding the policy. Raises as ``read_cells`` and ``map_cells``; StoreError if objects of the version are
    damaged."""
    manifest = manifest_of(objects, version)
    policy, built = stored_policy(objects, manifest), built_of(objects, manifest)
    model = model_of(objects, manifest)
    terms: dict[str, str] = {}
    for entry in manifest.named("study").values():
        terms |= from_bytes(objects.read(entry.sha256))[1]["terms"]
    read = read_cells(path, cache, genes, policy, typed=False, healthy=healthy)
    head = card_of(objects, version).head
    return Reading(version, policy, built, head, terms, read, map_cells(built, read.as_query(), seed, model))


def populations(reading: Reading) -> list[Population]:
    """Populations of a mapped study, largest first; each cell is in exactly one."""
    m, read = reading.mapped, reading.read
    controls = np.zeros(len(m.label), bool) if read.healthy is None else read.healthy
    made = []
    for outcome, label in sorted({(str(o), str(x)) for o, x in zip(m.outcome, m.label, strict=True)}):
        rows = (m.outcome == outcome) & (m.label == label)
        known = m.probability[rows & np.isfinite(m.probability)]
        made.append(
            Population(
                outcome,
                label,
                reading.terms.get(label, ""),
                int(rows.sum()),
                len(set(read.donors[rows].tolist()) - {""}),
                int((rows & controls).sum()),
                float(known.mean()) if len(known) else None,
                _most(read.types[rows]),
            )
        )
    return sorted(made, key=lambda p: (-p.cells, p.outcome, p.label))


def _most(names: Strings) -> str:
    """The most common type in the study's own annotation."""
    values, many = np.unique(names[names != ""], return_counts=True)
    return str(values[many.argmax()]) if len(values) else ""


def summary(reading: Reading) -> Iterable[str]:
    """The results for a study in sentences, the most important first."""
    m, read = reading.mapped, reading.read
    count = {outcome: int((m.outcome == outcome).sum()) for outcome in np.unique(m.outcome)}
    total = len(m.outcome)
    order = ("type", "ancestor", "ambiguous", "unknown", "low_quality")
    told = ", ".join(f"{count[o]:,} {o.replace('_', ' ')}" for o in order if o in count)
    yield f"{read.name} mapped to {reading.version.atlas}@{reading.version.commit[:12]}: {total:,} cells, {told}."
    if m.verdict.provisional:
        yield "All labels are PROVISIONAL."
    yield from (f"Note on {reading.version.short}: {text}." for text in reading.version.caveats)
    yield f"Healthy controls of the study: {m.verdict.controls} ({read.by})."
    for group in m.verdict.unknown:
        yield (
            f"UNKNOWN: {group['cells']:,} cells deviate in the same way, {group['controls']:,} of controls; nearest"
            f" type {group['nearest']}. No type of the atlas fits them."
        )
    yield from m.verdict.reasons
    yield (
        f"{m.verdict.use:.0%} of the weight of the space's genes is measured"
        + (f", {len(m.verdict.missing):,} genes are not" if m.verdict.missing else "")
        + "."
    )
