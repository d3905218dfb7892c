"""Eight real donors through the gates of labels (G3, G5, G5b): each is submitted to the other seven, clean and with
planted faults.

    python -m tests.bench.bench_gates_kang [--again]

Kang 2018, control blood, of the cache. What is written is not measured again.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.method.gates.judge import Brought, parent_of, submitted
from ingest.method.gates.labels import labels
from ingest.method.gates.limits import Limits
from ingest.method.gates.resolution import resolution
from ingest.method.gates.unseen import unseen
from ingest.method.mapping.engine import Policy, StudyCells, build
from tests.bench import record
from tests.bench.mapping_sets import Cells, kang

Strings = NDArray[np.str_]
FAULTS: Mapping[str, Sequence[tuple[str, str, float]] | float] = {
    "clean": (),
    "FCGR3A called CD14": (("FCGR3A+ Monocytes", "CD14+ Monocytes", 1.0),),
    "half of FCGR3A called CD14": (("FCGR3A+ Monocytes", "CD14+ Monocytes", 0.5),),
    "CD8 called CD4": (("CD8 T cells", "CD4 T cells", 1.0),),
    "NK called CD8": (("NK cells", "CD8 T cells", 1.0),),
    "CD14 and NK exchanged": (("CD14+ Monocytes", "NK cells", 1.0), ("NK cells", "CD14+ Monocytes", 1.0)),
    "a fifth shuffled": 0.2,
    "a tenth shuffled": 0.1,
    "a twentieth shuffled": 0.05,
}
COMMAND = "python -m tests.bench.bench_gates_kang"


def planted(label: Strings, fault: Sequence[tuple[str, str, float]] | float, rng: np.random.Generator) -> Strings:
    made = label.copy()
    if isinstance(fault, float):
        at = np.flatnonzero(rng.random(len(label)) < fault)
        made[at] = rng.permutation(label[at])
        return made
    for old, new, share in fault:
        at = rng.permutation(np.flatnonzero(label == old))
        made[at[: round(share * len(at))]] = new
    return made


def one_donor(cells: Cells, donor: str) -> dict[str, Any]:
    own = cells.batch == donor
    parent_cells, query = cells.some(~own), cells.some(own)
    built = build(
        [StudyCells("parent", parent_cells.counts, parent_cells.genes, parent_cells.label, parent_cells.batch)],
        policy=Policy(),
    )
    parent = parent_of(built)
    brought = Brought("asked", query.counts, query.genes, query.label, query.batch, query.label, query.label)
    made = {}
    for name, fault in FAULTS.items():
        given = planted(query.label, fault, np.random.default_rng(0))
        asked = [replace(brought, types=given)]
        found = submitted(parent, built, asked)
        on = replace(found.cells, points=found.placed)
        added = parent.space.sums(on)
        g5 = labels(parent, parent.mapped(found.cells), 0.1, Limits(), found.names)
        gates = [g5, resolution(parent, on, added), unseen(parent, on, added)]
        z = [line.value for line in g5.lines if line.value is not None and "coverage" not in line.of]
        made[name] = {
            "failed": [gate.id for gate in gates if gate.outcome == "failed"],
            "z": round(max(z, default=0.0), 2),
            "why": {gate.id: gate.reason for gate in gates if gate.outcome == "failed"},
        }
    return made


def table(donors: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "donors submitted": fault,
            "stopped": f"{sum(bool(each[fault]['failed']) for each in donors.values())} of {len(donors)}",
            "by G5": sum("G5" in each[fault]["failed"] for each in donors.values()),
            "by G3": sum("G3" in each[fault]["failed"] for each in donors.values()),
            "by G5b": sum("G5b" in each[fault]["failed"] for each in donors.values()),
        }
        for fault in FAULTS
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", action="store_true")
    args, cells = parser.parse_args(), kang()
    try:
        donors = {} if args.again else record.load("gates_kang")["results"]["donors"]
    except FileNotFoundError:
        donors = {}
    for donor in np.unique(cells.batch):
        if str(donor) not in donors:
            donors[str(donor)] = one_donor(cells, str(donor))
            print(donor, {fault: each["failed"] for fault, each in donors[str(donor)].items()}, flush=True)
        record.save("gates_kang", COMMAND, {"table": table(donors), "donors": donors}, seed=0)
    for line in table(donors):
        print(line)


if __name__ == "__main__":
    main()
