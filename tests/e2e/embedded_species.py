"""Two simulated species, three where asked, put into one space by ``orthokg embed saturn`` and loaded by a manifest."""

from pathlib import Path

import pandas as pd
import yaml
from click.testing import CliRunner

from ingest.fetch.cache import Cache
from ingest.load.pipeline import Pipeline
from kg.cli.main import main
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema
from tests.ingest.saturn.two_species import World, write_run

SHARED = ("astrocyte", "microglial cell", "oligodendrocyte", "pericyte", "interneuron Pvalb", "interneuron Sst")
OWN = {"human": "interneuron Rosehip", "mouse": "ependymal cell", "marmoset": "tanycyte"}
TAXA = {"human": "NCBITaxon:9606", "mouse": "NCBITaxon:10090", "marmoset": "NCBITaxon:9483"}


def embed_species(
    folder: Path, *, species: tuple[str, ...] = ("human", "mouse"), controls: int = 6, cells: int = 220
) -> Path:
    """Six types that all have and one of each species' own; returns the folder with ``saturn.h5ad`` and its
    controls."""
    world = World(types=len(SHARED) + 1, families=200, private=20)
    names, made, genes = (*SHARED, *OWN.values()), [], {}
    for at, name in enumerate(species):
        data, vectors = world.species(at, cells, [*range(len(SHARED)), len(SHARED) + at])
        numbers = data.obs["cell_type"].str.split("_").str[1].astype(int)
        data.obs["cell_type"] = [names[n] for n in numbers]
        made.append((data, vectors))
        genes[f"{name}_gene"] = {g[3:]: g for g in data.var_names if int(g[3:]) < world.families}
    run = write_run(folder, made, species)
    pd.DataFrame(genes).to_csv(folder / "orthologs.csv", index=False)
    out = folder / "out"
    asked = [
        "embed",
        "saturn",
        str(run),
        "--labels",
        "cell_type",
        "--out",
        str(out),
        "--epochs",
        "2",
        "--metric-epochs",
        "8",
        "--orthologs",
        str(folder / "orthologs.csv"),
    ]
    if controls:
        asked += ["--control", "shuffled", "--controls", str(controls)]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    return out


def load_space(
    store: Store, folder: Path, home: Path, *, file: str, controls: list[str], species: tuple[str, ...], name: str
) -> None:
    """Only the dataset: the knowledge around it is not needed."""
    facts = {
        "schema": 1,
        "dataset": {
            "id": name,
            "title": "SIMULATED species",
            "taxon": TAXA["human"],
            "licence": "CC0",
            "redistribute": True,
            "citation": "made by a generator",
            "simulated": True,
        },
        "material": {"kind": "cell type", "tissue": "UBERON:0000955", "system": "simulated cells"},
        "embedding": {
            "id": "space",
            "file": file,
            "controls": controls,
            "taxa": {s: TAXA[s] for s in species},
            "draws": 199,
        },
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(facts))
    ensure_schema(store)
    pipeline = Pipeline(store, SignatureStore(home / "signatures"), Cache.open(), home)
    pipeline.load_manifest(path)
    (batch,) = pipeline._batches
    pipeline._load([batch])
    assert [step.status for step in pipeline.report.steps] == ["loaded"], pipeline.report.steps


def truth(species: tuple[str, ...]) -> set[frozenset[str]]:
    """Pairs of ``taxon label`` that are counterparts."""
    taxa = [TAXA[s] for s in species]
    return {
        frozenset((f"{a} {label}", f"{b} {label}"))
        for label in SHARED
        for a, b in [(x, y) for x in taxa for y in taxa if x < y]
    }
