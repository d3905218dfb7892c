"""Reads damaged files of cells, a line each: what was done to the file and what came of it. Run by
``test_damaged_cells.py`` in a process of its own, since a file that is believed may end the process that reads it. All
damages: python -m tests.ingest.read_damaged FOLDER 0 [FORM ...]
"""

import sys
import warnings
from pathlib import Path

import numpy as np

from ingest.files.cells.matrix import open_cells
from ingest.manifest.cell_blocks import Cells
from kg.errors import KgError
from tests.ingest.damage import FORMS, copied, damages, small


def read(folder: Path, facts: dict[str, str]) -> tuple[object, ...]:
    """All that an ingest takes of a file."""
    found = open_cells(folder / facts["file"], Cells.model_validate(facts))
    x = np.concatenate([block.toarray() for _, block in found.chunks(size=7)])
    columns = ("donor_id", "cell_type_ontology_term_id", "disease")
    texts = [found.texts(c, c).tolist() for c in columns]
    return x.tolist(), list(map(str, found.genes)), list(map(str, found.obs.index)), *texts


def main(folder: Path, forms: list[str], most: int) -> None:
    """Of each form ``most`` damages, spread over all that there are; 0: all."""
    warnings.simplefilter("ignore")
    for form in forms:
        good = folder / form / "good"
        good.mkdir(parents=True)
        facts = dict(part.split(": ") for part in FORMS[form](small(), good).split(", "))
        want = read(good, facts)
        all_ = list(damages(good, facts["file"]))
        for damage in all_[:: max(1, -(-len(all_) // most)) if most else 1]:
            work = copied(good, folder / form / "work")
            damage.change(work)
            print(f"{form}: {damage.name}", end="\t", flush=True)
            try:
                told = "same" if read(work, facts) == want else "OTHER"
            except KgError as error:
                told = f"{error.code}\t{error}"
            except Exception as error:
                told = f"FOREIGN\t{error!r}"
            print(told.replace("\n", " "), flush=True)
    print("all read\t", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[3:] or list(FORMS), int(sys.argv[2]))
