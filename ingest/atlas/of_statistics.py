"""Creates a version from a published file of statistics by type, and exports the statistics of a version to such a
file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.atlas.mapmycells import Taken, read_markers, read_statistics, write_markers, write_statistics
from ingest.atlas.policy import AtlasPolicy
from ingest.atlas.quality import card_of
from ingest.atlas.store import built_of, put_built, put_policy, to_bytes
from ingest.fetch.download import sha256_of
from ingest.fetch.genes_index import Genes, need_species
from ingest.files.cells.labels import term_of
from ingest.method.mapping.moments import CARD
from ingest.method.mapping.moments import built_of as built_of_sums
from kg.atlas.card import StudyLine
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Manifest, Version
from kg.atlas.versions import manifest_of
from kg.store.driver import Store


@dataclass(frozen=True)
class Published:
    """The source of the statistics, as shown on a card. ``taxon``: NCBITaxon curie."""

    taxon: str
    title: str
    licence: str
    citation: str
    doi: str = ""


def create_of_statistics(
    store: Store,
    objects: ObjectStore,
    name: str,
    path: Path,
    markers: Path | None,
    source: Published,
    policy: AtlasPolicy,
    author: Author,
    message: str,
    *,
    genes: Genes,
    parent: str = "",
) -> tuple[Version, Sequence[str]]:
    """Creates a version; returns it and notes on what was left out. The tree comes from the file; heads, filters and
    parameters from the policy.

    Raises:
        ContractError: STATISTICS_LAYOUT, MARKERS_LAYOUT, UNKNOWN_GENES, UNKNOWN_SPECIES.
        MethodError: FEW_TYPES.
    """
    index = genes(need_species(source.taxon))
    taken: Taken = read_statistics(path, index)
    found = taken.statistics if markers is None else read_markers(markers, taken, index)
    study = path.stem[:64]
    built = built_of_sums(found, taken.parents, policy.of_engine, source.taxon, [study])
    terms = {each: _exact(each) for each in built.tree.types}
    line = StudyLine(
        study, source.title, "", source.licence, source.citation, 0, int(built.quality["cells"]), len(built.tree.types),
        False, source.doi, "sums by type, no cells",
    )  # fmt: skip
    entries = put_built(objects, built)
    entries["policy"] = put_policy(objects, policy)
    facts = {
        "title": source.title,
        "licence": source.licence,
        "citation": source.citation,
        "taxon": source.taxon,
        "files": {each.name: sha256_of(each) for each in (path, markers) if each},
        "notes": list(taken.notes),
        "terms": terms,
    }
    entries["study/sums"] = objects.put(to_bytes({}, facts))
    entries["quality"] = objects.put(card_of((), built, policy, terms, CARD, [line]).pack())
    manifest = Manifest(name, source.taxon, entries)
    return commit(store, objects, manifest, author, message, parent=parent), taken.notes


def _exact(text: str) -> str:
    term, how = term_of(text)
    return "" if how == "broad mapping" else term


def export_statistics(objects: ObjectStore, version: Version, path: Path, markers: Path | None = None) -> int:
    """Writes the statistics of a version; returns the number of types. Raises ContractError NO_STATISTICS."""
    built = built_of(objects, manifest_of(objects, version))
    facts = {"atlas": version.atlas, "version": version.commit, "values": "log2(CPM + 1)"}
    taxonomy = write_statistics(path, built.statistics, built.tree, facts)
    if markers is not None:
        write_markers(markers, built.statistics, built.tree, taxonomy)
    return len(built.statistics.types)
