"""A study of the demonstration sent as a laboratory would send it: the stored verdict again, its table alone, and how long.

    ORTHOKG_HOME=<folder of an ingested demonstration> ORTHOKG_CACHE=<sources> python tests/bench/bench_upload.py
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.record import save

PORT, AD = 8163, "MONDO:0004975"
SOURCE = Path(os.environ["ORTHOKG_CACHE"]) / "bulk_mouse"
FACTS = {"taxon": "NCBITaxon:10090", "tissue": "UBERON:0002728", "engineered": ["MAPT", "PRNP", "FGF14"]}
FIELDS = "nodes { status score p nFeatures null { mouse } axesOut { source } }"
STORED = f'{{ matches(model: "rTg4510", disease: "{AD}") {{ {FIELDS.replace("nodes {", "nodes { mouseLabel")} }} }}'
ASK = f'query($s: SignatureInput!) {{ matchSignature(signature: $s, disease: "{AD}") {{ {FIELDS} }} }}'


def ask(query: str, signature: dict[str, Any] | None = None) -> tuple[dict[str, Any], float, int]:
    body = json.dumps({"query": query, "variables": {"s": signature} if signature else {}}, separators=(",", ":")).encode()
    started = time.monotonic()
    with urlopen(Request(f"http://127.0.0.1:{PORT}/graphql", body, {"content-type": "application/json"}), timeout=60) as told:
        answer = json.load(told)
    return next(iter(answer["data"].values()))["nodes"], time.monotonic() - started, len(body)


def row(what: str, match: dict[str, Any], seconds: str = "", size: int = 0) -> dict[str, str]:
    return {"what": what, "status": match["status"], "r": f"{match['score']:.6f}", "p": f"{match['p']:.6g}", "null of the mouse side": match["null"]["mouse"],
            "features": str(match["nFeatures"]), "seconds": seconds, "MB sent": f"{size / 1e6:.1f}" if size else ""}  # fmt: skip


def study() -> dict[str, dict[str, Any]]:
    counts = pd.read_csv(SOURCE / "rTg4510_counts.csv.gz", index_col=0)
    sheet = pd.read_csv(SOURCE / "rTg4510_samples.csv").set_index("sample_id").loc[counts.columns]
    arm = np.where(sheet.Age_months == 8, np.where(sheet.arm == "AD", "case", "control"), "other")
    samples = [{"name": n, "arm": a, "donor": d} for n, a, d in zip(counts.columns, arm, sheet.sample_ID, strict=True)]
    seen = counts[(counts >= 10).any(axis=1)]  # no other gene can count as expressed
    top = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index[:12000]]
    some = np.flatnonzero(arm != "other").tolist() + np.flatnonzero(arm == "other")[:1].tolist()
    log = np.log2(top / top.sum() * 1e6 + 1)
    case, control = (log.loc[:, arm == side] for side in ("case", "control"))
    test = stats.ttest_ind(case, control, axis=1)
    return {
        "all counts of the study, 30 animals": FACTS | {"genes": list(seen.index), "counts": seen.to_numpy().tolist(), "samples": samples},
        "counts, 12,000 genes x 16 animals": FACTS | {"genes": list(top.index), "counts": top.iloc[:, some].to_numpy().tolist(), "samples": [samples[i] for i in some]},
        "table alone, 12,000 genes with effect and p": FACTS | {"genes": list(top.index), "effect": (case.mean(axis=1) - control.mean(axis=1)).tolist(), "p": test.pvalue.tolist()},
    }  # fmt: skip


def main() -> None:
    server = subprocess.Popen([sys.executable, "-m", "kg.cli", "serve", "--port", str(PORT)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        for _ in range(120):
            try:
                urlopen(f"http://127.0.0.1:{PORT}/ready", timeout=2)
                break
            except URLError:
                time.sleep(0.5)
        rows = []
        stored = [m for m in ask(STORED)[0] if m["mouseLabel"] == "rTg4510, 8 months"]
        rows += [row("stored: rTg4510, 8 months", match) for match in stored]
        for name, signature in study().items():
            (match,), first, size = ask(ASK, signature)
            again = min(ask(ASK, signature)[1] for _ in range(3))
            rows.append(row(f"sent: {name}", match, f"{first:.1f}, {again:.1f}", size))
    finally:
        server.terminate()
        server.wait(30)
    print(save("upload", "python tests/bench/bench_upload.py", {"answers": rows}))
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
