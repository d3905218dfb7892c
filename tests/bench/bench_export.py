"""Every export of the demonstration's whole graph: how long, how large, and whether somebody else's reader finds every
row.

    ORTHOKG_HOME=.orthokg python -m tests.bench.bench_export [FORMAT ...]

Rows read + rows left out must be the graph's own, label by label and type by type. networkx reads GraphML and node-link
JSON, pandas the tables and Parquet; the import CSV is loaded into an empty embedded store.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from kg.export.biolink import CATEGORY
from kg.export.run import WHOLE
from kg.schema.edges import EDGES
from kg.schema.nodes import NODES
from kg.store.driver import open_store
from tests.bench.record import save


def ran(*words: str, **environ: str) -> tuple[float, float]:
    """Seconds and the most memory in MB of one command."""
    started = time.monotonic()
    command = [sys.executable, "-m", "kg.cli.main", *words]
    process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"orthokg {' '.join(words)} ended with {process.returncode}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


def of_graph() -> Counter[str]:
    """Nodes by label and relationships by type, as the store counts them."""
    counted: Counter[str] = Counter()
    with open_store(read_only=True) as store:
        for spec in NODES:
            counted[spec.label] = store.read(f"MATCH (n:{spec.label}) RETURN count(n) AS n")[0]["n"]  # type: ignore[arg-type]
        for spec in EDGES:
            counted[spec.type] = store.read(f"MATCH ()-[r:{spec.type}]->() RETURN count(r) AS n")[0]["n"]  # type: ignore[arg-type]
    return +counted


def of_networkx(graph: Any) -> Counter[str]:
    found = Counter(kind for _, kind in graph.nodes(data="label"))
    return found + Counter(kind for *_, kind in graph.edges(data="type"))


def node_link(folder: Path) -> Counter[str]:
    with (folder / "graph.json").open(encoding="utf-8") as file:
        return of_networkx(nx.node_link_graph(json.load(file), edges="edges"))


def graphml(folder: Path) -> Counter[str]:
    return of_networkx(nx.read_graphml(folder / "graph.graphml", force_multigraph=True))


def table(path: Path, column: str) -> Counter[str]:
    read = pd.read_csv(path, sep="\t", usecols=[column], dtype=str, keep_default_na=False, quoting=3)
    return Counter(name.removeprefix("orthokg:") for name in read[column])


def kgx(folder: Path) -> Counter[str]:
    """Categories stand for several labels: they are counted together. A regulon whose factor has several genes has an
    edge of each to a target: it is counted once."""
    columns = ["original_predicate", "regulon", "object"]
    read = pd.read_csv(folder / "edges.tsv", sep="\t", usecols=columns, dtype=str, keep_default_na=False, quoting=3)
    kind = read["original_predicate"].str.removeprefix("orthokg:")
    again = (kind == "REGULATES") & read.duplicated(["regulon", "object"])
    return table(folder / "nodes.tsv", "category") + Counter(kind[~again])


def by_category(counted: Counter[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, n in counted.items():
        found[f"biolink:{CATEGORY[name]}" if name in CATEGORY else name] += n
    return found


def sssom(folder: Path) -> Counter[str]:
    rows = pd.read_csv(folder / "orthologs.sssom.tsv", sep="\t", comment="#", dtype=str)
    return Counter({"ORTHOLOG_OF": len(rows)})


def parquet(folder: Path) -> Counter[str]:
    return Counter({"Match": len(pd.read_parquet(folder / "matches.parquet"))})


def graph_parquet(folder: Path) -> Counter[str]:
    return sum(
        (Counter({path.name.split(".")[1]: len(pd.read_parquet(path))}) for path in folder.glob("*.parquet")), Counter()
    )


def neo4j_csv(folder: Path) -> Counter[str]:
    with tempfile.TemporaryDirectory() as home:
        ran("load", str(folder), ORTHOKG_HOME=home)
        kept = os.environ["ORTHOKG_HOME"]
        os.environ["ORTHOKG_HOME"] = home
        try:
            return of_graph()
        finally:
            os.environ["ORTHOKG_HOME"] = kept


READERS = {
    "kgx": kgx,
    "sssom": sssom,
    "graphml": graphml,
    "node-link": node_link,
    "neo4j-csv": neo4j_csv,
    "graph-parquet": graph_parquet,
    "parquet": parquet,
}
NAMES = {
    "kgx": "pandas",
    "sssom": "pandas",
    "graphml": "networkx",
    "node-link": "networkx",
    "neo4j-csv": "orthokg load",
    "graph-parquet": "pandas",
    "parquet": "pandas",
}


def left_out(folder: Path) -> Counter[str]:
    rows = pd.read_csv(folder / "LEFT_OUT.tsv", sep="\t", dtype={"rows": int})
    return Counter({str(what): int(n) for what, n in rows.groupby("what")["rows"].sum().items()})


def main() -> None:
    os.environ.pop("NEO4J_URI", None)
    graph, rows = of_graph(), []
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        for form in sys.argv[1:] or READERS:
            folder = Path(scratch) / form
            seconds, memory = ran("export", "--format", form, "--out", str(folder))
            started = time.monotonic()
            read, gone = READERS[form](folder), left_out(folder)
            reading = time.monotonic() - started
            asked = graph if form in WHOLE else Counter({k: graph[k] for k in read})
            want = asked - gone
            if form == "kgx":
                want = by_category(want)
            unlike = {name: [read[name], want[name]] for name in read | want if read[name] != want[name]}
            wrong += len(unlike)
            rows.append(
                {
                    "format": form,
                    "rows read": sum(read.values()),
                    "left out": sum(gone.values()),
                    "in the graph": sum(asked.values()),
                    "equal": "no" if unlike else "yes",
                    "seconds": round(seconds),
                    "MB": round(sum(p.stat().st_size for p in folder.iterdir()) / 1e6, 1),
                    "memory MB": round(memory),
                    "read by": NAMES[form],
                    "seconds to read": round(reading),
                }
            )
            print(rows[-1], unlike or "", flush=True)
    if len(rows) == len(READERS):
        nodes = sum(graph[spec.label] for spec in NODES)
        facts = {"nodes": nodes, "edges": sum(graph.values()) - nodes, "exports": rows}
        print(save("export", "python -m tests.bench.bench_export", facts))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
