"""What the lines of bench_mapping say together."""

from typing import Any

import numpy as np

from tests.bench.simulated_coverage import told

Lines = dict[str, dict[str, Any]]
COST = ("seconds", "CPU seconds", "MB")
BLOOD = ("ifnb", "kang")  # one experiment
COUNTS = "simulated counts"


def summary(results: dict[str, Lines]) -> dict[str, Any]:
    """Means and lowest over what is there of each part."""
    return {
        **_splits({k: v for k, v in results.get("donors", {}).items() if "held out" in k}),
        **_unseen(results.get("unseen", {})),
        **_told(results.get("donors", {}), "two new donors"),
        **_told(results.get("coverage", {}) | results.get("scale", {}), "simulated,"),
        **_counts(results.get("coverage", {})),
        **_coverage([v for k, v in results.get("coverage", {}).items() if k.startswith("kang")]),
    }


def _splits(split: Lines) -> dict[str, Any]:
    made = {}
    for name in ("macro-F1", "logistic regression", "correlation rule") if split else ():
        each = [v[name] for v in split.values()]
        made[f"kang, {len(each)} splits, {name}"] = f"{np.mean(each):.4f}, lowest {min(each):.3f}"
    return made


def _unseen(lines: Lines) -> dict[str, Any]:
    groups: dict[str, list[dict[str, float]]] = {}
    for key, value in lines.items():
        groups.setdefault(key.rpartition(", ")[0], []).append(value)
    return {
        f"{name}, {len(values)} types, {what}": f"{np.mean(each):.3f}, {min(each):.2f} to {max(each):.2f}"
        for name, values in groups.items()
        for what in values[0]
        if (each := [v[what] for v in values if what in v])
    }


def _told(lines: Lines, begins: str) -> dict[str, Any]:
    return {f"{k}, {what}": v for k, each in lines.items() if k.startswith(begins) for what, v in each.items()}


def _counts(lines: Lines) -> dict[str, Any]:
    """Blocks of simulated atlases, put together by the variance of their donors."""
    blocks: dict[str, list[dict[str, Any]]] = {}
    for key, value in lines.items():
        if key.startswith(COUNTS):
            blocks.setdefault(key.partition(":")[0], []).append(value)
    return {
        f"{name}, {what}": value
        for name, each in blocks.items()
        for what, value in told([x for b in each for x in b["each"]], [x for b in each for x in b["types"]]).items()
    }


def _coverage(donors: list[dict[str, Any]]) -> dict[str, Any]:
    if not donors:
        return {}
    whole = [v["all"] for v in donors]
    types = {t for v in donors for t in v["types"]}
    by_type = {t: float(np.mean([v["types"][t] for v in donors if t in v["types"]])) for t in types}
    low = min(sorted(by_type), key=lambda t: by_type[t])
    return {
        "kang, coverage over donors": f"{np.mean(whole):.4f}, lowest {min(whole):.3f}",
        "kang, lowest type": f"{by_type[low]:.3f} ({low})",
        "kang, labels a set": f"{np.mean([v['size'] for v in donors]):.2f}",
    }


def by_set(lines: Lines) -> list[dict[str, Any]]:
    """A row a method: macro-F1 of each set (its splits averaged) and their mean, ifnb and Kang as one; AUROC of what
    lies outside; coverage, seconds and MB, means over the splits."""
    rows = []
    for method in dict.fromkeys(name.rpartition(": ")[2] for name in lines):
        own = {k.rpartition(": ")[0]: v for k, v in lines.items() if k.endswith(f": {method}")}
        split = {k: v for k, v in own.items() if "macro-F1" in v}
        score = {
            of: float(np.mean(each))
            for of in ("ifnb", "kang", "interneurons")
            if (each := [v["macro-F1"] for k, v in split.items() if k.startswith(of)])
        }
        blood = [score[of] for of in BLOOD if of in score]
        outside = [v["AUROC"] for v in own.values() if "AUROC" in v]
        rows.append(
            {
                "method": method,
                **{of: round(score[of], 4) if of in score else None for of in ("ifnb", "kang", "interneurons")},
                "mean": round((np.mean(blood) + score["interneurons"]) / 2, 4)
                if blood and "interneurons" in score
                else None,
                "splits": len(split),
                "AUROC": round(float(np.mean(outside)), 3) if outside else None,
                **{
                    what: round(float(np.mean([v[what] for v in split.values()])), 3)
                    for what in ("coverage", "labels a set", *COST)
                    if split
                },
            }
        )
    return rows
