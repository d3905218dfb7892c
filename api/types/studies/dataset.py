"""Datasets: whose data, under which licence."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node
from api.types.link import many, one


@strawberry.type(description="One study's data at one version.")
class Dataset(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}

    title: str
    taxon: str
    licence: str = strawberry.field(description="as stated by the authors, or 'none stated'")
    redistribute: bool | None = strawberry.field(description="the licence allows redistribution")
    citation: str = strawberry.field(description="how to cite")
    doi: str
    accession: str = strawberry.field(description="in a public archive")
    sha256: list[str] = strawberry.field(description="checksums of the files read")
    counts: str = strawberry.field(description="raw, corrected, log2, or none (table only)")
    n_samples: int | None = strawberry.field(description="biological samples")
    simulated: bool | None = strawberry.field(description="made by a generator, not measured")
    cell_quality: list[str] = strawberry.field(
        description="steps of single-cell quality control in order, with the number of cells that each removed"
    )
    species = one("species", "Species", "Species of the samples.")
    contrasts = many("contrasts", "Contrast", "Sorted by curie.")
    atlas_versions = many(
        "atlas_versions", "AtlasVersion", "Versions of atlases that it is a study of, sorted by name."
    )
    mappings = many("mappings", "Mapping", "By which its cells have their types, where an atlas gave them.")
