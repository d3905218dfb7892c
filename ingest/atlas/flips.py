"""Which stored verdicts a submission would change: studies that the atlas gave their types are mapped to the candidate.

A graph keeps no cells, so that their manifests are given again. What is stored does not change with a merge; it would
with the next ingest of such a study.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.atlas.given import given_by
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.load.dataset import batch_of
from ingest.manifest.manifest import read
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Report
from kg.atlas.version import Manifest, Version
from kg.atlas.versions import ancestors, by_id, versions
from kg.errors import ContractError, Issue
from kg.signatures.store import Reference, Signature
from kg.store.driver import Store, home
from kg.verdict.flips import Instead, Rests, rests_on, would_be


def with_flips(
    store: Store,
    objects: ObjectStore,
    base: Version,
    candidate: Manifest,
    report: Report,
    mapped: Sequence[Path] = (),
    *,
    cache: Cache,
    genes: Genes,
    seed: int = 0,
    signatures: Path | None = None,
) -> Report:
    """The report with the verdicts that would change, and with what is not known of others. ``mapped``: manifests of
    studies whose types are by ``base`` or a version before it; ``signatures``: folder of the graph's, None: as set.

    Raises ContractError NOT_MAPPED for a study that has no types by the atlas; and as ``batch_of`` does.
    """
    known = by_id(versions(store))
    rests = rests_on(store, sorted(by_id(ancestors(known, base.id))))
    paths = {read(path, cells_alone=True).dataset_id: path for path in mapped}
    if unlike := sorted(set(paths) - set(rests.versions)):
        fix = f"name studies that were ingested with --map: {', '.join(sorted(rests.versions)) or 'none was'}"
        rule = f"NOT_MAPPED: its cells have their types by {base.short}, or by a version before it"
        issues = [Issue(each, rule, "others, or it is not in the graph", fix) for each in unlike]
        raise ContractError(issues, code="NOT_MAPPED")
    instead = {
        dataset: instead_of(objects, base, candidate, path, cache=cache, genes=genes, seed=seed)
        for dataset, path in sorted(paths.items())
    }
    found = would_be(store, signatures or home() / "signatures", rests, instead) if instead else []
    flips = [
        f"{match.mouse_label} x {match.human_label} ({match.level}, {match.disease}): {match.status} is stored,"
        f" {status} with this"
        for match, status in found
        if status != match.status
    ]
    return replace(report, flips=tuple(flips), notes=(*report.notes, *_told(base, rests, instead, known)))


def instead_of(
    objects: ObjectStore,
    base: Version,
    candidate: Manifest,
    path: Path,
    *,
    cache: Cache,
    genes: Genes,
    seed: int = 0,
) -> Instead:
    """What an ingest would make of a study whose cells have their types by the candidate. Raises as ``batch_of``."""
    objects.put(candidate.pack())
    given = given_by(objects, replace(base, content_id=candidate.content_id), seed)
    batch = batch_of(path, cache, genes, list, mapped=given)
    items = {item.id: item for item in batch.arrays.values() if isinstance(item, Signature | Reference)}
    return Instead({row["id"]: row for row in batch.nodes["Contrast"]}, items)


def _told(base: Version, rests: Rests, instead: Mapping[str, Instead], known: Mapping[str, Version]) -> list[str]:
    if not rests.versions:
        return [f"no verdict rests on {base.short}: no study of the graph has its types by it, or by one before it"]
    made = []
    for dataset, version in sorted(rests.versions.items()):
        many = len(rests.of(frozenset({dataset})))
        of = f"on the cell types that {known[version].short} gave {dataset}"
        if not many:
            made.append(f"no stored verdict rests {of}")
        elif dataset in instead:
            made.append(f"stored verdicts that rest {of}: {many:,}, each asked again with the types of the candidate")
        else:
            made.append(f"stored verdicts that rest {of}: {many:,}, not asked again (--mapped with its manifest does)")
    return made
