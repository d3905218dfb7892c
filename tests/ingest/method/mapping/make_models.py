"""Small models of simulated cells, one written by each Python that is to open those of the others.

python -m tests.ingest.method.mapping.make_models          # writes the one of the Python that runs it
python -m tests.ingest.method.mapping.make_models --open   # opens all of them, and maps cells to each
"""

import platform
import sys
from pathlib import Path

import numpy as np
from scipy import sparse

from ingest.method import scanvi
from ingest.method.mapping.space.geometry import group_means, squared
from tests.ingest.method.mapping.make_donors import GENES, make_study

FOLDER = Path(__file__).parent / "models"
GENE = np.arange(0, 140, 2)
SETTINGS = scanvi.Settings(latent=4, hidden=16, layers=1, epochs=(60, 10, 20))


def write() -> Path:
    study = make_study("one", 3, 80)
    counts = sparse.csr_matrix(study.counts[:, GENE])
    batch = np.unique(np.asarray(study.donors), return_inverse=True)[1]
    model = scanvi.Scanvi(SETTINGS).fit(counts, GENES[GENE], study.labels, batch, 0)
    path = FOLDER / ".".join(platform.python_version_tuple()[:2])
    weights, card = scanvi.to_bytes(model)
    FOLDER.mkdir(exist_ok=True)
    Path(f"{path}.safetensors").write_bytes(weights)
    Path(f"{path}.json").write_bytes(card + b"\n")
    return path


def read(python: str) -> scanvi.Model:
    path = FOLDER / python
    return scanvi.from_bytes(Path(f"{path}.safetensors").read_bytes(), Path(f"{path}.json").read_bytes())


def mapped(model: scanvi.Model) -> float:
    """The share of the cells of a new donor that lie nearest to their own type, after surgery."""
    study = make_study("query", 1, 120, seed=9)
    found = model.query(study.counts, GENES, np.zeros(120, dtype=int), 0)
    types, code = np.unique(study.labels, return_inverse=True)
    assert model.card["types"] == types.tolist()
    assert group_means(found, code, len(types)).shape == model.places.shape
    return float((squared(found, model.places).argmin(axis=1) == code).mean())


if __name__ == "__main__":
    if "--open" in sys.argv:
        for each in sorted(FOLDER.glob("*.json")):
            python = each.name.removesuffix(".json")
            print(f"{platform.python_version()} opens the model of {python}: {mapped(read(python)):.2f} right")
    else:
        print(f"written: {write()}")
