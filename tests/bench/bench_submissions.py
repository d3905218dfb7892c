"""Submissions that come at once, and studies that come in any order.

    python -m tests.bench.bench_submissions [at-once] [order] [--again]

``at-once``: 50 submissions by 60 threads, ten of them twice, on each store: lost, doubled; then two curators accept
each of five. ``order``: of eight real donors of Kang 2018 one is mapped to an atlas of the other seven, of which five
make it and two are submitted one after the other, through the command's own functions, in orders drawn at random; how
alike the types are that its cells are given (adjusted Rand index of each two orders). What is written is not measured
again.
"""

import argparse
import itertools
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import yaml

from ingest.atlas.create import put_version
from ingest.atlas.mapped import read_against
from ingest.atlas.policy import policy_of
from ingest.atlas.submit import checked
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.method.integration.clusters import ari
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.review import review
from kg.atlas.submissions import propose, submissions
from kg.atlas.version import Author, Manifest, Version
from kg.atlas.versions import history, manifest_of
from kg.errors import KgError
from kg.store.driver import open_store
from kg.store.write import ensure_schema
from tests.bench import record
from tests.bench.served import each_store
from tests.kg.atlas_parts import manifest, report, with_objects

KANG = "singlecell/kang_pbmc_8donors_1287x12261.h5ad"
ORDERS, FIRST, MANY, TWICE, ACCEPTED = 3, 5, 50, 10, 5
COMMAND = "python -m tests.bench.bench_submissions"


def together(work: Callable[[int], object], count: int) -> list[str]:
    """Each in a thread of its own, all released at once -> codes of what was refused."""
    ready, codes = threading.Barrier(count), []

    def one(at: int) -> None:
        ready.wait()
        try:
            work(at)
        except KgError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=one, args=(at,)) for at in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return codes


