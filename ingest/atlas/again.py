"""The studies of an open submission, checked once more against the version that its branch stands at."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.atlas.flips import with_flips
from ingest.atlas.same import files_of, need_same
from ingest.atlas.store import ADDED, from_bytes
from ingest.atlas.submit import checked
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.manifest.manifest import read
from kg.atlas.again import renew
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Report
from kg.atlas.submissions import Submission, closed, report_of, submission
from kg.atlas.version import Manifest
from kg.atlas.versions import card_of, resolve
from kg.store.driver import Store


def submit_again(
    store: Store,
    objects: ObjectStore,
    number: int,
    paths: Sequence[Path],
    *,
    cache: Cache,
    genes: Genes,
    new: Mapping[str, str] | None = None,
    mapped: Sequence[Path] = (),
    seed: int = 0,
) -> tuple[Submission, Report]:
    """``paths``: manifests of the same studies, with the same files: a version keeps no counts. ``new``: as in
    ``checked``, beside what was claimed before and the tree still lacks; ``mapped``: as in ``with_flips``.

    Raises UnknownTermError; KgError CLOSED_SUBMISSION; ContractError OTHER_STUDIES; and as ``checked``, ``with_flips``
    and ``renew``.
    """
    found = submission(store, number)
    if not found.open:
        raise closed(found)
    before, studies = Manifest.unpack(objects.read(found.content)), report_of(objects, found).studies
    what, fix = f"submission {number}", f"submit what has changed: orthokg atlas submit {found.place} STUDIES"
    need_same(what, set(studies), {read(path, cells_alone=True).dataset.id for path in paths}, fix)
    base = resolve(store, found.place)
    known = {line.label for line in card_of(objects, base).types}
    claims = {label: node for label, node in _claimed(objects, before, studies).items() if label not in known}
    manifest, report = checked(objects, base, paths, cache=cache, genes=genes, new={**claims, **(new or {})}, seed=seed)
    need_same(what, files_of(objects, before, studies), files_of(objects, manifest, studies), fix)
    report = with_flips(store, objects, base, manifest, report, mapped, cache=cache, genes=genes, seed=seed)
    return renew(store, objects, found, base=base, manifest=manifest, report=report), report


def _claimed(objects: ObjectStore, manifest: Manifest, studies: Sequence[str]) -> dict[str, str]:
    """Types that studies claim as new -> the node above."""
    held = (objects.read(manifest.objects[f"statistics/{ADDED}{study}"].sha256) for study in studies)
    return {label: node for data in held for label, node in from_bytes(data)[1]["under"].items()}
