"""Manifests of simulated donors with genes of a species: studies of an atlas, and one to be read against it."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from tests.ingest.method.mapping.make_donors import PARENTS, TYPES, make_study

POLICY = {
    "schema": 1,
    "types": PARENTS,
    "engine": {"genes": 120, "axes": 12, "centroids": 12},
    "healthy": {"arm": ["control"]},
    "contributors": [{"name": "Ada Lab", "orcid": "0000-0002-1825-0097", "role": "made it"}],
}


def write_study(
    folder: Path,
    name: str,
    genes: list[str],
    *,
    donors: int = 6,
    seed: int = 0,
    types: tuple[str, ...] = TYPES,
    typed: bool = True,
    state: float = 0.0,
    cases: bool = False,
    taxon: str = "NCBITaxon:9606",
) -> Path:
    """A manifest beside its h5ad. ``cases``: half of the donors are, and ``state`` is theirs."""
    made = make_study(name, donors, seed=seed, types=types)
    who = np.asarray(made.donors)
    case = np.isin(who, [f"{name}/d{d}" for d in range(donors // 2)]) if cases else np.zeros(len(who), bool)
    counts = made.counts.toarray()
    if state:
        moved = make_study(name, donors, seed=seed, types=types, state=state).counts.toarray()
        counts[case] = moved[case]
    obs = pd.DataFrame(
        {"donor": who, "arm": np.where(case, "case", "control"), "type": made.labels},
        index=[f"{name}-{i}" for i in range(len(who))],
    )
    obs = (obs if typed else obs.drop(columns="type")).astype("category")
    anndata.AnnData(counts, obs, pd.DataFrame(index=genes[: counts.shape[1]])).write_h5ad(folder / f"{name}.h5ad")
    path = folder / f"{name}.yaml"
    path.write_text(
        f"""schema: 1
dataset: {{id: {name}, title: "simulated {name}", taxon: "{taxon}", licence: CC0, redistribute: true,
          citation: "nobody {name}"}}
material: {{kind: bulk, tissue: "UBERON:0000178"}}
cells: {{file: {name}.h5ad, donor: donor, cell_type: type}}
"""
    )
    return path