def at_once(scratch: Path) -> dict[str, Any]:
    objects = ObjectStore(scratch / "atlas", own=True)
    with open_store() as store:
        base = commit(store, objects, manifest(objects), Author("Ada"), "first")
        ensure_schema(store)

        def ask(at: int) -> None:
            own = at % MANY
            made = with_objects(objects, manifest_of(objects, base), **{f"study__s{own}": b"%d" % own})
            propose(
                store, objects, branch="pbmc", base=base, manifest=made, report=report(base), author=Author("Ada"),
                verified=True, message="more",
            )  # fmt: skip

        def accept(at: int) -> None:
            who = Author(("Bob", "Carol")[at % 2])
            review(store, objects, few[at // 2], reviewer=who, verified=False, accept=True, why="it holds")

        begun = time.perf_counter()
        refused = together(ask, MANY + TWICE)
        seconds = time.perf_counter() - begun
        made = submissions(store)
        few = [each.number for each in made[:ACCEPTED]]
        also = together(accept, 2 * ACCEPTED)
        merged = [each.submission for each in history(store, "pbmc") if each.submission]
    contents = [each.content for each in made]
    return {
        "submitted": MANY,
        "by threads": MANY + TWICE,
        "lost": MANY - len(set(contents)),
        "doubled": len(contents) - len(set(contents)),
        "refused": len(refused),
        "seconds": round(seconds, 1),
        "accepted by two at once": ACCEPTED,
        "merged": len(merged),
        "merged twice": len(merged) - len(set(merged)),
        "told that it is closed": also.count("CLOSED_SUBMISSION"),
        "told otherwise": ", ".join(sorted({*also} - {"CLOSED_SUBMISSION"})) or "none",
    }


def written(folder: Path, cells: anndata.AnnData, donor: str) -> Path:
    cells[(cells.obs["donor_id"] == donor).to_numpy()].write_h5ad(folder / f"{donor}.h5ad")
    facts = {
        "schema": 1,
        "dataset": {
            "id": donor, "title": donor, "taxon": "NCBITaxon:9606", "licence": "GEO public", "redistribute": False,
            "citation": "Kang 2018",
        },
        "material": {"kind": "cell type", "tissue": "UBERON:0000178"},
        "cells": {"file": f"{donor}.h5ad", "donor": "donor_id", "cell_type": "cell_type"},
    }  # fmt: skip
    path = folder / f"{donor}.yaml"
    path.write_text(yaml.safe_dump(facts))
    return path


def stands(objects: ObjectStore, made: Manifest) -> Version:
    """As if it were merged, whatever its gates say."""
    objects.put(made.pack())
    mark = made.content_id
    return Version(
        f"orthokg:atlas-version/{mark}", mark, made.atlas, made.taxon, mark, "", "Ada", "", "", "2026-01-01", "", 0, 0,
        0, 0, (), True,
    )  # fmt: skip


def one_donor(held: str, cells: anndata.AnnData, cache: Cache) -> dict[str, Any]:
    names = sorted(set(cells.obs["donor_id"].astype(str)) - {held})
    rng, genes, given, passed = np.random.default_rng(int(held[1:])), Genes(cache), [], []
    with tempfile.TemporaryDirectory() as folder:
        objects = ObjectStore(Path(folder) / "atlas", own=True)
        paths = {name: written(Path(folder), cells, name) for name in [*names, held]}
        for _ in range(ORDERS):
            order = [str(each) for each in rng.permutation(names)]
            first = [paths[name] for name in order[:FIRST]]
            whole = put_version(objects, "pbmc", first, policy_of({"schema": 1}), cache=cache, genes=genes).manifest
            for name in order[FIRST:]:
                whole, told = checked(objects, stands(objects, whole), [paths[name]], cache=cache, genes=genes)
                passed.append(told.status != "failed")
            found = read_against(objects, stands(objects, whole), paths[held], cache=cache, genes=genes)
            given.append(found.mapped.nearest)
    codes = [np.unique(each, return_inverse=True)[1] for each in (*given, found.read.types)]
    alike = [ari(one, two) for one, two in itertools.combinations(codes[:-1], 2)]
    return {
        "cells": len(codes[0]),
        "ARI of two orders": [round(float(each), 4) for each in alike],
        "ARI with the labels given": [round(float(ari(each, codes[-1])), 4) for each in codes[:-1]],
        "submissions that no gate stopped": f"{sum(passed)} of {len(passed)}",
    }


def table(donors: dict[str, dict[str, Any]]) -> dict[str, Any]:
    alike, right = (
        [value for each in donors.values() for value in each[key]]
        for key in ("ARI of two orders", "ARI with the labels given")
    )
    return {
        "donors mapped": len(donors),
        "pairs of orders": len(alike),
        "ARI of two orders, mean": round(float(np.mean(alike)), 4),
        "lowest": min(alike),
        "pairs of .95 and more": sum(each >= 0.95 for each in alike),
        "ARI with the labels given, mean": round(float(np.mean(right)), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["at-once", "order"])
    parser.add_argument("--again", action="store_true")
    args = parser.parse_args()
    try:
        results = {} if args.again else record.load("submissions")["results"]
    except FileNotFoundError:
        results = {}
    if "at-once" in args.parts and "at once" not in results:
        results["at once"] = [
            {"store": name, **at_once(scratch)} for name, scratch in each_store(["embedded", "neo4j"])
        ]
        results = record.measured_now(results, "at once")
        print(results["at once"], flush=True)
        record.save("submissions", COMMAND, results, seed=0)
    if "order" in args.parts:
        cache, donors = Cache.open(), results.setdefault("donors", {})
        cells = anndata.read_h5ad(cache.get(KANG))
        for donor in sorted(set(cells.obs["donor_id"].astype(str)) - set(donors)):
            donors[donor] = one_donor(donor, cells, cache)
            print(donor, donors[donor], flush=True)
            results["order"] = table(donors)
            results = record.measured_now(results, "order")
            record.save("submissions", COMMAND, results, seed=0)


if __name__ == "__main__":
    main()
