"""From the authors' own files to the file that we read: one pure function per prepared file.

Each takes the upstream files (path in the origin -> place on disk) and gives the content, uncompressed, whose sha256 is
pinned. Text is written with fixed rules (line ends, quotes, digits), because the checksum is of bytes.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ingest.fetch import prepare_geo, prepare_rda

Files = Mapping[str, Path]
Transform = Callable[[Files], bytes]


def whole(files: Files) -> bytes:
    """The one upstream file as it is; only its name or its compression differs."""
    (path,) = files.values()
    return path.read_bytes()


TRANSFORMS: dict[str, Transform] = {
    "whole": whole,
    "rtg4510_counts": partial(prepare_geo.star_counts, model="rTg4510"),
    "rtg4510_samples": partial(prepare_geo.star_samples, model="rTg4510"),
    "j20_counts": partial(prepare_geo.star_counts, model="J20"),
    "j20_samples": partial(prepare_geo.star_samples, model="J20"),
    "astrocyte_counts": prepare_geo.astrocyte_counts,
    "astrocyte_samples": prepare_geo.astrocyte_samples,
    "gse50521_expression": prepare_rda.gse50521_expression,
    "gse50521_samples": prepare_rda.gse50521_samples,
    "gse153873_counts": prepare_rda.gse153873_counts,
    "gse153873_samples": prepare_rda.gse153873_samples,
    "microglia_counts": partial(prepare_rda.edger, part="counts"),
    "microglia_samples": partial(prepare_rda.edger, part="samples"),
    "microglia_genes": partial(prepare_rda.edger, part="genes"),
    "dam_exp": partial(prepare_rda.matrix, name="matrix_exp"),
    "dam_freq": partial(prepare_rda.matrix, name="matrix_freq"),
    "dorothea_abc": prepare_rda.dorothea_abc,
    "mouse_to_human_orthologs": prepare_rda.mouse_to_human_orthologs,
}
